# SPDX-License-Identifier: GPL-2.0-or-later
# The core of a process in GDB: what GDB has opened, and what "vma open" opens.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb
"${srcdir:-.}/scripts/corpus" unpack "$scratch" cores || exit 99
cases=$scratch/cores/cases
core=$cases/newest-amd64-dynamic-heap-null/core
maps=$("$VMASCOPE" maps "$core" 2>/dev/null)
some=$(printf '%s\n' "$maps" | sed -n 5p)

gdb_run -- "core-file $core" 'vma maps' 'print $_vma_status'
like "$out" "*$some*\$1 = 0" 'vma maps: of the core that GDB has opened'
like "$err" '*p/s and names in brackets are inferred*' 'and what of it is inferred'
gdb_run -- "core-file $core" 'vma check' 'print $_vma_status'
like "$out" '*died of SIGSEGV (SEGV_MAPERR) at 0x10*verdict: consistent*$1 = 0' 'vma check: how it died, and the verdict'
# GDB's own registers as the address
gdb_run -- "core-file $core" 'vma find $sp'
like "$out" '*\[stack\]*byte 0x* of the file*' 'vma find $sp'
for c in info ps layout 'show $pc'; do
	gdb_run -- "core-file $core" "vma $c" 'print $_vma_status'
	like "$out" '*$1 = 0' "vma $c"
done
gdb_run -- "core-file $core" 'vma tree' 'print $_vma_status'
like "$err" '*is the core of a process*' 'vma tree: refused with its reason'
like "$out" '*$1 = 2' 'and leaves 2'

gdb_run -- "vma open $core" 'vma maps --quiet'
like "$out" "*written by*the kernel*$some*" 'vma open CORE, and then vma maps'
gdb_run -- "vma open $cases/6.1-amd64-dynamic-heap-threads-null-limit/core" 'vma check' 'print $_vma_status'
like "$out" '*bytes are missing*verdict: incomplete*$1 = 4' 'a cut core leaves 4'
gdb_run -- "vma open $core" "vma open $cases/6.1-arm64-dynamic-thread-stack/core" 'vma check'
like "$out" '*64-bit arm64*stack has overflowed*' 'another one after it'
gdb_run -- "core-file $core" 'vma ps' "core-file $cases/6.12-amd64-static-pie-heap-split-write-ro/core" 'vma ps'
like "$out" '*dynamic+0x*static-pie+0x*' 'another core-file is noticed'
gdb_run -- "vma open $core" 'vma close' 'vma maps'
like "$err" '*no dump is open*' 'vma close'

done_testing
