#!/usr/bin/env bash
# Puts wasm-opt (the pinned binaryen, one file that Node runs) into $TOOLS/bin, once.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

home="$TOOLS/binaryen-$BINARYEN_VERSION"
if [ ! -x "$home/bin/wasm-opt" ]; then
    work=$(mktemp -d "$LIAO_CACHE/binaryen.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # package.json beside it says how Node must read the file.
    npm_package binaryen "$BINARYEN_VERSION" "$BINARYEN_SHA512" "$work" bin/wasm-opt bin/package.json
    mkdir -p "$home"
    mv "$work/bin" "$home/bin"
fi
# Relative, so that a cache may be moved.
ln -sfn "../binaryen-$BINARYEN_VERSION/bin/wasm-opt" "$TOOLS/bin/wasm-opt"
"$TOOLS/bin/wasm-opt" --version
