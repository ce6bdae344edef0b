# Sourced: packages of Debian and Ubuntu, installed only where something is missing.

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "only an administrator can do this, and there is no sudo: $*"
    fi
}

# At most once an hour, and only when something must be installed.
refresh_package_lists() {
    local stamp="$LIAO_CACHE/package-lists"
    [ -z "$(find "$stamp" -mmin -60 2>/dev/null)" ] || return 0
    as_root apt-get update -qq
    touch "$stamp"
}

# install_packages NAME…
install_packages() {
    local name missing=()
    command -v apt-get >/dev/null || fail "please install what Debian calls $*, and run this again"
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        fail "packages are missing, and there is no sudo; please have an administrator run: apt-get install ${missing[*]}"
    printf 'installing %s\n' "${missing[*]}"
    refresh_package_lists
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "${missing[@]}" >"$LIAO_CACHE/packages.log" 2>&1 ||
        { tail -n 20 "$LIAO_CACHE/packages.log" >&2; fail "could not install ${missing[*]}"; }
}

# package_version NAME: what could be installed, or nothing.
package_version() {
    apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# need COMMAND PACKAGE…: installs the packages where the command is missing.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null || install_packages "$@"
}

# npm_package NAME VERSION SHA512 FOLDER FILE…: these files of a package of npm, in the folder as they are in the package. It has to be what is pinned.
npm_package() {
    local name=$1 version=$2 checksum=$3 folder=$4
    shift 4
    (cd "$folder" && npm pack --silent "$name@$version" >/dev/null)
    printf '%s  %s\n' "$checksum" "$folder/$name-$version.tgz" | sha512sum --check --quiet || fail "$name $version does not have the pinned checksum"
    tar xzf "$folder/$name-$version.tgz" -C "$folder" --strip-components=1 "${@/#/package/}"
}

# pip_tool FOLDER REQUIREMENTS: Python packages in a folder of their own, each by its checksum. Nothing is done where they are.
pip_tool() {
    local stamp
    stamp=$({ python3 -V; cat "$2"; } 2>&1 | sha256sum)
    [ "$stamp" != "$(cat "$1/stamp" 2>/dev/null)" ] || return 0
    python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
    rm -rf "$1"
    python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore --no-cache-dir \
        --require-hashes --no-deps --only-binary :all: --target "$1" --requirement "$2"
    printf '%s\n' "$stamp" >"$1/stamp"
}
