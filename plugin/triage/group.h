/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records counted, and those that show the same put together. Pure. */
#ifndef VS_TRIAGE_GROUP_H
#define VS_TRIAGE_GROUP_H

#include "triage/store.h"

/** Records of one verdict and one signature; records borrowed, in the order of paths. */
struct vs_triage_group {
	int verdict;
	const char *signature;
	const struct vs_triage_record *const *v;
	size_t n;
};

struct vs_triage_summary {
	size_t counts[VS_TRIAGE_VERDICTS];	/* without what is accepted */
	size_t accepted, total;
	int worst;			/* of what counts: DESIGN's order */
	int exit;
	const struct vs_triage_record **sorted;
	VS_VEC(struct vs_triage_group) groups;	/* worst first, then the largest */
};

/** Which verdicts make it fail. */
struct vs_triage_fail {
	bool on[VS_TRIAGE_VERDICTS];
};

/** "corrupt,torn", "none": the error says what was expected. */
struct vs_err *vs_triage_fail_read(const char *list, struct vs_triage_fail *ret);

/** Count and group @p r, which must be sorted and stay. False without memory. */
bool vs_triage_summarize(const struct vs_triage_records *r, const struct vs_triage_fail *fail,
			 struct vs_triage_summary *ret);
void vs_triage_summary_deinit(struct vs_triage_summary *s);

/** How a summary is to be printed. */
struct vs_triage_style {
	bool color, verbose;
	const char *vmlinux;	/* to be named in commands; NULL: none */
};

/** For people. */
void vs_triage_summary_text(struct vs_buf *b, const struct vs_triage_summary *s, const struct vs_triage_style *style);

/** As JSON: a line a group, then one for all. */
struct vs_err *vs_triage_summary_json(struct vs_out *out, const struct vs_triage_summary *s,
				      const struct vs_triage_style *style);

/** Append @p s so that a shell reads it as one word, and nothing in it reaches a terminal. */
void vs_triage_put_quoted(struct vs_buf *b, const char *s);

/** For Jenkins, GitLab and the like: one test case a dump. */
void vs_triage_junit(struct vs_buf *b, const struct vs_triage_records *r, const struct vs_triage_fail *fail);

/** Put all into the tables of an SQLite file: doc/triage.md. What it has of the same paths is replaced. */
struct vs_err *vs_triage_sqlite(const char *path, const struct vs_triage_records *r);

/**
 * Mark what is in @p base as accepted: findings by rule, object, member and program; files
 * that were not checked by name, outcome and reason. @p base must be sorted. What is left
 * to find decides about the verdict.
 */
void vs_triage_accept(struct vs_triage_records *r, const struct vs_triage_records *base);

#endif
