# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps without a VMCOREINFO note: it is found in memory, or the refusal says what to do.
. "${srcdir:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all 'no python3'
strip=${srcdir:-.}/tests/real/strip

for case in unpacked/5.10-amd64 unpacked/6.12-amd64 unpacked/6.1-arm64; do
	name=$(basename "$case")
	vmlinux=$case/vmlinux
	run "$VMASCOPE" maps "$case/vmcore" --vmlinux "$vmlinux"
	mv "$scratch/out" "$scratch/maps"

	# found, although one of a kernel that is gone stands before it
	"$strip" "$case/vmcore" "$scratch/dump" note stale=0x10000000000 page=0x20000000000
	run "$VMASCOPE" maps "$scratch/dump" --vmlinux "$vmlinux"
	is "$rc" 0 "$name: found in memory"
	if cmp -s "$scratch/out" "$scratch/maps"; then pass "$name: the same maps"; else fail "$name: the same maps"; fi
	run "$VMASCOPE" info "$scratch/dump" --vmlinux "$vmlinux"
	like "$out" '*memory, found at physical 0x20000000000*' "$name: info says where"

	# the wrong one only
	"$strip" "$case/vmcore" "$scratch/dump" note stale=0x10000000000
	run "$VMASCOPE" maps "$scratch/dump" --vmlinux "$vmlinux"
	is "$rc" 2 "$name: a wrong one is not believed"
	is "$out" '' "$name: a wrong one gives no answer"
	is "$(lines "$err")" 1 "$name: and one line"

	"$strip" "$case/vmcore" "$scratch/dump" note
	run "$VMASCOPE" maps "$scratch/dump"
	is "$rc" 2 "$name: none: exit 2"
	like "$err" '*no VMCOREINFO*with --vmlinux FILE*' "$name: none: says what to do"
	# the case's small vmlinux has no text of its banner
	run "$VMASCOPE" maps "$scratch/dump" --vmlinux "$vmlinux"
	is "$rc" 2 "$name: none, and a small vmlinux: exit 2"
	like "$err" '*linux_banner*' "$name: none, and a small vmlinux: says what it lacks"
done
done_testing
