# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps without a vmlinux: symbols and types are their own.
"${srcdir:-.}/scripts/corpus" unpack unpacked-alone alone || exit 99
exec "${srcdir:-.}/tests/real/compare" unpacked-alone/*/
