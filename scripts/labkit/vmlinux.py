# SPDX-License-Identifier: GPL-2.0-or-later
"""The vmlinux that goes with a dump: the debug package's, or one made of the image and kallsyms."""

import os
import shutil
from pathlib import Path

from .ui import LabError


def link(source, target):
    """A hard link where possible: 700 MB need not be copied."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def kallsyms(truth, *names):
    """{name: address} of some symbols in the running guest."""
    found, wanted = {}, set(names)
    with open(Path(truth) / "kallsyms") as f:
        for line in f:
            field = line.split()
            if len(field) == 3 and field[2] in wanted:
                found.setdefault(field[2], int(field[0], 16))
    return found


def describe(arch, work):
    """What the guest's own words say of its layout, for lab.json."""
    text = kallsyms(work / "truth", "_text")
    if "_text" not in text or not text["_text"]:
        raise LabError("the guest's kallsyms has no _text: was it read without privilege?")
    result = {"_text": f"{text['_text']:#x}"}
    if arch.link_text:
        result["kaslr_offset"] = f"{text['_text'] - arch.link_text:#x}"
    return result


def compose(arch, vmlinuz, truth, target):
    raise LabError("not yet")
