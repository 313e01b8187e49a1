# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests that are scripts: TAP, a scratch folder, and what to run.
#
# VMASCOPE and LOADER name the program and the GDB loader to test, GDB the GDB,
# GDB_SKIP why it cannot be used, GDB_ENV "env A=B ..." if it needs that. EMULATED
# names what runs programs of another machine here, if so. srcdir is where the sources are.
set -u
LC_ALL=C
export LC_ALL
unset NO_COLOR CDPATH

tap_n=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vmascope-test.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

pass() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1"; }
fail() { tap_n=$((tap_n + 1)); echo "not ok $tap_n - $1"; }
skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

# is FOUND EXPECTED WHAT
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "expected: $2"
		diag "found:    $1"
	fi
}

# like TEXT PATTERN WHAT: a shell pattern
like() {
	# shellcheck disable=SC2254 # it is a pattern on purpose
	case $1 in
	$2) pass "$3" ;;
	*)
		fail "$3"
		diag "expected: $2"
		diag "found:    $1"
		;;
	esac
}

unlike() {
	# shellcheck disable=SC2254
	case $1 in
	$2)
		fail "$3"
		diag "not expected: $2"
		diag "found:        $1"
		;;
	*) pass "$3" ;;
	esac
}

# run COMMAND...: leaves $out, $err (without the last line feeds) and $rc
run() {
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	rc=$?
	out=$(cat "$scratch/out")
	err=$(cat "$scratch/err")
}

lines() { printf '%s' "$1" | grep -c ''; }

# needs_gdb: skip the whole test where GDB cannot run the extension
needs_gdb() {
	[ -z "${GDB_SKIP:-}" ] || skip_all "$GDB_SKIP"
	[ -n "${GDB:-}" ] || skip_all "no GDB"
	[ -r "${LOADER:-}" ] || skip_all "the extension is not built"
}

# gdb_run [FILE...] -- COMMAND...: GDB with the extension, its output in $out.
# $_vma_status is 2 at first, as scripts are told to set it.
gdb_run() {
	gdb_n=$#
	gdb_opt=
	while [ "$gdb_n" -gt 0 ]; do
		gdb_w=$1
		shift
		gdb_n=$((gdb_n - 1))
		if [ "$gdb_w" = -- ] && [ -z "$gdb_opt" ]; then
			gdb_opt=-ex
		else
			set -- "$@" ${gdb_opt:+"$gdb_opt"} "$gdb_w"
		fi
	done
	# shellcheck disable=SC2016 # GDB's variable
	run timeout -k 5 "${GDB_TIMEOUT:-120}" ${GDB_ENV:-} "$GDB" -nx -nh -batch \
		-iex 'set debuginfod enabled off' -ex 'set $_vma_status = 2' \
		-ex "source $LOADER" "$@"
}

# The plan, last. What failed has been told: the exit code would tell it twice.
done_testing() {
	echo "1..$tap_n"
	exit 0
}
