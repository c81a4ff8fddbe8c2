#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published test vectors on one module, and for the native one on each variant that runs here.

usage: published.py BUILD MODULE-NAME; skipped where scripts/vectors has fetched nothing."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import assay, check, expect, start  # noqa: E402

# Tests that apply, at least: Wycheproof's 4201 of June 2026, CAVP's 8579. Fewer: a reader has lost some.
LEAST = {"wycheproof": 4200, "cavp": 8579}


def variants():
    """The native module names them when it is asked for one that is not there."""
    done = assay("list", "--instances", "--instance", "native:no-such")
    names = re.search(r"no variant no-such runs on this CPU; those that do: ([a-z0-9, ]+)", done.stdout + done.stderr)
    check(names, "the native module does not name its variants:\n" + done.stdout + done.stderr)
    return ["native:" + name for name in names.group(1).split(", ")]


def main():
    start(sys.argv[1])
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(cache, "assay", "vectors")
    if not all(os.path.isdir(os.path.join(folder, name)) for name in LEAST):
        print("skipped: no published vectors in %s; scripts/vectors fetches them" % folder)
        sys.exit(77)
    instances = variants() if sys.argv[2] == "native" else [sys.argv[2]]
    for name, least in LEAST.items():
        out = expect(0, "check", "--vectors", os.path.join(folder, name), "--instance", ",".join(instances)).stdout
        print(out[out.rindex("In all"):])
        for instance in instances:
            row = re.search(r"^%s +(.*)$" % re.escape(instance), out[out.rindex("In all"):], re.MULTILINE)
            passed, rejected, failed, known, unsupported, _ = [int(n) for n in row.group(1).split()]
            check(passed > 0 and rejected > 0 and failed == 0, "%s: %s" % (instance, row.group(0)))
            check(passed + rejected + known + unsupported >= least, "%s: %s: tests are missing" % (name, row.group(0)))


main()
