/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands do otherwise where a process core is open. */
#ifndef VS_CMD_CORE_H
#define VS_CMD_CORE_H

#include "cmd/session.h"

/** One line: which columns of maps a core does not hold. Where notes are cut off, the status is raised. */
void vs_tell_core(const struct vs_session *s, struct vs_out *out, int *status);

/** "Process core by the kernel, x86-64; crash (pid 12), 4 threads\n". */
void vs_put_core_head(const struct vs_session *s, struct vs_buf *b);

/** info and show, where the dump is a process core. */
struct vs_err *vs_core_info(struct vs_session *s, const struct vs_args *args, struct vs_out *out, int *status);
struct vs_err *vs_core_show(struct vs_session *s, const struct vs_args *args, struct vs_out *out, int *status);

#endif
