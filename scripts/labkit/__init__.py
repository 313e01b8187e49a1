# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of scripts/lab; see its --help.

kernels.py    which kernels and architectures there are
packages.py   Debian packages by a private apt
initramfs.py  the guest's first file system; which specimens start, in which order
machine.py    QEMU and its machine protocol
truth.py      what the guest wrote about itself, unpacked
dumpfile.py   a first look at the dumps
torn.py       stopping a guest in the middle of a change; gdbstub.py, spaces.py, btf.py: how it sees
kdump.py      a second kernel that writes the dumps after a crash
vmlinux.py    types and symbols for them

In the guest:
early.h, boot.c  loads modules, changes the root
kdump.c       the only program after a crash: makes the dumps
init.c        pid 1: starts the specimens, records /proc, sleeps
specimen.c    the processes, a table of them; zoo_*.c: one that has every kind of mapping
worker.c      one that changes its address space all the time
dynamic.c     a dynamically linked one; compat.c: a 32-bit one
"""
