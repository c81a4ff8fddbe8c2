#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every two modules against each other: what one signs, generates or agrees on the other must accept, and TLS
clients and servers of both must shake hands, each way, and carry records.

    cross.py KERNEL_PEER MODULE MODULE ...

Each module runs in a process of its own. An artifact or a flight with a flipped bit must be refused.
"""
import itertools
import os
import subprocess
import sys

OK, UNSUPPORTED, AUTH = 0, 1, 2
TURNS_MAX = 32


class Wrong(Exception):
    pass


class Refused(Wrong):
    """A peer said no, where yes was wanted."""

    def __init__(self, peer, what):
        super().__init__(f"{peer.name}: {what}")
        self.peer = peer


class Peer:
    def __init__(self, program, module):
        self.name = os.path.basename(module).removeprefix("assay-backend-").removesuffix(".so")
        self.process = subprocess.Popen([program, module], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, verb, argument="-", octets=b""):
        try:
            self.process.stdin.write(f"{verb} {argument} {len(octets)}\n".encode() + octets)
            self.process.stdin.flush()
            head = self.process.stdout.readline().decode(errors="replace").rstrip("\n").split(" ", 2)
            return int(head[0]), self.process.stdout.read(int(head[1])), head[2]
        except (BrokenPipeError, IndexError, ValueError):
            raise Wrong(f"{self.name} died") from None

    def must(self, verb, argument="-", octets=b""):
        rc, out, text = self.ask(verb, argument, octets)
        if rc != OK:
            raise Refused(self, f"{verb} {argument}: rc {rc}: {text}")
        return out, text

    def end(self):
        self.process.stdin.close()
        if self.process.wait(timeout=30) != 0:
            raise Wrong(f"{self.name} ended badly")


def flip(octets, at):
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:]


def exchange(shower, acceptor):
    """An artifact is accepted as it is, and with a flipped last bit refused."""
    artifact, _ = shower.must("show")
    acceptor.must("accept", octets=artifact)
    rc, _, text = acceptor.ask("accept", octets=flip(artifact, len(artifact) - 1))
    if rc != AUTH:
        raise Wrong(f"{acceptor.name} did not refuse an altered artifact: rc {rc}: {text}")


def converse(client, server, alter=False):
    """One conversation, to the end; the state of the client. alter: the server's first flight is damaged."""
    said, state, begun = b"", {client: "more", server: "more"}, set()
    for turn in range(TURNS_MAX):
        who, role = ((client, "client"), (server, "server"))[turn % 2]
        said, state[who] = who.must("talk" if who in begun else "begin", role, said)
        begun.add(who)
        if alter and who is server:
            said, alter = flip(said, len(said) // 2), False
        if "more" not in state.values() and not said:
            return state[client]
    raise Wrong(f"client {client.name}, server {server.name}: the conversation does not end")


def shake(client, server):
    """A conversation, or the two of a resumption."""
    if converse(client, server) == "again" and converse(client, server) != "done":
        raise Wrong(f"client {client.name}: a resumption must not ask for another")


def refuse_damage(client, server):
    try:
        converse(client, server, alter=True)
    except Refused as refused:
        if refused.peer is client:
            return
        raise
    raise Wrong(f"client {client.name} took a damaged flight of {server.name}")


def compare(a, b, key):
    """How many exchanges were made; 0 where one of them has no such case."""
    for peer in (a, b):
        rc, _, text = peer.ask("open", key)
        if rc == UNSUPPORTED:
            return 0
        if rc != OK:
            raise Wrong(f"{peer.name}: open: rc {rc}: {text}")
    for one, other in ((a, b), (b, a)):
        if text == "talks":
            shake(one, other)
        else:
            exchange(one, other)
    if text == "talks":
        refuse_damage(a, b)
        refuse_damage(b, a)
    return 2


def main():
    peers = [Peer(sys.argv[1], module) for module in sys.argv[2:]]
    keys = peers[0].must("list")[0].decode().split()
    made, failed = {}, 0
    for key in keys:
        for a, b in itertools.combinations(peers, 2):
            try:
                kind = (a.name, b.name, key.split("/")[0])
                made[kind] = made.get(kind, 0) + compare(a, b, key)
            except Wrong as wrong:
                print(f"not ok {key}: {a.name} and {b.name}: {wrong}")
                failed += 1
    for (a, b, kernel), count in made.items():
        if count:
            print(f"{a} and {b}: {kernel}: {count} exchanges")
    for peer in peers:
        peer.end()
    if not any(made.values()):
        print("no two modules have anything in common")
        failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
