# SPDX-License-Identifier: GPL-2.0-or-later
"""A sysroot of another architecture: Debian packages and what they depend on, unpacked into
a directory of their own. This machine's dpkg and apt stay as they are.

python3 -m labkit.sysroot CACHE ARCH PACKAGE...   prints the directory, made if need be
"""

import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

from .packages import Apt
from .ui import LabError, find_tool, locked, run, say

Arch = namedtuple("Arch", "name")

def host_suite():
    """The suite that this machine runs: its cross compiler has a libc that is as old."""
    for line in Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "VERSION_CODENAME":
            return value.strip('"')
    return "sid"


class Sysroot:
    """`wanted` and all that these depend on, of the suite that this machine runs."""

    def __init__(self, cache, arch, wanted):
        suite = host_suite()
        self.apt = Apt(cache, suite, False, Arch(arch))
        self.dir = Path(cache) / f"{suite}-{arch}"
        self.wanted = sorted(wanted)
        with locked(Path(cache) / f"{suite}-{arch}.lock"):
            if self._made_of() != self.wanted:
                self._fetch()

    def _made_of(self):
        try:
            return json.loads((self.dir / "packages.json").read_text())["wanted"]
        except FileNotFoundError:
            return None

    def _fetch(self):
        self.apt.update()
        tmp = self.dir.with_name(self.dir.name + ".tmp")
        shutil.rmtree(tmp, ignore_errors=True)
        tmp.mkdir(parents=True)
        # apt believes that nothing is installed and so brings everything, in one go.
        debs = self.apt.dir / "cache/archives"
        run(["apt-get", *self.apt.opts, "clean"])
        say(f"fetching {self.dir.name}: {len(self.wanted)} packages and what they need")
        run(["apt-get", *self.apt.opts, "-q", "-y", "--no-install-recommends", "--download-only", "install",
             *self.wanted], timeout=3600)
        versions = {}
        for deb in sorted(debs.glob("*.deb")):
            name, version = run([find_tool("dpkg-deb"), "--show", str(deb)]).decode().split()
            versions[name] = version
            run([find_tool("dpkg-deb"), "--extract", str(deb), str(tmp)])
            deb.unlink()
        self._relink(tmp)
        (tmp / "packages.json").write_text(
            json.dumps({"wanted": self.wanted, "versions": versions}, indent=1, sort_keys=True) + "\n")
        shutil.rmtree(self.dir, ignore_errors=True)
        tmp.rename(self.dir)

    @staticmethod
    def _relink(root):
        """Links that begin at / would leave the sysroot. /lib and /lib64 are as in a merged /usr."""
        for path in root.rglob("*"):
            if path.is_symlink() and os.readlink(path).startswith("/"):
                target = root / os.readlink(path).lstrip("/")
                path.unlink()
                path.symlink_to(os.path.relpath(target, path.parent))


def main(argv):
    if len(argv) < 3:
        print("usage: python3 -m labkit.sysroot CACHE ARCH PACKAGE...", file=sys.stderr)
        return 2
    try:
        print(Sysroot(argv[0], argv[1], argv[2:]).dir)
    except (LabError, OSError, subprocess.SubprocessError) as e:
        print(f"sysroot: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
