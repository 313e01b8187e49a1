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
{ elf_header 4 15 1; phdr 1 120 0 16 16; printf '0123456789abcdef'; } >parisc
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
bad parisc 'x86-64'
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

# dump MACHINE LINE...: one with these lines as its VMCOREINFO, and a page of memory
dump() {
	machine=$1
	shift
	text=$(printf '%s\n' "$@"; echo .)
	text=${text%.}
	{
		elf_header 4 "$machine" 2
		phdr 4 176 0 $((24 + ${#text})) 0
		phdr 1 4096 4096 4096 4096
		u32 11; u32 ${#text}; u32 0
		printf 'VMCOREINFO\000\000%s' "$text"
	} | dd bs=4096 iflag=fullblock conv=sync 2>/dev/null
	head -c 4096 /dev/zero
}
# contradiction FILE VMLINUX WORDS: VMLINUX may be none
contradiction() {
	run timeout 60 "$VMASCOPE" info "$1" ${2:+--vmlinux} ${2:-"--no-vmlinux"}
	is "$rc" 2 "$1${2:+ with $2}: exit 2"
	like "$err" "*$3*" "$1${2:+ with $2}: says $3"
	is "$(lines "$err")" 1 "$1${2:+ with $2}: in one line"
}
stext='SYMBOL(_stext)=ffffffff80002000'
dump 243 OSRELEASE=6.12 PAGESIZE=4096 'NUMBER(VA_BITS)=57' "$stext" >riscv
dump 243 OSRELEASE=6.12 PAGESIZE=4096 'NUMBER(VA_BITS)=32' "$stext" >riscv-32
dump 243 OSRELEASE=6.12 PAGESIZE=12345 'NUMBER(VA_BITS)=57' "$stext" >riscv-page
dump 243 OSRELEASE=6.12 PAGESIZE=65536 'NUMBER(VA_BITS)=57' "$stext" >riscv-64k
dump 3 OSRELEASE=6.1 PAGESIZE=16384 'SYMBOL(_stext)=c1000000' >i386-16k
dump 3 OSRELEASE=6.1 PAGESIZE=4096 CONFIG_X86_PAE=y 'SYMBOL(_stext)=c1000000' 'SYMBOL(swapper_pg_dir)=0' >i386-low
dump 183 OSRELEASE=6.12 PAGESIZE=16384 'NUMBER(VA_BITS)=64' "$stext" >arm64-64
elf_header 2 183 0 >vmlinux-arm64
# the same in 32 bits: machine and type stand where they do in 64
{ elf_header 2 243 0; head -c 64 /dev/zero; } | sed 's/^\(.ELF\)./\1\x01/' >vmlinux-riscv32
contradiction riscv vmlinux-arm64 'vmlinux-arm64: for machine 183 (arm64); the dump is of riscv64'
contradiction riscv vmlinux-riscv32 'vmlinux-riscv32: of 32 bits; the dump is of riscv64 (64 bits)'
contradiction riscv-32 '' 'VA_BITS=32; expected 39, 48 or 57'
contradiction riscv-page '' 'PAGESIZE=12345; expected a power of two'
contradiction riscv-64k '' 'PAGESIZE=65536; riscv64 has pages of 4096 bytes'
contradiction i386-16k '' 'PAGESIZE=16384; i386 has pages of 4096 bytes'
contradiction i386-low '' 'page tables at 0 and _stext at 0xc1000000'
contradiction arm64-64 '' 'VA_BITS=64 and PAGESIZE=16384; expected 36 to 52 bits'
if [ "$(id -u)" != 0 ]; then
	: >unreadable
	chmod 0 unreadable
	bad unreadable 'Permission denied'
else
	skip 'unreadable' 'root reads everything'
fi

done_testing
