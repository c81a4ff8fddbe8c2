# SPDX-License-Identifier: Apache-2.0
"""Servers of stores, for a test alone: on a free loopback port, their data in a folder of the test's, ended with it."""
import contextlib
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(ready, server, what, seconds=20):
    deadline = time.time() + seconds
    while not ready():
        if server.poll() is not None or time.time() > deadline:
            raise RuntimeError("%s did not start" % what)
        time.sleep(0.05)


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(command, ready, **options):
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        wait_until(lambda: ready(server), server, command[0])
        yield
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def redis():
    """The port, or None where Redis is not installed."""
    if not shutil.which("redis-server"):
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        with running(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
                     lambda server: listening(port)):
            yield port


def unprivileged():
    """What a command is prefixed with: PostgreSQL does not run as root, and Debian has a user for it."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []


@contextlib.contextmanager
def postgres():
    """(port, environment for its clients), or None where PostgreSQL's server is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb")]
    if not found[-1]:
        yield None
        return
    tools, port = os.path.dirname(found[-1]), free_port()
    # Below /tmp, whatever TMPDIR says: the other user must be able to get there.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = os.path.join(folder, "data")
        subprocess.run(unprivileged() + [tools + "/initdb", "-D", data, "-U", "assay", "--auth=trust", "--no-sync", "-E", "UTF8",
                                         "--locale=C"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        ready = [tools + "/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        with running(unprivileged() + [tools + "/postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder,
                                       "-c", "fsync=off"],
                     lambda server: subprocess.run(ready).returncode == 0, cwd=folder):
            yield port, dict(os.environ, PGUSER="assay", PGDATABASE="postgres")
