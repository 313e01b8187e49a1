# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps without a vmlinux: symbols and types are their own.
exec "${srcdir:-.}/tests/real/compare" unpacked-alone/*/
