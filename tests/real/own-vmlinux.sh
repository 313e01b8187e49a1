# SPDX-License-Identifier: GPL-2.0-or-later
# A vmlinux made out of a dump that came without: good enough for ourselves, by its BTF
# and by its DWARF, and for GDB.
. "${srcdir:-.}/tests/tap.sh"

for case in unpacked-alone/*/; do
	name=$(basename "$case")
	vmlinux=$scratch/$name.vmlinux
	run "$VMASCOPE" extract "$case/vmcore" 1 --no-vmlinux --output "$scratch/$name" --output-vmlinux "$vmlinux"
	is "$rc" 0 "$name: a vmlinux is made"
	run "$VMASCOPE" info "$case/vmcore" --vmlinux "$vmlinux"
	like "$(cat "$scratch/out")" '*(given; build-ids are equal)*' "$name: it is the dump's"
	for from in btf dwarf; do
		run "$VMASCOPE" check "$case/vmcore" --vmlinux "$vmlinux" --types-from "$from"
		is "$rc" 0 "$name: $from: check"
		wrong=
		for maps in "$case"/truth/[0-9]*/maps; do
			[ -s "$maps" ] || continue
			pid=$(basename "$(dirname "$maps")")
			run "$VMASCOPE" maps "$case/vmcore" "$pid" --vmlinux "$vmlinux" --types-from "$from"
			cmp -s "$scratch/out" "$maps" || wrong="$wrong $pid"
		done
		is "$wrong" '' "$name: $from: maps of every process"
	done
done

case=unpacked-alone/5.10-amd64-nokaslr-alone vmlinux=$scratch/5.10-amd64-nokaslr-alone.vmlinux
if [ -n "${GDB_SKIP:-}" ]; then
	skip 'GDB knows types and symbols' "$GDB_SKIP"
else
	# shellcheck disable=SC2086 # it is words
	told=$(${GDB_ENV:-} "$GDB" -nx -batch -iex 'set debuginfod enabled off' -ex 'p sizeof(struct vm_area_struct)' \
		-ex 'whatis init_task' -ex 'p &((struct mm_struct *)0)->mmap_base' -ex 'p (long)&((struct page *)0)->lru' \
		-ex 'info symbol do_mmap' -ex 'whatis (enum pid_type)1' "$vmlinux" 2>&1)
	is "$told" '$1 = 200
type = struct task_struct
$2 = (unsigned long *) 0x20
$3 = 8
do_mmap in section .text
type = enum pid_type' 'GDB knows types and symbols'
fi
done_testing
