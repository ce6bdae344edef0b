#!/usr/bin/env bash
# Holds the API against its own document: schemathesis (pinned, with its packages' checksums) makes requests from /api/schema/, as an
# administrator and as a user, and looks at every answer. The server is the real binary with the scripted model.
# Arguments go to schemathesis: scripts/schemathesis.sh --include-operation-id login
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/serve.sh
. scripts/packages.sh

CASES=${LIAO_API_CASES:-4} # at most, of an operation in each phase but the coverage one (LIAO_API_COVERAGE: see hooks.py)
TOOL="$TOOLS/schemathesis"

# Not the password of the document's examples: some of those would change or end the account with it.
export LIAO_API_PASSWORD='quiet river, seven lanterns'

email() { printf '%s@liao.example' "$1"; }

# join NAME: registers somebody. The first of all is the administrator.
join() { ask POST /api/auth/register/ "{\"email\": \"$(email "$1")\", \"password\": \"$LIAO_API_PASSWORD\"}" >/dev/null; }

# walk NAME …: as this person.
walk() {
    export LIAO_API_URL=$URL LIAO_API_EMAIL
    LIAO_API_EMAIL=$(email "$1")
    printf '\nas %s:\n' "$1"
    PYTHONPATH="$TOOL" PYTHONDONTWRITEBYTECODE=1 python3 -m schemathesis.cli --config-file scripts/schemathesis/config.toml \
        run "$URL/api/schema/" --no-color --max-examples "$CASES" "${@:2}"
}

pip_tool "$TOOL" scripts/schemathesis/requirements.txt
serve
join admin
join user
# Sequences of requests take minutes more: scripts/schemathesis.sh --phases stateful
# What would switch the API off, or close the server, for all that comes after it. Tests of their own ask these two.
CLOSING=(--exclude-operation-id set_features --exclude-operation-id set_maintenance)
walk admin --phases examples,coverage,fuzzing "${CLOSING[@]}" "$@"
walk user --phases examples,coverage,fuzzing "${CLOSING[@]}" "$@"
no_errors
