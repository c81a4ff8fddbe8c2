#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instances with companions: a KMS in a process of its own, stores in a file and behind a server.

usage: companions.py BUILD"""
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
import servers  # noqa: E402
from harness import Run, assay, built, check, expect, start  # noqa: E402


def measured(scratch, instances, kernel, env=os.environ):
    """The samples' times an operation, by case and instance."""
    run = os.path.join(scratch, "run.ndjson")
    expect(0, "run", "--quick", "--rounds", "1", "--instance", instances, "--kernel", kernel, "--out", run, cwd=scratch,
           env=dict(env, TMPDIR=scratch))
    times = {}
    for (_, _, case, instance), sample in Run(run).samples.items():
        times[case, instance] = sample["ns"] / sample["iterations"]
    os.unlink(run)
    return times


def refused_names(scratch):
    for instance, says in (("native+nothing", "no companion 'nothing'; they are inline, softhsm"),
                           ("native+inline:x=1", "companion 'inline:x=1' takes no options"),
                           ("native+softhsm:x=1", "companion 'softhsm:x=1': its one option is timeout=TIME"),
                           ("native+softhsm:timeout=0s", "companion softhsm: 'timeout=0s': give timeout=TIME once"),
                           ("native+redis:port=1:timeout=61s", "companion redis: 'port=1:timeout=61s': give timeout=TIME"),
                           ("native+postgres:timeout=1", "companion postgres: 'timeout=1': give timeout=TIME"),
                           ("native+delay:fixed=2", "give fixed=TIME"),
                           ("native+delay:median=2ms:sigma=9", "sigma=0"),
                           ("native+memory+memory+memory+memory+memory", "more than 4 companions")):
        done = expect(2, "run", "--quick", "--instance", instance, cwd=scratch)
        check(says in done.stderr, "%s: %s" % (instance, done.stderr))


def delay_adds_up(scratch):
    times = measured(scratch, "native,native+delay:fixed=3ms", "^kms.wrap/wrap/")
    slow, fast = times["kms.wrap/wrap/t1", "native+delay:fixed=3ms"], times["kms.wrap/wrap/t1", "native"]
    check(slow > 3e6 > fast, "a call took %.0f ns with a delay of 3 ms and %.0f without" % (slow, fast))


def delay_of_a_file(scratch):
    """Each call takes one of the file's times; what is no time is told with its line."""
    trips = os.path.join(scratch, "trips.txt")
    for text, says in (("1ms\n2\n", "line 2: no time such as"), ("# none\n\n", "no times"), ("1ms 2ms\n", "line 1"),
                       ("61s\n", "line 1"), ("1us\n" * 65537, "more than 65536 times")):
        with open(trips, "w") as f:
            f.write(text)
        done = expect(2, "run", "--quick", "--instance", "native+delay:file=" + trips, cwd=scratch)
        check(says in done.stderr, done.stderr)
    with open(trips, "w") as f:
        f.write("# two of them\n 1ms \n9000us # the slow one")
    instance = "native+delay:file=" + trips
    mean = measured(scratch, instance, "^kms.wrap/wrap/")["kms.wrap/wrap/t1", instance]
    check(2.5e6 < mean < 20e6, "a call took %.0f ns with trips of 1 and 9 ms" % mean)
    os.unlink(trips)
    done = expect(2, "run", "--quick", "--instance", instance, cwd=scratch)
    check("No such file" in done.stderr, done.stderr)


def softhsm(scratch):
    if not os.path.exists(harness.BUILD + "/companions/assay-companion"):
        print("skip softhsm: built without p11-kit's header")
        return
    if not shutil.which("softhsm2-util"):
        print("skip softhsm: it is not installed")
        return
    times = measured(scratch, "openssl+softhsm", "^(kms|aead.seal/aes-256-gcm/16/)")
    want = {(case + "/t1", "openssl+softhsm") for case in ("kms.sign", "kms.wrap/wrap", "kms.wrap/unwrap", "kms.hop")}
    check(set(times) == want, "measured were %s" % sorted(times))
    check(not files_in(scratch), "left behind was %s" % files_in(scratch))
    hangs_softhsm(scratch)


def children(pid):
    """The processes of that parent."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
        except OSError:
            pass  # it is gone
    return found


def companion_of(assay_pid, deadline):
    """The process assay-companion of a worker of that assay."""
    while time.time() < deadline:
        for worker in children(assay_pid):
            for pid in children(worker):
                try:
                    if os.readlink("/proc/%d/exe" % pid).endswith("/assay-companion"):
                        return pid
                except OSError:
                    pass
        time.sleep(0.01)
    harness.fail("no companion was started")


def runs(pid):
    """Not one that has ended and waits for process 1, which in a container may be busy, to take note."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def hangs_softhsm(scratch):
    """The KMS stops answering in the middle of a run: its cells fail and say why, all others are measured, and the
    run ends by itself, with its companion."""
    run = os.path.join(scratch, "hangs.ndjson")
    cases = ("aead.seal/aes-256-gcm/16/t1", "kms.hop/t1", "kms.sign/t1", "kms.wrap/unwrap/t1", "kms.wrap/wrap/t1")
    process = subprocess.Popen([harness.BUILD + "/assay", "run", "--quick", "--rounds", "1", "--blocks", "40", "--instance",
                                "openssl,openssl+softhsm:timeout=300ms", "--kernel", "^(kms|aead.seal/aes-256-gcm/16/)",
                                "--out", run], cwd=scratch, env=dict(os.environ, TMPDIR=scratch), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    companion = companion_of(process.pid, time.time() + 60)
    while b'"sample"' not in open(run, "rb").read() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.5)
    os.kill(companion, signal.SIGSTOP)
    said, _ = process.communicate(timeout=300)
    check(process.returncode == 1, "exit %d: %s" % (process.returncode, said))
    check(not runs(companion), "the companion that hangs outlived the run")
    cells = {(r["case"], r["instance"]): r for r in Run(run).of("cell")}
    failed = {c: r for (c, i), r in cells.items() if i != "openssl" and r["status"] == "failed"}
    check(failed, "no cell failed: %s" % sorted(cells))
    for case, record in failed.items():
        what = {"kms.hop/t1": "ping", "kms.sign/t1": "(sign|public)", "kms.wrap/unwrap/t1": "(un)?wrap",
                "kms.wrap/wrap/t1": "wrap"}[case]
        check(re.search("softhsm: no answer to %s within the time-out of 300 ms" % what, record["reason"]) or
              "not asked, no session has answered within the time-out of 300 ms" in record["reason"], record)
    for case in cases:
        check(cells[case, "openssl"]["status"] == "proved", cells[case, "openssl"])


def files_in(folder):
    """Whatever is in the folders of workers, with folders."""
    return [os.path.join(path, name) for path, folders, files in os.walk(folder) for name in folders + files]


def wait_for(condition, what, seconds=30):
    deadline = time.time() + seconds
    while not condition():
        check(time.time() < deadline, "%s within %d s" % (what, seconds))
        time.sleep(0.02)


def killed_leaves_nothing(scratch):
    """A worker that is killed takes its companion with it, also one that hangs, and every file: those of kernels
    that keep certificates, logs, keysets and sealed files, those of a store, and a token's."""
    tmp = os.path.join(scratch, "tmp")
    os.mkdir(tmp)
    tried = 0
    for case, companion, kept, hangs in (("mtls.reload/p256/rotating/t1", None, "assay-mtls-", False),
                                         ("audit.append/buffered/sign/t1", None, "assay-audit-", False),
                                         ("keyset.rotate/hs256/kid/rotating/t1", None, "assay-keyset-", False),
                                         ("rewrap.bulk/1000/t1", "sqlite", "assay-store-", False),
                                         ("kms.hop/t1", "softhsm", "assay-softhsm-", False),
                                         ("kms.hop/t1", "softhsm", "assay-softhsm-", True)):
        if companion == "softhsm" and not shutil.which("softhsm2-util"):
            continue
        worker = subprocess.Popen([harness.BUILD + "/assay-worker", "--module",
                                   harness.BUILD + "/backends/assay-backend-openssl.so", "--companions",
                                   harness.BUILD + "/companions", "--case", case, "--seconds", "60",
                                   *(["--companion", companion] if companion else [])],
                                  env=dict(os.environ, TMPDIR=tmp), stdout=subprocess.DEVNULL)
        wait_for(lambda: any("/" + kept in name for name in files_in(tmp)) or worker.poll() is not None, case + " kept nothing")
        check(worker.poll() is None, "%s: it ended by itself" % case)
        time.sleep(0.5)
        others = [pid for pid in children(worker.pid) if os.readlink("/proc/%d/exe" % pid).endswith("/assay-companion")]
        check(len(others) == (companion == "softhsm"), "%s: companions %s" % (case, others))
        if hangs:
            os.kill(others[0], signal.SIGSTOP)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        wait_for(lambda: not files_in(tmp) and not any(runs(pid) for pid in others),
                 "%s was killed, and left %s" % (case, files_in(tmp)))
        tried += 1
    check(tried >= 4, "only %d were tried" % tried)
    run_killed(tmp)
    if shutil.which("softhsm2-util"):
        run_kills(tmp)
    expect(0, "run", "--quick", "--rounds", "1", "--instance", "openssl", "--kernel", "^mtls.reload/", "--out",
           scratch + "/whole.ndjson", env=dict(os.environ, TMPDIR=tmp))
    check(not files_in(tmp), "a whole run left %s" % files_in(tmp))
    os.unlink(scratch + "/whole.ndjson")


def runs(pid):
    """Not one who waits to be buried, by whoever has that duty here."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def run_killed(tmp):
    """So is all of a run whose coordinator is killed."""
    process = subprocess.Popen([harness.BUILD + "/assay", "run", "--quick", "--instance", "openssl", "--kernel",
                                "^(mtls.reload|audit.append)/", "--out", os.path.join(os.path.dirname(tmp), "killed.ndjson")],
                               env=dict(os.environ, TMPDIR=tmp), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: any("assay-mtls-" in name or "assay-audit-" in name for name in files_in(tmp)), "a run kept nothing")
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not files_in(tmp), "a run was killed, and left %s" % files_in(tmp))


def run_kills(tmp):
    """And a worker that its coordinator kills with its group, since it did not answer in time."""
    run = os.path.join(os.path.dirname(tmp), "deadline.ndjson")
    process = subprocess.Popen([harness.BUILD + "/assay", "run", "--quick", "--rounds", "1", "--blocks", "200", "--deadline", "1",
                                "--instance", "openssl+softhsm:timeout=60s", "--kernel", "^kms.hop", "--out", run],
                               env=dict(os.environ, TMPDIR=tmp), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    companion = companion_of(process.pid, time.time() + 60)
    wait_for(lambda: process.poll() is not None or b'"sample"' in open(run, "rb").read(), "no sample was taken")
    os.kill(companion, signal.SIGSTOP)
    said, _ = process.communicate(timeout=300)
    check(process.returncode == 1 and "the worker was killed" in said, "exit %d: %s" % (process.returncode, said))
    wait_for(lambda: not files_in(tmp) and not runs(companion), "a worker was killed at its deadline, and left %s" % files_in(tmp))


def rewrap_once(store, scratch, seconds="0.1"):
    return subprocess.Popen([harness.BUILD + "/assay-worker", "--module",
                             harness.BUILD + "/backends/assay-backend-openssl.so", "--companion", "sqlite:" + store,
                             "--companions", harness.BUILD + "/companions", "--case", "rewrap.bulk/1000/t1", "--seconds",
                             seconds], cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def rewrap_killed(scratch):
    """A rotation over a thousand stored keys, killed anywhere 20 times: the proof of who goes on reads them all."""
    store, random_ = os.path.join(scratch, "store"), random.Random(5)
    for _ in range(20):
        worker = rewrap_once(store, scratch, "60")
        time.sleep(random_.uniform(0.02, 0.5))
        worker.kill()
        worker.communicate()
        check(worker.returncode == -signal.SIGKILL, "it ended by itself: %d" % worker.returncode)
    worker = rewrap_once(store, scratch)
    _, said = worker.communicate()
    check(worker.returncode == 0, "after 20 kills: exit %d, %s" % (worker.returncode, said))
    db = sqlite3.connect(store)
    target, = db.execute("SELECT value FROM entry WHERE key = CAST('rewrap:1000.0:target:0' AS BLOB)").fetchone()
    check(int.from_bytes(target, "big") > 3, "no KEK was ever rotated out: generation %d" % int.from_bytes(target, "big"))
    for what, says in (("dek", "row 500 "), ("payload", "payload of row 500")):
        key = "rewrap:1000.0:%s:500" % what
        good, = db.execute("SELECT value FROM entry WHERE key = CAST(? AS BLOB)", (key,)).fetchone()
        db.execute("UPDATE entry SET value = ? WHERE key = CAST(? AS BLOB)", (good[:-1] + bytes([good[-1] ^ 1]), key))
        db.commit()
        worker = rewrap_once(store, scratch)
        _, said = worker.communicate()
        check(worker.returncode == 3 and says in said, "a %s that was altered: exit %d, %s" % (what, worker.returncode, said))
        db.execute("UPDATE entry SET value = ? WHERE key = CAST(? AS BLOB)", (good, key))
        db.commit()
    db.close()


def store_contract(*arguments, env=None):
    """tests/unit/store.c, which is built where cmocka is, over a store of a server."""
    done = subprocess.run([harness.BUILD + "/tests/unit/unit_store", *arguments], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    check(done.returncode == 0, "%s: %s" % (" ".join(arguments), done.stdout))


def store_of_a_server(scratch, name, module, port, env):
    """A store behind a server: the contract, an instance of it, and its absence told."""
    instance = "openssl+%s:port=%d" % (name, port)
    times = measured(scratch, instance, "^rewrap.bulk/100/", env)
    check(set(times) == {("rewrap.bulk/100/t1", instance)}, "measured were %s on %s" % (sorted(times), instance))
    gone = "openssl+%s:port=%d" % (name, servers.free_port())
    absent = assay("run", "--quick", "--rounds", "1", "--instance", gone, "--kernel", "^rewrap.bulk/100/", "--out",
                   scratch + "/absent.ndjson", cwd=scratch)
    check(module + " on loopback port" in absent.stdout + absent.stderr, absent.stdout + absent.stderr)
    os.unlink(scratch + "/absent.ndjson")


def redis(scratch):
    module = harness.BUILD + "/companions/assay-companion-redis.so"
    with servers.redis() as port:
        if not port or not os.path.exists(module):
            print("skip redis: it is not installed")
            return
        store_contract(module, "port=%d" % port)
        store_of_a_server(scratch, "redis", "no Redis server", port, os.environ)


def postgres(scratch):
    host, module = (harness.BUILD + "/companions/assay-companion" + end for end in ("", "-postgres.so"))
    with servers.postgres() as server:
        if not server or not os.path.exists(module):
            print("skip postgres: it is not installed")
            return
        port, env = server
        store_contract("--remote", host, module, "port=%d" % port, env=env)
        store_of_a_server(scratch, "postgres", "no PostgreSQL store", port, env)


def main():
    start(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        refused_names(scratch)
        if built("native"):
            delay_adds_up(scratch)
            delay_of_a_file(scratch)
        if built("openssl"):
            softhsm(scratch)
            killed_leaves_nothing(scratch)
            rewrap_killed(scratch)
            redis(scratch)
            postgres(scratch)


if __name__ == "__main__":
    main()
