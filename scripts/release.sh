#!/usr/bin/env bash
# A release: the shipped binary, what describes it, checksums, and what it is made of (SBOM, SPDX 2.3), below target/release-files.
#   scripts/release.sh [path of a binary that was built already]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
name="liao-$version-$(uname -m)-linux"
out="${LIAO_RELEASE_DIR:-target/release-files}"
binary="${1:-}"
if [ -z "$binary" ]; then
    scripts/build.sh dist
    binary="${CARGO_TARGET_DIR:-target}/dist/liao"
fi
[ -x "$binary" ] || fail "there is no program at $binary"
rm -rf "$out" && mkdir -p "$out/$name"
cp "$binary" "$out/$name/liao"
cp -r README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT liao.example.toml deploy docs "$out/$name/"
# The same bytes from the same source: no times, no owners, a fixed order.
stamp="$(git log -1 --format=%ct 2>/dev/null || echo 0)"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$stamp" -C "$out" -cf - "$name" | gzip -n -9 >"$out/$name.tar.gz"
rm -rf "${out:?}/$name"
python3 scripts/sbom.py Cargo.lock "$version" "$stamp" >"$out/$name.spdx.json"
(cd "$out" && sha256sum -- *.tar.gz *.json >SHA256SUMS)
(cd "$out" && sha256sum --check --quiet SHA256SUMS)
printf 'released into %s:\n' "$out"
cat "$out/SHA256SUMS"
