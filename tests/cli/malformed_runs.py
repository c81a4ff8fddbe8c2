#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Malformed run files through every verb that reads one.

usage: malformed_runs.py BUILD SYNTHETIC_RUN [COUNT]

A whole run file is damaged at random (a fixed seed) until COUNT (100) of them are refused by show. Each goes through
show, compare, plot, convert, report and history --rebuild: none crashes or hangs, each ends with 2, names file and line,
and leaves nothing behind. What is damaged so that it still reads must be taken by all of them."""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import check  # noqa: E402

VALUES = [None, True, -1, 0, 1, 1 << 62, 1e308, 0.5, "", "x", "\u0000", "../../x", "%n%s", "a" * 70000, [], {}, [[]], [{}],
          {"a": 1}, "sign/ed25519/t1", "openssl"]


def flip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def cut(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 400):]


def insert(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 40))) + data[at:]


def shuffle_lines(rng, data):
    lines = data.splitlines(keepends=True)
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def places(value, path=()):
    """Every key and index of a record."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield path + (key,)
        yield from places(inner, path + (key,))


def replace_value(rng, data):
    lines = data.splitlines()
    at = rng.choice([0, rng.randrange(len(lines))])
    record = json.loads(lines[at])
    path = rng.choice(list(places(record)))
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    if isinstance(holder, dict) and rng.random() < 0.2:
        del holder[path[-1]]
    else:
        holder[path[-1]] = rng.choice(VALUES)
    lines[at] = json.dumps(record).encode()
    return b"\n".join(lines) + b"\n"


def nest(rng, data):
    lines = data.splitlines(keepends=True)
    lines.insert(rng.randrange(len(lines)), b"[" * rng.choice([3, 100, 100000]) + b"\n")
    return b"".join(lines)


def whole(rng, _data):
    return rng.choice([b"", b"\n", b"\0" * 5000, b"{}\n", b"[1]\n", b"not a run\n", b'{"type":"run"}\n', b"\xff\xfe" * 300,
                       b'{"type":"run","schema":2}\n', b'{"type":"end"}\n'])


DAMAGES = [flip, cut, insert, shuffle_lines, replace_value, replace_value, replace_value, nest, whole]


def run(arguments, folder):
    try:
        done = subprocess.run([os.path.join(harness.BUILD, "assay"), *arguments], capture_output=True, timeout=60, cwd=folder,
                              check=False)
    except subprocess.TimeoutExpired:
        harness.fail("assay %s hangs" % " ".join(arguments))
    text = done.stderr.decode("utf-8", "replace")
    check(done.returncode in (0, 1, 2) and "Sanitizer" not in text and "runtime error" not in text,
          "assay %s: exit code %d: %s" % (" ".join(arguments), done.returncode, text))
    return done.returncode, text


def verbs(bad, good, out):
    return [["show", bad], ["compare", bad, good], ["compare", good, bad], ["plot", bad, "-o", out],
            ["convert", "--format", "csv", "-o", out, bad], ["report", bad, "-o", out], ["history", "--rebuild", bad]]


def try_file(bad, good, folder, kept):
    """True when it is refused, and by all."""
    code, _ = run(["show", bad], folder)
    out = os.path.join(folder, "out")
    if code == 0:
        code, text = run(["convert", "--format", "csv", bad], folder)
        check(code == 0, "show takes what convert refuses: %s" % text)
        for arguments in (["compare", bad, good, "--force"], ["compare", good, bad, "--force"], ["history", "--rebuild", bad],
                          ["history"]):
            run(arguments, folder)
        return False
    place = re.compile(re.escape(bad) + r"(:\d+: |: (the file is empty|cannot be read))")
    for arguments in verbs(bad, good, out):
        code, text = run(arguments, folder)
        if code != 2 or not place.search(text) or len(text) > 3000:
            shutil.copy(bad, kept)
            harness.fail("assay %s: exit code %d, %s (kept as %s)" % (" ".join(arguments), code, text[:2000], kept))
        check(not os.path.exists(out) and not os.path.exists(out + ".partial"), "assay %s leaves something" % arguments)
    return True


def main():
    harness.start(sys.argv[1])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    folder = tempfile.mkdtemp(prefix="assay-malformed-")
    os.environ["XDG_STATE_HOME"] = os.path.join(folder, "state")
    try:
        good = os.path.join(folder, "good.ndjson")
        with open(good, "wb") as file:
            subprocess.run([sys.executable, sys.argv[2], "--kernel", "sign/ed", "--rounds", "2", "--blocks", "2", "--trouble",
                            "--instances", "openssl,native,null"], stdout=file, check=True)
        with open(good, "rb") as file:
            data = file.read()
        rng = random.Random(20261124)
        refused = tried = 0
        while refused < count:
            bad = os.path.join(folder, "damaged-%d.ndjson" % tried)
            with open(bad, "wb") as file:
                file.write(rng.choice(DAMAGES)(rng, data))
            refused += try_file(bad, good, folder, os.path.join(tempfile.gettempdir(), "assay-malformed-kept.ndjson"))
            os.unlink(bad)
            tried += 1
        print("%d damaged run files, %d of them refused, each with its place, by 7 commands" % (tried, refused))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
