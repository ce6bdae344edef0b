#!/usr/bin/env bash
# Builds cargo-leptos and wasm-bindgen from scripts/tools (locked) into $TOOLS/bin, once.
set -euo pipefail
. "$(dirname "$0")/env.sh"

product_version() { awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/.*= "|"/, ""); print }' Cargo.lock; }
tool_version() { awk -F'"=?' '$1 ~ /^wasm-bindgen-cli/ { print $2 }' scripts/tools/Cargo.toml; }

stamp() { find scripts/tools -type f -not -path '*/target/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum; }

[ "$(product_version)" = "$(tool_version)" ] ||
    fail "wasm-bindgen is $(product_version) in Cargo.lock and $(tool_version) in scripts/tools/Cargo.toml: bump both together"

if [ ! -x "$TOOLS/bin/cargo-leptos" ] || [ ! -x "$TOOLS/bin/wasm-bindgen" ] || [ "$(stamp)" != "$(cat "$TOOLS/tools.stamp" 2>/dev/null)" ]; then
    build="$LIAO_CACHE/tools-build"
    cargo build --locked --manifest-path scripts/tools/Cargo.toml --target-dir "$build"
    install "$build/debug/cargo-leptos" "$TOOLS/bin/cargo-leptos"
    install "$build/debug/bindgen" "$TOOLS/bin/wasm-bindgen"
    stamp >"$TOOLS/tools.stamp"
    rm -rf "$build"
fi
printf '%s, %s\n' "$("$TOOLS/bin/cargo-leptos" --version)" "$("$TOOLS/bin/wasm-bindgen" --version)"
