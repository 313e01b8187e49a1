# SPDX-License-Identifier: GPL-2.0-or-later
"""A first look at what QEMU wrote: is it whole, and does it say of which kernel it is?"""

import struct
import time

from .ui import LabError

PN_XNUM = 0xffff


def vmcoreinfo(path):
    """The VMCOREINFO note of an ELF dump as a dictionary."""
    with open(path, "rb") as f:
        head = f.read(64)
        if head[:4] != b"\x7fELF":
            raise LabError(f"{path}: not an ELF file")
        phoff, shoff = struct.unpack_from("<QQ", head, 0x20)
        phnum, = struct.unpack_from("<H", head, 0x38)
        if phnum == PN_XNUM:
            f.seek(shoff + 44)          # sh_info of section 0 has the real number
            phnum, = struct.unpack("<I", f.read(4))
        f.seek(phoff)
        end, notes = 0, b""
        headers = f.read(phnum * 56)
        for i in range(phnum):
            type_, _, offset, _, _, filesz = struct.unpack_from("<IIQQQQ", headers, i * 56)
            end = max(end, offset + filesz)
            if type_ == 4:
                f.seek(offset)
                notes = f.read(filesz)
        if f.seek(0, 2) < end:
            raise LabError(f"{path}: {f.tell()} bytes, but its program headers need {end}")
    at = 0
    while at + 12 <= len(notes):
        namesz, descsz, _ = struct.unpack_from("<III", notes, at)
        name = notes[at + 12:at + 12 + namesz].rstrip(b"\0")
        desc = at + 12 + (namesz + 3) // 4 * 4
        if name == b"VMCOREINFO":
            text = notes[desc:desc + descsz].decode(errors="replace")
            return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        at = desc + (descsz + 3) // 4 * 4
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
