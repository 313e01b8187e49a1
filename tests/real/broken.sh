# SPDX-License-Identifier: GPL-2.0-or-later
# One thing broken in a real dump: check names that VMA first, in both faces.
. "${srcdir:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all 'no python3'
case=unpacked/5.10-amd64
real=${srcdir:-.}/tests/real
pid=$(awk '$1 == "many" { print $2 }' "$case/truth/population")
export VMASCOPE

# reads: from the last line of --stats
reads() { printf '%s\n' "$1" | awk '$2 == "reads" { print $1 }'; }
# named: the first VMA a report names
named() { printf '%s\n' "$1" | awk '$1 == "vma" { print $2; exit }'; }

run "$VMASCOPE" check "$case/vmcore" --vmlinux "$case/vmlinux" --stats
is "$rc" 0 'whole: exit 0'
whole=$(reads "$err")

run "$VMASCOPE" check "$case/vmcore" mm=0 --vmlinux "$case/vmlinux"
is "$rc" 2 'mm=0: exit 2'
like "$err" '*mm=0: expected the address of an mm_struct*' 'mm=0: is no address space'
for command in maps ps; do
	run "$VMASCOPE" $command "$case/vmcore" mm=0 --vmlinux "$case/vmlinux"
	is "$rc" 2 "$command mm=0: nor there"
done

for kind in next-self next-null next-wild next-skip start-end root; do
	run "$real/poke" "$kind" "$case/vmcore" "$case/vmlinux" "$pid" 1000 "$scratch/dump"
	like "$rc/$out" '0/0xffff*' "$kind: done"
	[ "$rc" = 0 ] || { diag "$err"; continue; }
	vma=$out

	run "$VMASCOPE" check "$scratch/dump" --vmlinux "$case/vmlinux" --stats
	is "$rc" 1 "$kind: exit 1"
	is "$(named "$out")" "$vma" "$kind: that VMA is named first"
	if [ "$(reads "$err")" -le $((2 * whole)) ]; then
		pass "$kind: with at most twice the reads"
	else
		fail "$kind: with at most twice the reads"
		diag "$(reads "$err") instead of $whole"
	fi
	run "$VMASCOPE" maps "$scratch/dump" "$pid" --vmlinux "$case/vmlinux"
	case $kind in
	start-end) ;;
	*)
		if cmp -s "$scratch/out" "$case/truth/$pid/maps"; then
			pass "$kind: maps is whole all the same"
		else
			fail "$kind: maps is whole all the same"
		fi
		;;
	esac

	if [ -n "${GDB:-}" ] && [ -z "${GDB_SKIP:-}" ]; then
		gdb_run "$case/vmlinux" "$scratch/dump" -- 'vma check' 'quit $_vma_status'
		is "$rc" 1 "$kind: gdb: status 1"
		is "$(named "$out")" "$vma" "$kind: gdb: that VMA is named first"
	else
		skip "$kind: gdb" "${GDB_SKIP:-no GDB}"
	fi
done

done_testing
