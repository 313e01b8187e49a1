# SPDX-License-Identifier: GPL-2.0-or-later
# Cores that the kernel of this machine writes of a program that has written down its
# own /proc/self/maps. What cores look like here is not changed: where they are
# given to a program, this is skipped.
. "${srcdir:-.}/tests/tap.sh"

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
if ${CC:-cc} -w -m32 -O1 -o "$scratch/m32" "$here/crash.c" -pthread 2>/dev/null; then
	programs="$programs m32"
elif command -v i686-linux-gnu-gcc >/dev/null &&
	i686-linux-gnu-gcc -w -static -O1 -o "$scratch/m32" "$here/crash.c" -pthread 2>/dev/null; then
	programs="$programs m32"
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

done_testing
