/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands do otherwise where a process core is open. */
#ifndef VS_CMD_CORE_H
#define VS_CMD_CORE_H

#include "cmd/session.h"

/** One line: which columns of maps a core does not hold. Where notes are cut off, the status is raised. */
void vs_tell_core(const struct vs_session *s, struct vs_out *out, int *status);

#endif
