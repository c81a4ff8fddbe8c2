#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The private CA's certificates as the openssl command reads and verifies them.

usage: certificates.py CA_TEST MODULE...   (CA_TEST MODULE FOLDER writes them)"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import check  # noqa: E402

SAYS = [r"Version: 3 ", r"Issuer: CN ?= ?assay TEST CA", r"Subject: CN ?= ?cart\b",
        r"Basic Constraints: critical\n\s+CA:FALSE", r"Key Usage: critical\n\s+Digital Signature\n",
        r"Extended Key Usage: \n\s+TLS Web Server Authentication, TLS Web Client Authentication",
        r"Alternative Name: \n\s+URI:spiffe://example/ns/shop/sa/cart, DNS:cart\.shop\.example\n"]


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False, text=True, timeout=60)


def read(path):
    done = openssl("x509", "-inform", "DER", "-in", path, "-noout", "-text")
    check(done.returncode == 0, path + ": " + done.stderr)
    return done.stdout


def verified(folder, root, leaf, purpose):
    """By openssl verify, which takes PEM alone."""
    for name in (root, leaf):
        done = openssl("x509", "-inform", "DER", "-in", "%s/%s.der" % (folder, name), "-out", "%s/%s.pem" % (folder, name))
        check(done.returncode == 0, name + ": " + done.stderr)
    done = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", "%s/%s.pem" % (folder, root),
                   "%s/%s.pem" % (folder, leaf))
    return done.returncode == 0, done.stdout + done.stderr


def one_kind(folder, kind):
    text, root = read("%s/%s-leaf.der" % (folder, kind)), read("%s/%s-root.der" % (folder, kind))
    for pattern in SAYS:
        check(re.search(pattern, text), "%s: openssl reads no '%s' in\n%s" % (kind, pattern, text))
    check("CA:TRUE, pathlen:0" in root and "Certificate Sign, CRL Sign" in root, "the root: " + root)
    own = re.search(r"Subject Key Identifier: \n\s+([0-9A-F:]+)", root)
    named = re.search(r"Authority Key Identifier: \n\s+(?:keyid:)?([0-9A-F:]+)", text)
    check(own and named and own[1] == named[1], "the issuer's key id is another")
    for purpose in ("sslserver", "sslclient"):
        ok, said = verified(folder, kind + "-root", kind + "-leaf", purpose)
        check(ok, "%s as %s: %s" % (kind, purpose, said))
    for other, why in (("expired", "expired"), ("stranger", "signature failure|unable to get|invalid")):
        ok, said = verified(folder, kind + "-root", "%s-%s" % (kind, other), "sslserver")
        check(not ok and re.search(why, said), "%s, %s: %s" % (kind, other, said))
    halves = [openssl("pkey", "-inform", "DER", "-in", "%s/%s-key.der" % (folder, kind), "-pubout"),
              openssl("x509", "-inform", "DER", "-in", "%s/%s-leaf.der" % (folder, kind), "-noout", "-pubkey")]
    check(halves[0].stdout and halves[0].stdout == halves[1].stdout, "%s: the key is not the certificate's" % kind)


def main(tool, *modules):
    if not shutil.which("openssl"):
        print("skip: there is no openssl command")
        sys.exit(77)
    kinds = 0
    for module in modules:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([tool, module, folder], check=False, timeout=60)
            if done.returncode == 77:
                continue
            check(done.returncode == 0, "%s writes no certificates" % module)
            for kind in sorted({name.split("-")[0] for name in os.listdir(folder)}):
                one_kind(folder, kind)
                kinds += 1
    check(kinds > 0, "no module wrote a certificate")
    print("%d kinds of certificates read and verified" % kinds)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
