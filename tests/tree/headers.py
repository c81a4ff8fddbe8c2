#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header compiles when it is the first thing a file includes.

The flags are those of a source that includes the header, from the build's own compile_commands.json, so that
a tier's header is seen with its instruction set and an adapter's with its library's include path.
"""
import json
import os
import re
import shlex
import subprocess
import sys

AREAS = ("backends", "kernels", "bench")


def flags_of(entry):
    """The compile command without its input, its outputs and its dependency file."""
    words, keep, skip = shlex.split(entry["command"]), [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MQ"):
            skip = True
        elif word not in ("-c", "-MD") and word != entry["file"]:
            keep.append(word)
    return keep


def pick(header, sources):
    """The source whose flags suit: one that includes the header, else a neighbour; then any, but for an adapter."""
    folder, name = os.path.split(header)
    includes = re.compile(r'#include\s+"(?:[^"]*/)?%s"' % re.escape(name))
    near = [s for s in sources if s["path"].startswith(folder + os.sep)]
    for source in near + sources:
        with open(source["path"], encoding="utf-8") as text:
            if includes.search(text.read()):
                return source
    if not near and "/backends/" not in header:
        near = sources
    return near[0] if near else None


def main(root, build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as text:
        sources = [e for e in json.load(text) if e["file"].endswith(".c")]
    for entry in sources:
        entry["path"] = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
    # A header without a source in this build is an adapter whose library is not here.
    checked, bad, absent = 0, 0, 0
    for area in AREAS:
        for folder, _, files in sorted(os.walk(os.path.join(os.path.realpath(root), area))):
            for name in sorted(f for f in files if f.endswith(".h")):
                header = os.path.join(folder, name)
                source = pick(header, sources)
                if source is None:
                    print("skipped, nothing of its folder is built here:", os.path.relpath(header, root))
                    absent += 1
                    continue
                command = flags_of(source) + ["-fsyntax-only", "-x", "c", "-"]
                run = subprocess.run(command, input='#include "%s"\n' % header, text=True,
                                     cwd=source["directory"], capture_output=True, check=False)
                checked += 1
                if run.returncode:
                    bad += 1
                    print("does not compile alone:", os.path.relpath(header, root))
                    print(run.stderr)
    print(checked, "headers compiled,", bad, "failed,", absent, "skipped")
    return 1 if bad or not checked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
