#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the views write can be read by others.

usage: views_formats.py VIEWS_TOOL GENERATOR

Google Benchmark's own compare.py reads the JSON; Python's csv reads the CSV; both say what the samples say. Pictures
are whole, a hostile run file executes nothing, and without gnuplot the scripts are left with a clear message."""
import csv
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TOOL, GENERATOR = sys.argv[1:3]
COMPARE = "/usr/share/benchmark/compare.py"
# compare.py imports scipy, which is large; what it calls of it here is small.
STANDINS = {
    "numpy.py": """
class array(list):
    def any(self): return any(map(bool, self))
""",
    "scipy/__init__.py": "",
    "scipy/stats.py": """
import math, numpy
def gmean(v): return numpy.array(math.exp(sum(map(math.log, c)) / len(c)) for c in zip(*v))
def mannwhitneyu(*a, **k): raise NotImplementedError
"""}


def tool(*args, env=None):
    done = subprocess.run([TOOL, *args], stdout=subprocess.PIPE, text=True, timeout=120, env=env)
    assert done.returncode in (0, 1), f"{args}: {done.returncode}"
    return done


def generate(path, *args):
    with open(path, "w", encoding="utf-8") as file:
        subprocess.run([sys.executable, GENERATOR, *args], stdout=file, check=True)


def rounds_of(path):
    """{(case, instance): [median of the blocks of each round]} in ns an operation, from the file itself."""
    values = {}
    with open(path, encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record["type"] == "sample":
                key = record["case"], record["instance"]
                values.setdefault(key, {}).setdefault(record["round"], []).append(record["ns"] / record["iterations"])
    return {key: [statistics.median(v) for _, v in sorted(r.items())] for key, r in values.items()}


def test_gbench(run, truth):
    done = tool("gbench", run)
    assert done.returncode == 0, done.stdout
    entries = json.loads(done.stdout)["benchmarks"]
    iterations = [e for e in entries if e["run_type"] == "iteration"]
    assert len(iterations) == sum(len(v) for v in truth.values()), len(iterations)
    medians = {e["run_name"]: e["real_time"] for e in entries if e.get("aggregate_name") == "median"}
    deviations = {e["run_name"]: e["real_time"] for e in entries if e.get("aggregate_name") == "stddev"}
    for (case, instance), values in truth.items():
        name = f"{case}@{instance}"
        assert math.isclose(medians[name], statistics.median(values), rel_tol=1e-9), name
        assert math.isclose(deviations[name], statistics.stdev(values), rel_tol=1e-6), name


def test_compare(folder, first, second):
    """compare.py finds every benchmark of both, and the difference that is there."""
    if not os.path.exists(COMPARE):
        print("libbenchmark-tools is not installed: compare.py was not tried")
        return
    for name, text in (("a.json", first), ("b.json", second)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    os.makedirs(os.path.join(folder, "lib/scipy"), exist_ok=True)
    for name, text in STANDINS.items():
        with open(os.path.join(folder, "lib", name), "w", encoding="utf-8") as file:
            file.write(text)
    env = dict(os.environ, PYTHONPATH=os.path.join(folder, "lib"))
    done = subprocess.run([sys.executable, COMPARE, "--no-color", "--no-utest", "benchmarks", f"{folder}/a.json",
                           f"{folder}/b.json"], stdout=subprocess.PIPE, text=True, env=env, timeout=120)
    assert done.returncode == 0, done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    row = next(line for line in lines if line and line[0] == "sign/ed25519/t1@openssl_median")
    old, new = (next(e["real_time"] for e in json.loads(text)["benchmarks"]
                     if e["name"] == "sign/ed25519/t1@openssl_median") for text in (first, second))
    assert abs(float(row[1]) - (new - old) / old) < 1e-4, row


def test_csv(run, truth):
    raw = subprocess.run([TOOL, "csv", run], stdout=subprocess.PIPE, check=True, timeout=120).stdout
    with open(run, encoding="utf-8") as file:
        head = json.loads(file.readline())
    rows = list(csv.DictReader(raw.decode().splitlines(keepends=True)))
    assert len(rows) == len(head["cases"]) * len(head["instances"]), len(rows)
    assert all(None not in row and None not in row.values() for row in rows)
    seen = 0
    for row in rows:
        values = truth.get((row["case"], row["instance"]))
        assert (values is not None) == (row["status"] == "measured"), row
        if not values:
            assert row["reason"] and not row["ns"] and not row["ratio"], row
            continue
        seen += 1
        assert math.isclose(float(row["ns"]), statistics.median(values), rel_tol=1e-8), row
        assert float(row["ns_low"]) <= float(row["ns"]) <= float(row["ns_high"]), row
        assert (row["ratio"] == "") == (row["instance"] == "null"), row
    assert seen == len(truth)
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(rows) + 1


def test_plots(folder, run):
    out = os.path.join(folder, "plots")
    done = tool("plot", run, out)
    assert done.returncode == 0, done.stdout
    names = {os.path.splitext(n)[0] for n in os.listdir(out)}
    for kind in ("size-hash-sha256-t1", "operations", "threads-hash-sha256", "spread"):
        assert any(n.startswith(kind) for n in names), (kind, names)
    for name in names:
        base = os.path.join(out, name)
        text = " ".join(xml.etree.ElementTree.parse(base + ".svg").getroot().itertext())
        assert "AMD EPYC 9B45" in text and "openssl" in text and "2026-11-24" in text, name
        with open(base + ".png", "rb") as file:
            png = file.read()
        assert png[:8] == b"\x89PNG\r\n\x1a\n" and png[-8:-4] == b"IEND", name
        with open(base + ".gp", encoding="utf-8") as file:
            assert folder not in file.read(), name
    assert len(os.listdir(out)) == 4 * len(names)


def test_hostile(folder):
    """Quotes, backquotes and commands in every name: nothing runs, no file appears elsewhere, all is drawn."""
    evil = "a'`touch pwned`\"$(touch pwned)\\n'.system(\"touch pwned\").'%s%n"
    path = os.path.join(folder, "evil.ndjson")
    generate(path, "--kernel", "sign", "--rounds", "2", "--instances", "openssl,boringssl")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    quoted = json.dumps(evil)[1:-1]
    text = text.replace("AMD EPYC", quoted).replace("boringssl", quoted).replace("sign/", f"../{quoted}/")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    out = os.path.join(folder, "evil")
    done = tool("plot", path, out)
    assert done.returncode == 0, done.stdout
    found = [os.path.join(d, f) for d, _, files in os.walk(folder) for f in files if "pwned" == f]
    assert not found and not os.path.exists("pwned"), found
    for name in os.listdir(out):
        if name.endswith(".svg"):
            text = " ".join(xml.etree.ElementTree.parse(os.path.join(out, name)).getroot().itertext())
            assert "`touch pwned`" in text, name
    for view in ("table", "csv", "gbench"):
        assert tool(view, path).returncode == 0


def test_no_gnuplot(folder, run):
    out = os.path.join(folder, "bare")
    done = tool("plot", run, out, env=dict(os.environ, PATH="/nowhere"))
    assert done.returncode == 1 and "gnuplot is not installed" in done.stdout, done.stdout
    endings = {os.path.splitext(n)[1] for n in os.listdir(out)}
    assert endings == {".gp", ".dat"}, endings
    done = tool("plot", run, os.path.join(folder, "not/there"))
    assert done.returncode == 1 and "No such file or directory" in done.stdout, done.stdout


def test_table(run):
    lines = tool("table", run).stdout.splitlines()
    assert max(map(len, lines)) <= 115, max(lines, key=len)
    assert not [line for line in lines if line != line.rstrip()]
    assert sum("REFUSED, wrong answer" in line for line in lines) == 1
    # As the library has it, not cut, and its name once.
    for words in ("openssl    OpenSSL 3.0.17 1 Jul 2025", "boringssl  BoringSSL 13.0.0+r24", "sodium     libsodium 1.0.18"):
        assert any(line.startswith("  " + words) for line in lines), (words, lines[:8])


def fastest_of(path):
    """The lines of the table's block, each {case: the rest}, and its sum; {} and "" when there is none."""
    text = tool("table", path).stdout
    if "\nfastest" not in text:
        return {}, ""
    block = text.split("\nfastest", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    lines = {line.split()[0]: line.split(None, 1)[1] for line in block if "/" in line.split()[0]}
    return lines, " ".join(line.strip() for line in block if "/" not in line.split()[0])


def test_fastest(folder):
    """native is 1.35 times as fast as openssl, the next, in the invented figures; then openssl is made its equal."""
    run = os.path.join(folder, "fastest.ndjson")
    generate(run, "--kernel", "hash", "--threads", "1", "--rounds", "12")
    lines, total = fastest_of(run)
    assert len(lines) == 6 and "Of 6 cases: native ahead in 6, no difference seen in 0." in total, (lines, total)
    for case, words in lines.items():
        name, ratio, low, _, high, closest = words.split()
        assert name == "native" and closest == "openssl", (case, words)
        assert 1.3 < float(low) <= float(ratio.rstrip("×")) + 0.005 and float(high) < 1.4, (case, words)
    with open(run, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    native = {(r["case"], r["round"], r["block"]): r for r in records if r["type"] == "sample" and r["instance"] == "native"}
    for r in records:
        if r["type"] == "sample" and r["instance"] == "openssl":
            like = native[r["case"], r["round"], r["block"]]
            r["iterations"], r["ns"] = like["iterations"], round(like["ns"] * (1.02 if r["round"] % 2 else 0.98))
    with open(run, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(r) + "\n" for r in records)
    lines, total = fastest_of(run)
    assert "Of 6 cases: no difference seen in 6." in total, total
    for words in lines.values():
        assert sorted(words.replace("no difference seen: ", "").split(", ")) == ["native", "openssl"], words
    # Nothing is claimed from one round, and with two instances the ratio says it.
    for less in (["--rounds", "1"], ["--instances", "openssl,native,null"]):
        generate(run, "--kernel", "hash", *less)
        assert fastest_of(run) == ({}, ""), less
    generate(run, "--rounds", "2", "--blocks", "1")  # too many for a list
    lines, total = fastest_of(run)
    assert not lines and "Of 124 cases: openssl ahead in" in total, (lines, total)


def test_few_rounds(folder, few, enough):
    """A picture of few rounds does not call its intervals such of 95 %."""
    for run, told in ((few, "less than 95 times in 100"), (enough, "95 % intervals")):
        out = os.path.join(folder, "words-" + os.path.basename(run))
        done = tool("plot", run, out)
        if done.returncode == 1 and "gnuplot is not installed" in done.stdout:
            return
        for name in os.listdir(out):
            if name.endswith(".svg"):
                text = " ".join(xml.etree.ElementTree.parse(os.path.join(out, name)).getroot().itertext())
                assert told in text and ("95 % intervals" in text) == (run == enough), (name, text[:300])


def main():
    folder = tempfile.mkdtemp(prefix="assay-views-")
    try:
        run, other = os.path.join(folder, "a.ndjson"), os.path.join(folder, "b.ndjson")
        generate(run, "--trouble", "--rounds", "3", "--kernel", "hash")
        truth = rounds_of(run)
        test_gbench(run, truth)
        test_csv(run, truth)
        test_table(run)
        test_fastest(folder)
        generate(other, "--kernel", "hash", "--rounds", "12")
        test_few_rounds(folder, run, other)
        generate(other, "--kernel", "sign", "--rounds", "3", "--seed", "2")
        with_sign = os.path.join(folder, "c.ndjson")
        generate(with_sign, "--kernel", "sign", "--rounds", "3")
        test_compare(folder, tool("gbench", with_sign).stdout, tool("gbench", other).stdout)
        test_no_gnuplot(folder, run)
        if not shutil.which("gnuplot"):
            print("gnuplot is not installed: pictures were not tried")
            return 0
        test_hostile(folder)
        whole = os.path.join(folder, "whole.ndjson")
        generate(whole, "--rounds", "2", "--kernel", "", "--instances", "openssl,native")
        test_plots(folder, whole)
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
