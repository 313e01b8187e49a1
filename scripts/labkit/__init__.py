# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of scripts/lab: see scripts/lab --help."""
