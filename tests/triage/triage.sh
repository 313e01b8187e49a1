# SPDX-License-Identifier: GPL-2.0-or-later
# A directory of dumps, good and bad, and what is none: each verdict, whatever happens to
# the processes that check them and to the one that made those.
. "${srcdir:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all 'no python3'
src=$(cd "${srcdir:-.}" && pwd)
case=$(pwd)/unpacked/5.10-amd64
[ -f "$case/vmcore" ] || skip_all 'unpacked/5.10-amd64 is not there'
"$src/scripts/corpus" unpack "$scratch/corpus" cores >/dev/null || exit 99
cores=$scratch/corpus/cores/cases
good=$cores/newest-amd64-dynamic-heap-null/core
cut=$cores/6.1-amd64-dynamic-heap-threads-null-limit/core
shim=$(pwd)/tests/triage/.libs/dies.so
schema=$src/doc/triage.schema.json
export VMASCOPE

# get FILE PYTHON: the expression over r (records by path) and l (lines by type)
get() {
	python3 - "$1" "$2" <<-'PY'
	import json, sys
	l = {}
	for line in open(sys.argv[1], "rb"):
	    v = json.loads(line)
	    l.setdefault(v["type"], []).append(v)
	def path(v):
	    return bytes.fromhex(v["path_hex"]) if "path_hex" in v else v["path"].encode()
	r = {path(v).split(b"/dir/")[-1].decode("latin-1"): v for v in l.get("record", [])}
	print(eval(sys.argv[2]))
	PY
}
valid() {
	run python3 "$src/tests/triage/valid.py" "$schema" "$1"
	is "$rc" 0 "$2: by the schema: $out"
}

# --- what is in a directory
dir=$scratch/dir
mkdir -p "$dir/sub/202611220511" "$dir/loop"
cp "$good" "$dir/core.good"
cp "$cut" "$dir/core.cut"
head -c 3000 "$good" >"$dir/core.stub"
: >"$dir/core.empty"
: >"$dir/empty"
{ printf '\211PNG\r\n\032\n'; head -c 2000 "$good"; } >"$dir/photo.png"
printf 'Linux version\n' >"$dir/sub/202611220511/dmesg.202611220511"
cp --sparse=always "$case/vmcore" "$dir/sub/202611220511/dump.202611220511"
cp "$case/vmlinux" "$dir/sub/202611220511/vmlinux"
cp "$good" "$dir/sub/core.a\\x2fb.1000.0123456789abcdef0123456789abcdef.4711.1763788000000000"
nl=$(printf 'core.new\nline\033[31mred')
cp "$good" "$dir/$nl"
cp "$good" "$dir/$(printf 'core.\377\376')"
gzip -c "$good" >"$dir/core.packed.gz"
echo 'a log' | gzip >"$dir/a.log.gz"
mkfifo "$dir/core.fifo"
ln -s ../loop "$dir/loop/again"
ln -s . "$dir/here"
ln -s core.good "$dir/a-link"
ln "$dir/core.good" "$dir/hard"
ln -s nowhere "$dir/core.dangling"
poke=$("$src/tests/real/poke" next-self "$case/vmcore" "$case/vmlinux" "$(awk '$1 == "many" { print $2 }' \
	"$case/truth/population")" 1000 "$dir/sub/202611220511/vmcore-broken" 2>&1)
like "$poke" '0xffff*' 'a kernel dump is broken on purpose'

run "$VMASCOPE" triage "$dir" --output "$scratch/one.jsonl" --format json
is "$rc" 1 'exit: corrupt'
cp "$scratch/out" "$scratch/out.jsonl"
valid "$scratch/out.jsonl" 'the answer'
valid "$scratch/one.jsonl" 'the file'
verdict() { get "$scratch/one.jsonl" "r[r'''$1''']['verdict']+' '+r[r'''$1''']['outcome']"; }
is "$(verdict core.good)" 'consistent checked' 'a good core'
is "$(verdict core.cut)" 'incomplete checked' 'a core that is cut'
is "$(verdict core.stub)" 'incomplete checked' 'the stub of one'
is "$(verdict core.empty)" 'unreadable not-a-dump' 'an empty file named like a core'
is "$(verdict empty)" 'ignored not-a-dump' 'an empty file with another name'
is "$(verdict photo.png)" 'ignored not-a-dump' 'a photograph'
is "$(verdict a.log.gz)" 'ignored not-a-dump' 'a compressed log'
is "$(verdict core.packed.gz)" 'consistent checked' 'a compressed core'
is "$(verdict core.dangling)" 'unreadable vanished' 'a link that leads nowhere'
is "$(verdict sub/202611220511/dump.202611220511)" 'consistent checked' 'a kernel dump, its vmlinux beside it'
is "$(verdict sub/202611220511/vmcore-broken)" 'corrupt checked' 'a broken one'
is "$(verdict sub/202611220511/dmesg.202611220511)" 'ignored not-a-dump' 'its dmesg'
is "$(get "$scratch/one.jsonl" "sum('hard' in k or 'core.good' in k or 'a-link' in k for k in r)")" 1 'a file with three names is one'
is "$(get "$scratch/one.jsonl" 'len(r) == len(l["record"])')" True 'no path twice'
is "$(get "$scratch/one.jsonl" '[r[k]["verdict"] for k in r if k.startswith("core.\xff")]')" "['consistent']" 'a name that is no UTF-8'
is "$(get "$scratch/one.jsonl" '[r[k]["verdict"] for k in r if k.startswith("core.new\n")]')" "['consistent']" 'a name of two lines'
is "$(get "$scratch/one.jsonl" '[(v["comm"] != "", v["pid"] > 0, v["uid"], v["boot_id"]) for v in l["record"] if v["boot_id"]]')" \
	"[(True, True, 1000, '0123456789abcdef0123456789abcdef')]" 'a name by systemd-coredump'
is "$(get "$scratch/one.jsonl" '"list-next vm_area_struct.vm_next" in r["sub/202611220511/vmcore-broken"]["signature"]')" True \
	'the signature names rule and member'
is "$(get "$scratch/out.jsonl" 'l["group"][0]["verdict"], l["summary"][0]["exit"], l["summary"][0]["files"] == len(r)')" \
	"('corrupt', 1, True)" 'the worst group first'
is "$(get "$scratch/out.jsonl" 'max(g["count"] for g in l["group"] if "null-pointer" in g["signature"] and g["verdict"] == "consistent")')" 5 \
	'the same death is one group'
command=$(get "$scratch/out.jsonl" 'l["group"][0]["command"]')
sh -c "${VMASCOPE%/*}/$command" >"$scratch/typed" 2>&1
is "$?" 1 "what to type next can be typed"

run "$VMASCOPE" triage "$dir"
is "$rc" 1 'text: exit'
like "$out" '*
CORRUPT  1 dump  list-next vm_area_struct.vm_next*see: vmascope check *vmcore-broken --vmlinux *verdict: corrupt  exit 1' 'text: the worst first, and the command'
is "$(printf '%s' "$out$err" | LC_ALL=C tr -d '\n\040-\176' | wc -c)" 0 'text: nothing but plain characters'
run "$VMASCOPE" triage --quiet "$dir/core.good"
is "$rc/$out$err" 0/ '--quiet: the exit code alone'
run "$VMASCOPE" triage "$dir/photo.png"
is "$rc" 2 'a photograph that was named counts'
run "$VMASCOPE" triage "$dir/core.fifo" "$scratch/none"
is "$rc" 2 'neither a fifo nor nothing hangs'
like "$out" '*2 unreadable*' 'both are records'

# --- exit codes
run "$VMASCOPE" triage "$dir" --fail-on torn
is "$rc" 0 '--fail-on torn: none is'
run "$VMASCOPE" triage "$dir" --fail-on incomplete,torn
is "$rc" 4 '--fail-on incomplete,torn'
run "$VMASCOPE" triage "$dir" --fail-on none
is "$rc" 0 '--fail-on none'
run "$VMASCOPE" triage "$dir" --fail-on bad
is "$rc" 2 '--fail-on: a slip'
like "$err" '*expected corrupt, torn*found "bad"' '--fail-on: what was expected'
run "$VMASCOPE" triage -j 0x2 "$dir"
is "$rc" 2 '-j: a slip'
run "$VMASCOPE" triage
is "$rc" 2 'no path'

# --- the same, whatever the order of work
for j in 1 3; do
	run "$VMASCOPE" triage "$dir" --output "$scratch/j$j.jsonl" -j$j
	cmp -s "$scratch/j$j.jsonl" "$scratch/one.jsonl"
	is "$?" 0 "-j$j: the same file"
done

# --- interrupted
before=$(get "$scratch/one.jsonl" 'len(r)')
run "$VMASCOPE" triage "$dir" --output "$scratch/one.jsonl" --format json
is "$(get "$scratch/out" 'len(l.get("record", []))')" 0 'again: nothing is checked again'
touch "$dir/core.cut"
run "$VMASCOPE" triage "$dir" --output "$scratch/one.jsonl" --format json
is "$(get "$scratch/out" 'list(r)')" "['core.cut']" 'a file that has changed is'
cp "$scratch/one.jsonl" "$scratch/half.jsonl"
size=$(stat -c %s "$scratch/half.jsonl")
truncate -s $((size / 2)) "$scratch/half.jsonl"
run "$VMASCOPE" triage "$dir" --output "$scratch/half.jsonl"
cmp -s "$scratch/half.jsonl" "$scratch/one.jsonl"
is "$?" 0 'a file cut in the middle of a line is made whole'
many=$scratch/many/dir
mkdir -p "$many"
i=0
while [ $i -lt 300 ]; do
	cp "$good" "$many/core.$i"
	i=$((i + 1))
done
"$VMASCOPE" triage "$many" --output "$scratch/many.jsonl" --quiet -j2 &
pid=$!
i=0
while [ "$(wc -l <"$scratch/many.jsonl" 2>/dev/null || echo 0)" -lt 40 ] && [ $i -lt 500 ]; do
	sleep 0.02
	i=$((i + 1))
done
kill -9 $pid
wait $pid 2>/dev/null
had=$(($(wc -l <"$scratch/many.jsonl") - 1))
cp "$scratch/many.jsonl" "$scratch/killed.jsonl"
valid "$scratch/killed.jsonl" "killed after $had of 300"
run "$VMASCOPE" triage "$many" --output "$scratch/many.jsonl" --format json
is "$(get "$scratch/out" 'len(l["record"])')" $((300 - had)) 'after kill -9: only the others are checked'
is "$(get "$scratch/many.jsonl" 'len(l["record"]), len(r), set(v["verdict"] for v in r.values())')" "(300, 300, {'consistent'})" \
	'after kill -9: none lost, none twice'
like "$before" '[1-9]*' 'there were records'

# --- results that cannot be written, or are none of ours
cp "$src/README.md" "$scratch/readme"
run "$VMASCOPE" triage "$dir" --output "$scratch/readme"
is "$rc" 2 'a file that is none of ours: exit 2'
cmp -s "$src/README.md" "$scratch/readme"
is "$?" 0 'and it is left as it is'
printf '{"type":"header","schema":"vmascope/1","command":"triage"}\n{"type":"record","path":"x"}\n' >"$scratch/odd"
run "$VMASCOPE" triage "$dir" --output "$scratch/odd"
like "$rc $err" '2 *odd, line 2: expected*' 'a record with something missing: the line is named'
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "[" }' >"$scratch/deep"
run "$VMASCOPE" triage --merge "$scratch/deep"
is "$rc" 0 'an unfinished line is left out'
{ cat "$scratch/deep"; echo; } >"$scratch/deeper"
run "$VMASCOPE" triage --merge "$scratch/deeper"
is "$rc" 2 'nested deeply: an error'
(
	trap '' XFSZ
	ulimit -f 20
	exec "$VMASCOPE" triage "$many" --output "$scratch/full.jsonl"
) >"$scratch/out" 2>"$scratch/err"
is "$?" 2 'no room for the results: exit 2'
like "$(cat "$scratch/err")" '*the same command goes on from there*cannot write*full.jsonl*' 'and it is said'
valid "$scratch/full.jsonl" 'what had room'
run "$VMASCOPE" triage "$many" --output "$scratch/full.jsonl"
cmp -s "$scratch/full.jsonl" "$scratch/many.jsonl"
is "$rc/$?" 0/0 'with room again it is finished'
run "$VMASCOPE" triage "$dir" --output /dev/full
is "$rc" 2 '--output: no file'
flock "$scratch/many.jsonl" "$VMASCOPE" triage "$many" --output "$scratch/many.jsonl" >"$scratch/out" 2>"$scratch/err"
like "$? $(cat "$scratch/err")" '2 *another triage*' 'two at once: the second is told'
flock "$scratch/many.jsonl" sleep 0.5 &
sleep 0.1
run "$VMASCOPE" triage "$many" --output "$scratch/many.jsonl"
is "$rc" 0 'but it waits a moment for what a killed one has left running'
wait

# --- merging
run "$VMASCOPE" triage "$dir/sub" --output "$scratch/m1.jsonl"
run "$VMASCOPE" triage "$dir" --output "$scratch/m2.jsonl"
run "$VMASCOPE" triage --merge "$scratch/m2.jsonl" "$scratch/m1.jsonl" "$scratch/killed.jsonl" --output "$scratch/m3.jsonl"
is "$rc" 1 '--merge: exit'
run "$VMASCOPE" triage --merge "$scratch/killed.jsonl" "$scratch/m1.jsonl" "$scratch/m2.jsonl" --output "$scratch/m4.jsonl"
cmp -s "$scratch/m3.jsonl" "$scratch/m4.jsonl"
is "$?" 0 '--merge: in any order the same'
run "$VMASCOPE" triage "$dir" --list
cp "$scratch/out" "$scratch/list"
valid "$scratch/list" '--list'
split -n l/3 "$scratch/list" "$scratch/part."
for p in aa ab ac; do
	"$VMASCOPE" triage --files-from "$scratch/part.$p" --output "$scratch/part.$p.jsonl" >/dev/null 2>&1
done
run "$VMASCOPE" triage --merge "$scratch/part.aa.jsonl" "$scratch/part.ab.jsonl" "$scratch/part.ac.jsonl" --output "$scratch/parts.jsonl"
cmp -s "$scratch/parts.jsonl" "$scratch/one.jsonl"
is "$?" 0 '--list, --files-from, --merge: as one run'

# --- a baseline
run "$VMASCOPE" triage "$dir" --baseline "$scratch/one.jsonl"
is "$rc" 0 '--baseline: nothing new'
like "$out" '*accepted by the baseline*verdict: consistent  exit 0' '--baseline: it is said'
grep -v vmcore-broken "$scratch/one.jsonl" >"$scratch/base.jsonl"
run "$VMASCOPE" triage "$dir" --baseline "$scratch/base.jsonl"
is "$rc" 1 '--baseline: what is new is told'
like "$out" '1[0-9] dumps: 1 corrupt*' '--baseline: and nothing else'

# --- JUnit
run "$VMASCOPE" triage "$dir" --junit "$scratch/j.xml"
junit=$(python3 - "$scratch/j.xml" <<-'PY'
	import sys, xml.etree.ElementTree as e
	s = e.parse(sys.argv[1]).getroot()[0]
	c = lambda t: sum(x.find(t) is not None for x in s)
	assert (len(s), c("failure"), c("error"), c("skipped")) == tuple(int(s.get(k)) for k in ("tests", "failures", "errors", "skipped"))
	print(len(s), sorted(x.find("failure").get("type") for x in s if x.find("failure") is not None), c("error") > 0, c("skipped") > 0)
	PY
)
is "$junit" "$(get "$scratch/one.jsonl" 'len(r)') ['corrupt', 'incomplete', 'incomplete'] True True" '--junit: by a real parser'
run "$VMASCOPE" triage "$dir/core.good" --junit "$scratch/none/j.xml"
like "$rc $err" '2 *cannot write*none/j.xml*' '--junit: no such folder'

# --- SQLite
run "$VMASCOPE" triage "$dir" --sqlite "$scratch/t.db"
case $err in
*'built without SQLite'* | *'not installed'*) skip '--sqlite' "$err" ;;
*)
	run "$VMASCOPE" triage "$dir" --sqlite "$scratch/t.db"
	is "$rc" 1 '--sqlite: once more'
	sql() {
		python3 -c 'import sqlite3, sys; print(*(c for r in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]) for c in r))' \
			"$scratch/t.db" "$1"
	}
	is "$(sql 'select count(*), count(distinct path) from record')" "$before $before" '--sqlite: a row a file, and no more'
	is "$(sql "select distinct rule from finding join record using (path) where verdict = 'corrupt' and rule = 'list-next'")" \
		list-next '--sqlite: the findings'
	if command -v sqlite3 >/dev/null; then
		is "$(sqlite3 "$scratch/t.db" 'pragma integrity_check')" ok '--sqlite: by sqlite3'
	else
		skip '--sqlite: by sqlite3' 'it is not installed'
	fi
	echo 'no database' >"$scratch/bad.db"
	run "$VMASCOPE" triage "$dir/core.good" --sqlite "$scratch/bad.db"
	like "$rc $err" '2 *--sqlite: *bad.db*' '--sqlite: no database'
	;;
esac

# --- what kills or hangs the checker is a record
if [ -n "${EMULATED:-}" ]; then
	skip 'processes that die' "$EMULATED keeps no limit on memory and is slow"
	done_testing
fi
if [ ! -f "$shim" ] || ldd "$VMASCOPE" 2>/dev/null | grep -q libasan; then
	skip 'processes that die' 'nothing can be preloaded here'
	done_testing
fi
bad=$scratch/bad/dir
mkdir -p "$bad"
for what in kills leaves hangs spins eats vanishes good1 good2; do
	cp "$good" "$bad/core.$what"
done
begin=$(date +%s)
run env LD_PRELOAD="$shim" "$VMASCOPE" triage "$bad" --output "$scratch/bad.jsonl" --timeout 1.5 --memory 64 -j2
is "$rc" 2 'processes that die: exit 2'
valid "$scratch/bad.jsonl" 'processes that die'
for pair in kills:crashed leaves:crashed hangs:timeout spins:timeout eats:memory vanishes:vanished good1:checked good2:checked; do
	is "$(get "$scratch/bad.jsonl" "r['core.${pair%:*}']['outcome']")" "${pair#*:}" "a process that ${pair%:*}"
done
like "$(get "$scratch/bad.jsonl" "r['core.kills']['reason']")" '*killed by signal 11*' 'and why, in words'
if [ $(($(date +%s) - begin)) -lt 60 ]; then
	pass 'in bounded time'
else
	fail 'in bounded time'
fi

# Interrupted from a terminal: the processes go as well.
rm -f "$scratch/int.jsonl"
LD_PRELOAD=$shim "$VMASCOPE" triage "$bad" --output "$scratch/int.jsonl" --timeout 60 -j2 >"$scratch/int.out" 2>&1 &
pid=$!
sleep 1.5
children=$(cat /proc/$pid/task/$pid/children 2>/dev/null)
like "$children" '[0-9]*' 'two that hang are being waited for'
kill -TERM $pid
wait $pid 2>/dev/null
sleep 0.3
left=
for child in $children; do
	[ ! -d "/proc/$child" ] || grep -q '^State:.Z' "/proc/$child/status" || left="$left $child"
done
is "$left" '' 'ended, its processes end too'

done_testing
