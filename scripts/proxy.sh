#!/usr/bin/env bash
# The Nginx and the Caddy example of deploy/ in front of the real program: words arrive one by one, and the WebSocket opens.
#   scripts/proxy.sh nginx|caddy [path of the program]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
. scripts/packages.sh
proxy="${1:-nginx}"
case $proxy in nginx | caddy) ;; *) fail "proxy.sh knows nginx and caddy, not $proxy" ;; esac
liao="${2:-${CARGO_TARGET_DIR:-target}/release/liao}"
[ -x "$liao" ] || fail "there is no program at $liao"
if [ "$proxy" = nginx ]; then need nginx nginx-light; else need caddy caddy; fi
work="$(mktemp -d)"
pids=()
# Only what this script has started.
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$work/liao.key" -out "$work/liao.pem" 2>/dev/null
port=18443
LIAO_DATA_DIR="$work/data" LIAO_ADDR=127.0.0.1:0 LIAO_METRICS_ADDR=127.0.0.1:18090 LIAO_FAKE_PROVIDER=true LIAO_OLLAMA_URL=off LIAO_AUTO_TITLE=false \
    LIAO_PUBLIC_URL="https://localhost:$port" LIAO_TRUSTED_PROXIES=127.0.0.1 "$liao" serve >"$work/out" 2>"$work/log" &
pids+=($!)
for _ in $(seq 100); do grep -q 'Liao is ready' "$work/out" && break || sleep 0.1; done
upstream="$(sed -n 's|.*ready: http://\([0-9.:]*\).*|\1|p' "$work/out")"
[ -n "$upstream" ] || { cat "$work/log" >&2; fail "the program did not start"; }
# The examples, with places of this machine instead of their own.
through_nginx() {
    sed -e "s|server liao:3000|server $upstream|" -e "s|listen 80;|listen 127.0.0.1:18080;|" -e "s|listen 443 |listen 127.0.0.1:$port |" \
        -e "s|/etc/nginx/certificates|$work|" deploy/nginx/liao.conf >"$work/liao.conf"
    cat >"$work/nginx.conf" <<CONF
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { }
http {
    access_log off;
    client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
    include $work/liao.conf;
}
CONF
    nginx -t -q -c "$work/nginx.conf" 2>/dev/null || { nginx -t -c "$work/nginx.conf" >&2; fail "Nginx does not take the example"; }
    exec nginx -c "$work/nginx.conf" 2>>"$work/nginx.log"
}
through_caddy() {
    { printf '{\n\tadmin off\n\thttp_port 18080\n\tskip_install_trust\n}\n' && cat deploy/caddy/Caddyfile; } >"$work/Caddyfile"
    export LIAO_HOST="localhost:$port" LIAO_UPSTREAM="$upstream" XDG_DATA_HOME="$work" XDG_CONFIG_HOME="$work"
    caddy validate --config "$work/Caddyfile" --adapter caddyfile >/dev/null 2>"$work/caddy.log" || { cat "$work/caddy.log" >&2; fail "Caddy does not take the example"; }
    exec caddy run --config "$work/Caddyfile" --adapter caddyfile 2>>"$work/caddy.log"
}
"through_$proxy" &
pids+=($!)
at="https://localhost:$port"
ask() { curl -sk --max-time 30 "$@"; }
for _ in $(seq 50); do ask "$at/readyz" >/dev/null && break || sleep 0.1; done
printf 'ready through %s: %s\n' "$proxy" "$(ask "$at/readyz")"
access="$(ask "$at/api/auth/register/" -H 'content-type: application/json' -d '{"email":"ada@example.org","name":"Ada","password":"one calm river 42"}' |
    sed -n 's/.*"access":"\([^"]*\)".*/\1/p')"
[ -n "$access" ] || fail "nobody could register through the proxy"
# Twelve words, four a second: they have to come over three seconds, not at its end.
ask -N "$at/api/llm/chat/" -H "authorization: Bearer $access" -H 'content-type: application/json' \
    -d '{"message":"go","model":"fake/words-12@4","stream":true}' | while IFS= read -r line; do
    case "$line" in data:*) printf '%s\n' "$(date +%s%3N)" ;; esac
done >"$work/times"
count="$(wc -l <"$work/times")"
spread=$(($(tail -n 1 "$work/times") - $(head -n 1 "$work/times")))
printf 'a stream of 12 words, 4 a second: %s events over %s ms\n' "$count" "$spread"
[ "$count" -ge 10 ] && [ "$spread" -ge 2000 ] || fail "the proxy holds words back"
# The WebSocket, with a browser's session.
ask -c "$work/cookies" -o /dev/null "$at/rpc/auth/login" -H "origin: $at" -H 'accept: text/html' -d 'email=ada@example.org&password=one+calm+river+42'
status="$(curl -sk --http1.1 --max-time 3 -b "$work/cookies" -o /dev/null -w '%{http_code}' "$at/ws" -H "origin: $at" -H 'connection: upgrade' -H 'upgrade: websocket' \
    -H 'sec-websocket-version: 13' -H 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==' || true)"
printf 'the WebSocket answers %s\n' "$status"
[ "$status" = 101 ] || fail "the WebSocket does not open"
curl -s http://127.0.0.1:18090/metrics | grep -E '^liao_(calls_total|generations_running|database_up|http_requests_total.*2xx)' | head -n 5
