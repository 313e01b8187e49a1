/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A maple tree as it was walked: its nodes as they are in the dump, its entries
 * with the ranges that the pivots give them, and where the walk broke off.
 */
#ifndef VS_SPACE_MAPLE_H
#define VS_SPACE_MAPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

/* enum maple_type of include/linux/maple_tree.h; maple_copy since 7.1. */
enum vs_mtype {
	VS_MT_DENSE,
	VS_MT_LEAF_64,
	VS_MT_RANGE_64,
	VS_MT_ARANGE_64,
	VS_MT_COPY,
	VS_MT_UNKNOWN,
};

/** "leaf_64", "arange_64", ... */
const char *vs_mtype_name(enum vs_mtype t);

/* One node. Its pivots, slots and gaps are in vs_maple.words, from .data on, in this order. */
struct vs_mnode {
	uint64_t addr;		/* maple_node, aligned to 256 */
	uint64_t enode;		/* as the slot or ma_root that leads here has it: address, type, flags */
	uint64_t parent_word;	/* its member parent, raw */
	uint64_t min, max;	/* the range that its parent's pivots leave to it, inclusive */
	uint32_t parent;	/* index, UINT32_MAX for the root */
	uint32_t data;		/* index of its first pivot in words[] */
	uint8_t slot;		/* which slot of the parent leads here */
	uint8_t type;		/* enum vs_mtype: as it was read */
	uint8_t type_seen;	/* the one in enode; another where its slots show that that is wrong */
	uint8_t depth;		/* 0 for the root */
	uint8_t n_pivots, n_slots;
	uint8_t end;		/* the last slot in use, as ma_data_end() finds it; n_slots or more: none */
	uint8_t used;		/* the same by the node's own evidence, whatever its parent says of max */
	uint8_t meta_end, meta_gap;	/* struct maple_metadata; 0 where the node has none */
	bool leaf;
	bool has_gaps;		/* arange_64: n_slots gaps follow the slots */
	bool meta_used;		/* the last slot's place holds metadata, not an entry */
};

enum vs_mkind {
	VS_MENTRY_VMA,		/* .vma is its index */
	VS_MENTRY_ZERO,		/* XA_ZERO_ENTRY: dup_mmap() failed here */
	VS_MENTRY_OTHER,	/* neither a VMA that can be read nor anything known */
};

/* One entry of a leaf: not NULL. */
struct vs_mentry {
	uint64_t first, last;	/* inclusive */
	uint64_t raw;		/* the slot's value */
	uint32_t vma;		/* index into the space's vmas, UINT32_MAX */
	uint32_t node;		/* the leaf; UINT32_MAX: stands in ma_root itself */
	uint8_t slot;
	uint8_t kind;		/* enum vs_mkind */
};

/* Why the walk could not go on at a slot. The causes of struct vs_break, and: */
enum vs_mwhy {
	VS_MW_STOP,		/* see .stop */
	VS_MW_TYPE,		/* an encoding that is none of the tree's node types */
	VS_MW_DEPTH,		/* deeper than a maple tree can be */
	VS_MW_ROOT,		/* garbage in the low bits of ma_root */
};

struct vs_mbreak {
	enum vs_mwhy why;
	uint8_t stop;		/* enum vs_stop */
	uint8_t from;		/* enum vs_from */
	uint8_t slot;
	uint32_t node;		/* whose slot it is; UINT32_MAX: ma_root */
	uint64_t value;		/* of the slot */
};

struct vs_maple {
	uint64_t root, flags;	/* ma_root, ma_flags, raw */
	uint64_t tree;		/* address of the maple_tree: what the root's parent points to */
	VS_VEC(struct vs_mnode) nodes;		/* parents before their children, in order of ranges */
	VS_VEC(uint64_t) words;
	VS_VEC(struct vs_mentry) entries;	/* in order of the walk */
	VS_VEC(struct vs_mbreak) breaks;
};

void vs_maple_deinit(struct vs_maple *m);
/** Empty it, keep the room. */
void vs_maple_reset(struct vs_maple *m);

static inline const uint64_t *vs_mnode_pivots(const struct vs_maple *m, const struct vs_mnode *n)
{
	return m->words.v + n->data;
}

static inline const uint64_t *vs_mnode_slots(const struct vs_maple *m, const struct vs_mnode *n)
{
	return m->words.v + n->data + n->n_pivots;
}

/** Only where n->has_gaps. */
static inline const uint64_t *vs_mnode_gaps(const struct vs_maple *m, const struct vs_mnode *n)
{
	return m->words.v + n->data + n->n_pivots + n->n_slots;
}

/* Encodings of include/linux/maple_tree.h and lib/maple_tree.c; unchanged 6.1 to 7.1. */
#define VS_MAPLE_NODE_MASK	UINT64_C(255)
#define VS_MAPLE_FLAG_ALLOC	UINT64_C(0x01)	/* MT_FLAGS_ALLOC_RANGE: gaps are kept */
#define VS_MAPLE_HEIGHT(flags)	(((flags) & 0x7c) >> 2)
#define VS_MAPLE_HEIGHT_MAX	31

static inline uint64_t vs_mte_node(uint64_t enode)
{
	return enode & ~VS_MAPLE_NODE_MASK;
}

/** Is the node's parent the tree itself? MA_ROOT_PARENT. */
static inline bool vs_mnode_says_root(const struct vs_mnode *n)
{
	return n->parent_word & 1;
}

/** The slot of the parent that a node believes to be in. */
static inline unsigned int vs_mnode_parent_slot(const struct vs_mnode *n)
{
	return (unsigned int)(n->parent_word & 0xf8) >> 3;
}

/** mte_dead_node(): a node that has been replaced points to itself. */
static inline bool vs_mnode_dead(const struct vs_mnode *n)
{
	return vs_mte_node(n->parent_word) == n->addr;
}

#endif
