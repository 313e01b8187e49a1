# SPDX-License-Identifier: GPL-2.0-or-later
"""vmascope, the bare chase, and the peers: what each of them is started with."""

import json
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass

from .base import output_of
from .dumps import EHDR, read_facts
from .measure import Row

SHDR = struct.Struct("<IIQQQQIIQQ")

# The rules that follow other objects than VMAs and tree nodes.
OBJECT_RULES = ("vmacache,file-mapping,file-tree,file-last,anon-chain,anon-vma,anon-tree,anon-last,objects-absent")

DRGN_LOOP = """\
import sys
import time

begin = time.process_time()
from drgn.helpers.linux.pid import find_task, for_each_task
try:
    from drgn.helpers.linux.mm import for_each_vma
except ImportError:
    if not prog.type("struct mm_struct").has_member("mmap"):
        sys.exit("this drgn has no way to go through a maple tree's VMAs")

    def for_each_vma(mm):
        vma = mm.mmap
        while vma:
            yield vma
            vma = vma.vm_next

pid = int(sys.argv[1])
for task in [find_task(prog, pid)] if pid else for_each_task(prog):
    if task.mm:
        for vma in for_each_vma(task.mm):
            sys.stdout.write("%x-%x %x\\n" % (vma.vm_start.value_(), vma.vm_end.value_(), vma.vm_flags.value_()))
sys.stdout.flush()
print("first_ns", int((time.process_time() - begin) * 1e9), file=sys.stderr)
"""

# Lists only: GDB has no way to go through a maple tree, and a loop over one in Python is not what anybody types.
GDB_LOOP = """\
import time
import gdb

begin = time.process_time()
task_type = gdb.lookup_type("struct task_struct")
tasks = [f.bitpos // 8 for f in task_type.fields() if f.name == "tasks"][0]
at = init = int(gdb.parse_and_eval("(unsigned long)&init_task")) + tasks
pid = int(gdb.convenience_variable("pid"))
while True:
    task = gdb.Value(at - tasks).cast(task_type.pointer())
    if int(task["mm"]) and pid in (0, int(task["pid"])):
        vma = task["mm"]["mmap"]
        while int(vma):
            gdb.write("%x-%x %x\\n" % (int(vma["vm_start"]), int(vma["vm_end"]), int(vma["vm_flags"])))
            vma = vma["vm_next"]
    at = int(task["tasks"]["next"])
    if at == init:
        break
gdb.write("first_ns %d\\n" % int((time.process_time() - begin) * 1e9), gdb.STDERR)
"""


def inner_of(err=True):
    """Lines "first_ns N", "warm_ns N" or "first_cpu_ns N" of what was printed."""
    def parse(out_path, err_path):
        text = (err_path if err else out_path).read_text(errors="replace")[-4000:]
        found = re.findall(r"^(first|warm)(?:_cpu)?_ns (\d+)$", text, re.M)
        return {f"{name}_ns": int(value) for name, value in found}
    return parse


def inner_of_chase(out_path, _):
    words = json.loads(out_path.read_text())
    return {"first_ns": words["first_ns"], "warm_ns": words["warm_ns"]}


def at_least(lines):
    """An answer of fewer lines has left something out, or there is none."""
    def check(path):
        n = 0
        with open(path, "rb") as f:
            while data := f.read(1 << 20):
                n += data.count(b"\n")
        return None if n >= lines else f"printed {n} lines for {lines} VMAs"
    return check


@dataclass
class Tools:
    """Programs of this build."""
    vmascope: str
    chase: str
    facts: str
    measure: str
    loader: str
    gdb: str

    @staticmethod
    def of(build):
        return Tools(*(str(build / p) for p in ("vmascope", "tests/bench/chase", "tests/bench/facts",
                                                "tests/bench/measure", "plugin/gdb/vmascope.py")),
                     shutil.which("gdb") or "")


@dataclass
class Peer:
    """crash, drgn and GDB, as one suite has them."""
    suite: str          # "" here
    prefix: tuple       # into its chroot
    crash: str          # version; "": not there
    drgn: str
    gdb: str

    def label(self, tool, version):
        return f"{tool} {version}" + (f" ({self.suite})" if self.suite else "")


def find_peer(suite="", prefix=(), words=()):
    """Which versions there are: `words` runs a command there."""
    def version(argv, pattern):
        text = output_of([*words, *argv])
        found = re.search(pattern, text) if text else None
        return found.group(1) if found else ""
    return Peer(suite, prefix, version(["crash", "--version"], r"crash (\S+)"),
                version(["drgn", "--version"], r"drgn (\S+)"),
                version(["gdb", "--version"], r"GNU gdb .* (\S+)"))


def has_dwarf(vmlinux):
    text = output_of(["readelf", "-SW", str(vmlinux)])
    return bool(text) and " .debug_info" in text


def raw_btf(vmlinux, path):
    """The bytes of its .BTF; false: it has none."""
    with open(vmlinux, "rb") as f:
        eh = EHDR.unpack(f.read(EHDR.size))
        headers = []
        for i in range(eh[12]):
            f.seek(eh[6] + i * SHDR.size)
            headers.append(SHDR.unpack(f.read(SHDR.size)))
        f.seek(headers[eh[13]][4])
        names = f.read(headers[eh[13]][5])
        for sh in headers:
            if names[sh[0]:].split(b"\0", 1)[0] == b".BTF":
                f.seek(sh[4])
                path.write_bytes(f.read(sh[5]))
                return True
    return False


class Rows:
    """The rows of one dump."""

    def __init__(self, dump, tools, peers, scratch):
        self.dump, self.tools, self.peers, self.scratch = dump, tools, peers, scratch
        self.named = ["--vmlinux", dump.vmlinux]
        self.no_dwarf = "" if has_dwarf(dump.vmlinux) else "vmlinux has no DWARF, which it wants"
        self.facts = read_facts(dump.facts)
        self.is_list = self.facts["mm_mmap"] >= 0
        self.walk = "list,tree" if self.is_list else "tree"
        (scratch / "loop.drgn.py").write_text(DRGN_LOOP)
        (scratch / "loop.gdb.py").write_text(GDB_LOOP)
        (scratch / "quit.drgn.py").write_text("import sys\nsys.exit(0)\n")
        (scratch / "quit.crash").write_text("quit\n")
        (scratch / "vm.crash").write_text("set scroll off\nforeach vm\nquit\n")

    # What runs our own code.

    def ours(self, group, name, words, command, key="", **kw):
        """`command` WORDS of the shell; its inner loop by tests/bench/facts, where it is asked for."""
        loop = kw.pop("loop", None)
        row = Row(group, name, [self.tools.vmascope, command, self.dump.path, *words], key=key, **kw)
        if loop is not None:
            row.inner = inner_of(err=False)
            row.inner_argv = [self.tools.facts, "--loop", command, "--passes", "6", self.dump.path,
                              self.dump.vmlinux, *loop]
        return row

    def in_gdb(self, group, command, key, peer, **kw):
        name = f"vma {command} in {peer.label('GDB', peer.gdb)}"
        argv = ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", f"source {self.tools.loader}",
                "-ex", f"vma open {self.dump.path} {self.dump.vmlinux} --no-target",
                "-ex", "python import sys, time; begin = time.process_time()", "-ex", f"vma {command}",
                "-ex", "python print('first_ns', int((time.process_time() - begin) * 1e9), file=sys.stderr)"]
        skip = "" if peer.gdb else "gdb is not installed"
        return Row(group, name, argv, "gdb+vmascope", key, inner_of(), prefix=peer.prefix, skip=skip, **kw)

    def gdb_writes(self, group, text, peer):
        """GDB writes the bytes of a file, in pieces as ours come."""
        script = ("import sys, time\n"
                  f"text = open({str(text)!r}, errors='backslashreplace').read()\n"
                  "begin = time.process_time()\n"
                  "for at in range(0, len(text), 1 << 18):\n    gdb.write(text[at:at + (1 << 18)])\n"
                  "print('first_ns', int((time.process_time() - begin) * 1e9), file=sys.stderr)\n")
        (self.scratch / "write.gdb.py").write_text(script)
        return Row(group, f"{peer.label('GDB', peer.gdb)} writes the same bytes",
                   ["gdb", "-nx", "-batch", "-x", self.scratch / "write.gdb.py"], "gdb", "gdb-write", inner_of(),
                   prefix=peer.prefix, skip="" if peer.gdb else "gdb is not installed")

    def chase(self, group, walk, key, words=()):
        base = [self.tools.chase, "--json", "--walk", walk, *words]
        row = Row(group, f"chase {walk}" + (", same bytes written" if "--write" in words else ""),
                  [*base[:2], "--passes", "1", *base[2:], self.dump.facts, self.dump.elf], "chase", key)
        row.inner, row.inner_argv = inner_of_chase, [*base, self.dump.facts, self.dump.elf]
        return row

    # Peers. `pid` 0: all.

    def crash(self, group, script, key, peer, **kw):
        skip = self.no_dwarf if peer.crash else "crash is not installed"
        what = {"quit.crash": "start-up", "vm.crash": "foreach vm"}[script]
        return Row(group, f"{peer.label('crash', peer.crash)} {what}",
                   ["crash", "-s", "-i", self.scratch / script, self.dump.vmlinux, self.dump.path], "crash", key,
                   prefix=peer.prefix, skip=skip, **kw)

    def drgn(self, group, script, pid, key, peer, **kw):
        skip = self.no_dwarf if peer.drgn else "drgn is not installed"
        what = "start-up" if script.startswith("quit") else "loop"
        return Row(group, f"{peer.label('drgn', peer.drgn)} {what}",
                   ["drgn", "--no-default-symbols", "-c", self.dump.path, "-s", self.dump.vmlinux,
                    self.scratch / script, pid], "drgn", key, inner_of(), prefix=peer.prefix, skip=skip, **kw)

    def gdb(self, group, pid, key, peer, **kw):
        skip = "gdb is not installed" if not peer.gdb else self.no_dwarf
        if not self.is_list:
            skip = skip or "GDB has no way to go through a maple tree"
        elif not self.dump.kind.startswith("elf"):
            skip = "GDB alone reads ELF only"
        argv = ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", f"core-file {self.dump.path}",
                "-ex", f"symbol-file -o {self.facts['kaslr']:#x} {self.dump.vmlinux}", "-ex", f"set $pid = {pid}",
                "-x", self.scratch / "loop.gdb.py"]
        return Row(group, f"{peer.label('GDB', peer.gdb)}, a loop in Python", argv, "gdb", key, inner_of(),
                   prefix=peer.prefix, skip=skip, **kw)

    def first(self):
        """One small process, everything from nothing."""
        group, pid, n = "first answer", str(self.dump.about["small_pid"]), self.dump.about["small_vmas"]
        btf = self.scratch / f"{self.dump.vmlinux.parent.name}.btf"
        rows = [self.chase(group, self.walk.split(",", maxsplit=1)[0], "first-chase", ["--pid", pid]),
                self.ours(group, "vmascope maps, vmlinux", [pid, *self.named], "maps", "first", expect=at_least(n))]
        if raw_btf(self.dump.vmlinux, btf):
            rows.append(self.ours(group, "vmascope maps, BTF only", [pid, "--no-vmlinux", "--types", btf], "maps",
                                  "first-btf", expect=at_least(n)))
        rows.append(self.ours(group, "vmascope maps, alone", [pid, "--no-vmlinux"], "maps", "first-alone",
                              expect=at_least(n)))
        for peer in self.peers:
            rows += [self.in_gdb(group, f"maps {pid}", "first-gdb", peer, expect=at_least(n)),
                     self.drgn(group, "quit.drgn.py", 0, "drgn-start", peer),
                     self.drgn(group, "loop.drgn.py", pid, "drgn-first", peer, expect=at_least(n)),
                     self.crash(group, "quit.crash", "crash-start", peer),
                     self.gdb(group, pid, "gdb-first", peer, expect=at_least(n))]
        return rows

    def printed(self):
        """All VMAs of all tasks, to a file."""
        group, n = "all VMAs printed", self.dump.about["vmas"]
        same, copy = self.scratch / "maps.same", self.scratch / "maps.copy"
        with open(same, "wb") as f:
            subprocess.run([self.tools.vmascope, "maps", self.dump.path, *self.named], stdin=subprocess.DEVNULL,
                           stdout=f, stderr=subprocess.DEVNULL, check=False)
        walk = "list,names" if self.is_list else "tree,names"
        rows = [self.chase(group, walk, "maps-chase", ["--write", same, copy]),
                self.ours(group, "vmascope maps", self.named, "maps", "maps", expect=at_least(n), loop=[])]
        for peer in self.peers:
            rows += [self.in_gdb(group, "maps", "maps-gdb", peer, expect=at_least(n)),
                     self.gdb_writes(group, same, peer)]
            if self.dump.peers:
                rows += [self.crash(group, "vm.crash", "crash-vm", peer, expect=at_least(n)),
                         self.drgn(group, "loop.drgn.py", 0, "drgn-loop", peer, expect=at_least(n)),
                         self.gdb(group, 0, "gdb-loop", peer, expect=at_least(n))]
        return rows

    def checked(self):
        """The whole check, and without the rules that follow other objects."""
        group = "all checked"
        skip = ["--skip", OBJECT_RULES]
        rows = [self.chase(group, self.walk, "rules-chase"),
                self.ours(group, "vmascope check, list, tree, counters", [*self.named, *skip], "check", "rules", loop=skip),
                self.chase(group, f"{self.walk},objects", "check-chase"),
                self.ours(group, "vmascope check", self.named, "check", "check", loop=[]),
                self.chase(group, f"{self.walk},whole", "whole-chase"),
                self.chase(group, f"{self.walk},whole,objects", "whole-objects-chase")]
        rows += [self.in_gdb(group, "check", "check-gdb", peer) for peer in self.peers]
        return rows
