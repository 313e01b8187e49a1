# SPDX-License-Identifier: GPL-2.0-or-later
# Cores of other machines, by qemu-user, and by GDB of qemu-user's stub.
. "${srcdir:-.}/tests/tap.sh"
"${srcdir:-.}/scripts/corpus" unpack "$scratch" cores || exit 99
cases=$scratch/cores/cases

# try CASE MACHINE PRODUCER
try() {
	core=$cases/$1/core
	run "$VMASCOPE" check "$core"
	is "$rc" 0 "$1: consistent"
	like "$out" "process core by $3, $2*" "$1: by $3, of $2"
	like "$out" "* SIGSEGV*" "$1: what it died of"
	run "$VMASCOPE" ps "$core"
	is "$(lines "$out")" 2 "$1: one thread"
	unlike "$out" '*no writable mapping*' "$1: its stack is there"
	run "$VMASCOPE" maps "$core" --format json
	is "$rc" 0 "$1: maps in JSON"
	run "$VMASCOPE" layout "$core"
	is "$rc" 0 "$1: layout"
	[ "$4" = all ] || return 0
	# qemu-user tells a process its mappings as the core has them, but for the columns
	run "$VMASCOPE" maps "$core"
	printf '%s\n' "$out" | sed 's/^0*//; s/-0*/-/' | awk '{ print $1, substr($2, 1, 3) }' >"$scratch/got"
	awk '{ print $1, substr($2, 1, 3) }' "$cases/$1/truth" >"$scratch/want"
	is "$(cat "$scratch/got")" "$(cat "$scratch/want")" "$1: ranges, r, w, x"
}
try qemu-aarch64 '64-bit arm64' qemu-user all
try qemu-s390x '64-bit s390, big endian' qemu-user all
try qemu-i386 '32-bit i386' qemu-user some
try qemu-riscv64 '64-bit riscv' 'GDB (gcore)' some

done_testing
