# SPDX-License-Identifier: GPL-2.0-or-later
"""The vmlinux that goes with a dump: the debug package's, or one made of the image and kallsyms.

A kernel image is enough for a reader that wants types and symbols: the ELF file
packed into it has .BTF and .notes (the build-id) but no symbol table, and the
guest's /proc/kallsyms, moved back by the KASLR offset, is the table.
"""

import lzma
import os
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

from .ui import LabError, find_tool

SHT_SYMTAB, SHT_STRTAB, SHT_NOTE, SHT_NOBITS = 2, 3, 7, 8
SHF_ALLOC = 2
PT_LOAD, PT_NOTE = 1, 4
SHN_ABS = 0xfff1
KEPT = (".notes", ".BTF", ".BTF_ids", ".BTF.base")     # sections whose bytes are kept


def link(source, target):
    """A hard link where possible: 700 MB need not be copied."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


# ---- the guest's symbols ----

def kallsyms(truth):
    """(address, type, name) of each symbol of the kernel proper, modules left out."""
    with open(Path(truth) / "kallsyms") as f:
        for line in f:
            field = line.split()
            if len(field) == 3:
                yield int(field[0], 16), field[1], field[2]


def text_start(truth):
    """Where the kernel's text begins in the running guest: _text, or _stext where kallsyms lacks it."""
    found = {}
    for address, _, name in kallsyms(truth):
        if name in ("_text", "_stext") and address:
            found.setdefault(name, address)
    if not found:
        raise LabError("the guest's kallsyms has neither _text nor _stext: was it read without privilege?")
    return found.get("_text") or found["_stext"]


# ---- the image ----

def unzstd(data):
    done = subprocess.run([find_tool("zstd"), "-dcq"], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=120)
    return done.stdout       # complains about what follows the frame; the ELF check below decides


UNPACKERS = (
    (b"\xfd7zXZ\0", lambda d: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(d)),
    (b"\x28\xb5\x2f\xfd", unzstd),
    (b"\x1f\x8b\x08", lambda d: zlib.decompressobj(31).decompress(d)),
    (b"\x5d\0\0", lambda d: lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(d)),
)


def unpack_image(image):
    """The ELF file inside a bzImage, or None when there is none."""
    data = Path(image).read_bytes()
    if data[0x202:0x206] == b"HdrS":
        # the boot protocol says where the payload is (2.08 and later)
        setup_sects = data[0x1f1] or 4
        offset, length = struct.unpack_from("<II", data, 0x248)
        start = (setup_sects + 1) * 512 + offset
        data = data[start:start + length]
    for magic, unpack in UNPACKERS:
        at = data.find(magic, 0, 1 << 20)
        if at < 0:
            continue
        try:
            plain = unpack(data[at:])
        except (lzma.LZMAError, zlib.error):
            continue
        if plain[:4] == b"\x7fELF":
            return plain
    return None


# ---- writing an ELF file ----

@dataclass
class Section:
    name: str
    type: int
    flags: int
    addr: int
    size: int
    data: bytes = b""
    link: int = 0
    info: int = 0
    align: int = 1
    entsize: int = 0
    offset: int = 0


def read_sections(elf):
    if elf[4] != 2 or elf[5] != 1:
        raise LabError("the kernel image is not a 64-bit little endian ELF file")
    shoff, = struct.unpack_from("<Q", elf, 0x28)
    shentsize, shnum, shstrndx = struct.unpack_from("<HHH", elf, 0x3a)
    raw = [struct.unpack_from("<IIQQQQIIQQ", elf, shoff + i * shentsize) for i in range(shnum)]
    names_at = raw[shstrndx][4]
    sections = []
    for name, type_, flags, addr, offset, size, link_, info, align, entsize in raw[1:]:
        end = elf.index(b"\0", names_at + name)
        text = elf[names_at + name:end].decode()
        if flags & SHF_ALLOC:
            data = elf[offset:offset + size] if type_ != SHT_NOBITS else b""
            sections.append(Section(text, type_, flags, addr, size, data, 0, info, align, entsize))
    return sections


def symbol_table(symbols, sections, offset):
    """(.symtab, .strtab, number of local symbols) with every address moved back by offset."""
    ranges = sorted((s.addr, s.addr + s.size, i) for i, s in enumerate(sections, 1) if s.addr)
    strings, rows = bytearray(b"\0"), {0: [], 1: []}
    for address, kind, name in symbols:
        # Per-CPU symbols before 6.15 are offsets from 0, and KASLR does not move them.
        moved = address - offset if address >> 63 else address
        index = SHN_ABS
        if kind not in "Aa":
            # _etext and __end_rodata lie behind the end of theirs, by as much as a page.
            index = next((i for start, _, i in reversed(ranges) if start <= moved), SHN_ABS)
        bind = 0 if kind.islower() else 1
        type_ = 2 if kind in "TtWw" else 1
        rows[bind].append(struct.pack("<IBBHQQ", len(strings), bind << 4 | type_, 0, index, moved, 0))
        strings += name.encode() + b"\0"
    return bytes(24) + b"".join(rows[0] + rows[1]), bytes(strings), len(rows[0]) + 1


def write_elf(path, machine, entry, sections):
    """An ELF file of these sections, with a PT_LOAD (no bytes) for each run of them and a PT_NOTE."""
    names = bytearray(b"\0")
    sections = sections + [Section(".shstrtab", SHT_STRTAB, 0, 0, 0)]
    name_at = []
    for s in sections:
        name_at.append(len(names))
        names += s.name.encode() + b"\0"
    sections[-1].data, sections[-1].size = bytes(names), len(names)
    loads = [s for s in sections if s.flags & SHF_ALLOC and s.addr]
    segments = [[PT_LOAD, 7, 0, s.addr, 0, s.size] for s in loads]
    notes = [s for s in loads if s.type == SHT_NOTE and s.data]
    phnum = len(segments) + len(notes)
    body, at = bytearray(), 64 + 56 * phnum
    for s in sections:
        pad = -at % max(s.align, 1) if s.data else 0
        body += bytes(pad)
        s.offset = at = at + pad
        body += s.data
        at += len(s.data)
    body += bytes(-at % 8)
    shoff = at + -at % 8
    segments += [[PT_NOTE, 4, s.offset, s.addr, s.size, s.size] for s in notes]
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, entry, 64, shoff, 0, 64, 56, phnum, 64, len(sections) + 1,
        len(sections))
    with open(path, "wb") as f:
        f.write(head)
        for type_, flags, offset, addr, filesz, memsz in segments:
            f.write(struct.pack("<IIQQQQQQ", type_, flags, offset, addr, addr, filesz, memsz, 1))
        f.write(body)
        f.write(bytes(64))
        for s, name in zip(sections, name_at):
            f.write(struct.pack("<IIQQQQIIQQ", name, s.type, s.flags, s.addr, s.offset, s.size,
                                s.link, s.info, s.align, s.entsize))


def compose(vmlinuz, truth, target):
    """Make `target` from the kernel image and the guest's kallsyms."""
    elf = unpack_image(vmlinuz)
    if elf is None:
        raise LabError(f"{vmlinuz}: no ELF file is packed in it; use --vmlinux dbg")
    sections = read_sections(elf)
    text = next((s for s in sections if s.name == ".text"), None)
    if text is None or not any(s.name == ".BTF" for s in sections):
        raise LabError(f"{vmlinuz}: no .text or no .BTF in it; use --vmlinux dbg")
    offset = text_start(truth) - text.addr
    for s in sections:
        if s.name not in KEPT:
            s.type, s.data = SHT_NOBITS, b""
    table, strings, local = symbol_table(kallsyms(truth), sections, offset)
    sections.append(Section(".symtab", SHT_SYMTAB, 0, 0, len(table), table, len(sections) + 2, local, 8, 24))
    sections.append(Section(".strtab", SHT_STRTAB, 0, 0, len(strings), strings))
    machine, = struct.unpack_from("<H", elf, 18)
    entry, = struct.unpack_from("<Q", elf, 24)
    write_elf(target, machine, entry, sections)
