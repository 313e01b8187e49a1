# SPDX-License-Identifier: GPL-2.0-or-later
"""Running what is measured: in rounds, A B C A B C, so that a noisy moment meets everybody."""

import re
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .base import BenchError, say

MS = 1e6


@dataclass
class Row:
    """One line of the table: a command, and what came out each time."""
    group: str              # "first answer", "printed", "checked"
    name: str               # "vmascope check"
    argv: list
    tool: str = "vmascope"  # "chase", "vmascope", "gdb+vmascope", "crash", "drgn", "gdb"
    key: str = ""           # what the targets call it
    inner: object = None    # inner(stdout, stderr) -> {"first_ns":, "warm_ns":} of the loop alone
    inner_argv: list = None     # another command that tells this; None: the same
    prefix: tuple = ()      # in front of what measures: into a chroot
    expect: object = None   # expect(stdout path) -> None, or why the answer is no answer
    status: tuple = (0,)
    skip: str = ""          # why it is not measured
    runs: list = field(default_factory=list)
    inner_runs: list = field(default_factory=list)
    instructions: int = 0

    def median(self, what):
        values = [run[what] for run in self.runs if what in run]
        return statistics.median(values) if values else None

    def inner_median(self, what):
        values = [run[what] for run in self.inner_runs if run and what in run]
        return statistics.median(values) if values else None


class Runner:
    def __init__(self, measure, scratch, timeout):
        self.measure, self.scratch, self.timeout = str(measure), Path(scratch), timeout
        self.out, self.err = self.scratch / "out", self.scratch / "err"

    def _run(self, row, command, timeout):
        argv = [*row.prefix, self.measure, str(timeout), str(self.out), str(self.err), *map(str, command)]
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False).stdout.decode()

    def once(self, row, timeout=None):
        """Run it; (figures, inner figures), or None and row.skip says why."""
        timeout = timeout or self.timeout
        text = self._run(row, row.argv, timeout)
        try:
            wall, cpu, peak, status = map(int, text.split())
        except ValueError:
            row.skip = f"could not be run: {text.strip()}"
            return None
        if status == 124:
            row.skip = f"not done after {timeout} s"
        elif status not in row.status:
            row.skip = f"failed ({status}): {self._why()}"
        elif row.expect:
            row.skip = row.expect(self.out) or ""
        if row.skip:
            return None
        if row.inner_argv:
            self._run(row, row.inner_argv, timeout)
        inner = row.inner(self.out, self.err) if row.inner else None
        return {"wall_ns": wall, "cpu_ns": cpu, "peak_kib": peak}, inner

    def _why(self):
        for path in (self.err, self.out):
            lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
            if lines:
                return re.sub(r"\s+", " ", lines[-1])[:150]
        return "it says nothing"

    def rounds(self, rows, n, longest=None):
        """A warm-up, then n rounds. `longest`: leave out what takes more seconds than this then."""
        for row in rows:
            if row.skip:
                continue
            if not self.once(row, longest):
                say(f"{row.name}: {row.skip}")
        for i in range(n):
            say(f"round {i + 1} of {n}")
            for row in rows:
                got = None if row.skip else self.once(row)
                if got:
                    row.runs.append(got[0])
                    row.inner_runs.append(got[1])

    def count(self, rows, valgrind):
        """Instructions by callgrind, of what is ours: peers would take hours."""
        for row in rows:
            if row.skip:
                continue
            if row.tool not in ("vmascope", "chase"):
                row.skip = "not counted: under valgrind it would take too long"
                continue
            argv = [self.measure, str(self.timeout * 20), str(self.out), str(self.err), valgrind, "--tool=callgrind",
                    "--callgrind-out-file=/dev/null", *map(str, row.argv)]
            said = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False).stdout.split()
            if not said or int(said[-1]) not in row.status:
                row.skip = "failed under valgrind"
                continue
            found = re.search(r"Collected : (\d+)", self.err.read_text(errors="replace"))
            if not found:
                raise BenchError(f"{row.name}: valgrind says no count: {self._why()}")
            row.instructions = int(found.group(1))
