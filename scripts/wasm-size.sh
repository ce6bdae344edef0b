#!/usr/bin/env bash
# Holds what the browser downloads to run the chat page: the brotli bytes of the main WASM, and of it with all scripts and the style
# sheet. The chunks of the other pages (src/app/chunk.rs) load when they are shown; each is printed and held to a limit of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
shopt -s nullglob

WASM_LIMIT=400000
LIMIT=450000
CHUNK_LIMIT=250000
PKG=target/site/pkg
[ -f "$PKG/liao.wasm.br" ] || fail "no WASM in $PKG: build first"

# total FILE...: prints each file's size, and leaves their sum in $sum.
total() {
    local file size
    sum=0
    for file; do
        size=$(stat -c %s "$file")
        sum=$((sum + size))
        printf '%9d  %s\n' "$size" "$file"
    done
}

wasm=$(stat -c %s "$PKG/liao.wasm.br")
total "$PKG/liao.wasm.br" "$PKG"/*.js.br target/site/{answer,blocks,desk}.js.br "$PKG/liao.css.br"
printf '%9d  bytes of WASM, %d allowed\n' "$wasm" "$WASM_LIMIT"
printf '%9d  bytes for the chat page, %d allowed\n' "$sum" "$LIMIT"
chat=$sum
chunks=()
for file in "$PKG"/*.wasm.br; do
    [ "$file" = "$PKG/liao.wasm.br" ] || chunks+=("$file")
done
total "${chunks[@]}"
printf '%9d  bytes for all other pages, %d allowed for a file\n' "$sum" "$CHUNK_LIMIT"
[ "$wasm" -le "$WASM_LIMIT" ] || fail "the chat page's WASM is $((wasm - WASM_LIMIT)) bytes over the limit"
[ "$chat" -le "$LIMIT" ] || fail "the chat page's download is $((chat - LIMIT)) bytes over the limit"
for file in "${chunks[@]}"; do
    [ "$(stat -c %s "$file")" -le "$CHUNK_LIMIT" ] || fail "$file has more than $CHUNK_LIMIT bytes: make another chunk (docs/ARCHITECTURE.md)"
done
