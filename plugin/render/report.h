/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the check found, for people and for scripts: the verdict first, then each
 * damaged object with the rules it breaks and what follows from them, then what
 * is intact, then what to type next.
 */
#ifndef VS_RENDER_REPORT_H
#define VS_RENDER_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "check/check.h"
#include "space/space.h"

struct vs_out;
struct vs_err;

struct vs_report_style {
	bool color;
	bool verbose;		/* every finding; consistent address spaces as well */
	unsigned int max;	/* else: findings of one object, and objects, that are shown; 0: six */
	const char *cmd;	/* what a command begins with: "vmascope", "vma"; NULL: suggest none */
	const char *dump;	/* what a shell command names behind it; NULL in GDB */
};

/** One address space. Nothing is written for a consistent one, unless verbose. */
void vs_render_report(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r,
		      const struct vs_report_style *style);

/** A line of type "finding" for each finding, then one of type "verdict". */
struct vs_err *vs_render_report_json(struct vs_out *out, const struct vs_space *s,
				     const struct vs_report *r);

/** The rule table: id, severity and what holds. */
void vs_render_rules(struct vs_buf *b);
struct vs_err *vs_render_rules_json(struct vs_out *out);

#endif
