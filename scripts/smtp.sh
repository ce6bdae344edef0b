#!/usr/bin/env bash
# A real mail server for the tests: aiosmtpd, a Python package (pinned, with its packages' checksums), in a folder of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

pip_tool "$AIOSMTPD" scripts/smtp/requirements.txt
