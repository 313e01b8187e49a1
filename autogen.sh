#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure from a checkout.
cd "$(dirname "$0")" || exit 1
exec autoreconf -fi "$@"
