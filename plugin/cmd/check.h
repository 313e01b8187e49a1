/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_CMD_CHECK_H
#define VS_CMD_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "check/check.h"

struct vs_args;
struct vs_err;
struct vs_kernel;
struct vs_out;
struct vs_session;

/**
 * Tell what is broken about the tasks: their ring, their mms. It counts for the dump:
 * *verdict becomes the worse of what it is and of that. vs_session_tasks() was called.
 */
struct vs_err *vs_check_told_tasks(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
				   enum vs_verdict *verdict);

/**
 * Judge the address space of @p mm while it is read, without keeping it. *clean_ret: every rule
 * holds, and @p ret, the caller's, says so. Else it has to be read and judged by its rules.
 */
struct vs_err *vs_check_scan(struct vs_session *s, uint64_t mm, const struct vs_rule_filter *filter,
			     struct vs_out *out, struct vs_report *ret, bool *clean_ret);

/**
 * The same for @p s, which has the mm_struct, its users and what they remember (vs_session_head())
 * and has no more than these afterwards. *n_ret: its VMAs.
 */
struct vs_err *vs_check_scan_space(struct vs_kernel *k, struct vs_out *out, struct vs_space *s,
				   uint64_t *n_ret, bool *clean_ret);

#endif
