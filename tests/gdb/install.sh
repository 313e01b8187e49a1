# SPDX-License-Identifier: GPL-2.0-or-later
# Ways to load it: installed, by import, at each start of GDB, by the wrapper.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb
top=$(dirname "$VMASCOPE")
case=$(cd unpacked/5.10-amd64 && pwd) || exit 99
[ -f "$top/Makefile" ] || skip_all 'no build tree'

dest=$scratch/dest
(unset MAKEFLAGS MFLAGS MAKELEVEL; make -C "$top" install install-gdbinit DESTDIR="$dest") >"$scratch/make.log" 2>&1
is $? 0 'make install install-gdbinit'
lib=$(dirname "$(find "$dest" -name vmascope.py)")
is "$(cd "$lib" && ls)" 'vmascope.abi3.so
vmascope.py' 'the loader and what it loads stand side by side'
like "$(cat "$dest"/*/gdb/gdbinit.d/vmascope.gdb "$dest"/*/*/gdb/gdbinit.d/vmascope.gdb 2>/dev/null)" \
	"source ${lib#"$dest"}/vmascope.py" 'the file for the start of each GDB sources it'
loads() {
	what=$1
	shift
	run ${GDB_ENV:-} "$@" -ex 'python print("loaded", "vmascope" in __import__("sys").modules)' -ex 'vma close'
	is "$out/$err" 'loaded True/no dump is open' "$what"
}
loads 'source' "$GDB" -nx -nh -batch -ex "source $lib/vmascope.py"
loads '-x' "$GDB" -nx -nh -batch -x "$lib/vmascope.py"
loads 'source, then -x' "$GDB" -nx -nh -batch -ex "source $lib/vmascope.py" -x "$lib/vmascope.py"
loads 'python import vmascope' env PYTHONPATH="$lib" "$GDB" -nx -nh -batch -ex "python sys.path.insert(0, '$lib'); import vmascope"
ln -s "$lib/vmascope.py" "$scratch/link.py"
loads 'a link to the loader' "$GDB" -nx -nh -batch -x "$scratch/link.py"

# The loader as the script that a GDB without Python takes it for: its first command is python.
is "$(grep -v '^#' "$lib/vmascope.py" | head -1 | sed 's/ .*//')" python 'a GDB without Python says that it has none'
wrapper=$top/plugin/gdb/vmascope-gdb
export GDB
cp "$case/vmcore" "$scratch/a dump \"quoted\" \\"
run ${GDB_ENV:-} "$wrapper" "$scratch/a dump \"quoted\" \\" "$case/vmlinux" -- -nx -nh -batch -ex 'vma maps 1'
like "$out" "*$(head -1 "$case/truth/1/maps")*" 'vmascope-gdb DUMP VMLINUX'
is "$rc/$err" 0/ 'without a word'
run ${GDB_ENV:-} "$wrapper" -- -nx -nh -batch -ex 'vma close'
is "$rc/$err" '0/no dump is open' 'vmascope-gdb alone'

# complains WORDS ARGUMENT...
complains() {
	words=$1
	shift
	run "$@"
	like "$err" "vmascope-gdb: $words" "$words"
	is "$rc $(lines "$err")" '2 1' 'in one line, exit 2'
}
complains '*missing: no such file' "$wrapper" "$scratch/missing"
complains 'what is -batch? usage: *' "$wrapper" -batch
complains 'expected DUMP and VMLINUX, found *' "$wrapper" "$case/vmcore" "$case/vmlinux" "$case/vmcore"
complains 'no /none/gdb here: *' env GDB=/none/gdb "$wrapper"
printf '#!/bin/sh\necho "Python scripting is not supported in this copy of GDB." >&2\nexit 1\n' >"$scratch/gdb"
chmod +x "$scratch/gdb"
complains '*has no Python, which the vma commands need*' env GDB="$scratch/gdb" "$wrapper"
if [ ! -e "${lib#"$dest"}" ]; then
	complains 'the extension is not installed: there is no *' "$(find "$dest" -name vmascope-gdb)"
fi

(unset MAKEFLAGS MFLAGS MAKELEVEL; make -C "$top" uninstall uninstall-gdbinit DESTDIR="$dest") >"$scratch/make.log" 2>&1
is "$(find "$dest" ! -type d)" '' 'make uninstall leaves nothing'

done_testing
