# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab says while it works, and how it fails."""

import contextlib
import fcntl
import shutil
import subprocess
import sys
import time
from pathlib import Path

START = time.monotonic()


class LabError(Exception):
    """Something the user must know; printed as one message, without a traceback."""


def say(text):
    """One line of progress, with the seconds since the start."""
    print(f"lab: [{time.monotonic() - START:5.1f}s] {text}", file=sys.stderr, flush=True)


def warn(text):
    say(f"warning: {text}")


# What the lab needs of the host: command -> the Debian packages that bring it, a|b where a newer
# Debian has it in a, an older one in b. The cross compilers only recommend their libc.
TOOLS = {
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "tar": "tar",
    "gcc": "gcc libc6-dev",
    "readelf": "binutils",
    "xz": "xz-utils",
    "zstd": "zstd",
    "mkfs.ext4": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "fallocate": "util-linux",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-i386": "qemu-system-x86",
    "qemu-system-ppc64": "qemu-system-ppc",
    "qemu-system-riscv64": "qemu-system-riscv|qemu-system-misc",
    "qemu-system-s390x": "qemu-system-s390x|qemu-system-misc",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "i686-linux-gnu-gcc": "gcc-i686-linux-gnu libc6-dev-i386-cross",
    "powerpc64le-linux-gnu-gcc": "gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross",
    "riscv64-linux-gnu-gcc": "gcc-riscv64-linux-gnu libc6-dev-riscv64-cross",
    "s390x-linux-gnu-gcc": "gcc-s390x-linux-gnu libc6-dev-s390x-cross",
}


def packages(commands):
    """The Debian packages that bring these commands, sorted."""
    found = set()
    for word in " ".join(TOOLS.get(c, c) for c in commands).split():
        *newer, last = word.split("|")
        found.add(next((name for name in newer if in_archive(name)), last))
    return sorted(found)


def in_archive(package):
    """Does this machine's apt know a package of that name?"""
    done = subprocess.run(["apt-cache", "show", "--no-all-versions", package], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return bool(done.stdout)        # nothing is shown of a name that others only provide


def find_tool(name):
    """The path of a program; /sbin is looked into as well, mkfs lives there."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not path:
        raise LabError(f"{name} is not installed (Debian package {' '.join(packages([name]))}); "
                       "scripts/lab deps lists everything the lab needs")
    return path


def need(*names):
    """Complain once about all missing programs, not about one after another."""
    missing = []
    for name in names:
        try:
            find_tool(name)
        except LabError:
            missing.append(name)
    if missing:
        raise LabError(f"not installed: {', '.join(missing)}; try: apt-get install {' '.join(packages(missing))}")


@contextlib.contextmanager
def locked(path):
    """Only one lab at a time works on what `path` stands for; the others wait."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another lab holds {path}: waiting for it")
            fcntl.flock(f, fcntl.LOCK_EX)
        yield


def run(argv, **kw):
    """Run a program to its end; its standard error goes into the LabError."""
    kw.setdefault("timeout", 900)
    try:
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              **kw).stdout
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{argv[0]} did not end within {kw['timeout']} s") from None
    except subprocess.CalledProcessError as e:
        text = (e.stderr or b"").decode(errors="replace").strip()
        raise LabError(f"{' '.join(argv[:3])} ... failed ({e.returncode}): {text[-1500:]}") from None
