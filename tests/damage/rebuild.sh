# SPDX-License-Identifier: GPL-2.0-or-later
# Structures destroyed in the dumps of corpus/, and put together again.
set -- unpacked/*
exec tests/damage/rebuild --count 20 --seed 7 "$@"
