#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a little-endian ELF64 dump again, in another container.

pack.py KIND DUMP COPY

KIND is elf32, elf-split (each PT_LOAD in pieces), kdump-raw, kdump-zlib, kdump-zstd,
kdump-snappy, kdump-split (COPY-1, COPY-2), flattened, flattened-mixed (records out of order,
and overlapping). zstd and snappy are written without compressing anything: their
containers are what is tried.
"""
import os
import random
import struct
import sys
import zlib

PAGE = 4096
# struct disk_dump_header of 64 bits, by offset; struct kdump_sub_header likewise
HEADER = {"version": (8, 4), "status": (424, 4), "block_size": (428, 4), "sub_hdr_size": (432, 4),
          "bitmap_blocks": (436, 4), "max_mapnr": (440, 4), "total_ram_blocks": (444, 4),
          "device_blocks": (448, 4), "written_blocks": (452, 4), "current_cpu": (456, 4), "nr_cpus": (460, 4)}
SUB = {"phys_base": (0, 8), "dump_level": (8, 4), "split": (12, 4), "start_pfn": (16, 8), "end_pfn": (24, 8),
       "offset_vmcoreinfo": (32, 8), "size_vmcoreinfo": (40, 8), "offset_note": (48, 8), "size_note": (56, 8),
       "offset_eraseinfo": (64, 8), "size_eraseinfo": (72, 8), "start_pfn_64": (80, 8), "end_pfn_64": (88, 8),
       "max_mapnr_64": (96, 8)}
ZLIB, LZO, SNAPPY, ZSTD = 1, 2, 4, 0x20


class Elf:
    """What of an ELF64 dump is wanted: notes, and pieces of memory."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        d = self.data
        self.machine, = struct.unpack_from("<H", d, 18)
        phoff, = struct.unpack_from("<Q", d, 32)
        n, = struct.unpack_from("<H", d, 56)
        self.notes, self.loads = b"", []
        for i in range(n):
            kind, _, off, _, pa, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", d, phoff + 56 * i)
            if kind == 4:
                self.notes = d[off:off + filesz]
            elif kind == 1:
                self.loads.append((pa, off, filesz, memsz))

    def pages(self):
        """Page numbers that are memory, and those with bytes: number -> offset."""
        ram, held = set(), {}
        for pa, off, filesz, memsz in self.loads:
            ram.update(range(pa // PAGE, (pa + memsz) // PAGE))
            for i in range(filesz // PAGE):
                held.setdefault(pa // PAGE + i, off + i * PAGE)
        return ram, held

    def vmcoreinfo(self):
        at = 0
        while at + 12 <= len(self.notes):
            namesz, descsz, _ = struct.unpack_from("<III", self.notes, at)
            desc = at + 12 + (namesz + 3) // 4 * 4
            if self.notes[at + 12:at + 22] == b"VMCOREINFO":
                return desc, descsz
            at = desc + (descsz + 3) // 4 * 4
        sys.exit("no VMCOREINFO note")


def elf32(elf, split=False):
    """In ELF32, or in ELF64 with each piece of memory in pieces of its own."""
    loads = []
    for pa, off, filesz, memsz in elf.loads:
        at = 0
        while at < memsz:
            n = min(memsz - at, 5 * PAGE + 0x10 if split and at < filesz else memsz)
            if split or (pa + memsz - 1) >> 32 == 0:
                loads.append((pa + at, off + at, max(0, min(filesz - at, n)), n))
            at += n
    n = len(loads) + 1
    head = 64 + 56 * n + 64 if split else 52 + 32 * n
    out = bytearray(head)
    notes_at, at = head, head + len(elf.notes)
    body = [elf.notes]
    rows = [(4, notes_at, 0, 0, len(elf.notes), len(elf.notes))]
    for pa, off, filesz, memsz in loads:
        rows.append((1, at, pa, pa, filesz, memsz))
        body.append(elf.data[off:off + filesz])
        at += filesz
    phnum = n if n < 0xffff else 0xffff
    if split:
        struct.pack_into("<4s5B7xHHIQQQIHHHHHH", out, 0, b"\x7fELF", 2, 1, 1, 0, 0, 4, elf.machine, 1, 0,
                         64, 64 + 56 * n, 0, 64, 56, phnum, 64, 1, 0)
        for i, (kind, off, va, pa, filesz, memsz) in enumerate(rows):
            struct.pack_into("<IIQQQQQQ", out, 64 + 56 * i, kind, 7, off, va, pa, filesz, memsz, 0)
        struct.pack_into("<I", out, 64 + 56 * n + 44, n)
    else:
        struct.pack_into("<4s5B7xHHIIIIIHHHHHH", out, 0, b"\x7fELF", 1, 1, 1, 0, 0, 4, elf.machine, 1, 0,
                         52, 0, 0, 52, 32, phnum, 0, 0, 0)
        for i, (kind, off, va, pa, filesz, memsz) in enumerate(rows):
            struct.pack_into("<IIIIIIII", out, 52 + 32 * i, kind, off, va, pa, filesz, memsz, 7, 0)
    return bytes(out) + b"".join(body)


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def compress(kind, page):
    """Flags of the descriptor, and the bytes."""
    if kind == "zlib":
        packed = zlib.compress(page, 1)
        return (ZLIB, packed) if len(packed) < len(page) else (0, page)
    if kind == "snappy":
        # one literal, its length in two bytes
        return SNAPPY, varint(len(page)) + bytes([61 << 2]) + struct.pack("<H", len(page) - 1) + page
    if kind == "zstd":
        # a single segment, its size in two bytes; one raw block, the last
        return ZSTD, struct.pack("<IBH", 0xfd2fb528, 0x60, len(page) - 256) + \
            struct.pack("<I", len(page) << 3 | 1)[:3] + page
    return 0, page


def kdump(elf, kind, part=None, parts=1, qemu=False):
    ram, held = elf.pages()
    max_pfn = max(ram) + 1
    first = max_pfn * part // parts if part is not None else 0
    end = max_pfn * (part + 1) // parts if part is not None else max_pfn
    bitmap = (max_pfn + 7) // 8
    blocks = (bitmap + PAGE - 1) // PAGE
    sub_blocks = (104 + len(elf.notes) + PAGE - 1) // PAGE
    out = bytearray(PAGE * (1 + sub_blocks + 2 * blocks))
    out[0:8] = b"KDUMP   "
    for i, word in enumerate(("Linux", "guest", "", "", {62: "x86_64", 183: "aarch64"}[elf.machine], "")):
        out[12 + 65 * i:12 + 65 * i + len(word)] = word.encode()
    values = {"version": 6, "block_size": PAGE, "sub_hdr_size": sub_blocks, "bitmap_blocks": 2 * blocks,
              "max_mapnr": min(max_pfn, 0xffffffff), "nr_cpus": 1}
    for name, value in values.items():
        struct.pack_into("<I", out, HEADER[name][0], value)
    desc, size = elf.vmcoreinfo()
    notes_at = PAGE + 104
    sub = {"dump_level": 1, "offset_vmcoreinfo": notes_at + desc, "size_vmcoreinfo": size,
           "offset_note": notes_at, "size_note": len(elf.notes), "max_mapnr_64": max_pfn}
    if part is not None:
        sub.update({"split": 1, "start_pfn": first, "end_pfn": end, "start_pfn_64": first, "end_pfn_64": end})
    for name, value in sub.items():
        struct.pack_into("<Q" if SUB[name][1] == 8 else "<i", out, PAGE + SUB[name][0], value)
    out[notes_at:notes_at + len(elf.notes)] = elf.notes
    bit1 = PAGE * (1 + sub_blocks)
    bit2 = bit1 + PAGE * blocks
    for pfn in ram:
        out[bit1 + pfn // 8] |= 1 << pfn % 8
    mine = [pfn for pfn in sorted(held) if first <= pfn < end]
    for pfn in held:
        out[bit2 + pfn // 8] |= 1 << pfn % 8
    # the page of zeros is there once, first
    at = len(out) + 24 * len(mine)
    if qemu:    # it begins a block, and writes that page even where none is like it
        data = [(0, bytes(-at % PAGE + PAGE))]
        at += len(data[0][1])
        descs = bytearray()
        for pfn in mine:
            flags, packed = compress(kind, elf.data[held[pfn]:held[pfn] + PAGE])
            descs += struct.pack("<QIIQ", at, len(packed), flags, 0)
            data.append((flags, packed))
            at += len(packed)
        return bytes(out) + bytes(descs) + b"".join(p for _, p in data)
    data = [compress(kind, bytes(PAGE))]
    zero = (at, len(data[0][1]), data[0][0])
    at += len(data[0][1])
    descs = bytearray()
    for pfn in mine:
        page = elf.data[held[pfn]:held[pfn] + PAGE]
        if page == bytes(PAGE):
            descs += struct.pack("<QIIQ", *zero, 0)
            continue
        flags, packed = compress(kind, page)
        descs += struct.pack("<QIIQ", at, len(packed), flags, 0)
        data.append((flags, packed))
        at += len(packed)
    return bytes(out) + bytes(descs) + b"".join(p for _, p in data)


def flattened(data, mixed=False, seed=1):
    rng = random.Random(seed)
    records, at = [], 0
    while at < len(data):
        n = rng.randrange(1, 200000) if mixed else 65536
        n = min(n, len(data) - at)
        records.append((at, data[at:at + n]))
        at += n
    if mixed:
        rng.shuffle(records)
        # what is written twice is told wrong first: the later record counts
        records = [(off, bytes(min(len(d), 5000))) for off, d in records[::3]] + records
    head = b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)
    return head.ljust(4096, b"\0") + b"".join(struct.pack(">qq", o, len(d)) + d for o, d in records) + \
        struct.pack(">qq", -1, -1)


KINDS = ("elf32", "elf-split", "kdump-raw", "kdump-zlib", "kdump-zstd", "kdump-snappy", "kdump-qemu", "kdump-split",
         "flattened", "flattened-mixed")


def pack(kind, source, copy):
    """Returns the files."""
    elf = Elf(source)
    if kind == "elf32":
        files = {copy: elf32(elf)}
    elif kind == "elf-split":
        files = {copy: elf32(elf, True)}
    elif kind == "kdump-split":
        files = {f"{copy}-{i + 1}": kdump(elf, "zlib", i, 2) for i in range(2)}
    elif kind == "kdump-qemu":
        files = {copy: kdump(elf, "zlib", qemu=True)}
    elif kind.startswith("kdump-"):
        files = {copy: kdump(elf, kind[6:])}
    else:
        files = {copy: flattened(kdump(elf, "zlib"), kind == "flattened-mixed")}
    for path, data in files.items():
        with open(path, "wb") as f:
            f.write(data)
    return list(files)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in KINDS:
        sys.exit(__doc__)
    pack(*sys.argv[1:])
