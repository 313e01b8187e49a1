# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmark says while it works, and what it needs of this machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

START = time.monotonic()
TOP = Path(__file__).resolve().parent.parent.parent


class BenchError(Exception):
    """Something the user must know; printed as one message, without a traceback."""


def say(text):
    print(f"bench: [{time.monotonic() - START:6.1f}s] {text}", file=sys.stderr, flush=True)


def cache_dir():
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "vmascope"


def lab_dir():
    return Path(os.environ.get("VMASCOPE_LAB") or cache_dir() / "lab")


def shell(text, log):
    """Some shell text with scripts/common.sh sourced, quietly."""
    with open(log, "wb") as out:
        done = subprocess.run(["sh", "-c", f'. "$(dirname "$0")/common.sh"\n{text}', str(TOP / "scripts/bench")],
                              stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        tail = Path(log).read_text(errors="replace").strip()[-1500:]
        raise BenchError(f"{text.strip().splitlines()[0]}: {tail}")


def output_of(argv, **kw):
    """Standard output as text; None where the program fails or is not there."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, **kw)
    except OSError:
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
