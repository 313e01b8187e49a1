# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of the shell's face: help, and what is typed wrong.
. "${srcdir:-.}/tests/tap.sh"

run "$VMASCOPE"
is "$rc" 2 'no command: exit 2'
is "$out" '' 'no command: nothing on standard output'
like "$err" '*Usage: vmascope COMMAND*' 'no command: the overview on standard error'

run "$VMASCOPE" help
is "$rc" 0 'help: exit 0'
is "$err" '' 'help: nothing on standard error'
overview=$out
like "$out" '*Commands:*maps *exit code:*' 'help: lists commands and exit codes'
is "$(printf '%s\n' "$out" | awk 'length > 100' )" '' 'help: no line is longer than 100'
run "$VMASCOPE" --help
is "$out" "$overview" '--help is help'

commands=$(printf '%s\n' "$overview" | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -v '^help$')
for c in $commands; do
	run "$VMASCOPE" help "$c"
	is "$rc" 0 "help $c: exit 0"
	like "$out" "vmascope $c: *Usage: vmascope $c*Options:*--vmlinux FILE*" "help $c: usage and options"
	text=$out
	run "$VMASCOPE" "$c" --help
	is "$out" "$text" "$c --help is the same"
done

run "$VMASCOPE" --version
is "$rc" 0 '--version: exit 0'
like "$out" 'vmascope [0-9]*' '--version: name and number'

run "$VMASCOPE" --man
is "$rc" 0 '--man: exit 0'
like "$out" '*.TH VMASCOPE 1*' '--man: a manual page'
like "$out" '*.SH RULES*list\\-next*.SH LIKELY CAUSES*list\\-poison*.SH WHAT CHECK CANNOT SEE*pinned_vm*.SH EXIT*' \
	'--man: the rules, the causes, and what no rule can see'
for c in $commands; do
	like "$out" "*fBvmascope $c\\\\fR*" "--man: knows $c"
done
if command -v groff >/dev/null; then
	printf '%s\n' "$out" >"$scratch/vmascope.1"
	run groff -man -Tutf8 -ww -z "$scratch/vmascope.1"
	is "$err" '' 'the manual page is sound roff'
else
	skip 'the manual page is sound roff' 'no groff'
fi

# completes WORD... EXPECTED: the last WORD is completed to EXPECTED by bash
if command -v bash >/dev/null; then
	"$VMASCOPE" --bash-completion >"$scratch/completion"
	completes() {
		run bash -c '. "$0"
			expected=${!#}
			COMP_WORDS=("${@:1:$#-1}")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			compopt() { :; }
			_vmascope
			[ "${COMPREPLY[*]}" = "$expected" ] || echo "${COMPREPLY[*]}"' "$scratch/completion" "$@"
		is "$out$err" '' "bash: $*"
	}
	: >"$scratch/vmcore one"
	completes vmascope ma maps
	completes vmascope help che check
	completes vmascope maps --fo '--force --format'
	completes vmascope maps --format '' 'text json'
	completes vmascope maps --format = js json
	completes vmascope check --list '--list-rules'
	completes vmascope maps "$scratch/vmc" "$scratch/vmcore one"
else
	skip 'completion' 'no bash'
fi

# Each of these: one line on standard error that has these words in it, exit 2.
wrong() {
	wrong_words=$1
	shift
	run "$VMASCOPE" "$@"
	is "$rc" 2 "$*: exit 2"
	is "$out" '' "$*: nothing on standard output"
	like "$err" "vmascope: *$wrong_words*" "$*: says $wrong_words"
	is "$(lines "$err")" 1 "$*: in one line"
}
wrong 'unknown command "mapz", did you mean maps?' mapz
wrong 'unknown command "zebra" ("vmascope help" lists them)' zebra
wrong 'unknown command "zebra"' help zebra
wrong 'expected one command' help maps ps
wrong 'expected a command before --quiet' --quiet maps x
wrong 'no dump given (usage: vmascope maps DUMP' maps
wrong 'no dump given' maps 12
wrong 'did you mean --format?' maps x --fromat json
wrong 'check: --rules: unknown rule "lst-next", did you mean list-next?' check x --rules rb-gap,lst-next
wrong 'check: --skip: expected rules as --list-rules has them, found ""' check x --skip rb-gap,
wrong 'expected text|json, found "xml"' maps x --format=xml
wrong 'expected one dump, found "x" and "y"' maps x y
wrong 'open is a command for GDB only' open x

# A name that is hostile to terminals is made harmless in the message.
wrong 'a\\033[[]2Jb' maps "$scratch/$(printf 'a\033[2Jb')"

done_testing
