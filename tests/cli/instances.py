#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""instances.yaml from outside: what it can set, what is wrong with it, and a hundred broken ones.

usage: instances.py BUILD"""
import json
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import Run, assay, check, expect, start  # noqa: E402

GOOD = """# a comment
instances:
  - name: slow
    module: native
    options:
      - variant=portable
    environment: ["ASSAY_TEST_SAID=~/x"]
  - name: mine
    module: %s
    prefix: /nowhere
"""


def write(work, text):
    path = os.path.join(work, "instances.yaml")
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return path


def refused(path, line, words, instance="slow"):
    done = expect(2, "list", "--config", path, "--instances", "--instance", instance)
    check(("%s:%d: " % (path, line)) in done.stderr, "line %d is not named: %s" % (line, done.stderr))
    for word in words:
        check(word in done.stderr, "'%s' is not in '%s'" % (word, done.stderr))


def test_good(work):
    path = write(work, GOOD % os.path.join(harness.BUILD, "backends/assay-backend-null.so"))
    told = json.loads(expect(0, "list", "--config", path, "--instances", "--json", "--instance", "slow,mine").stdout)
    slow, mine = told["instances"]
    check(slow["variant"] == "portable" and slow["library"] == "assay native", "options are not passed: %s" % slow)
    check(mine["library"] == "null", "a module by its path: %s" % mine)
    run = os.path.join(work, "run.ndjson")
    expect(0, "run", "--config", path, "--instance", "native,slow", "--kernel", "^hash/sha256/64/", "--rounds", "1",
           "--blocks", "1", "--min-time", "1ms", "--output", run)
    record = [r for r in Run(run).of("instance") if r["instance"] == "slow"][0]
    check(record["environment"] == {"ASSAY_TEST_SAID": "~/x"}, "the environment is not recorded: %s" % record)
    names = expect(0, "list", "--config", path, "--instances", "--instance", "slow").stdout
    check("FIPS asked: no, active: no" in names, "FIPS is not told: " + names)
    config = os.path.join(work, "config/assay")
    os.makedirs(config)
    os.rename(path, os.path.join(config, "instances.yaml"))
    os.environ["XDG_CONFIG_HOME"] = os.path.join(work, "config")
    check("slow" in expect(0, "list", "--instances").stdout, "a file in XDG_CONFIG_HOME is not found")
    os.environ["XDG_CONFIG_HOME"] = work


def test_loader(work):
    """A worker under a loader that is named: here the system's own, as another release's would be."""
    loaders = [p for p in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1") if os.path.exists(p)]
    if not loaders:
        return
    path = write(work, "instances:\n  - {name: foreign, module: native, prefix: %s, loader: '${prefix}/%s', libraries: "
                 "/no/such}\n" % os.path.split(loaders[0]))
    told = json.loads(expect(0, "list", "--config", path, "--instances", "--json", "--instance", "foreign").stdout)
    check(told["instances"][0]["library"] == "assay native", "%s" % told)
    told = expect(0, "check", "--config", path, "--instance", "foreign", "--kernel", "^hash/sha256/64/").stdout
    check("1 proved" in told, told)


def test_versions(work):
    """FIPS of one version beside stock of another is told not to be the cost of FIPS; of the same, it is not."""
    path = os.path.join(work, "versions.ndjson")
    expect(0, "run", "--instance", "native,native:portable", "--kernel", "^hash/sha256/64/", "--rounds", "1", "--blocks",
           "1", "--min-time", "1ms", "--output", path)
    with open(path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    for version, warned in (("3.5.9", True), ("3.0.19", False)):
        for r in records:
            if r["type"] == "instance":
                fips = r["instance"] == "native"
                r.update(library="OpenSSL", version="3.0.19", fips_active=fips, fips_asked=fips,
                         provider="fips " + version if fips else "default 3.0.19")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(r) + "\n" for r in records)
        told = " ".join(expect(0, "show", path).stdout.split())
        check(("newer code is not the cost of FIPS" in told) == warned, "FIPS %s beside stock 3.0.19: %s" % (version, told))


def test_mistakes(work):
    head = "instances:\n  - name: slow\n    module: native\n"
    for text, line, words in (
            (head + "    modul: x\n", 4, ["Unexpected key: modul", "valid keys: name, module, prefix, loader"]),
            ("instance:\n  - name: slow\n", 1, ["Unexpected key: instance", "valid keys: instances"]),
            ("instances:\n  - module: native\n", 2, ["name"]),
            ("instances: 3\n", 1, ["instances", "SEQUENCE"]),
            (head + "    options: [portable]\n", 4, ["options", "NAME=VALUE"]),
            (head + "    environment: [=x]\n", 4, ["environment", "NAME=VALUE"]),
            (head + "    libraries: /x\n", 4, ["libraries", "loader"]),
            (head + "    loader: /no/such\n", 4, ["loader", "no such program"]),
            (head + "  - name: slow\n    module: native\n", 2, ["twice"]),
            ("instances:\n  - name: slow\n    module: no-such\n", 3, ["no-such", "native"]),
            ("instances:\n  - name: slow\n    module: ./no-such.so\n", 3, ["no such file"]),
            ("instances:\n  - name: a/b\n    module: native\n", 2, ["slash"]),
            (head + "   bad indent: [\n", 4, []),
            ("", 1, ["no keys"]),
            ("instances: [{name: a, module: &x native}, {name: b, module: *x}]\n", 1, ["lias"])):
        refused(write(work, text), line, words)
    missing = os.path.join(work, "missing.yaml")
    check(missing in expect(2, "list", "--config", missing, "--instances").stderr, "a missing file is not named")
    done = expect(2, "run", "--config", write(work, head), "--instance", "zzz")
    check("zzz" in done.stderr and "slow" in done.stderr, "the valid names leave out those of the file")


def broken(random_, good):
    """One of the ways in which a file gets broken."""
    lines = good.split("\n")
    way = random_.randrange(7)
    at = random_.randrange(1, len(lines))
    if way == 0:
        lines[at] = lines[at] + random_.choice([": :", " [", " {", "\t- x", " *a", " !!x", ' "'])
    elif way == 1:
        lines.insert(at, random_.choice(["  x: y", "}", "- ", "    name: [1, 2]", "\x01", "%YAML 9.9", "..."]))
    elif way == 2:
        return good[:random_.randrange(12, len(good) - 60)] + random_.choice(["[", "{a: ", '"', "\x00"])
    elif way == 3:
        lines[at] = "".join(chr(random_.randrange(1, 300)) for _ in range(random_.randrange(1, 40)))
    elif way == 4:
        return good.replace("module", random_.choice(["modul", "Module", "module module", "m" * 5000]), 1)
    elif way == 5:
        return good.replace("slow", random_.choice(["a,b", "x" * 65, "[]", "{}", "null", "a b"]), 1)
    else:
        return "[" * random_.randrange(1, 20000)
    return "\n".join(lines)


def test_broken(work):
    """100 of them: no crash, no hang, and what is refused is refused with file and line."""
    random_ = random.Random(4)
    good = GOOD % "native"
    told = 0
    for i in range(100):
        path = write(work, broken(random_, good))
        done = assay("list", "--config", path, "--instances", "--instance", "slow", timeout=20)
        check(done.returncode in (0, 2), "file %d: exit code %d: %s" % (i, done.returncode, done.stderr))
        if done.returncode == 2 and "no instance 'slow'" not in done.stderr:
            told += 1
            check(re.search(re.escape(path) + r":\d+: ", done.stderr), "file %d: no place: %s" % (i, done.stderr))
    check(told > 70, "only %d of 100 broken files were refused" % told)


def main(build):
    start(build)
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CONFIG_HOME"] = work
        test_good(work)
        test_loader(work)
        test_versions(work)
        os.environ["XDG_CONFIG_HOME"] = os.path.join(work, "no-such-folder")
        test_mistakes(work)
        test_broken(work)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
