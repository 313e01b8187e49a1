# SPDX-License-Identifier: GPL-2.0-or-later
# GDB on a dump that came without a vmlinux: types, symbols, memory, tasks, all out of it.
. "${srcdir:-.}/tests/tap.sh"
[ -z "${GDB_SKIP:-}" ] || skip_all "$GDB_SKIP"
case=$(cd unpacked-alone/5.10-amd64-nokaslr-alone && pwd) || exit 99

# shellcheck disable=SC2086 # GDB_ENV is words
${GDB_ENV:-} "$GDB" -nx -batch -iex 'set debuginfod enabled off' -ex "source $LOADER" \
	-ex "vma open $case/vmcore --no-vmlinux --quiet" -ex 'echo == values\n' -ex 'p init_task.comm' \
	-ex 'p $mm(1)->map_count' -ex 'p $vma(0x400000, 1)->vm_start' -ex 'p $task(1)->pid' \
	-ex 'info symbol do_mmap' -ex 'p (long)&__per_cpu_start' -ex 'p (char [14])linux_banner' \
	-ex 'echo == maps\n' -ex 'vma maps 1' -ex 'echo == closed\n' -ex 'vma close' -ex 'p init_task.comm' \
	>"$scratch/out" 2>&1
part() { awk -v p="$1" '/^== / { on = $2 == p; next } on' "$scratch/out"; }

n=$(wc -l <"$case/truth/1/maps")
# the gate VMA is no part of the mm
grep -q vsyscall "$case/truth/1/maps" && n=$((n - 1))
is "$(part values)" '$1 = "swapper/0\000\000\000\000\000\000"
$2 = '"$n"'
$3 = 4194304
$4 = 1
do_mmap in section .text
$5 = 0
$6 = "Linux version "' \
	'types, symbols and memory'
if part maps | cmp -s - "$case/truth/1/maps"; then
	pass 'maps'
else
	fail 'maps'
	part maps | diff - "$case/truth/1/maps" | head -5 | sed 's/^/# /'
fi
like "$(part closed)" '*No symbol table is loaded*' 'closed: nothing of it is left'
done_testing
