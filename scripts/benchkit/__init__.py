# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of scripts/bench; see its --help.

dumps.py      the dumps that are measured, and those made for it
tools.py      vmascope and its peers: what each is started with
roots.py      peers of other Debian suites, in chroots
measure.py    rounds, medians
report.py     the table, the targets, the file for machines
base.py       what it says while it works, packages, scratch files
"""
