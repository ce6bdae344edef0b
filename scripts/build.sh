#!/usr/bin/env bash
# Builds the site and the binary that holds it: build.sh release | dist. Does nothing if nothing has changed.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/step.sh

FLAVOUR=${1:-release}
BINARY="$CARGO_TARGET_DIR/$FLAVOUR/liao"
STAMP="$CARGO_TARGET_DIR/$FLAVOUR/liao.stamp"
# A part of the site that is not in the repository.
scripts/mermaid.sh

# By content, not by time: a fresh checkout of the same text is not a change.
sources() {
    local path paths=()
    for path in Cargo.toml Cargo.lock .cargo build.rs src style public migrations scripts/wasm; do
        [ ! -e "$path" ] || paths+=("$path")
    done
    { rustc -vV; printf '%s\n' "${QUICK[*]}"; find "${paths[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum
}

state() { sources && stat -c '%s %Y' "$BINARY"; }

if [ -x "$BINARY" ] && [ "$(state)" = "$(cat "$STAMP" 2>/dev/null)" ]; then
    printf '%s is up to date\n' "$BINARY"
    exit 0
fi

rm -f "$STAMP"
case $FLAVOUR in
release | dist) ;;
*) fail "build.sh knows release and dist, not $FLAVOUR" ;;
esac
# --split: src/app/chunk.rs. The minifier is not in this cargo-leptos (scripts/tools); brotli does the work, and scripts/compress.mjs does it better
# than `--precompress`.
site() {
    cargo-leptos build --release --split --js-minify=false --cargo-locked --frontend-only &&
        node scripts/compress.mjs target/site
}

# Only src/main.rs embeds the site, so what the server is made of is compiled while the site is. Each waits much for itself: the
# crate for one core at its beginning, the site for one at its end.
library() {
    cargo build --locked --profile "$FLAVOUR" --features ssr --lib "${QUICK[@]}"
    [ -z "${QUICK_BUILD:-}" ] || cargo test --no-run --locked --profile "$FLAVOUR" --features ssr --lib "${QUICK[@]}"
}

start "the browser's part" site
start "the server's part" library
finish
LIAO_SITE=$(site_state)
export LIAO_SITE
if [ -n "${QUICK_BUILD:-}" ]; then
    cargo test --no-run --locked --profile "$FLAVOUR" --features ssr "${QUICK[@]}"
else
    cargo build --locked --profile "$FLAVOUR" --features ssr --bin liao
fi
state >"$STAMP"
printf '%s, %d MB\n' "$BINARY" "$(($(stat -c %s "$BINARY") / 1000000))"
