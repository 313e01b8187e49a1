# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's gdbstub, spoken to directly: registers, memory, breakpoints, single steps."""

import re
import socket
import struct
import time

from .ui import LabError

# The order in which QEMU's g packet has them on x86-64.
REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
             "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip")


class NoStop(LabError):
    """The guest ran on without meeting a breakpoint."""


class GdbStub:
    """Connecting stops the guest; closing lets it go on."""

    def __init__(self, path, timeout=30):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.buffer = b""
        self.acks = True
        # Being connected stops the guest, and QEMU tells of that whenever it gets to it.
        self.drain(0.3)
        if self.ask("QStartNoAckMode") == b"OK":
            self.acks = False
        self.ask("vCont?")
        self.cpus = self.ask("qfThreadInfo").decode()[1:].split(",")
        while (more := self.ask("qsThreadInfo")) != b"l":
            self.cpus += more.decode()[1:].split(",")
        self.cpu = self.cpus[0]

    def close(self):
        self.sock.close()

    def _fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise LabError("QEMU closed its gdbstub")
        self.buffer += data

    def drain(self, seconds):
        """Throw away what comes unasked."""
        before = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            while True:
                self._fill()
        except TimeoutError:
            self.buffer = b""
        self.sock.settimeout(before)

    def send(self, text):
        body = text.encode()
        self.sock.sendall(b"$%s#%02x" % (body, sum(body) & 0xff))

    def receive(self):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start) if start >= 0 else -1
            if end >= 0 and len(self.buffer) >= end + 3:
                body, self.buffer = self.buffer[start + 1:end], self.buffer[end + 3:]
                if self.acks:
                    self.sock.sendall(b"+")
                return body
            self._fill()

    def ask(self, text):
        self.send(text)
        return self.receive()

    def registers(self):
        raw = bytes.fromhex(self.ask("g")[:16 * len(REGISTERS)].decode())
        return dict(zip(REGISTERS, struct.unpack(f"<{len(REGISTERS)}Q", raw)))

    def read(self, address, size):
        """Memory as the stopped CPU sees it."""
        answer = self.ask(f"m{address:x},{size:x}")
        if answer.startswith(b"E") or len(answer) != 2 * size:
            raise LabError(f"QEMU cannot read {size} bytes at {address:#x}")
        return bytes.fromhex(answer.decode())

    # Under emulation QEMU keeps breakpoints to itself: no byte of the guest changes.
    def set_break(self, address):
        answer = self.ask(f"Z1,{address:x},1")
        if answer != b"OK":
            raise LabError(f"QEMU sets no breakpoint at {address:#x}: {answer!r}")

    def clear_break(self, address):
        self.ask(f"z1,{address:x},1")

    def _stopped(self, answer):
        if not answer.startswith(b"T05"):
            raise LabError(f"the guest stopped with {answer!r}")
        self.cpu = re.search(rb"thread:(?:p\w+\.)?(\w+);", answer).group(1).decode()

    def step(self):
        """One instruction of the CPU that stopped; QEMU holds back interrupts, timers and the other CPUs."""
        self._stopped(self.ask(f"vCont;s:{self.cpu}"))

    def let_others(self, seconds):
        """Let all CPUs run for a while but the one that stopped."""
        mine = self.cpu
        for cpu in self.cpus:
            if cpu != mine:
                self.send(f"vCont;c:{cpu}")
                time.sleep(seconds)
                self.sock.sendall(b"\x03")
                self.receive()
        self.cpu = mine
        self.ask(f"Hg{mine}")

    def go(self, seconds):
        """Run to the next breakpoint."""
        before = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            answer = self.ask("c")
        except TimeoutError:
            self.sock.settimeout(before)
            self.sock.sendall(b"\x03")
            self.receive()
            raise NoStop(f"no breakpoint was met within {seconds} s") from None
        self.sock.settimeout(before)
        self._stopped(answer)
