# Sourced: runs one named step, or several at once, and says what each did and how long it took.

STEP_TITLES=()
STEP_SECONDS=()
JOB_TITLES=()
JOB_PIDS=()
JOB_LOGS=()
JOB_STARTS=()
BESIDE_TITLES=()
BESIDE_PIDS=()
BESIDE_LOGS=()

now_ms() { local t=${EPOCHREALTIME//[.,]/}; echo $((t / 1000)); }

seconds_since() { local ms=$(($(now_ms) - $1)); printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100)); }

record_step() { # title, start
    STEP_TITLES+=("$1")
    STEP_SECONDS+=("$(seconds_since "$2")")
}

# step TITLE COMMAND…: in the foreground, output as it comes. A failure ends the script: what follows needs it.
step() {
    check "$@"
    [ "$CHECKED" -eq 0 ] || exit "$CHECKED"
}

# check TITLE COMMAND…: like step, but the script goes on after a failure, which FAILED_STEP tells at the end: one run says everything.
# Its own code is 0 and the command's is in CHECKED: behind `||` bash would take no notice of `set -e` within the command.
check() {
    local title=$1 start code=0
    shift
    start=$(now_ms)
    printf '\n▶ %s\n' "$title"
    set +e
    (
        set -euo pipefail
        "$@"
    )
    code=$?
    set -e
    CHECKED=$code
    record_step "$title" "$start"
    if [ "$code" -ne 0 ]; then
        FAILED_STEP="${FAILED_STEP:+$FAILED_STEP; }$title (exit code $code, after ${STEP_SECONDS[-1]} s)"
        printf '✘ %s (exit code %s, after %s s)\n' "$title" "$code" "${STEP_SECONDS[-1]}" >&2
        return 0
    fi
    printf '✔ %s (%s s)\n' "$title" "${STEP_SECONDS[-1]}"
}

# beside TITLE COMMAND…: like check, but in the background, beside what follows; `together` waits for all of these, then prints what they said.
beside() {
    local title=$1 log
    shift
    mkdir -p "$LIAO_CACHE/log"
    log="$LIAO_CACHE/log/${title//[^a-zA-Z0-9]/-}.log"
    printf '\n▷ %s\n' "$title"
    BESIDE_TITLES+=("$title")
    BESIDE_LOGS+=("$log")
    launch "$log" timed "$log.seconds" "$@"
    BESIDE_PIDS+=("$LAUNCHED")
}

timed() { # file for the seconds, command…
    local seconds=$1 start
    shift
    start=$(now_ms)
    # shellcheck disable=SC2064
    trap "seconds_since $start >'$seconds'" EXIT # now: the names are gone by then
    "$@"
}

together() {
    local i code
    for i in "${!BESIDE_PIDS[@]}"; do
        code=0
        wait "${BESIDE_PIDS[i]}" || code=$?
        STEP_TITLES+=("${BESIDE_TITLES[i]} (beside others)")
        STEP_SECONDS+=("$(cat "${BESIDE_LOGS[i]}.seconds")")
        printf '\n▶ %s\n' "${BESIDE_TITLES[i]}"
        cat "${BESIDE_LOGS[i]}"
        if [ "$code" -ne 0 ]; then
            FAILED_STEP="${FAILED_STEP:+$FAILED_STEP; }${BESIDE_TITLES[i]} (exit code $code)"
            printf '✘ %s (exit code %s)\n' "${BESIDE_TITLES[i]}" "$code" >&2
        else
            printf '✔ %s (%s s)\n' "${BESIDE_TITLES[i]}" "${STEP_SECONDS[-1]}"
        fi
    done
    BESIDE_TITLES=() BESIDE_LOGS=() BESIDE_PIDS=()
}

# launch LOG COMMAND…: in the background, in its own process group, so that an interrupt ends the compiler below it too. Its id is in LAUNCHED.
launch() {
    local log=$1
    shift
    set -m
    (
        set -euo pipefail
        "$@"
    ) >"$log" 2>&1 </dev/null &
    set +m
    LAUNCHED=$!
}

# start TITLE COMMAND…: in the background, output to a log; `finish` waits for all that was started.
start() {
    local title=$1 log
    shift
    mkdir -p "$LIAO_CACHE/log"
    log="$LIAO_CACHE/log/${title//[^a-zA-Z0-9]/-}.log"
    launch "$log" "$@"
    JOB_TITLES+=("$title")
    JOB_PIDS+=("$LAUNCHED")
    JOB_LOGS+=("$log")
    JOB_STARTS+=("$(now_ms)")
}

stop_jobs() {
    local pid
    for pid in "${JOB_PIDS[@]}" "${BESIDE_PIDS[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
    JOB_PIDS=()
    BESIDE_PIDS=()
}

finish() {
    local i beat=$SECONDS
    trap 'stop_jobs; exit 130' INT TERM
    while [ ${#JOB_PIDS[@]} -gt 0 ]; do
        for i in "${!JOB_PIDS[@]}"; do
            kill -0 "${JOB_PIDS[i]}" 2>/dev/null || finish_job "$i"
        done
        [ ${#JOB_PIDS[@]} -eq 0 ] || sleep 0.1
        if ((SECONDS - beat >= 30)); then
            beat=$SECONDS
            for i in "${!JOB_PIDS[@]}"; do
                printf '  … %s, %s s: %s\n' "${JOB_TITLES[i]}" "$(seconds_since "${JOB_STARTS[i]}")" "$(tail -n 1 "${JOB_LOGS[i]}")"
            done
        fi
    done
    JOB_TITLES=() JOB_LOGS=() JOB_STARTS=()
    trap - INT TERM
}

finish_job() { # index
    local code=0 title=${JOB_TITLES[$1]} log=${JOB_LOGS[$1]}
    wait "${JOB_PIDS[$1]}" || code=$?
    unset "JOB_PIDS[$1]"
    record_step "$title" "${JOB_STARTS[$1]}"
    if [ "$code" -ne 0 ]; then
        stop_jobs
        FAILED_STEP="$title (exit code $code, after ${STEP_SECONDS[-1]} s)"
        tail -n 40 "$log" >&2
        printf '✘ %s; the whole log: %s\n' "$FAILED_STEP" "$log" >&2
        exit "$code"
    fi
    printf '✔ %s (%s s): %s\n' "$title" "${STEP_SECONDS[-1]}" "$(tail -n 1 "$log")"
}

# summary: one line a step, in the order in which they ended.
summary() {
    local i
    printf '\n%10s  step\n' seconds
    for i in "${!STEP_TITLES[@]}"; do
        printf '%10s  %s\n' "${STEP_SECONDS[i]}" "${STEP_TITLES[i]}"
    done
}
