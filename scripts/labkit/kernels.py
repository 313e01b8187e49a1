# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels the lab knows and what differs between architectures."""

from dataclasses import dataclass, replace


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
class Flavour:
    name: str           # what --flavour takes
    image: str          # linux-image-IMAGE is the meta package
    page: int = 4096
    cpu: str = ""       # where the architecture's own would not do


@dataclass(frozen=True)
class Arch:
    name: str           # Debian's name of the architecture
    flavours: tuple     # the first is what Debian installs
    qemu: str
    gcc: str
    console: str
    model: str          # of the CPU
    machine: tuple      # options of QEMU that every guest gets
    dumps: tuple        # what QEMU can write of such a guest
    order: str = "<"    # of bytes in memory, as struct has it
    fw_cfg: bool = True  # can the guest tell QEMU where its VMCOREINFO is?
    disk: str = "virtio-blk-pci"
    words: str = ""     # kernel parameters
    kept: str = ""      # name of the flavour, when it is not the first

    @property
    def label(self):
        return f"{self.name}-{self.kept}" if self.kept else self.name

    @property
    def flavour(self):
        return next((f for f in self.flavours if f.name == self.kept), self.flavours[0])

    def of_flavour(self, name):
        """This architecture with another of its kernels; KeyError when there is none of that name."""
        if name not in [f.name for f in self.flavours]:
            raise KeyError(name)
        return replace(self, kept="" if name == self.flavours[0].name else name)

    def cpu(self, la57):
        if self.name == "amd64":
            return "max" if la57 else "max,la57=off"
        return self.flavour.cpu or self.model


ARCHES = {a.name: a for a in (
    Arch("amd64", (Flavour("amd64", "amd64"),), "qemu-system-x86_64", "gcc", "ttyS0", "max", ("-M", "pc"),
         ("plain", "paging", "kdump-zlib")),
    Arch("arm64", (Flavour("arm64", "arm64"),
                   # the first CPU that QEMU has which can do 16 KiB, and 52 bits of address with them
                   Flavour("16k", "arm64-16k", 16384, "max,pauth-impdef=on")),
         "qemu-system-aarch64", "aarch64-linux-gnu-gcc", "ttyAMA0", "cortex-a72", ("-M", "virt"),
         ("plain", "kdump-zlib")),
    Arch("i386", (Flavour("686-pae", "686-pae"), Flavour("686", "686")), "qemu-system-i386",
         "i686-linux-gnu-gcc", "ttyS0", "max", ("-M", "pc"), ("plain", "kdump-zlib"),
         # on a busy host the timer is late, and the kernel panics
         words="no_timer_check"),
    Arch("ppc64el", (Flavour("powerpc64le", "powerpc64le", 65536),), "qemu-system-ppc64",
         "powerpc64le-linux-gnu-gcc", "hvc0", "power9",
         # emulation has none of these mitigations, and says so at length when asked for them
         ("-M", "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off"),
         ("plain", "kdump-zlib"), fw_cfg=False),
    Arch("riscv64", (Flavour("riscv64", "riscv64"),), "qemu-system-riscv64", "riscv64-linux-gnu-gcc",
         "ttyS0", "rv64", ("-M", "virt"), ("plain", "kdump-zlib"), fw_cfg=False),
    Arch("s390x", (Flavour("s390x", "s390x"),), "qemu-system-s390x", "s390x-linux-gnu-gcc", "ttysclp0", "max",
         ("-M", "s390-ccw-virtio"), ("plain", "kdump-zlib"), order=">", fw_cfg=False, disk="virtio-blk-ccw"),
)}
