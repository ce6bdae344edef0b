#!/usr/bin/env bash
# A real model's server for the tests: llama.cpp's own, as a Python package (pinned, with checksums), in a folder of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

stamp=$({ python3 -V; cat scripts/llama/requirements.txt; } 2>&1 | sha256sum)
[ "$stamp" != "$(cat "$LLAMA/stamp" 2>/dev/null)" ] || exit 0
python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
rm -rf "$LLAMA"
python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore --no-cache-dir \
    --require-hashes --no-deps --only-binary :all: --target "$LLAMA" --requirement scripts/llama/requirements.txt
printf '%s\n' "$stamp" >"$LLAMA/stamp"
