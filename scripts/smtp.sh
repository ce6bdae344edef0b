#!/usr/bin/env bash
# A real mail server for the tests: aiosmtpd, a Python package, in a folder of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

[ ! -d "$AIOSMTPD/aiosmtpd" ] || exit 0
python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target "$AIOSMTPD" "$AIOSMTPD_PACKAGE"
