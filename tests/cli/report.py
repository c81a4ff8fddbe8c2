#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay report, and scaling over threads wherever it is shown.

usage: report.py BUILD SYNTHETIC_RUN

Every measured figure of the CSV is in the Markdown, every picture that it names is there, hostile names stay text; the
efficiency is that of the samples, the law is fitted from four core counts on and else said to be extrapolated."""
import csv
import io
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import check, expect  # noqa: E402


def generate(path, *args, cores=2, edit=lambda text: text):
    done = subprocess.run([sys.executable, sys.argv[2], *args], stdout=subprocess.PIPE, text=True, check=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(edit(done.stdout.replace('"cores":2', '"cores":%d' % cores)))


def table(run):
    return list(csv.DictReader(io.StringIO(expect(0, "convert", "--format", "csv", run).stdout)))


def round_medians(run, case, instance):
    values = {}
    with open(run, encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record["type"] == "sample" and record["case"] == case and record["instance"] == instance:
                values.setdefault(record["round"], []).append(record["ns"] / record["iterations"])
    return {r: statistics.median(v) for r, v in values.items()}


def test_report(folder, run):
    out = os.path.join(folder, "report")
    done = expect(0, "report", run, "-o", out)
    check(done.stdout.strip() == os.path.join(out, "report.md"), done.stdout)
    with open(os.path.join(out, "report.md"), encoding="utf-8") as file:
        text = file.read()
    plain = text.replace("\\", "")
    for row in table(run):
        line = [at for at in plain.splitlines() if at.startswith("| %s | %s |" % (row["case"], row["instance"]))]
        check(line, "%s@%s is not in the report" % (row["case"], row["instance"]))
        if row["status"] != "measured":
            check(row["reason"] in line[0] and "µs" not in line[0], line[0])
        elif row["ratio"]:
            words = "| 1 |" if row["instance"] == "openssl" else "%.2f× | %.3f – %.3f" % tuple(
                float(row[k]) for k in ("ratio", "ratio_low", "ratio_high"))
            check(words in line[0], "%s: %s" % (words, line[0]))
    pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    check(len(pictures) >= 4 and all(os.path.getsize(os.path.join(out, p)) for p in pictures), str(pictures))
    check(any(p.startswith("efficiency-") for p in pictures), str(pictures))
    for title in ("## Instances", "## sign", "## Scaling over threads", "## Not measured", "## How to read it"):
        check(title in text, title)
    beside = os.path.join(folder, "beside.ndjson")
    shutil.copy(run, beside)
    expect(0, "report", beside)
    check(os.path.exists(os.path.join(folder, "beside-report", "report.md")), "the folder beside the run")


def test_hostile(folder):
    evil = "<script>alert(1)</script>|`x`[a](b)*"
    run = os.path.join(folder, "evil.ndjson")
    generate(run, "--kernel", "sign/ed", "--rounds", "2", "--instances", "openssl,boringssl", "--threads", "1",
             edit=lambda text: text.replace("boringssl", evil))
    out = os.path.join(folder, "evil")
    expect(0, "report", run, "-o", out)
    with open(os.path.join(out, "report.md"), encoding="utf-8") as file:
        text = file.read()
    bare = re.sub(r"\\.", "", text)  # without what is escaped
    check("alert" in text and not re.search(r"<|`|\]\(b|\*", bare), text)


def test_no_gnuplot(folder, run):
    out = os.path.join(folder, "bare")
    done = expect(1, "report", run, "-o", out, env=dict(os.environ, PATH="/nowhere"))
    check("gnuplot is not installed" in done.stderr, done.stderr)
    with open(os.path.join(out, "report.md"), encoding="utf-8") as file:
        check("![" not in file.read(), "names a picture that is not there")
    done = expect(1, "report", run, "-o", os.path.join(folder, "not/there"))
    check("No such file or directory" in done.stderr, done.stderr)


def test_two_counts(run):
    """The synthetic openssl scales at 72 %, the others at 90."""
    rows = {(r["case"], r["instance"]): r for r in table(run)}
    row = rows["sign/ed25519/t2", "openssl"]
    one, two = (round_medians(run, "sign/ed25519/t%d" % t, "openssl") for t in (1, 2))
    want = math.exp(statistics.median(math.log(one[r] / two[r] / 2) for r in one))
    check(math.isclose(float(row["efficiency"]), want, rel_tol=1e-7) and abs(want - 0.72) < 0.02, "%s, %s" % (row, want))
    law = rows["sign/ed25519/t1", "openssl"]
    check(law["law"] == "extrapolated" and not law["coherence"], str(law))
    check(abs(float(law["contention"]) - (1 / want - 1)) < 0.02, str(law))
    text = expect(0, "show", run).stdout
    check("scaling over threads" in text and "extrapolated from 2 counts" in text, text)
    check(re.search(r"sign/ed25519\n +openssl +2 +7[12]\.\d %", text), text)


def test_law(folder):
    """Times invented by the law; the fifth count is of more threads than cores, and counts for nothing in the fit."""
    run = os.path.join(folder, "law.ndjson")

    def follow_law(text):
        out = []
        for record in map(json.loads, text.splitlines()):
            if record["type"] == "sample":
                n = int(record["case"].rsplit("/t", 1)[1])
                slower = 1 + 0.2 * (n - 1) + 0.01 * n * (n - 1) if n <= 8 else 30
                record["iterations"], record["ns"] = 1000, int(1e8 * slower / n)
            out.append(json.dumps(record))
        return "\n".join(out) + "\n"
    generate(run, "--kernel", "sign/ed", "--threads", "1,2,4,8,16", "--instances", "openssl,native", cores=8, edit=follow_law)
    for row in table(run):
        if row["threads"] == "1":
            check(row["law"] == "fitted", str(row))
            check(abs(float(row["contention"]) - 0.2) < 1e-4 and abs(float(row["coherence"]) - 0.01) < 1e-4, str(row))
    text = expect(0, "show", run).stdout
    check("σ 0.200" in text and "κ 0.0100" in text and "extrapolated" not in text, text)
    check(text.count("more than cores") == 2, text)


def test_ranges():
    """--threads takes ranges and lists of them, each count once."""
    def cases(threads):
        done = expect(0, "run", "--dry-run", "--kernel", "^hash/sha256/64/", "--instance", "openssl", "--threads", threads)
        return [line.split("@")[0].rsplit("/", 1)[1] for line in done.stdout.splitlines() if "@" in line]
    check(cases("1..4") == ["t1", "t2", "t3", "t4"], str(cases("1..4")))
    check(cases("1,3..5") == ["t1", "t3", "t4", "t5"], str(cases("1,3..5")))
    for text, words in (("4..1", "goes up"), ("1..3,2", "names 2 twice"), ("1..17", "at most 16"), ("..3", "''"),
                        ("1..", "''"), ("1..x", "'x'")):
        done = expect(2, "run", "--dry-run", "--threads", text)
        check("--threads" in done.stderr and words in done.stderr, "%s: %s" % (text, done.stderr))


def main():
    harness.start(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="assay-report-")
    try:
        run = os.path.join(folder, "a.ndjson")
        generate(run, "--kernel", "sign", "--trouble")
        test_two_counts(run)
        test_law(folder)
        test_ranges()
        if shutil.which("gnuplot"):
            test_report(folder, run)
            test_hostile(folder)
        test_no_gnuplot(folder, run)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
