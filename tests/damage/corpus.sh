# SPDX-License-Identifier: GPL-2.0-or-later
# Damage at random, the same each time, in the dumps of corpus/; DAMAGE_COUNT of each. Before that: the
# table of fields and damages is the one that was agreed on.
tests/damage/damage --list | diff "$srcdir/tests/damage/table" - >table.diff ||
	{ echo 'Bail out! tests/damage/table is not what `damage --list` prints'; cat table.diff >&2; exit 1; }
rm -f table.diff
set -- unpacked/*
# Cut dumps have no struct pages: what slabs tell of causes is not known there.
exec tests/damage/damage --cause 85 --count "${DAMAGE_COUNT:-300}" --seed 20 --several 50 --pages 50 "$@"
