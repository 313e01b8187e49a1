# SPDX-License-Identifier: GPL-2.0-or-later
# Where dumps are born: the script as kdump-tools calls it, the units, and what
# doc/triage.md tells others to run.
. "${srcdir:-.}/tests/tap.sh"
src=$(cd "${srcdir:-.}" && pwd)
here=$(pwd)
case=$here/unpacked/5.10-amd64
[ -f "$case/vmcore" ] || skip_all 'unpacked/5.10-amd64 is not there'
"$src/scripts/corpus" unpack "$scratch/corpus" cores >/dev/null || exit 99
good=$scratch/corpus/cores/cases/newest-amd64-dynamic-heap-null/core
hooks=$here/scripts/hooks
units=$src/scripts/hooks
[ -x "$hooks/kdump-triage" ] || skip_all 'the hooks are not built'

# What is called by its name; the hook's own path has what is installed first.
bin=$scratch/bin
mkdir "$bin"
ln -s "$VMASCOPE" "$bin/vmascope"
ln -s "$src/scripts/vmascope-triage" "$bin/vmascope-triage"
sed "s|^PATH=.*|PATH=$bin:/usr/bin:/bin|" "$hooks/kdump-triage" >"$scratch/kdump-triage"
is "$(diff "$hooks/kdump-triage" "$scratch/kdump-triage" | grep -c '^>')" 1 'the hook names where programs are'
is "$(cat "$hooks/kdump-triage" "$hooks/vmascope-triage@.service" | grep -c '@[a-z]*dir@')" 0 'no name is left to fill in'

# --- kdump-tools: what kdump-config does to files, in its order
crash=$scratch/crash
mkdir -p "$crash/202611200101" "$scratch/etc"
cp --sparse=always "$case/vmcore" "$crash/202611200101/dump.202611200101"
touch -d '2026-11-20' "$crash/202611200101/dump.202611200101"
cat >"$scratch/config" <<EOF
#!/bin/sh
echo "kdump-config \$*"
[ "\$1" = savecore ] || exit 5
[ ! -e "$scratch/fails" ] || exit 1
stamp=202611220511
mkdir -p "$crash/\$stamp"
echo 'Linux version' >"$crash/\$stamp/dmesg.\$stamp"
cp --sparse=always "$case/vmcore" "$crash/\$stamp/dump-incomplete"
cp "$case/vmlinux" "$crash/\$stamp"
mv "$crash/\$stamp/dump-incomplete" "$crash/\$stamp/dump.\$stamp"
EOF
chmod +x "$scratch/config"
printf 'USE_KDUMP=1\nKDUMP_COREDIR="%s"\n' "$crash" >"$scratch/etc/kdump-tools"
export VMASCOPE_KDUMP_CONFIG="$scratch/config" VMASCOPE_KDUMP_DEFAULTS="$scratch/etc/kdump-tools"
unset VMASCOPE_TRIAGE KDUMP_COREDIR
hook() { run env -u VMASCOPE TMPDIR="$scratch" sh "$scratch/kdump-triage" "$@"; }
records() { find "$crash" -name '*.triage.jsonl' | wc -l; }

hook load
is "$rc $out" '5 kdump-config load' 'other commands go through, with their exit code'
: >"$scratch/fails"
hook savecore
is "$rc $(records)" '1 0' 'a dump that could not be saved: the exit code, and no record'
rm "$scratch/fails"
hook savecore
is "$rc" 0 'a dump that was saved: exit 0'
record=$crash/202611220511/dump.202611220511.triage.jsonl
is "$(grep -c '"type":"record".*"outcome":"checked"' "$record")" 1 'its record is beside it, whole, within the limits of the hook'
is "$(records)" 1 'dumps of before are left alone, and the dmesg'
like "$out" '*verdict: *' 'and the console is told'
rm -f "$record"
printf 'VMASCOPE_TRIAGE="--timeout 0.001"\n' >>"$scratch/etc/kdump-tools"
hook savecore
is "$rc $(grep -c '"outcome":"timeout"' "$record")" '0 1' 'limits of the defaults; a check that ends at one does not stop the restart'
rm -f "$record" "$bin/vmascope-triage"
hook savecore
is "$rc $(records)" '0 0' 'without the program the dump is saved as ever'
is "$(find "$scratch" -maxdepth 1 -name 'tmp.*' | wc -l)" 0 'nothing is left behind'

# --- systemd
if command -v systemd-analyze >/dev/null; then
	mkdir "$scratch/units"
	cp "$units/vmascope-triage@.path" "$units/vmascope-triage@.timer" "$scratch/units"
	# it wants the program to be where the unit says
	sed "s|^ExecStart=[^ ]*/vmascope |ExecStart=$bin/vmascope |" "$hooks/vmascope-triage@.service" \
		>"$scratch/units/vmascope-triage@.service"
	for kind in service path timer; do
		run systemd-analyze verify --man=no "$scratch/units/vmascope-triage@var-crash.$kind"
		if [ "$rc" = 0 ] && ! printf '%s' "$err" | grep -q vmascope-triage@; then
			pass "systemd-analyze verify: $kind"
		elif printf '%s' "$err" | grep -qi 'failed to \(initialize\|create\|connect\|setup\)'; then
			skip "systemd-analyze verify: $kind" "$(printf '%s' "$err" | head -n 1)"
		else
			fail "systemd-analyze verify: $kind"
			diag "exit $rc; $err"
		fi
	done
else
	skip 'systemd-analyze verify' 'it is not installed'
fi
for unit in "$hooks/vmascope-triage@.service" "$units/vmascope-triage@.path"; do
	grep -q '=.*%f' "$unit"
	is "$?" 0 "${unit##*/} is for the folder of its instance"
done
# What the service runs, with the names that systemd would put in.
mkdir -p "$scratch/coredump" "$scratch/state"
cp "$good" "$scratch/coredump/core.a.1000.0123456789abcdef0123456789abcdef.4711.1763788000000000"
head -c 3000 "$good" >"$scratch/coredump/core.b.1000.0123456789abcdef0123456789abcdef.4712.1763788000000000"
start=$(sed -n "s|^ExecStart=[^ ]*/vmascope|$bin/vmascope|p" "$hooks/vmascope-triage@.service" |
	sed "s|%f|$scratch/coredump|; s|/var/lib/vmascope/%i|$scratch/state/coredump|")
run sh -c "$start"
is "$rc $(grep -c '"uid":1000' "$scratch/state/coredump.jsonl")" '0 2' 'ExecStart: a record each, exit 0'
cp "$good" "$scratch/coredump/core.c.1000.0123456789abcdef0123456789abcdef.4713.1763788000000000"
run sh -c "$start"
is "$rc $(grep -c '"uid":1000' "$scratch/state/coredump.jsonl")" '0 3' 'ExecStart again: the new one as well'

# --- CI: the steps of the document, as a runner takes them
# example LANGUAGE: what is below that word, as a file
example() {
	awk -v lang="$1" '/^[A-Z#]/ { on = index($0, lang) == 1; next } on { sub(/^    /, ""); print }' "$src/doc/triage.md"
}
mkdir -p "$scratch/ci/cores"
cd "$scratch/ci" || exit 99
for lang in GitLab GitHub; do
	rm -rf triage.* cores/*
	cp "$good" cores/core.1
	"$bin/vmascope" triage cores/ --output accepted.jsonl --quiet
	example "$lang" >example.yml
	sed -n 's/^ *- \(run: \)\{0,1\}\(vmascope \)/\2/p' example.yml >steps
	is "$(wc -l <steps)" 1 "$lang: the example has a step"
	run env PATH="$bin:$PATH" sh -e steps
	is "$rc $(grep -c '<testcase' triage.xml)" '0 1' "$lang: a good core passes, the artifact is there"
	head -c 30000 "$good" >cores/core.2
	[ "$lang" = GitHub ] && want=4 || want=0
	run env PATH="$bin:$PATH" sh -e steps
	is "$rc $(grep -c '<failure' triage.xml)" "$want $((want / 4))" "$lang: one that is cut: exit $want, as --fail-on has it"
	cp --sparse=always "$case/vmcore" cores/vmcore
	poke=$("$src/tests/real/poke" next-self "$case/vmcore" "$case/vmlinux" "$(awk '$1 == "many" { print $2 }' \
		"$case/truth/population")" 1000 "$scratch/ci/cores/vmcore" 2>&1)
	cp "$case/vmlinux" cores
	run env PATH="$bin:$PATH" sh -e steps
	is "$rc" 1 "$lang: a dump that is broken fails ($poke)"
	if python3 -c 'import yaml' 2>/dev/null; then
		run python3 -c 'import yaml; v = yaml.safe_load(open("example.yml")); print(len(v))'
		like "$rc $out" '0 [1-9]' "$lang: the example is YAML"
	else
		skip "$lang: the example is YAML" 'no python3-yaml'
	fi
done
cd "$here" || exit 99

done_testing
