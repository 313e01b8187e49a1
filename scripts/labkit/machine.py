# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU guest under software emulation, and the machine protocol to it."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .ui import LabError, find_tool, run, say


class Qmp:
    """QEMU's machine protocol: commands go down, answers come back, events are skipped."""

    def __init__(self, path, timeout):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.file = self.sock.makefile("rw", encoding="utf-8")
        self.file.readline()            # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise LabError(f"QEMU went away during {command}")
            answer = json.loads(line)
            if "error" in answer:
                raise LabError(f"QEMU: {command}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.sock.close()


def die_with_parent():
    """In the child before exec: a lab that is killed leaves no QEMU behind."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class GuestFailed(LabError):
    """The guest died or never got ready. `early`: before our own programs ran."""

    early = False


class Guest:
    """One boot. Use as a context manager: leaving it ends QEMU, whatever happened."""

    def __init__(self, arch, kernel_image, initrd, cmdline, console, *, memory, vcpus, la57=False,
                 disks=(), watched=False):
        """`watched`: with a gdbstub at gdb_path, and RAM that spaces.Ram can look into."""
        self.console = Path(console)
        self.dir = Path(tempfile.mkdtemp(prefix="vmascope-lab-"))       # 0700: holds the socket
        self.qmp_path = str(self.dir / "qmp")
        self.argv = [find_tool(arch.qemu), "-nodefaults", *arch.machine, "-accel", "tcg,thread=multi",
                     "-cpu", arch.cpu(la57), "-m", memory, "-smp", str(vcpus),
                     "-display", "none", "-no-reboot",
                     "-chardev", f"file,id=con,path={self.console}", "-serial", "chardev:con",
                     "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
                     "-kernel", str(kernel_image), "-initrd", str(initrd), "-append", cmdline]
        if arch.fw_cfg:
            self.argv += ["-device", "vmcoreinfo"]
        if arch.name in ("amd64", "i386"):
            self.argv += ["-vga", "std"]        # a PCI device with memory to map
        for i, disk in enumerate(disks):
            self.argv += ["-drive", f"if=none,id=disk{i},format=raw,cache=unsafe,file={disk}",
                          "-device", f"{arch.disk},drive=disk{i},serial=lab-{Path(disk).stem}"]
        if watched:
            self.gdb_path = str(self.dir / "gdb")
            self.argv += ["-chardev", f"socket,id=gdb,path={self.gdb_path},server=on,wait=off",
                          "-gdb", "chardev:gdb", "-machine", "memory-backend=ram",
                          "-object", f"memory-backend-memfd,id=ram,size={memory},share=on"]
        self.proc = self.qmp = None
        self.lines_seen = 0

    def __enter__(self):
        self.console.unlink(missing_ok=True)        # an earlier boot's words are not this one's
        self.stderr = open(self.dir / "stderr", "w+")
        self.proc = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=self.stderr,
                                     stderr=self.stderr, preexec_fn=die_with_parent)
        return self

    def __exit__(self, *exc):
        if self.qmp:
            self.qmp.close()
        if self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        self.stderr.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def read_console(self):
        try:
            return self.console.read_bytes().decode(errors="replace").replace("\r", "")
        except FileNotFoundError:
            return ""

    def fail(self, what):
        tail = "\n  ".join(self.read_console().splitlines()[-25:])
        self.stderr.seek(0)
        said = self.stderr.read().strip()
        error = GuestFailed(f"{what}\n  {tail}" + (f"\nQEMU said: {said}" if said else ""))
        error.early = not said and "LAB: user space is up" not in self.read_console()
        raise error

    def wait_for(self, mark, timeout):
        """Wait until a console line starts with mark; pass on the guest's `LAB:` lines meanwhile."""
        end = time.monotonic() + timeout
        while True:
            lines = self.read_console().split("\n")[:-1]
            while self.lines_seen < len(lines):
                line = lines[self.lines_seen]
                self.lines_seen += 1
                if line.startswith("LAB: "):
                    say("guest: " + line[5:])
                if line.startswith(mark):
                    return line
                # the crash that a kdump begins with is wanted
                panic = "Kernel panic" in line and "sysrq" not in line
                if panic or line.startswith("LAB FAILED"):
                    time.sleep(1)
                    self.fail(f"the guest failed: {line}")
            if self.proc.poll() is not None:
                self.fail("the guest ended before it was ready")
            if time.monotonic() > end:
                self.fail(f"the guest was not ready within {timeout} s; its last words:")
            time.sleep(0.2)

    def connect(self, timeout=900):
        if not self.qmp:
            self.qmp = Qmp(self.qmp_path, timeout)
        return self.qmp

    def stop(self):
        self.connect().ask("stop")

    def dump(self, kind, path):
        """Write one container of the stopped guest: plain, paging, kdump-zlib."""
        arguments = {"paging": kind == "paging", "protocol": f"file:{path}"}
        if kind.startswith("kdump"):
            arguments["format"] = kind
        self.connect().ask("dump-guest-memory", **arguments)
        os.chmod(path, 0o644)
        # Much of a guest's memory is zero: give those blocks back.
        run([find_tool("fallocate"), "--dig-holes", str(path)])
        return os.stat(path).st_size
