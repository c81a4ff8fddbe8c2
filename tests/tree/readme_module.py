# SPDX-License-Identifier: Apache-2.0
"""The module in the README compiles from its text alone, is proved, and is refused when it is broken.

usage: readme_module.py ASSAY README BACKEND_H
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIP = 77
assay, readme, header = (pathlib.Path(name).resolve() for name in sys.argv[1:])


def check(folder, source):
    """Builds a module and returns the exit code of `assay check` on it, and what that printed."""
    (folder / "assay-nettle.c").write_text(source)
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden",
                    f"-I{folder}/include", "assay-nettle.c", "-lnettle", "-o", "assay-nettle.so"], cwd=folder, check=True)
    result = subprocess.run([assay, "check", "--instance", "./assay-nettle.so", "--kernel", "aead.(seal|open)/aes-256-gcm/"],
                            cwd=folder, capture_output=True, text=True)
    print(result.stdout, result.stderr)
    return result.returncode, result.stdout


if subprocess.run(["pkg-config", "--exists", "nettle"]).returncode != 0:
    print("no Nettle here (nettle-dev)")
    sys.exit(SKIP)
module = re.search(r"```c\n(.*?)```", readme.read_text(), re.S).group(1)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "include/assay").mkdir(parents=True)
    (folder / "include/assay/backend.h").write_bytes(header.read_bytes())
    code, text = check(folder, module)
    assert code == 0 and "16 proved, 0 unsupported, 0 refused, 0 failed" in text, "the README's module is not proved"
    careless = module.replace("memeql_sec(tag, sent, 16)", "sent[0] | 1")
    assert careless != module
    code, text = check(folder, careless)
    assert code == 3 and "0 proved" in text, "a module that compares no tag is not refused"
