#!/usr/bin/env bash
# Puts Mermaid (the pinned one, as its makers bundled it, under its licence) where the site is built from: public/mermaid.js. Fetched once.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

kept="$LIAO_CACHE/mermaid/mermaid-$MERMAID_VERSION.js"
if [ ! -f "$kept" ]; then
    work=$(mktemp -d "$LIAO_CACHE/mermaid.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    npm_package mermaid "$MERMAID_VERSION" "$MERMAID_SHA512" "$work" dist/mermaid.min.js LICENSE
    # What is handed on carries its licence; those of what it is made of are in the file already.
    { printf '/*! mermaid %s\n\n' "$MERMAID_VERSION"; cat "$work/LICENSE"; printf '*/\n'; cat "$work/dist/mermaid.min.js"; } >"$work/whole"
    mkdir -p "$(dirname "$kept")"
    mv "$work/whole" "$kept"
fi
cmp -s "$kept" public/mermaid.js || cp "$kept" public/mermaid.js
printf 'mermaid %s, %d KB\n' "$MERMAID_VERSION" "$(($(stat -c %s public/mermaid.js) / 1000))"
