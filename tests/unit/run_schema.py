#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published schema of run files and the loader say the same.

usage: run_schema.py SCHEMA VIEWS_TOOL GENERATOR ASSAY

Every record of the invented run, and of a short real one, is valid, and the loader takes the file. Then each field of
each kind of record is given a value of the wrong type: both must refuse it."""
import copy
import json
import subprocess
import sys
import tempfile

try:
    import jsonschema
    VALIDATOR = jsonschema.Draft202012Validator
except (ImportError, AttributeError):
    print("python3-jsonschema is not installed, or too old")
    sys.exit(77)


def loader_takes(tool, text):
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([tool, "check", file.name], stdout=subprocess.PIPE, text=True, timeout=60)
    if done.returncode not in (0, 1):
        raise SystemExit(f"views_tool ended with {done.returncode}")
    return done.returncode == 0, done.stdout


def real_run(assay):
    """What assay itself writes: cells of every kind that this machine has, operations with two sides among them."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/real.ndjson"
        done = subprocess.run([assay, "run", "--rounds", "1", "--blocks", "1", "--min-time", "1ms", "--threads", "1,2",
                               "--kernel", "^hash/sha256/64|^mac.batch|^tls.handshake/tls13-full/ecdsa-p256/x25519/",
                               "--output", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
        if done.returncode != 0:
            raise SystemExit(f"assay run ended with {done.returncode}: {done.stdout}")
        with open(path, encoding="utf-8") as file:
            text = file.read()
    for part in ('"type":"sample"', '"type":"end"', '"status":"unsupported"', '"side_ns":[', '"digest":"'):
        if part not in text:
            raise SystemExit(f"the real run has no {part}")
    return text


def wrong_value(field):
    """A value that no field of this type may have."""
    kinds = field.get("type", [])
    return {} if kinds == "array" or "string" in kinds else [] if kinds == "object" else "text"


def spoiled(record, properties):
    """Copies of the record with one field spoiled, two levels deep."""
    for name, field in properties.items():
        copied = copy.deepcopy(record)
        copied[name] = wrong_value(field)
        yield name, copied
        for inner, deep in field.get("properties", {}).items():
            copied = copy.deepcopy(record)
            copied.setdefault(name, {})[inner] = wrong_value(deep)
            yield f"{name}.{inner}", copied


def main():
    schema_file, tool, generator, assay = sys.argv[1:]
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    VALIDATOR.check_schema(schema)
    validator = VALIDATOR(schema)
    invented = subprocess.run([sys.executable, generator, "--rounds", "1", "--blocks", "1", "--threads", "1", "--trouble",
                               "--hardware", "--kernel", "tls"], stdout=subprocess.PIPE, text=True, check=True).stdout
    texts = {"the invented run": invented}
    texts["a real run"] = real_run(assay)
    failed = 0
    for name, text in texts.items():
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            for error in validator.iter_errors(json.loads(line)):
                print(f"{name}:{number}: {error.message}")
                failed += 1
        taken, why = loader_takes(tool, text)
        if not taken:
            print(f"{name}: the loader says {why}")
            failed += 1
    records = [json.loads(line) for line in invented.splitlines()]
    tried = 0
    for kind, definition in schema["$defs"].items():
        record = next(r for r in records if r["type"] == kind)
        for field, bad in spoiled(record, definition["properties"]):
            tried += 1
            head = "" if kind == "run" else json.dumps(records[0]) + "\n"
            if validator.is_valid(bad):
                print(f"the schema takes a bad {kind}.{field}: {bad}")
                failed += 1
            if loader_takes(tool, head + json.dumps(bad) + "\n")[0]:
                print(f"the loader takes a bad {kind}.{field}: {bad}")
                failed += 1
        for field in definition["required"]:
            lacking = {k: v for k, v in record.items() if k != field}
            if validator.is_valid(lacking):
                print(f"the schema does not miss {kind}.{field}")
                failed += 1
    print(f"{len(texts)} files, {tried} spoiled fields, {failed} wrong")
    return 1 if failed or tried < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
