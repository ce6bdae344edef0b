#!/usr/bin/env bash
# Holds what the browser downloads to run the chat page: the brotli bytes of the main WASM and of all scripts together. The chunks of
# the other pages (src/app/chunk.rs) load when they are shown; each is printed and held to a limit of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
shopt -s nullglob

LIMIT=400000
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

total "$PKG/liao.wasm.br" "$PKG"/*.js.br
printf '%9d  bytes for the chat page, %d allowed\n' "$sum" "$LIMIT"
chat=$sum
chunks=()
for file in "$PKG"/*.wasm.br; do
    [ "$file" = "$PKG/liao.wasm.br" ] || chunks+=("$file")
done
total "${chunks[@]}"
printf '%9d  bytes for all other pages, %d allowed\n' "$sum" "$CHUNK_LIMIT"
[ "$chat" -le "$LIMIT" ] || fail "the chat page's download is $((chat - LIMIT)) bytes over the limit"
[ "$sum" -le "$CHUNK_LIMIT" ] || fail "the other pages' download is $((sum - CHUNK_LIMIT)) bytes over the limit"
