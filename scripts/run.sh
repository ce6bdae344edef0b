#!/usr/bin/env bash
# From a fresh clone to a running server. What is there is kept, so the second start takes seconds.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/step.sh

scripts/setup.sh
# setup may have chosen another Rust.
. scripts/env.sh
step "weights in the data folder" scripts/model.sh place
step "the binary" scripts/build.sh release
printf '\n▶ liao serve on http://%s (ready %d s after make run; Ctrl-C stops it)\n' "${LIAO_ADDR:-127.0.0.1:3000}" "$SECONDS"
exec "$LIAO" serve
