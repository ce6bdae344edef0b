#!/usr/bin/env bash
# Puts wasm-opt (the pinned binaryen, one file that Node runs) into $TOOLS/bin, once.
set -euo pipefail
. "$(dirname "$0")/env.sh"

home="$TOOLS/binaryen-$BINARYEN_VERSION"
if [ ! -x "$home/bin/wasm-opt" ]; then
    work=$(mktemp -d "$LIAO_CACHE/binaryen.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && npm pack --silent "binaryen@$BINARYEN_VERSION" >/dev/null)
    printf '%s  %s\n' "$BINARYEN_SHA512" "$work/binaryen-$BINARYEN_VERSION.tgz" | sha512sum --check --quiet ||
        fail "binaryen $BINARYEN_VERSION does not have the pinned checksum"
    # package.json beside it says how Node must read the file.
    tar xzf "$work/binaryen-$BINARYEN_VERSION.tgz" -C "$work" --strip-components=1 package/bin/wasm-opt package/bin/package.json
    mkdir -p "$home"
    mv "$work/bin" "$home/bin"
fi
# Relative, so that a cache may be moved.
ln -sfn "../binaryen-$BINARYEN_VERSION/bin/wasm-opt" "$TOOLS/bin/wasm-opt"
"$TOOLS/bin/wasm-opt" --version
