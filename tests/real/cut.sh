# SPDX-License-Identifier: GPL-2.0-or-later
# A dump that was cut off is incomplete, never corrupt, and says so in few lines.
. "${srcdir:-.}/tests/tap.sh"

for case in 5.10-amd64 6.1-amd64 6.12-amd64 newest-amd64; do
	case=unpacked/$case
	size=$(wc -c <"$case/vmcore")
	for percent in 50 70 80 90 95; do
		what="$(basename "$case") cut at $percent %"
		head -c $((size / 100 * percent)) "$case/vmcore" >"$scratch/cut"
		run "$VMASCOPE" check "$scratch/cut" --vmlinux "$case/vmlinux"
		case $rc in
		4)
			pass "$what: incomplete"
			like "$out" '*INCOMPLETE*verdict: incomplete*' "$what: and says so"
			if [ "$(printf '%s\n' "$out" | wc -l)" -le 30 ]; then
				pass "$what: on one screen"
			else
				fail "$what: on one screen"
			fi
			;;
		0) pass "$what: nothing that was needed is gone" ;;
		2) like "$err" '*' "$what: cannot be opened" ;;
		*)
			fail "$what: incomplete"
			diag "exit $rc: $(printf '%s\n' "$out" | grep -a -A3 CORRUPT | head -n 8)"
			;;
		esac
	done
done
done_testing
