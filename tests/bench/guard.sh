# SPDX-License-Identifier: GPL-2.0-or-later
# No command may get slower unseen: instructions, which repeat where times do not, of the
# inner loop, beside those of the bare chase on the same dump; and they must not grow
# faster than the VMAs. scripts/bench measures the times.
. "${srcdir:-.}/tests/tap.sh"

# The table to tighten. A bare chase takes some 16 instructions a VMA and waits for memory,
# so that these are no ratios of times. The slack is for compilers.
# case		command	the chase		at most so many times its instructions
limits='
5.10-amd64	check	list,tree,objects	20
5.10-amd64	maps	list,names		90
6.12-amd64	check	tree,objects		38
6.12-amd64	maps	tree,names		41
'
# Instructions a VMA of the process with the most of them, in percent of those where it has 2,010.
large=5.10-amd64 little=5.10-amd64-nokaslr
growth=120

bench=${BENCH:-tests/bench}
command -v valgrind >/dev/null || skip_all 'valgrind is not installed'
[ -x "$bench/facts" ] && [ -x "$bench/chase" ] || skip_all 'tests/bench is not built'
! grep -q '__asan_\|__ubsan_\|__gcov_' "$bench/facts" || skip_all 'an instrumented build has other counts'
[ -z "${EMULATED:-}" ] || skip_all "$EMULATED has other counts"
case $(uname -m) in x86_64 | aarch64) ;; *) skip_all 'the chase reads 64-bit little-endian words' ;; esac
# valgrind 3.19 does not read the DWARF of every compiler, and need not
mkdir "$scratch/bin"
for program in facts chase; do
	${OBJCOPY:-objcopy} --strip-debug "$bench/$program" "$scratch/bin/$program" || exit 99
done
bench=$scratch/bin

# count FUNCTION COMMAND...: instructions inside of FUNCTION, in $count; $out is what it printed
count() {
	fn=$1
	shift
	run timeout 120 valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$fn" "$@"
	count=$(printf '%s\n' "$err" | sed -n 's/.*Collected : *\([0-9]*\)$/\1/p')
	[ "$rc" = 0 ] && [ "${count:-0}" -gt 0 ]
}

# ours CASE COMMAND [WORD...]
ours() {
	dir=unpacked/$1
	command=$2
	shift 2
	count vs_cmd_run "$bench/facts" --loop "$command" --passes 1 "$dir/vmcore" "$dir/vmlinux" "$@"
}

# a_vma CASE: instructions that check takes for each VMA of `many` there, in $per
a_vma() {
	run "$bench/facts" --loop maps --passes 1 "unpacked/$1/vmcore" "unpacked/$1/vmlinux" comm=many
	[ "$rc" = 0 ] || return 1
	vmas=$(printf '%s\n' "$out" | sed -n 's/^lines //p')
	ours "$1" check comm=many || return 1
	many=$count
	ours "$1" check 1 || return 1
	per=$(((many - count) / vmas))
}

printf '%s\n' "$limits" >"$scratch/limits"
while read -r name command walk limit; do
	[ -n "$name" ] || continue
	dir=unpacked/$name
	if [ ! -f "$dir/vmcore" ]; then
		skip "$name: $command" "not among the CASES that were unpacked"
		continue
	fi
	if ! "$bench/facts" "$dir/vmcore" "$dir/vmlinux" >"$scratch/facts" 2>"$scratch/err" ||
	   ! count chase_pass "$bench/chase" --passes 1 --walk "$walk" "$scratch/facts" "$dir/vmcore"; then
		fail "$name: the chase $walk"
		diag "$(cat "$scratch/err")"
		continue
	fi
	bare=$count
	if ! ours "$name" "$command"; then
		fail "$name: $command under valgrind"
		diag "$err"
		continue
	fi
	what="$name: $command takes at most $limit times the instructions of the bare chase"
	diag "$name: $command $count, chase $walk $bare: $((count / bare)) times"
	if [ "$count" -le $((bare * limit)) ]; then pass "$what"; else fail "$what"; fi
done <"$scratch/limits"

what="a VMA of many takes no more than one of few"
if [ ! -f "unpacked/$large/vmcore" ] || [ ! -f "unpacked/$little/vmcore" ]; then
	skip "$what" "$large or $little is not among the CASES that were unpacked"
elif a_vma "$little" && few=$per && a_vma "$large"; then
	diag "check: $few instructions a VMA in $little, $per in $large"
	if [ "$per" -le $((few * growth / 100)) ]; then pass "$what"; else fail "$what"; fi
else
	fail "$what"
	diag "$err"
fi
done_testing
