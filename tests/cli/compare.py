#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay compare on invented runs.

usage: compare.py BUILD SYNTHETIC_RUN

Two instances of a run are compared block by block, two runs round by round on each side and with a wider interval; a
difference that was put in is found, none is found where there is none; other machines are refused by name."""
import csv
import io
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import check, expect  # noqa: E402


def generate(path, *args):
    with open(path, "w", encoding="utf-8") as file:
        subprocess.run([sys.executable, sys.argv[2], "--kernel", "hash", "--threads", "1", *args], stdout=file, check=True)


def change(path, out, head=None, sample=None):
    """A copy with another id, other fields in its first record, and other samples."""
    with open(path, encoding="utf-8") as file, open(out, "w", encoding="utf-8") as copy:
        for line in file:
            record = json.loads(line)
            if record["type"] == "run":
                record["id"] = "20261125T000000Z-ffffff"
                if head:
                    head(record)
            if record["type"] == "sample" and sample:
                sample(record)
            copy.write(json.dumps(record) + "\n")


def table(*args):
    done = expect(0, "compare", *args, "--format", "csv")
    return {(r["case"], r["a"], r["b"]): r for r in csv.DictReader(io.StringIO(done.stdout))}


def medians(path):
    values = {}
    with open(path, encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record["type"] == "sample":
                key = record["case"], record["instance"]
                values.setdefault(key, {}).setdefault(record["round"], []).append(
                    math.log(record["ns"] / record["iterations"]))
    return {key: math.exp(statistics.median(statistics.median(v) for v in r.values())) for key, r in values.items()}


def test_paired(run):
    shown = {r["case"]: r for r in csv.DictReader(io.StringIO(expect(0, "convert", "--format", "csv", run).stdout))
             if r["instance"] == "native"}
    rows = table(run, "--instance", "openssl,native")
    check(len(rows) == len(shown) == 6, "%d rows, %d cases" % (len(rows), len(shown)))
    for (case, _, _), row in rows.items():
        check(row["paired"] == "true" and row["verdict"] == "faster", str(row))
        check(math.isclose(float(row["ratio"]), float(shown[case]["ratio"]), rel_tol=1e-8), "%s: %s" % (row, shown[case]))
        check(float(row["ratio_low"]) <= 1.4 <= float(row["ratio_high"]) + 0.1, str(row))
    back = table(run, "--instance", "native,openssl")
    check(all(r["verdict"] == "slower" for r in back.values()), str(back))
    text = expect(0, "compare", run, "--instance", "openssl,native").stdout
    check("Paired" in text and "UNPAIRED" not in text and text.count("faster") == 6, text)


def test_unpaired(folder, run):
    other = os.path.join(folder, "other.ndjson")

    def slow(record):
        if record["instance"] == "sodium":
            record["ns"] = record["ns"] * 5 // 4
    change(run, other, sample=slow)
    rows = table(run, other)
    check({k[1] for k in rows} == {"openssl", "boringssl", "sodium", "native"}, str(sorted(rows)))
    before, after = medians(run), medians(other)
    for (case, name, _), row in rows.items():
        check(row["paired"] == "false", str(row))
        check(row["verdict"] == ("slower" if name == "sodium" else "no difference seen"), str(row))
        check(math.isclose(float(row["ratio"]), before[case, name] / after[case, name], rel_tol=1e-6), str(row))
    text = expect(0, "compare", run, other).stdout
    check("UNPAIRED" in text and "about one in twenty" in text, text)
    # a machine that drifts from round to round, its samples once as one run and once as two: the latter is less certain
    drift, twin = os.path.join(folder, "drift.ndjson"), os.path.join(folder, "twin.ndjson")

    def drifting(record):
        record["ns"] = int(record["ns"] * (1 + 0.08 * (record["round"] * 7 % 5)))
    change(run, drift, sample=drifting)
    change(drift, twin, head=lambda record: record.update(id="20261126T000000Z-eeeeee"))
    wide, narrow = table(drift, twin, "--instance", "openssl,native"), table(drift, "--instance", "openssl,native")

    def width(row):
        return math.log(float(row["ratio_high"]) / float(row["ratio_low"]))
    wider = [width(wide[k]) / width(narrow[k]) for k in narrow]
    check(statistics.median(wider) > 2, "unpaired intervals are %s times as wide" % wider)
    document = json.loads(expect(0, "compare", run, other, "--instance", "sodium", "--format", "json").stdout)
    check(document["paired"] is False and len(document["cases"]) == 6, str(document))
    check(all(c["verdict"] == "slower" and c["ratio"]["high"] < 1 for c in document["cases"]), str(document))


def test_fingerprints(folder, run):
    other = os.path.join(folder, "fingerprint.ndjson")
    fields = {"cpu": ("machine", "cpu", "Other CPU"), "cores": ("machine", "cores", 64),
              "governor": ("machine", "governor", "powersave"), "virtualisation": ("machine", "virtualisation", "none seen"),
              "compiler": ("build", "compiler", "clang 14"), "compiler flags": ("build", "flags", "-O0"),
              "assay version": ("assay", "version", "9.9.9"), "environment": ("environment", "OPENSSL_ia32cap", "~0x1"),
              "min_time_ns": ("options", "min_time_ns", 1000000)}
    for name, (group, key, value) in fields.items():
        def put(record, group=group, key=key, value=value):
            record[group][key] = value
        change(run, other, head=put)
        done = expect(2, "compare", run, other)
        check("assay: %s differs: " % name in done.stderr and str(value) in done.stderr, done.stderr)
        check(done.stderr.count("differs") == 1 and not done.stdout, done.stderr)
        done = expect(0, "compare", run, other, "--force")
        check("The runs differ in %s" % name in done.stdout, done.stdout)

    def harmless(record):
        record["machine"]["microcode"] = "0x1"
        record["machine"]["kernel"] = "7.0"
        record["assay"]["commit"] = "f" * 40
    change(run, other, head=harmless)
    expect(0, "compare", run, other)


def test_refused(folder, run):
    """A cell that was refused has no figure here either; bad input is named."""
    trouble = os.path.join(folder, "trouble.ndjson")
    generate(trouble, "--trouble", "--instances", "openssl,native")
    row = [r for r in table(trouble, "--instance", "openssl,native").values() if r["verdict"] == "not compared"]
    check(len(row) == 2 and "the tag differs" in row[0]["reason"] and not row[0]["ratio"] and not row[0]["b_ns"], str(row))
    for args, words in (((run,), "--instance A,B"), ((run, "--instance", "native"), "--instance A,B"), ((), "name two run files"),
                        ((run, run, run), "one too many"), ((run, "--instance", "openssl,nobody"), "no instance 'nobody'; it has openssl"),
                        ((run, "--instance", "a,b,c"), "'a,b,c'"), ((run, run, "--format", "xml"), "none of text, json, csv"),
                        ((run, folder), "is a directory"), ((run, os.path.join(folder, "none")), "No such file")):
        done = expect(2, "compare", *args)
        check(words in done.stderr and not done.stdout, "%s: %s" % (args, done.stderr))
    apart = os.path.join(folder, "apart.ndjson")
    generate(apart, "--kernel", "sign")
    change(apart, apart + "2")
    done = expect(2, "compare", run, apart + "2")
    check("no measured case and instance in common" in done.stderr, done.stderr)


def main():
    harness.start(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="assay-compare-")
    try:
        run = os.path.join(folder, "a.ndjson")
        generate(run, "--rounds", "12")
        test_paired(run)
        test_unpaired(folder, run)
        test_fingerprints(folder, run)
        test_refused(folder, run)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
