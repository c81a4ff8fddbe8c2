#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay run --rate from outside: the file, the table, overload, resuming, mistakes.

usage: rate.py BUILD"""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Run, check, expect, may_schedule, realtime_limit, schedule, start  # noqa: E402

CASE = "hash/sha256/64/t1"
BASE = ["run", "--kernel", "^%s$" % CASE, "--instance", "native", "--rounds", "2", "--blocks", "2", "--min-time", "50ms"]


def latencies(path):
    run = Run(path)
    run.follow_schema()
    return run, run.of("latency")


def test_file_and_table(work):
    path = os.path.join(work, "a.ndjson")
    done = expect(0, *BASE, "--rate", "4000/s", "--output", path)
    for word in ("latency at 4000/s", "p50", "p99.99", "busy", CASE):
        check(word in done.stdout, "the table has no '%s':\n%s" % (word, done.stdout))
    run, got = latencies(path)
    check(run.header["options"]["rate"] == 4000, "the rate is not in the file")
    check(len(got) == 4, "%d stretches, not 4" % len(got))
    for one in got:
        # 4000/s for 50 ms are 200 arrivals, give or take; the generator is seeded, so this is no matter of luck
        check(120 < one["requests"] + one["unserved"] < 290, "%d arrivals" % one["requests"])
        for name in ("latency", "service"):
            bins = one[name]
            check(sum(bins[1::2]) == one["requests"], "%s does not hold every request" % name)
        check(max(one["latency"][::2]) >= max(one["service"][::2]), "a latency without its own service")
    # 200 arrivals know no p99.9; a thousand would.
    figures = [line.split() for line in done.stdout.splitlines() if line.startswith("    native ")][0]
    check(figures.count("–") == 2 and figures[-4:-2] == ["–", "–"] and "p99.99 10000" in " ".join(done.stdout.split()),
          "quantiles beyond the arrivals: %s" % done.stdout)
    again = expect(0, "show", path).stdout
    check("latency at 4000/s" in again, "assay show shows no latencies")


def test_overload(work):
    """More is offered than can be served: the wait is charged, and what was given up is told."""
    path = os.path.join(work, "b.ndjson")
    done = expect(0, *BASE[:2], "^sign/rsa-2048-pss/t1$", "--instance", "openssl,native", *BASE[5:],
                  "--rate", "100000/s", "--output", path)
    check("overloaded" in done.stdout, "overload is not told:\n" + done.stdout)
    _, got = latencies(path)
    got = [one for one in got if one["instance"] == "openssl"]
    check(got and all(one["unserved"] > 0 for one in got), "nothing was given up at 100000 RSA signatures a second")


def test_resume(work):
    """A run that lost its end goes on as what it was."""
    path, cut = os.path.join(work, "a.ndjson"), os.path.join(work, "cut.ndjson")
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    last = max(i for i, line in enumerate(lines) if json.loads(line)["type"] == "latency")
    with open(cut, "w", encoding="utf-8") as file:
        file.writelines(lines[:last])
    expect(0, "run", "--resume", cut)
    _, got = latencies(cut)
    check(sorted((one["round"], one["block"]) for one in got) == [(1, 1), (1, 2), (2, 1), (2, 2)],
          "not every stretch is there after --resume")


def test_realtime(work):
    """A real-time priority spoils latencies, and is told where the kernel limits it."""
    limit = realtime_limit()
    for policy in (os.SCHED_OTHER, os.SCHED_RR, os.SCHED_FIFO):
        if policy != os.SCHED_OTHER and not may_schedule(policy):
            print("a real-time priority is not to be had here: untried")
            return
        path = os.path.join(work, "policy-%d.ndjson" % policy)
        done = expect(0, *BASE, "--rate", "400/s", "--output", path, preexec_fn=lambda: schedule(policy))
        noise = Run(path).of("end")[0]["noise"]
        limited = limit is not None and policy != os.SCHED_OTHER
        check(any(limit in why for why in noise["why"] if limit) == limited, "policy %d: %s" % (policy, noise["why"]))
        check(noise["verdict"] == "noisy" or not limited, "policy %d is called quiet" % policy)
        # the table is wrapped
        check((limit is not None and limit in " ".join(done.stdout.split())) == limited,
              "policy %d: the table:\n%s" % (policy, done.stdout))


def test_mistakes():
    for arguments, words in ((["--rate", "fast"], ["--rate 'fast'", "2000/s"]), (["--rate", "-1"], ["--rate '-1'"]),
                             (["--rate", "nan"], ["--rate 'nan'"]), (["--rate", "5", "--threads", "2"], ["--threads"])):
        done = expect(2, "run", *arguments)
        for word in words:
            check(word in done.stderr, "'%s' is not in '%s'" % (word, done.stderr))


def main():
    start(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        test_mistakes()
        test_file_and_table(work)
        test_overload(work)
        test_resume(work)
        test_realtime(work)


if __name__ == "__main__":
    main()
