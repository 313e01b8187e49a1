# SPDX-License-Identifier: GPL-2.0-or-later
# The task ring, thread lists and pid tables of the dumps of corpus/, broken.
set -- unpacked/*
exec tests/damage/tasks --count 30 --seed 7 "$@"
