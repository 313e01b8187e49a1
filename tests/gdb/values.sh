# SPDX-License-Identifier: GPL-2.0-or-later
# Convenience functions, settings, pretty-printers, as far as they need no debug information
# in GDB: tests/real/gdb has the rest.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb
case=$(cd unpacked/5.10-amd64 && pwd) || exit 99
open="vma open $case/vmcore $case/vmlinux"

gdb_run -- 'info pretty-printer'
like "$out" '*  vmascope
    maple_node
    maple_tree
    mm_struct
    vm_area_struct*' 'info pretty-printer lists them'
gdb_run -- 'help function'
like "$out" '*function mm -- *function task -- *function vma -- *' 'help function: the functions'
gdb_run -- 'help function vma'
like "$out" '*A struct vm_area_struct \**print $vma(0x400000, 1)->vm_start*' 'with an example'

# says WORDS COMMAND...: the last command says these words in one line
says() {
	words=$1
	shift
	gdb_run -- "$@"
	like "$err" "$words" "$*"
	is "$(lines "$err")" 1 'in one line'
}
says '$mm: no dump of a kernel is open' 'print $mm(1)'
says '$mm: no task 2000000000 among the *' "$open --no-target --quiet" 'print $mm(2000000000)'
says '$mm: pid 2 (kthreadd): a kernel thread, no address space' "$open --no-target --quiet" 'print $mm(2)'
says '$vma: no task is selected ("vma task PID"): $vma(ADDR, PID)' "$open --no-target --quiet" 'print $vma(0x400000)'
says '$vma: expected ADDR and perhaps a PID, found 0 arguments' "$open --no-target --quiet" 'print $vma()'
says '$task: expected a pid, found 18446744073709551615' "$open --no-target --quiet" 'print $task(-1)'
says '$task: GDB has no struct task_struct: a vmlinux with debug information is needed' "$open --no-target --quiet" 'print $task(1)'

gdb_run -- 'show vma'
is "$out" 'color:  The vma commands colour their answers: auto.
task:  The vma commands are about all tasks.
max-findings:  vma check shows as many findings of one object as fit well.' 'show vma'
gdb_run -- 'set vma'
like "$out" '*set vma color -- *set vma max-findings -- *set vma task -- *' 'set vma'
gdb_run -- 'help set vma color'
like "$out" '*auto, always or never*Example: set vma color never*' 'help set vma color'
gdb_run -- "$open --quiet --no-target" 'set vma task 1' 'show vma task' 'vma task' 'vma maps' 'set vma task 0' 'vma task' \
	'set vma task 2147483646' 'show vma task' 'print $_vma_status'
like "$out" "*The vma commands are about task 1.
task 1
$(head -1 "$case/truth/1/maps")*no task is selected
The vma commands are about all tasks.
*" 'set vma task'
is "$err" 'task: no process with pid 2147483646 in the dump' 'and a task that is not there'
esc=$(printf '\033')
gdb_run -- "$open --quiet --no-target" 'set vma color always' 'vma check' 'set vma color never' 'vma check --color always' \
	'vma check'
like "$out" "*${esc}[[]32mconsistent*${esc}[[]32mconsistent*verdict: consistent *" 'set vma color'
gdb_run -- 'set vma color purple' 'set vma max-findings -5' 'show vma max-findings' 'set vma max-findings 12' \
	'show vma max-findings'
like "$err" '*purple*' 'set vma color: no such'
is "$out" 'vma check shows as many findings of one object as fit well.
vma check shows 12 findings of one object.' 'set vma max-findings'

cat >"$scratch/complete" <<'C'
complete set vma c
complete set vma color a
C
gdb_run -- "source $scratch/complete"
is "$out" 'set vma color
set vma color always
set vma color auto' 'settings are completed'

done_testing
