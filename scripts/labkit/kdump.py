# SPDX-License-Identifier: GPL-2.0-or-later
"""Genuine kdumps: a second kernel takes over after the crash and writes what is left of the first."""

import os
import re
import struct
from pathlib import Path

from . import initramfs
from .packages import Programs
from .ui import LabError, find_tool, run

DISK_SIZE = 6 << 30         # sparse
CRASH_MEMORY = "160M"
LIBRARIES = "/kdump/lib"

# What kdump.c makes: name, makedumpfile's arguments (none: a copy of /proc/vmcore), the files' endings.
# A set is split at multiples of 16 MiB: the default of 1 GiB would leave all in the first file.
VARIANTS = (
    ("vmcore-elf", "", ()),
    ("vmcore-zlib", "-c /proc/vmcore @", ()),
    ("vmcore-lzo", "-l /proc/vmcore @", ()),
    ("vmcore-zstd", "-z /proc/vmcore @", ()),
    ("vmcore-raw", "-d 0 /proc/vmcore @", ()),
    ("vmcore-d31-zlib", "-c -d 31 /proc/vmcore @", ()),
    ("vmcore-d31-lzo", "-l -d 31 /proc/vmcore @", ()),
    ("vmcore-d31-zstd", "-z -d 31 /proc/vmcore @", ()),
    ("vmcore-d31-raw", "-d 31 /proc/vmcore @", ()),
    ("vmcore-split", "--split --splitblock-size 16 -c /proc/vmcore @-1 @-2 @-3", ("-1", "-2", "-3")),
    ("vmcore-flat", "-F -c /proc/vmcore", ()),
    ("vmcore-flat-d31", "-F -c -d 31 /proc/vmcore", ()),
    ("vmcore-E", "-E -d 31 /proc/vmcore @", ()),
    ("vmcore-flat-E", "-F -E -d 31 /proc/vmcore", ()),
)


def fetch_programs(cache, arch):
    """kexec and makedumpfile of a suite whose makedumpfile knows zstd."""
    return Programs(cache, "trixie", False, arch, {"kexec-tools": "kexec", "makedumpfile": "makedumpfile"})


def after_crash(files, programs, target):
    """The initramfs of the kernel that takes over."""
    cpio = initramfs.Newc()
    cpio.node("dev/console", 5, 1)
    cpio.file("init", initramfs.compile_one(files.arch, target.parent, "kdump", ["-static", "kdump.c"]).read_bytes())
    loaded = initramfs.module_closure(files.modules, ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"])
    for name, data in loaded:
        cpio.file(f"lib/modules/{name}.ko", data)
    cpio.file("lab/modules", "".join(f"/lib/modules/{name}.ko\n" for name, _ in loaded).encode())
    cpio.file("lab/makedumpfile", programs.path("makedumpfile").read_bytes())
    for path in programs.libraries("makedumpfile"):
        cpio.file(f"lab/lib/{path.name}", path.read_bytes())
    cpio.file("lab/variants", "".join(f"{name} {words}".strip() + "\n" for name, words, _ in VARIANTS).encode())
    cpio.write(target)


def root_files(files, programs, scratch, how, cmdline):
    """What the first kernel's root must hold so that init.c can load the second; {path: bytes}."""
    after_crash(files, programs, scratch / "initrd-kdump")
    words = [f"{LIBRARIES}/ld-linux-x86-64.so.2", "--library-path", LIBRARIES, "/kdump/kexec", "-p",
             {"file": "--kexec-file-syscall", "load": "--kexec-syscall"}[how], "/kdump/vmlinuz",
             "--initrd=/kdump/initrd", f"--command-line={cmdline}"]
    root = {"/kdump/kexec": programs.path("kexec").read_bytes(),
            "/kdump/vmlinuz": files.vmlinuz.read_bytes(),
            "/kdump/initrd": (scratch / "initrd-kdump").read_bytes(),
            "/kdump/words": "".join(word + "\n" for word in words).encode()}
    for path in programs.libraries("kexec"):
        root[f"{LIBRARIES}/{path.name}"] = path.read_bytes()
    return root


def make_disk(path):
    with open(path, "wb") as f:
        f.truncate(DISK_SIZE)
    run([find_tool("mkfs.ext4"), "-q", "-O", "^has_journal", "-E", "lazy_itable_init=1", str(path)])
    return path


def collect(disk, into):
    """Take the dumps off the guest's disk: ({file: size}, {variant: seconds}, {variant: why it is not there})."""
    def take(name):
        run([find_tool("debugfs"), "-R", f"dump /{name} {into / name}", str(disk)])
        if not (into / name).exists():
            raise LabError(f"the crash kernel left no {name}")
        run([find_tool("fallocate"), "--dig-holes", str(into / name)])
        return os.stat(into / name).st_size

    sizes, seconds, missing = {}, {}, {}
    take("status")
    take("log")
    rows = dict((line.split()[0], line.split()[1:]) for line in (into / "status").read_text().splitlines())
    for name, _, parts in VARIANTS:
        status, took = rows.get(name, ("not tried", 0))
        if status != "0":
            missing[name] = f"status {status}"
            continue
        seconds[name] = float(took)
        for part in parts or ("",):
            sizes[name + part] = take(name + part)
    (into / "status").unlink()
    (into / "log").rename(into / "makedumpfile.log")
    return sizes, seconds, missing


def check(path, name):
    """Is it the container that its name promises?"""
    with open(path, "rb") as f:
        head = f.read(16)
    flat, elf = "flat" in name, name.endswith(("elf", "E"))
    want = b"makedumpfile\0" if flat else b"\x7fELF" if elf else b"KDUMP   "
    if not head.startswith(want):
        raise LabError(f"{path} begins with {head!r}")
