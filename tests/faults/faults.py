#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Modules that go wrong: each costs its own cells alone, for a reason that is told, and everything else is measured.

usage: faults.py BUILD MODULE-FOLDER SCENARIO|--list"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Run, assay, built, check, start  # noqa: E402

CASES = r"^(aead\.(seal|open)/aes-256-gcm/(64|1350|16384)|hash/sha256/1350)/"
SIGN = r"^(sign|verify)/(ecdsa-p256|ed25519)/"
AT_SIZE = r"^aead\.(seal|open)/aes-256-gcm/1350/"
SEAL_AT_SIZE = r"^aead\.seal/aes-256-gcm/1350/"
EVERY = "."
HERE = "./fault.so"
DEADLINE = "4"  # long for a busy machine, short for who waits

# The fault; which of its cells go (None: none), how and why; the exit code; then what is unusual.
SCENARIOS = {
    "none": dict(spec="fault=none"),
    "flip": dict(spec="fault=flip:size=1350", bad=AT_SIZE, status="refused", why="differs from the listed digest",
                 code=3, untimed=True, schema=True),
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
    "crash": dict(spec="fault=crash:size=1350", bad=AT_SIZE, status="failed", why="signal 11", code=1, schema=True),
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
    "identify-rubbish": dict(spec="fault=identify-rubbish"),
}

# Modules that cannot be loaded, all in one run: each is told in one line, and loses all of its cells.
LOST = {
    HERE + ":fault=create-refuses": "told to refuse",
    HERE + ":fault=create-hangs": "deadline: no answer to start",
    HERE + ":fault=create-exits": "left with status 0 in start",
    HERE + ":fault=create-crashes": "signal 11",
    HERE + ":colour=red": "named no fault",
    "./odd-abi.so": "speaks ABI 42, this assay speaks ABI 1",
    "./odd-symbol.so": "exports no assay_backend_get",
    "./odd-null.so": "does not serve ABI 1",
    "./odd-short.so": "a table of 16 bytes",
    "./odd-empty.so": "leaves out one of name, create",
    "TEXT": "cannot be loaded: .*text.so",
    "FOLDER": "cannot be loaded: .*cannot read file data",
}


def judge_faulty(run, case, instance, scenario):
    cell = run.cells.get((case, instance))
    check(cell, "%s@%s: no cell" % (case, instance))
    check(cell["status"] == scenario["status"],
          "%s@%s is %s (%s), not %s" % (case, instance, cell["status"], cell.get("reason"), scenario["status"]))
    check(re.search(scenario["why"], cell["reason"]),
          "%s@%s: the reason is '%s', not '%s'" % (case, instance, cell["reason"], scenario["why"]))
    check("\n" not in cell["reason"], "%s@%s: the reason has more than a line" % (case, instance))
    if scenario.get("untimed"):
        check(not run.taken(case, instance), "%s@%s was timed although it was refused" % (case, instance))


def run_with(instances, cases, code, folder, output):
    done = assay("run", "--instance", ",".join(instances), "--kernel", cases, "--rounds", "2", "--blocks", "2",
                 "--min-time", "1ms", "--deadline", DEADLINE, "--output", output, cwd=folder)
    check(done.returncode == code, "exit code %d, not %d\n%s%s" % (done.returncode, code, done.stdout, done.stderr))
    run = Run(output)
    check(run.end and run.end["complete"], "the run did not end as complete")
    check(run.header["instances"] == instances, "other instances: %s" % run.header["instances"])
    return run, done.stderr


def play(scenario, folder, work):
    faulty = HERE + ":" + scenario["spec"]
    others = [i for i in scenario.get("others", ["openssl", "native", "null"]) if built(i)]
    if "boringssl" in scenario.get("others", []) and "boringssl" not in others:
        sys.exit(77)  # a third opinion is needed
    instances = others[:1] + [faulty] + others[1:]
    run, stderr = run_with(instances, scenario.get("cases", CASES), scenario.get("code", 0), folder,
                           os.path.join(work, "run.ndjson"))
    if scenario.get("schema"):
        run.follow_schema()
    bad = [c for c in run.header["cases"] if scenario.get("bad") and re.search(scenario["bad"], c)]
    check(bool(bad) == bool(scenario.get("bad")), "the scenario hits no case")
    for case in run.header["cases"]:
        for instance in instances:
            if case in bad and (instance == faulty or scenario.get("both")):
                judge_faulty(run, case, instance, scenario)
                line = "%s@%s: %s: " % (case, instance, scenario["status"])
                check(line in stderr, "stderr does not tell '%s': %s" % (line, stderr))
            elif run.cells.get((case, instance), {}).get("status") != "unsupported":
                run.measured(case, instance)
            else:
                check(instance != faulty, "%s@%s is unsupported" % (case, instance))


def play_lost(folder, work):
    text = os.path.join(work, "text.so")
    with open(text, "w", encoding="utf-8") as file:
        file.write("this is no module\n" * 100)
    lost = {k.replace("TEXT", text).replace("FOLDER", work + "/"): v for k, v in LOST.items()}
    sound = ["openssl", "null"]
    run, stderr = run_with(sound[:1] + list(lost) + sound[1:], CASES, 1, folder, os.path.join(work, "run.ndjson"))
    run.follow_schema()
    for case in run.header["cases"]:
        for instance in sound:
            run.measured(case, instance)
        for instance, why in lost.items():
            judge_faulty(run, case, instance, {"status": "failed", "why": why, "untimed": True})
    for instance, why in lost.items():
        told = [r for r in run.of("instance") if r["instance"] == instance]
        check(len(told) == 1 and re.search(why, told[0].get("error", "")),
              "the records of %s do not say '%s' once: %s" % (instance, why, told))
        lines = [line for line in stderr.splitlines() if line.startswith(instance + ": failed: ")]
        check(len(lines) == 1, "%s: not one line on stderr that says why: %s" % (instance, stderr))


def main(build, folder, name):
    start(build)
    with tempfile.TemporaryDirectory() as work:
        if name == "lost":
            play_lost(folder, work)
        else:
            play(SCENARIOS[name], folder, work)


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join([*SCENARIOS, "lost"]))
    elif len(sys.argv) == 4:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
