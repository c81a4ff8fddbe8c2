#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is installed is enough to build a module elsewhere: installs into an empty folder, compiles the smallest
module with nothing but `pkg-config --cflags assay`, and asks assay for it by its path."""
import os
import subprocess
import sys
import tempfile


def run(command, **more):
    done = subprocess.run(command, text=True, capture_output=True, check=False, **more)
    if done.returncode:
        sys.exit("%s\n%s%s" % (" ".join(command), done.stdout, done.stderr))
    return done.stdout.split()


def find(root, name):
    for folder, _, files in os.walk(root):
        if name in files:
            return os.path.join(folder, name)
    sys.exit("not installed: " + name)


def main(meson, build, source):
    with tempfile.TemporaryDirectory() as root:
        run([*meson.split(), "install", "-C", build, "--no-rebuild", "--destdir", root])
        for name in ("assay", "assay-worker", "assay-backend-null.so"):
            find(root, name)
        environment = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(find(root, "assay.pc")),
                           PKG_CONFIG_SYSROOT_DIR=root)
        flags = run(["pkg-config", "--cflags", "assay"], env=environment)
        backends = run(["pkg-config", "--variable=backends_dir", "assay"], env=environment)[0]
        if not backends.startswith(root):
            backends = root + backends
        if "assay-backend-null.so" not in os.listdir(backends):
            sys.exit("backends_dir of assay.pc is not where the modules are: " + backends)
        module = os.path.join(root, "elsewhere.so")
        strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        run(["cc", *strict, "-shared", "-fPIC", "-fvisibility=hidden", *flags, source, "-o", module], cwd=root)
        run(["c++", "-std=c++11", "-Wall", "-Werror", "-fsyntax-only", *flags, "-x", "c++", find(root, "backend.h")])
        # The build's own assay: the installed one looks for its worker where it was configured to be.
        told = run([os.path.join(build, "assay"), "list", "--instances", "--instance", "./elsewhere.so"], cwd=root)
        if told[:3] != ["./elsewhere.so", "elsewhere", "1"]:
            sys.exit("assay tells of the module: " + " ".join(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
