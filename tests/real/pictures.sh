# SPDX-License-Identifier: GPL-2.0-or-later
# layout, tree and find over the dumps in corpus/, as make has unpacked them.
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
EVERY=${EVERY:-3}
export EVERY
exec "${srcdir:-.}/tests/real/pictures" unpacked/*/
