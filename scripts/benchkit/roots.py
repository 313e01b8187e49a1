# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers of other Debian suites, each in a chroot that debootstrap makes once. It wants root."""

import os

from .base import BenchError, cache_dir, output_of, say, shell

SUITES = ("trixie", "sid")
PACKAGES = ("crash", "python3-drgn", "gdb", "libelf1t64", "libdw1t64", "libbpf1", "libyajl2", "binutils", "xz-utils")

# The mounts are seen by nobody else, and go with the last process.
ENTER = """
root=$1; shift
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 99
while [ "$1" != -- ]; do
	mkdir -p "$root$1" && mount --bind "$1" "$root$1" || exit 99
	shift
done
shift
exec chroot "$root" env HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""


def make(suite, scratch):
    """The chroot of a suite; what is missing in it is installed."""
    if os.geteuid() != 0:
        raise BenchError("--chroots: a chroot wants root")
    root = cache_dir() / "bench" / suite
    done = root / "complete"
    words = " ".join(PACKAGES)
    if done.exists() and done.read_text() == words:
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    log = scratch / f"{suite}.log"
    say(f"{suite}: a chroot with {words}")
    if not (root / "base").exists():
        shell(f"""need debootstrap
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1)
rm -rf "{root}"
debootstrap --variant=minbase {suite} "{root}" "$mirror" && : >"{root}/base" """, log)
    shell(f"""chroot "{root}" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin \
apt-get -q -y -o APT::Sandbox::User=root --no-install-recommends install {words}""", log)
    done.write_text(words)
    return root


def enter(root, folders):
    """What stands in front of a command that is to run there; `folders` are where they are here."""
    return ("unshare", "--mount", "--pid", "--fork", "sh", "-c", ENTER, "sh", str(root), *map(str, folders), "--")


def works(prefix):
    return output_of([*prefix, "true"]) is not None
