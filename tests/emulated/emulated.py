#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The native module of a cross build, in a worker under qemu whose coordinator is this machine's own assay: the tier and
the instructions that are chosen on this CPU, every answer proved, and the published vectors on each tier.

usage: emulated.py CROSS-BUILD BUILD SYSROOT CPU TIER AES-GCM SHA-256 SHA-512; skipped where BUILD has no assay."""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, TESTS)
from harness import Run, check, expect, start  # noqa: E402

# All that native has code for, but for messages of megabytes, which take minutes here.
KERNELS = "^(aead|hash|mac|hkdf|wrap|envelope|rand)[^/]*/([^/]*/)*([0-9]{1,5}|[a-z][^/]*)/t1$"


def mixed(folder, cross, build, sysroot):
    """A folder of programs where assay is native and its worker runs under qemu."""
    os.mkdir(os.path.join(folder, "backends"))
    shutil.copy(os.path.join(build, "assay"), folder)
    module = os.path.join("backends", "assay-backend-native.so")
    os.symlink(os.path.join(cross, module), os.path.join(folder, module))
    worker = os.path.join(folder, "assay-worker")
    with open(worker, "w", encoding="utf-8") as file:
        words = ["exec", "qemu-aarch64", "-L", sysroot, os.path.join(cross, "assay-worker")]
        file.write("#!/bin/sh\n%s \"$@\"\n" % " ".join(map(shlex.quote, words)))
    os.chmod(worker, 0o755)


def chosen(folder, tier, paths):
    """One short run says who serves what, and is proved besides."""
    expect(0, "run", "--instance", "native", "--kernel", "^(aead.seal|hash)/.*/64/", "--rounds", "1", "--blocks", "1",
           "--min-time", "1ms", "--output", folder + os.sep)
    run = Run(os.path.join(folder, [name for name in os.listdir(folder) if name.endswith(".ndjson")][0]))
    run.whole()
    check([r["variant"] for r in run.of("instance")] == [tier], "the tier is %s, not %s" % (run.of("instance"), tier))
    for case, path in paths.items():
        provider = run.cells[case, "native"]["provider"]
        check(provider == path, "%s is served by %s, not by %s" % (case, provider, path))


def main():
    cross, build, sysroot, cpu, tier, gcm, sha256, sha512 = sys.argv[1:]
    if not os.access(os.path.join(build, "assay"), os.X_OK):
        print("skipped: no coordinator for this machine in %s" % build)
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        mixed(folder, cross, build, sysroot)
        start(folder)
        chosen(folder, tier, {"aead.seal/aes-256-gcm/64/t1": gcm, "hash/sha256/64/t1": sha256, "hash/sha512/64/t1": sha512})
        print(expect(0, "check", "--instance", "native", "--kernel", KERNELS).stdout)
        if cpu == "max":
            done = subprocess.run([sys.executable, os.path.join(TESTS, "vectors", "published.py"), folder, "native"],
                                  check=False)
            check(done.returncode in (0, 77), "the published vectors: exit code %d" % done.returncode)


main()
