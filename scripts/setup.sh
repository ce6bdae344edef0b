#!/usr/bin/env bash
# Everything that a build needs and that is not there yet. Installs packages only where a command is missing.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/step.sh
. scripts/packages.sh

packages() {
    need cc build-essential
    need npm nodejs npm
    python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
}

step "C compiler, Node, pip" packages
step "Rust for the server and the browser" scripts/toolchain.sh
# Downloads take the line while the compiler takes the processor.
start "cargo-leptos and wasm-bindgen" scripts/tools.sh
start "wasm-opt" scripts/wasm-opt.sh
start "weights of the built-in model" scripts/model.sh
start "Mermaid" scripts/mermaid.sh
finish
