# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps that were cut or whose headers lie, in every container; all of what there is to try by hand.
. "${srcdir:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all 'no python3'
export VMASCOPE
"${srcdir:-.}/tests/real/battered" unpacked/6.12-amd64 || exit 99
