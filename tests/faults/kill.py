#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the coordinator at random moments: no worker is left behind, what was written stays readable, and
`assay run --resume` completes the file. Every other run is killed once more while it resumes.

usage: kill.py BUILD [TIMES [SEED]]; 20 times by hand: tests/faults/kill.py build 20"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import Run, built, check, expect, fail, start  # noqa: E402

CASES = r"^(aead\.seal/aes-256-gcm/(64|16384)|hash/sha256/(64|1350))/"
GRACE = 2.0  # seconds for workers to be gone


def arguments(path):
    instances = [i for i in ("openssl", "boringssl", "native", "null") if built(i)]
    return ["run", "--instance", ",".join(instances), "--kernel", CASES, "--rounds", "3", "--blocks", "3", "--min-time",
            "2ms", "--output", path]


def marked(mark):
    """The processes whose environment holds the mark, as long as they run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as file:
                if mark in file.read():
                    found.append(int(pid))
        except OSError:
            pass  # it is gone, or another user's
    return found


def kill_at(moment, command):
    """Starts assay, kills it at the moment; its exit code."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen([os.path.join(harness.BUILD, "assay"), *command], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=dict(os.environ, ASSAY_TEST_MARK=mark))
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + GRACE
    while marked(mark.encode()):
        if time.monotonic() > end:
            left = marked(mark.encode())
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            fail("processes left behind %.1f s after the kill: %s" % (GRACE, left))
        time.sleep(0.02)
    return process.returncode


def good_part(path):
    """The whole lines of a killed run, all of which must be valid."""
    Run(path, torn_ok=True)
    with open(path, "rb") as file:
        data = file.read()
    return data[:data.rindex(b"\n") + 1]


def once(path, moment, again):
    """Whether the kill came in mid-run."""
    code = kill_at(moment, arguments(path))
    if code == 0 or not os.path.exists(path) or b"\n" not in open(path, "rb").read():
        return False
    before = good_part(path)
    if again:
        kill_at(moment / 2, ["run", "--resume", path])
        after = good_part(path)
        check(after.startswith(before), "the killed resumption lost lines")
        before = after
    expect(0, "run", "--resume", path)
    run = Run(path)
    check(run.end and run.end["complete"], "the resumed run did not end as complete")
    with open(path, "rb") as file:
        check(file.read().startswith(before), "the resumption lost lines")
    run.whole()
    expect(0, "show", path)
    return True


def stuck(work):
    """Killed while a worker hangs in its library: an idle one would see the end of its socket, this one cannot."""
    fault = os.path.join(harness.BUILD, "tests", "faults", "fault.so")
    if not os.path.exists(fault):
        return
    path = os.path.join(work, "stuck.ndjson")
    code = kill_at(1, ["run", "--instance", fault + ":fault=hang:size=1350", "--kernel", "^aead.seal/aes-256-gcm/1350/",
                       "--output", path])
    check(code == -signal.SIGKILL, "the run with a worker that hangs ended by itself, with %d" % code)


def main(build, times=5, seed=None):
    start(build)
    seed = int(seed) if seed else random.randrange(1 << 32)
    random.seed(seed)
    print("seed %d" % seed)
    hits = 0
    with tempfile.TemporaryDirectory() as work:
        stuck(work)
        began = time.monotonic()
        expect(0, *arguments(os.path.join(work, "whole.ndjson")))
        length = time.monotonic() - began
        tries = 0
        while hits < int(times):
            tries += 1
            check(tries <= 4 * int(times) + 10, "only %d of %d kills came in mid-run" % (hits, tries))
            hits += once(os.path.join(work, "%d.ndjson" % tries), random.uniform(0, length), hits % 2 == 1)
    print("%d kills in mid-run, of %d" % (hits, tries))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
