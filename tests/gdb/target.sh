# SPDX-License-Identifier: GPL-2.0-or-later
# `vma open`: GDB itself sees the dump's memory and its tasks.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb
case=$(cd unpacked/5.10-amd64 && pwd) || exit 99
maple=$(cd unpacked/6.12-amd64 && pwd) || exit 99
open="vma open $case/vmcore $case/vmlinux"
mkdir "$scratch/tmp"
TMPDIR=$scratch/tmp
export TMPDIR scratch
first_of() { head -1 "$1/truth/1/maps"; }
start=$(sed -n '1s/-.*//p' "$case/truth/1/maps")

# What 5.10 has at the start of an mm is its first VMA, and there its first address.
cat >"$scratch/look.py" <<'P'
import gdb, json


def word(at):
    return int.from_bytes(gdb.selected_inferior().read_memory(at, 8), "little")


def said(line):
    return gdb.execute(line, to_string=True)


mm = [json.loads(l) for l in said("vma ps 1 --format json").splitlines()][-1]["mm"]
mm = int(mm, 0) if isinstance(mm, str) else mm
print("start %08x" % word(word(mm)))
P
gdb_run -- "$open" "source $scratch/look.py" 'print $_vma_status'
like "$out" "*start $start*\$1 = 0*" 'memory is that of the dump'
gdb_run -- "$open" 'x/gx &init_task' 'x/gx 0xffff800000000000' 'x/gx 0x10' 'set var *(char*)0xffffffff96413940 = 1' \
	'stepi' 'continue' 'vma maps 1'
like "$err" '*Cannot access memory at address 0xffffffff96413940*Cannot access memory at address 0xffff800000000000*Cannot access memory at address 0x10*Cannot access memory*' \
	'what is not in the dump is an error; nothing can be written'
like "$out" "*$(head -1 "$case/truth/1/maps")*" 'GDB lives after what a dump cannot do'

# Tasks are threads
gdb_run -- "$open" 'echo begin\n' 'info threads'
out=$(printf '%s\n' "$out" | sed '1,/^begin$/d')
for pid in 1 $(awk '$1 == "many" { print $2; exit }' "$case/truth/population"); do
	comm=$(cat "$case/truth/$pid/comm" 2>/dev/null || sed -n 's/^Name:[[:space:]]*//p' "$case/truth/$pid/status")
	like "$out" "*Thread $pid \"$comm\" (pid $pid, sleeping)*" "info threads: pid $pid"
done
like "$out" '*"swapper/0" (pid 0*' 'info threads: the idle task'
like "$(printf '%s\n' "$out" | grep -c '^[* ].*Thread ')" '13?' 'as many threads as the guest had'
gdb_run -- "$open" 'vma task 1' 'python print("selected", gdb.selected_thread().ptid[1])' 'vma maps' \
	'python [t for t in gdb.selected_inferior().threads() if t.ptid[1] == 2][0].switch()' 'vma task' 'vma maps'
like "$out" "*task 1
selected 1
$(first_of "$case")*
task 2*" 'vma task selects the thread, and a thread the task'
like "$err" '*pid 2 (kthreadd): a kernel thread, no address space*' 'and commands are about it'

# Nothing is left anywhere
gdb_run -- "$open" "shell ls $TMPDIR | sed 's/^/there is /'" 'info inferiors'
unlike "$out" '*there is*' 'no socket while GDB is connected'
is "$(ls "$TMPDIR")" '' 'and none afterwards'
unlike "$out" '*detached*' 'GDB ends without a word'
run timeout -k 5 60 ${GDB_ENV:-} "$GDB" -nx -nh -batch -iex 'set debuginfod enabled off' -ex "source $LOADER" \
	-ex "$open" -ex 'shell kill -9 $PPID'
is "$(ls "$TMPDIR")" '' 'nor when GDB is killed'
gdb_run -- "$open --quiet --format json" 'vma info --format json'
is "$(printf '%s\n' "$out" | grep -vc '^{')" 1 'JSON, and the line in which GDB says where it is'
gdb_run -- "$open --no-target --format json" 'vma info --format json' 'info threads'
is "$(printf '%s\n' "$out" | grep -v '^{')" 'No threads.' '--no-target: nothing but JSON, and GDB sees nothing'

# A folder that cannot be made
TMPDIR=$scratch/none
gdb_run -- "$open" 'print $_vma_status' 'vma maps 1' 'info threads'
TMPDIR=$scratch/tmp
like "$err" "*no private folder for GDB's connection could be made in $scratch/none: No such file*" 'no folder: told'
like "$out" "*\$1 = 2*$(head -1 "$case/truth/1/maps")*No threads.*" 'the vma commands see the dump all the same'

# Once more, something else, closing
gdb_run -- "$open" "vma open $maple/vmcore $maple/vmlinux" 'info threads' 'vma maps 1' 'vma close' 'print $_vma_status' \
	'info threads' 'info files' 'vma maps 1'
like "$out" "*$(head -1 "$maple/truth/1/maps")*\$1 = 0
No threads.*" 'another dump takes its place; vma close ends it'
unlike "$(printf '%s\n' "$out" | sed '1,/^No threads/d')" '*vmlinux*' 'and nothing of it stays'
like "$err" 'maps: no dump is open*' 'nor for the commands'
gdb_run -- "$open" 'disconnect' 'vma maps 1' "$open" 'info threads'
like "$out" "*$(head -1 "$case/truth/1/maps")*Thread 1 \"*" 'disconnect: GDB lets go, the commands do not; it can be had again'
gdb_run -- "$open" 'add-inferior' 'inferior 2' 'vma maps 1' "vma open $maple/vmcore $maple/vmlinux" 'vma maps 1' \
	'inferior 1' 'vma maps 1' 'vma close' 'inferior 2' 'vma maps 1' 'vma info' 'python print("threads", len(gdb.selected_inferior().threads()) > 50)'
like "$err" '*maps: no dump is open*' 'two inferiors: the second has none yet'
like "$out" "*Switching to inferior 2*$(first_of "$maple")*Switching to inferior 1*$(first_of "$case")*Switching to inferior 2*$(first_of "$maple")*6.12*threads True*" \
	'two inferiors: each has its dump'
gdb_run -- "$open" 'add-inferior' 'inferior 2' "$open" 'inferior 1' 'vma close' 'remove-inferiors 2' 'info inferiors' 'quit 3'
is "$rc" 3 'an inferior in use is not removed, and GDB ends'

cp "$case/vmcore" "$scratch/gone"
gdb_run -- "vma open $scratch/gone $case/vmlinux" "shell rm $scratch/gone" 'vma maps 1' 'info threads'
like "$out" "*$(head -1 "$case/truth/1/maps")*Thread 1 \"*" 'the file deleted underneath'
gdb_run "$VMASCOPE" -- 'starti' "$open" 'vma maps 1' 'print $_exitcode' 'info inferiors' 'kill'
like "$err" '*GDB has a process or a live target, which stays*' 'a process in GDB is not taken away'
like "$out" "*$(head -1 "$case/truth/1/maps")*" 'and the commands see the dump'

# Another architecture: what this GDB knows of it decides
arm=$(cd unpacked/6.1-arm64 && pwd) || exit 99
gdb_run -- "vma open $arm/vmcore $arm/vmlinux" 'print $_vma_status' 'vma maps 1' 'info threads'
like "$out" "*\$1 = 0*$(head -1 "$arm/truth/1/maps")*" 'arm64: the commands see the dump'
case $out in
*'Thread 1 "init"'*) is "$err" '' 'arm64: and so does GDB' ;;
*) is "$err" 'open: this GDB knows no aarch64: only the vma commands see the dump (gdb-multiarch knows more)' \
	'arm64: a GDB that knows none is told of' ;;
esac

# A hook of the user's own is left alone
printf 'define hook-quit\necho mine\\n\nend\n' >"$scratch/hook"
gdb_run -- "source $scratch/hook" "$open --quiet" 'quit 5'
like "$rc/$out" '5/*mine*' "a hook-quit of the user's own stays"

# GDB has opened the dump by itself before
gdb_run "$case/vmlinux" "$case/vmcore" -- 'vma maps 1' "$open" 'info threads' 'vma close' 'vma maps 1'
like "$out" "*$(first_of "$case")*Thread 1 \"init\"*" 'after gdb VMLINUX DUMP'

done_testing
