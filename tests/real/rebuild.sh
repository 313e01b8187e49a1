# SPDX-License-Identifier: GPL-2.0-or-later
# rebuild as its user meets it: what is printed, what is said of it, the exit code.
. "${srcdir:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all 'no python3'
case=unpacked/5.10-amd64-nokaslr
real=${srcdir:-.}/tests/real
pid=$(awk '$1 == "zoo" { print $2; exit }' "$case/truth/population")
export VMASCOPE

run "$VMASCOPE" rebuild "$case/vmcore" "$pid" --plain --vmlinux "$case/vmlinux"
is "$rc" 0 'undamaged: exit 0'
if cmp -s "$scratch/out" "$case/truth/$pid/maps"; then
	pass 'undamaged: --plain is /proc/PID/maps'
else
	fail 'undamaged: --plain is /proc/PID/maps'
fi
is "$err" '' 'undamaged: and nothing to be said'

run "$real/wreck" both "$case/vmcore" "$case/vmlinux" "$pid" "$scratch/dump"
is "$rc" 0 'list and tree cut'
run "$VMASCOPE" check "$scratch/dump" "$pid" --vmlinux "$case/vmlinux"
is "$rc" 1 'list and tree cut: check: exit 1'
like "$out" "*vmascope rebuild $scratch/dump $pid*" 'list and tree cut: check names rebuild'
run "$VMASCOPE" rebuild "$scratch/dump" "$pid" --plain --vmlinux "$case/vmlinux"
is "$rc" 0 'list and tree cut: exit 0, for nothing is missing'
if cmp -s "$scratch/out" "$case/truth/$pid/maps"; then
	pass 'list and tree cut: --plain is /proc/PID/maps'
else
	fail 'list and tree cut: --plain is /proc/PID/maps'
fi
run "$VMASCOPE" rebuild "$scratch/dump" "$pid" --vmlinux "$case/vmlinux"
like "$out" '* ---l*' 'list and tree cut: behind the break a neighbour vouches'
like "$out" '* n[p-][t-]*' 'list and tree cut: before the break vm_next vouches'
like "$err" '*VMAs by all sources, as many as map_count says*' 'list and tree cut: all of them'
run "$VMASCOPE" rebuild "$scratch/dump" "$pid" --vmlinux "$case/vmlinux" --format json
like "$out" '*"type":"rebuilt-vma"*"link":true*"type":"rebuilt"*"source":"all sources"*' \
	'list and tree cut: JSON has the sources'

run "$real/wreck" ring "$case/vmcore" "$case/vmlinux" "$pid" "$scratch/dump"
is "$rc" 0 'the ring of tasks cut on both sides'
run "$VMASCOPE" maps "$scratch/dump" "$pid" --vmlinux "$case/vmlinux"
is "$rc" 0 'the ring cut: maps: exit 0'
if cmp -s "$scratch/out" "$case/truth/$pid/maps"; then
	pass 'the ring cut: maps is whole'
else
	fail 'the ring cut: maps is whole'
fi
like "$err" '*4 more tasks were found by init_pid_ns.idr*' 'the ring cut: one line says by what'
run "$VMASCOPE" check "$scratch/dump" --vmlinux "$case/vmlinux"
is "$rc" 1 'the ring cut: check: exit 1'
like "$out" '*CORRUPT  the tasks*intact: init_pid_ns.idr*verdict: corrupt (45 address spaces,*' \
	'the ring cut: check has every address space'

run "$real/wreck" mmap "$case/vmcore" "$case/vmlinux" "$pid" "$scratch/dump"
run "$VMASCOPE" check "$scratch/dump" --vmlinux "$case/vmlinux"
is "$rc" 1 'every mmap wild: exit 1'
is "$(printf '%s\n' "$out" | grep -c ^CORRUPT)" 8 'every mmap wild: eight are shown'
like "$out" '*and 36 more address spaces, 36 corrupt: --verbose; pids *' 'every mmap wild: the others are counted'
run "$VMASCOPE" check "$scratch/dump" --vmlinux "$case/vmlinux" --verbose
is "$(printf '%s\n' "$out" | grep -c ^CORRUPT)" 44 'every mmap wild: --verbose shows them all'
done_testing
