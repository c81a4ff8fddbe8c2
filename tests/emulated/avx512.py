#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The native code for AVX-512 on a machine without it: native_check and the contract of the ABI on an emulated CPU.

usage: avx512.py SCRIPT NATIVE-CHECK BACKEND-CONTRACT MODULE; skipped where this CPU runs that code itself, for then the
tests of native have, and where the emulator is not to be had."""
import re
import subprocess
import sys

# All that the variants ask for.
FLAGS = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512ifma", "vaes", "vpclmulqdq", "sha_ni"}

# Part of native_check: its variants for AVX-512, and how many comparisons there are at least. What is slow there and no
# other code than these parts run is left out: pool and rand.
PARTS = {
    "gcm": (["vaes512, 4 vectors", "vaes512, 12 vectors", "vaes512"], 4000),
    "chacha": (["avx512"], 1500),
    "sha2": (["avx512", "avx512"], 500),
    "hmac": (["avx512", "avx512"], 500),
    "lanes": (["avx512", "avx512", "avx512"], 4000),
    "watch": ([], 12),
    "machine": (["vaes512", "vaes512, 4 vectors", "vaes512, 12 vectors"], 3000),
}


def check(ok, what):
    if not ok:
        sys.exit("FAILED: " + what)


def here():
    """Does this CPU run all variants?"""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = re.search(r"^flags\s*:(.*)$", file.read(), re.MULTILINE)
    return flags is not None and FLAGS <= set(flags.group(1).split())


def main():
    script, native_check, contract, module = sys.argv[1:]
    if here():
        print("skipped: this CPU has AVX-512, and the tests of native run it")
        sys.exit(77)
    only = [native_check, "--only", "avx512", "--one-in"]
    direct = [part for part in PARTS if part != "machine"]
    done = subprocess.run([script, "--time", "1500", *only, "10", *direct, "--", *only, "60", "machine", "--", contract, module],
                          stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    if done.returncode == 77:
        sys.exit(77)
    check(done.returncode == 0, "exit code %d" % done.returncode)
    for part, (variants, least) in PARTS.items():
        checked = re.findall(r"^  %s: (.*)$" % part, done.stdout, re.MULTILINE)
        check(sorted(checked) == sorted(variants), "%s ran on %s, not on %s" % (part, checked, variants))
        count = re.search(r"^%s: (\d+) checks$" % part, done.stdout, re.MULTILINE)
        check(count is not None and int(count.group(1)) >= least, "%s: too few checks" % part)


main()
