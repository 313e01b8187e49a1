# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the members of the kernel's structures are, from the .BTF section of a vmlinux."""

import mmap
import struct

from .ui import LabError

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT = range(1, 12)
FUNC_PROTO, VAR, DATASEC, DECL_TAG, TYPE_TAG, ENUM64 = 13, 14, 15, 17, 18, 19
# Bytes behind the 12 of a type: (fixed, for each of its vlen)
TAIL = {INT: (4, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8), FUNC_PROTO: (0, 8),
        VAR: (4, 0), DATASEC: (0, 12), DECL_TAG: (4, 0), ENUM64: (0, 12)}
ALIASES = (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG)


def section(path, wanted):
    """The bytes of one section of a 64-bit little endian ELF file; only they are read."""
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as elf:
        shoff, = struct.unpack_from("<Q", elf, 0x28)
        _, shnum, shstrndx = struct.unpack_from("<HHH", elf, 0x3a)
        rows = [struct.unpack_from("<IIQQQQ", elf, shoff + i * 64) for i in range(shnum)]
        names = rows[shstrndx][4]
        for name, _, _, _, offset, size in rows:
            if elf[names + name:elf.find(b"\0", names + name)] == wanted.encode():
                return elf[offset:offset + size]
    raise LabError(f"{path}: no section {wanted}")


class Btf:
    def __init__(self, vmlinux):
        self.data = data = section(vmlinux, ".BTF")
        magic, _, _, hdr_len, type_off, type_len, str_off, _ = struct.unpack_from("<HBBIIIII", data)
        if magic != 0xeb9f:
            raise LabError(f"{vmlinux}: .BTF has a strange magic {magic:#x}")
        self.strings = hdr_len + str_off
        self.at, self.structs = [0], {}
        pos, end = hdr_len + type_off, hdr_len + type_off + type_len
        while pos < end:
            name, info, _ = struct.unpack_from("<III", data, pos)
            kind = info >> 24 & 0x1f
            if kind == STRUCT and name:
                self.structs.setdefault(self._name(name), len(self.at))
            self.at.append(pos)
            fixed, each = TAIL.get(kind, (0, 0))
            pos += 12 + fixed + each * (info & 0xffff)

    def _name(self, offset):
        at = self.strings + offset
        return self.data[at:self.data.index(b"\0", at)].decode()

    def _resolve(self, number):
        """(kind, position, third word) of a type behind its typedefs and qualifiers."""
        while True:
            pos = self.at[number]
            _, info, word = struct.unpack_from("<III", self.data, pos)
            if info >> 24 & 0x1f not in ALIASES:
                return info >> 24 & 0x1f, pos, word
            number = word

    def _size(self, number):
        kind, pos, word = self._resolve(number)
        if kind == PTR:
            return 8
        if kind == ARRAY:
            element, _, count = struct.unpack_from("<III", self.data, pos + 12)
            return self._size(element) * count
        return word

    def _member(self, number, wanted):
        """(offset, type number) of a member, looked for in anonymous members as well; None without it."""
        kind, pos, _ = self._resolve(number)
        if kind not in (STRUCT, UNION):
            return None
        info, = struct.unpack_from("<I", self.data, pos + 4)
        for i in range(info & 0xffff):
            name, type_, bits = struct.unpack_from("<III", self.data, pos + 12 + 12 * i)
            offset = (bits & 0xffffff if info >> 31 else bits) // 8
            if not name:
                inner = self._member(type_, wanted)
                if inner:
                    return offset + inner[0], inner[1]
            elif self._name(name) == wanted:
                return offset, type_
        return None

    def sizeof(self, name):
        return self._size(self.structs[name])

    def find(self, name, *path):
        """(offset, size) of structure.member.member..., or None when the kernel has no such member."""
        number, offset = self.structs.get(name), 0
        if number is None:
            return None
        for wanted in path:
            found = self._member(number, wanted)
            if not found:
                return None
            offset, number = offset + found[0], found[1]
        return offset, self._size(number)

    def need(self, name, *path):
        found = self.find(name, *path)
        if not found:
            raise LabError(f"no {'.'.join((name, *path))} in the kernel's .BTF")
        return found
