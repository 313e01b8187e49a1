# SPDX-License-Identifier: GPL-2.0-or-later
"""A first look at what QEMU wrote: is it whole, and does it say of which kernel it is?"""

import struct
import time

from .ui import LabError

PN_XNUM = 0xffff


def segments(f, path):
    """(type, offset, physical address, length) of each program header of an ELF dump, and that it is whole."""
    head = f.read(64)
    if head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
        raise LabError(f"{path}: not an ELF file")
    order, wide = "<>"[head[5] - 1], head[4] == 2
    phoff, shoff = struct.unpack_from(order + ("QQ" if wide else "II"), head, 0x20 if wide else 0x1c)
    phnum, = struct.unpack_from(order + "H", head, 0x38 if wide else 0x2c)
    if phnum == PN_XNUM:
        f.seek(shoff + (44 if wide else 28))        # sh_info of section 0 has the real number
        phnum, = struct.unpack(order + "I", f.read(4))
    header = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
    f.seek(phoff)
    table, result, end = f.read(phnum * header.size), [], 0
    for row in header.iter_unpack(table):
        type_, offset, paddr, filesz = (row[i] for i in ((0, 2, 4, 5) if wide else (0, 1, 3, 4)))
        result.append((type_, offset, paddr, filesz))
        end = max(end, offset + filesz)
    if f.seek(0, 2) < end:
        raise LabError(f"{path}: {f.tell()} bytes, but its program headers need {end}")
    return result, order


def find_note(notes, order):
    """The text of the note VMCOREINFO among notes."""
    at = 0
    while at + 12 <= len(notes):
        namesz, descsz, _ = struct.unpack_from(order + "III", notes, at)
        name = notes[at + 12:at + 12 + namesz].rstrip(b"\0")
        desc = at + 12 + (namesz + 3) // 4 * 4
        if name == b"VMCOREINFO":
            return notes[desc:desc + descsz].decode(errors="replace")
        at = desc + (descsz + 3) // 4 * 4
    return None


def vmcoreinfo(path, in_memory=None):
    """VMCOREINFO of an ELF dump as a dictionary.

    It is a note of the dump's, or, where QEMU cannot know of it, lies in memory:
    `in_memory` is (physical address, length, byte order of the guest).
    """
    with open(path, "rb") as f:
        table, order = segments(f, path)
        wanted = [(offset, size) for type_, offset, _, size in table if type_ == 4]
        if in_memory:
            at, size, order = in_memory
            wanted = [(offset + at - paddr, size) for type_, offset, paddr, length in table
                      if type_ == 1 and paddr <= at and at + size <= paddr + length]
        for offset, size in wanted:
            f.seek(offset)
            text = find_note(f.read(size), order)
            if text is not None:
                return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if in_memory:
        raise LabError(f"{path}: no VMCOREINFO in memory at {in_memory[0]:#x}, where the guest says it is")
    raise LabError(f"{path}: no VMCOREINFO note; did the guest load qemu_fw_cfg?")


def copy_slowly(memory, seconds):
    """The bytes of a running guest's RAM from low to high, taken over so many seconds."""
    chunk = 1 << 20
    out = bytearray(len(memory))
    begun = time.monotonic()
    for at in range(0, len(memory), chunk):
        out[at:at + chunk] = memory[at:at + chunk]
        wait = begun + seconds * at / len(memory) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
    return out


def replace_memory(path, memory):
    """Put other bytes into a plain dump's RAM, which begins at physical address 0."""
    with open(path, "r+b") as f:
        head = f.read(64)
        phoff, = struct.unpack_from("<Q", head, 0x20)
        phnum, = struct.unpack_from("<H", head, 0x38)
        f.seek(phoff)
        headers = f.read(phnum * 56)
        for i in range(phnum):
            type_, _, offset, _, paddr, filesz = struct.unpack_from("<IIQQQQ", headers, i * 56)
            if type_ == 1 and paddr < len(memory):
                f.seek(offset)
                f.write(memory[paddr:min(paddr + filesz, len(memory))])


def check_kdump(path):
    with open(path, "rb") as f:
        head = f.read(16)
    if not head.startswith((b"makedumpfile", b"KDUMP   ")):
        raise LabError(f"{path}: not a kdump file")
