#!/usr/bin/env bash
# Finds or installs a Rust that is new enough and compiles for the browser (wasm32-unknown-unknown), in this order:
# what is there; rustup's default; rustup's pinned version; Debian's own packages with a standard library built here.
# Whatever the other scripts must know about it is left in $TOOLS/toolchain.env.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

WASM=wasm32-unknown-unknown
RUST_MIN=$(awk -F'"' '$1 ~ /^rust-version/ { print $2; exit }' Cargo.toml)

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

rust_version() { rustc --version 2>/dev/null | awk '{ print $2 }'; }

new_enough() {
    local version
    command -v cargo >/dev/null && version=$(rust_version) && [ -n "$version" ] && at_least "$version" "$RUST_MIN"
}

has_wasm_std() {
    local dir
    dir=$(rustc --print target-libdir --target "$WASM" 2>/dev/null) || return 1
    compgen -G "$dir/libstd-*.rlib" >/dev/null || return 1
    # One that was built here is good for the compiler that built it only.
    [ ! -f "$dir/built-by" ] || rustc -vV | cmp -s - "$dir/built-by"
}

has_wasm_linker() {
    local linker=${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}
    if [ -n "$linker" ]; then
        command -v "$linker" >/dev/null
    else
        compgen -G "$(rustc --print sysroot)/lib/rustlib/*/bin/rust-lld" >/dev/null
    fi
}

has_checkers() { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1

ready() { new_enough && has_wasm_std && has_wasm_linker && has_checkers; }

decide() { # line for toolchain.env …
    printf '%s\n' "$@" >"$TOOLS/toolchain.env"
    # shellcheck disable=SC1091
    . "$TOOLS/toolchain.env"
}

rustup_default() {
    command -v rustup >/dev/null && new_enough || return 1
    rustup target add "$WASM" && rustup component add clippy rustfmt && ready
}

rustup_pinned() {
    command -v rustup >/dev/null || { [ -n "$(package_version rustup)" ] && install_packages rustup; } || return 1
    rustup toolchain install "$RUST_PINNED" --profile minimal --component clippy,rustfmt --target "$WASM" || return 1
    decide "export RUSTUP_TOOLCHAIN=$RUST_PINNED"
    ready
}

# Debian keeps a current compiler for its browsers (rustc-web), without a standard library for WebAssembly: the source
# is packaged, so it is built here.
debian_packages() {
    local version lld name
    command -v apt-get >/dev/null || return 1
    refresh_package_lists
    version=$(package_version rustc-web)
    [ -n "$version" ] && at_least "$version" "$RUST_MIN" || return 1
    lld=$(apt-cache pkgnames lld- | grep -E '^lld-[0-9]+$' | sort -V | tail -n 1)
    install_packages rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web "$lld"
    mkdir -p "$TOOLS/rust"
    for name in rustc cargo rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do
        ln -sf "/usr/bin/$name" "$TOOLS/rust/$name"
    done
    decide "export PATH=\"\$TOOLS/rust:\$PATH\"" "export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-${lld#lld-}"
    has_wasm_std || build_wasm_std
    ready
}

build_wasm_std() {
    local work dest
    work=$(mktemp -d "$LIAO_CACHE/wasm-std.XXXXXX")
    dest=$(rustc --print target-libdir --target "$WASM")
    cargo init --quiet --lib --vcs none --name empty "$work"
    printf 'building the standard library for %s\n' "$WASM"
    (cd "$work" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
        cargo build --quiet --release -Z build-std=std,panic_abort --target "$WASM")
    rustc -vV >"$work/built-by"
    rm -f "$work"/target/$WASM/release/deps/libempty-*
    as_root mkdir -p "$dest"
    as_root rm -f "$dest"/*.rlib
    as_root cp "$work"/target/$WASM/release/deps/*.rlib "$work/built-by" "$dest/"
    rm -rf "$work"
}

ready || rustup_default || rustup_pinned || debian_packages ||
    fail "no Rust ≥ $RUST_MIN with the target $WASM, clippy and rustfmt: please install rustup and run 'rustup toolchain install $RUST_PINNED --target $WASM --component clippy,rustfmt'"
printf 'rustc %s, %s\n' "$(rust_version)" "$(command -v rustc)"
