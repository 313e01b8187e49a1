# SPDX-License-Identifier: GPL-2.0-or-later
# Cores that the kernel of this machine writes of a program that has written down its
# own /proc/self/maps. What cores look like here is not changed: where they are
# given to a program, this is skipped.
. "${srcdir:-.}/tests/tap.sh"
[ -z "${EMULATED:-}" ] || skip_all "the core of an emulated program is that of $EMULATED"

crash=${CRASH:-tests/cores/crash}
here=$(cd "${srcdir:-.}" && pwd)/tests/cores
pattern=$(cat /proc/sys/kernel/core_pattern 2>/dev/null) || skip_all "no /proc/sys/kernel/core_pattern"
case $pattern in
core) ;;
*) skip_all "core_pattern is \"$pattern\", no plain file" ;;
esac
[ -x "$crash" ] || skip_all "$crash is not built"
(ulimit -c unlimited) 2>/dev/null || skip_all "ulimit -c unlimited is not allowed"

# The same program in the shapes that this machine's compiler can make.
cp "$crash" "$scratch/dynamic"
programs=dynamic
for kind in static static-pie no-pie; do
	if ${CC:-cc} -w -O1 -o "$scratch/$kind" "-$kind" "$here/crash.c" -pthread 2>/dev/null; then
		programs="$programs $kind"
	fi
done
if ${CC:-cc} -w -m32 -O1 -o "$scratch/m32" "$here/crash.c" -pthread 2>/dev/null ||
	{ command -v i686-linux-gnu-gcc >/dev/null &&
		i686-linux-gnu-gcc -w -static -O1 -o "$scratch/m32" "$here/crash.c" -pthread 2>/dev/null; }; then
	# what can be built need not be what this kernel runs
	"$scratch/m32" >/dev/null 2>&1
	[ $? -ge 126 ] || programs="$programs m32"
fi

# dies PROGRAM WORD...: leaves $dir/core and $dir/truth; false where it could not
dies() {
	dir=$scratch/$1.$(echo "$*" | cksum | tr -d ' ')
	mkdir -p "$dir"
	d_program=../$1
	shift
	(cd "$dir" && ulimit -c unlimited && $wrap "$d_program" "$dir/truth" "$@") >"$dir/log" 2>&1
	# shellcheck disable=SC2144 # core_uses_pid
	[ -f "$dir/core" ] || mv "$dir"/core.[0-9]* "$dir/core" 2>/dev/null
	[ -f "$dir/core" ]
}

# same SHARING STACK WHAT: maps of $dir/core are what the process itself said
same() {
	awk -v sharing="$1" -v stack="$2" -f "$here/normal.awk" "$dir/truth" >"$dir/want"
	run "$VMASCOPE" maps "$dir/core"
	awk -v sharing="$1" -v stack="$2" -f "$here/normal.awk" "$scratch/out" >"$dir/got"
	if [ "$rc" = 0 ] && cmp -s "$dir/want" "$dir/got"; then
		pass "$3: $(wc -l <"$dir/want") lines"
	else
		fail "$3"
		diag "exit $rc; $err"
		diff "$dir/want" "$dir/got" | head -n 20 | sed 's/^/# /'
	fi
}

try() {
	t_sharing=$1 t_stack=$2
	shift 2
	if dies "$@"; then
		same "$t_sharing" "$t_stack" "maps of $*${wrap:+ ($wrap)}"
	elif grep -q 'no room' "$dir/log"; then
		skip "maps of $*" "the heap is there"
	else
		fail "$* leaves a core"
		diag "$(cat "$dir/log")"
	fi
}

wrap=
for p in $programs; do
	try yes yes "$p" null
	try yes yes "$p" heap null
	try yes yes "$p" heap-split write-ro
	try yes yes "$p" bss-rw null
	try yes yes "$p" bss-rwx heap null
	try yes yes "$p" bss-none heap none
	try yes yes "$p" shared anon heap threads abort
	try yes yes "$p" files shared heap null
	try no yes "$p" files deleted heap null
	try yes yes "$p" filter0 shared heap null
	try no yes "$p" filter7f files shared heap null
	try no yes "$p" filter1ff heap files deleted shared anon quit
	try yes no "$p" stack
	try yes yes "$p" thread-stack
done
# addresses that are not random: the heap adjoins bss
if setarch -R true 2>/dev/null; then
	wrap="setarch -R"
	for p in $programs; do
		try yes yes "$p" null
		try yes yes "$p" heap null
		try yes yes "$p" heap-split write-ro
	done
	wrap=
fi

# What a core cannot hold is said: on standard error, and in JSON with the reason.
dies dynamic shared null
run "$VMASCOPE" maps "$dir/core"
is "$(lines "$err")" 1 "maps: one line on standard error"
like "$err" "*p/s and names in brackets are inferred, device and inode are not in it*" "maps: what is inferred or unknown"
run "$VMASCOPE" maps "$dir/core" --format json
like "$out" '*"perms":"rw-s","offset":0,"dev_major":null,"dev_minor":null,"inode":null,"path":"/memfd:a memfd (deleted)"*"inferred":{"shared":"a memfd"},"unknown":{"device_and_inode":*' \
	"maps: in JSON each field with its reason"

# What it died of, as the program itself has said.
says() { sed -n "s/^$1 //p" "$dir/truth.says"; }
field() { printf '%s\n' "$out" | sed -n '/"type":"crash"/s/.*"'"$1"'":"\{0,1\}\([^",]*\).*/\1/p'; }
for w in null write-ro none exec-data past-file abort quit fpe trap stack thread-stack noncanonical; do
	dies dynamic threads "$w" || { skip "$w" "no such word here"; continue; }
	run "$VMASCOPE" check "$dir/core" --format json
	is "$rc" 0 "$w: the core is consistent"
	is "$(field signo)" "$(says signal)" "$w: the signal"
	case $w in
	trap) like "$(field code)" 'ILL_*' "$w: its code" ;;
	*) is "$(field code)" "$(says code)" "$w: its code" ;;
	esac
	[ -z "$(says addr)" ] || is "$(field address)" "0x$(says addr)" "$w: the address"
	is "$(field thread)" "$(says tid)" "$w: the thread"
	case $(says where) in
	'no mapping') is "$(field what)" null-pointer "$w: what is there" ;;
	'read-only') is "$(field what)" read-only "$w: what is there" ;;
	'no access') is "$(field what)" no-access "$w: what is there" ;;
	'not executable') is "$(field what)" not-executable "$w: what is there" ;;
	'end of the file') is "$(field what)" past-end-of-file "$w: what is there" ;;
	'not canonical') is "$(field what)" not-canonical "$w: what is there" ;;
	'overflow main') is "$(field what)" stack-overflow "$w: what is there" ;;
	'overflow thread')
		is "$(field what)" thread-stack-overflow "$w: what is there"
		is "$(field stack_of)" "$(says thread)" "$w: whose stack"
		;;
	esac
done

# Bytes that are lost: how many, of which mappings, and exit 4.
dies dynamic heap threads null
whole=$dir/core
size=$(stat -c %s "$whole")
for keep in 20000 100000 $((size / 2)) $((size - 4096)) $((size - 1)); do
	head -c "$keep" "$whole" >"$scratch/cut"
	run "$VMASCOPE" check "$scratch/cut"
	is "$rc" 4 "cut to $keep bytes: incomplete"
	# numbers have commas
	missing=$(printf '%s\n' "$out" | tr -d , | sed -n 's/.* \([0-9]*\) bytes are missing.*/\1/p')
	is "$missing" "$((size - keep))" "cut to $keep bytes: how many are missing"
	run "$VMASCOPE" check "$scratch/cut" --format json
	lost=$(printf '%s\n' "$out" | grep -c '"rule":"core-cut".*"object":"mapping"')
	want=$(readelf -lW "$whole" 2>/dev/null | awk -v keep="$keep" '
		function hex(s, i, v) { v = 0; s = tolower(s); for (i = 3; i <= length(s); i++)
			v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return v }
		$1 == "LOAD" && hex($5) && hex($2) + hex($5) > keep { n++ } END { print n + 0 }')
	is "$lost" "$want" "cut to $keep bytes: the mappings concerned"
	run "$VMASCOPE" maps "$scratch/cut"
	[ "$keep" -lt 60000 ] || is "$rc$(printf '%s\n' "$out" | cksum)" "0$("$VMASCOPE" maps "$whole" 2>/dev/null | cksum)" \
		"cut to $keep bytes: the layout survives"
done
run "$VMASCOPE" check "$whole"
is "$rc" 0 "the whole one is consistent"
(cd "$scratch" && ulimit -c 80 && ./dynamic "$scratch/limited" heap null) 2>/dev/null
mv "$scratch"/core* "$scratch/limited.core" 2>/dev/null
if [ -f "$scratch/limited.core" ]; then
	run "$VMASCOPE" check "$scratch/limited.core"
	is "$rc" 4 "cut by ulimit -c: incomplete"
else
	skip "cut by ulimit -c" "this kernel left no core at all"
fi

# A tail of zeros: the size is right.
head -c 100000 "$whole" >"$scratch/zeros"
truncate -s "$size" "$scratch/zeros"
run "$VMASCOPE" check "$scratch/zeros"
is "$rc" 4 "a tail of zeros: incomplete"
like "$out" "*core-zeros*" "a tail of zeros: named"

# Does the core belong to this program?
run "$VMASCOPE" check "$whole" --exe "$crash"
is "$rc" 0 "--exe: the program itself"
run "$VMASCOPE" check "$whole" --exe "$VMASCOPE"
is "$rc" 1 "--exe: another program"
like "$out" "*core-build*is another build*" "--exe: another program is named"
run "$VMASCOPE" check "$whole" --exe "$scratch/nothing"
is "$rc" 2 "--exe: no such file: exit 2"
like "$err" "*--exe: $scratch/nothing: *" "--exe: no such file: it is said"
wholes=$dir
dies dynamic filter0 null
run "$VMASCOPE" check "$dir/core" --exe "$crash"
is "$rc" 4 "--exe: of a core that lacks the program's first page"
like "$out" "*core-build*cannot be held against it*" "--exe: that is said"
dir=$wholes
run "$VMASCOPE" check "$whole" --files
is "$rc" 0 "--files: all at their own paths"

# gcore leaves mappings out; those that it has are right, and the core is sound.
if command -v gcore >/dev/null && command -v sleep >/dev/null; then
	sleep 100 &
	sleeper=$!
	sleep 0.3
	cat "/proc/$sleeper/maps" >"$scratch/sleep.maps"
	(cd "$scratch" && gcore -o gcore "$sleeper") >/dev/null 2>&1
	kill "$sleeper"
	wait "$sleeper" 2>/dev/null
	if [ -f "$scratch/gcore.$sleeper" ]; then
		run "$VMASCOPE" check "$scratch/gcore.$sleeper"
		is "$rc" 0 "gcore: consistent"
		like "$out" "process core by GDB (gcore)*" "gcore: named"
		run "$VMASCOPE" maps "$scratch/gcore.$sleeper"
		like "$err" "*mappings may be missing*" "gcore: said to be possibly not all"
		printf '%s\n' "$out" | awk '{ print $1, $3, $6 }' | sort >"$scratch/got"
		awk '{ print $1, $3, $6 }' "$scratch/sleep.maps" | sort >"$scratch/want"
		is "$(comm -23 "$scratch/got" "$scratch/want")" '' "gcore: ranges, offsets, names of those that are there"
	else
		skip "gcore" "it may not trace here"
	fi
fi

for c in ps info layout "find 10" "show $(sed -n '1s/-.*//p' "$dir/truth")"; do
	# shellcheck disable=SC2086
	run "$VMASCOPE" $c "$whole"
	is "$rc${out:+ text}" "0 text" "${c%% *}: answers"
	# shellcheck disable=SC2086
	run "$VMASCOPE" $c "$whole" --format json
	like "$rc $out" '0 {"type":"header"*' "${c%% *}: answers in JSON"
done
run "$VMASCOPE" tree "$whole"
is "$rc" 2 "tree: not of a process core"
like "$err" "*is the core of a process*" "tree: says why"

done_testing
