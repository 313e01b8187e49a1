# SPDX-License-Identifier: GPL-2.0-or-later
# The process cores in corpus/: of kernels 5.10 to 7.2, x86-64, i386 and arm64.
"${srcdir:-.}/scripts/corpus" unpack unpacked-cores cores || exit 99
rm -rf unpacked-cores/foreign
mkdir unpacked-cores/foreign && mv unpacked-cores/cores/cases/qemu-* unpacked-cores/foreign/ || exit 99
exec "${srcdir:-.}/tests/cores/guest" unpacked-cores/cores
