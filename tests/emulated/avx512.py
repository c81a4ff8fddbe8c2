#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The native code for AVX-512 on a machine without it, on an emulated CPU (scripts/avx512): native_check, the contract of
the ABI, and Wycheproof where scripts/vectors has fetched it.

usage: avx512.py SCRIPT NATIVE-CHECK BACKEND-CONTRACT MODULE ASSAY ASSAY-WORKER; skipped where this CPU runs that code
itself, for then the tests of native have, and where the emulator is not to be had."""
import collections
import os
import re
import subprocess
import sys

# All that the variants ask for.
FLAGS = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512ifma", "vaes", "vpclmulqdq", "sha_ni"}

# Part of native_check: variants that must be among those it has for AVX-512, and how many comparisons there are at least.
PARTS = {
    "gcm": (["vaes512, 4 vectors", "vaes512, 12 vectors", "vaes512"], 4000),
    "chacha": (["avx512"], 1500),
    "sha2": (["avx512", "avx512"], 500),
    "hmac": (["avx512", "avx512"], 500),
    "lanes": (["avx512", "avx512", "avx512"], 4000),
    "pool": (["vaes512, 4 vectors", "vaes512, 12 vectors", "vaes512"], 300),
    "rand": (["vaes512, 4 vectors", "vaes512, 12 vectors", "vaes512"], 6),
    "watch": ([], 12),
    "machine": (["vaes512", "vaes512, 4 vectors", "vaes512, 12 vectors"], 3000),
}

# Of Wycheproof, what native has code for; and how many tests in them apply, at least.
WYCHEPROOF = ["aes_gcm", "chacha20_poly1305", "hkdf_sha256", "hkdf_sha384", "hkdf_sha512", "hmac_sha256", "hmac_sha384",
              "hmac_sha512", "aes_wrap", "aes_kwp"]
APPLY = 1380


def check(ok, what):
    if not ok:
        sys.exit("FAILED: " + what)


def here():
    """Does this CPU run all variants?"""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = re.search(r"^flags\s*:(.*)$", file.read(), re.MULTILINE)
    return flags is not None and FLAGS <= set(flags.group(1).split())


def checked(said):
    """native_check named every variant, and compared something."""
    for part, (variants, least) in PARTS.items():
        ran = re.findall(r"^  %s: (.*)$" % part, said, re.MULTILINE)
        missing = list((collections.Counter(variants) - collections.Counter(ran)).elements())
        check(not missing, "%s ran on %s, not on %s" % (part, ran, missing))
        count = re.search(r"^%s: (\d+) checks$" % part, said, re.MULTILINE)
        check(count is not None and int(count.group(1)) >= least, "%s: too few checks" % part)
    held = re.search(r"^    assay native .* vaes512 *$.*?^(\d+) checks, 0 failed$", said, re.MULTILINE | re.DOTALL)
    check(held is not None and int(held.group(1)) >= 40000, "the contract was not held to on vaes512")


def published():
    """The vectors that are here, as files."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(cache, "assay", "vectors", "wycheproof", "testvectors_v1")
    files = [os.path.join(folder, name + "_test.json") for name in WYCHEPROOF]
    return folder, files if os.path.isdir(folder) else []


def main():
    script, native_check, contract, module, assay, worker = sys.argv[1:]
    if here():
        print("skipped: this CPU has AVX-512, and the tests of native run it")
        sys.exit(77)
    only = [native_check, "--only", "avx512", "--one-in"]
    direct = [part for part in PARTS if part != "machine"]
    commands = [*only, "10", *direct, "--", *only, "60", "machine", "--", contract, module]
    folder, vectors = published()
    if vectors:
        commands += ["--", assay, "check", "--vectors", folder, "--instance", "native:vaes512"]
    along = [worker, module, os.path.join(os.path.dirname(assay), "instances.yaml"), *vectors]
    options = [word for name in along for word in ("--with", name)]
    done = subprocess.run([script, "--time", "1500", *options, *commands], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    if done.returncode == 77:
        sys.exit(77)
    check(done.returncode == 0, "exit code %d" % done.returncode)
    checked(done.stdout)
    if not vectors:
        print("without Wycheproof: no published vectors here; scripts/vectors fetches them")
        return
    row = re.findall(r"^native:vaes512 +(\d+) +(\d+) +(\d+) ", done.stdout, re.MULTILINE)
    check(len(row) == 1, "no sum of Wycheproof's tests")
    passed, rejected, failed = map(int, row[0])
    check(failed == 0 and passed + rejected >= APPLY, "Wycheproof: %s" % row)


main()
