"""Runs the shell blocks of a document in order: examples.py DOCUMENT URL FOLDER

A curl line has to be answered with 2xx or 3xx, or with a status that its comment names (`# 409 without an app`). What its answer holds
is there for the lines after it: `access` is $ACCESS, `session_id` is $SESSION, and so on; of a list, what its first item holds. A line
with an ellipsis is shown only.
"""

import json
import os
import re
import shlex
import struct
import subprocess
import sys
import urllib.request
import zlib

# Fields of answers, and the variables that hold them afterwards.
KEPT = {"access": "ACCESS", "refresh": "REFRESH", "session_id": "SESSION", "generation_id": "GENERATION", "message_id": "MESSAGE", "question_id": "QUESTION",
        "next": "NEXT", "url": "URL", "ticket": "TICKET", "secret": "SECRET", "id": "ID"}

# Who the examples are about.
WHO = '{"email": "mei@example.org", "password": "correct horse battery"}'

PRELUDE = r"""
curl() {
    case " $* " in
    *" -o "*) command curl -s --max-time 180 -w '%{http_code}' "$@" >status ;;
    *) command curl -s --max-time 180 -o body -w '%{http_code}' "$@" >status ;;
    esac
}
check() { # line, statuses
    local status; status=$(cat status)
    if [[ ! $status =~ ^($2)$ ]]; then
        printf 'line %s: %s\n  answered %s: %s\n' "$1" "$3" "$status" "$(head -c 400 body 2>/dev/null)" >&2
        failed=$((failed + 1))
    fi
    eval "$(python3 "$KEEP" keep body)"
    done=$((done + 1))
    rm -f body status
}
again() { # signs in anew: each section may begin with somebody who has signed out
    [ -z "${ACCESS:-}" ] || ACCESS=$(command curl -s "$B/api/auth/login/" -H 'content-type: application/json' -d "$WHO" |
        python3 -c 'import json, sys; print(json.load(sys.stdin).get("access", ""))')
    A="authorization: Bearer ${ACCESS:-}"
}
failed=0 done=0
"""


def picture():
    """A small PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes((x * 3, y * 3, 90)) for x in range(64)) for y in range(64))
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def silence():
    """A quarter of a second of it, as a WAV file."""
    rate = 8000
    samples = b"\x80" * (rate // 4)
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8) + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(head) + len(samples)) + head + samples


def commands(text):
    """The commands of the shell blocks: the number of their first line, and their text."""
    inside, command, begun = False, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("## "):
            yield number, "again"
        elif line.startswith("```"):
            inside = line.strip() == "```sh"
        elif inside and line.strip():
            begun = begun or number
            command += line + "\n"
            if not line.endswith("\\"):
                yield begun, command.strip()
                command, begun = "", 0


def keep(path):
    """Shell assignments of what the answer holds."""
    try:
        answer = json.load(open(path))
    except (OSError, ValueError):
        return
    if not isinstance(answer, dict):
        return
    first = (answer.get("items") or [{}])[0]
    answer = {**(first if isinstance(first, dict) else {}), **answer}
    for field, name in KEPT.items():
        if isinstance(answer.get(field), str) and re.fullmatch(r"[\w./:+=-]+", answer[field]):
            print(f"{name}={answer[field]}")


def undocumented(text, url):
    """Operations that no line shows."""
    document = json.load(urllib.request.urlopen(f"{url}/api/schema/", timeout=20))
    lines = [command for _, command in commands(text)]
    for path, methods in document["paths"].items():
        pattern = re.compile(r"\$B" + re.sub(r"\\\{\w+\\\}", r"[^/\\s\"']+", re.escape(path)) + r"(?=[\s\"'?]|$)")
        for method in methods:
            flag = {"get": r"^(?!.*(-X|-d|-F|--data))", "post": r"-X POST|^(?!.*-X).*(-d|-F|--data)"}.get(method, f"-X {method.upper()}")
            if not any(pattern.search(line) and re.search(flag, line, re.S) for line in lines):
                yield f"{method.upper()} {path}"


def run(path, url, folder):
    text = open(path).read()
    script, shown = [PRELUDE.replace("$KEEP", os.path.abspath(__file__)), f"B={url} WHO={shlex.quote(WHO)}"], 0
    for number, command in commands(text):
        code = re.sub(r"\s#\s.*", "", command, flags=re.M)
        if code.startswith(("#", "B=")):
            continue
        if "…" in code:
            shown += 1
            continue
        # What is being made is asked for until it is ready.
        script.append(f"for _ in $(seq 40); do {code}\n grep -q '\"state\":\"running\"' body 2>/dev/null && [[ {shlex.quote(code)} != *-X* ]] || break; sleep 0.5; done"
                      if "curl" in code else code)
        if "curl" in code:
            comment = " ".join(re.findall(r"#\s(.*)", command))
            expected = "|".join(["[23]..", *re.findall(r"\b[45]\d\d\b", comment)])
            script.append(f"check {number} '{expected}' {shlex.quote(code.splitlines()[0])}")
    script.append(f'printf "%s examples were run, {shown} are shown only\\n" "$done"; exit $((failed > 0))')
    open(f"{folder}/me.jpg", "wb").write(picture())
    open(f"{folder}/note.wav", "wb").write(silence())
    code = subprocess.run(["bash", "-u"], input="\n".join(script).encode(), cwd=folder).returncode
    missing = list(undocumented(text, url))
    for operation in missing:
        print(f"{path} does not show {operation}", file=sys.stderr)
    return code or bool(missing)


if sys.argv[1] == "keep":
    keep(sys.argv[2])
else:
    sys.exit(run(*sys.argv[1:]))
