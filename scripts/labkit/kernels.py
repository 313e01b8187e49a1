# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels the lab knows and what differs between architectures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kernel:
    name: str
    suites: tuple       # (name, is it in the security archive?): where to look, in this order
    vcpus: int
    kexec: str = "file"   # how the kernel for after a crash is loaded


KERNELS = {k.name: k for k in (
    # vm_next list and vm_rb tree
    Kernel("5.10", (("bullseye-security", True), ("bullseye", False)), 2, "load"),
    # the first maple tree that was released to the world; 5-level page tables
    Kernel("6.1", (("bookworm", False), ("bookworm-security", True)), 2),
    # per-VMA locks
    Kernel("6.12", (("trixie", False), ("trixie-security", True)), 2),
    # 7.x under software emulation sometimes loses its second CPU at boot.
    Kernel("newest", (("sid", False),), 1),
)}


@dataclass(frozen=True)
class Arch:
    name: str           # Debian's name of the architecture
    flavour: str        # linux-image-FLAVOUR is the meta package
    qemu: str
    gcc: str
    console: str
    machine: tuple      # options of QEMU that every guest gets
    dumps: tuple        # what QEMU can write of such a guest

    def cpu(self, la57):
        if self.name == "amd64":
            return "max" if la57 else "max,la57=off"
        return "cortex-a72"


ARCHES = {a.name: a for a in (
    Arch("amd64", "amd64", "qemu-system-x86_64", "gcc", "ttyS0", ("-M", "pc"),
         ("plain", "paging", "kdump-zlib")),
    Arch("arm64", "arm64", "qemu-system-aarch64", "aarch64-linux-gnu-gcc", "ttyAMA0",
         ("-M", "virt"),
         ("plain", "kdump-zlib")),
)}
