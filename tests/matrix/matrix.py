#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every kernel on every instance: proved by `assay check`, and run once. Each cell is measured, or unsupported for a
reason that is told; what the two general libraries may lack is listed here.

usage: matrix.py BUILD [KERNEL-REGEX]"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import PROBE, Run, check, expect, start  # noqa: E402

SLOW = r"^keygen/rsa|^file\.seal/.*/67108864/"  # seconds a sample, which has 20 operations here: proved, not run
GIBIBYTE = r"^file\.seal/.*/1073741824/"  # two files of it an instance: left to the test of long kernels
POST_QUANTUM = r"/x25519mlkem768/|/ml-kem-768/|/ml-dsa-65/"
ARGON2ID = r"|^password\.hash/"  # OpenSSL from 3.2
MAY_LACK = {"openssl": POST_QUANTUM + ARGON2ID,
            "boringssl": POST_QUANTUM + ARGON2ID + r"|^aead\.stream/chacha20-poly1305/"}


def check_all(cases):
    done = expect(0, "check", "--full", "--kernel", "^(%s)$" % "|".join(re.escape(c) for c in cases))
    counts = re.findall(r"^(\S+) +(\d+) proved, (\d+) unsupported, 0 refused, 0 failed$", done.stdout, re.M)
    check(counts, "check tells no counts: " + done.stdout)
    for instance, proved, unsupported in counts:
        check(int(proved) + int(unsupported) == len(cases), "%s: %s proved and %s unsupported of %d"
              % (instance, proved, unsupported, len(cases)))
        check(int(proved) > 0, "%s proves nothing" % instance)
    return {instance: int(proved) for instance, proved, _ in counts}


def run_all(regex, cases, proved, work):
    path = os.path.join(work, "run.ndjson")
    kernels = "|".join(re.escape(c) for c in cases if not re.search(SLOW, c))
    check(kernels, "nothing to run in " + regex)
    expect(0, "run", "--full", "--rounds", "1", "--blocks", "1", "--min-time", "1ms", "--kernel", "^(%s)$" % kernels,
           "--output", path)
    run = Run(path)
    run.whole()
    check(set(run.header["instances"]) == {*proved, PROBE}, "check and run have other instances")
    check({c for c in cases if not re.search(SLOW, c)} == set(run.header["cases"]), "other cases")
    for (case, instance), cell in run.cells.items():
        if cell["status"] == "unsupported":
            may = MAY_LACK.get(instance, ".")
            check(re.search(may, case), "%s@%s is unsupported: %s" % (case, instance, cell["reason"]))
        elif instance != PROBE:
            check(cell["algorithm"] or cell["provider"], "%s@%s: nobody says who serves it" % (case, instance))
    for instance in proved:
        measured = {c for c in run.header["cases"] if run.taken(c, instance)}
        slow = sum(re.search(SLOW, c) is not None for c in cases)
        check(proved[instance] - slow <= len(measured) <= proved[instance],
              "%s: %d proved, %d measured" % (instance, proved[instance], len(measured)))


def main(build, regex="."):
    start(build)
    cases = expect(0, "list", "--cases", "--full", "--kernel", regex).stdout.split()
    cases = [c for c in cases if not re.search(GIBIBYTE, c)]
    with tempfile.TemporaryDirectory() as work:
        run_all(regex, cases, check_all(cases), work)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
