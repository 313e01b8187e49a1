# SPDX-License-Identifier: GPL-2.0-or-later
# A dump with 5,000 tasks: GDB is connected within a second.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb
[ -x tests/unit/rsp ] || skip_all 'tests/unit/rsp is not built'

tests/unit/rsp "$scratch/socket" 5000 &
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -S "$scratch/socket" ] || break
	sleep 0.3
done
gdb_run -- 'set architecture i386:x86-64' 'python import time; begin = time.time()' "target remote $scratch/socket" \
	'python took = time.time() - begin' 'python print("threads", len(gdb.selected_inferior().threads()))' \
	'python print("took %.2f" % took)' 'python print("in time", took < 1 or "no")' 'x/gx 0xffff888000008000' \
	'thread find init' 'python begin = time.time()' 'info threads 1-5000' 'python print("listed in %.1f s" % (time.time() - begin))'
like "$out" '*threads 5000*' '5,000 threads'
took=$(printf '%s\n' "$out" | sed -n 's/^took //p')
diag "connecting took $took s; $(printf '%s\n' "$out" | grep '^listed')"
like "$out" '*in time True*' 'connected within a second'
like "$out" '*0x2a7d2423deadbeef*' 'memory is there'
like "$out" '*Thread 5000 "*' 'and the list of threads'
wait

done_testing
