# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's first file system: our programs, the modules they need, in newc format."""

import lzma
import os
import re
import stat
import subprocess
from pathlib import Path

from .ui import LabError, find_tool, run

HERE = Path(__file__).resolve().parent

# What the guest asks for; what these need in turn is found from the modules themselves.
DISK_MODULES = ["pci_host_generic", "virtio_pci", "virtio_ccw", "virtio_blk", "crc32c_generic", "ext4"]
MODULES = [*DISK_MODULES, "qemu_fw_cfg", "overlay", "af_packet"]

PLAIN = {"full": 36, "small": 10}
MANY = {"full": 60000, "small": 1500}


class Newc:
    """Writes a cpio archive in the format that the kernel unpacks."""

    def __init__(self):
        self.parts, self.ino, self.dirs = [], 0, set()

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.ino += 1
        raw = name.encode() + b"\0"
        head = b"070701" + b"".join(b"%08x" % v for v in (
            self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0))
        pad = lambda b: b + b"\0" * (-len(b) % 4)
        self.parts += [pad(head + raw), pad(data)]

    def mkdir(self, name):
        parts = name.strip("/").split("/")
        for i in range(1, len(parts) + 1):
            path = "/".join(parts[:i])
            if path and path not in self.dirs:
                self.dirs.add(path)
                self._entry(path, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        name = name.strip("/")
        if "/" in name:
            self.mkdir(name.rsplit("/", 1)[0])
        self._entry(name, stat.S_IFREG | mode, data)

    def node(self, name, major, minor):
        self.mkdir(name.strip("/").rsplit("/", 1)[0])
        self._entry(name.strip("/"), stat.S_IFCHR | 0o600, rdev=(major, minor))

    def write(self, path):
        self._entry("TRAILER!!!", 0)
        Path(path).write_bytes(b"".join(self.parts))


# ---- modules ----

def unpack_module(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".zst":
        return run([find_tool("zstd"), "-dcq", str(path)])
    return data


def module_closure(modules, wanted):
    """(name, bytes) in the order to load them; modules that are not there are taken as built in.

    modules.dep is made by depmod when a package is installed, so the modules'
    own words ("depends=a,b" in .modinfo) are used instead.
    """
    index = {}
    for path in modules.rglob("*.ko*"):
        index[path.name.split(".ko")[0].replace("-", "_")] = path
    order, done = [], set()

    def add(name):
        name = name.replace("-", "_")
        if name in done or name not in index:
            return
        done.add(name)
        data = unpack_module(index[name])
        found = re.search(rb"(?<=\0)depends=([^\0]*)\0", data)
        for need in (found.group(1).decode().split(",") if found else []):
            add(need)
        order.append((name, data))

    for name in wanted:
        add(name)
    return order


# ---- programs ----

def libraries(arch, program):
    """{path in the guest: file on the host} for a dynamically linked program."""
    out = run(["readelf", "-Wld", str(program)]).decode()
    interp = re.search(r"program interpreter: ([^\]]+)\]", out)
    queue, found = re.findall(r"\(NEEDED\).*\[([^\]]+)\]", out), {}
    while queue:
        name = queue.pop()
        path = run([find_tool(arch.gcc), f"-print-file-name={name}"]).decode().strip()
        if path == name or not os.path.exists(path):
            raise LabError(f"{arch.gcc} does not know where {name} is")
        if name in found:
            continue
        found[name] = path
        text = run(["readelf", "-Wd", path]).decode()
        queue += re.findall(r"\(NEEDED\).*\[([^\]]+)\]", text)
    result = {}
    if interp:
        loader = interp.group(1)
        name = os.path.basename(loader)
        host = run([find_tool(arch.gcc), f"-print-file-name={name}"]).decode().strip()
        result[loader] = host if os.path.exists(host) else loader
        # /lib is on the loader's built-in path, wherever the loader itself is.
        for lib, path in found.items():
            if lib != name:
                result["/lib/" + lib] = path
    return result


def compile_one(arch, build, name, args):
    """The path of a program for the guest; `args`: gcc's, source files without their directory."""
    target = Path(build) / name
    words = [str(HERE / a) if a.endswith(".c") else a for a in args]
    # files of many terabytes, on 32 bits as well
    options = ["-O2", "-Wall", "-Wextra", "-g0", "-D_FILE_OFFSET_BITS=64"]
    done = subprocess.run([find_tool(arch.gcc), *options, "-o", str(target), *words],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    if done.returncode:
        raise LabError(f"{arch.gcc} cannot build {name}:\n{done.stdout.decode(errors='replace')}")
    return target


def compile_guest(arch, build):
    """The guest's programs: {name: path}."""
    programs = {
        "boot": ["-static", "boot.c"],
        "init": ["-static", "init.c"],
        "specimen": ["-static", "-pthread", "specimen.c", "zoo_memory.c", "zoo_files.c", "zoo_devices.c", "worker.c"],
        "dynamic": ["-pie", "-fPIE", "dynamic.c", "-lm", "-pthread"],
    }
    if arch.name == "amd64":
        programs["compat"] = ["-m32", "-static", "-nostdlib", "-ffreestanding", "-fno-pie", "-no-pie",
                              "-fno-stack-protector", "compat.c"]
    return {name: compile_one(arch, build, name, args) for name, args in programs.items()}


def specimens(arch, population, more=(), vmas=None, processes=0):
    """Lines `PROGRAM NAME [ARGUMENT]` for the guest, in the order in which they start."""
    rows = [f"/bin/specimen plain {i}" for i in range(1, PLAIN[population] + 1)]
    for name in ("threads", "leaderless", "share", "vfork", "zombie", "stopped", "traced", "odd-comm",
                 "user", "fork-tree", "heap", "mlockall", "exe-deleted", "exe-memfd", "many-args"):
        rows.append(f"/bin/specimen {name}")
    rows += ["/bin/dynamic dynamic", "/bin/dynamic no-heap"]
    if arch.name == "amd64":
        rows.append("/bin/compat compat")
    # The container goes before the zoo: it copies all mounts, and fewer are quicker.
    for name in ("chroot", "container", "zoo", "mntns"):
        rows.append(f"/bin/specimen {name}")
    rows.append(f"/bin/specimen many {vmas or MANY[population]}")
    rows += [f"/bin/specimen crowd {processes}"] if processes else []
    rows += more
    rows.append("/bin/specimen big-pid")
    return rows


def build(arch, modules, rows, build_dir, target, files=None):
    """Write the initramfs to `target`; `rows`: what specimens() made; `files`: {path: bytes}."""
    programs = compile_guest(arch, build_dir)
    # What is in the root that boot.c moves to; the rest stays behind.
    root = {"/sbin/init": programs["init"].read_bytes(), **(files or {})}
    for name in ("specimen", "dynamic", "compat"):
        if name in programs:
            root[f"/bin/{name}"] = programs[name].read_bytes()
    for guest_path, host_path in libraries(arch, programs["dynamic"]).items():
        root[guest_path] = Path(host_path).read_bytes()
    root["/etc/specimens"] = "".join(row + "\n" for row in rows).encode()
    cpio = Newc()
    cpio.node("dev/console", 5, 1)
    cpio.file("init", programs["boot"].read_bytes())
    loaded = module_closure(modules, MODULES)
    for name, data in loaded:
        cpio.file(f"lib/modules/{name}.ko", data)
    for path, data in root.items():
        cpio.file(path, data)
    cpio.file("lab/modules", "".join(f"/lib/modules/{name}.ko\n" for name, _ in loaded).encode())
    cpio.file("lab/root", "".join(path + "\n" for path in root).encode())
    cpio.write(target)
