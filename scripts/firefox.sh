#!/usr/bin/env bash
# The tests of what everybody does every day, in Firefox as the distribution ships it (WebDriver BiDi). Arguments go to Playwright.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

if ! command -v firefox-esr >/dev/null && ! command -v firefox >/dev/null; then
    if [ -n "$(package_version firefox-esr)" ]; then install_packages firefox-esr; else install_packages firefox; fi
fi
LIAO_FIREFOX=$(command -v firefox-esr || command -v firefox)
export LIAO_FIREFOX LIAO_BIN=${LIAO_BIN:-$LIAO}
cd end2end
[ -d node_modules ] || PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci
exec npx playwright test "$@"
