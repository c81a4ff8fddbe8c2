#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay run --metrics and assay drill --metrics: promtool takes the file, it holds what all workers of all rounds counted,
and it is replaced, not rewritten.

usage: metrics.py BUILD"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import check, expect, start  # noqa: E402

SERIES = re.compile(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$")
RUN = ("run", "--instance", "openssl,openssl+sqlite", "--kernel", "^token.verify/(eddsa|hs256)/plain|^kms.sign|^metrics.count",
       "--rounds", "2", "--blocks", "1", "--min-time", "1ms")


def read(path):
    with open(path, encoding="ascii") as file:
        found = [SERIES.match(line) for line in file.read().splitlines() if not line.startswith("#")]
    check(all(found), "not the text format: " + path)
    return {m[1]: float(m[2]) for m in found}


def linted(path):
    if not shutil.which("promtool"):
        return False
    with open(path, "rb") as file:
        done = subprocess.run(["promtool", "check", "metrics"], stdin=file, capture_output=True, check=False, timeout=60)
    check(done.returncode == 0 and not done.stderr, "promtool: %d, %s" % (done.returncode, done.stderr))
    return True


def operations(path):
    """Of a run file: case -> operations in samples."""
    done = {}
    with open(path, encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record["type"] == "sample":
                done[record["case"]] = done.get(record["case"], 0) + record["iterations"]
    return done


def test_run(work):
    path, run = os.path.join(work, "assay.prom"), os.path.join(work, "run.ndjson")
    with open(path, "w", encoding="ascii") as old:
        old.write("old\n")
    held = open(path, encoding="ascii")  # pylint: disable=consider-using-with
    os.umask(0o022)
    done = expect(0, *RUN, "--metrics", path, "--output", run)
    check(held.read() == "old\n", "the old file was written over, not replaced")
    held.close()
    check("note:" not in done.stderr, done.stderr)
    check(os.stat(path).st_mode & 0o777 == 0o644, "node_exporter, another user, cannot read it")
    check(sorted(os.listdir(work)) == ["assay.prom", "run.ndjson"], "left behind: %s" % os.listdir(work))
    got, measured = read(path), operations(run)
    tokens = measured["token.verify/eddsa/plain/t1"] + measured["token.verify/hs256/plain/t1"]
    accepted = got['token_verify_total{result="accepted",reason="valid"}']
    check(tokens < accepted < 20 * tokens + 10000, "%d tokens measured, %d counted" % (tokens, accepted))
    verified = got['crypto_verify_total{algorithm="ed25519",result="ok"}']
    check(measured["token.verify/eddsa/plain/t1"] < verified < accepted, "an HMAC was counted as a signature, or too few")
    check(got['token_verify_total{result="refused",reason="replayed"}'] >= 4, "no check's replay was counted")
    check(got['crypto_verify_total{algorithm="ed25519",result="refused"}'] >= 4, "no altered token was counted")
    check(got['crypto_sign_total{algorithm="ed25519"}'] > 0, "nobody made the tokens")
    check(got['token_verify_total{result="error",reason="no_verdict"}'] == 0, "a token without a verdict")
    check(got["metrics_count_total"] > measured["metrics.count/t1"], "an instance's counters, or a round's, are missing")
    return linted(path)


def test_bad(work):
    run = os.path.join(work, "none.ndjson")
    for bad in (os.path.join(work, "assay.prom", "below-a-file.prom"), work, "/proc/assay.prom", "/dev/null"):
        done = expect(2, *RUN, "--metrics", bad, "--output", run)
        check(bad in done.stderr and "--metrics" in done.stderr, done.stderr)
        check(not os.path.exists(run), "something was run before the file was found impossible")
        expect(2, "drill", "store-down", "--instance", "openssl+memory", "--metrics", bad, "--output", run)
        check(not os.path.exists(run), "something was drilled before the file was found impossible")
    check("no file" in expect(2, "run", "--metrics", "").stderr, "--metrics ''")
    other = os.path.join(work, "assay.txt")
    check(".prom" in expect(0, *RUN[:4], "^metrics.count", *RUN[5:], "--metrics", other, "--output", run).stderr,
          "a name that node_exporter does not read is not told")


def test_drill(work):
    path = os.path.join(work, "drill.prom")
    expect(0, "drill", "store-down", "--instance", "openssl+memory", "--metrics", path, "--output",
           os.path.join(work, "drill.ndjson"))
    got = read(path)
    check(got['token_verify_total{result="accepted",reason="valid"}'] > 0, "no token was accepted in the drill")
    check(got['token_verify_total{result="error",reason="no_verdict"}'] > 0, "the store was down and no verdict missing")
    linted(path)


def test_tls(work):
    """The handshakes of mtls.reload, one an operation, and its certificates."""
    path, run = os.path.join(work, "tls.prom"), os.path.join(work, "tls.ndjson")
    expect(0, "run", "--instance", "openssl", "--kernel", "^mtls.reload", "--rounds", "1", "--blocks", "1", "--min-time", "1ms",
           "--metrics", path, "--output", run)
    got, handshakes = read(path), sum(operations(run).values())
    ok = got['tls_handshake_total{result="ok",protocol="TLSv1.3",cipher="TLS_AES_128_GCM_SHA256"}']
    turned_away = got['tls_handshake_total{result="error",protocol="none",cipher="none"}']
    check(handshakes > 0 and ok >= handshakes, "%d handshakes measured, %d counted" % (handshakes, ok))
    check(turned_away > 0, "no client was turned away")
    check(got["tls_handshake_duration_seconds_count"] == ok + turned_away, "the histogram has other handshakes")
    check(got['tls_cert_expiry_seconds{name="server"}'] > 1.6e9, "the server's certificate has no expiry")
    linted(path)


def main(build):
    start(build)
    with tempfile.TemporaryDirectory() as work:
        whole = test_run(work)
        test_bad(work)
        test_drill(work)
        test_tls(work)
    if not whole:
        print("no promtool here (Debian: prometheus): the text was not linted")
        sys.exit(77)
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
