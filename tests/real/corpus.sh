# SPDX-License-Identifier: GPL-2.0-or-later
# The dumps in corpus/, as make has unpacked them.
exec "${srcdir:-.}/tests/real/compare" unpacked/*/
