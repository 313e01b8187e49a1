/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rules share while one space is judged: the reference order, the
 * shape that the tree should have, and what is believed of each VMA. A rule
 * holds the dump against these and emits findings.
 *
 * "Position" (p, q) is always a place in the reference order, low to high.
 */
#ifndef VS_CHECK_CTX_H
#define VS_CHECK_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/check.h"
#include "check/formula.h"
#include "check/maple.h"
#include "check/shape.h"
#include "space/space.h"

#define VS_KEPT_FINDINGS 1000	/* of one rule */

enum vs_wrong {
	VS_WRONG_START	= 1 << 0,
	VS_WRONG_END	= 1 << 1,
	VS_WRONG_FLAGS	= 1 << 2,
	VS_WRONG_COLOR	= 1 << 3,
	VS_WRONG_GAP	= 1 << 4,
};

/*
 * What is believed of one VMA once all evidence has been weighed. Where nothing
 * is damaged that is what the dump says.
 */
struct vs_belief {
	uint64_t start, end, flags;
	uint64_t gap;		/* the rb_subtree_gap that start, end and flags ask for */
	uint8_t color;
	uint8_t wrong;		/* enum vs_wrong: the dump says otherwise, and is not believed */
	uint8_t unknown;	/* enum vs_wrong: damaged, and nothing tells what it was */
	uint8_t rivals;		/* other members that could as well be the damaged one (255: many) */
};

struct vs_check_ctx {
	const struct vs_space *s;
	struct vs_report *r;
	const struct vs_rule *rule;	/* the one at work */
	size_t n_kept;			/* findings of it so far */

	uint32_t n;			/* VMAs in the reference order */
	const uint32_t *order;		/* position -> index into s->vmas */
	uint32_t *pos;			/* index into s->vmas -> position or VS_NONE */
	struct vs_shape shape;
	struct vs_maple_belief maple;	/* of kernels that have one */
	struct vs_belief *belief;	/* by position */
	VS_VEC(uint64_t) absent;	/* addresses of objects that are not in the dump, sorted */
	VS_VEC(uint64_t) lost;		/* addresses that several links lead to, but that hold no VMA */

	bool incomplete;	/* bytes are missing from the dump */
	bool partial;		/* that, or no walk is whole: what was not seen may be right */
	bool sums_known;	/* the sums over VMAs can be held against the counters */
	bool gaps_known;	/* rb_subtree_gap can be judged */
	bool ranges_known;	/* start and end in belief[] are final: a maple tree vouches for them */
	struct vs_sums seen;	/* over the VMAs as the dump has them */
	struct vs_sums believed;
};

static inline const struct vs_vma *vs_ctx_vma(const struct vs_check_ctx *ctx, uint32_t p)
{
	return &ctx->s->vmas.v[ctx->order[p]];
}

/** The address of the VMA at @p p; 0 (NULL) for VS_NONE. */
static inline uint64_t vs_ctx_addr(const struct vs_check_ctx *ctx, uint32_t p)
{
	return p == VS_NONE ? 0 : vs_ctx_vma(ctx, p)->addr;
}

/** The position of the VMA at address @p addr, VS_NONE if it has none. */
static inline uint32_t vs_ctx_pos(const struct vs_check_ctx *ctx, uint64_t addr)
{
	uint32_t i = addr ? vs_space_find(ctx->s, addr) : VS_NONE;

	return i == VS_NONE ? VS_NONE : ctx->pos[i];
}

/**
 * Whether @p addr is an object whose bytes are missing, or are damaged beyond
 * knowing: a pointer to it accuses nobody.
 */
bool vs_ctx_is_absent(const struct vs_check_ctx *ctx, uint64_t addr);

/** Start, end or flags of @p p as the dump has them are impossible by themselves. */
bool vs_range_bad(const struct vs_space *s, uint64_t start, uint64_t end);

/** Is @p v marked as in no tree (detached, 6.4 to 6.14), or its vm_refcnt impossible (6.15+)? */
bool vs_vma_detached(const struct vs_space *s, const struct vs_vma *v);

/** Weigh the evidence: fills ctx->belief, seen and believed. False without memory. */
bool vs_blame(struct vs_check_ctx *ctx);

/** The pages that each VMA has by interval trees into @p told, by position; 0 where none tells. */
void vs_blame_told(const struct vs_check_ctx *ctx, uint64_t *told);

/** The colours; part of vs_blame(). False without memory. */
bool vs_blame_colors(struct vs_check_ctx *ctx);

/** One pass: nothing is wrong with @p s, whose reference order is @p o. */
bool vs_quick_clean(const struct vs_space *s, const struct vs_order *o);

/*
 * Their part of the quick pass: what the rules of rules_layout.c, rules_users.c, rules_lock.c,
 * rules_maple.c and rules_objects.c would find.
 */
struct vs_quick;

/** What mm_struct says of the layout is sound by itself; what has to be mapped goes into @p q. */
bool vs_layout_start(const struct vs_space *s, struct vs_quick *q);
/** Its counts fit its users, and what these remember could be read. */
bool vs_users_clean(const struct vs_space *s);
/** Whether an equal vm_lock_seq means anything: nobody writes. */
bool vs_lock_seq_held(const struct vs_space *s);
/**
 * A VMA is locked for write while its vm_lock_seq is the mm's (6.4+); letting go of mmap_lock,
 * or of the right to write, moves that on. Without a writer an equal one is stale: no lock.
 */
static inline bool vs_lock_seq_stale(const struct vs_space *s, const struct vs_vma *v)
{
	return !v->absent && v->lock_seq == (uint32_t)s->f.mm_lock_seq;
}
/** Is @p v what slot @p slot of node number @p node has, in its range? */
bool vs_quick_entry(struct vs_quick *q, const struct vs_space *s, const struct vs_vma *v, uint32_t node,
		    unsigned int slot);
/** All nodes and all entries have been shown. */
bool vs_quick_maple_done(const struct vs_quick *q, const struct vs_space *s);

/** All rules, without the quick pass before them; for tests. */
void vs_check_slowly(const struct vs_space *s, struct vs_report *ret);

/*
 * Emitting. Each returns the new finding with rule, severity and object filled
 * in, or NULL when the rule has enough of them or memory is out; the others
 * take NULL.
 */
struct vs_finding *vs_found_mm(struct vs_check_ctx *ctx, const char *member, enum vs_valfmt fmt,
			       uint64_t seen);
struct vs_finding *vs_found_vma(struct vs_check_ctx *ctx, uint32_t p, const char *member,
				enum vs_valfmt fmt, uint64_t seen);
/** As vs_found_vma() for a VMA that need not be in the reference order. */
struct vs_finding *vs_found_index(struct vs_check_ctx *ctx, uint32_t index, const char *member,
				  enum vs_valfmt fmt, uint64_t seen);
void vs_finding_expect(struct vs_finding *f, uint64_t expected);
void vs_finding_say(struct vs_check_ctx *ctx, struct vs_finding *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** The first finding so far of one of the @p rules (up to 3, NULL: none) that is no consequence. */
const struct vs_finding *vs_ctx_cause(const struct vs_check_ctx *ctx, const char *const rules[3]);

/** A finding about something that no VMA of the space is, at @p addr. */
struct vs_finding *vs_found_addr(struct vs_check_ctx *ctx, uint64_t addr, const char *member,
				 enum vs_valfmt fmt, uint64_t seen);

/** A finding about an object of the kernel's structure @p type at @p addr. */
struct vs_finding *vs_found_other(struct vs_check_ctx *ctx, const char *type, uint64_t addr,
				  const char *member, enum vs_valfmt fmt, uint64_t seen);

/** Fill in f->cause where the value seen tells what happened to it. */
void vs_cause_guess(const struct vs_check_ctx *ctx, struct vs_finding *f);

/* The rules, by family. */
void vs_rule_vma_mm(struct vs_check_ctx *ctx);
void vs_rule_vma_range(struct vs_check_ctx *ctx);
void vs_rule_vma_align(struct vs_check_ctx *ctx);
void vs_rule_vma_limit(struct vs_check_ctx *ctx);
void vs_rule_vma_flags(struct vs_check_ctx *ctx);
/** Does vm_page_prot contradict these vm_flags? */
bool vs_prot_bad(const struct vs_space *s, const struct vs_vma *v, uint64_t flags);
void vs_rule_vma_prot(struct vs_check_ctx *ctx);
void vs_rule_vma_kind(struct vs_check_ctx *ctx);
void vs_rule_vma_bounds(struct vs_check_ctx *ctx);
void vs_rule_vma_overlap(struct vs_check_ctx *ctx);
void vs_rule_vma_lost(struct vs_check_ctx *ctx);

void vs_rule_list_start(struct vs_check_ctx *ctx);
void vs_rule_list_next(struct vs_check_ctx *ctx);
void vs_rule_list_prev(struct vs_check_ctx *ctx);
void vs_rule_list_count(struct vs_check_ctx *ctx);
void vs_rule_prev_count(struct vs_check_ctx *ctx);

void vs_rule_rb_root(struct vs_check_ctx *ctx);
void vs_rule_rb_child(struct vs_check_ctx *ctx);
void vs_rule_rb_order(struct vs_check_ctx *ctx);
void vs_rule_rb_parent(struct vs_check_ctx *ctx);
void vs_rule_rb_color(struct vs_check_ctx *ctx);
void vs_rule_rb_black_height(struct vs_check_ctx *ctx);
void vs_rule_rb_gap(struct vs_check_ctx *ctx);
void vs_rule_rb_count(struct vs_check_ctx *ctx);
void vs_rule_rb_list(struct vs_check_ctx *ctx);

void vs_rule_maple_root(struct vs_check_ctx *ctx);
void vs_rule_maple_flags(struct vs_check_ctx *ctx);
void vs_rule_maple_dead(struct vs_check_ctx *ctx);
void vs_rule_maple_slot(struct vs_check_ctx *ctx);
void vs_rule_maple_parent(struct vs_check_ctx *ctx);
void vs_rule_maple_pivot(struct vs_check_ctx *ctx);
void vs_rule_maple_end(struct vs_check_ctx *ctx);
void vs_rule_maple_leftover(struct vs_check_ctx *ctx);
void vs_rule_maple_nulls(struct vs_check_ctx *ctx);
void vs_rule_maple_gap(struct vs_check_ctx *ctx);
void vs_rule_maple_meta_gap(struct vs_check_ctx *ctx);
void vs_rule_maple_fill(struct vs_check_ctx *ctx);
void vs_rule_maple_range(struct vs_check_ctx *ctx);
void vs_rule_maple_zero(struct vs_check_ctx *ctx);
void vs_rule_vma_attached(struct vs_check_ctx *ctx);
void vs_rule_vma_lock(struct vs_check_ctx *ctx);
void vs_rule_lock_seq(struct vs_check_ctx *ctx);

void vs_rule_map_count(struct vs_check_ctx *ctx);
void vs_rule_highest_vm_end(struct vs_check_ctx *ctx);
void vs_rule_total_vm(struct vs_check_ctx *ctx);
void vs_rule_data_vm(struct vs_check_ctx *ctx);
void vs_rule_exec_vm(struct vs_check_ctx *ctx);
void vs_rule_stack_vm(struct vs_check_ctx *ctx);
void vs_rule_shared_vm(struct vs_check_ctx *ctx);
void vs_rule_locked_vm(struct vs_check_ctx *ctx);

void vs_rule_layout_order(struct vs_check_ctx *ctx);
void vs_rule_layout_limit(struct vs_check_ctx *ctx);
void vs_rule_layout_heap(struct vs_check_ctx *ctx);
void vs_rule_layout_stack(struct vs_check_ctx *ctx);
void vs_rule_layout_args(struct vs_check_ctx *ctx);

void vs_rule_mm_users(struct vs_check_ctx *ctx);
void vs_rule_mm_count(struct vs_check_ctx *ctx);
void vs_rule_vmacache(struct vs_check_ctx *ctx);

void vs_rule_file_mapping(struct vs_check_ctx *ctx);
void vs_rule_file_tree(struct vs_check_ctx *ctx);
void vs_rule_file_last(struct vs_check_ctx *ctx);
void vs_rule_anon_chain(struct vs_check_ctx *ctx);
void vs_rule_anon_vma(struct vs_check_ctx *ctx);
void vs_rule_anon_tree(struct vs_check_ctx *ctx);
void vs_rule_anon_last(struct vs_check_ctx *ctx);
void vs_rule_objects_absent(struct vs_check_ctx *ctx);

void vs_rule_core_cut(struct vs_check_ctx *ctx);
void vs_rule_core_zeros(struct vs_check_ctx *ctx);
void vs_rule_core_notes(struct vs_check_ctx *ctx);
void vs_rule_core_range(struct vs_check_ctx *ctx);
void vs_rule_core_align(struct vs_check_ctx *ctx);
void vs_rule_core_order(struct vs_check_ctx *ctx);
void vs_rule_core_overlap(struct vs_check_ctx *ctx);
void vs_rule_core_flags(struct vs_check_ctx *ctx);
void vs_rule_core_files(struct vs_check_ctx *ctx);
void vs_rule_core_auxv(struct vs_check_ctx *ctx);
void vs_rule_core_sp(struct vs_check_ctx *ctx);
void vs_rule_core_links(struct vs_check_ctx *ctx);
void vs_rule_core_build(struct vs_check_ctx *ctx);
void vs_rule_core_filter(struct vs_check_ctx *ctx);

void vs_rule_walk_broken(struct vs_check_ctx *ctx);
void vs_rule_absent(struct vs_check_ctx *ctx);

#endif
