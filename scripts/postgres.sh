#!/usr/bin/env bash
# A PostgreSQL of its own for the tests: `postgres.sh start DIR` leaves its address in DIR/url, `postgres.sh stop DIR`
# removes it all. Nothing of it survives, so it does not wait for the disk.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. scripts/packages.sh

DIR=$2

server_programs() {
    local found
    found=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) || true
    [ -n "$found" ] || found=$(dirname "$(command -v initdb || echo /)")
    [ -x "$found/initdb" ] && printf '%s' "$found"
}

# PostgreSQL refuses to run as root.
as_owner() {
    local owner=nobody
    if [ "$(id -u)" = 0 ]; then
        ! getent passwd postgres >/dev/null || owner=postgres
        chown "$owner" "$DIR"
        (cd "$DIR" && runuser -u "$owner" -- "$@")
    else
        (cd "$DIR" && "$@")
    fi
}

start() {
    local bin port settings
    mkdir -p "$DIR"
    bin=$(server_programs) || { install_packages postgresql && bin=$(server_programs); } || fail "PostgreSQL has no server programs here"
    as_owner "$bin/initdb" --pgdata="$DIR/data" --username=liao --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    settings="-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    # Another program may take a port between the choice and the start: try again with another.
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((20000 + RANDOM % 12000))
        if as_owner "$bin/pg_ctl" start --silent --wait --pgdata="$DIR/data" --log="$DIR/log" --options="-p $port $settings"; then
            printf 'postgres://liao@127.0.0.1:%d/postgres' "$port" >"$DIR/url"
            printf '%s, %s\n' "$("$bin/postgres" --version)" "$(cat "$DIR/url")"
            return
        fi
    done
    tail -n 20 "$DIR/log" >&2
    fail "PostgreSQL did not start"
}

stop() {
    local bin
    [ ! -f "$DIR/data/postmaster.pid" ] || { bin=$(server_programs) && as_owner "$bin/pg_ctl" stop --silent --mode=immediate --pgdata="$DIR/data"; }
    rm -rf "$DIR"
}

case $1 in
start | stop) "$1" ;;
*) fail "postgres.sh knows start and stop, not $1" ;;
esac
