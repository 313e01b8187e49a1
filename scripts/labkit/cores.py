# SPDX-License-Identifier: GPL-2.0-or-later
"""Process cores that a kernel of the lab writes, each with what the process said of itself."""

import os
import shutil
from pathlib import Path

from . import initramfs
from .ui import LabError, find_tool, run, say

DISK_SIZE = 4 << 30         # sparse
SOURCE = Path(__file__).resolve().parents[2] / "tests/cores/crash.c"

# What crash.c is built as; -m32 by a compiler for i386 where there is one.
PROGRAMS = {"dynamic": [], "static": ["-static"], "static-pie": ["-static-pie"], "no-pie": ["-no-pie"]}

# Words of crash.c; the name of a case is made of them.
EACH = ("null", "heap null", "heap-split write-ro", "bss-rw null", "bss-rwx heap null", "bss-none heap none",
        "files shared heap null", "shared anon heap threads abort", "files deleted heap null", "filter0 shared heap null",
        "filter7f files shared heap null", "filter1ff heap files deleted shared anon quit", "stack", "thread-stack")
ONCE = ("exec-data", "past-file", "fpe", "trap", "noncanonical", "many heap null", "threads null")


def cases(programs, arch):
    """Lines for cores.c."""
    rows = []

    def add(settings, program, words):
        name = "-".join([program, *words.split()] + [s.split("=")[0] for s in settings.split(",") if s != "-"])
        rows.append(f"{name} {settings} /bin/{program} {words}")

    for program in programs:
        for words in EACH:
            add("-", program, words)
        for words in ("null", "heap null", "heap-split write-ro"):
            add("fixed", program, words)
    for words in ONCE:
        if words != "noncanonical" or arch.name == "amd64":
            add("-", "dynamic", words)
    add("limit=100000", "dynamic", "heap threads null")
    add("limit=4050000", "dynamic", "many heap null")      # in the notes or behind them
    add("limit=3000000", "dynamic", "many null")           # in the program headers
    add("sort", "dynamic", "heap threads shared null")
    return rows


def compile_all(arch, build):
    found = {}
    for name, options in PROGRAMS.items():
        found[name] = Path(build) / name
        run([find_tool(arch.gcc), "-O1", "-w", "-o", str(found[name]), *options, str(SOURCE), "-pthread"])
    if arch.name == "amd64" and shutil.which("i686-linux-gnu-gcc"):
        found["m32"] = Path(build) / "m32"
        run(["i686-linux-gnu-gcc", "-O1", "-w", "-static", "-o", str(found["m32"]), str(SOURCE), "-pthread"])
    return found


def build(files, scratch, target):
    """The initramfs; the number of cases."""
    arch = files.arch
    programs = compile_all(arch, scratch)
    cpio = initramfs.Newc()
    cpio.node("dev/console", 5, 1)
    cpio.file("init", initramfs.compile_one(arch, scratch, "cores", ["-static", "cores.c"]).read_bytes())
    loaded = initramfs.module_closure(files.modules, initramfs.DISK_MODULES)
    for name, data in loaded:
        cpio.file(f"lib/modules/{name}.ko", data)
    for name, path in programs.items():
        cpio.file(f"bin/{name}", path.read_bytes())
    for guest_path, host_path in initramfs.libraries(arch, programs["dynamic"]).items():
        cpio.file(guest_path, Path(host_path).read_bytes())
    rows = cases(programs, arch)
    cpio.file("lab/modules", "".join(f"/lib/modules/{name}.ko\n" for name, _ in loaded).encode())
    cpio.file("lab/cases", "".join(row + "\n" for row in rows).encode())
    cpio.write(target)
    return len(rows)


def make_disk(path):
    with open(path, "wb") as f:
        f.truncate(DISK_SIZE)
    run([find_tool("mkfs.ext4"), "-q", "-O", "^has_journal", "-E", "lazy_itable_init=1", str(path)])
    return path


def collect(disk, into):
    """Take cores and truths off the guest's disk: {case: size of its core}."""
    run([find_tool("debugfs"), "-R", f"rdump / {into}", str(disk)])
    shutil.rmtree(into / "lost+found", ignore_errors=True)
    sizes = {}
    for case in sorted(into.iterdir()):
        core = case / "core"
        if not case.is_dir() or not (case / "log").exists():
            continue
        if not core.exists():
            say(f"{case.name}: {(case / 'log').read_text(errors='replace').strip() or 'no core'}")
            shutil.rmtree(case)
            continue
        run([find_tool("fallocate"), "--dig-holes", str(core)])
        sizes[case.name] = os.stat(core).st_size
    if not sizes:
        raise LabError("the guest left no core")
    return sizes
