#!/usr/bin/env bash
# Everything that CI runs, in order. A check that fails does not keep the others from running: one run says everything.
set -euo pipefail
export QUICK_BUILD=1
. "$(dirname "$0")/env.sh"
. scripts/step.sh
. scripts/packages.sh

WASM=wasm32-unknown-unknown
POSTGRES=
LOGS=$LIAO_CACHE/log
mkdir -p "$LOGS"
rm -f "$LOGS/cargo-tests.log" "$LOGS/end-to-end.log"

close() {
    local code=$?
    trap - EXIT
    stop_jobs
    [ -z "$POSTGRES" ] || scripts/postgres.sh stop "$POSTGRES" || code=1
    summary
    if [ "$code" -eq 0 ]; then
        printf '\nmake test: all %d steps passed in %d min %d s\n' "${#STEP_TITLES[@]}" $((SECONDS / 60)) $((SECONDS % 60))
    else
        failures || true
        printf '\nmake test: FAILED at %s\n' "${FAILED_STEP:-"a step that was interrupted (exit code $code)"}"
    fi
    exit "$code"
}

# What failed, once more and in few lines: a log of an hour is often kept by its end alone.
failures() {
    printf '\nWhat failed:\n'
    grep -hE '^test .* FAILED$' "$LOGS/cargo-tests.log" 2>/dev/null | head -n 40
    # The report's last part: each failure with its first lines, then the list of names.
    sed 's/\x1b\[[0-9;]*m//g' "$LOGS/end-to-end.log" 2>/dev/null |
        awk '/^  +[0-9]+\) /{ left = 9 } left > 0 { if (NF) print; left-- } /^  +[0-9]+ (failed|flaky|interrupted)/{ left = 0; names = 1 } names' | head -n 150
    return 0
}

clippy_server() { cargo clippy --locked --release --features ssr --all-targets "${QUICK[@]}" -- -D warnings; }

clippy_browser() {
    cargo clippy --locked --profile wasm --lib --target "$WASM" --target-dir "$CARGO_TARGET_DIR/front" \
        --no-default-features --features hydrate -- -D warnings
}

# The same profile and features as the build, so that only the tests themselves are compiled.
cargo_tests() {
    LIAO_REQUIRE_REDIS=1 LIAO_REQUIRE_SMTP=1 LIAO_TEST_AIOSMTPD=$AIOSMTPD LIAO_REQUIRE_POSTGRES=1 LIAO_REQUIRE_SITE=1 LIAO_REQUIRE_MODEL=1 LIAO_MODEL=$MODEL LIAO_TEST_POSTGRES_URL=$(cat "$POSTGRES/url") cargo test --locked --release --features ssr --no-fail-fast "${QUICK[@]}" 2>&1 | tee "$LOGS/cargo-tests.log"
}

rustdoc() { RUSTDOCFLAGS='-D warnings' cargo doc --locked --release --no-deps --features ssr "${QUICK[@]}"; }

browser_packages() {
    need chromium chromium
    # Not in every Debian; without it the whole browser does it all, in half as much time again.
    (need chromium-headless-shell chromium-headless-shell) || true
    install_packages fonts-noto-cjk # the screenshots in Chinese
    (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci)
}

end_to_end() {
    cd end2end
    LIAO_BIN=$LIAO LIAO_MODEL=$MODEL LIAO_TEST_AIOSMTPD=$AIOSMTPD LIAO_TEST_LLAMA=$LLAMA npx playwright test 2>&1 | tee "$LOGS/end-to-end.log"
}

trap close EXIT
trap 'exit 130' INT TERM
step "tools" scripts/setup.sh
. scripts/env.sh
mkdir -p target/site/pkg # the server embeds it, and clippy comes before the first build
check "format" cargo fmt --check
# Each of the two waits much for itself: the server is looked at while the browser's part is compiled.
beside "clippy, server" clippy_server
check "clippy, browser" clippy_browser
step "build" scripts/build.sh release
LIAO_SITE=$(site_state) # so that cargo finds the program as it was built
export LIAO_SITE
together
check "size of the WASM" scripts/wasm-size.sh
POSTGRES=$(mktemp -d /tmp/liao-postgres.XXXXXX)
step "PostgreSQL" scripts/postgres.sh start "$POSTGRES"
step "Redis" need redis-server redis-server
step "mail server" scripts/smtp.sh
step "server of a real model" scripts/llama.sh
# What asks the built server runs while the tests are compiled.
beside "API against its document" scripts/schemathesis.sh
check "tests: unit, both databases, black box, architecture" cargo_tests
together
check "API by example" scripts/examples.sh
check "rustdoc" rustdoc
step "browser and its packages" browser_packages
check "tests: end to end" end_to_end
[ -z "${FAILED_STEP:-}" ]
