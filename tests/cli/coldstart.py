#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/coldstart, and what it stands on: assay list --commands and assay-worker --once. Nothing here depends on speed.

usage: coldstart.py COLDSTART BUILD"""
import importlib.machinery
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import check, expect, start  # noqa: E402

CASE = "aead.seal/aes-256-gcm/64/t1"
ABSENT = "sign/ecdsa-p256/t1"  # native has no signatures

YAML = """instances:
  - name: odd
    module: native
    options:
      - variant=portable
    environment: ["ASSAY_TEST_SAID=it's a $HOME, quoted"]
"""


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **more)


def test_commands(work):
    """A shell takes each line, environment and all, and gets a worker of that instance."""
    path = os.path.join(work, "instances.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(YAML)
    lines = expect(0, "list", "--commands", "--config", path, "--instance", "odd,null").stdout.splitlines()
    check(len(lines) == 2, "not a line an instance: %s" % lines)
    check(shlex.split(lines[0])[:2] == ["env", "ASSAY_TEST_SAID=it's a $HOME, quoted"], "environment: " + lines[0])
    check("variant=portable" in shlex.split(lines[0]) and "env" not in shlex.split(lines[1]), "options: %s" % lines)
    for line in lines:
        for more in ("--once", "--once --case " + CASE):
            done = run("sh", "-c", line + " " + more)
            check(done.returncode == 0 and not done.stdout, "%s %s: %s" % (line, more, done))
    echo = lines[0].replace(shlex.split(lines[0])[2], "sh -c 'printf %s \"$ASSAY_TEST_SAID\"'", 1)
    check(run("sh", "-c", echo).stdout == "it's a $HOME, quoted", "the shell reads another value: " + echo)


def test_once(work):
    """A missing operation, a missing module and a missing argument are told."""
    worker = os.path.join(harness.BUILD, "assay-worker")
    module = ["--module", os.path.join(harness.BUILD, "backends/assay-backend-native.so")]
    done = run(worker, *module, "--once", "--case", ABSENT)
    check(done.returncode == 1 and "assay-worker: %s: " % ABSENT in done.stderr, "absent: %s" % done)
    done = run(worker, "--module", os.path.join(work, "no-such.so"), "--once")
    check(done.returncode == 1 and "no-such.so" in done.stderr, "no module: %s" % done)
    check(run(worker, *module).returncode == 2, "neither --case nor --once is no usage error")


def figures(told):
    check(told["low"] <= told["median"] <= told["high"], "no figure in its interval: %s" % told)
    check([len(times) for times in told["times"]] == [2, 2], "not two rounds of two processes: %s" % told["times"])


def test_script(work, script):
    markdown, told = os.path.join(work, "table.md"), os.path.join(work, "told.json")
    build = ["--build", harness.BUILD]
    done = run(script, *build, "--instance", "native", "--case", CASE, "--case", ABSENT, "--rounds", "2", "--runs", "2",
               "--markdown", markdown, "--json", told)
    check(done.returncode == 0, "coldstart: %s" % done)
    for said in ("native: assay native", "start-up", CASE, "null: null"):
        check(said in done.stdout, "'%s' is not in the table:\n%s" % (said, done.stdout))
    table = [line for line in open(markdown, encoding="utf-8") if line.startswith("| ")]
    check(len(table) == 1 + 2 * 3, "not three rows an instance: %s" % table)
    native, null = json.load(open(told, encoding="utf-8"))["instances"]
    for one in (native, null):
        figures(one["start_up"])
        figures(one["first_call"][CASE])
    reason = native["first_call"][ABSENT]["absent"]
    check(reason and reason in done.stdout, "the reason '%s' is not in the table:\n%s" % (reason, done.stdout))
    for words, said in ((["--instance", "no-such"], "no instance 'no-such'"), (["--case", "sign/nothing"], "no case 'sign/nothing'"),
                        (["--rounds", "0"], "'0' is not a whole number"), (["--runs", "1"], "'1' is not a whole number")):
        done = run(script, *build, *words)
        check(done.returncode == 2 and said in done.stderr, "%s: %s" % (words, done))


def test_wrong(script):
    """What is refused in its proof is not timed, and what cannot be loaded is told."""
    fault = os.path.join(harness.BUILD, "tests/faults/fault.so:fault=")
    if os.path.exists(fault.split(":")[0]):
        for spec, said in (("flip:size=64", "refused: its answer is wrong"), ("create-refuses", "told to refuse")):
            done = run(script, "--build", harness.BUILD, "--instance", fault + spec, "--case", CASE, "--rounds", "1",
                       "--runs", "2")
            check(done.returncode == 1 and said in done.stdout, "%s: %s" % (spec, done))


def test_estimate(script):
    """A first call is the difference of the medians within a round; the interval is around it."""
    loader = importlib.machinery.SourceFileLoader("coldstart", script)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("coldstart", loader))
    loader.exec_module(module)
    rounds = [([10 + r + i / 10 for i in range(5)], [4 + r + i / 10 for i in range(5)]) for r in range(9)]
    told = module.estimate(rounds)  # the rounds drift by 8 ms, the difference does not
    check(abs(told["median"] - 6) < 1e-9 and 5.6 < told["low"] <= 6 <= told["high"] < 6.4, "difference: %s" % told)
    alone = module.estimate([(times, None) for times, _ in rounds])
    check(abs(alone["median"] - 14.2) < 1e-9 and alone["low"] < 14 and alone["high"] > 14.4, "start-up: %s" % alone)


def main(script, build):
    start(build)
    test_estimate(script)
    with tempfile.TemporaryDirectory() as work:
        test_commands(work)
        test_once(work)
        if not shutil.which("hyperfine"):
            print("skipped: no hyperfine")
            return 77
        test_script(work, script)
        test_wrong(script)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
