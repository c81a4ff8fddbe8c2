#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay plan from outside: the example mixes, a plan and a verification in small, mistakes, and 100 malformed mixes.
No check depends on how fast the machine is.

usage: plan.py BUILD EXAMPLES"""
import json
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Run, assay, check, expect, may_schedule, realtime_limit, schedule, start  # noqa: E402

SMALL = """name: small
requests:
  rate: 2000/s
  growth: 50%
request:
  application: 50us
  records:
    - {side: write, size: 1350 B, count: 2}
  signatures:
    - algorithm: ecdsa-p256
      count: 0.5
  operations:
    - op: hash/sha256/64
      count: 3
objective:
  p99: 500ms
  utilisation: 60%
host:
  cores: 4
  core-hour: 0.04 EUR
"""


def write(work, text, name="mix.yaml"):
    path = os.path.join(work, name)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def test_examples(examples):
    names = sorted(os.listdir(examples))
    check(names == ["api-gateway.yaml", "encrypt-at-rest.yaml", "mtls-mesh.yaml", "session-api.yaml", "token-issuer-fips.yaml",
                    "token-issuer.yaml"], str(names))
    for name in names:
        done = expect(0, "plan", os.path.join(examples, name), "--instance", "openssl", "--dry-run")
        check(done.stdout.count("@openssl") >= 2, "%s needs no cases:\n%s" % (name, done.stdout))
        # README and the help plan with it for a FIPS provider, which refuses these
        refused = [word for word in ("x25519/", "chacha20") if word in done.stdout]
        check("fips" not in name or not refused, "%s asks of FIPS what it has not: %s" % (name, refused))


def test_plan(work):
    mix, run = write(work, SMALL), os.path.join(work, "plan.ndjson")
    done = expect(0, "plan", mix, "--instance", "openssl,boringssl", "--rounds", "2", "--output", run)
    for word in ("small: 3000 requests/s with the growth", "cores", "hosts", "EUR", "boringssl against openssl",
                 "signatures ecdsa-p256", "what moves the answer most", "peak utilisation: 10 % lower",
                 "where the model ends"):
        check(word in done.stdout, "the plan has no '%s':\n%s" % (word, done.stdout))
    Run(run).follow_schema()
    # the run that was written is taken back, and nothing is measured: two JSON plans of it are the same
    one, two = (expect(0, "plan", mix, "--instance", "openssl,boringssl", "--run", run, "--json") for _ in range(2))
    check(one.stdout == two.stdout and "run file" not in one.stderr, "a plan from a file is not repeatable")
    told = json.loads(one.stdout)
    check([i["instance"] for i in told["instances"]] == ["openssl", "boringssl"] and told["rate"] == 3000, one.stdout)
    for i in told["instances"]:
        need, cores = i["cores_by_utilisation"], i["cores"]
        check(need["low"] <= need["value"] <= need["high"], "an interval without its value: %s" % need)
        check(cores["value"] >= need["value"] and cores["value"] == int(cores["value"]), "cores: %s" % cores)
        check(abs(need["value"] - 3000 * i["service_ns"]["value"] * 1e-9 / 0.6) < 1e-6 * need["value"], "load: %s" % i)
        check(abs(sum(s["value"] for s in i["shares"]) - 1) < 1e-6, "shares do not add up: %s" % i["shares"])
        check(i["hosts"]["value"] == -(-cores["value"] // 4), "hosts: %s" % i["hosts"])
    more = told["instances"][1]["more"]["value"]
    ratio = told["instances"][1]["service_ns"]["value"] / told["instances"][0]["service_ns"]["value"]
    check(abs(more - (ratio - 1)) < 1e-6, "the surcharge is not the ratio of times")
    # twice the traffic needs twice the cores, from the same measurement
    double = write(work, SMALL.replace("2000/s", "4000/s"), "double.yaml")
    twice = json.loads(expect(0, "plan", double, "--instance", "openssl", "--run", run, "--json").stdout)
    ratio = twice["instances"][0]["cores_by_utilisation"]["value"] / told["instances"][0]["cores_by_utilisation"]["value"]
    check(abs(ratio - 2) < 1e-6, "twice the rate is %g times the cores" % ratio)


def test_batches_and_missing(work):
    """A run of timed batches will do; what it lacks is measured; what an instance cannot do is named."""
    run = os.path.join(work, "batches.ndjson")
    expect(0, "run", "--kernel", "^(hash/sha256/64|sign/ecdsa-p256)/t1$", "--instance", "openssl", "--rounds", "1", "--blocks", "2",
           "--min-time", "5ms", "--output", run)
    done = expect(0, "plan", write(work, SMALL), "--instance", "openssl", "--run", run, "--rounds", "1", "--output",
                  os.path.join(work, "rest.ndjson"))
    check("from batches" in done.stdout, "batches are not told:\n" + done.stdout)
    cases = Run(os.path.join(work, "rest.ndjson")).header["cases"]
    check(cases == ["tls.record/1350/t1"], "measured again: %s" % cases)
    done = expect(1, "plan", write(work, SMALL), "--instance", "sodium", "--rounds", "1", "--output",
                  os.path.join(work, "sodium.ndjson"))
    check("sodium cannot carry the mix: tls.record/1350/t1: libsodium has no TLS" in done.stderr, done.stderr)
    # Of those that were only found, the able ones are planned for.
    done = expect(0, "plan", write(work, SMALL), "--rounds", "1", "--json", "--output", os.path.join(work, "all.ndjson"))
    names = [i["instance"] for i in json.loads(done.stdout)["instances"]]
    check("openssl" in names and not {"sodium", "native", "null"} & set(names), "planned for %s" % names)
    check("sodium is left out" in done.stderr and "null" not in done.stderr, done.stderr)
    done = expect(1, "plan", write(work, SMALL.replace("op: hash/sha256/64", "op: password.hash/owasp")), "--rounds", "1",
                  "--instance", "null", "--output", os.path.join(work, "none.ndjson"))
    check("null cannot carry the mix" in done.stderr, done.stderr)


def test_companions(work):
    """A request waits for what is 20 ms away, and its core does other work meanwhile."""
    mix = write(work, SMALL.replace("op: hash/sha256/64\n      count: 3", "op: kms.wrap/wrap\n      count: 0.5"))
    far = "openssl+delay:fixed=20ms"
    done = expect(0, "plan", mix, "--instance", "openssl," + far, "--rounds", "1", "--output",
                  os.path.join(work, "far.ndjson"), "--json")
    near, away = json.loads(done.stdout)["instances"]
    check(near["wait_ns"] == 0 and 9e6 < away["wait_ns"] < 40e6, "waits: %g, %g" % (near["wait_ns"], away["wait_ns"]))
    check(away["service_ns"]["value"] < 5e6, "the wait counts as work: %s" % away["service_ns"])
    check(away["p99_ns"]["value"] > 20e6, "the wait is not in p99: %s" % away["p99_ns"])
    done = expect(2, "plan", mix, "--instance", far, "--verify")
    check(far + ": --verify" in done.stderr, done.stderr)


def test_verify(work):
    done = assay("plan", write(work, SMALL), "--instance", "openssl", "--verify", "--segments", "2", "--segment-time",
                 "200ms", "--json")
    check(done.returncode in (0, 4), "exit code %d: %s" % (done.returncode, done.stderr))
    told = json.loads(done.stdout)
    check([v["load"] for v in told["loads"]] == [0.5, 0.7] and all(v["requests"] > 50 for v in told["loads"]),
          done.stdout)
    for v in told["loads"]:
        check(v["p99_seen_ns"]["value"] > v["service_ns"]["value"] * 0.3, "a p99 under the service: %s" % v)
    holds = all(v["holds"] for v in told["loads"])
    check(holds == (done.returncode == 0), "the exit code is another verdict than the file's")


def test_realtime(work):
    """That a real-time priority spoils p99 is told with what was seen."""
    limit = realtime_limit()
    for policy in (os.SCHED_OTHER, os.SCHED_FIFO):
        if policy != os.SCHED_OTHER and not may_schedule(policy):
            print("a real-time priority is not to be had here: untried")
            return
        limited = limit is not None and policy != os.SCHED_OTHER
        for more in ([], ["--json"]):
            done = assay("plan", write(work, SMALL), "--instance", "openssl", "--verify", "--segments", "1",
                         "--segment-time", "200ms", *more, preexec_fn=lambda: schedule(policy))
            check(done.returncode in (0, 4), "exit code %d: %s" % (done.returncode, done.stderr))
            told = json.loads(done.stdout)["noisy"] if more else done.stdout
            check((limit is not None and limit in (told or "")) == limited, "policy %d: %s" % (policy, told))


def line_of(text, part):
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


MISTAKES = [  # replace, by, words of the message
    ("rate: 2000/s", "rate: 2000", ["rate", "/min"]),
    ("rate: 2000/s", "rat: 2000/s", ["rat", "rate, growth"]),
    ("growth: 50%", "growth: 50", ["growth", "40%"]),
    ("application: 50us", "application: 50", ["application", "150us"]),
    ("size: 1350 B", "size: 1350", ["size", "KiB"]),
    ("size: 1350 B", "size: 1 B", ["size", "1350"]),
    ("side: write", "side: server", ["side", "write, read, both"]),
    ("algorithm: ecdsa-p256", "algorithm: rot13", ["algorithm", "ed25519"]),
    ("algorithm: ecdsa-p256", "kind: ecdsa-p256", ["kind", "algorithm, count"]),
    ("count: 0.5", "count: -1", ["count", "over 0"]),
    ("count: 0.5", "count: 5e9", ["count"]),
    ("op: hash/sha256/64", "op: hash/sha256/64/t1", ["op", "more parts"]),
    ("op: hash/sha256/64", "op: haash/sha256/64", ["op", "no kernel 'haash'"]),
    ("p99: 500ms", "p99: 0ms", ["p99"]),
    ("utilisation: 60%", "utilisation: 160%", ["utilisation", "100%"]),
    ("utilisation: 60%", "utilisation: 99%", ["utilisation", "95%"]),
    ("cores: 4", "cores: 4.5", ["cores", "whole"]),
    ("core-hour: 0.04 EUR", "core-hour: 0.04", ["core-hour", "EUR"]),
    ("requests:", "request5:", ["request5", "requests"]),
    ("name: small", "nome: small", ["nome", "name"]),
]


def test_mistakes(work):
    for old, new, words in MISTAKES:
        text = SMALL.replace(old, new, 1)
        check(text != SMALL, "'%s' is not in the mix" % old)
        path = write(work, text)
        done = expect(2, "plan", path, "--instance", "openssl", "--dry-run")
        place = "%s:%d: " % (path, line_of(text, new))
        check(place in done.stderr, "'%s' -> '%s' is not placed at '%s': %s" % (old, new, place, done.stderr))
        for word in words:
            check(word in done.stderr, "'%s' is not in '%s'" % (word, done.stderr))
    resumed = SMALL.replace("  records:", "  handshakes:\n    - {kind: tls13-full/ecdsa-p256/x25519, resumed: 130%}\n  records:")
    done = expect(2, "plan", write(work, resumed), "--instance", "openssl", "--dry-run")
    check(":8: resumed '130%'" in done.stderr, done.stderr)
    check("missing" in expect(2, "plan").stderr, "no mix is no mistake")
    check("no-such.yaml" in expect(2, "plan", "no-such.yaml", "--instance", "openssl").stderr, "a file that is not there")
    check("no-such" in expect(2, "plan", write(work, SMALL), "--instance", "no-such").stderr, "an instance that is not there")
    empty = write(work, "", "empty.ndjson")
    check("empty.ndjson" in expect(2, "plan", write(work, SMALL), "--run", empty, "--instance", "openssl").stderr, "an empty run")


def malformed(rng, text):
    """A mix with something wrong in it for certain."""
    lines = text.splitlines()
    keys = [i for i, line in enumerate(lines) if re.match(r"^\s*(- )?[a-z0-9-]+:", line) and not line.startswith("name")]
    i = rng.choice(keys)
    kind = rng.randrange(8)
    if kind == 0:  # a key that nobody knows
        lines[i] = re.sub(r"([a-z0-9-]+):", lambda m: m.group(1) + "x:", lines[i], count=1)
    elif kind == 1:  # rubbish for a unit
        i = rng.choice([k for k in keys if re.search(r"\d", lines[k]) and "op:" not in lines[k] and "{" not in lines[k]
                        and "algorithm" not in lines[k]])
        lines[i] = re.sub(r":.*", ": %d furlongs" % rng.randrange(1000), lines[i])
    elif kind == 2:  # a key that is there twice
        flat = [k for k in keys if not lines[k].lstrip().startswith("-") and lines[k].split(":", 1)[1].strip()]
        i = rng.choice(flat)
        lines.insert(i, lines[i])
    elif kind == 3:  # tabs for indentation
        lines[rng.choice([k for k in keys if lines[k].startswith(" ")])] = "\t" + rng.choice(["a: 1", "- b"])
    elif kind == 4:  # a flow that does not end
        lines[i] = lines[i].split(":", 1)[0] + ": {" + "[" * rng.randrange(1, 40)
    elif kind == 5:  # bytes that are no UTF-8
        return ("\n".join(lines[:i]) + "\n").encode() + bytes([0xff, 0xfe, rng.randrange(256)]) + b": 1\n"
    elif kind == 6:  # nothing after some line that must be followed
        return ("\n".join(lines[:rng.randrange(1, 6)]) + "\n").encode()
    else:  # a list for a text, or a mapping for a list
        lines[i] = lines[i].split(":", 1)[0].replace("- ", "  ") + ": [[%s]]" % ",".join("x" * rng.randrange(1, 30))
    return ("\n".join(lines) + "\n").encode()


def test_fuzz(work):
    """100 malformed mixes: exit code 2, and the message names file and line; 100 with random bytes: no crash, no hang."""
    rng = random.Random(4)
    for number in range(200):
        if number < 100:
            text = malformed(rng, SMALL)
        else:
            text = bytearray(SMALL.encode())
            for _ in range(rng.randrange(1, 12)):
                text[rng.randrange(len(text))] = rng.randrange(256)
        path = write(work, bytes(text), "fuzz-%d.yaml" % number)
        done = assay("plan", path, "--instance", "openssl", "--dry-run", timeout=20, text=False)
        error = done.stderr.decode(errors="replace")
        check(done.returncode in ((2,) if number < 100 else (0, 2)), "%d: exit code %d: %s\n%s"
              % (number, done.returncode, error, bytes(text).decode(errors="replace")))
        check(done.returncode == 0 or re.search(re.escape(path) + r":\d+: \S", error), "%d: no place in '%s'\n%s"
              % (number, error, bytes(text).decode(errors="replace")))


def main():
    start(sys.argv[1])
    test_examples(sys.argv[2])
    with tempfile.TemporaryDirectory() as work:
        test_mistakes(work)
        test_fuzz(work)
        test_plan(work)
        test_batches_and_missing(work)
        test_companions(work)
        test_verify(work)
        test_realtime(work)


if __name__ == "__main__":
    main()
