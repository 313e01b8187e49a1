# SPDX-License-Identifier: GPL-2.0-or-later
# A real dump in GDB: ways to open it, the selected task, what TAP offers.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb
case=$(cd unpacked/5.10-amd64 && pwd) || exit 99
other=$(cd unpacked/5.10-amd64-nokaslr 2>/dev/null && pwd)

# The pids of specimens are in truth/population: "NAME PID".
some=$(awk '$1 == "many" { print $2; exit }' "$case/truth/population")
[ -n "$some" ] || some=1
maps=$(head -1 "$case/truth/1/maps")

gdb_run -- "vma open $case/vmcore $case/vmlinux" 'print $_vma_status' 'vma maps 1' 'print $_vma_status'
is "$rc/$err" 0/ 'vma open DUMP VMLINUX'
like "$out" '*5.10.*-amd64*$1 = 0*'"$maps"'*$2 = 0' 'tells what it is, and then serves it'
gdb_run -- "vma open $case/vmcore --vmlinux=$case/vmlinux" 'vma maps 1'
like "$out" "*$maps*" 'vma open DUMP --vmlinux=VMLINUX'
gdb_run -- "vma open $case/vmcore $case/vmlinux --vmlinux x"
like "$err" '*expected one vmlinux*' 'but not both'

gdb_run -- "vma open $case/vmcore $case/vmlinux" "vma maps 1 --vmlinux x"
like "$err" '*belong to "vma open"*' 'nor another one later'

gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma maps 1'
like "$out" "*$maps*" 'gdb VMLINUX DUMP: nothing need be opened'
gdb_run -- "file $case/vmlinux" "core-file $case/vmcore" 'vma maps 1'
like "$out" "*$maps*" 'nor after file and core-file'
gdb_run -- "core-file $case/vmcore" 'vma maps 1 --vmlinux '"$case/vmlinux"
like "$out" "*$maps*" 'core-file and --vmlinux'
ln -s "$case/vmcore" "$scratch/a 'quoted, file type' name"
gdb_run "$case/vmlinux" "$scratch/a 'quoted, file type' name" -- 'vma maps 1'
like "$out" "*$maps*" 'a core with a strange name'
gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma maps 1 --types-from dwarf' 'vma maps 1'
like "$out" "*$maps*" 'how it is opened is taken from each command'
gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma close' 'vma maps 1'
like "$out" "*$maps*" 'vma close: what GDB has open is opened again'
gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma maps 1 --quiet' 'core-file' 'vma maps 1'
like "$err" '*no dump is open*' 'core-file without a name closes it'
gdb_run "$case/vmlinux" -- "vma open $case/vmcore $case/vmlinux" 'vma close' 'vma maps 1'
like "$err" 'maps: no dump is open*' 'vma close after vma open'
gdb_run "$case/vmlinux" "$case/vmcore" -- "vma open $scratch/missing" 'print $_vma_status' 'vma maps 1'
like "$out" '*$1 = 2*' 'a missing dump leaves 2'
gdb_run "$LOADER" -- "core-file $case/vmcore" 'vma maps 1 --vmlinux '"$VMASCOPE" 'print $_vma_status'
like "$out" '*$1 = 2' 'a program that is no vmlinux leaves 2'

if [ -n "$other" ]; then
	gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma info' "file $other/vmlinux" \
		"core-file $other/vmcore" 'vma info'
	like "$out" "*$case/vmcore*$other/vmcore*" 'another core-file is noticed'
else
	skip 'another core-file is noticed' 'one dump only'
fi
wrong=$(cd unpacked/6.1-amd64 2>/dev/null && pwd)
if [ -n "$wrong" ]; then
	gdb_run -- "vma open $case/vmcore $wrong/vmlinux" 'print $_vma_status'
	like "$err" "*$wrong/vmlinux is not the kernel of this dump*5.10*--force*" \
		'another kernel'"'"'s vmlinux is refused'
	is "$(lines "$err")" 1 'in one line'
else
	skip 'another kernel'"'"'s vmlinux is refused' 'one kernel only'
fi

# The selected task
gdb_run "$case/vmlinux" "$case/vmcore" -- 'echo begin\n' 'vma task' 'vma task 1' 'vma maps' \
	'vma task 2147483647' 'vma task' 'vma task --none'
is "$(printf '%s\n' "$out" | sed '1,/^begin$/d')" "no task is selected
task 1
$(cat "$case/truth/1/maps")
task 1
no task is selected" 'vma task: selects, is kept on error, is forgotten'
is "$err" 'task: no process with pid 2147483647 in the dump' 'a pid that is not there'

# Completion
gdb_run "$case/vmlinux" "$case/vmcore" -- 'complete vma maps 1'
like "
$out
" '*
vma maps 1
*' 'pids are offered'
gdb_run "$case/vmlinux" "$case/vmcore" -- 'complete vma maps comm=ma' 'complete vma check comm=kthr'
like "$out" '*vma maps comm=many
*vma check comm=kthreadd*' 'names are offered'
gdb_run "$case/vmlinux" "$case/vmcore" -- 'complete vma show init_m'
like "$out" '*vma show init_mm*' 'and symbols for an address'

# Scripts
gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma check --quiet' 'quit $_vma_status'
is "$rc" 0 'quit $_vma_status: consistent is 0'
gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma check'
like "$out" '*verdict: consistent*' 'vma check: says so'
unlike "$out" "*$(printf '\033')*" 'no colour where no person looks'
gdb_run "$case/vmlinux" "$case/vmcore" -- \
	'python import json; s = gdb.execute("vma maps 1 --format json", to_string=True)' \
	'python print([json.loads(l)["type"] for l in s.splitlines()][0])'
like "$out" '*header' 'JSON through gdb.execute'

done_testing
