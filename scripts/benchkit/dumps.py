# SPDX-License-Identifier: GPL-2.0-or-later
"""The dumps: those that a directory of scripts/lab has, and copies of them in the shape that is wanted."""

import json
import os
import re
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .base import TOP, BenchError, lab_dir, output_of, say

PAGE = 4096
PT_LOAD, PT_NOTE, PN_XNUM = 1, 4, 0xffff
U64 = (1 << 64) - 1
EHDR, PHDR = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ")

# What is made if no directory is named: directory -> arguments of scripts/lab.
WANTED = {
    "5.10-amd64": "make 5.10",
    "6.12-amd64": "make 6.12",
    "5.10-amd64-kdump": "kdump 5.10",
    "bench-5.10-1k": "make 5.10 --vmas 1000 --no-big-smaps --dump plain",
    "bench-5.10-10k": "make 5.10 --vmas 10000 --memory 256M --no-big-smaps --dump plain",
    "bench-5.10-100k": "make 5.10 --vmas 100000 --no-big-smaps --dump plain",
    "bench-5.10-1m": "make 5.10 --vmas 1000000 --memory 2G --no-big-smaps --dump plain,paging",
    "bench-6.12-1m": "make 6.12 --vmas 1000000 --memory 2G --no-big-smaps --dump plain",
    "bench-5.10-500p": "make 5.10 --processes 500 --vmas 1000 --no-big-smaps --dump plain",
    "bench-5.10-5000p": "make 5.10 --processes 5000 --vmas 1000 --memory 2G --no-big-smaps --dump plain",
}
GIB = 1 << 30
GROWN = (GIB, 4 * GIB)     # besides its own size


@dataclass
class Dump:
    name: str
    path: Path
    vmlinux: Path
    kind: str                   # "elf", "elf-paging", "kdump-zlib" ...
    elf: Path = None            # the same memory as ELF, for the chase; None: there is none
    facts: Path = None
    peers: bool = True          # whether others are to read it, too
    about: dict = field(default_factory=dict)       # vmas, spaces, largest, small_pid, bytes


def make_missing():
    """The directories of WANTED, made by scripts/lab where they are not there."""
    dirs = []
    for name, words in WANTED.items():
        path = lab_dir() / name
        if not path.is_dir():
            say(f"making {path}: scripts/lab {words} --out ... (minutes; the lab keeps it)")
            done = subprocess.run([str(TOP / "scripts/lab"), *words.split(), "--out", str(path)],
                                  stdin=subprocess.DEVNULL, check=False)
            if done.returncode:
                say(f"{name}: scripts/lab failed; measured without it")
                continue
        dirs.append(path)
    return dirs


def read_facts(path):
    with open(path, encoding="ascii") as f:
        return {k: int(v) for k, v in (line.split() for line in f)}


def shape(source, target, facts, size=0):
    """Copy an ELF dump as /proc/vmcore would have it: the virtual addresses of the direct map, one
    segment for the kernel's image, bytes on page boundaries. QEMU writes no virtual addresses,
    without which drgn cannot read it. `size`: so many bytes of memory, with zeros behind what there is."""
    with open(source, "rb") as f:
        eh = EHDR.unpack(f.read(EHDR.size))
        phoff, phnum = eh[5], eh[10]
        f.seek(phoff)
        ph = [PHDR.unpack(f.read(PHDR.size)) for _ in range(phnum)]
        loads = [p for p in ph if p[0] == PT_LOAD and p[5]]
        notes = b""
        for p in ph:
            if p[0] == PT_NOTE:
                f.seek(p[2])
                notes += f.read(p[5])
        pieces = [(p[4], p[2], p[5]) for p in loads]
        more = size - sum(p[2] for p in pieces)
        if more > 0:
            pieces.append(((max(p[0] + p[2] for p in pieces) + GIB - 1) // GIB * GIB, None, more // PAGE * PAGE))
        at = (EHDR.size + PHDR.size * (len(pieces) + 2) + len(notes) + PAGE - 1) // PAGE * PAGE
        new, image = [], None
        for pa, _, length in pieces:
            va = (facts["direct_va"] + pa - facts["direct_pa"]) & U64
            new.append((PT_LOAD, 7, at, va, pa, length, length, 0))
            if pa <= facts["image_pa"] and facts["image_pa"] + facts["image_size"] <= pa + length:
                image = (PT_LOAD, 7, at + facts["image_pa"] - pa, facts["image_va"] & U64, facts["image_pa"],
                         facts["image_size"], facts["image_size"], 0)
            at += (length + PAGE - 1) // PAGE * PAGE
        if not image:
            raise BenchError(f"{source}: the kernel's image is in no segment of it")
        headers = [(PT_NOTE, 0, EHDR.size + PHDR.size * (len(new) + 2), 0, 0, len(notes), len(notes), 0), image, *new]
        with open(target, "wb") as out:
            out.write(EHDR.pack(*eh[:5], EHDR.size, 0, eh[7], EHDR.size, PHDR.size, len(headers), 0, 0, 0))
            for p in headers:
                out.write(PHDR.pack(*p))
            out.write(notes)
            for (_, off, length), header in zip(pieces, new):
                if off is not None:
                    copy_sparse(f, off, out, header[2], length)
            out.truncate(at)


def copy_sparse(source, off, target, at, length):
    zeros = bytes(1 << 20)
    source.seek(off)
    target.seek(at)
    while length:
        data = source.read(min(length, len(zeros)))
        if not data:
            raise BenchError("a dump is shorter than its headers say")
        if data == zeros[:len(data)]:
            target.seek(len(data), os.SEEK_CUR)
        else:
            target.write(data)
        length -= len(data)


def describe(dump, tools):
    """Count what is in it, and find a small process."""
    chased = output_of([tools.chase, "--json", "--passes", "1", "--walk", "tree", dump.facts, dump.elf])
    tasks = output_of([tools.vmascope, "ps", dump.path, "--vmlinux", dump.vmlinux, "--format", "json"])
    if chased is None or tasks is None:
        raise BenchError(f"{dump.path}: vmascope or the chase cannot read it")
    chased = json.loads(chased)
    sizes = []
    for line in tasks.splitlines():
        task = json.loads(line)
        if task.get("mm") and task.get("map_count"):
            sizes.append((task["map_count"], task["pid"]))
    small = min((s for s in sizes if s[0] >= 5), default=min(sizes))
    dump.about = {"vmas": chased["vmas"], "spaces": chased["mms"], "largest": max(sizes)[0], "small_pid": small[1],
                  "small_vmas": small[0], "bytes": dump.path.stat().st_size}


def of_directory(path, scratch, tools, quick):
    """The dumps in a directory of the lab, the plain ELF first; copies go to `scratch`."""
    vmlinux = path / "vmlinux"
    if not vmlinux.exists():
        raise BenchError(f"{path}: expected vmlinux in it, as scripts/lab leaves it")
    plain = next((path / n for n in ("vmcore", "vmcore-elf") if (path / n).exists()), None)
    if not plain:
        raise BenchError(f"{path}: expected vmcore or vmcore-elf in it, as scripts/lab leaves it")
    facts = scratch / f"{path.name}.facts"
    text = output_of([tools.facts, plain, vmlinux])
    if text is None:
        raise BenchError(f"{plain}: tests/bench/facts cannot read it: the chase wants 64-bit little-endian memory")
    facts.write_text(text, encoding="ascii")
    elf = plain
    if is_qemu(plain):
        elf = scratch / f"{path.name}.elf"
        say(f"{plain.name} of {path.name} as /proc/vmcore would have it")
        shape(plain, elf, read_facts(facts))
    first = Dump(path.name, elf, vmlinux, "elf", elf, facts)
    describe(first, tools)
    dumps = [first]
    others = {"vmcore-paging": "elf-paging", "vmcore-kdump-zlib": "kdump-zlib-flattened"}
    for name in sorted(os.listdir(path)):
        if name in others and not quick:
            dumps.append(Dump(f"{path.name} {others[name]}", path / name, vmlinux, others[name], elf, facts,
                              about=dict(first.about)))
    info = json.loads((path / "lab.json").read_text()) if (path / "lab.json").exists() else {}
    for name in info.get("dumps", {}):
        if re.fullmatch(r"vmcore-(zlib|lzo)(-d31)?|vmcore-d31-(zlib|lzo)", name) and not quick:
            dumps.append(Dump(f"{path.name} {name[7:]}", path / name, vmlinux, "kdump-" + name[7:], elf, facts,
                              about=dict(first.about)))
    for dump in dumps:
        dump.about["bytes"] = dump.path.stat().st_size
    return dumps


def is_qemu(path):
    """Without virtual addresses, which no kernel's /proc/vmcore is."""
    with open(path, "rb") as f:
        eh = EHDR.unpack(f.read(EHDR.size))
        f.seek(eh[5])
        ph = [PHDR.unpack(f.read(PHDR.size)) for _ in range(min(eh[10], 64))]
    return all(p[3] == p[4] for p in ph if p[0] == PT_LOAD)


def grown(dump, scratch):
    """The same dump with more memory, zeros, behind it: holes in the file."""
    for size in GROWN:
        if size < dump.about["bytes"] * 3 // 2:
            continue
        path = scratch / f"{dump.name}.{size >> 30}g.elf"
        say(f"{dump.name} with {size >> 30} GiB of memory")
        shape(dump.elf, path, read_facts(dump.facts), size)
        about = dict(dump.about)
        about["bytes"] = path.stat().st_size
        yield Dump(f"{dump.name} {size >> 30} GiB", path, dump.vmlinux, "elf", path, dump.facts, peers=False, about=about)
