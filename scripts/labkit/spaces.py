# SPDX-License-Identifier: GPL-2.0-or-later
"""Address spaces of a stopped x86-64 guest, read out of its RAM while QEMU holds it.

This is a second opinion on what a dump should hold, made before the dump: it is
small, knows the lab's four kernels only, and trusts what it reads.
"""

import bisect
import mmap
import os
import struct
from dataclasses import dataclass, field

from .ui import LabError
from .vmlinux import kallsyms

IMAGE = 0xffffffff80000000
PAGE = 4096
THREAD_SIZE = 16384
VM_WRITE, VM_EXEC, VM_SHARED, VM_GROWSDOWN, VM_LOCKED = 2, 4, 8, 0x100, 0x2000
MAX = 20000                 # of anything that is walked


class Ram:
    """The guest's RAM, shared with QEMU through its memfd."""

    NAME = "memory-backend-memfd"

    def __init__(self, pid, size):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{fd}"
            try:
                if self.NAME not in os.readlink(path):
                    continue
            except OSError:
                continue
            with open(path, "rb") as f:
                self.bytes = mmap.mmap(f.fileno(), size, access=mmap.ACCESS_READ)
            return
        raise LabError("QEMU has no memfd with the guest's RAM")

    def close(self):
        self.bytes.close()


def symbols(truth):
    """({name: address}, ([address], [name]) of the functions in order) of the guest's kernel."""
    by_name, rows = {}, []
    for address, kind, name in kallsyms(truth):
        by_name.setdefault(name, address)
        if kind in "tT":
            rows.append((address, name))
    rows.sort()
    return by_name, ([r[0] for r in rows], [r[1] for r in rows])


class Kernel:
    """Reads kernel memory by virtual address: the image and the direct map, which is all that is needed."""

    def __init__(self, ram, btf, symbols, stub):
        self.ram, self.btf = ram.bytes, btf
        self.address, self.text = symbols
        self.layout = {}
        self.seen = None        # when a dictionary: what was read, by address
        self.phys_base = self._number(stub, "phys_base")
        self.page_offset = self._number(stub, "page_offset_base")
        guard = self.address.get("stack_guard_gap")
        self.guard_gap = self.u64(guard) if guard else 0

    def _number(self, stub, name):
        return struct.unpack("<Q", stub.read(self.address[name], 8))[0]

    def read(self, va, size):
        base = IMAGE - self.phys_base if va >= IMAGE else self.page_offset
        at = va - base & (1 << 64) - 1
        if at + size > len(self.ram):
            raise LabError(f"{va:#x} is neither in the kernel's image nor in the direct map")
        data = self.ram[at:at + size]
        if self.seen is not None:
            self.seen[at] = data
        return data

    def u64(self, va):
        return struct.unpack("<Q", self.read(va, 8))[0]

    def get(self, base, *path):
        """The integer in a member: get(mm, "mm_struct", "mmap_lock", "count"); None without such a member."""
        if path not in self.layout:
            self.layout[path] = self.btf.find(*path)
        if self.layout[path] is None:
            return None
        offset, size = self.layout[path]
        return int.from_bytes(self.read(base + offset, size), "little")

    def offset(self, *path):
        return self.btf.need(*path)[0]

    def function(self, pc):
        """(name, offset) of the function around pc."""
        i = bisect.bisect_right(self.text[0], pc) - 1
        return self.text[1][i], pc - self.text[0][i]

    def first(self, names):
        """(name, address) of the first of these functions that the kernel has."""
        for name in names:
            for found in (name, name + ".isra.0", name + ".part.0", name + ".constprop.0"):
                if found in self.address:
                    return found, self.address[found]
        return None

    # ---- tasks ----

    def ring(self, head, offset):
        at = self.u64(head)
        for _ in range(MAX):
            if at == head:
                return
            yield at - offset
            at = self.u64(at)
        raise LabError(f"the list at {head:#x} does not end")

    def processes(self):
        tasks = self.offset("task_struct", "tasks")
        yield from self.ring(self.address["init_task"] + tasks, tasks)

    def threads(self, process):
        signal = self.get(process, "task_struct", "signal")
        yield from self.ring(signal + self.offset("signal_struct", "thread_head"),
                             self.offset("task_struct", "thread_node"))

    def task(self, address):
        comm = self.read(address + self.offset("task_struct", "comm"), 16)
        return Task(address, self.get(address, "task_struct", "tgid"), self.get(address, "task_struct", "pid"),
                    comm.split(b"\0")[0].decode(errors="replace"),
                    self.get(address, "task_struct", "stack"), self.get(address, "task_struct", "mm"))


@dataclass
class Task:
    address: int
    pid: int
    tid: int
    comm: str
    stack: int
    mm: int

    def runs_on(self, rsp):
        return self.stack <= rsp < self.stack + THREAD_SIZE


@dataclass
class Vma:
    address: int
    start: int
    end: int
    flags: int
    next: int
    prev: int
    rb: tuple           # parent and colour, right, left
    gap: int
    lock_seq: int
    lock_count: int     # readers of the VMA's own lock, however the kernel counts them

    @property
    def pages(self):
        return (self.end - self.start) // PAGE

    @property
    def bounds(self):
        return self.start, self.end


@dataclass
class State:
    """One look at an address space."""

    map_count: int
    count: int          # of the lock
    owner: int
    lock_seq: int
    page_table_lock: int
    highest_vm_end: int
    counters: dict
    chain: list = field(default_factory=list)        # addresses of VMAs
    rb: list = field(default_factory=list)
    tree: list = field(default_factory=list)        # (first, last, VMA)
    vmas: dict = field(default_factory=dict)        # address: Vma
    broken: dict = field(default_factory=dict)      # rule: what was seen

    @property
    def members(self):
        return self.chain or [row[2] for row in self.tree]

    @property
    def sums(self):
        total = {"total_vm": 0, "data_vm": 0, "exec_vm": 0, "stack_vm": 0, "locked_vm": 0}
        for address in self.members:
            vma = self.vmas[address]
            total["total_vm"] += vma.pages
            if vma.flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN) == VM_EXEC:
                total["exec_vm"] += vma.pages
            elif vma.flags & VM_GROWSDOWN:
                total["stack_vm"] += vma.pages
            elif vma.flags & (VM_WRITE | VM_SHARED) == VM_WRITE:
                total["data_vm"] += vma.pages
            if vma.flags & VM_LOCKED:
                total["locked_vm"] += vma.pages
        return total

    @property
    def written(self):
        return self.count & 1 == 1

    @property
    def read(self):
        return self.count & 1 == 0 and self.count >> 8 > 0

    @property
    def waited_for(self):
        return self.count & 2 == 2

    def owned_by(self, task):
        return self.owner & ~7 == task.address

    def lock_text(self):
        how = "write" if self.written else "read" if self.read else "free"
        how += ", waited for" if self.waited_for else ""
        return f"mmap_lock count {self.count:#x} owner {self.owner:#x} ({how})"

    def text(self):
        if self.chain:
            rows = f"list {len(self.chain)}, rb {len(self.rb)}"
        else:
            rows = f"tree {len(self.tree)}"
        return f"{rows}, map_count {self.map_count}"


class Space:
    """An mm_struct that can be looked at again and again, as it changes."""

    def __init__(self, kernel, mm):
        self.k, self.mm, self.seen = kernel, mm, {}
        need, find = kernel.offset, kernel.btf.find
        self.size = kernel.btf.sizeof("vm_area_struct")
        self.old = find("mm_struct", "mm_rb") is not None
        flags = find("vm_area_struct", "vm_flags") or find("vm_area_struct", "flags")
        self.at = {"start": need("vm_area_struct", "vm_start"), "end": need("vm_area_struct", "vm_end"),
                   "flags": flags[0]}
        if self.old:
            for name, member in (("next", "vm_next"), ("prev", "vm_prev"), ("rb", "vm_rb"),
                                 ("gap", "rb_subtree_gap")):
                self.at[name] = need("vm_area_struct", member)
        seq = find("vm_area_struct", "vm_lock_seq")
        self.seq = seq[0] if seq else None
        refcnt = find("vm_area_struct", "vm_refcnt")
        self.refcnt = refcnt[0] if refcnt else None
        lock = find("vm_area_struct", "vm_lock")
        self.vm_lock = lock[0] if lock and lock[1] == 8 else None

    def vma(self, address):
        raw = self.k.read(address, self.size)
        word = lambda name: struct.unpack_from("<Q", raw, self.at[name])[0] if name in self.at else 0
        number = lambda at: struct.unpack_from("<I", raw, at)[0]
        readers = 0
        if self.refcnt is not None:
            readers = max(number(self.refcnt) - 1, 0)
        elif self.vm_lock is not None:
            readers = self.k.u64(struct.unpack_from("<Q", raw, self.vm_lock)[0]) >> 8
        return Vma(address, word("start"), word("end"), word("flags"), word("next"), word("prev"),
                   struct.unpack_from("<3Q", raw, self.at["rb"]) if self.old else (), word("gap"),
                   number(self.seq) if self.seq is not None else 0, readers)

    def changed(self):
        """Is any byte different that the last look() was made of?"""
        ram = self.k.ram
        return any(ram[at:at + len(data)] != data for at, data in self.seen.items())

    def look(self):
        self.k.seen = {}
        try:
            return self._look()
        finally:
            self.seen, self.k.seen = self.k.seen, None

    def _look(self):
        get = lambda *path: self.k.get(self.mm, "mm_struct", *path)
        sequence = get("mm_lock_seq", "sequence")
        state = State(get("map_count"), get("mmap_lock", "count"), get("mmap_lock", "owner"),
                      get("mm_lock_seq") if sequence is None else sequence,
                      get("page_table_lock") & 0xffffffff, get("highest_vm_end") or 0,
                      {name: get(name) for name in ("total_vm", "data_vm", "exec_vm", "stack_vm", "locked_vm")})
        if self.old:
            self._look_at_list(state)
            self._look_at_rb(state)
        else:
            self._look_at_tree(state)
        sums = state.sums
        for name, value in state.counters.items():
            if value != sums[name]:
                state.broken[name] = f"{name} {value}, sum of the VMAs {sums[name]}"
        return state

    def _take(self, state, address):
        vma = state.vmas.get(address)
        if not vma:
            vma = state.vmas[address] = self.vma(address)
        return vma

    # ---- up to 6.0 ----

    def _look_at_list(self, state):
        at, before = self.k.get(self.mm, "mm_struct", "mmap"), None
        while at:
            if len(state.chain) > MAX:
                raise LabError("the list of VMAs does not end")
            state.chain.append(at)
            vma = self._take(state, at)
            if vma.prev != (before.address if before else 0):
                state.broken.setdefault("vm_prev", f"vm_prev of {at:#x} is {vma.prev:#x}")
            if before and vma.start < before.end:
                state.broken.setdefault("overlap", f"{before.start:#x}-{before.end:#x} and {vma.start:#x}-"
                                                   f"{vma.end:#x} overlap")
            before, at = vma, vma.next
        if state.map_count != len(state.chain):
            state.broken["map_count"] = f"map_count {state.map_count}, list {len(state.chain)}"
        last = state.vmas[state.chain[-1]].end
        if state.highest_vm_end != last:
            state.broken["highest_vm_end"] = f"highest_vm_end {state.highest_vm_end:#x}, last VMA {last:#x}"

    def _look_at_rb(self, state):
        rb = self.at["rb"]

        def walk(node, parent, depth):
            """Black height; in order into state.rb."""
            if not node:
                return 1
            if depth > 64:
                raise LabError("the red-black tree does not end")
            vma = self._take(state, node - rb)
            colour, right, left = vma.rb
            if colour & ~3 != parent:
                state.broken.setdefault("rb parent", f"parent of VMA {vma.address:#x} is wrong")
            red = not colour & 1
            if red and (not parent or not state.vmas[parent - rb].rb[0] & 1):
                state.broken.setdefault("rb colour", f"VMA {vma.address:#x} is red below red, or a red root")
            low = walk(left, node, depth + 1)
            state.rb.append(vma.address)
            high = walk(right, node, depth + 1)
            if low != high:
                state.broken.setdefault("rb height", f"black heights below VMA {vma.address:#x}: {low}, {high}")
            return low + (not red)

        walk(self.k.get(self.mm, "mm_struct", "mm_rb", "rb_node"), 0, 0)
        if state.rb != state.chain:
            state.broken["rb and list"] = f"list {len(state.chain)}, rb {len(state.rb)}"
        # After the list: a gap is measured to vm_prev
        for address in state.rb:
            vma = state.vmas[address]
            want = self._own_gap(state, vma)
            for child in vma.rb[1:]:
                if child:
                    want = max(want, state.vmas[child - rb].gap)
            if want != vma.gap:
                state.broken.setdefault("gap", f"rb_subtree_gap of VMA {address:#x} is {vma.gap:#x}, "
                                               f"should be {want:#x}")

    def _own_gap(self, state, vma):
        start = vma.start
        if vma.flags & VM_GROWSDOWN:
            start = max(start - self.k.guard_gap, 0)
        return max(start - (self._take(state, vma.prev).end if vma.prev else 0), 0)

    # ---- from 6.1 on: the maple tree; its node layout is that of lib/maple_tree.c ----

    def _look_at_tree(self, state):
        root = self.k.get(self.mm, "mm_struct", "mm_mt", "ma_root")
        if root & 3 == 2 and root > 4096:
            self._node(state, root, 0, (1 << 64) - 1, 0, None)
        for first, last, address in state.tree:
            vma = self._take(state, address)
            if (vma.start, vma.end - 1) != (first, last):
                state.broken.setdefault("range", f"VMA {address:#x} is {vma.start:#x}-{vma.end:#x}, "
                                                 f"in the tree {first:#x}-{last + 1:#x}")
        if state.map_count != len(state.tree):
            state.broken["map_count"] = f"map_count {state.map_count}, tree {len(state.tree)}"

    def _node(self, state, enode, low, high, depth, parent):
        """The largest gap at and below a node; `parent`: (node, slot), None at the root."""
        if depth > 31 or len(state.tree) > MAX:
            raise LabError("the maple tree does not end")
        kind, node = enode >> 3 & 15, enode & ~0xff
        raw = struct.unpack("<32Q", self.k.read(node, 256))
        slots = 10 if kind == 3 else 16
        pivots, slot = raw[1:slots], raw[slots:2 * slots]
        gaps = raw[20:30] if kind == 3 else ()
        if raw[0] & ~0xff == node:
            state.broken.setdefault("dead node", f"maple node {node:#x} is dead")
        elif parent and (raw[0] & ~0xff, raw[0] >> 3 & 0x1f) != parent:
            state.broken.setdefault("parent", f"maple node {node:#x} has parent {raw[0]:#x}, is in slot "
                                              f"{parent[1]} of {parent[0]:#x}")
        first, largest = low, 0
        for i in range(slots):
            last = pivots[i] if i < slots - 1 else high
            if i and not last:
                last = high
            if kind == 1:
                if slot[i] > 4096:
                    state.tree.append((first, last, slot[i]))
                elif not slot[i]:
                    largest = max(largest, last - first + 1)
            elif slot[i]:
                below = self._node(state, slot[i], first, last, depth + 1, (node, i))
                if gaps and gaps[i] != below:
                    state.broken.setdefault("gap", f"gap {i} of maple node {node:#x} is {gaps[i]:#x}, "
                                                   f"its child has {below:#x}")
                largest = max(largest, gaps[i] if gaps else below)
            if last >= high:
                break
            first = last + 1
        return largest
