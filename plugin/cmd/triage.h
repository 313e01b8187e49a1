/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the command triage. */
#ifndef VS_CMD_TRIAGE_H
#define VS_CMD_TRIAGE_H

#include "cmd/cmd.h"
#include "triage/files.h"
#include "triage/record.h"

/** Check one dump and fill in @p r. In a process that ends with that: nothing is released. */
void vs_triage_check(const struct vs_args *args, const struct vs_triage_file *f, struct vs_triage_record *r);

#endif
