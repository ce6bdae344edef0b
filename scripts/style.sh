#!/usr/bin/env bash
# Joins style/main.css and what it imports into target/style/main.css: cargo-leptos minifies a style sheet, but follows no @import.
# `@import "file.css" layer(name);` becomes `@layer name { … }`. Writes only if something changed.
set -euo pipefail
cd "$(dirname "$0")/.."

joined() {
    while IFS= read -r line; do
        if [[ $line =~ ^@import\ \"([^\"]+)\"\ layer\(([a-z-]+)\)\;$ ]]; then
            printf '@layer %s {\n' "${BASH_REMATCH[2]}"
            cat "style/${BASH_REMATCH[1]}"
            printf '}\n'
        elif [[ $line == @import* ]]; then
            printf 'style/main.css: cannot read: %s\n' "$line" >&2
            return 1
        else
            printf '%s\n' "$line"
        fi
    done <style/main.css
}

mkdir -p target/style
joined >target/style/main.css.new
if cmp -s target/style/main.css.new target/style/main.css; then rm target/style/main.css.new; else mv target/style/main.css.new target/style/main.css; fi
