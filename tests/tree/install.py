#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is installed is enough to build a module elsewhere: installs into an empty folder, compiles the smallest
module with nothing but `pkg-config --cflags assay`, and loads it by the one symbol it must export."""
import ctypes
import os
import re
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


def main(meson, build, source, wanted):
    with tempfile.TemporaryDirectory() as root:
        run([*meson.split(), "install", "-C", build, "--no-rebuild", "--destdir", root])
        for name in wanted:
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
        with open(find(root, "backend.h"), encoding="utf-8") as header:
            abi = int(re.search(r"#define ASSAY_ABI (\d+)u", header.read()).group(1))
        get = ctypes.CDLL(module, mode=os.RTLD_NOW | os.RTLD_LOCAL).assay_backend_get
        get.restype = ctypes.POINTER(ctypes.c_uint32)
        if get(abi)[0] != abi:
            sys.exit("the module built elsewhere speaks another ABI")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
