/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging a space: rules, findings, a verdict. Pure: reads no memory.
 */
#ifndef VS_CHECK_CHECK_H
#define VS_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "space/space.h"

/** In the order of DESIGN section 2: the numbers are the exit codes. */
enum vs_verdict {
	VS_CONSISTENT	= 0,
	VS_CORRUPT	= 1,
	VS_UNREADABLE	= 2,
	VS_TORN		= 3,
	VS_INCOMPLETE	= 4,
};

const char *vs_verdict_name(enum vs_verdict v);

/** The worse of two: corrupt, torn, incomplete, unreadable, consistent. */
enum vs_verdict vs_verdict_worse(enum vs_verdict a, enum vs_verdict b);

enum vs_severity {
	VS_SEV_ERROR,		/* a broken rule: corrupt (or torn) */
	VS_SEV_INCOMPLETE,	/* bytes that were needed are not in the dump */
	VS_SEV_NOTE,		/* worth knowing, changes no verdict */
};

/* How a value in a finding is to be written. */
enum vs_valfmt {
	VS_VAL_NONE,
	VS_VAL_HEX,		/* 0x... : addresses, pointers, flags */
	VS_VAL_DEC,		/* counts */
	VS_VAL_PAGES,		/* pages */
	VS_VAL_COLOR,		/* 0 red, 1 black */
};

enum vs_object {
	VS_OBJ_MM,		/* the mm_struct */
	VS_OBJ_VMA,		/* a vm_area_struct */
	VS_OBJ_NODE,		/* a maple node */
	VS_OBJ_DUMP,		/* something that belongs to no single mm: the task ring */
};

struct vs_rule;

/** One broken rule: what, where, the value seen and the one expected. */
struct vs_finding {
	const struct vs_rule *rule;
	enum vs_severity severity;
	enum vs_object object;
	uint64_t addr;		/* of the object */
	uint32_t vma;		/* index into space->vmas for VS_OBJ_VMA, else VS_NONE */
	const char *member;	/* kernel's name of the member, NULL if none is singled out */
	enum vs_valfmt fmt;
	bool has_seen, has_expected;
	uint64_t seen, expected;
	char *detail;		/* a sentence for people; owned */
	bool consequence;	/* follows from damage named by an earlier finding of the same report */
};

struct vs_report {
	VS_VEC(struct vs_finding) findings;	/* primary causes first, grouped by object */
	enum vs_verdict verdict;
	struct vs_order order;	/* the reference that the walks were held against */
	uint64_t n_absent;	/* objects whose bytes were missing */
	bool failed;		/* ran out of memory: the report is not whole */
};

struct vs_check_ctx;

struct vs_rule {
	const char *id;		/* "list-next" */
	enum vs_severity severity;
	uint32_t needs;		/* enum vs_has: all of these must be there */
	void (*check)(struct vs_check_ctx *ctx);
	const char *doc;	/* one line: what holds, and since when */
};

/** The rule table; @p n_ret is its length. */
const struct vs_rule *vs_rules(size_t *n_ret);

/** Judge @p s by all rules that apply. The report is the caller's: vs_report_deinit(). */
void vs_check_space(const struct vs_space *s, struct vs_report *ret);
void vs_report_deinit(struct vs_report *r);

#endif
