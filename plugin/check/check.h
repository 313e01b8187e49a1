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
#include "space/tasks.h"

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
	VS_OBJ_OTHER,		/* another of the kernel's structures: vs_finding.type */
};

/* What probably did it; the words are in vs_finding.cause. */
enum vs_cause {
	VS_CAUSE_NONE,		/* no evidence of any */
	VS_CAUSE_BIT,		/* one bit flipped */
	VS_CAUSE_POISON,	/* the slab's, or the page allocator's */
	VS_CAUSE_LIST_POISON,	/* list_del() */
	VS_CAUSE_TEXT,
	VS_CAUSE_ZEROS,		/* a run of them */
	VS_CAUSE_PAGE,		/* all of a page is the same */
	VS_CAUSE_FREED,		/* the object lies in a free slot of its slab */
	VS_CAUSE_COPY,		/* the value of another member, or of an object beside */
	VS_CAUSE_SWAP,		/* two members exchanged */
	VS_N_CAUSES
};

/** A word for scripts: "bit", "poison"; NULL for VS_CAUSE_NONE. */
const char *vs_cause_name(enum vs_cause c);

/** What is evidence for it, one line; NULL for VS_CAUSE_NONE. */
const char *vs_cause_doc(enum vs_cause c);

struct vs_rule;

/* What a finding is worth as an accusation; the strongest is told first. */
enum vs_evidence {
	VS_EVID_OWN,		/* the member is impossible by itself: no other is needed to see it */
	VS_EVID_LINK,		/* a pointer, held against where it must lead */
	VS_EVID_RELATION,	/* members of several objects that cannot all be right */
	VS_EVID_COUNT,		/* a sum over all of them */
};

/** One broken rule: what, where, the value seen and the one expected. */
struct vs_finding {
	const struct vs_rule *rule;
	enum vs_severity severity;
	enum vs_evidence evidence;
	enum vs_object object;
	const char *type;	/* of VS_OBJ_OTHER: "task_struct" */
	uint64_t addr;		/* of the object */
	uint32_t vma;		/* index into space->vmas for VS_OBJ_VMA, else VS_NONE */
	const char *member;	/* kernel's name of the member, NULL if none is singled out */
	enum vs_valfmt fmt;
	bool has_seen, has_expected;
	uint64_t seen, expected;
	char *detail;		/* a sentence for people; owned */
	char *cause;		/* "one bit flipped (bit 13): memory error"; NULL without evidence; owned */
	enum vs_cause why;	/* the same, for whoever counts */
	bool consequence;	/* follows from damage named by an earlier finding of the same report */
};

/* Findings of one rule past the number that is kept. */
struct vs_more {
	const struct vs_rule *rule;
	size_t n;
};

struct vs_report {
	VS_VEC(struct vs_finding) findings;	/* primary causes first, grouped by object */
	VS_VEC(struct vs_more) more;	/* rules with more findings than are kept */
	enum vs_verdict verdict;
	uint32_t broken;	/* enum vs_part: what has a finding */
	uint32_t held;		/* enum vs_part: what could be judged at all */
	struct vs_order order;	/* the reference that the walks were held against; empty if none was kept */
	uint64_t n_vmas;	/* in it, kept or not */
	uint64_t n_absent;	/* objects whose bytes were missing */
	uint64_t absent_nodes, absent_vmas;	/* of them, maple nodes and VMAs */
	char *torn;		/* torn: who was at work, a sentence; owned */
	bool failed;		/* ran out of memory: the report is not whole */
};

/* The structures that a person wants to know intact or broken. */
enum vs_part {
	VS_PART_NEXT	= 1 << 0,
	VS_PART_PREV	= 1 << 1,
	VS_PART_RB	= 1 << 2,
	VS_PART_GAP	= 1 << 3,	/* rb_subtree_gap */
	VS_PART_COUNT	= 1 << 4,	/* map_count */
	VS_PART_TOTALS	= 1 << 5,	/* total_vm and its sisters */
	VS_PART_VMA	= 1 << 6,	/* the VMAs' own members */
	VS_PART_MAPLE	= 1 << 7,
};

/** The kernel's name of a part: "vm_next". */
const char *vs_part_name(enum vs_part part);

/**
 * Is none of what hangs on VMAs damaged, as far as it is in s->objects: files from number
 * @p file, anon_vmas from number @p anon on? For vs_objects_read().
 */
bool vs_objects_clean_from(const struct vs_space *s, size_t file, size_t anon);

struct vs_check_ctx;

struct vs_rule {
	const char *id;		/* "list-next" */
	enum vs_severity severity;
	enum vs_evidence evidence;
	enum vs_part part;	/* what it is about; 0: nothing that can be called intact */
	uint32_t needs;		/* enum vs_has: all of these must be there */
	uint32_t any;		/* enum vs_has: at least one of these; 0: no matter */
	void (*check)(struct vs_check_ctx *ctx);	/* NULL: it is about the dump: vs_check_tasks() */
	const char *doc;	/* one line: what holds, and since when */
};

/** The rule table; @p n_ret is its length. */
const struct vs_rule *vs_rules(size_t *n_ret);

#define VS_RULES_MAX 128

/** Rules that are not to be asked, by their place in the table. */
struct vs_rule_filter {
	bool off[VS_RULES_MAX];
};

/** The place of the rule called @p id (its first @p len bytes) in the table, or -1. */
int vs_rule_find(const char *id, size_t len);

/** The report on @p s of which a quick pass (check/quick.h) has shown that all of its @p n_vmas VMAs are clean. */
void vs_check_clean(const struct vs_space *s, const struct vs_rule_filter *filter, uint64_t n_vmas,
		    struct vs_report *ret);

/** As vs_check_space() without the rules that @p filter takes out; NULL: with all. */
void vs_check_space_by(const struct vs_space *s, const struct vs_rule_filter *filter,
		       struct vs_report *ret);

/**
 * Judge which mm each task says to have. What is wrong with that belongs to no address
 * space. The report is the caller's. (What is broken in the ring is in t->breaks.)
 */
void vs_check_tasks(const struct vs_tasks *t, struct vs_report *ret);

/**
 * What probably did it, from the bytes about what was found: s->exhibits, which the
 * caller has read for the first objects of @p r. Judging told only what the values tell.
 */
void vs_causes_tell(const struct vs_space *s, struct vs_report *r);

/** Judge @p s by all rules that apply. The report is the caller's: vs_report_deinit(). */
void vs_check_space(const struct vs_space *s, struct vs_report *ret);
void vs_report_deinit(struct vs_report *r);

#endif
