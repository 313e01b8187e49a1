# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by scripts/demo and scripts/test: packages, steps, the build.

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
	bold='' plain=''
fi

say() { printf '%s\n' "$bold$*$plain"; }
die() {
	printf '%s\n' "$(basename "$0"): $*" >&2
	exit 1
}

# quietly LOG COMMAND...: its output goes to LOG, and is shown if it fails
quietly() {
	q_log=$1
	shift
	if ! "$@" >"$q_log" 2>&1 </dev/null; then
		tail -n 40 "$q_log" >&2
		return 1
	fi
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	elif command -v sudo >/dev/null; then
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	else
		return 1
	fi
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need PACKAGE...: install what is missing, and nothing else
need() {
	missing=
	for p; do
		installed "$p" || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "no apt-get here; needed:$missing"
	say "installing$missing"
	apt_log=$(mktemp)
	get="apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install$missing"
	# Package lists may be absent or stale: update only then.
	# shellcheck disable=SC2086 # words
	if ! quietly "$apt_log" as_root $get 2>/dev/null; then
		quietly "$apt_log" as_root apt-get -q update &&
			quietly "$apt_log" as_root $get ||
			die "cannot install$missing (root or sudo is needed)"
	fi
	rm -f "$apt_log"
}

need_build() {
	# ca-certificates and the like are git's own affair: we have been cloned.
	need autoconf automake binutils gcc gdb libbpf-dev libc6-dev libdw-dev libelf-dev \
		libkdumpfile-dev libtool libyajl-dev make pkgconf python3-dev xz-utils
}

jobs=$(nproc 2>/dev/null || echo 2)

# build DIR [CONFIGURE OPTION...]: out of the source tree
build() {
	b_dir=$1
	shift
	mkdir -p "$b_dir"
	if [ ! -x configure ] || [ configure.ac -nt configure ] || [ Makefile.am -nt Makefile.in ]; then
		quietly "$b_dir/autogen.log" ./autogen.sh || return 1
	fi
	if [ ! -f "$b_dir/Makefile" ] || [ "$*" != "$(cat "$b_dir/options" 2>/dev/null)" ]; then
		(cd "$b_dir" && quietly configure.log "$top/configure" "$@") || return 1
		printf '%s' "$*" >"$b_dir/options"
	fi
	quietly "$b_dir/make.log" make -C "$b_dir" -j"$jobs"
}
