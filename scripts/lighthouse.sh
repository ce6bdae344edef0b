#!/usr/bin/env bash
# Lighthouse (pinned, with its packages' checksums, in a folder of its own) scores the page of signing in, a chat and a shared chat, as on a
# phone and as on a desk. It fails where performance, accessibility or best practices have less than 95. Performance wants a quiet machine and
# the binary as it ships (`make dist`); LIAO names another one. RUNS: how often each page is loaded (3; the median counts).
set -euo pipefail
ASKED=${LIAO:-}
. "$(dirname "$0")/env.sh"
. scripts/serve.sh
. scripts/packages.sh
LIAO=${ASKED:-$LIAO}

TOOL="$TOOLS/lighthouse"
stamp=$(sha256sum <scripts/lighthouse/package-lock.json)
if [ "$stamp" != "$(cat "$TOOL/stamp" 2>/dev/null)" ]; then
    rm -rf "$TOOL"
    mkdir -p "$TOOL"
    cp scripts/lighthouse/package.json scripts/lighthouse/package-lock.json "$TOOL/"
    (cd "$TOOL" && npm ci --silent --legacy-peer-deps --ignore-scripts --no-audit --no-fund)
    printf '%s\n' "$stamp" >"$TOOL/stamp"
fi
need chromium chromium
serve
LIAO_LIGHTHOUSE=$TOOL LIAO_URL=$URL node scripts/lighthouse/score.mjs
no_errors
