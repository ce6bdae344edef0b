#!/usr/bin/env bash
# Runs the curl lines of docs/API.md against a server of their own, and looks whether every documented operation is among them.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh
. scripts/serve.sh

need curl curl
serve
python3 scripts/examples.py docs/API.md "$URL" "$WORK"
no_errors
