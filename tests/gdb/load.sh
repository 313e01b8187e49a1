# SPDX-License-Identifier: GPL-2.0-or-later
# The extension in a stock GDB: it loads, and its errors are lines, no tracebacks.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb

so=$(dirname "$LOADER")/vmascope.abi3.so
[ -f "$so" ] || so=$(dirname "$LOADER")/.libs/vmascope.abi3.so

if command -v nm >/dev/null; then
	is "$(nm -D --defined-only "$so" | awk '$2 ~ /[A-Z]/ { print $3 }')" PyInit_vmascope \
		'one symbol is exported, so GDB cannot take the place of ours'
else
	skip 'one symbol is exported' 'no nm'
fi
if command -v readelf >/dev/null; then
	unlike "$(readelf -d "$so")" '*NEEDED*libpython*' 'libpython is not linked: it is GDB'"'"'s'
fi

gdb_run --
is "$rc/$out/$err" 0// 'it loads without a word'

gdb_run -- "source $LOADER" 'python del sys.modules["vmascope"]' "source $LOADER" 'vma'
like "$out" '*Usage: vma COMMAND*' 'it may be loaded again'
is "$rc" 0 'and is there'

gdb_run -- 'vma' 'print $_vma_status'
like "$out" '*Commands:*maps *\$1 = 0' 'bare vma: the overview'
gdb_run -- 'help vma'
like "$out" '*List of *vma* subcommands:*vma maps -- *' 'help vma: lists the commands'
like "$out" '*vma task -- *' 'help vma: task is there'
gdb_run -- 'help vma maps'
like "$out" '*Usage: vma maps*Options:*--format text|json*' 'help vma maps: usage, options'
help=$out
gdb_run -- 'vma maps --help'
is "$out" "$help" 'vma maps --help is the same'
gdb_run -- 'vma help maps'
is "$out" "$help" 'vma help maps is the same'
gdb_run -- 'python print(gdb.execute("vma maps --help", to_string=True) == """'"$help"'
""")'
is "$out" True 'output can be taken by Python'
gdb_run -- "pipe vma maps --help | cat >$scratch/piped"
is "$(cat "$scratch/piped")" "$help" 'and by pipe'

# wrong WORDS COMMAND: one line with these words, status 2, and GDB lives on
wrong() {
	gdb_run -- "$2" 'print $_vma_status' 'echo alive\n'
	like "$err" "*$1*" "$2: says $1"
	is "$(lines "$err")" 1 "$2: in one line"
	like "$out" '*$1 = 2*alive' "$2: leaves 2, and GDB lives"
}
: >"$scratch/empty"
wrong 'unknown command "vma mapz", did you mean "vma maps"?' 'vma mapz'
wrong 'unknown command "vma zebra" ("vma" lists them)' 'vma zebra 1 2'
wrong 'no dump is open' 'vma maps'
wrong 'no dump is open' 'vma ps'
wrong 'expected PID, comm=NAME or mm=ADDR, found "vmcore"' 'vma maps vmcore'
wrong 'did you mean --format?' 'vma maps --fromat json'
wrong 'expected text|json, found "xml"' 'vma maps --format xml'
wrong 'nosuchthing' 'vma maps mm=nosuchthing'
wrong 'no dump given' 'vma open'
wrong 'No such file or directory' "vma open $scratch/missing"
wrong 'empty' "vma open $scratch/empty"
wrong 'is a directory' "vma open $scratch"
wrong 'not a dump' "vma open $LOADER"

gdb_run -- 'vma close'
is "$rc/$out/$err" '0//no dump is open' 'vma close with nothing open'

# A script's way: nothing but the exit code.
gdb_run -- "vma open $scratch/empty" 'quit $_vma_status'
is "$rc" 2 'quit $_vma_status after an error'

# The loader alone, without what it loads.
cp "$LOADER" "$scratch/vmascope.py"
LOADER=$scratch/vmascope.py
gdb_run -- 'quit $_vma_status'
like "$err" "vmascope: vmascope.abi3.so is not beside its loader in $scratch." \
	'a missing extension is told in a sentence'
is "$(lines "$err")" 1 'in one line'
is "$rc" 2 'and a script learns of it'
printf 'no library' >"$scratch/vmascope.abi3.so"
gdb_run -- 'quit $_vma_status'
like "$err" "vmascope: cannot load it: *vmascope.abi3.so*" 'a broken one likewise'
is "$(lines "$err")" 1 'in one line'
is "$rc" 2 'and a script learns of it'

done_testing
