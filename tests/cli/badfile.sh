# SPDX-License-Identifier: GPL-2.0-or-later
# Files that are no dump that can be read: one clear line, exit 2.
. "${srcdir:-.}/tests/tap.sh"

# u16 and the like: numbers as little-endian bytes
u16() { printf "\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8 & 255)))"; }
u32() { u16 $(($1 & 65535)); u16 $(($1 >> 16 & 65535)); }
u64() { u32 $(($1 & 4294967295)); u32 $(($1 >> 32)); }

# elf_header TYPE MACHINE PHNUM: little-endian, 64 bits, program headers at 64
elf_header() {
	printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000'
	u16 "$1"; u16 "$2"; u32 1; u64 0; u64 64; u64 0; u32 0
	u16 64; u16 56; u16 "$3"; u16 0; u16 0; u16 0
}
# phdr TYPE OFFSET PADDR FILESZ MEMSZ
phdr() { u32 "$1"; u32 7; u64 "$2"; u64 "$3"; u64 "$3"; u64 "$4"; u64 "$5"; u64 0; }

cd "$scratch" || exit 99
: >empty
mkdir dir
mkfifo fifo
printf 'hello\n' >text
head -c 100000 /dev/zero >zeros
printf '\177ELF\002\001' >cut-in-ident
elf_header 4 62 1 | head -c 40 >cut-in-header
elf_header 4 62 3 >no-phdrs-behind
{ elf_header 4 62 3; phdr 1 4096 0 4096 4096; } >cut-in-phdrs
elf_header 4 62 0 >phnum-0
{ elf_header 2 62 1; phdr 1 4096 0 4096 4096; } >program
{ elf_header 4 62 2; phdr 4 65536 0 4096 0; phdr 1 4096 0 4096 4096; } >cut-in-notes
{ elf_header 4 62 1; phdr 1 120 0 16 16; printf '0123456789abcdef'; } >no-notes
{ elf_header 4 183 1; phdr 1 120 0 16 16; printf '0123456789abcdef'; } >aarch64
{ elf_header 4 22 1; phdr 1 120 0 16 16; printf '0123456789abcdef'; } >s390
printf 'KDUMP   \006\000\000\000' | dd of=kdump bs=8192 conv=sync 2>/dev/null
printf 'makedumpfile\000\000\000\000' | dd of=flattened bs=4096 conv=sync 2>/dev/null

printf '\050\265\057\375abcdefgh' >zst
printf '\3757zXZ\000abcdefgh' >xz
printf '\037\213\010abcdefgh' >gz
printf '\004\042\115\030abcdefgh' >lz4
printf 'BZh9abcdefgh' >bz2
# libkdumpfile believes its header and asks for more than there is: the sanitizer lets it
# be told no, and speaks of it elsewhere.
asan=${ASAN_OPTIONS:-}
export ASAN_OPTIONS="${asan:+$asan:}allocator_may_return_null=1:log_path=$scratch/asan"
printf '\355\043\217\141\163\001\031\250abcdefgh' >lkcd

# bad FILE WORDS
bad() {
	run timeout 60 "$VMASCOPE" maps "$1"
	is "$rc" 2 "$1: exit 2"
	is "$out" '' "$1: no answer"
	like "$err" "vmascope: *$1*" "$1: is named"
	like "$err" "*$2*" "$1: says $2"
	is "$(lines "$err")" 1 "$1: in one line"
}
bad missing 'No such file or directory'
bad empty 'empty; expected'
bad dir 'is a directory; expected'
bad fifo 'expected'
bad text 'not a dump: expected *found'
bad zeros 'not a dump: expected *found'
bad cut-in-ident 'ELF header'
bad cut-in-header 'ELF header'
bad no-phdrs-behind 'program headers'
bad cut-in-phdrs 'program headers'
bad phnum-0 'program headers'
bad program 'expected 4 (core)'
bad cut-in-notes 'note'
bad no-notes 'note'
bad aarch64 'note'
bad s390 'x86-64'
bad kdump 'expected'
bad flattened 'expected records *found none'
bad zst 'compressed by zstd'
bad xz 'compressed by xz'
bad gz 'compressed by gzip'
bad lz4 'compressed by lz4'
# a vmcore is too large to unpack unasked: the first 8 MiB tell that it is one
{ printf 'KDUMP   '; head -c 9000000 /dev/zero; } | gzip -1 >kdump-gz
bad kdump-gz 'dump of a kernel *unpack it by: gzip -d'
{ elf_header 4 62 1; printf 'VMCOREINFO\000'; head -c 9000000 /dev/zero; } >elf-dump
for z in gzip zstd xz lz4; do
	command -v $z >/dev/null || continue
	$z -1 -c <elf-dump >"elf-$z"
	bad "elf-$z" "dump of a kernel *unpack it by: $z -d"
done
bad bz2 'unpack by: bzip2 -d'
bad lkcd 'libkdumpfile'
export ASAN_OPTIONS="$asan"
if [ "$(id -u)" != 0 ]; then
	: >unreadable
	chmod 0 unreadable
	bad unreadable 'Permission denied'
else
	skip 'unreadable' 'root reads everything'
fi

done_testing
