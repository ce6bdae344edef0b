#!/usr/bin/env bash
# A real mail server for the tests: aiosmtpd, a Python package (pinned, with its packages' checksums), in a folder of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

stamp=$({ python3 -V; cat scripts/smtp/requirements.txt; } 2>&1 | sha256sum)
[ "$stamp" != "$(cat "$AIOSMTPD/stamp" 2>/dev/null)" ] || exit 0
python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
rm -rf "$AIOSMTPD"
python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore --no-cache-dir \
    --require-hashes --no-deps --only-binary :all: --target "$AIOSMTPD" --requirement scripts/smtp/requirements.txt
printf '%s\n' "$stamp" >"$AIOSMTPD/stamp"
