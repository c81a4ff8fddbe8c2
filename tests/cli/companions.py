#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instances with companions: a KMS in a process of its own, stores in a file and behind a server.

usage: companions.py BUILD"""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import Run, built, check, expect, start  # noqa: E402


def measured(scratch, instances, kernel):
    """The samples' times an operation, by case and instance."""
    run = os.path.join(scratch, "run.ndjson")
    expect(0, "run", "--quick", "--rounds", "1", "--instance", instances, "--kernel", kernel, "--out", run, cwd=scratch,
           env=dict(os.environ, TMPDIR=scratch))
    times = {}
    for (_, _, case, instance), sample in Run(run).samples.items():
        times[case, instance] = sample["ns"] / sample["iterations"]
    os.unlink(run)
    return times


def refused_names(scratch):
    for instance, says in (("native+nothing", "no companion 'nothing'; they are inline, softhsm"),
                           ("native+inline:x=1", "companion 'inline:x=1' takes no options"),
                           ("native+delay:fixed=2", "give fixed=TIME"),
                           ("native+delay:median=2ms:sigma=9", "sigma=0"),
                           ("native+memory+memory+memory+memory+memory", "more than 4 companions")):
        done = expect(2, "run", "--quick", "--instance", instance, cwd=scratch)
        check(says in done.stderr, "%s: %s" % (instance, done.stderr))


def delay_adds_up(scratch):
    times = measured(scratch, "native,native+delay:fixed=3ms", "^kms.wrap/wrap/")
    slow, fast = times["kms.wrap/wrap/t1", "native+delay:fixed=3ms"], times["kms.wrap/wrap/t1", "native"]
    check(slow > 3e6 > fast, "a call took %.0f ns with a delay of 3 ms and %.0f without" % (slow, fast))


def softhsm(scratch):
    if not os.path.exists(harness.BUILD + "/companions/assay-companion"):
        print("skip softhsm: built without p11-kit's header")
        return
    if not shutil.which("softhsm2-util"):
        print("skip softhsm: it is not installed")
        return
    times = measured(scratch, "openssl+softhsm", "^(kms|aead.seal/aes-256-gcm/16/)")
    want = {(case + "/t1", "openssl+softhsm") for case in ("kms.sign", "kms.wrap/wrap", "kms.wrap/unwrap", "kms.hop")}
    check(set(times) == want, "measured were %s" % sorted(times))
    check(not glob.glob(scratch + "/assay-softhsm-*"), "the token's folder was left behind")
    killed_leaves_nothing(scratch)


def killed_leaves_nothing(scratch):
    """A worker that is killed takes its KMS with it, and the token's folder."""
    worker = subprocess.Popen([harness.BUILD + "/assay-worker", "--module",
                               harness.BUILD + "/backends/assay-backend-openssl.so", "--companion", "softhsm",
                               "--companions", harness.BUILD + "/companions", "--case", "kms.hop/t1", "--seconds", "60"],
                              env=dict(os.environ, TMPDIR=scratch), stdout=subprocess.DEVNULL)
    deadline = time.time() + 30
    while not glob.glob(scratch + "/assay-softhsm-*") and time.time() < deadline:
        time.sleep(0.05)
    check(glob.glob(scratch + "/assay-softhsm-*"), "no token was made")
    time.sleep(1)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    while glob.glob(scratch + "/assay-softhsm-*") and time.time() < deadline:
        time.sleep(0.05)
    check(not glob.glob(scratch + "/assay-softhsm-*"), "the KMS outlived its worker, or its folder did")


def main():
    start(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        refused_names(scratch)
        if built("native"):
            delay_adds_up(scratch)
        if built("openssl"):
            softhsm(scratch)


if __name__ == "__main__":
    main()
