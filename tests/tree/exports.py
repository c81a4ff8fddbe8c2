#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A module exports assay_backend_get and nothing else: two libraries' names must never meet."""
import subprocess
import sys

# What a sanitizer build adds to every object.
RUNTIME = ("__asan_", "__ubsan_", "__odr_asan", "__start_", "__stop_")


def main(module):
    run = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", module], text=True,
                         capture_output=True, check=True)
    names = [line.split()[0] for line in run.stdout.splitlines()]
    names = [n for n in names if not n.startswith(RUNTIME)]
    if names == ["assay_backend_get"]:
        return 0
    print(module, "exports", ", ".join(names) or "nothing")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
