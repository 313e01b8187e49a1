/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_CMD_CHECK_H
#define VS_CMD_CHECK_H

#include "check/check.h"

struct vs_args;
struct vs_err;
struct vs_out;
struct vs_session;

/**
 * Tell what is broken about the tasks: their ring, their mms. It counts for the dump:
 * *verdict becomes the worse of what it is and of that. vs_session_tasks() was called.
 */
struct vs_err *vs_check_told_tasks(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
				   enum vs_verdict *verdict);

#endif
