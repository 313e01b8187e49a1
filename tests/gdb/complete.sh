# SPDX-License-Identifier: GPL-2.0-or-later
# What TAP offers in GDB: commands, options, their values, files.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb

# offers LINE EXPECTED: the words that the line is completed to, in order
offers() {
	gdb_run -- "complete $1"
	is "$out" "$2" "complete $1"
}
mkdir "$scratch/d" "$scratch/d/sub"
: >"$scratch/d/vmcore"
: >"$scratch/d/vmlinux"
: >"$scratch/d/.hidden"

offers 'vma cl' 'vma close'
offers 'vma map' 'vma maps'
offers 'vma maps --fo' 'vma maps --force
vma maps --format'
offers 'vma maps --format ' 'vma maps --format json
vma maps --format text'
offers 'vma maps --format j' 'vma maps --format json'
offers 'vma maps --format=j' 'vma maps --format=json'
offers 'vma maps 12 --col' 'vma maps 12 --color'
offers 'vma maps --no-such' ''
offers 'vma maps co' 'vma maps comm='
offers "vma maps --vmlinux $scratch/d/vml" "vma maps --vmlinux $scratch/d/vmlinux"
offers "vma maps --vmlinux=$scratch/d/vml" "vma maps --vmlinux=$scratch/d/vmlinux"
offers "vma open $scratch/d/" "vma open $scratch/d/sub/
vma open $scratch/d/vmcore
vma open $scratch/d/vmlinux"
offers "vma open $scratch/d/vmcore $scratch/d/vml" "vma open $scratch/d/vmcore $scratch/d/vmlinux"
offers "vma open $scratch/d/." "vma open $scratch/d/.hidden"
offers "vma open $scratch/none/" ''

done_testing
