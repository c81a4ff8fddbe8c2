#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assay scan finds every secret that is planted, tells none of its bytes, and finds none in this tree and its build.
All secrets are made here: none is in the tree.

usage: scan.py BUILD SOURCE"""
import base64
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
from harness import check, expect, start  # noqa: E402

CHUNK = 1 << 20  # what bench/scan/scan.c reads at a time
LINE = re.compile(r"^(.*):(\d+): (.*), ([0-9a-f]{8})$")


def made(*command, **more):
    return subprocess.run(command, capture_output=True, check=True, timeout=120, **more).stdout


def letters(alphabet, count):
    return "".join(random.SystemRandom().choice(alphabet) for _ in range(count)).encode()


def jwt():
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=")
             for p in ({"alg": "EdDSA", "kid": os.urandom(4).hex()}, {"sub": "nobody"})]
    return b".".join(parts + [base64.urlsafe_b64encode(os.urandom(64)).rstrip(b"=")])


def der_of(pem):
    return base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))


def keys(work):
    """Private keys: name -> (bytes, kind, what the digest is taken of)."""
    def pem(*command):
        return made("openssl", *command)
    rsa = pem("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-quiet")
    pkcs1 = made("openssl", "rsa", "-traditional", input=rsa)
    sec1 = pem("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    edwards = pem("genpkey", "-algorithm", "ED25519")
    locked = made("openssl", "pkcs8", "-topk8", "-passout", "pass:x", input=sec1)
    legacy = made("openssl", "rsa", "-traditional", "-aes128", "-passout", "pass:x", input=rsa)
    ssh = {}
    for name, password in (("open", ""), ("locked", "secret")):
        path = os.path.join(work, "ssh-" + name)
        made("ssh-keygen", "-q", "-t", "ed25519", "-N", password, "-C", "nobody", "-f", path)
        with open(path, "rb") as file:
            ssh[name] = file.read()
        os.remove(path)
        os.remove(path + ".pub")
    body = base64.b64decode(b"".join(legacy.split(b"\n\n", 1)[1].split(b"\n")[:-2]))
    account = json.dumps({"type": "service_account", "private_key": rsa.decode(), "client_email": "a@b"}).encode()
    return {
        "pkcs8-rsa.pem": (rsa, "private key, PKCS#8 PEM", der_of(rsa)),
        "pkcs1.pem": (pkcs1, "private key, RSA PKCS#1 PEM", der_of(pkcs1)),
        "sec1.pem": (sec1, "private key, EC SEC1 PEM", der_of(sec1)),
        "pkcs8-ed25519.pem": (edwards, "private key, PKCS#8 PEM", der_of(edwards)),
        "encrypted.pem": (locked, "private key, encrypted PEM", der_of(locked)),
        "legacy.pem": (legacy, "private key, encrypted PEM", body),
        "openssh.pem": (ssh["open"], "private key, OpenSSH PEM", der_of(ssh["open"])),
        "openssh-locked.pem": (ssh["locked"], "private key, OpenSSH PEM", der_of(ssh["locked"])),
        "openssh.bin": (der_of(ssh["open"]), "private key, OpenSSH", der_of(ssh["open"])),
        "pkcs8.der": (der_of(edwards), "private key, PKCS#8 DER", der_of(edwards)),
        "pkcs1.der": (der_of(pkcs1), "private key, RSA PKCS#1 DER", der_of(pkcs1)),
        "sec1.der": (der_of(sec1), "private key, EC SEC1 DER", der_of(sec1)),
        "encrypted.der": (der_of(locked), "private key, encrypted PKCS#8 DER", der_of(locked)),
        "account.json": (account, "GCP service-account key", der_of(rsa)),
        "kube.yaml": (base64.b64encode(sec1), "private key, EC SEC1 PEM", der_of(sec1)),
        "log.hex": (der_of(sec1).hex().encode(), "private key, EC SEC1 DER", der_of(sec1)),
        "array.c": (", ".join("0x%02x" % b for b in der_of(edwards)).encode(), "private key, PKCS#8 DER",
                    der_of(edwards)),
        "bare.b64": (base64.b64encode(der_of(pkcs1)), "private key, RSA PKCS#1 DER", der_of(pkcs1)),
    }


def tokens():
    alnum = string.ascii_letters + string.digits
    base32, url = string.ascii_uppercase + "234567", alnum + "-_"
    azure = base64.b64encode(os.urandom(64))
    aws = letters(alnum + "+/", 40)
    found = {
        "aws": (b"AKIA" + letters(base32, 16), "AWS access key"),
        "aws-session": (b"ASIA" + letters(base32, 16), "AWS access key, temporary"),
        "google": (b"AIza" + letters(url, 34) + b"x", "Google API key"),
        "github": (b"ghp_" + letters(alnum, 36), "GitHub token"),
        "github-fine": (b"github_pat_" + letters(alnum, 22) + b"_" + letters(alnum, 59), "GitHub token, fine-grained"),
        "slack": (b"xoxb-" + letters(string.digits, 12) + b"-" + letters(alnum, 24), "Slack token"),
        "stripe": (b"sk_live_" + letters(alnum, 24), "Stripe secret key"),
        "jwt": (jwt(), "JWT"),
        "azure": (b"AccountKey=" + azure, "Azure storage key"),
    }
    found = {name: (data, kind, data) for name, (data, kind) in found.items()}
    found["aws-secret"] = (b'aws_secret_access_key = "' + aws + b'"', "AWS secret access key", aws)
    return found


def settings():
    """What a secret stands in: name -> (before, after)."""
    noise = os.urandom(5000)
    return {
        "alone": (b"", b""),
        "text": (b"# a file of settings\nname = value\nkey: ", b"\nafter = it\n"),
        "binary": (noise + b"\0", b"\0" + noise),
        # pages of zeros and of octets, as in a core file
        "core": (b"\x7fELF\2\1\1" + b"\0" * 8185 + os.urandom(12288) + b"\0" * 4096, b"\0" * 4096 + os.urandom(8192)),
    }


def findings(code, *arguments):
    """{path: [(offset, kind, first digits)]} of a scan; nothing else is printed."""
    done = expect(code, "scan", *arguments)
    result = {}
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        check(match, "not a finding: %r" % line)
        result.setdefault(match[1], []).append((int(match[2]), match[3], match[4]))
    return result, done.stdout + done.stderr


def shown(secret, text):
    """Whether twelve letters on end of a secret stand in a text, beside what is public of its form."""
    plain = secret.decode("latin-1")
    lines = [re.sub(r"-----.*?-----|^AKIA|^ASIA|^AIza|AccountKey=|aws_secret_access_key", "", l) for l in plain.split("\n")]
    return any(l[i:i + 12] in text for l in lines for i in range(0, max(len(l) - 12, 0)))


def test_planted(work, planted):
    """Each is found where it is, once, with its kind and digest; nothing of it is printed."""
    folder, where = os.path.join(work, "planted"), {}
    os.mkdir(folder)
    for name, (data, kind, digested) in planted.items():
        for setting, (before, after) in settings().items():
            path = os.path.join(folder, "%s.%s" % (name, setting))
            with open(path, "wb") as file:
                file.write(before + data + after)
            where[path] = (len(before), kind, hashlib.sha256(digested).hexdigest()[:8])
    found, text = findings(1, folder)
    for path, (offset, kind, digest) in where.items():
        # the key's offset is where its armor begins; a name that precedes it is none of it
        near = [f for f in found.get(path, []) if offset <= f[0] < offset + 80]
        check([f[1:] for f in near] == [(kind, digest)], "%s: %s at %d was not found: %s"
              % (os.path.basename(path), kind, offset, found.get(path)))
        check(len(found[path]) == 1, "%s: more was found than was planted: %s" % (path, found[path]))
    for name, (data, _, _) in planted.items():
        check(not shown(data, text), "%s: some of it is printed" % name)


def test_borders(work, planted):
    """Across the end of what is read at a time, at any octet of the secret."""
    path = os.path.join(work, "long")
    for name, (data, kind, digested) in planted.items():
        for part in (1, len(data) // 2, len(data) - 1):
            for border in (CHUNK, CHUNK + 64, CHUNK + 65536 + 64):
                with open(path, "wb") as file:
                    file.write(b"." * (border - part) + data + b"\n" + b"." * CHUNK)
                found, _ = findings(1, path)
                digest = hashlib.sha256(digested).hexdigest()[:8]
                check([f[1:] for f in found[path]] == [(kind, digest)], "%s, %d before %d: %s"
                      % (name, part, border, found))
    os.remove(path)


def test_secrets(work):
    """Secrets of the caller's: raw, in hexadecimal and base64 at every alignment; a line that is none is told, not
    shown."""
    secret, listed, path = os.urandom(32), os.path.join(work, "run.hex"), os.path.join(work, "dump")
    with open(listed, "w", encoding="ascii") as file:
        file.write("# this run's\n%s\n%s\n" % (os.urandom(48).hex(), secret.hex()))
    forms = {"raw": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    for before in range(3):
        forms["base64 %d" % before] = base64.b64encode(os.urandom(before) + secret + os.urandom(5))
        forms["base64url %d" % before] = base64.urlsafe_b64encode(os.urandom(before) + secret + os.urandom(5))
    for name, data in forms.items():
        with open(path, "wb") as file:
            file.write(b"." * (CHUNK - 3) + data + b"\n")
        found, text = findings(1, "--secrets", listed, path)
        check(len(found[path]) == 1 and found[path][0][2] == hashlib.sha256(secret).hexdigest()[:8],
              "a secret as %s: %s" % (name, found))
        check(not shown(data, text), "a secret as %s is printed" % name)
        check(findings(0, path)[0] == {}, "%s is found without --secrets" % name)
    for bad in ("0011", "zz" * 16, secret.hex() + "0", secret.hex() + " and more"):
        with open(listed, "w", encoding="ascii") as file:
            file.write("\n" + bad + "\n")
        told = expect(2, "scan", "--secrets", listed, path).stderr
        check(listed + ":2: " in told and bad not in told, "a line that is none: " + told)


def test_allow(work, planted):
    """--digests prints what --allow takes; what is wrong with such a file is told with its line."""
    folder, allow = os.path.join(work, "planted"), os.path.join(work, "allow.txt")
    lines = expect(1, "scan", "--digests", folder).stdout
    digests = {line.split()[0] for line in lines.splitlines()}
    check(digests == {hashlib.sha256(d).hexdigest() for _, _, d in planted.values()}, "digests:\n" + lines)
    with open(allow, "w", encoding="ascii") as file:
        file.write("# allowed\n\n" + lines)
    check(findings(0, "--allow", allow, folder)[0] == {}, "what is allowed is told")
    for bad in ("12 short", "x" * 64 + " no digits", "0" * 64, "0" * 65 + " long"):
        with open(allow, "w", encoding="ascii") as file:
            file.write("# allowed\n" + bad + "\n")
        told = expect(2, "scan", "--allow", allow, folder).stderr
        check(allow + ":2: " in told, "a line that is none: " + told)


def test_nothing(work, planted):
    """What only looks like a secret is none."""
    path = os.path.join(work, "harmless")
    pem = planted["sec1.pem"][0]
    head, tail = pem.split(b"\n")[0], pem.split(b"\n")[-2]
    public = made("openssl", "pkey", "-pubout", input=pem)
    certificate = made("openssl", "req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=x", input=pem)
    header, payload, _ = planted["jwt"][0].split(b".")
    for data in (b"", b"A", head, head + b"\n" + tail + b"\n", head + b"\n... and so on\n" + tail + b"\n",
                 b"A file begins with " + head + b" and the matching footer ends what is encoded in between them.",
                 public, certificate, base64.b64decode(b"".join(certificate.split(b"\n")[1:-2])),
                 b"openssh-key-v1\0" + b"bcrypt\0none\0" * 9, b"AKIA" + b"X" * 16, b"XAKIA" + letters("ABCDEF23", 16),
                 b"AKIA" + letters("ABCDEF23", 17), b"ghp_" + b"x" * 36, b"sk_live_", b"sk_test_" + letters("abcdef0", 24),
                 b"AccountKey=" + b"A" * 40, header + b"." + payload, header + b"." + payload + b".",
                 base64.urlsafe_b64encode(b'{"typ":"x"}') + b"." + payload + b"." + b"abcd" * 8, b"30" * 4000, b"0" * 9000,
                 b"\x30\x80" * 4000, b"\x30\x2e\2\1\0\x30\5\6\3\x2b\x65\x70\4\x22\4\x20" + b"\0" * 64, b"-----BEGIN " * 99):
        with open(path, "wb") as file:
            file.write(data)
        done = harness.assay("scan", path)
        check(done.returncode == 0 and not done.stdout, "found in %r: %s" % (data[:80], done.stdout))


def test_walk(work, planted):
    """Folders are walked, links and pipes are not; what is not there or not readable is named."""
    folder, elsewhere = os.path.join(work, "walk"), os.path.join(work, "elsewhere")
    os.makedirs(os.path.join(folder, "a", ".b"))
    os.mkdir(elsewhere)
    secret = planted["aws"][0]
    for path in (os.path.join(folder, "a", ".b", "line\nbreak"), os.path.join(elsewhere, "file")):
        with open(path, "wb") as file:
            file.write(secret)
    os.symlink(elsewhere, os.path.join(folder, "link"))
    os.symlink(os.path.join(elsewhere, "file"), os.path.join(folder, "link-to-file"))
    os.symlink(folder, os.path.join(folder, "loop"))
    os.mkfifo(os.path.join(folder, "pipe"))
    found, _ = findings(1, folder)
    check(list(found) == [os.path.join(folder, "a", ".b", "line\\x0abreak")], "walked: %s" % found)
    link = os.path.join(folder, "link-to-file")
    check(list(findings(1, link)[0]) == [link], "a link that is named is not followed")
    missing = os.path.join(work, "no-such")
    done = expect(2, "scan", folder, missing)
    check(missing in done.stderr and not done.stdout, "a path that is not there: %s" % done)
    check("neither a file" in expect(2, "scan", os.path.join(folder, "pipe")).stderr, "a pipe that is named")
    check("no PATH" in expect(2, "scan").stderr and "PATH ''" in expect(2, "scan", "").stderr, "no path")
    locked = os.path.join(folder, "locked")
    with open(locked, "wb"):
        pass
    os.chmod(locked, 0)
    if not os.access(locked, os.R_OK):
        check(locked in expect(2, "scan", locked).stderr, "a file that cannot be read")
    shutil.rmtree(folder)


def test_tree(source):
    """No secret in this tree and what is built of it, beside published test keys."""
    paths = [os.path.join(harness.BUILD, name) for name in ("assay", "assay-worker", "assay-gate-shim.so", "backends")]
    companions = os.path.join(harness.BUILD, "companions")
    paths += [companions] if os.path.isdir(companions) else []
    listed = subprocess.run(["git", "-C", source, "ls-files", "-z"], capture_output=True, check=False) \
        if shutil.which("git") else None
    if listed and listed.returncode == 0:
        paths += [p for p in (os.path.join(source, n) for n in listed.stdout.decode().split("\0") if n) if os.path.isfile(p)]
    else:
        print("no git, or no work tree of it: the sources are not scanned")
    done = expect(0, "scan", *paths)
    allowed = int(re.search(r"(\d+) allowed", done.stderr)[1])
    check(allowed >= 8, "fewer test keys than this tree has: " + done.stderr)


def companion_protects(build, folder):
    """The same of assay-companion, which may be started by hand."""
    pairs = [socket.socketpair() for _ in range(4)]
    ends = [os.dup2(theirs.fileno(), 60 + i) for i, (_, theirs) in enumerate(pairs)]  # out of the way of 3 to 6
    memory = os.path.join(build, "companions", "assay-companion-sqlite.so")
    with subprocess.Popen([os.path.join(build, "companions", "assay-companion"), "store", memory, ""], cwd=folder, close_fds=False,
                          preexec_fn=lambda: [os.dup2(end, 3 + i) for i, end in enumerate(ends)]) as companion:  # pylint: disable=W1509
        try:
            for _ in range(100):
                with open("/proc/%d/limits" % companion.pid, encoding="ascii") as file:
                    limit = re.search(r"core file size +(\S+) +(\S+)", file.read())
                if limit[1] in "01" and limit[2] in "01":  # ASan's start takes the soft limit alone
                    break
                time.sleep(0.05)
        finally:
            companion.kill()
    check(limit[1] in "01" and limit[2] in "01", "a companion may leave a core file: %s" % limit[0])
    for end in ends:
        os.close(end)


def test_protect(build, work):
    """A worker that serves leaves no core file, whatever its limit was; assay env says so, and why memory is not locked.
    A core file of a process that is not protected is found to hold its secrets. Before start(), which takes core files
    from all."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read().strip()
    if hard == 0 or pattern.startswith(("|", "/")):
        print("no core files in the working folder here: what a crash leaves is not tested")
        return
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    folder, listed, secret, key = os.path.join(work, "crash"), os.path.join(work, "run.hex"), os.urandom(32), \
        made("openssl", "genpkey", "-algorithm", "ED25519")
    os.mkdir(folder)
    ours, theirs = socket.socketpair()
    module = os.path.join(build, "backends", "assay-backend-null.so")
    with subprocess.Popen([os.path.join(build, "assay-worker"), "--module", module, "--fd", str(theirs.fileno())],
                          pass_fds=[theirs.fileno()], cwd=folder) as worker:
        theirs.close()
        ours.settimeout(60)
        check(b'"ok"' in ours.recv(65536), "the worker does not serve")
        worker.send_signal(signal.SIGABRT)
        check(worker.wait(60) == -signal.SIGABRT, "the worker ends with %s" % worker.returncode)
    ours.close()
    companion_protects(build, folder)
    check(os.listdir(folder) == [], "a worker leaves a core file")
    told = json.loads(made(os.path.join(build, "assay"), "env"))["secrets"]
    check(told["core_dumps"] == "off", "assay env: %s" % told)
    locked = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    check(told["memory"].startswith("not locked: " if not locked else ("locked", "not locked: ")), "assay env: %s" % told)
    subprocess.run([sys.executable, "-c", "import os, sys; kept = sys.stdin.buffer.read(); os.abort()"], input=secret + key,
                   cwd=folder, capture_output=True, check=False, timeout=60)
    check(len(os.listdir(folder)) == 1, "a process without protection leaves no core file: nothing was tested")
    with open(listed, "w", encoding="ascii") as file:
        file.write(secret.hex())
    harness.BUILD = build
    found = [f[1] for places in findings(1, "--secrets", listed, folder)[0].values() for f in places]
    check({"test secret", "private key, PKCS#8 PEM"} <= set(found), "in a core file: %s" % found)
    shutil.rmtree(folder)


def timed(seed, size=32):
    """What assay_fill() of kernels/support.c makes: the keys of timed cases."""
    out, mask = b"", (1 << 64) - 1
    while len(out) < size:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        out += (z ^ (z >> 31)).to_bytes(8, "little")
    return out[:size]


def memory_of(pid, path):
    """What a core file of it would hold: all that it may write to."""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", buffering=0) as memory, \
            open(path, "wb") as out:
        out.write(b"\x7fELF\2\1\1" + bytes(57))
        for line in maps:
            low, high = (int(x, 16) for x in line.split()[0].split("-"))
            if line.split()[1].startswith("rw") and high - low < 1 << 28:
                memory.seek(low)
                out.write(memory.read(high - low))


def test_own(build, work):
    """assay's own test keys are known to it, in every form, and in the memory of a worker that measures with one."""
    path = os.path.join(work, "own")
    for seed in (1, 21, 41, 1001):
        key = timed(seed)
        forms = [key, key.hex().encode(), key.hex().upper().encode()] + \
            [code(os.urandom(n) + key) for n in range(3) for code in (base64.b64encode, base64.urlsafe_b64encode)]
        for form in forms:
            with open(path, "wb") as file:
                file.write(b"." * 100 + form + b"\n")
            found, text = findings(1, path)
            check(len(found[path]) == 1 and found[path][0][1].startswith("test secret"), "seed %d: %s" % (seed, found))
            check(not shown(form, text), "a test key is printed")
    module = os.path.join(build, "backends", "assay-backend-openssl.so")
    with subprocess.Popen([os.path.join(build, "assay-worker"), "--module", module, "--case", "kms.wrap/wrap/t1", "--seconds",
                           "60"], stdout=subprocess.DEVNULL) as worker:
        try:
            for _ in range(100):  # until it has begun
                time.sleep(0.1)
                memory_of(worker.pid, path)
                done = harness.assay("scan", path)
                if done.returncode != 0:
                    break
        finally:
            worker.kill()
    check(": test secret, " + hashlib.sha256(timed(21, 16)).hexdigest()[:8] in done.stdout,
          "a data key in a worker's memory was not found: %s" % done)
    os.remove(path)


def test_written(work):
    """What assay writes and says while it works with its keys: results, drills, metrics, tables, errors, databases."""
    folder = os.path.join(work, "written")
    os.mkdir(folder)
    environment = {**os.environ, "XDG_STATE_HOME": os.path.join(folder, "state"), "TMPDIR": folder}
    services = "^(kms|token|cookie|session|audit|rewrap.bulk/100/|envelope|hkdf|password.hash/owasp|aead.seal/aes-256-gcm/64/)"
    for index, arguments in enumerate((
            ("run", "--instance", "openssl,openssl+sqlite", "--kernel", services, "--rounds", "1", "--blocks", "1", "--min-time",
             "1ms", "--output", os.path.join(folder, "run.ndjson"), "--metrics", os.path.join(folder, "run.prom")),
            ("drill", "all", "--instance", "openssl", "--output", os.path.join(folder, "drill.ndjson")),
            ("drill", "all", "--instance", "openssl", "--without-safeguard", "--output", os.path.join(folder, "bare.ndjson")))):
        done = harness.assay(*arguments, env=environment)
        with open(os.path.join(folder, "log%d" % index), "w", encoding="utf-8") as log:
            log.write(done.stdout + done.stderr)
        check(done.returncode in (0, 1), "assay %s: %s" % (" ".join(arguments), done.stderr))
    check(os.path.getsize(os.path.join(folder, "run.ndjson")) > 20000, "hardly anything was measured")
    check(findings(0, folder)[0] == {}, "a test key was written")


def main(build, source):
    with tempfile.TemporaryDirectory() as work:
        test_protect(os.path.abspath(build), work)
        start(build)
        planted = {**keys(work), **tokens()}
        check(len(planted) >= 20, "too few")
        test_planted(work, planted)
        test_borders(work, planted)
        test_secrets(work)
        test_allow(work, planted)
        test_nothing(work, planted)
        test_walk(work, planted)
        if harness.built("openssl"):
            test_own(os.path.abspath(build), work)
            test_written(work)
    test_tree(source)
    print("ok: %d secrets" % len(planted))


if __name__ == "__main__":
    main(*sys.argv[1:])
