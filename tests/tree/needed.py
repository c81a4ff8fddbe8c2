#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The core is free of crypto libraries: nothing that the loader maps for this program is one. ldd follows every
DT_NEEDED to its end, so a library that needs libcrypto shows it here too.

    needed.py PROGRAM [LIBRARY...]

With a list, PROGRAM may need these and no other: a worker must start under another release's loader, where each
further library would have to be found."""
import re
import subprocess
import sys

CRYPTO = re.compile(r"lib(crypto|ssl|sodium|gcrypt|gnutls|nss3|mbed|wolfssl|IPSec)", re.IGNORECASE)
# The loader's own, and what a sanitizer build adds.
ALWAYS = re.compile(r"(linux-vdso|/?ld-linux|lib(asan|ubsan|stdc\+\+|gcc_s|dl|pthread|rt)\.so)")


def main(program, allowed):
    run = subprocess.run(["ldd", program], text=True, capture_output=True, check=True)
    names = [line.split()[0].rsplit("/", 1)[-1] for line in run.stdout.splitlines() if line.strip()]
    crypto = [n for n in names if CRYPTO.match(n)]
    if crypto:
        print(program, "is linked to", ", ".join(crypto))
    sanitized = any(n.startswith("libasan") for n in names)
    # A sanitizer's runtime brings libm with it, and more.
    more = [] if sanitized else [n for n in names if not ALWAYS.match(n) and not n.startswith(tuple(allowed))]
    if allowed and more:
        print(program, "needs", ", ".join(more), "besides", ", ".join(allowed))
    if "libc.so.6" not in names:
        print(program, "does not even need libc: the list was not read")
        return 1
    return 1 if crypto or (allowed and more) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
