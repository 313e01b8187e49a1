# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every test prints TAP. A unit test is one C file, a script ends in .sh.
