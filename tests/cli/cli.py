#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program assay as a person meets it: what it says, and with which exit code.

usage: cli.py BUILD [TEST...]"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import Run, assay, built, check, expect, start  # noqa: E402

VERBS = ["run", "check", "list", "show", "plot", "convert", "report", "compare", "history", "env", "tune", "gate",
         "calibrate", "plan", "scan", "drill"]
QUICK = ["--instance", "native,null", "--kernel", "^hash/sha256/(64|1350)/", "--rounds", "2", "--blocks", "2",
         "--min-time", "1ms"]
SKIP = 77


def refused(words, *arguments, code=2, **more):
    """Ends with the code, prints nothing, and the first line on stderr holds all the words."""
    done = expect(code, *arguments, **more)
    lines = done.stderr.splitlines()
    check(done.stdout == "", "assay %s prints although it refuses: %s" % (" ".join(arguments), done.stdout))
    check(lines and lines[0].startswith("assay"), "assay %s does not say who speaks: %s" % (arguments, lines))
    for word in words:
        check(word in lines[0], "assay %s: '%s' is not in '%s'" % (" ".join(arguments), word, lines[0]))
    hint = " ".join(lines[1:])  # a long verb's is broken
    check(not hint or (hint.startswith("Try `assay ") and hint.endswith("for more information.")),
          "assay %s says more than a line: %s" % (" ".join(arguments), done.stderr))


def test_help():
    for arguments in ([], ["--help"], ["-h"], ["help"]):
        text = expect(0, *arguments).stdout
        for verb in VERBS:
            # two blanks: help2man takes a word and one blank for running text
            check("\n  %s  " % verb in text, "the overview leaves out %s" % verb)
        check("assay run --quick" in text, "the overview has no example")
    for verb in VERBS:
        text = expect(0, verb, "--help").stdout
        check("Example" in text and "assay " + verb in text.split("Example", 1)[1],
              "assay %s --help has no example:\n%s" % (verb, text))
        # A command that argp has broken would be typed as two.
        for line in text.split("Example", 1)[1].split("\nExit:")[0].splitlines()[1:]:
            check(not line or line.startswith(("  ", "A line of")), "assay %s --help breaks an example: '%s'" % (verb, line))
        for other in (["help", verb], [verb, "-h"]):
            check(expect(0, *other).stdout == text, "assay %s is not assay %s --help" % (" ".join(other), verb))
    refused(["frobnicate", *VERBS], "help", "frobnicate")
    check(expect(0, "--version").stdout.startswith("assay "), "--version names no version")


def test_mistakes():
    refused(["frobnicate", *VERBS], "frobnicate")
    refused(["no-such", "native"], "run", "--instance", "no-such")
    refused(["'openssl-fips@nowhere'", "scripts/release nowhere"], "run", "--instance", "openssl-fips@nowhere")
    refused(["./no-such.so", "no such file"], "run", "--instance", "./no-such.so")
    refused(["native", "twice"], "run", "--instance", "native,native")
    for empty in ("", ",native", "native,", ":x"):
        refused(["has no name"], "run", "--instance", empty)
    refused(["instance 1", "UTF-8"], "run", "--instance", b"./\xff.so".decode("utf-8", "surrogateescape"))
    refused(["--kernel '('", "regular expression"], "run", "--kernel", "(")
    refused(["--vectors", "vectors are no cases"], "check", "--vectors", ".", "--services")
    refused(["no-such'; a module"], "run", "--instance", "no-such")
    refused(["--kernel 'zzz'", "matches no case", "assay list --cases"], "run", "--kernel", "zzz")
    refused(["--kernel 'zzz'", "matches no case"], "check", "--kernel", "zzz")
    refused(["--kernel 'zzz'", "matches no case"], "list", "--cases", "--kernel", "zzz")
    refused(["--full"], "run", "--kernel", "^keygen/rsa-2048/")
    for threads in ("0", "x", "1,x", "-1", "257", "99999999999999999999"):
        refused(["--threads", "1 to 256"], "run", "--threads", threads)
    refused(["--threads", "list of counts"], "run", "--threads", "")
    refused(["--threads", "2 twice"], "run", "--threads", "2,1,2")
    for bad in ("5", "x", "", "-1ms", "1us", "61s", "nanms", "20 ms"):
        refused(["--min-time '%s'" % bad, "20ms"], "run", "--min-time", bad)
    for option, most in (("--rounds", "10000"), ("--blocks", "1000"), ("--deadline", "86400")):
        for bad in ("0", "x", "", "1.5", "-1", str(int(most) + 1)):
            refused(["%s '%s'" % (option, bad), "from 1 to " + most], "run", option, bad)
    refused(["--seed '-1'"], "run", "--seed", "-1")
    for verb in ("run", "check", "list"):
        refused(["'extra'", "no argument"], verb, "extra")
    for verb in VERBS:
        refused(["--no-such-option"], verb, "--no-such-option")
    for verb in ("show", "plot", "convert"):
        refused(["name a run file"], verb)
        refused(["'b'", "one too many"], verb, "a", "b")
    refused(["--format gbench", "csv"], "convert", "a")
    refused(["--format 'xml'", "gbench", "csv"], "convert", "--format", "xml", "a")


def test_files():
    expect(0, "run", *QUICK, "--output", "a/new/folder/run.ndjson")
    path = "a/new/folder/run.ndjson"
    with open(path, "rb") as file:
        whole = file.read()
    lines = whole.split(b"\n")
    bad = {  # the file's bytes, and what is said about them
        "empty": (b"", ["is empty"]),
        "binary": (bytes(range(256)) * 20, [":1:", "no run file of assay"]),
        "foreign.json": (b'{"benchmarks":[]}\n', [":1:", "no run file of assay"]),
        "torn-head": (lines[0][:100], [":1:", "does not end"]),
        "rubbish-inside": (b"\n".join([lines[0], b"rubbish", *lines[1:]]), [":2:", "not JSON"]),
        "other-schema": (whole.replace(b'"schema":1', b'"schema":99', 1), [":1:", "schema 99"]),
    }
    for name, (data, words) in bad.items():
        with open(name, "wb") as file:
            file.write(data)
        for command in (["show"], ["plot"], ["convert", "--format", "csv"], ["run", "--resume"]):
            refused([name, *words], *command, name)
            with open(name, "rb") as file:
                check(file.read() == data, "%s was altered" % name)
    for command in (["show"], ["plot"], ["convert", "--format", "csv"], ["run", "--resume"]):
        refused(["nowhere.ndjson", "No such file"], *command, "nowhere.ndjson")
        refused([".: is a directory"], *command, ".")
        refused(["/dev/full: is not a regular file"], *command, "/dev/full")
    for field, old, new in (("rounds", b'"rounds":2', b'"rounds":0'), ("blocks", b'"blocks":2', b'"blocks":5000'),
                            ("min_time_ns", b'"min_time_ns":1000000', b'"min_time_ns":0')):
        with open("odd", "wb") as file:
            file.write(whole.replace(old, new, 1))
        refused(["odd", '"%s"' % field], "run", "--resume", "odd")
    for old, new, words in ((b"hash/sha256/64/", b"hash/md5/64/", ["'hash/md5/64/t1'", "sha256"]),
                            (b'"native"', b'"gone"', ["'gone'", "null"])):
        with open("odd", "wb") as file:
            file.write(whole.replace(old, new))
        refused(["odd", *words], "run", "--resume", "odd")
    refused(["--resume", "--rounds"], "run", "--resume", path, "--rounds", "3")
    refused(["--resume", "--instance"], "run", "--resume", path, "--instance", "native")
    # A run that is complete: nothing is measured again.
    expect(0, "run", "--resume", path)
    with open(path, "rb") as file:
        more = file.read()[len(whole):]
    check(b'"sample"' not in more and b'"library"' not in more, "a complete run was measured again: %s" % more)


def test_output():
    expect(0, "run", *QUICK, "--output", "run.ndjson")
    refused(["run.ndjson", "exists"], "run", *QUICK, "--output", "run.ndjson")
    refused(["run.ndjson/x", "Not a directory"], "run", *QUICK, "--output", "run.ndjson/x")
    refused(["--output"], "run", *QUICK, "--output", "")
    os.mkdir("closed", 0o555)
    if not os.access("closed", os.W_OK):  # else it is root who tests
        refused(["closed/x", "denied"], "run", *QUICK, "--output", "closed/x")
        refused(["closed/new/x", "denied"], "run", *QUICK, "--output", "closed/new/x")
        refused(["closed/new/x", "denied"], "convert", "-f", "csv", "run.ndjson", "--output", "closed/new/x")
    refused(["/proc/nowhere/x"], "run", *QUICK, "--output", "/proc/nowhere/x")
    refused(["/proc/nowhere"], "plot", "run.ndjson", "-o", "/proc/nowhere", code=1)
    refused(["/proc/nowhere"], "convert", "-f", "csv", "run.ndjson", "-o", "/proc/nowhere")
    with open("run.ndjson", "rb") as file:
        run = file.read()
    os.symlink("run.ndjson", "link.csv")
    for place in ("run.ndjson", "link.csv"):
        refused([place, "not overwritten"], "convert", "-f", "csv", "run.ndjson", "-o", place)
        refused(["--output " + place, "not overwritten"], "calibrate", "--output", place, "--gates", "1")
        refused(["--output " + place, "not overwritten"], "tune", "--output", place)
    with open("run.ndjson", "rb") as file:
        check(file.read() == run, "a run file was overwritten")
    # Into a pipe, not in its place.
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        expect(0, "convert", "-f", "csv", "run.ndjson", "-o", "pipe")
        check(reader.communicate()[0] == expect(0, "convert", "-f", "csv", "run.ndjson").stdout, "not all went through")
    # By default, in results/runs.
    expect(0, "run", *QUICK)
    check(len(os.listdir("results/runs")) == 1, "no file in results/runs")
    for arguments in (["--help"], ["env"], ["list", "--kernels"], ["show", "run.ndjson"],
                      ["convert", "-f", "csv", "run.ndjson"], ["convert", "-f", "gbench", "run.ndjson"],
                      ["check", "--instance", "native", "--kernel", "^hash/sha256/64/"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([os.path.join(harness.BUILD, "assay"), *arguments], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        check(done.returncode == 1 and "No space left" in done.stderr,
              "assay %s > /dev/full: %d, %s" % (" ".join(arguments), done.returncode, done.stderr))


def test_full_disk():
    """A run file that may not grow beyond a few records: told, whole but for its last line, and resumed."""
    expect(0, "run", *QUICK, "--output", "first.ndjson")
    with open("first.ndjson", "rb") as file:
        room = file.readline() + b"x" * 1500

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(room), resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

    refused(["full.ndjson", "File too large"], "run", *QUICK, "--output", "full.ndjson", code=1, preexec_fn=limit)
    run = Run("full.ndjson", torn_ok=True)
    check(os.path.getsize("full.ndjson") == len(room) and run.torn, "the disk was not full")
    expect(0, "run", "--resume", "full.ndjson")
    Run("full.ndjson").whole()


def test_list():
    kernels = expect(0, "list", "--kernels").stdout.split()
    check("aead.seal" in kernels and "tls.handshake" in kernels and len(set(kernels)) == len(kernels),
          "list --kernels: %s" % kernels)
    cases = expect(0, "list", "--cases").stdout.split()
    check({c.split("/")[0] for c in cases} == set(kernels), "cases and kernels do not match")
    check(len(set(cases)) == len(cases) and all(c.endswith("/t1") for c in cases), "cases are not as they should be")
    some = expect(0, "list", "--cases", "--kernel", "^hash/", "--threads", "1,2").stdout.split()
    check(sorted(some) == sorted(c[:-1] + t for c in cases if c.startswith("hash/") for t in "12"),
          "list --cases --kernel --threads: %s" % some)
    for which in ([], ["--kernels"]):
        some = expect(0, "list", *which, "--kernel", "^hkdf", "--instance", "null").stdout.splitlines()
        check([line.split()[0] for line in some if line.startswith("hkdf")] ==
              [k for k in kernels if k.startswith("hkdf")] and not any(line.startswith("hash") for line in some),
              "list --kernel leaves kernels out, or names others: %s" % some)
    refused(["--kernel 'zzz'", "matches no case"], "list", "--kernel", "zzz")
    some = expect(0, "list", "--cases", "--services").stdout.split()
    check(some and set(some) < set(cases) and not any(c.startswith("aead.") for c in some),
          "list --services does not choose the cases of services: %s" % some)
    check(json.loads(expect(0, "list", "--cases", "--json").stdout)["cases"] == cases, "--json names other cases")
    for kernel in json.loads(expect(0, "list", "--kernels", "--json").stdout)["kernels"]:
        check(kernel["kernel"] in kernels and kernel["summary"] and kernel["source"], "a kernel lacks text: %s" % kernel)
    for instance in json.loads(expect(0, "list", "--instances", "--json").stdout)["instances"]:
        check(built(instance["instance"]) or instance["instance"] == "openssl-plain", "%s is not of this build" % instance["instance"])
        check(instance["library"] and instance["version"] and os.path.exists(instance["path"]),
              "an instance lacks its identity: %s" % instance)
    text = expect(0, "list", "--instances").stdout
    check("native" in text and "assay-backend-native.so" in text, "list --instances: " + text)
    text = expect(1, "list", "--instances", "--instance", harness.BUILD + "/tests/faults/odd-abi.so").stdout
    check("cannot be loaded" in text and "speaks ABI 42" in text, "an instance that cannot be loaded: " + text)
    env = json.loads(expect(0, "env").stdout)
    check(env["machine"]["cpu"] and env["assay"]["version"] and env["build"]["compiler"], "assay env: %s" % env)


def test_dry_run():
    done = expect(0, "run", *QUICK, "--dry-run", "--output", "none.ndjson")
    for case in ("hash/sha256/64/t1@native", "hash/sha256/64/t1@null", "hash/sha256/1350/t1@native",
                 "hash/sha256/1350/t1@null"):
        check(case in done.stdout.splitlines(), "--dry-run leaves out %s: %s" % (case, done.stdout))
    check("2 cases on 2 instances, 2 rounds of 2 blocks" in done.stdout, "--dry-run does not sum up: " + done.stdout)
    check(not os.path.exists("none.ndjson") and not os.path.exists("results"), "--dry-run wrote a file")


def test_run():
    done = expect(0, "run", *QUICK, "--output", "run.ndjson")
    check("sha256 64 B" in done.stdout and "run file: run.ndjson" in done.stdout, "the table: " + done.stdout)
    check(done.stderr == "", "progress, though stderr is no terminal: " + done.stderr)
    run = Run("run.ndjson")
    run.whole()
    check(run.header["instances"] == ["native", "null"] and run.end["complete"] and not run.end["interrupted"],
          "header or end: %s %s" % (run.header, run.end))
    text = json.dumps(run.records)
    for secret in (os.uname().nodename, os.environ.get("USER")):
        check(not secret or len(secret) < 4 or secret not in text, "the run file holds the name %s" % secret)
    check(expect(0, "show", "run.ndjson").stdout.splitlines()[3:] == done.stdout.splitlines()[3:-2],
          "show prints another table than run")


def test_threads():
    expect(0, "run", *QUICK, "--threads", "1,2", "--output", "run.ndjson")
    run = Run("run.ndjson")
    run.whole()
    check(sorted(run.header["cases"]) == sorted("hash/sha256/%s/t%d" % (size, t) for size in ("64", "1350") for t in (1, 2)),
          "cases: %s" % run.header["cases"])
    two = run.cells["hash/sha256/64/t2", "native"]
    if len(os.sched_getaffinity(0)) < 2:
        check(two["status"] == "unsupported" and "1 CPUs" in two["reason"], "two threads on one CPU: %s" % two)
        return
    each = {c["round"]: c["iterations"] for c in run.of("cell")
            if (c["case"], c["instance"], c["status"]) == ("hash/sha256/64/t2", "native", "proved")}
    for sample in run.taken("hash/sha256/64/t2", "native"):
        check(sample["iterations"] == 2 * each[sample["round"]], "a sample of two threads: %s of %s" % (sample, each))
    done = expect(0, "check", "--instance", "native", "--kernel", "^hash/sha256/64/", "--threads", "1,2")
    check("2 proved, 0 unsupported" in done.stdout, "check with two threads: " + done.stdout)


def fault():
    path = harness.BUILD + "/tests/faults/fault.so"
    if not os.path.exists(path):
        sys.exit(SKIP)
    return path


def test_check():
    some = ["--kernel", "^aead.seal/aes-256-gcm/(64|1350)/"]
    services = expect(0, "list", "--cases", "--services").stdout.split()
    done = expect(0, "check", "--instance", "native", "--services")
    told = sum(int(n) for n in re.findall(r"(\d+) (?:proved|unsupported)", done.stdout.splitlines()[0]))
    check(told == len(services), "check --services: %d cases, not %d: %s" % (told, len(services), done.stdout))
    done = expect(0, "check", "--instance", "native,null", *some)
    check("native         2 proved, 0 unsupported, 0 refused, 0 failed" in done.stdout, "check: " + done.stdout)
    check("exempt from proof" in done.stdout, "check does not say that null is a probe: " + done.stdout)
    name = fault()
    for options, code in (("fault=none", 0), ("fault=crash:size=64", 1), ("fault=flip:size=1350", 3)):
        done = expect(code, "check", "--instance", "native,%s:%s" % (name, options), *some)
        check("native         2 proved" in done.stdout, "check beside %s: %s" % (options, done.stdout))
        check(("1 refused" in done.stdout) == (code == 3) and ("1 failed" in done.stdout) == (code == 1),
              "check of %s: %s" % (options, done.stdout))
    expect(3, "check", "--instance", "%s:fault=crash:size=64,%s:fault=flip:size=1350" % (name, name), *some)
    done = expect(0, "check", "--instance", "null", "--kernel", "^hkdf/sha256/32/")
    check(not os.listdir("."), "check leaves files: %s" % os.listdir("."))


def test_modules():
    """A module from elsewhere: by its path, from ASSAY_BACKEND_PATH, from the user's folder."""
    name, some = fault(), ["--kernel", "^hash/sha256/64/"]
    os.makedirs("mine")
    os.makedirs("data/assay/backends")
    shutil.copy(name, "mine/assay-backend-mine.so")
    shutil.copy(name, "data/assay/backends/assay-backend-users.so")
    instance = "./mine/assay-backend-mine.so:fault=none"
    expect(0, "run", *QUICK[4:], *some, "--instance", "native," + instance, "--output", "run.ndjson")
    Run("run.ndjson").measured("hash/sha256/64/t1", instance)
    refused(["no instance 'mine'"], "check", "--instance", "mine:fault=none", *some)
    env = dict(os.environ, ASSAY_BACKEND_PATH="/no/such/folder:mine", XDG_DATA_HOME=os.path.abspath("data"))
    for one in ("mine", "users"):
        done = expect(0, "check", "--instance", one + ":fault=none", *some, env=env)
        check("1 proved" in done.stdout, "check of %s: %s" % (one, done.stdout))
    listed = json.loads(expect(1, "list", "--instances", "--json", env=env).stdout)["instances"]
    mine = [i for i in listed if i["instance"] in ("mine", "users")]
    check(len(mine) == 2 and all("fault module" in i["error"] for i in mine), "list of all: %s" % listed)
    check(os.path.isabs(mine[0]["module"]), "a module's path is not absolute: %s" % mine[0])


def wait_for_samples(path, count, process):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        check(process.poll() is None, "the run ended by itself")
        if os.path.exists(path):
            with open(path, "rb") as file:
                if file.read().count(b'"sample"') >= count:
                    return
        time.sleep(0.005)
    check(False, "no samples within a minute")


def test_interrupt():
    """Ctrl-C, or a polite kill: the sample in hand is finished, the file is whole, and --resume goes on."""
    command = ["run", *QUICK[:4], "--rounds", "3", "--blocks", "4", "--min-time", "20ms"]
    for number, name in ((signal.SIGINT, "int.ndjson"), (signal.SIGTERM, "term.ndjson")):
        process = subprocess.Popen([os.path.join(harness.BUILD, "assay"), *command, "--output", name],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for_samples(name, 5, process)
        process.send_signal(number)
        time.sleep(0.02)
        process.send_signal(number)  # as timeout(1) does, to the program and to its group
        out, err = process.communicate(timeout=60)
        check(process.returncode == 1, "exit code %d after signal %d: %s%s" % (process.returncode, number, out, err))
        check("assay run --resume " + name in out, "it does not say how to go on: " + out)
        run = Run(name)
        run.follow_schema()
        check(run.end and run.end["interrupted"] and not run.end["complete"], "the end: %s" % run.end)
        check(5 <= len(run.samples) < 48, "%d samples" % len(run.samples))
        expect(0, "show", name)
        expect(0, "run", "--resume", name)
        run = Run(name)
        run.whole()
        check(run.end["complete"] and not run.end["interrupted"], "the end after --resume: %s" % run.end)
    # Who cannot wait for the sample in hand says so again.
    process = subprocess.Popen([os.path.join(harness.BUILD, "assay"), *command[:-1], "20s", "--output", "again.ndjson"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not os.path.exists("again.ndjson"):
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    check(process.wait(timeout=15) == -signal.SIGINT, "a second Ctrl-C: %s" % process.returncode)


def test_resume_verdict():
    """What was refused or failed before the interruption still counts after it."""
    expect(3, "run", "--instance", "native,%s:fault=flip:size=1350" % fault(), "--kernel",
           "^aead.seal/aes-256-gcm/(64|1350)/", *QUICK[4:], "--output", "whole.ndjson")
    with open("whole.ndjson", "rb") as file:
        lines = file.readlines()
    refusal = next(i for i, line in enumerate(lines) if b'"refused"' in line)
    with open("cut.ndjson", "wb") as file:
        file.write(b"".join(lines[:refusal + 3]).replace(b"fault=flip:size=1350", b"fault=none"))  # it has reformed since
    expect(3, "run", "--resume", "cut.ndjson")
    run = Run("cut.ndjson")
    case, instance = "aead.seal/aes-256-gcm/1350/t1", run.header["instances"][1]
    check(run.cells[case, instance]["status"] == "refused" and not run.taken(case, instance),
          "what had been refused was tried again: %s" % run.cells[case, instance])
    for case in run.header["cases"]:
        run.measured(case, "native")


def loaded(*words, code=0, instance="native", **variables):
    """What `assay list` says of an instance in this environment holds all the words; and returns it."""
    text = expect(code, "list", "--instances", "--instance", instance, env=dict(os.environ, **variables)).stdout
    for word in words:
        check(word in text, "native with %s: '%s' is not in '%s'" % (variables, word, text))
    return text


def check_sum(**more):
    """Of the profile that is in force."""
    return loaded(", profile ", **more).split(", profile ", 1)[1][:8]


def test_profile():
    """A profile of native: from the user's folder, a variable or an option; refused, with its line, if it is not right."""
    other = "cpu = Maker family 1 model 2 stepping 3\ntier = portable\n"
    home = os.path.abspath("config")
    os.makedirs(home + "/assay")

    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    write(home + "/assay/native.profile", other)
    text = loaded("native.profile:1:", "another CPU model", "ASSAY_PROFILE=none", code=1, XDG_CONFIG_HOME=home)
    cpu = text.split("this one is ", 1)[1].split(";", 1)[0]
    tier = loaded("variant ").split("variant ", 1)[1].split(",", 1)[0].split("\n", 1)[0]
    for ignored in ("none", ""):
        check(", profile" not in loaded(XDG_CONFIG_HOME=home, ASSAY_PROFILE=ignored), "the profile was not ignored")
    check(", profile" not in loaded(instance="native:profile=none", XDG_CONFIG_HOME=home), "nor by the option")
    head = "cpu = %s\ntier = %s\n" % (cpu, tier)
    write(home + "/assay/native.profile", head + "gcm-reduction = 64\n")
    own = check_sum(XDG_CONFIG_HOME=home)
    write("mine", head + "gcm-reduction = 32\n")
    mine = check_sum(XDG_CONFIG_HOME=home, ASSAY_PROFILE="mine")
    check(mine != own, "two profiles have one check sum")
    check(check_sum(instance="native:profile=mine", XDG_CONFIG_HOME=home, ASSAY_PROFILE="none") == mine,
          "the option does not come first")
    write("elsewhere", head.replace("tier = " + tier, "tier = portable"))
    if tier != "portable":
        check(", profile" not in loaded(ASSAY_PROFILE="elsewhere"), "a profile of another tier holds")
    for text, words in ((head + "gcm-reduction = 999\n", ["bad:3:", "from 1 to 128"]),
                        (head + "speed = 9\n", ["bad:3:", "'speed' is no parameter"]),
                        ("tier = %s\n" % tier, ["bad:1:", "ends without"])):
        write("bad", text)
        loaded(*words, code=1, ASSAY_PROFILE="bad")
    loaded("nowhere:0: No such file", code=1, ASSAY_PROFILE="nowhere")
    loaded("gcm-reduction wants", "not 'x'", code=1, instance="native:gcm-reduction=x")
    loaded("no option speed", "gcm-reduction", code=1, instance="native:speed=9")
    expect(0, "run", *QUICK, "--output", "run.ndjson", env=dict(os.environ, ASSAY_PROFILE="mine"))
    versions = [r["version"] for r in Run("run.ndjson").records if r["type"] == "instance" and r["instance"] == "native"]
    check(versions and all(", profile " in v for v in versions), "the run does not tell the profile: %s" % versions)


def test_tune():
    for words, more in ((["openssl has nothing to tune"], ["--instance", "openssl"]),
                        (["more than one"], ["--instance", "native,null"]), (["'extra'"], ["extra"]),
                        (["no option speed"], ["--instance", "native:speed=1", "--dry-run"]),
                        (["--rounds '2'", "from 3"], ["--rounds", "2"]), (["--kernel '('"], ["--kernel", "("]),
                        (["--kernel '^sign'", "none of the cases"], ["--kernel", "^sign"]),
                        (["--kernel 'zzz'", "none of the cases"], ["--kernel", "zzz", "--dry-run"]),
                        (["--output ''"], ["--output", ""]),
                        (["--output /dev/null/profile: Not a directory"], ["--output", "/dev/null/profile"])):
        if built("openssl") or "openssl" not in more:
            refused(words, "tune", *more, code=1 if "native:speed=1" in more else 2)
    listed = expect(0, "tune", "--dry-run").stdout
    for word in ("gcm-vectors", "gcm-reduction", "lanes-from", "segment", "now ", "candidates", " s on a quiet machine"):
        check(word in listed, "--dry-run leaves out '%s': %s" % (word, listed))
    home = {"env": dict(os.environ, XDG_CONFIG_HOME=os.path.abspath("config"))}
    expect(2, "tune", "--kernel", "no-such-case", **home)
    check(not os.path.exists("config"), "nothing was measured, and something written")


def tune_until_confirmed(code, *arguments, **more):
    """A gain that is not confirmed writes nothing; on a machine too busy to confirm any there is nothing to test."""
    for _ in range(4):
        done = assay("tune", *arguments, **more)
        if done.returncode == code:
            return done
        check(done.returncode == 4 and "no profile is written" in done.stdout, "tune: %s%s" % (done.stdout, done.stderr))
    sys.exit(SKIP)


def test_tune_writes():
    """Where a gain shows, which takes a release build."""
    home = {"env": dict(os.environ, XDG_CONFIG_HOME=os.path.abspath("config"))}
    listed = expect(0, "tune", "--dry-run").stdout
    if "17" not in listed.split("lanes-from", 1)[1].split("\n")[1]:
        sys.exit(SKIP)  # no lanes on this CPU, so no parameter whose effect shows on any machine
    # Never in lanes is a bad value by far; the best is found, proved better, and loaded from then on.
    bad = ["--instance", "native:lanes-from=17", "--kernel", "batch/sha256/.*/b16", "--rounds", "3"]
    done = tune_until_confirmed(0, *bad, **home)
    path = "config/assay/native.profile"
    check(os.listdir("config/assay") == ["native.profile"], "not the profile alone: %s" % os.listdir("config/assay"))
    with open(path, encoding="utf-8") as file:
        profile = file.read()
    check("\nlanes-from = " in profile and profile in done.stdout and "before" in done.stdout and "after" in done.stdout,
          "tune does not show what it wrote: %s\n%s" % (done.stdout, profile))
    loaded(", profile ", **{"XDG_CONFIG_HOME": os.path.abspath("config")})
    os.chmod(path, 0o400)
    tune_until_confirmed(0, *bad, **home)  # by rename, and whatever was there before


def main(build, *names):
    start(build)
    tests = {k[5:]: v for k, v in globals().items() if k.startswith("test_")}
    for name in names or tests:
        with tempfile.TemporaryDirectory() as work:
            os.chdir(work)
            tests[name]()
            os.chdir("/")
        print("ok", name)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
