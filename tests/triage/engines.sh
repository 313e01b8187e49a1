# SPDX-License-Identifier: GPL-2.0-or-later
# The same directory by every engine that is here: the same records. ENGINES=slurm asks for
# Slurm, which tests/triage/slurm has started.
. "${srcdir:-.}/tests/tap.sh"
src=$(cd "${srcdir:-.}" && pwd)
case=$(pwd)/unpacked/5.10-amd64
[ -f "$case/vmcore" ] || skip_all 'unpacked/5.10-amd64 is not there'
"$src/scripts/corpus" unpack "$scratch/corpus" cores >/dev/null || exit 99
cores=$scratch/corpus/cores/cases
good=$cores/newest-amd64-dynamic-heap-null/core
triage=$src/scripts/vmascope-triage
# where all machines see it
[ -z "${SHARED:-}" ] || { rm -rf "$scratch"; scratch=$(mktemp -d "$SHARED/vmascope-test.XXXXXX") || exit 99; }
export VMASCOPE
command -v flock >/dev/null || skip_all 'no flock'

dir=$scratch/dir
mkdir -p "$dir/kernel"
i=0
while [ $i -lt 60 ]; do
	cp "$good" "$dir/core.$i"
	[ $((i % 7)) -gt 0 ] || truncate -s 100000 "$dir/core.$i"
	i=$((i + 1))
done
cp --sparse=always "$case/vmcore" "$dir/kernel/vmcore"
cp "$case/vmlinux" "$dir/kernel/vmlinux"
cp "$good" "$dir/$(printf "core.it's\na \"name\" \$x")"
echo 'a photograph' >"$dir/photo.png"
: >"$dir/core.empty"

run "$triage" "$dir" "$dir/photo.png" --output "$scratch/local.jsonl" -j2 --format json
is "$rc" 4 'local: exit'
grep -v '"type":"record"' "$scratch/out" >"$scratch/local.sum"

by() {
	b_engine=$1
	shift
	rm -f "$scratch/$b_engine.jsonl"
	run "$triage" --engine "$b_engine" "$@" "$dir" "$dir/photo.png" --output "$scratch/$b_engine.jsonl" -j2 --format json
	is "$rc" 4 "$b_engine: exit"
	[ "$rc" = 4 ] || diag "$err"
	cmp -s "$scratch/local.jsonl" "$scratch/$b_engine.jsonl"
	is "$?" 0 "$b_engine: the same records as local"
	grep -v '"type":"record"' "$scratch/out" | cmp -s - "$scratch/local.sum"
	is "$?" 0 "$b_engine: the same summary"
	[ ! -e "$scratch/$b_engine.jsonl.work" ]
	is "$?" 0 "$b_engine: nothing is left behind"
	# what a killed run leaves: a part of the results, and a job's own file, cut
	head -n 20 "$scratch/local.jsonl" >"$scratch/$b_engine.jsonl"
	mkdir "$scratch/$b_engine.jsonl.work"
	{ head -n 1 "$scratch/local.jsonl"; sed -n 30,40p "$scratch/local.jsonl"; } | head -c -50 \
		>"$scratch/$b_engine.jsonl.work/done.0001.jsonl"
	run "$triage" --engine "$b_engine" "$@" "$dir" "$dir/photo.png" --output "$scratch/$b_engine.jsonl" -j2
	is "$rc" 4 "$b_engine: gone on with: exit"
	cmp -s "$scratch/local.jsonl" "$scratch/$b_engine.jsonl"
	is "$?" 0 "$b_engine: gone on with: none lost, none twice"
}

if [ "${ENGINES:-parallel}" = slurm ]; then
	by slurm
elif parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	by parallel
	by parallel --sshlogin :
	# jobs that fail: the first time each kills itself before it has done all
	cat >"$scratch/dying" <<-DYING
	#!/bin/sh
	case "\$*" in
	*--files-from*)
		for a; do case \$a in */todo.*) part=\${a##*/} ;; esac; done
		if [ ! -e "$scratch/met.\$part" ]; then
			: >"$scratch/met.\$part"
			exit 9
		fi
		;;
	esac
	exec "$VMASCOPE" "\$@"
	DYING
	chmod +x "$scratch/dying"
	run env VMASCOPE="$scratch/dying" "$triage" --engine parallel "$dir" "$dir/photo.png" --output "$scratch/dying.jsonl" -j2
	is "$rc" 4 'jobs that die: exit'
	like "$err" '*tried again*' 'jobs that die: it is said'
	cmp -s "$scratch/local.jsonl" "$scratch/dying.jsonl"
	is "$?" 0 'jobs that die: the same records'
else
	skip 'GNU parallel' 'it is not installed'
fi

run "$triage" --engine none "$dir"
like "$rc $err" '2 *expected local, parallel or slurm*' 'an engine that is none'
run "$triage" --engine parallel "$dir"
is "$rc" 2 'an engine without --output or not there'

# The record of each dump beside it, as hooks want it.
run "$triage" --beside "$dir/kernel" --quiet
is "$rc" 0 '--beside: exit'
is "$(grep -c '"verdict":"consistent"' "$dir/kernel/vmcore.triage.jsonl")" 1 '--beside: the record'
done_testing
