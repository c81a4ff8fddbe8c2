#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a run file with invented samples, for the tests of the views: every record, every status of a cell, two
thread counts, an operation with two sides. Deterministic for a seed."""
import argparse
import json
import math
import random
import sys

INSTANCES = ["openssl", "boringssl", "sodium", "native", "null"]
SPEED = {"openssl": 1.0, "boringssl": 0.94, "sodium": 0.7, "native": 1.35, "null": 0}
LIBRARY = {"openssl": ("OpenSSL", "OpenSSL 3.0.17 1 Jul 2025", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3"),
           "boringssl": ("BoringSSL", "13.0.0+r24", "/usr/lib/x86_64-linux-gnu/android/libcrypto.so.0"),
           "sodium": ("libsodium", "1.0.18", "/usr/lib/x86_64-linux-gnu/libsodium.so.23"),
           "native": ("assay native", "0.1.0", "assay-backend-native.so"),
           "null": ("null", "0.1.0", "assay-backend-null.so")}


def cases():
    """Yields key, ns an operation on the reference, bytes, sides, the instances without it."""
    for kernel in ("aead.seal", "aead.open"):
        for alg, rate in (("aes-256-gcm", 4.5), ("aes-128-gcm", 5.1), ("chacha20-poly1305", 2.4)):
            for size in (16, 64, 256, 1350, 8192, 16384, 65536, 1048576):
                missing = {"sodium": "libsodium has no AES-128-GCM"} if alg == "aes-128-gcm" else {}
                if alg == "chacha20-poly1305":
                    missing["native"] = "the native backend has no ChaCha20-Poly1305"
                yield f"{kernel}/{alg}/{size}", 90 + size / rate, size, None, missing
    for alg, rate in (("sha256", 1.9), ("sha512", 0.8)):
        for size in (64, 1350, 16384):
            yield f"hash/{alg}/{size}", 60 + size / rate, size, None, {}
    for alg, ns in (("ed25519", 31000), ("ecdsa-p256", 19000), ("rsa-2048-pss", 610000)):
        missing = {} if alg == "ed25519" else {"sodium": f"libsodium has no {alg}", "native": "not written"}
        yield f"sign/{alg}", ns, 0, None, missing
        yield f"verify/{alg}", ns * (0.05 if "rsa" in alg else 2.1), 0, None, missing
    gone = {"sodium": "libsodium has no TLS", "native": "the native backend has no TLS", "null": "a probe has no TLS"}
    for way, ns in (("tls13-full", 520000), ("tls13-resumed", 210000)):
        yield f"tls.handshake/{way}/ecdsa-p256/x25519", ns, 0, ["client", "server"], gone


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--kernel", default="")
    parser.add_argument("--instances", default=",".join(INSTANCES))
    parser.add_argument("--hardware", action="store_true", help="with hardware counters")
    parser.add_argument("--trouble", action="store_true", help="with refused and failed cells")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    out = sys.stdout
    threads = [int(t) for t in args.threads.split(",")]
    instances = args.instances.split(",")
    listed = [(f"{key}/t{t}", ns, size, sides, missing, t) for key, ns, size, sides, missing in cases()
              for t in threads if key.startswith(args.kernel)]

    def put(**record):
        out.write(json.dumps(record, separators=(",", ":")) + "\n")

    put(type="run", schema=1, id="20261124T034512Z-1a2b3c", time="2026-11-24T03:45:12Z",
        assay={"version": "0.1.0", "commit": "0123456789abcdef0123456789abcdef01234567", "dirty": False},
        options={"seed": args.seed, "rounds": args.rounds, "blocks": args.blocks, "min_time_ns": 20000000,
                 "threads": threads, "kernel": args.kernel or None, "full": False},
        instances=instances, cases=[c[0] for c in listed],
        machine={"cpu": "AMD EPYC 9B45 (invented)", "flags": "aes pclmulqdq vaes", "microcode": "0xffffffff", "cores": 2,
                 "kernel": "6.18.0", "governor": "unknown", "virtualisation": "kvm", "tsc_hz": 2096007000},
        build={"compiler": "gcc 12.2.0", "flags": "-O3"}, environment={"OPENSSL_ia32cap": ""})
    trouble = {}
    if args.trouble and listed:
        trouble[(listed[0][0], instances[-1])] = ("refused", "SP 800-38D test 13: the tag differs")
        trouble[(listed[1 % len(listed)][0], instances[-1])] = ("failed", "the worker died of signal 11 (SIGSEGV)")
    for r in range(1, args.rounds + 1):
        for name in instances:
            library, version, path = LIBRARY[name]
            put(type="instance", round=r, instance=name, module=f"~/assay/assay-backend-{name}.so", library=library,
                version=version, path=path, build_id="00112233445566778899aabbccddeeff00112233",
                provider="default" if name == "openssl" else "", variant="vaes512" if name == "native" else "",
                fips_asked=False, fips_active=False)
        launch = {name: rng.gauss(0, 0.015) for name in instances}
        for key, ns, size, sides, missing, t in listed:
            for name in instances:
                cell = dict(type="cell", round=r, case=key, instance=name, status="proved", answers=6, negatives=4,
                            digest="ab" * 32, algorithm=key.split("/")[1].upper(), provider="", iterations=4000,
                            unit="bytes" if size else "ops", bytes=size)
                if sides:
                    cell["sides"] = sides
                status = trouble.get((key, name))
                if name in missing:
                    status = ("unsupported", missing[name])
                if status:
                    cell.update(status=status[0], reason=status[1])
                if not status or r == 1:
                    put(**cell)
            for b in range(1, args.blocks + 1):
                slow = 0.35 if rng.random() < 0.03 else 0.0
                order = rng.sample(range(len(instances)), len(instances))
                for place, i in enumerate(order):
                    name = instances[i]
                    if name in missing or (key, name) in trouble:
                        continue
                    cost = 1.8 if name == "null" else ns / SPEED[name]
                    speedup = 1.0 if t == 1 else t * (0.9 if name != "openssl" else 0.72)
                    cost *= math.exp(launch[name] + rng.gauss(0, 0.004) + slow) / speedup
                    iterations = max(1, int(2e7 / cost))
                    total = max(1, int(cost * iterations))
                    sample = dict(type="sample", round=r, block=b, order=place, case=key, instance=name,
                                  iterations=iterations, ns=total, ticks=int(total * 2.096), switches=0)
                    if args.hardware:
                        sample.update(cycles=int(total * 3.5 * t), instructions=int(total * 8.1 * t))
                    if sides:
                        sample["side_ns"] = [int(total * 0.55), int(total * 0.45)]
                    put(**sample)
        for key, ns, size, sides, missing, t in listed[:1] if args.trouble else []:
            bins = [1000 + r, 90, 1300, 9, 2000, 1]
            put(type="latency", round=r, block=1, order=0, case=key, instance=instances[0], rate=1000.5, requests=100,
                unserved=0, ns=100000000, busy_ns=4000000, switches=0, latency=bins, service=bins, sides=[bins, [8, 100]])
        put(type="round", round=r, noise={"steal_ppm": 0, "load1": 0.1, "mhz_before": 3500.0, "mhz_after": 3490.5,
                                          "switches": 12})
    put(type="end", complete=True, interrupted=False, noise={"verdict": "quiet", "why": []})


if __name__ == "__main__":
    main()
