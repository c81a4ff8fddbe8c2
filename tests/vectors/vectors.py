#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay check --vectors on the small files beside this one: right ones, wrong ones, broken ones, and a module that
answers wrong or crashes.

usage: vectors.py BUILD KNOWING-FOLDER [FAULT-MODULE]"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from harness import built, check, expect, start  # noqa: E402

# Tests of good/ that a module passes and rightly rejects at least (it may learn an algorithm; libsodium has AES-GCM only
# where the CPU has), and those that are not applicable.
GOOD = {"openssl": (20, 11, 8), "boringssl": (20, 11, 8), "sodium": (10, 3, 8), "native": (15, 8, 8)}
WRONG = ["tcId 1 (a wrong ciphertext, on purpose): open refuses", "tcId 5 (a right tag called invalid, on purpose): open accepts",
         "tcId 1 (another tag, on purpose): the tag differs at octet 0 of 32",
         "tcId 2 (the right tag, on purpose): compute gives the tag that is told to be wrong",
         "tcId 1 (another output, on purpose): the output differs at octet 0 of 4",
         "line 7: the digest differs at octet 0 of 32"]
BROKEN = {"comma.json": ":19:36: ':' expected", "no_field.json": ': tcId 4: no text "aad"',
          "no_hex.json": ': tcId 2: "tag" is not hexadecimal', "short.json": ": 6 tests, but numberOfTests is 7",
          "result.json": ': tcId 1: "result" is neither valid, invalid nor acceptable',
          "ends.rsp": ":6: it ends before its first test", "hex.rsp": ":7: Msg is not hexadecimal",
          "line.rsp": ":9: 'MD : 00' is neither NAME = VALUE", "no_tag.rsp": ":11: a record without Tag",
          "result.rsp": ":7: a record whose Result is neither P nor F"}


def folder(name):
    return os.path.join(HERE, name)


def sums(output, instance):
    """passed, rejected, failed, known, unsupported, not applicable of the last table"""
    row = re.search(r"^%s +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)" % re.escape(instance),
                    output[output.rindex("In all"):], re.MULTILINE)
    check(row, "no sum of %s in:\n%s" % (instance, output))
    return [int(n) for n in row.groups()]


def good():
    for instance in filter(built, GOOD):
        out = expect(0, "check", "--vectors", folder("good"), "--instance", instance).stdout
        passed, rejected, failed, known, _, other = sums(out, instance)
        check(failed == 0 and known == 0, "%s fails right vectors:\n%s" % (instance, out))
        check(passed >= GOOD[instance][0] and rejected >= GOOD[instance][1] and other == GOOD[instance][2],
              "%s: passed %d, rejected %d, not applicable %d, not %s" % (instance, passed, rejected, other, GOOD[instance]))
        check("all tests of 1 more file:" in out, "the file of the inverse cipher is not told:\n" + out)
        check(instance != "sodium" or "unsupported: libsodium has no ECDSA: " in out, "no reason of sodium:\n" + out)


def wrong():
    out = expect(3, "check", "--vectors", folder("wrong"), "--instance", "native").stdout
    for line in WRONG:
        check(line in out, "not told: %s\n%s" % (line, out))
    check(sums(out, "native")[:3] == [2, 1, 6], "wrong counts:\n" + out)
    # Both folders together: the wrong ones decide.
    expect(3, "check", "--vectors", folder("good"), "--vectors", folder("wrong"), "--instance", "native")


def refused(text, *arguments):
    error = expect(2, "check", "--instance", "native", *arguments).stderr
    check(text in error and error.count("\n") <= 2, "'%s' is not in: %s" % (text, error))


def broken():
    for name, text in BROKEN.items():
        path = os.path.join(folder("broken"), name)
        refused(path + text, "--vectors", path)
    check(sorted(BROKEN) == sorted(os.listdir(folder("broken"))), "files in broken/ that are not tested")
    refused("elsewhere: no file of test vectors for an algorithm that assay has; 2 of others", "--vectors", folder("elsewhere"))
    refused("nowhere: No such file or directory", "--vectors", folder("nowhere"))
    refused("goes with --instance only", "--vectors", folder("good"), "--kernel", "aead")
    with tempfile.TemporaryDirectory() as empty:
        refused("no file of test vectors", "--vectors", empty)


def known(knowing):
    """A worker whose table of deviations names what wrong/aes_gcm.json expects, and nothing else."""
    environment = dict(os.environ, ASSAY_BACKEND_PATH=os.path.join(os.path.abspath(sys.argv[1]), "backends"))

    def run(code, file):
        done = subprocess.run([os.path.join(knowing, "assay"), "check", "--instance", "native", "--vectors",
                               os.path.join(folder("wrong"), file)],
                              capture_output=True, text=True, check=False, timeout=60, env=environment)
        check(done.returncode == code, "%s: exit code %d, not %d:\n%s%s"
              % (file, done.returncode, code, done.stdout, done.stderr))
        return done.stdout
    out = run(0, "aes_gcm.json")
    check(sums(out, "native")[2:4] == [0, 2], "no two known deviations in:\n" + out)
    check("open accepts; known: the test wants it so" in out, "the reason is not told:\n" + out)
    check(sums(run(3, "hmac.json"), "native")[2:4] == [2, 0], "hmac.json is known")


def faults(module):
    """Each fault, what it costs, and that the rest is run."""
    def run(code, fault):
        spec = "%s:fault=%s" % (module, fault)
        out = expect(code, "check", "--vectors", folder("good"), "--instance", spec).stdout
        return out, sums(out, spec)
    _, all_well = run(0, "none")
    check(all_well[0] == GOOD["openssl"][0], "the fault module without a fault: %s" % all_well)
    out, counts = run(3, "accept")
    check(out.count(": open accepts") == 3 and counts[2] == 3, "a forgery that was accepted is not told:\n" + out)
    out, counts = run(3, "flip:size=16")
    check("tcId 1 (GCM specification, test case 2): open refuses" in out and counts[2] == 2, "a flipped bit is not told:\n" + out)
    out, counts = run(1, "crash:size=16")
    check(len(re.findall(r"^  (?:aes_gcm\.json|gcm_decrypt\.rsp) +failed: .*signal 11", out, re.MULTILINE)) == 2 and
          counts[0] >= 15, "a crash is not told, or costs more than its files:\n" + out)


def main():
    start(sys.argv[1])
    good()
    wrong()
    broken()
    known(sys.argv[2])
    if len(sys.argv) > 3:
        faults(os.path.relpath(sys.argv[3]))


main()
