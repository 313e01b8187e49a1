# SPDX-License-Identifier: GPL-2.0-or-later
# Damage at random, the same each time, in the dumps of corpus/.
set -- unpacked/*
exec tests/damage/damage --count 300 --seed 20 "$@"
