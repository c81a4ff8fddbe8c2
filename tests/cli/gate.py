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


def test_found(work):
    """A slow-down of 100 % is found, and every format tells the same."""
    formats = ["json", "junit", "github", "markdown", "benchmark", "bencher"]
    paths = {f: os.path.join(work, f) for f in formats}
    done = expect(5, "gate", "--base", shim(0), "--head", shim(1), "--budget", "30s", *ONE, "--format", "text",
                  *[w for f in formats for w in ("--format", "%s=%s" % (f, paths[f]))])
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


def test_passes(work):
    """With a threshold that no noise reaches, the same library passes; with time for no evidence it is left open."""
    expect(0, "gate", "--base", "native", "--head", "native", "--threshold", "90%", "--budget", "30s", *ONE)
    done = expect(4, "gate", "--base", "native", "--head", "native", "--budget", "1s", "--threshold", "0.1%", *ONE)
    check("could have seen" in done.stdout, "an open verdict does not say what could have been seen")
    expect(0, "gate", "--base", "native", "--head", "native", "--budget", "1s", "--threshold", "0.1%", *ONE,
           "--inconclusive", "pass")
    path = os.path.join(work, "nowhere/x.json")
    check(path in expect(1, "gate", "--base", "native", "--head", "native", "--threshold", "90%", "--budget", "5s",
                         *ONE, "--format", "json=" + path).stderr, "a file that cannot be written is not named")


def test_unlike():
    """A case that head lacks is a failure; one that both lack is none; a wrong answer outweighs all."""
    both = ["--kernel", "^(hash/sha256/64|sign/ed25519)/t1$", "--budget", "5s", "--threshold", "90%"]
    done = expect(1, "gate", "--base", "openssl", "--head", "native", *both)
    check("unsupported" in done.stdout and "head:" in done.stdout, "what head lacks is not told: " + done.stdout)
    expect(0, "gate", "--base", "native", "--head", "native", *both)
    fault = os.path.join(harness.BUILD, "tests/faults/fault.so")
    if os.path.exists(fault):
        done = expect(3, "gate", "--base", "openssl", "--head", fault + ":fault=flip", "--budget", "5s", "--threshold",
                      "90%", "--kernel", "^aead.seal/aes-256-gcm/64/t1$")
        check("refused" in done.stdout and "head:" in done.stdout, "a wrong answer is not told: " + done.stdout)


def test_self_test():
    done = expect(0, "gate", "--base", "native", "--self-test=100%", "--threshold", "60%", "--budget", "40s", *ONE)
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
        test_passes(work)
        test_unlike()
        test_self_test()
        test_calibrate(work)
        test_bars(script, work)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
