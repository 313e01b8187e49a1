/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is believed of a maple tree, and what of the dump is not: each of its
 * words is told more than once. A child names its parent and slot; a boundary
 * between two ranges stands in a leaf, perhaps in the nodes above it, and in the
 * VMAs on both sides; a gap is a difference of boundaries. So of each word it
 * can be said what it should be, and where two disagree a third decides.
 *
 * A "cell" is a slot of a leaf that is in use: a VMA, or a free range (NULL).
 * All cells from left to right are all addresses from 0 to ULONG_MAX.
 */
#ifndef VS_CHECK_MAPLE_H
#define VS_CHECK_MAPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "space/space.h"

struct vs_check_ctx;

/* The rules of rules_maple.c: which of them tells a charge. */
enum vs_mrule {
	VS_MR_ROOT,
	VS_MR_FLAGS,
	VS_MR_DEAD,
	VS_MR_SLOT,
	VS_MR_PARENT,
	VS_MR_PIVOT,
	VS_MR_END,
	VS_MR_LEFTOVER,
	VS_MR_NULLS,
	VS_MR_GAP,
	VS_MR_META_GAP,
	VS_MR_FILL,
	VS_N_MRULES
};

/* Members of a maple node, and of the maple_tree. */
enum vs_mmember {
	VS_MM_NODE,		/* all of it */
	VS_MM_ROOT,
	VS_MM_FLAGS,
	VS_MM_PARENT,
	VS_MM_PIVOT,
	VS_MM_SLOT,
	VS_MM_GAP,
	VS_MM_META_END,
	VS_MM_META_GAP,
};

/* A member that is not believed. */
struct vs_mcharge {
	uint8_t rule;		/* enum vs_mrule */
	uint8_t member;		/* enum vs_mmember */
	uint8_t slot;
	bool has_expected;
	uint64_t addr;		/* of the node; 0: the mm_struct */
	uint64_t seen, expected;
	char *detail;		/* owned */
};

enum vs_mcell_kind {
	VS_CELL_NULL,
	VS_CELL_VMA,
	VS_CELL_ZERO,		/* XA_ZERO_ENTRY */
	VS_CELL_LOST,		/* an entry that leads to no VMA, or to another cell's */
	VS_CELL_MISSING,	/* NULL, but there was a VMA */
	VS_CELL_HOLE,		/* a slot of an inner node whose subtree cannot be had */
	VS_CELL_ABSENT,		/* either, since its bytes are not in the dump */
};

struct vs_mcell {
	uint32_t node;
	uint32_t vma;		/* index into s->vmas; VS_NONE */
	uint32_t votes;		/* its first in votes[] */
	uint8_t slot;
	uint8_t kind;		/* enum vs_mcell_kind */
	uint8_t n_votes;	/* pivots that tell where it ends, the leaf's own first */
	bool known;		/* .last can be believed */
	bool edge;		/* of the last leaf */
	uint64_t last;		/* inclusive */
};

/* A pivot that tells where a cell ends. */
struct vs_mvote {
	uint32_t node;
	uint8_t slot;
};

/* What is believed of one node. */
struct vs_mknot {
	uint32_t up;		/* its parent; VS_NONE: the root */
	uint32_t cells;		/* its first */
	uint8_t slot;		/* which of the parent's leads here */
	uint8_t end;		/* the last slot in use */
	bool placed;		/* it is part of the tree */
	bool edge;		/* its range goes up to ULONG_MAX */
	bool whole;		/* nothing is missing below: .gap is known */
	uint64_t max;		/* by the pivots above it */
	uint64_t gap;		/* the largest free range below */
};

/* A bound of a VMA that the tree does not believe. */
struct vs_mbound {
	uint32_t vma;		/* index into s->vmas */
	bool start;
	uint64_t value;		/* what it should be */
};

struct vs_maple_belief {
	bool judged;		/* the tree could be held against the VMAs */
	bool whole;		/* no part of it is missing */
	bool moved;		/* entries stand where they do not belong: the walk's order is not by address */
	bool *stray;		/* by index into s->vmas: reached by a wrong pointer; NULL: none is */
	unsigned int height;	/* 0: not known */
	uint64_t top;		/* ULONG_MAX of the target */
	struct vs_map by_addr;	/* node address -> index */
	struct vs_mknot *knots;	/* by node */
	uint32_t *at;		/* by index of the slot in words[]: its child, or entry; VS_NONE */
	VS_VEC(uint32_t) post;	/* nodes, children before their parents */
	VS_VEC(struct vs_mcell) cells;
	VS_VEC(struct vs_mvote) votes;
	VS_VEC(struct vs_mbound) bounds;
	VS_VEC(struct vs_mcharge) charges;
	size_t more[VS_N_MRULES];	/* charges past those kept */
	bool failed;		/* ran out of memory */
};

/** Judge the tree, before the VMAs are (vs_blame()). False without memory. */
bool vs_maple_judge(struct vs_check_ctx *ctx);
void vs_maple_belief_deinit(struct vs_maple_belief *b);

/* --- between maple_*.c --- */

/** Charge a member; @p node VS_NONE is the mm_struct. The words are for people. */
struct vs_mcharge *vs_maple_charge(struct vs_check_ctx *ctx, enum vs_mrule rule, uint32_t node,
				   enum vs_mmember member, unsigned int slot, uint64_t seen,
				   const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
void vs_mcharge_expect(struct vs_mcharge *c, uint64_t expected);

/** The VMAs of all entries of the nodes [@p from, @p to) do not belong here. False without memory. */
bool vs_maple_stray(struct vs_check_ctx *ctx, uint32_t from, uint32_t to);

/** How many entries of the nodes [@p from, @p to), *n_ret in all, are VMAs of this mm by their vm_mm. */
size_t vs_maple_count_ours(const struct vs_check_ctx *ctx, uint32_t from, uint32_t to, size_t *n_ret);

/** Which node hangs where, where each ends, and the cells. False without memory. */
bool vs_maple_shape(struct vs_check_ctx *ctx);

/** Where each cell ends, and which VMAs are in their places. */
bool vs_maple_bounds(struct vs_check_ctx *ctx);

/** The pivot behind a vote. */
static inline uint64_t vs_mvote_value(const struct vs_maple *m, const struct vs_mvote *v)
{
	return vs_mnode_pivots(m, &m->nodes.v[v->node])[v->slot];
}

/** Where cell @p k begins, as believed. */
static inline uint64_t vs_mcell_first(const struct vs_maple_belief *b, uint32_t k)
{
	return k ? b->cells.v[k - 1].last + 1 : 0;
}

/** Where in words[] a slot stands; also the index into at[]. */
static inline uint32_t vs_mslot_at(const struct vs_mnode *n, unsigned int slot)
{
	return n->data + n->n_pivots + slot;
}

/** The word that a child of @p parent in @p slot has as its parent (mte_set_parent()). */
static inline uint64_t vs_mparent_word(const struct vs_mnode *parent, unsigned int slot)
{
	return parent->addr | slot << 3 | 6;
}

/** What the low byte of a pointer to a node says: its type, and a bit that is always set. */
static inline unsigned int vs_menode_low(const struct vs_mnode *n)
{
	return (unsigned int)n->type << 3 | 4;
}

/** mt_min_slots[]: fewer are in a node only at the right edge or in the root. */
static inline unsigned int vs_mnode_min_end(const struct vs_mnode *n)
{
	return n->n_slots / 2u - 2;
}

/** Has the node room for metadata, if its last slot in use is @p end? */
static inline bool vs_mnode_has_meta(const struct vs_mnode *n, unsigned int end)
{
	return n->has_gaps || end + 1u < n->n_slots;
}

/** Is the last slot, as metadata, without bytes that mean nothing? Either byte order. */
static inline bool vs_mnode_meta_clean(const struct vs_space *s, const struct vs_mnode *n,
				       uint64_t word)
{
	unsigned int bits = 8u * s->word;

	return word == (n->meta_end | (uint64_t)n->meta_gap << 8) ||
	       word == ((uint64_t)n->meta_end << (bits - 8) | (uint64_t)n->meta_gap << (bits - 16));
}

#endif
