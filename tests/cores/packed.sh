# SPDX-License-Identifier: GPL-2.0-or-later
# Cores that are compressed as a whole, as systemd-coredump, apport and abrt keep them.
. "${srcdir:-.}/tests/tap.sh"

"${srcdir:-.}/scripts/corpus" unpack "$scratch" cores || exit 99
core=$scratch/cores/cases/newest-amd64-dynamic-heap-null/core
TMPDIR=$scratch
export TMPDIR
run "$VMASCOPE" maps "$core"
maps=$out
size=$(stat -c %s "$core")

# try NAME COMMAND...: it writes standard input compressed to standard output
try() {
	t=$1
	shift
	if ! command -v "$1" >/dev/null; then
		skip "$t" "no $1"
		return
	fi
	cat "$core" | "$@" >"$scratch/packed" || exit 99
	run "$VMASCOPE" maps "$scratch/packed"
	if [ "$rc" = 2 ] && [ "${err#*is not installed}" != "$err" ]; then
		like "$err" "*compressed by $t*unpack it by: $t -d*" "$t: without its library the command is named"
		return
	fi
	is "$rc$out" "0$maps" "$t: the same maps"
	run "$VMASCOPE" info "$scratch/packed"
	like "$out" "*, in $t*" "$t: info names it"
	like "$out" "*$size bytes*" "$t: sizes are those of the core"
	run "$VMASCOPE" check "$scratch/packed"
	is "$rc" 0 "$t: consistent"
	# two streams, one behind the other, are one file
	{ head -c 100000 "$core" | "$@"; tail -c +100001 "$core" | "$@"; } >"$scratch/two"
	run "$VMASCOPE" maps "$scratch/two"
	is "$rc$out" "0$maps" "$t: two streams in a row"
	n=$(stat -c %s "$scratch/packed")
	head -c $((n * 3 / 4)) "$scratch/packed" >"$scratch/cut"
	run "$VMASCOPE" check "$scratch/cut"
	is "$rc" 4 "$t: a stream that is cut: incomplete"
	like "$err" "*the $t stream is *behind*bytes*" "$t: a stream that is cut is named"
	head -c 6 "$scratch/packed" >"$scratch/cut"
	run "$VMASCOPE" check "$scratch/cut"
	is "$rc" 2 "$t: nothing but its magic"
	is "$(lines "$err")" 1 "$t: one line about it"
	{ printf 'no dump'; head -c 5000 /dev/zero; } | "$@" >"$scratch/other"
	run "$VMASCOPE" check "$scratch/other"
	like "$rc $err" "2 vmascope: */other: compressed by $t: *not a dump*" "$t: of something else"
}
try zstd zstd -q -c
try xz xz -c
try gzip gzip -c
try lz4 lz4 -B4 -q -c
is "$(find "$scratch" -mindepth 1 -name 'vmascope-*')" "" "nothing is left in TMPDIR"

done_testing
