# SPDX-License-Identifier: Apache-2.0
"""Boots an emulated PC that runs the given programs, and tells how they ended: the second half of scripts/avx512, which
documents the arguments. The first argument is the folder with kernel and boot loader."""
import glob
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# What Bochs 2.7 and this kernel disagree about is switched off: CPUID tells the kernel of protection keys without their
# state, and a wrong size of the compact XSAVE; and it is fast at REP MOVSB (fsrm) but not enhanced, which memmove of
# Linux 6.1 does not expect. None of that is in what is tested.
KERNEL = ("console=ttyS0,115200 quiet loglevel=3 rdinit=/init nokaslr mitigations=off cryptomgr.notests panic=-1 audit=0 "
          "random.trust_cpu=on no_timer_check tsc=reliable nopku clearcpuid=pku,ospke,xsavec,xsaves,fsrm")

# `ips`: emulated devices keep time by instructions; few a second let the serial line look fast.
MACHINE = """config_interface: textconfig
display_library: term
megs: 512
cpu: model=corei7_icelake_u, count=1, ips=10000000, reset_on_triple_fault=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=cd.iso, status=inserted
boot: cdrom
clock: sync=none, time0=utc
com1: enabled=1, mode=file, dev=serial
log: log
panic: action=fatal
error: action=ignore
info: action=report
sound: waveoutdrv=dummy, waveindrv=dummy
plugin_ctrl: sb16=0, es1370=0, speaker=0, usb_uhci=0
"""

LOADER = """default guest
prompt 0
timeout 1
label guest
 kernel /vmlinuz
 append initrd=/initrd %s
"""


class Archive:
    """A cpio archive (newc) as the kernel unpacks it, written here, for device nodes would ask for root."""

    def __init__(self, path):
        self.file, self.count, self.seen = open(path, "wb"), 0, set()

    def entry(self, name, mode, data=b"", device=(0, 0)):
        if name in self.seen:
            return
        self.seen.add(name)
        self.count += 1
        raw = name.encode() + b"\0"
        fields = (self.count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % n for n in fields) + raw
        self.file.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def folders(self, path):
        parts = path.strip("/").split("/")[:-1]
        for i in range(len(parts)):
            self.entry("/".join(parts[:i + 1]), 0o40755)

    def add(self, path, source=None):
        self.folders(path)
        with open(source or path, "rb") as file:
            self.entry(path.strip("/"), 0o100755, file.read())

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.file.close()


def libraries(path):
    """What the loader would map besides; nothing for what is no dynamic ELF file."""
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return []
    done = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return re.findall(r"(?:=> |^\s+)(/\S+) \(", done.stdout, re.MULTILINE)


def files_below(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def initrd(folder, commands, extra):
    """The archive, with every file that a command names."""
    init = os.path.join(folder, "init")
    subprocess.run(["cc", "-O1", "-static", "-o", init, os.path.join(HERE, "guest-init.c")], check=True)
    archive = Archive(os.path.join(folder, "cd", "initrd"))
    for name in ("dev", "proc", "sys", "etc"):
        archive.entry(name, 0o40755)
    archive.entry("tmp", 0o41777)
    for name, device in {"console": (5, 1), "null": (1, 3), "zero": (1, 5), "urandom": (1, 9)}.items():
        archive.entry("dev/" + name, 0o20666, device=device)
    archive.add("init", init)
    archive.entry("commands", 0o100644, b"".join(b"".join(w.encode() + b"\0" for w in words) + b"\0" for words in commands))
    named = [word for words in commands for word in words if os.path.isfile(word)]
    for path in named + [name for top in extra for name in files_below(os.path.abspath(top))]:
        archive.add(path)
        for library in libraries(path):
            archive.add(library)
    archive.close()


def image(folder, root):
    """A CD that boots the kernel."""
    cd = os.path.join(folder, "cd")
    kernels = glob.glob(os.path.join(root, "boot", "vmlinuz-*"))
    shutil.copy(kernels[0], os.path.join(cd, "vmlinuz"))
    shutil.copy(os.path.join(root, "usr/lib/ISOLINUX/isolinux.bin"), cd)
    shutil.copy(os.path.join(root, "usr/lib/syslinux/modules/bios/ldlinux.c32"), cd)
    with open(os.path.join(cd, "isolinux.cfg"), "w", encoding="utf-8") as file:
        file.write(LOADER % KERNEL)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", os.path.join(folder, "cd.iso"), "-b", "isolinux.bin", "-c",
                    "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", cd],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def boot(folder, seconds):
    """Runs the machine until it switches itself off or its time is over; returns what it said on the serial line."""
    for name, text in {"rc": MACHINE, "debugger": "c\n"}.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    # Debian's Bochs has its debugger in: `c` lets it go. It catches SIGTERM, and should this script be killed it must end
    # by itself.
    with open(os.path.join(folder, "out"), "wb") as out:
        machine = subprocess.Popen(["bochs-bin", "-q", "-f", "rc", "-rc", "debugger"], cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=out, env=dict(os.environ, TERM="vt100"),
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)))
    serial, said, end = os.path.join(folder, "serial"), b"", time.monotonic() + seconds
    try:
        running = True
        while running and time.monotonic() < end:
            running = machine.poll() is None
            if os.path.exists(serial):
                with open(serial, "rb") as file:
                    file.seek(len(said))
                    new = file.read()
                sys.stdout.write(new.decode(errors="replace").replace("\r", ""))
                sys.stdout.flush()
                said += new
            time.sleep(0.2)
    finally:
        machine.kill()
        machine.wait()
    if running:
        print("\ngave up after %d s" % seconds)
    elif not said:
        with open(os.path.join(folder, "out"), encoding="utf-8", errors="replace") as file:
            print("the emulated machine said nothing:\n" + file.read()[-2000:])
    return said.decode(errors="replace").replace("\r", "")


def main():
    root, args, seconds, extra = sys.argv[1], sys.argv[2:], 600, []
    while args and args[0] in ("--time", "--with"):
        if args[0] == "--time":
            seconds = max(1, int(args[1]))
        else:
            extra.append(args[1])
        args = args[2:]
    commands = [[]]
    for word in args:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(os.path.abspath(word) if os.path.isfile(word) else word)
    if not all(commands):
        sys.exit("scripts/avx512: no program to run; see --help")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "cd"))
        initrd(folder, commands, extra)
        image(folder, root)
        said = boot(folder, seconds)
    codes = [int(code) for code in re.findall(r"^@guest command \d+ exit (\d+)$", said, re.MULTILINE)]
    if len(codes) != len(commands) or "\n@guest end\n" not in said:
        sys.exit("scripts/avx512: %d of %d programs came to their end" % (len(codes), len(commands)))
    sys.exit(next((code for code in codes if code), 0))


main()
