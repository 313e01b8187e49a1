# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian kernel packages of any suite, fetched without touching the host's apt.

apt works on lists, state and cache of its own below the lab's cache directory.
Which mirror to ask is learned from the host's apt, so none is written here.
"""

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

from .ui import LabError, find_tool, run, say, warn

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LISTS_GOOD_FOR = 12 * 3600
IMAGE_FILES = (r"boot/(vmlinuz|vmlinux|config)-.*|"
               r"(usr/)?lib/modules/[^/]*/(vmlinuz|config|.*\.ko(\.[a-z]+)?)")
DEBUG_FILES = r"usr/lib/debug/(boot/vmlinux-.*|(usr/)?lib/modules/[^/]*/vmlinux)"


def mirror(security):
    """The URI of the host's Debian archive, or of its security archive."""
    override = os.environ.get("VMASCOPE_LAB_SECURITY_MIRROR" if security else "VMASCOPE_LAB_MIRROR")
    if override:
        return override
    out = run(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(CODENAME)",
               "Created-By: Packages"]).decode()
    rows = [line.split("|") for line in out.splitlines() if line.count("|") == 3]
    if not rows:
        raise LabError("apt has no package lists on this machine: run apt-get update first")
    for origin, label, uri, codename in rows:
        is_security = label == "Debian-Security" or codename.endswith("-security")
        if origin == "Debian" and is_security == security:
            return uri
    kind = "security " if security else ""
    raise LabError(f"apt on this machine knows no Debian {kind}archive; name one in "
                   f"VMASCOPE_LAB_{'SECURITY_' if security else ''}MIRROR")


class Apt:
    """One private apt: one suite, one architecture, one directory."""

    def __init__(self, base, suite, security, arch):
        self.suite, self.security, self.arch = suite, security, arch
        self.dir = Path(base) / f"apt-{suite}-{arch.name}"
        self.opts = []
        for key, value in (
                ("Dir::Etc::sourcelist", self.dir / "sources.list"),
                ("Dir::Etc::sourceparts", "-"),
                ("Dir::Etc::preferences", "/dev/null"),
                ("Dir::Etc::preferencesparts", self.dir / "state"),
                ("Dir::State", self.dir / "state"),
                ("Dir::State::Lists", self.dir / "lists"),
                ("Dir::State::status", "/dev/null"),
                ("Dir::Cache", self.dir / "cache"),
                ("APT::Architecture", arch.name),
                ("APT::Architectures", arch.name),
                ("Acquire::Languages", "none"),
                ("Acquire::Retries", "3"),
                # bullseye's Release file has a date of expiry
                ("Acquire::Check-Valid-Until", "false"),
                # the cache is below the user's home, where _apt may not look
                ("APT::Sandbox::User", "root")):
            self.opts += ["-o", f"{key}={value}"]

    def update(self, force=False):
        stamp = self.dir / "updated"
        if not force and stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_GOOD_FOR:
            return
        if not os.path.exists(KEYRING):
            raise LabError(f"{KEYRING} is missing: apt-get install debian-archive-keyring")
        for sub in ("lists/partial", "cache/archives/partial", "state"):
            (self.dir / sub).mkdir(parents=True, exist_ok=True)
        (self.dir / "sources.list").write_text(
            f"deb [signed-by={KEYRING}] {mirror(self.security)} {self.suite} main\n")
        say(f"apt: lists of {self.suite} ({self.arch.name})")
        try:
            run(["apt-get", *self.opts, "-q", "-o", "APT::Update::Error-Mode=any", "update"])
        except LabError as e:
            if "NO_PUBKEY" in str(e):
                raise LabError(
                    f"{KEYRING} of this machine has no key for {self.suite}: install a newer "
                    f"debian-archive-keyring\n{e}") from None
            raise
        stamp.touch()

    def show(self, package):
        """The newest control record of a package, as a dictionary."""
        try:
            text = run(["apt-cache", *self.opts, "show", "--no-all-versions", package]).decode()
        except LabError:
            return None
        record = {}
        for line in text.split("\n\n")[0].splitlines():
            m = re.match(r"([A-Za-z-]+): (.*)", line)
            if m:
                record[m.group(1)] = m.group(2)
        return record or None

    def depends(self, record, pattern):
        """The names in Depends which match the pattern."""
        names = [re.split(r"[ (:|]", d.strip())[0] for d in record.get("Depends", "").split(",")]
        return [n for n in names if re.fullmatch(pattern, n)]

    def names(self, prefix):
        """The packages whose names begin so."""
        return run(["apt-cache", *self.opts, "pkgnames", prefix]).decode().split()

    def download(self, package, into):
        """Fetch one .deb; apt checks its hash against the signed lists."""
        record = self.show(package)
        if not record:
            raise LabError(f"{self.suite} has no package {package}")
        say(f"fetching {package} {record['Version']} ({int(record['Size']) / 1e6:,.0f} MB)")
        run(["apt-get", *self.opts, "-q", "download", package], cwd=into, timeout=3600)
        debs = list(Path(into).glob(f"{package}_*.deb"))
        if not debs:
            raise LabError(f"apt-get download {package} left no file")
        return debs[0], record


def unpack(deb, into, wanted, first_only=False):
    """Take the files whose path matches the pattern `wanted` out of a .deb."""
    with subprocess.Popen([find_tool("dpkg-deb"), "--fsys-tarfile", str(deb)],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as proc:
        count = 0
        with tarfile.open(fileobj=proc.stdout, mode="r|") as tar:
            for member in tar:
                name = member.name.lstrip("./")
                if not member.isfile() or not re.fullmatch(wanted, name):
                    continue
                target = Path(into) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with tar.extractfile(member) as src, open(target, "wb") as dst:
                    shutil.copyfileobj(src, dst, 1 << 20)
                count += 1
                if first_only:
                    break
        proc.stdout.close()
        if first_only:
            proc.kill()
        status = proc.wait()
    if not count or (status and not first_only):
        raise LabError(f"{Path(deb).name}: nothing in it matches {wanted}")
    return count


class KernelFiles:
    """A kernel in the cache: vmlinuz, config, modules and, when asked, vmlinux."""

    def __init__(self, cache, kernel, arch):
        self.cache, self.kernel, self.arch = Path(cache), kernel, arch
        self.dir = self.cache / f"{kernel.name}-{arch.label}"
        self.meta = {}
        self._load()

    def _load(self):
        try:
            self.meta = json.loads((self.dir / "kernel.json").read_text())
        except FileNotFoundError:
            self.meta = {}

    def _save(self):
        tmp = self.dir / "kernel.json.tmp"
        tmp.write_text(json.dumps(self.meta, indent=1, sort_keys=True) + "\n")
        tmp.rename(self.dir / "kernel.json")

    @property
    def release(self):
        return self.meta["release"]

    @property
    def vmlinuz(self):
        return self.dir / "vmlinuz"

    @property
    def vmlinux(self):
        return self.dir / "vmlinux"

    @property
    def modules(self):
        return self.dir / "modules"

    def fetch(self, debug, refresh=False):
        """Bring image (and, if debug, vmlinux) into the cache; nothing is asked when both are there."""
        if refresh and self.dir.exists():
            shutil.rmtree(self.dir)
            self.meta = {}
        if not self.meta.get("release"):
            self._fetch_image(refresh)
        if debug and not self.vmlinux.exists():
            self._fetch_debug()

    def _fetch_image(self, refresh):
        """From the first suite that delivers: lists may promise files which the mirror has dropped."""
        trouble = []
        for suite, security in self.kernel.suites:
            try:
                apt = Apt(self.cache, suite, security, self.arch)
                apt.update(force=refresh)
                self._fetch_image_from(apt)
                return
            except LabError as e:
                trouble.append(f"{suite}: {e}")
                if suite != self.kernel.suites[-1][0]:
                    warn(f"{suite} does not deliver, trying the next suite: {str(e)[-300:]}")
        raise LabError(f"no {self.kernel.name} for {self.arch.label}:\n" + "\n".join(trouble))

    def _fetch_image_from(self, apt):
        top = apt.show(f"linux-image-{self.arch.flavour.image}")
        images = apt.depends(top or {}, r"linux-image-[0-9].*")
        if not images:
            raise LabError(f"no linux-image-{self.arch.flavour.image} in it")
        trouble = []
        for image in self._images(apt, images[0]):
            try:
                self._fetch_image_package(apt, image)
                return
            except LabError as e:
                trouble.append(str(e))
                warn(f"{image} is not to be had: {str(e)[-300:]}")
        raise LabError("\n".join(trouble))

    def _images(self, apt, newest):
        """The suite's newest image, then the two before it, if the lists still have them."""
        pattern = re.compile(r"linux-image-(\d[^-]*(?:-\d+)?)-" + re.escape(self.arch.flavour.image))
        series = re.match(r"linux-image-\d+\.\d+", newest).group()
        names = [n for n in apt.names(series + ".") if pattern.fullmatch(n) and n != newest]
        return [newest] + sorted(names, key=lambda n: [int(d) for d in re.findall(r"\d+", n)], reverse=True)[:2]

    def _fetch_image_package(self, apt, image):
        release = image[len("linux-image-"):]
        # Since 7.x the image package is empty and its files are in these two.
        parts = apt.depends(apt.show(image), r"linux-(binary|modules)-.*") or [image]
        tmp = self.dir.with_name(self.dir.name + ".tmp")
        shutil.rmtree(tmp, ignore_errors=True)
        tmp.mkdir(parents=True)
        versions = {}
        for part in parts:
            deb, record = apt.download(part, tmp)
            versions[part] = record["Version"]
            unpack(deb, tmp, IMAGE_FILES)
            deb.unlink()
        # What is booted is called vmlinux where it is not packed, on ppc64el and riscv64.
        for name, as_name in (("vmlinux", "vmlinuz"), ("vmlinuz", "vmlinuz"), ("config", "config")):
            found = sorted(tmp.glob(f"boot/{name}-*")) + sorted(tmp.glob(f"**/modules/*/{name}"))
            if found:
                found[0].rename(tmp / as_name)
        for root in (tmp / "lib/modules", tmp / "usr/lib/modules"):
            if root.is_dir():
                (root / release).rename(tmp / "modules")
        if not (tmp / "vmlinuz").exists() or not (tmp / "modules").exists():
            raise LabError(f"{', '.join(parts)}: no vmlinuz or no modules found in the package")
        for leftover in ("boot", "lib", "usr"):
            shutil.rmtree(tmp / leftover, ignore_errors=True)
        if self.dir.exists():
            shutil.rmtree(self.dir)
        tmp.rename(self.dir)
        self.meta = {"release": release, "packages": versions, "suite": apt.suite, "security": apt.security}
        self._save()

    def _fetch_debug(self):
        package = f"linux-image-{self.release}-dbg"
        apt = Apt(self.cache, self.meta["suite"], self.meta["security"], self.arch)
        apt.update()
        image_version = next(iter(self.meta["packages"].values()))
        record = apt.show(package)
        if not record or record["Version"] != image_version:
            raise LabError(f"{apt.suite} no longer has {package} {image_version}; "
                           "run again with --refresh to move to its newest kernel")
        tmp = self.dir / "debug.tmp"
        shutil.rmtree(tmp, ignore_errors=True)
        tmp.mkdir()
        deb, record = apt.download(package, tmp)
        say("unpacking vmlinux")
        # Packages are sorted by path, so reading stops long before the modules' debug info.
        unpack(deb, tmp, DEBUG_FILES, first_only=True)
        next(p for p in tmp.glob("usr/**/vmlinux*") if p.is_file()).rename(self.vmlinux)
        shutil.rmtree(tmp)
        self.meta["packages"][package] = record["Version"]
        self._save()


PROGRAM_FILES = r"(usr/)?s?bin/[^/]*|(usr/)?lib(64)?/.*\.so(\.[^/]*)?"


class Programs:
    """Programs of Debian packages with their libraries, to be run by a guest. `wanted`: {package: program}."""

    def __init__(self, cache, suite, security, arch, wanted):
        self.apt, self.wanted = Apt(cache, suite, security, arch), wanted
        self.dir = Path(cache) / f"programs-{suite}-{arch.name}"
        if not (self.dir / "versions.json").exists():
            self._fetch()
        self.versions = json.loads((self.dir / "versions.json").read_text())

    def path(self, program):
        return self.dir / program

    def libraries(self, program):
        """The files that the loader will ask for, and the loader; each is named by its soname."""
        queue, found = self._needed(self.path(program)), {}
        while queue:
            name = queue.pop()
            if name not in found:
                found[name] = self.dir / "lib" / name
                if not found[name].exists():
                    raise LabError(f"{program}: no package of {self.apt.suite} brought {name}")
                queue += self._needed(found[name])
        return [found[name] for name in sorted(found)]

    @staticmethod
    def _needed(path):
        return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", run(["readelf", "-Wd", str(path)]).decode())

    def _fetch(self):
        self.apt.update()
        tmp = self.dir.with_name(self.dir.name + ".tmp")
        shutil.rmtree(tmp, ignore_errors=True)
        (tmp / "lib").mkdir(parents=True)
        versions, queue = {}, list(self.wanted)
        while queue:
            package = queue.pop(0)
            if package in versions:
                continue
            deb, record = self.apt.download(package, tmp)
            versions[package] = record["Version"]
            unpack(deb, tmp / "tree", PROGRAM_FILES)
            deb.unlink()
            queue += self.apt.depends(record, r"(lib|zlib).*")
        for program in self.wanted.values():
            next(p for p in (tmp / "tree").rglob(program) if p.parent.name in ("bin", "sbin")).rename(tmp / program)
        # The links that give libraries their names are not unpacked, but each says what it is called.
        for path in sorted((tmp / "tree").rglob("*.so*")):
            if path.read_bytes()[:4] != b"\x7fELF":
                continue
            soname = re.search(r"\(SONAME\).*\[([^\]]+)\]", run(["readelf", "-Wd", str(path)]).decode())
            if soname:
                path.rename(tmp / "lib" / soname.group(1))
        shutil.rmtree(tmp / "tree")
        (tmp / "versions.json").write_text(json.dumps(versions, indent=1, sort_keys=True) + "\n")
        shutil.rmtree(self.dir, ignore_errors=True)
        tmp.rename(self.dir)
