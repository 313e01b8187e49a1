# SPDX-License-Identifier: GPL-2.0-or-later
"""Stopping a guest in the middle of a change to an address space.

A breakpoint at a kernel function catches the worker (worker.c) at its
operation; from there it goes on instruction by instruction until its address
space looks as a scenario wants it. So no address inside a function need be
known, and what a dump will hold has been seen before it is made.
"""

from dataclasses import dataclass
from typing import Callable

from .gdbstub import GdbStub, NoStop
from .spaces import Kernel, Ram, Space, Task, symbols
from .ui import LabError, say, warn

ATTEMPTS = 5            # arrivals at its function until a scenario is given up
STEPS = 60000           # instructions after one arrival
LET = 0.3               # seconds for another CPU to queue up for the lock
WAIT = 60               # seconds for a breakpoint to be met
LIST, MAPLE, VMA_LOCK = "list", "maple", "VMA locks"


@dataclass(frozen=True)
class Scenario:
    name: str
    thread: str         # of worker.c
    operation: str
    at: tuple           # the functions where breakpoints wait, one after another; alternatives in a tuple
    lock: str           # mmap_lock: write, read, free
    want: Callable      # of the address space before and now
    torn: bool = True   # or held, but consistent
    era: str = ""       # only of kernels that have LIST, MAPLE, VMA_LOCK
    contended: bool = False     # somebody on another CPU waits for the lock


# ---- what the scenarios want ----

def always(before, now):
    return True


def moved(before, now):
    """VMAs whose bounds have changed: (before, now)."""
    return [(old.bounds, now.vmas[a].bounds) for a, old in before.vmas.items()
            if a in now.vmas and now.vmas[a].bounds != old.bounds]


def shrunk(before, now):
    return any(new[1] - new[0] < old[1] - old[0] for old, new in moved(before, now))


def grown(before, now):
    return any(new[1] - new[0] > old[1] - old[0] for old, new in moved(before, now))


def entries(state):
    return len(state.chain or state.tree)


def half_split(before, now):
    """One VMA has been cut, the other half is nowhere yet."""
    return shrunk(before, now) and entries(now) == entries(before) and now.map_count == before.map_count


def settled(state):
    """Whatever tree there is stands, nothing is still being linked."""
    return not {"rb and list", "rb parent", "rb colour", "rb height", "gap", "dead node", "parent",
                "range"} & set(state.broken)


def one_more(before, now):
    """Inserted, but not counted."""
    return entries(now) == now.map_count + 1 and settled(now)


def merging(before, now):
    return grown(before, now) and bool({"overlap", "range", "map_count"} & set(now.broken))


def only_in_list(before, now):
    return len(now.chain) == len(before.chain) + 1 and len(now.rb) == len(before.rb)


def unbalanced(before, now):
    return now.rb == now.chain and bool({"rb colour", "rb height"} & set(now.broken))


def gap_behind(before, now):
    return "gap" in now.broken


def erased_one(before, now):
    return len(now.chain) == now.map_count and len(now.rb) == now.map_count - 1


def still_in_list(before, now):
    """All three are out of the tree and not counted, and none is out of the list."""
    return len(now.rb) == now.map_count == len(now.chain) - 3


def rewriting(before, now):
    """VMAs are gone from the tree, whose nodes or gaps are still being replaced."""
    return len(now.tree) < now.map_count and not settled(now)


def cleared(before, now):
    """The three are out of the tree, which is whole again, and not yet uncounted."""
    return len(now.tree) == now.map_count - 3 and settled(now)


def counters_high(before, now):
    return now.counters["total_vm"] > now.sums["total_vm"] and now.map_count == entries(now)


def counters_mixed(before, now):
    """Some counters have been lowered, and not all."""
    return (now.counters["total_vm"] < before.counters["total_vm"] and now.read and
            now.counters != now.sums)


def counters_off(before, now):
    return now.counters != now.sums


def raised(before, now):
    return now.counters["total_vm"] > before.counters["total_vm"] and not moved(before, now)


def start_moved(before, now):
    return grown(before, now) and bool({"gap", "range"} & set(now.broken))


def lock_ahead(before, now):
    return now.counters["locked_vm"] != now.sums["locked_vm"]


def vma_read_locked(before, now):
    return any(now.vmas[a].lock_count for a in now.members)


SPLIT = ("__vma_adjust", "__split_vma")
MERGE = ("__vma_adjust", "commit_merge")
MUNMAP = ("__do_munmap", "do_mas_align_munmap", "do_vmi_align_munmap")
MAP = ("__mmap_region", "mmap_region")
STORE = ("vma_mas_store", "mas_store_prealloc")

SCENARIOS = (
    Scenario("split", "do-mprotect", "mprotect", (SPLIT,), "write", half_split),
    Scenario("split-count", "do-mprotect", "mprotect", (SPLIT,), "write", one_more),
    Scenario("merge", "do-mprotect", "mprotect", (MERGE,), "write", merging),
    Scenario("mprotect-counters", "do-mprotect", "mprotect", ("mprotect_fixup", "change_protection"), "write",
             counters_off),
    Scenario("link", "do-mmap", "mmap", ("vma_link",), "write", only_in_list, era=LIST),
    Scenario("link-balance", "do-mmap", "mmap", ("vma_link",), "write", unbalanced, era=LIST),
    Scenario("link-count", "do-mmap", "mmap", ("vma_link",), "write", one_more, era=LIST),
    Scenario("link-file", "do-mmap-file", "mmap of a file", ("vma_link",), "write", only_in_list, era=LIST),
    Scenario("store-gap", "do-mmap", "mmap", (MAP, STORE), "write", gap_behind, era=MAPLE),
    Scenario("store", "do-mmap", "mmap", (MAP, STORE), "write", one_more, era=MAPLE),
    Scenario("store-file", "do-mmap-file", "mmap of a file", (MAP, STORE), "write", one_more, era=MAPLE),
    Scenario("erase", "do-munmap", "munmap", (MUNMAP,), "write", erased_one, era=LIST),
    Scenario("erase-list", "do-munmap", "munmap", (MUNMAP,), "write", still_in_list, era=LIST),
    Scenario("unmap-tree", "do-munmap", "munmap", (MUNMAP,), "write", rewriting, era=MAPLE),
    Scenario("unmap", "do-munmap", "munmap", (MUNMAP,), "write", cleared, era=MAPLE),
    Scenario("unmap-downgraded", "do-munmap", "munmap", (MUNMAP, "free_pgtables"), "read", counters_high),
    Scenario("unmap-counters", "do-munmap", "munmap", (MUNMAP, "free_pgtables"), "read", counters_mixed),
    Scenario("map-fixed", "do-fixed", "mmap with MAP_FIXED", (MAP, "free_pgtables"), "write", counters_off),
    Scenario("stack-growth", "do-grow", "stack growth", ("expand_downwards",), "", raised),
    Scenario("stack-growth-start", "do-grow", "stack growth", ("expand_downwards",), "", start_moved),
    Scenario("mlock", "do-mlock", "mlock", ("mlock_fixup",), "write", lock_ahead),
    Scenario("held", "do-mmap", "mmap", ("do_mmap",), "write", always, torn=False),
    Scenario("held-munmap", "do-munmap", "munmap", (MUNMAP,), "write", always, torn=False),
    Scenario("held-fork", "do-fork", "fork", ("copy_page_range",), "write", always, torn=False),
    Scenario("held-fault", "do-fault", "page fault", ("__anon_vma_prepare",), "read", always, torn=False),
    Scenario("held-reader", "do-read", "read of smaps_rollup", (("walk_page_vma", "walk_page_range"),), "read",
             always, torn=False),
    Scenario("held-vma", "do-touch", "page fault", ("handle_mm_fault",), "free", vma_read_locked, torn=False,
             era=VMA_LOCK),
    Scenario("split-waiters", "do-mprotect", "mprotect", (SPLIT,), "write", half_split, contended=True),
    Scenario("held-waiters", "do-mmap", "mmap", ("do_mmap",), "write", always, torn=False, contended=True),
)


def names():
    return [s.name for s in SCENARIOS]


def wanted(only, contended):
    """The scenarios for one boot; only: their names, or None."""
    return [s for s in SCENARIOS if s.contended == contended and (not only or s.name in only)]


@dataclass
class Stop:
    """The guest as it stands where a scenario has its wish."""

    scenario: Scenario
    task: Task
    mm: int
    mm_pid: int
    function: str       # in which the first breakpoint was
    pc: int
    where: str
    steps: int
    before: object
    now: object

    def facts(self):
        return {"scenario": self.scenario.name, "pid": self.task.pid, "tid": self.task.tid,
                "comm": self.task.comm, "operation": self.scenario.operation, "function": self.function,
                "pc": f"{self.pc:#x}", "where": self.where, "task": f"{self.task.address:#x}",
                "mm": f"{self.mm:#x}", "mm_pid": self.mm_pid,
                "expect": "torn" if self.scenario.torn else "consistent",
                "lock": self.now.lock_text(), "broken": self.now.broken}

    def text(self):
        """What goes to truth/torn: the scenario's line, then `key value` lines."""
        t, now = self.task, self.now
        rows = [f"{self.scenario.name} {t.pid} {t.tid} {t.comm} {self.scenario.operation.replace(' ', '-')} "
                f"{self.function}",
                f"expect {'torn' if self.scenario.torn else 'consistent'}",
                f"mm {self.mm:#x} of pid {self.mm_pid}",
                f"task {t.address:#x}",
                f"pc {self.pc:#x} {self.where}, {self.steps} instructions after the last breakpoint",
                f"lock {now.lock_text()}",
                f"page_table_lock {now.page_table_lock:#x}",
                f"before {self.before.text()}; " + ", ".join(f"{k} {v}" for k, v in self.before.counters.items()),
                f"now {now.text()}; " + ", ".join(f"{k} {v}" for k, v in now.counters.items())]
        rows += [f"moved {a:#x}-{b:#x} to {c:#x}-{d:#x}" for (a, b), (c, d) in moved(self.before, now)]
        rows += [f"broken {rule}: {seen}" for rule, seen in now.broken.items()]
        for address in now.members:
            vma = now.vmas[address]
            if vma.lock_count:
                rows.append(f"vma-lock VMA {address:#x} {vma.start:#x}-{vma.end:#x} is read-locked")
        return "".join(row + "\n" for row in rows)


class Hunt:
    """Goes from scenario to scenario in one guest that has all its truth recorded."""

    def __init__(self, guest, btf, truth, memory):
        self.stub = GdbStub(guest.gdb_path)
        self.ram = Ram(guest.proc.pid, memory)
        self.missing = {}
        # Any stop in the kernel's own context will do for reading its image
        table = symbols(truth)
        self.stub.set_break(table[0]["do_mmap"])
        self.stub.go(WAIT)
        self.stub.clear_break(table[0]["do_mmap"])
        self.k = Kernel(self.ram, btf, table, self.stub)
        self.tasks = [self.k.task(t) for p in self.k.processes() for t in self.k.threads(p)]
        leader = [t for t in self.tasks if t.comm == "worker"]
        if len(leader) != 1:
            raise LabError("the guest has no worker")
        self.leader = leader[0]
        self.space = Space(self.k, self.leader.mm)
        self.stub.step()

    def close(self):
        self.stub.close()
        self.ram.close()

    def scenarios(self, wanted):
        has = {"": True, LIST: self.space.old, MAPLE: not self.space.old, VMA_LOCK: self.space.seq is not None}
        return [s for s in wanted if has[s.era]]

    def _who(self, rsp):
        for task in self.tasks:
            if task.runs_on(rsp):
                return task
        return None

    def _arrive(self, address, thread):
        """Run until this thread is at this address; (task, registers)."""
        self.stub.set_break(address)
        try:
            for _ in range(300):
                self.stub.go(WAIT)
                registers = self.stub.registers()
                task = self._who(registers["rsp"])
                if task and task.comm == thread:
                    return task, registers
                self._leave(address)
        finally:
            self.stub.clear_break(address)
        raise NoStop(f"{thread} does not come by {address:#x}")

    def _leave(self, address):
        """Off a breakpoint, which would otherwise be met again at once."""
        self.stub.clear_break(address)
        self.stub.step()
        self.stub.set_break(address)

    def find(self, scenario):
        """The Stop, or None with the reason in `missing`."""
        points = []
        for names_ in scenario.at:
            found = self.k.first(names_ if isinstance(names_, tuple) else (names_,))
            if not found:
                self.missing[scenario.name] = f"this kernel has no {names_}"
                return None
            points.append(found)
        try:
            for _ in range(ATTEMPTS):
                stop = self._try(scenario, points)
                if stop:
                    self._verify(stop)
                    return stop
            self.missing[scenario.name] = f"not seen in {ATTEMPTS} arrivals"
        except NoStop as e:
            self.missing[scenario.name] = str(e)
        return None

    def _try(self, scenario, points):
        task = registers = before = None
        for _, address in points:
            if registers:
                self.stub.step()
            task, registers = self._arrive(address, scenario.thread)
            if before is None:
                before, bound = self.space.look(), registers["rsp"]
        now = self.space.look()
        steps = 0
        while not self._fits(scenario, before, now):
            # Let go of the lock, or back in the caller of the first function: it has not been this time.
            if scenario.lock == "write" and not now.written:
                return None
            if steps >= STEPS or registers["rsp"] > bound or not task.runs_on(registers["rsp"]):
                return None
            self.stub.step()
            steps += 1
            registers = self.stub.registers()
            if self.space.changed():
                now = self.space.look()
        if scenario.contended and not now.waited_for:
            self.stub.let_others(LET)
            now = self.space.look()
            if not now.waited_for or not self._fits(scenario, before, now):
                return None
        name, offset = self.k.function(registers["rip"])
        return Stop(scenario, task, self.space.mm, self.leader.pid, points[0][0], registers["rip"],
                    f"{name}+{offset:#x}", steps, before, now)

    @staticmethod
    def _fits(scenario, before, now):
        if scenario.lock == "read" and not now.read or scenario.lock == "write" and not now.written:
            return False
        return scenario.want(before, now)

    def _verify(self, stop):
        """A dump that does not hold what its name says is worse than none."""
        now, scenario = stop.now, stop.scenario
        if scenario.torn != bool(now.broken):
            raise LabError(f"{scenario.name}: broken rules are {now.broken or 'none'}")
        if stop.before.broken and scenario.torn and set(stop.before.broken) == set(now.broken):
            raise LabError(f"{scenario.name}: was broken before: {stop.before.broken}")
        if scenario.lock == "free":
            if now.count:
                raise LabError(f"{scenario.name}: {now.lock_text()}")
        elif not now.owned_by(stop.task):
            raise LabError(f"{scenario.name}: {now.lock_text()}, at work is task {stop.task.address:#x}")


def each_stop(guest, btf, truth, memory, scenarios, keep):
    """Call keep(stop) with the guest stopped for each scenario; {name: why not} of the others."""
    hunt = Hunt(guest, btf, truth, memory)
    try:
        for scenario in hunt.scenarios(scenarios):
            stop = hunt.find(scenario)
            if not stop:
                warn(f"{scenario.name}: {hunt.missing[scenario.name]}")
                continue
            say(f"{scenario.name}: {stop.task.comm} in {stop.where} after {stop.steps} steps; "
                + ("; ".join(stop.now.broken.values()) or "nothing broken"))
            keep(stop)
    finally:
        hunt.close()
    return hunt.missing
