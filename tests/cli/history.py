#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay history: the index of runs, and what becomes of a run when the index cannot be had.

usage: history.py BUILD SYNTHETIC_RUN

Ratios are those of the runs themselves; a step that was put in is found where it is, and none beside it; a locked,
full, broken or unwritable index costs a warning and no run; --rebuild brings everything back."""
import csv
import io
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import check, expect  # noqa: E402

CASE = "hash/sha256/1350/t1"
RUNS, STEP = 40, 22


def database():
    return os.path.join(os.environ["XDG_STATE_HOME"], "assay", "history.db")


def fresh(folder, name):
    """An index of its own; the folder above it is not there yet."""
    os.environ["XDG_STATE_HOME"] = os.path.join(folder, "state", name)


def invent(folder):
    """Runs of as many commits; from one on, native takes 8 % longer."""
    os.makedirs(folder)
    for i in range(RUNS):
        text = subprocess.run([sys.executable, sys.argv[2], "--kernel", "hash/sha256/1350", "--threads", "1", "--rounds", "4",
                               "--blocks", "2", "--instances", "openssl,native,null", "--seed", str(i)],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        lines = []
        for record in map(json.loads, text.splitlines()):
            if record["type"] == "run":
                record.update(id="2026112%dT000000Z-%06x" % (i // 24, i), time="2026-11-2%dT%02d:00:00Z" % (i // 24, i % 24))
                record["assay"]["commit"] = "%040x" % (0xabc000 + i)
            if record["type"] == "sample" and record["instance"] == "native" and i >= STEP:
                record["ns"] = int(record["ns"] * 1.08)
            lines.append(json.dumps(record))
        with open(os.path.join(folder, "%03d.ndjson" % i), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def test_series(folder):
    runs = os.path.join(folder, "runs")
    invent(runs)
    done = expect(0, "history", "--rebuild", runs)
    check(done.stdout == "%d runs in the index\n" % RUNS, done.stdout)
    series = json.loads(expect(0, "history", "--kernel", "^" + CASE, "--format", "json").stdout)
    check([(s["case"], s["instance"], s["anchor"]) for s in series] == [(CASE, "native", "openssl")], str(series)[:500])
    points, changes = series[0]["points"], series[0]["changes"]
    check([p["commit"] for p in points] == ["%040x" % (0xabc000 + i) for i in range(RUNS)], "the order of commits")
    for i in (0, STEP):
        rows = csv.DictReader(io.StringIO(expect(0, "convert", "--format", "csv", "%s/%03d.ndjson" % (runs, i)).stdout))
        row = next(r for r in rows if r["instance"] == "native")
        check(abs(float(row["ratio"]) / points[i]["ratio"]["value"] - 1) < 1e-6, "run %d: %s, %s" % (i, row, points[i]))
    check(len(changes) == 1 and abs(changes[0]["at"] - STEP) <= 2 and changes[0]["p"] <= 0.01, str(changes))
    check(changes[0]["size"]["low"] < 1 / 1.08 < changes[0]["size"]["high"] and changes[0]["size"]["high"] < 1, str(changes))
    text = expect(0, "history", "--kernel", CASE).stdout
    check(text.count("SLOWER from here") == 1 and "1 change in %d runs" % RUNS in text, text)
    back = list(csv.DictReader(io.StringIO(expect(0, "history", "--anchor", "native", "--format", "csv").stdout)))
    check({r["instance"] for r in back} == {"openssl"} and len(back) == RUNS, str(back[:2]))
    check(abs(float(back[3]["ratio"]) * points[3]["ratio"]["value"] - 1) < 1e-6, "ratios to the other")
    check(sum(r["change"] != "" for r in back) == 1, "a change to the other anchor")


def test_words(folder):
    for args, words in ((("--kernel", "("), "no regular expression"), (("--kernel", "nothing"), "no run of the index"),
                        (("--anchor", "nobody"), "no run of the index"), (("--format", "xml"), "none of text, json, csv"),
                        (("a.ndjson",), "with --rebuild only"), (("--rebuild", os.path.join(folder, "none")), "No such file")):
        done = expect(2, "history", *args)
        check(words in done.stderr and not done.stdout, "%s: %s" % (args, done.stderr))


def test_plot(folder):
    if not shutil.which("gnuplot"):
        return
    out = os.path.join(folder, "plots")
    expect(0, "history", "--kernel", CASE, "--plot", out)
    names = sorted(os.listdir(out))
    check(len(names) == 4 and names[0].startswith("history-hash-sha256-1350-t1-native"), str(names))
    text = " ".join(xml.etree.ElementTree.parse(os.path.join(out, names[3])).getroot().itertext())
    check("time of openssl / time of native" in text and "0000000" in text, text)


def measure(folder, name, **more):
    """A real run, the smallest; returns what it said and its file."""
    path = os.path.join(folder, name + ".ndjson")
    done = harness.assay("run", "--rounds", "1", "--blocks", "1", "--min-time", "10us", "--kernel", "^hash/sha256/64/",
                         "--instance", "openssl,native", "-o", path, **more)
    check(done.returncode == 0, "%s: exit code %d: %s" % (name, done.returncode, done.stderr))
    run = harness.Run(path)
    check(run.end and run.end["complete"], name + ": the run file is not whole")
    run.whole()
    return done, run.header["id"]


def known():
    with sqlite3.connect(database()) as db:
        return [row[0] for row in db.execute("SELECT id FROM run ORDER BY id")]


def warned(done, words):
    check(re.search("warning: .*%s.*--rebuild" % words, done.stderr), "no warning of '%s': %s" % (words, done.stderr))


def small_files():
    """Files of at most 24 KiB: room for this run's, not for a database; as a full disk, a write fails."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24576, 24576))


def test_never_lost(folder):
    fresh(folder, "real")
    done, first = measure(folder, "first")
    check("warning" not in done.stderr and known() == [first], "%s %s" % (known(), done.stderr))
    holder = sqlite3.connect(database(), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    done, locked = measure(folder, "locked")
    warned(done, "locked")
    holder.execute("ROLLBACK")
    holder.close()
    check(known() == [first], "a locked index was written")
    done = expect(0, "history", "--rebuild")
    check(known() == sorted([first, locked]), "rebuilt: %s" % known())

    with open(database(), "wb") as file:
        file.write(b"no database at all, " * 500)
    done, broken = measure(folder, "broken")
    warned(done, "not a database")
    done = expect(1, "history")
    check("--rebuild" in done.stderr, done.stderr)
    expect(0, "history", "--rebuild")
    check(known() == sorted([first, locked, broken]), "rebuilt: %s" % known())
    with open(database(), "r+b") as file:  # torn in the middle
        file.truncate(os.path.getsize(database()) // 2)
    done, torn = measure(folder, "torn")
    warned(done, "history.db")
    expect(0, "history", "--rebuild")
    check(known() == sorted([first, locked, broken, torn]), "rebuilt: %s" % known())

    fresh(folder, "full")
    done, full = measure(folder, "full", preexec_fn=small_files)
    warned(done, "history.db")
    expect(0, "history", "--rebuild")
    check(known() == [full], "rebuilt: %s" % known())
    os.environ["XDG_STATE_HOME"] = "/proc/nowhere"
    warned(measure(folder, "unwritable")[0], "unable to open")


def test_bad_files(folder):
    """A file that is none is named with its line and left out; the rest is there."""
    fresh(folder, "bad")
    bad = os.path.join(folder, "bad.ndjson")
    with open(os.path.join(folder, "runs", "000.ndjson"), encoding="utf-8") as file:
        lines = file.readlines()
    lines[4] = lines[4].replace('"type"', '"tyqe"')
    with open(bad, "w", encoding="utf-8") as file:
        file.writelines(lines)
    done = expect(2, "history", "--rebuild", os.path.join(folder, "runs"), bad)
    check("bad.ndjson:5: " in done.stderr and "%d runs in the index, 1 files" % RUNS in done.stdout, done.stderr + done.stdout)
    check(len(known()) == RUNS, "the good ones are indexed")


def main():
    harness.start(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="assay-history-")
    kept = os.getcwd()
    try:
        os.chdir(folder)
        fresh(folder, "invented")
        done = expect(1, "history")
        check("no history yet" in done.stderr, done.stderr)
        test_series(folder)
        test_words(folder)
        test_plot(folder)
        test_never_lost(folder)
        test_bad_files(folder)
    finally:
        os.chdir(kept)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
