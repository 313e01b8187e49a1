# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every test prints TAP. A unit test is one C file that links the engine, a
# script is a .sh that sources tap.sh.

EXTRA_DIST += %D%/unit/tap.h %D%/tap.sh

check_PROGRAMS += %D%/unit/args
%C%_unit_args_SOURCES = %D%/unit/args.c

dist_check_SCRIPTS += %D%/cli/usage.sh %D%/cli/badfile.sh %D%/cli/streams.sh
