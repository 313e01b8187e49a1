# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest wrote about itself: from its raw disk into a directory."""

import struct
from pathlib import Path

from .ui import LabError


def unpack(disk, into):
    """Unpack the records init.c wrote; the number of files."""
    into = Path(into)
    count, out = 0, None
    with open(disk, "rb") as f:
        while True:
            head = f.read(5)
            if len(head) < 5:
                raise LabError("the truth on the guest's disk ends too early")
            kind, length = struct.unpack("<cI", head)
            data = f.read(length)
            if kind == b"F":
                path = into / data.decode()
                path.parent.mkdir(parents=True, exist_ok=True)
                out = open(path, "wb")
                count += 1
            elif kind == b"D":
                out.write(data)
            elif kind == b"E":
                out.close()
            elif kind == b"Z":
                break
            else:
                raise LabError(f"the truth on the guest's disk is damaged at {f.tell()}")
    write_threads(into)
    return count


def status_field(path, name):
    """One line of a /proc/PID/status; a newline in Name is escaped there, so lines are lines."""
    for line in path.read_bytes().split(b"\n"):
        if line.startswith(name + b":"):
            return line[len(name) + 1:].strip(b"\t ")
    return b""


def pids(into):
    return sorted(int(p.name) for p in Path(into).iterdir() if p.name.isdigit())


def write_threads(into):
    """PID/threads: `TID NAME` of every thread, the leader first, the name as status escapes it."""
    for pid in pids(into):
        rows = []
        base = into / str(pid)
        if not (base / "status").exists():
            continue
        rows.append(b"%d %s\n" % (pid, status_field(base / "status", b"Name")))
        tids = sorted(int(p.name) for p in (base / "task").iterdir()) if (base / "task").is_dir() else []
        for tid in tids:
            rows.append(b"%d %s\n" % (tid, status_field(base / "task" / str(tid) / "status", b"Name")))
        (base / "threads").write_bytes(b"".join(rows))


def population(into):
    """{name: [pid, ...]}; several processes may have one name."""
    result = {}
    for line in (Path(into) / "population").read_text().splitlines():
        name, pid = line.rsplit(" ", 1)
        result.setdefault(name, []).append(int(pid))
    return result
