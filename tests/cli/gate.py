#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay gate, calibrate and scripts/gate-bars from outside. Nothing here depends on how fast or quiet the machine is:
the slow-down to be found is one of 100 %.

usage: gate.py GATE-BARS BUILD"""
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import assay, check, expect, start  # noqa: E402

CASE = "hash/sha256/64/t1"
ONE = ["--kernel", "^%s$" % CASE]


def shim(every, backend="native"):
    return "%s:inner=%s:every=%d" % (os.path.join(harness.BUILD, "assay-gate-shim.so"),
                                     os.path.join(harness.BUILD, "backends/assay-backend-%s.so" % backend), every)


def refused(words, *arguments):
    done = expect(2, *arguments)
    for word in words:
        check(word in done.stderr, "assay %s: '%s' is not in '%s'" % (" ".join(arguments), word, done.stderr))


def test_mistakes():
    refused(["--base", "missing"], "gate")
    refused(["--head", "missing"], "gate", "--base", "native")
    refused(["no-such", "native"], "gate", "--base", "native", "--head", "no-such")
    refused(["--head 'native,null'", "2 instances"], "gate", "--base", "native", "--head", "native,null")
    refused(["--threshold '300%'", "3%"], "gate", "--base", "native", "--head", "native", "--threshold", "300%")
    refused(["--threshold 'nan'"], "gate", "--base", "native", "--head", "native", "--threshold", "nan")
    refused(["--budget '0s'", "120s"], "gate", "--base", "native", "--head", "native", "--budget", "0s")
    refused(["--inconclusive 'maybe'", "pass", "fail"], "gate", "--base", "native", "--inconclusive", "maybe")
    refused(["--format 'yaml'", "junit"], "gate", "--base", "native", "--head", "native", "--format", "yaml")
    refused(["leave out --head"], "gate", "--base", "native", "--head", "native", "--self-test")
    refused(["matches no case"], "gate", "--base", "native", "--head", "native", "--kernel", "zzz")
    refused(["--gates '0'"], "calibrate", "--gates", "0")
    # Told before minutes are spent on measuring.
    began = time.monotonic()
    for place, why in (("/dev/null/gate.json", "Not a directory"), ("/proc/gate.json", ""), ("/", "Is a directory")):
        refused(["--format " + place, why], "gate", "--base", "native", "--head", "native", "--format", "json=" + place)
        refused(["--output " + place, why], "calibrate", "--output", place)
    check(time.monotonic() - began < 30, "the gate was held before its files were found impossible")


def test_found(work):
    """A slow-down of 100 % is found, and every format tells the same."""
    formats = ["json", "junit", "github", "markdown", "benchmark", "bencher"]
    paths = {f: os.path.join(work, f) for f in formats}
    done = expect(5, "gate", "--base", shim(0), "--head", shim(1), "--budget", "60s", *ONE, "--format", "text",
                  *[w for f in formats for w in ("--format", "%s=%s" % (f, paths[f]))])
    check("--budget" not in done.stdout, "a verdict that is clear is called open: " + done.stdout)
    check("regression" in done.stdout and CASE in done.stdout, "the table tells no regression: " + done.stdout)
    told = json.load(open(paths["json"]))
    check(told["verdict"] == "regression" and told["exit"] == 5, "json: %s" % told)
    check(len(told["cases"]) == 1 and told["cases"][0]["verdict"] == "regression", "json: %s" % told["cases"])
    check(len(told["cases"][0]["passes"]) == 2, "a regression without a second pass: %s" % told["cases"])
    check(0.5 < told["cases"][0]["slower"] < 2, "every call twice is no %s" % told["cases"][0]["slower"])
    suite = xml.parse(paths["junit"]).getroot()
    check(suite.get("failures") == "1" and suite.find("testcase").find("failure") is not None, "junit: no failure")
    check(open(paths["github"]).read().startswith("::error title=assay gate::" + CASE), "github: no error")
    check("| `%s` | regression |" % CASE in open(paths["markdown"]).read(), "markdown: no regression")
    one = json.load(open(paths["benchmark"]))[0]
    check(one["name"] == CASE and one["unit"] == "head/base" and 1.5 < one["value"] < 3, "benchmark: %s" % one)
    check(1.5 < json.load(open(paths["bencher"]))[CASE]["head-over-base"]["value"] < 3, "bencher: another value")


def test_lost(work):
    """A regression stays one, and the other files are written, when one of them or standard output cannot be."""
    kept, folder = os.path.join(work, "kept.json"), os.path.join(work, "folder")
    with open("/dev/full", "w", encoding="utf-8") as full, subprocess.Popen(
            [os.path.join(harness.BUILD, "assay"), "gate", "--base", shim(0), "--head", shim(1), "--budget", "60s", *ONE,
             "--format", "junit=%s/lost" % folder, "--format", "json=" + kept, "--format", "text"],
            stdout=full, stderr=subprocess.PIPE, text=True) as gate:
        while gate.poll() is None and not open("/proc/%d/task/%d/children" % (gate.pid, gate.pid)).read():
            time.sleep(0.01)  # with its first worker it has seen that the files can be made
        os.rmdir(folder)
        open(folder, "w").close()
        said = gate.communicate()[1]
    check(gate.returncode == 5, "a regression whose report is lost ends with %d: %s" % (gate.returncode, said))
    check("--format %s/lost: Not a directory" % folder in said, "a file that cannot be made is not told: " + said)
    check("standard output: No space left" in said, "standard output is full and nobody says so: " + said)
    check(json.load(open(kept))["exit"] == 5, "the file after the one that failed was not written")


def test_passes(work):
    """With a threshold that no noise reaches, the same library passes; with time for no evidence it is left open."""
    expect(0, "gate", "--base", "native", "--head", "native", "--threshold", "90%", "--budget", "60s", *ONE)
    for _ in range(3):  # a second has seven rounds at most, and one time in a hundred chance puts all on one side
        done = assay("gate", "--base", "native", "--head", "native", "--budget", "1s", "--threshold", "0.1%", *ONE)
        if done.returncode == 4:
            break
    check(done.returncode == 4, "a second of evidence decides about 0.1 %%: exit code %d\n%s" % (done.returncode, done.stdout))
    check("could have seen" in done.stdout, "an open verdict does not say what could have been seen")
    check("--budget" in done.stdout, "an open verdict does not say what would decide: " + done.stdout)
    expect(0, "gate", "--base", "native", "--head", "native", "--budget", "1s", "--threshold", "0.1%", *ONE,
           "--inconclusive", "pass")
    path = os.path.join(work, "a/new/folder/x.json")
    expect(0, "gate", "--base", "native", "--head", "native", "--threshold", "90%", "--budget", "5s", *ONE, "--format",
           "json=" + path)
    check(json.load(open(path))["verdict"] == "pass" and os.listdir(os.path.dirname(path)) == ["x.json"],
          "not the one file: %s" % os.listdir(os.path.dirname(path)))


def test_unlike():
    """A case that head lacks is a failure; one that both lack is none; a wrong answer outweighs all."""
    both = ["--kernel", "^(hash/sha256/64|sign/ed25519)/t1$", "--budget", "20s", "--threshold", "90%"]
    done = expect(1, "gate", "--base", "openssl", "--head", "native", *both)
    check("unsupported" in done.stdout and "head:" in done.stdout, "what head lacks is not told: " + done.stdout)
    expect(0, "gate", "--base", "native", "--head", "native", *both)
    fault = os.path.join(harness.BUILD, "tests/faults/fault.so")
    if os.path.exists(fault):
        done = expect(3, "gate", "--base", "openssl", "--head", fault + ":fault=flip", "--budget", "20s", "--threshold",
                      "90%", "--kernel", "^aead.seal/aes-256-gcm/64/t1$")
        check("refused" in done.stdout and "head:" in done.stdout, "a wrong answer is not told: " + done.stdout)


def test_self_test():
    done = expect(0, "gate", "--base", "native", "--self-test=100%", "--threshold", "60%", "--budget", "80s", *ONE)
    check("passes, as it must" in done.stderr and "found, as it must be" in done.stderr, done.stderr)


def test_calibrate(work):
    path = os.path.join(work, "calibration.json")
    expect(0, "calibrate", "--instance", "native", "--gates", "2", "--budget", "4", *ONE, "--output", path)
    told = json.load(open(path))
    check(told["gates"] == 2 and told["cases"][0]["case"] == CASE and told["cases"][0]["gates"] == 2, "%s" % told)
    gate = ["gate", "--base", shim(0), "--head", shim(1), "--budget", "6s", *ONE, "--calibration", path]
    told["cases"][0]["floor"] = 5  # a machine on which nothing can be said
    json.dump(told, open(path, "w"))
    done = assay(*gate)
    check(done.returncode in (0, 4) and path in done.stdout, "the floor of a calibration is not kept: %s" % done)
    json.dump({**told, "cpu": "Another CPU"}, open(path, "w"))
    refused([path, "Another CPU"], *gate)
    for broken in ("", "[]", "{}", "{\"calibration\": 1"):
        open(path, "w").write(broken)
        refused([path], *gate)


def test_baseline(work):
    """Against a stored run: base's times are those of a real one, made so much longer or shorter that no noise matters."""
    def stored(name, **change):
        """A copy of the run: scale (of the case's times), id, and fields of the first record or of the instances."""
        path = os.path.join(work, name)
        with open(path, "w") as out:
            for line in open(real):
                record = json.loads(line)
                if record["type"] == "sample" and record["case"] == CASE and "scale" in change:
                    record["ns"] = max(1, int(record["ns"] * change["scale"]))
                if record["type"] == "run":
                    record.update({k: v for k, v in change.items() if k in ("id", "time")})
                    record["machine"].update({k: v for k, v in change.items() if k == "cpu"})
                if record["type"] == "instance" and record["instance"] == change.get("of"):
                    record["build_id"] = "00"
                if not (record["type"] in ("sample", "cell") and record["case"] == change.get("without")):
                    out.write(json.dumps(record) + "\n")
        return path

    real, control = os.path.join(work, "real.ndjson"), "hash/sha256/16384/t1"
    expect(0, "run", "--instance", "native,native:portable", "--kernel", "^hash/sha256/(64|16384)/t1$", "--rounds", "8",
           "--blocks", "1", "--min-time", "200us", "--output", real)
    file, usual = os.path.join(work, "drifts.json"), ["--head", "native", *ONE, "--budget", "60s"]
    slower, faster = stored("slower.ndjson", scale=0.05), stored("faster.ndjson", scale=20, id="20260101T000000Z-000001")
    wide = ["--threshold", "40%", "--calibration", file]

    # No drift recorded: 10 % is assumed, under which nothing can be said.
    done = expect(5, "gate", "--baseline", slower, *usual, "--calibration", "none")
    for word in ("weaker", "10 % is assumed", control + "@native:portable", "pairs unknown", "20"):
        check(word in done.stdout, "'%s' is not told of a stored run: %s" % (word, done.stdout))
    expect(0, "gate", "--baseline", faster, *usual, "--calibration", "none", "--threshold", "11%")

    # The drift is the largest difference between the runs, kept when pairs are calibrated, and what must be exceeded.
    day = stored("day.ndjson", scale=1.2, time="2026-01-01T00:00:00Z", id="20260101T000000Z-000002")
    night = stored("night.ndjson", time="2026-01-01T07:30:00Z", id="20260101T000000Z-000003")
    drift = ["calibrate", "--instance", "native", *ONE, "--output", file, "--baselines"]
    done = expect(0, *drift, day, night)
    check("7.5 hours" in done.stdout and "an hour apart" not in done.stderr, done.stdout + done.stderr)
    check("an hour apart" in expect(0, *drift, night, stored("n.ndjson", id="x", time="2026-01-01T07:31:00Z")).stderr,
          "runs of the same hour are taken without a word")
    expect(0, *drift, night, day)
    expect(0, "calibrate", "--instance", "native", "--gates", "1", "--budget", "2", *ONE, "--output", file)
    told = json.load(open(file))["cases"][0]
    check(abs(told["drift"] - 0.2) < 0.01 and told["control"] == control + "@native:portable" and told["gates"] == 1,
          "the drift: %s" % told)
    path = os.path.join(work, "stored.json")
    expect(5, "gate", "--baseline", slower, *usual, *wide, "--format", "json=" + path)
    told = json.load(open(path))
    check(abs(told["cases"][0]["drift"] - 0.2) < 0.01 and not told["cases"][0]["drift_assumed"], "%s" % told)
    check(told["cases"][0]["bar"] >= told["cases"][0]["drift"] - 1e-5 and told["cases"][0]["slower"] > 0.4, "%s" % told)
    check(told["baseline"]["control"] == control + "@native:portable" and told["base"]["library"], "%s" % told)
    done = assay("gate", "--baseline", faster, *usual, *wide, "--control", control, "--inconclusive", "pass")
    check("10 % is assumed" in done.stdout, "a drift with another control is taken: " + done.stdout)

    gate = ["gate", *usual, "--calibration", "none", "--baseline"]
    refused(["cpu.ndjson", '"cpu"', "Another CPU"], *gate, stored("cpu.ndjson", cpu="Another CPU"))
    refused(["less.ndjson", '"cases"', CASE], *gate, stored("less.ndjson", without=CASE))
    refused(["free.ndjson", "no control", "--control"], *gate, stored("free.ndjson", without=control))
    refused(["old.ndjson", '"build_id"', "native:portable"], *gate, stored("old.ndjson", of="native:portable"))
    refused([real, '"instance"', "openssl", "it has native, native:portable"], *gate, real, "--base", "openssl")
    refused([real, "--control 'hash/none'"], *gate, real, "--control", "hash/none")
    few = os.path.join(work, "few.ndjson")
    expect(0, "run", "--instance", "native,native:portable", "--kernel", "^hash/sha256/(64|16384)/t1$", "--rounds", "1",
           "--blocks", "1", "--min-time", "200us", "--output", few)
    refused([few, '"rounds"', "at least 7"], *gate, few)
    refused(["no-such.ndjson"], *gate, "no-such.ndjson")
    refused(["--self-test takes no --baseline"], "gate", "--baseline", real, "--base", "native", "--self-test")
    refused(["--control goes with"], "gate", "--base", "native", "--head", "native", "--control", "x")
    refused(["two stored runs"], *drift, real)
    refused(["night.ndjson", '"id"', "the same run"], *drift, night, night)
    refused(["when.ndjson", '"time"'], *drift, night, stored("when.ndjson", id="y", time="yesterday"))
    refused(["other.ndjson", '"build_id"', "another build"], *drift, night, stored("other.ndjson", id="z", of="native"))
    refused(["--baselines"], "calibrate", real)
    open(file, "w").write("{}")
    refused([file], *drift, day, night)
    check(open(file).read() == "{}", "a file that is no calibration was overwritten")


def test_bars(script, work):
    """One gate of each kind, resumed where it was stopped: what is there is not measured again."""
    folder = os.path.join(work, "bars")
    os.mkdir(folder)
    done = {"verdict": "pass", "exit": 0, "seconds": 20.0, "cases": [{"verdict": "pass"}] * 6}
    slow = {**done, "cases": [{"verdict": "regression"}] * 5 + [{"verdict": "inconclusive"}]}
    for name in ("aa-000", "aa-001"):
        json.dump(done, open(os.path.join(folder, name + ".json"), "w"))
    for percent in (5, 3, 2):
        json.dump(slow, open(os.path.join(folder, "slow%d-000.json" % percent), "w"))
    told = subprocess.run([script, folder, "--build", harness.BUILD, "--aa", "2", "--slow", "1"], capture_output=True,
                          text=True, check=True, timeout=60).stdout
    lines = told.splitlines()
    check("   0 of   12" in lines[0] and lines[0].endswith("  met"), "A/A: " + told)
    check("   5 of    6" in lines[1] and "NOT met" in lines[1], "5 %: " + told)


def main(script, build):
    start(build)
    test_mistakes()
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_STATE_HOME"] = os.path.join(work, "state")
        test_found(work)
        test_lost(work)
        test_passes(work)
        test_unlike()
        test_self_test()
        test_calibrate(work)
        test_baseline(work)
        test_bars(script, work)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
