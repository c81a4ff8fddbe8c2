#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/bars-bulk over an invented run: "best" is the fastest peer, the ratio and the verdicts are right, what was not
run is said to be so.

usage: bars_script.py BARS-BULK BUILD SYNTHETIC-RUN"""
import subprocess
import sys
import tempfile

bars, build, synthetic = sys.argv[1:]


def run(file, *arguments):
    result = subprocess.run([sys.executable, bars, "--build", build, "--from", file, *arguments], capture_output=True,
                            text=True, check=False)
    return result.returncode, result.stdout, result.stderr


def expect(holds, what, told):
    if not holds:
        sys.exit(f"not ok: {what}\n{told}")


with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
    subprocess.run([sys.executable, synthetic, "--threads", "1", "--rounds", "12", "--kernel", "aead.seal", "--instances",
                    "native,boringssl,openssl"], stdout=file, check=True)
    # Invented speeds: native 1.35, openssl 1.00, boringssl 0.94.
    code, out, err = run(file.name, "^aead.seal/aes-256-gcm/65536 against best")
    line = next((line for line in out.splitlines() if line.startswith("aead.seal/aes-256-gcm/65536")), "")
    fields = line.split()
    expect(code == 0 and fields[-1] == "openssl", "the best peer is openssl, and the bar met", out + err)
    value, low, high = (float(fields[i]) for i in (4, 5, 7))
    expect(low <= value <= high and abs(value - 1.35) < 0.05, "the lead is 1.35, inside its interval", out)
    expect(" met" in line and "NOT" not in line, "1.35 is over 1.18", out)

    code, out, err = run(file.name, "native:aesni|hkdf/|ipsec-mb$")
    expect(code == 0 and "not run" in out and "no such peer here" in out, "absent sides are told", out + err)
    code, out, err = run(file.name, "no such bar")
    expect(code == 2 and "no bar matches" in err, "a filter that fits nothing is a mistake", out + err)
    code, out, err = run(file.name, "(")
    expect(code == 2 and "regular expression" in err, "so is a broken one", out + err)

with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
    subprocess.run([sys.executable, synthetic, "--threads", "1", "--rounds", "12", "--kernel", "aead.seal", "--instances",
                    "openssl,native,boringssl"], stdout=file, check=True)
    code, out, err = run(file.name, "--native", "openssl", "^aead.seal/aes-256-gcm/65536 against best")
    fields = next(line for line in out.splitlines() if line.startswith("aead.seal/aes-256-gcm/65536")).split()
    expect(abs(float(fields[4]) - 1 / 0.94) < 0.04, "openssl's lead over boringssl is 1.064; native is no peer", out)
    expect(code == 1 and "NOT MET" in out, "and 1.064 is under 1.18", out)

# A rival is an instance: one message by two threads against one thread, as if native were twice as fast so.
with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
    text = subprocess.run([sys.executable, synthetic, "--threads", "1", "--rounds", "12", "--kernel", "aead.seal",
                           "--instances", "native,openssl,boringssl"], capture_output=True, text=True, check=True).stdout
    for old, new in (('"native"', '"native:threads=2"'), ('"openssl"', '"native"'), ('"boringssl"', '"null:copy:threads=2"'),
                     ("aead.seal/aes-256-gcm/65536", f"aead.seal.large/aes-256-gcm/{16 << 20}"),
                     ("aead.seal/aes-256-gcm/1048576", f"aead.seal.large/aes-256-gcm/{64 << 20}")):
        text = text.replace(old, new)
    file.write(text)
    file.flush()
    code, out, err = run(file.name, "large/aes-256")
    lines = [line.split() for line in out.splitlines() if line.startswith("aead.seal.large/")]
    expect(len(lines) == 2, "two bars of large messages", out + err)
    for fields, whom, factor in zip(lines, ("native", "null:copy:threads=2"), (1.35, 1.35 / 0.94)):
        at = fields.index("–")
        expect(fields[-1] == whom and abs(float(fields[at - 2]) - factor) < 0.06, f"{factor:.2f} of {whom}", out)
    expect(code == 1 and "NOT MET" in out and "aim reached" in out, "1.35 is under 1.5, and 1.44 over 0.95", out)
