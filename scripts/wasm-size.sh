#!/usr/bin/env bash
# Holds what the browser downloads to run the page: the brotli bytes of all WASM and scripts together.
set -euo pipefail
. "$(dirname "$0")/env.sh"
shopt -s nullglob

LIMIT=400000
total=0
found=(target/site/pkg/*.wasm.br)
[ ${#found[@]} -gt 0 ] || fail "no WASM in target/site/pkg: build first"
for file in target/site/pkg/*.wasm.br target/site/pkg/*.js.br; do
    size=$(stat -c %s "$file")
    total=$((total + size))
    printf '%9d  %s\n' "$size" "$file"
done
printf '%9d  bytes in total, %d allowed\n' "$total" "$LIMIT"
[ "$total" -le "$LIMIT" ] || fail "the browser's download is $((total - LIMIT)) bytes over the limit"
