# SPDX-License-Identifier: GPL-2.0-or-later
# DWARF as files keep it: compressed in this way and that, cut, or not at all.
. "${srcdir:-.}/tests/tap.sh"
unit=$(dirname "$VMASCOPE")/tests/unit
objcopy=${OBJCOPY:-objcopy}
command -v "$objcopy" >/dev/null || skip_all "no objcopy"
# The file with the debug information: a script may stand in its place (libtool's, scripts/cross's).
program=$unit/dwarf5
for p in "$unit"/.*/dwarf5; do
	[ ! -f "$p" ] || program=$p
done

# answers FILE WHAT: the test program finds in FILE what it finds in itself
answers() {
	run "$unit/dwarf5" "$1"
	case $out in
	*'# SKIP'*) fail "$2"; diag "$out" ;;
	*) is "$(printf '%s\n' "$out" | grep -c '^not ok')" 0 "$2" ;;
	esac
}

# refused FILE WORDS WHAT
refused() {
	run "$unit/dwarf5" "$1"
	like "$out" "1..0 # SKIP *$2*" "$3"
}

run "$unit/dwarf5"
case $out in
*'# SKIP'*) skip_all "built without debug information" ;;
esac
cd "$scratch" || exit 99
for how in zlib zlib-gnu; do
	if "$objcopy" --compress-debug-sections=$how "$program" "$how" 2>/dev/null; then
		answers "$how" "compressed: $how"
	else
		skip "compressed: $how" "objcopy does not know it"
	fi
done
# libelf learned it in 0.189; before, the message has to name it
if "$objcopy" --compress-debug-sections=zstd "$program" zstd 2>/dev/null; then
	run "$unit/dwarf5" zstd
	case $out in
	*'# SKIP'*) like "$out" '*.debug_* (compressed by zstd)*' "compressed: zstd: the refusal says so" ;;
	*) answers zstd "compressed: zstd" ;;
	esac
else
	skip "compressed: zstd" "objcopy does not know it"
fi
"$objcopy" --strip-debug "$program" stripped
refused stripped 'no .debug_info section' "stripped"
"$objcopy" --remove-section .debug_abbrev "$program" no-abbrev
refused no-abbrev 'no unit' "without .debug_abbrev"
done_testing
