#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay-worker by itself: what it answers to good and to senseless commands, and how it runs one case alone.

usage: worker.py BUILD"""
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import built, check, start  # noqa: E402

CASE = "hash/sha256/64/t1"


class Worker:
    def __init__(self, backend="native"):
        mine, theirs = socket.socketpair()
        self.process = subprocess.Popen([harness.BUILD + "/assay-worker", "--module",
                                         "%s/backends/assay-backend-%s.so" % (harness.BUILD, backend), "--fd",
                                         str(theirs.fileno())], pass_fds=[theirs.fileno()])
        theirs.close()
        mine.settimeout(60)
        self.socket = mine
        self.file = mine.makefile("rwb", buffering=0)
        self.number = 0
        self.hello = self.receive()

    def receive(self):
        line = self.file.readline()
        check(line.endswith(b"\n"), "the worker left: %s" % line)
        return json.loads(line)

    def ask(self, cmd, **more):
        self.number += 1
        self.file.write(json.dumps({"cmd": cmd, "id": self.number, **more}).encode() + b"\n")
        reply = self.receive()
        check(reply.pop("id") == self.number, "the answer to %s has another number" % cmd)
        return reply

    def good(self, cmd, **more):
        reply = self.ask(cmd, **more)
        check(reply["ok"] is True, "%s %s: %s" % (cmd, more, reply))
        return reply

    def bad(self, words, cmd, verdict="failed", **more):
        reply = self.ask(cmd, **more)
        check(reply["ok"] is False and reply["verdict"] == verdict and words in reply["reason"],
              "%s %s: %s, not '%s'" % (cmd, more, reply, words))

    def left(self):
        """It ends by itself, with 0, having closed its end."""
        check(self.file.readline() == b"", "the worker says more")
        check(self.process.wait(60) == 0, "the worker's exit code is %d" % self.process.returncode)
        self.file.close()
        self.socket.close()


def test_life():
    w = Worker()
    check(w.hello["ok"] and w.hello["library"] and w.hello["version"] and w.hello["path"], "hello: %s" % w.hello)
    told = w.good("open", case=CASE)
    check(told["unit"] == "bytes" and told["bytes"] == 64 and told["algorithm"], "open: %s" % told)
    proof = w.good("prove", case=CASE)
    check(proof["answers"] > 0 and proof["negatives"] > 0 and len(proof["digest"]) == 64, "prove: %s" % proof)
    n = w.good("calibrate", case=CASE, min_ns=1000000)["iterations"]
    sample = w.good("sample", case=CASE, iterations=n)
    check(sample["iterations"] == n and sample["ns"] > 0 and sample["ticks"] > 0, "sample: %s" % sample)
    check(100000 < sample["ns"] < 100000000, "a sample of a millisecond took %d ns" % sample["ns"])
    check(w.good("sample", case=CASE, iterations=1)["iterations"] == 1, "a sample of one operation")
    check(w.good("show", case=CASE).get("none"), "a hash has nothing to show")
    check(w.good("talk", case=CASE, role="client", start=True).get("none"), "a hash has nothing to say")
    w.good("close", case=CASE)
    cases = w.good("list")["cases"]
    check(any(c["case"] == CASE and c["supported"] for c in cases), "list leaves out " + CASE)
    check(all(c["supported"] or c["reason"] for c in cases), "list: a case lacks a reason")
    w.file.write(b'{"cmd":"quit"}\n')
    w.left()


def test_senseless():
    w = Worker()
    w.bad("no such command", "nonsense")
    w.bad("no such command", 7)
    w.bad("no kernel", "open", case="no/such/t1")
    w.bad("no kernel", "open")
    w.bad("is not one of", "open", case="hash/md5/64/t1")
    w.bad("2 threads, but this worker has 1", "open", verdict="unsupported", case="hash/sha256/64/t2")
    for cmd in ("prove", "calibrate", "sample", "show", "accept", "talk", "close"):
        w.bad("not open", cmd, case=CASE)
        w.bad("not open", cmd)
    w.good("open", case=CASE)
    w.bad("open already", "open", case=CASE)
    for value in (0, -1, "x", None, 1.5):
        w.bad("min_ns over 0", "calibrate", case=CASE, min_ns=value)
        w.bad("iterations over 0", "sample", case=CASE, iterations=value)
    for value in ("0", "zz", 7, None):
        w.bad("hexadecimal", "accept", case=CASE, artifact=value)
    sizes = [c["case"] for c in w.good("list")["cases"] if c["supported"]][:20]
    opened = [case for case in sizes if case != CASE and w.ask("open", case=case)["ok"]]
    check(len(opened) == 15, "%d cases are open at once" % (len(opened) + 1))
    w.good("prove", case=CASE)
    w.file.write(b"this is no command\n")
    w.left()
    w = Worker()  # the coordinator is gone in mid-line
    w.file.write(b'{"cmd":')
    w.socket.shutdown(socket.SHUT_WR)
    w.left()


def test_exchange():
    """A signature that is shown is accepted, and no longer with a bit flipped."""
    if not built("openssl"):
        return
    w = Worker("openssl")
    case = "sign/ecdsa-p256/t1"
    w.good("open", case=case)
    shown = w.good("show", case=case)["artifact"]
    w.good("accept", case=case, artifact=shown)
    last = "%x" % (int(shown[-1], 16) ^ 1)
    w.bad("refused", "accept", verdict="wrong", case=case, artifact=shown[:-1] + last)
    check(w.ask("accept", case=case, artifact="")["ok"] is False, "an empty signature is accepted")
    w.good("accept", case=case, artifact=shown)
    w.socket.shutdown(socket.SHUT_WR)
    w.left()


def alone(code, words, *arguments):
    done = subprocess.run([harness.BUILD + "/assay-worker", *arguments], capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    check(done.returncode == code and words in text, "assay-worker %s: %d, %s" % (" ".join(arguments), done.returncode, text))


def test_alone():
    module = harness.BUILD + "/backends/assay-backend-native.so"
    alone(0, "ns an operation", "--module", module, "--case", CASE, "--seconds", "0.05")
    alone(1, "native has no", "--module", module, "--case", "sign/ed25519/t1")
    alone(1, "no kernel", "--module", module, "--case", "no/such/t1")
    alone(1, "cannot be loaded", "--module", "/no/such.so", "--case", CASE)
    alone(2, "give --module", "--case", CASE)
    alone(2, "give --module", "--module", module)
    alone(2, "is no list of CPUs", "--module", module, "--case", CASE, "--cpus", "x")
    alone(2, "is not NAME=VALUE", "--module", module, "--case", CASE, "--option", "x")
    alone(2, "is no number of seconds", "--module", module, "--case", CASE, "--seconds", "x")
    fault = harness.BUILD + "/tests/faults/fault.so"
    if os.path.exists(fault):
        alone(3, "flipped tag was accepted", "--module", fault, "--option", "fault=accept", "--case",
              "aead.open/aes-256-gcm/64/t1")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    start(sys.argv[1])
    test_life()
    test_senseless()
    test_exchange()
    test_alone()
