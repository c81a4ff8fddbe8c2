# SPDX-License-Identifier: Apache-2.0
"""What the tests of the programs share: starts assay, reads its run files, and says what is wrong in one line."""
import json
import os
import resource
import subprocess
import sys
import tempfile

BUILD = None  # the build folder, set by start()
PROBE = "null"


def start(build):
    """Before anything else: where the programs are; crashes leave no core files."""
    global BUILD
    BUILD = os.path.abspath(build)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in ("ASSAY_BACKEND_PATH", "ASSAY_PROFILE"):  # the tester's own modules are none of ours
        os.environ.pop(name, None)
    os.environ.setdefault("XDG_STATE_HOME", os.path.join(BUILD, "tests", "state"))  # tests are no history of the tester's
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):  # nor is a profile of native
        os.environ[name] = os.path.join(tempfile.gettempdir(), "assay-test-no-such-folder")


def fail(text):
    sys.exit("not ok: " + text)


def check(condition, text):
    if not condition:
        fail(text)


def assay(*arguments, **more):
    """Runs assay and returns what subprocess.run does."""
    more.setdefault("timeout", 600)
    more.setdefault("text", True)
    return subprocess.run([os.path.join(BUILD, "assay"), *arguments], capture_output=True, check=False, **more)


def expect(code, *arguments, **more):
    """As assay(), and its exit code is the one named."""
    done = assay(*arguments, **more)
    check(done.returncode == code, "assay %s: exit code %d, not %d; stdout:\n%s\nstderr:\n%s"
          % (" ".join(arguments), done.returncode, code, done.stdout, done.stderr))
    return done


def schedule(policy):
    """For preexec_fn: the lowest priority of a policy."""
    os.sched_setscheduler(0, policy, os.sched_param(os.sched_get_priority_min(policy)))


def may_schedule(policy):
    """Whether this user may do so."""
    try:
        subprocess.run(["true"], check=True, preexec_fn=lambda: schedule(policy))
    except (subprocess.SubprocessError, PermissionError):
        return False
    return True


def realtime_limit():
    """What assay says of a real-time priority here; None: the kernel sets it no limit."""
    us = []
    for name in ("runtime", "period"):
        with open("/proc/sys/kernel/sched_rt_%s_us" % name, encoding="ascii") as file:
            us.append(int(file.read()))
    runtime, period = us
    return None if runtime < 0 or runtime >= period else \
        "stopped for %.0f ms of each second" % (1000 * (period - runtime) / period)


def built(backend):
    return os.path.exists(os.path.join(BUILD, "backends", "assay-backend-%s.so" % backend))


class Run:
    """A run file."""

    def __init__(self, path, torn_ok=False):
        with open(path, "rb") as file:
            data = file.read()
        self.torn = not data.endswith(b"\n")
        check(torn_ok or not self.torn, "%s: the last line is torn" % path)
        lines = data.split(b"\n")[:-1]
        self.records = []
        for number, line in enumerate(lines, 1):
            try:
                self.records.append(json.loads(line))
            except ValueError as error:
                fail("%s:%d: %s: %r" % (path, number, error, line[:200]))
        check(self.records and self.records[0]["type"] == "run", "%s: no run record first" % path)
        self.header = self.records[0]
        self.end = self.records[-1] if self.records[-1]["type"] == "end" else None
        self.cells = {}
        for r in self.of("cell"):
            self.cells[r["case"], r["instance"]] = r
        self.samples = {}
        for r in self.of("sample"):
            self.samples[r["round"], r["block"], r["case"], r["instance"]] = r

    def follow_schema(self):
        """Each record is as the published schema says; where there is no validator, a test of its own is skipped."""
        try:
            from jsonschema import Draft202012Validator
        except ImportError:
            return
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../results/schema/run.schema.json"),
                  encoding="utf-8") as file:
            validator = Draft202012Validator(json.load(file))
        for record in self.records:
            for error in validator.iter_errors(record):
                fail("%s is not as the schema says: %s" % (record, error.message))

    def of(self, kind):
        return [r for r in self.records if r["type"] == kind]

    def taken(self, case, instance):
        return [s for s in self.samples.values() if s["case"] == case and s["instance"] == instance]

    def places(self, case, instance):
        options = self.header["options"]
        return [(r, b, case, instance) for r in range(1, options["rounds"] + 1)
                for b in range(1, options["blocks"] + 1)]

    def measured(self, case, instance):
        """Fails unless the cell is proved and every one of its samples is there."""
        cell = self.cells.get((case, instance))
        check(cell, "%s@%s: no cell" % (case, instance))
        check(cell["status"] == "proved", "%s@%s is %s: %s" % (case, instance, cell["status"], cell.get("reason")))
        missing = [p[:2] for p in self.places(case, instance) if p not in self.samples]
        check(not missing, "%s@%s: no samples of (round, block) %s" % (case, instance, missing))
        if instance != PROBE:
            check(cell["answers"] + cell["negatives"] > 0, "%s@%s was proved by nothing" % (case, instance))

    def whole(self):
        """Every cell is measured, or unsupported for a reason."""
        for case in self.header["cases"]:
            for instance in self.header["instances"]:
                cell = self.cells.get((case, instance), {})
                if cell.get("status") == "unsupported":
                    check(cell.get("reason", "").strip(), "%s@%s: unsupported, no reason" % (case, instance))
                else:
                    self.measured(case, instance)
