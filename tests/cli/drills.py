#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay drill: every drill passes, and fails when its safeguard is taken out; its file, and what a person types wrong.

usage: drills.py BUILD SOURCE"""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness
from harness import assay, built, check, expect, start

BACKENDS = ("openssl", "native", "sodium", "boringssl")


def names():
    """The drills, as assay lists them."""
    listed = expect(0, "drill").stdout.splitlines()
    check(listed == expect(0, "drill", "--list").stdout.splitlines(), "a list differs from the other")
    found = [line.split()[0] for line in listed if not line.startswith(" ")]
    check(len(found) == sum("safeguard: " in line for line in listed) and found, "a drill has no safeguard: %s" % listed)
    return found


def with_companions():
    """Those of them that take any."""
    name, found = None, set()
    for line in expect(0, "drill").stdout.splitlines():
        name = name if line.startswith(" ") else line.split()[0]
        if line.strip().startswith("companions:"):
            found.add(name)
    check(found, "no drill takes companions")
    return found


def records(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def follow_schema(path, source):
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return
    with open(os.path.join(source, "results/schema/drill.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    for record in records(path):
        for error in Draft202012Validator(schema).iter_errors(record):
            harness.fail("%s is not as the schema says: %s" % (record, error.message))


def file_is_whole(path, source, safeguard):
    all_records = records(path)
    first, last = all_records[0], all_records[-1]
    check(first["type"] == "drills" and first["machine"]["cpu"] and first["with_safeguard"] is safeguard, first)
    check(last["type"] == "end" and last["complete"] is True, last)
    follow_schema(path, source)
    loaded = {r["instance"] for r in all_records if r["type"] == "instance" and r.get("version")}
    check(loaded == set(first["instances"]), "instances told: %s of %s" % (loaded, first["instances"]))
    drilled = [r for r in all_records if r["type"] == "drill"]
    check([(r["drill"], r["instance"]) for r in drilled] ==
          [(d, i) for d in first["drills"] for i in first["instances"]], "not every drill has a record: %s" % drilled)
    return drilled


def every_drill_twice(scratch, source, backends, more):
    """With its safeguard and without. more: instances with companions, for drills that take any."""
    for name in names():
        instances = backends + (more if name in with_companions() else [])
        path = os.path.join(scratch, name + ".ndjson")
        done = expect(0, "drill", name, "--instance", ",".join(instances), "-o", path)
        with_it = file_is_whole(path, source, True)
        shown = expect(0, "drill", "--show", path).stdout
        check(shown.strip() and shown in done.stdout, "--show shows another thing:\n%s\n%s" % (shown, done.stdout))
        path = os.path.join(scratch, name + "-without.ndjson")
        expect(1, "drill", name, "--instance", ",".join(instances), "--without-safeguard", "-o", path)
        without = file_is_whole(path, source, False)
        for a, b in zip(with_it, without):
            where = "%s on %s" % (name, a["instance"])
            if a["status"] == "unsupported":
                check(a["reason"].strip() and b["status"] == "unsupported", "%s: %s" % (where, b))
                continue
            check(a["status"] == "passed" and a["wrong"] == 0 and a["served"] > 0, "%s: %s" % (where, a))
            check(a["detect_ns"] >= 0 and a["recover_ns"] >= 0 and len(a["steps"]) >= 4, "%s: %s" % (where, a))
            check(b["status"] == "failed" and b["reason"].strip(), "%s without its safeguard: %s" % (where, b))
        check(any(r["status"] == "passed" for r in with_it), "%s ran nowhere" % name)


def typed_wrong(scratch):
    known = names()
    done = expect(2, "drill", "no-such-drill")
    check(all(name in done.stderr for name in known), "valid names are not told: " + done.stderr)
    expect(2, "drill", "--without-safeguard")
    expect(2, "drill", known[0], "--list")
    expect(2, "drill", known[0], "--show", "file")
    run = os.path.join(scratch, "a-run.ndjson")
    expect(0, "run", "--instance", "null", "--kernel", "^hash/sha256/64/", "--rounds", "1", "--min-time", "1ms", "--output", run)
    check("assay show" in expect(2, "drill", "--show", run).stderr, "what prints a run file is not told")
    expect(2, "drill", known[0], "--instance", "no-such-module")
    expect(2, "drill", known[0], "--deadline", "0")
    taken = os.path.join(scratch, "taken")
    with open(taken, "w", encoding="utf-8") as file:
        file.write("mine\n")
    expect(2, "drill", known[0], "-o", taken)
    with open(taken, encoding="utf-8") as file:
        check(file.read() == "mine\n", "a file that was there was written to")
    nowhere = expect(1, "drill", "all", "--instance", "null", "-o", os.path.join(scratch, "null.ndjson"))
    check("ran on no instance" in nowhere.stdout, nowhere.stdout)


def broken_files(scratch):
    good = os.path.join(scratch, "store-down.ndjson")
    with open(good, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    drill = next(i for i, line in enumerate(lines) if json.loads(line)["type"] == "drill")

    def shown(code, content):
        path = os.path.join(scratch, "broken.ndjson")
        with open(path, "wb") as file:
            file.write(content)
        return expect(code, "drill", "--show", path)

    def altered(**fields):
        record = json.loads(lines[drill])
        record.update(fields)
        return b"".join(lines[:drill]) + json.dumps(record).encode() + b"\n" + b"".join(lines[drill + 1:])

    for content in (b"", b"\0" * 4096, b"[]\n", b'{"type":"run","schema":1}\n', lines[0] + b"rubbish\n", lines[0] * 2,
                    altered(status="good"), altered(steps=[1]), altered(steps=7), altered(detect_ns=-1), altered(served="x"),
                    altered(drill=None), altered(with_safeguard="yes"), lines[0].replace(b'"schema":1', b'"schema":2')):
        said = shown(2, content).stderr
        check(said.startswith("assay: ") and "broken.ndjson" in said, said)
    torn = shown(0, b"".join(lines)[:-20])
    check("stopped, or are under way" in torn.stdout and "store-down" in torn.stdout, torn.stdout)
    hostile = shown(0, altered(reason="\x1b[2J", drill="\x1b]0;x\x07"))
    check("\x1b" not in hostile.stdout and "\x07" not in hostile.stdout, repr(hostile.stdout))
    shown(0, b"".join(lines[:-1]) + b'{"type":"later","x":1}\n' + lines[-1])
    expect(2, "drill", "--show", os.path.join(scratch, "absent"))


def not_carried_out(scratch):
    """A module that cannot be loaded, crashes, hangs or fails says nothing about a safeguard, and is no pass."""
    module = os.path.join(scratch, "no-module.so")
    with open(module, "w", encoding="utf-8") as file:
        file.write("rubbish")
    fault = os.path.join(harness.BUILD, "tests/faults/fault.so")
    told = {module: "cannot be loaded"}
    if os.path.exists(fault):
        told.update({fault + ":fault=crash:size=64": "signal", fault + ":fault=hang:size=64": "deadline"})
    for instance, says in told.items():
        path = os.path.join(scratch, "fault-%s.ndjson" % says)
        expect(1, "drill", "kms-outage", "--instance", instance, "--deadline", "2", "-o", path)
        drilled = [r for r in records(path) if r["type"] == "drill"]
        check(drilled[0]["status"] == "error" and says in drilled[0]["reason"], drilled)


def default_file(scratch):
    done = assay("drill", "store-down", "--instance", "native" if built("native") else "openssl", cwd=scratch)
    check(done.returncode == 0, done.stdout + done.stderr)
    path = done.stdout.split("drill file: ")[1].strip()
    check(path.startswith("results/drills/") and records(os.path.join(scratch, path))[0]["type"] == "drills", path)


def main():
    start(sys.argv[1])
    more = []
    if built("openssl"):
        more.append("openssl+sqlite")
    if built("native") and shutil.which("softhsm2-util") and os.path.exists(harness.BUILD + "/companions/assay-companion"):
        more.append("native+softhsm")
    with tempfile.TemporaryDirectory() as scratch:
        every_drill_twice(scratch, sys.argv[2], [b for b in BACKENDS if built(b)], more)
        typed_wrong(scratch)
        broken_files(scratch)
        not_carried_out(scratch)
        default_file(scratch)


if __name__ == "__main__":
    main()
