#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Modules that go wrong: each costs its own cells alone, for a reason that is told, and everything else is measured.

usage: faults.py BUILD MODULE-FOLDER SCENARIO|--list"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Run, assay, check, fail, modules, start  # noqa: E402

CASES = r"^(aead\.(seal|open)/aes-256-gcm/(64|1350|16384)|hash/sha256/1350)/"
SIGN = r"^(sign|verify)/(ecdsa-p256|ed25519)/"
AT_SIZE = r"^aead\.(seal|open)/aes-256-gcm/1350/"
SEAL_AT_SIZE = r"^aead\.seal/aes-256-gcm/1350/"
EVERY = "."
HERE = "./fault.so"

# The fault; which of its cells go (None: none), how and why; the exit code; then what is unusual.
SCENARIOS = {
    "none": dict(spec="fault=none"),
    "flip": dict(spec="fault=flip:size=1350", bad=AT_SIZE, status="refused", why="differs from the listed digest",
                 code=3, untimed=True),
    "flip-alone": dict(spec="fault=flip:size=1350", bad=AT_SIZE, status="refused", others=[],
                       why="differs from the listed digest", code=3, untimed=True),
    "late": dict(spec="fault=late:size=1350:after=50", bad=SEAL_AT_SIZE, status="refused",
                 why="does not open to what was sealed", code=3),
    "accept": dict(spec="fault=accept:size=1350", bad=AT_SIZE, status="refused", why="was accepted", code=3,
                   untimed=True),
    "accept-all": dict(spec="fault=accept", bad=r"^aead\.", status="refused", why="flipped tag was accepted", code=3,
                       untimed=True),
    "probe": dict(spec="fault=probe", bad=EVERY, status="refused", why="claims to be the probe", code=3,
                  untimed=True),
    "crash": dict(spec="fault=crash:size=1350", bad=AT_SIZE, status="failed", why="signal 11", code=1),
    "crash-late": dict(spec="fault=crash:size=1350:after=300", bad=SEAL_AT_SIZE, status="failed", why="signal 11",
                       code=1),
    "hang": dict(spec="fault=hang:size=1350", bad=AT_SIZE, status="failed", why="deadline: no answer to", code=1),
    "hang-late": dict(spec="fault=hang:size=1350:after=300", bad=SEAL_AT_SIZE, status="failed",
                      why="deadline: no answer to", code=1),
    "exit": dict(spec="fault=exit:size=1350", bad=AT_SIZE, status="failed", why="left with status 0 in", code=1),
    "rubbish": dict(spec="fault=rubbish:size=1350", bad=AT_SIZE, status="failed", why="protocol: ", code=1),
    "answer": dict(spec="fault=answer:size=1350", bad=AT_SIZE, status="failed", why="protocol: ", code=1),
    "answer-late": dict(spec="fault=answer:size=1350:after=300", bad=SEAL_AT_SIZE, status="failed", why="protocol: ",
                        code=1),
    "print": dict(spec="fault=print:size=1350"),
    "leak": dict(spec="fault=leak:size=1350:after=20", bad=SEAL_AT_SIZE, status="failed", why="leak: memory grew by",
                 code=1),
    "sign-longer": dict(spec="fault=sign-longer", cases=SIGN, bad=r"^sign/", status="refused", code=3, untimed=True,
                        others=["openssl", "boringssl"], why="its outputs are not accepted by 2 of 2|the answer is wrong"),
    "sign-prefixed": dict(spec="fault=sign-prefixed", cases=SIGN, bad=r"^sign/", status="refused", code=3,
                          untimed=True, others=["openssl", "boringssl"],
                          why="its outputs are not accepted by 2 of 2|bytes, not"),
    "verify-own": dict(spec="fault=verify-own", cases="^sign/ecdsa-p256/", bad=r"^sign/", status="refused", code=3,
                       untimed=True, others=["openssl", "boringssl"], why="it does not accept the outputs of 2 of 2"),
    "verify-anything": dict(spec="fault=verify-anything", cases=SIGN, bad=EVERY, status="refused", code=3,
                            untimed=True, why="was accepted"),
    # One against one: nobody can say who is right, so neither is timed.
    "sign-longer-duel": dict(spec="fault=sign-longer", cases="^(sign/ecdsa-p256|hash/sha256/1350)/", bad=r"^sign/",
                             both=True, status="refused", code=3, untimed=True, others=["openssl"],
                             why="not accepted by 1 of 1|does not accept the outputs of 1 of 1"),
    "create-refuses": dict(spec="fault=create-refuses", bad=EVERY, lost="told to refuse", status="failed", code=1),
    "create-hangs": dict(spec="fault=create-hangs", bad=EVERY, lost="deadline: no answer to start", status="failed",
                         code=1),
    "create-exits": dict(spec="fault=create-exits", bad=EVERY, lost="left with status 0 in start", status="failed",
                         code=1),
    "create-crashes": dict(spec="fault=create-crashes", bad=EVERY, lost="signal 11", status="failed", code=1),
    "identify-rubbish": dict(spec="fault=identify-rubbish"),
    "option": dict(spec="colour=red", bad=EVERY, lost="named no fault", status="failed", code=1),
    "other-abi": dict(module="./odd-abi.so", bad=EVERY, lost="speaks ABI 42, this assay speaks ABI 1",
                      status="failed", code=1),
    "no-symbol": dict(module="./odd-symbol.so", bad=EVERY, lost="exports no assay_backend_get", status="failed",
                      code=1),
    "null-table": dict(module="./odd-null.so", bad=EVERY, lost="does not serve ABI 1", status="failed", code=1),
    "short-table": dict(module="./odd-short.so", bad=EVERY, lost="a table of 16 bytes", status="failed", code=1),
    "empty-table": dict(module="./odd-empty.so", bad=EVERY, lost="leaves out one of name, create", status="failed",
                        code=1),
    "text-file": dict(module="TEXT", bad=EVERY, lost="cannot be loaded", status="failed", code=1),
    "folder": dict(module="FOLDER", bad=EVERY, lost="cannot be loaded", status="failed", code=1),
}


def judge_faulty(run, case, instance, scenario):
    cell = run.cells.get((case, instance))
    check(cell, "%s@%s: no cell" % (case, instance))
    check(cell["status"] == scenario["status"],
          "%s@%s is %s (%s), not %s" % (case, instance, cell["status"], cell.get("reason"), scenario["status"]))
    why = scenario.get("why") or scenario["lost"]
    check(re.search(why, cell["reason"]), "%s@%s: the reason is '%s', not '%s'" % (case, instance, cell["reason"], why))
    check("\n" not in cell["reason"], "%s@%s: the reason has more than a line" % (case, instance))
    if scenario.get("untimed"):
        check(not run.taken(case, instance), "%s@%s was timed although it was refused" % (case, instance))


def judge_lost(run, instance, scenario, stderr):
    told = [r for r in run.of("instance") if r["instance"] == instance]
    check(len(told) == 1 and re.search(scenario["lost"], told[0].get("error", "")),
          "the records of %s do not say '%s': %s" % (instance, scenario["lost"], told))
    lines = [line for line in stderr.splitlines() if line.startswith(instance + ": failed: ")]
    check(len(lines) == 1, "%s: not one line on stderr that says why: %s" % (instance, stderr))


def play(scenario, folder, work):
    module = scenario.get("module", HERE)
    if module == "TEXT":
        module = os.path.join(work, "text.so")
        with open(module, "w", encoding="utf-8") as file:
            file.write("this is no module\n" * 100)
    if module == "FOLDER":
        module = work + "/"
    faulty = ":".join(filter(None, [module, scenario.get("spec")]))
    others = [i for i in scenario.get("others", ["openssl", "native", "null"]) if i in modules()]
    if "boringssl" in scenario.get("others", []) and "boringssl" not in others:
        sys.exit(77)  # a third opinion is needed
    instances = others[:1] + [faulty] + others[1:]
    output = os.path.join(work, "run.ndjson")
    done = assay("run", "--instance", ",".join(instances), "--kernel", scenario.get("cases", CASES), "--rounds", "2",
                 "--blocks", "2", "--min-time", "1ms", "--deadline", "4", "--output", output, cwd=folder)
    check(done.returncode == scenario.get("code", 0),
          "exit code %d, not %d\n%s%s" % (done.returncode, scenario.get("code", 0), done.stdout, done.stderr))
    run = Run(output)
    check(run.end and run.end["complete"], "the run did not end as complete")
    check(run.header["instances"] == instances, "other instances: %s" % run.header["instances"])
    bad = [c for c in run.header["cases"] if scenario.get("bad") and re.search(scenario["bad"], c)]
    check(bool(bad) == bool(scenario.get("bad")), "the scenario hits no case")
    for case in run.header["cases"]:
        for instance in instances:
            if case in bad and (instance == faulty or scenario.get("both")):
                judge_faulty(run, case, instance, scenario)
            elif run.cells.get((case, instance), {}).get("status") != "unsupported":
                run.measured(case, instance)
            else:
                check(instance != faulty, "%s@%s is unsupported" % (case, instance))
    for case in bad:
        line = "%s@%s: %s: " % (case, faulty, scenario["status"])
        if "lost" not in scenario:
            check(line in done.stderr, "stderr does not tell '%s': %s" % (line, done.stderr))
    if "lost" in scenario:
        judge_lost(run, faulty, scenario, done.stderr)


def main(build, folder, name):
    start(build)
    if name not in SCENARIOS:
        fail("no scenario '%s'; there are %s" % (name, ", ".join(SCENARIOS)))
    with tempfile.TemporaryDirectory() as work:
        play(SCENARIOS[name], folder, work)


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(SCENARIOS))
    elif len(sys.argv) == 4:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
