# Sourced: a server to try things on. It has the scripted model, an empty data folder in $WORK, and rates that do not stop a machine.

# serve: starts it on a free port; its address is $URL, what it logs is in $WORK/log.
serve() {
    WORK=$(mktemp -d /tmp/liao-serve.XXXXXX)
    trap close EXIT
    trap 'exit 130' INT TERM
    env -i PATH="$PATH" LIAO_DATA_DIR="$WORK/data" LIAO_ADDR=127.0.0.1:0 LIAO_OLLAMA_URL=off LIAO_FAKE_PROVIDER=true LIAO_MODEL_FILE="$MODEL" LIAO_AUTO_TITLE=false \
        LIAO_LOGIN_RATE=100000 LIAO_REGISTER_RATE=100000 LIAO_LOG=error "$LIAO" serve >"$WORK/out" 2>"$WORK/log" &
    SERVER=$!
    for _ in $(seq 100); do
        URL=$(grep -o 'http://[0-9.:]*[0-9]' "$WORK/out" | head -n 1) && return
        sleep 0.1
    done
    cat "$WORK/log" >&2
    fail "the server did not start"
}

close() {
    kill "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
    rm -rf "$WORK"
}

# no_errors: fails if the server has logged any.
no_errors() {
    [ -s "$WORK/log" ] || return 0
    cat "$WORK/log" >&2
    fail "the server logged errors"
}

# ask METHOD PATH JSON [TOKEN]: prints the JSON that is answered.
ask() {
    python3 - "$URL$2" "$1" "$3" "${4:-}" <<'PY'
import sys, urllib.request
url, method, body, token = sys.argv[1:]
headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
request = urllib.request.Request(url, body.encode() or None, headers, method=method)
print(urllib.request.urlopen(request, timeout=20).read().decode())
PY
}

# field NAME: of the JSON object on standard input.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
