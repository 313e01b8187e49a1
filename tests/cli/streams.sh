# SPDX-License-Identifier: GPL-2.0-or-later
# Standard output and error: who reads them may go away or be full.
. "${srcdir:-.}/tests/tap.sh"

# A reader that takes nothing: no message, and the code of a death by SIGPIPE.
rc=$({ "$VMASCOPE" help 2>"$scratch/err"; echo $? >"$scratch/rc"; } | : ; cat "$scratch/rc")
# The pipe may have taken everything before its reader was gone.
case $rc in
0 | 141) pass 'a reader that goes away is no error' ;;
*) fail "a reader that goes away is no error"; diag "exit $rc" ;;
esac
is "$(cat "$scratch/err")" '' 'and gets no message'

run sh -c '"$0" --man >&-' "$VMASCOPE"
is "$rc" 2 'closed standard output: exit 2'
like "$err" 'vmascope: standard output: *' 'closed standard output: is told'

if [ -c /dev/full ]; then
	run sh -c '"$0" --man >/dev/full' "$VMASCOPE"
	is "$rc" 2 'full disk: exit 2'
	like "$err" 'vmascope: standard output: No space left on device' 'full disk: is told'
fi

run "$VMASCOPE" help
unlike "$out" "*$(printf '\033')*" 'no colour into a file'

done_testing
