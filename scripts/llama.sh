#!/usr/bin/env bash
# A real model's server for the tests: llama.cpp's own, as a Python package (pinned, with checksums), in a folder of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

pip_tool "$LLAMA" scripts/llama/requirements.txt
