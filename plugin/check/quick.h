/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nearly every address space is sound, and one pass over it is enough to say so: each
 * VMA is looked at once, in order, with the list, the tree and the sums carried along. It
 * needs no snapshot: what is shown to it may be forgotten. It decides only whether the
 * rules are asked at all, and names nothing; whatever a rule would find makes it say no.
 */
#ifndef VS_CHECK_QUICK_H
#define VS_CHECK_QUICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "check/formula.h"
#include "space/space.h"

#define VS_QUICK_HEIGHT 128	/* twice what 2^64 VMAs could need */
#define VS_QUICK_COVERS 4	/* heap, arguments, environment, stack */

/* A subtree of the red-black tree that has been passed. */
struct vs_quick_subtree {
	uint64_t addr, parent;	/* of its root, and what that says of its parent */
	uint64_t gap;
	uint32_t black;
	uint8_t color;
};

/* A node whose right subtree is being passed. */
struct vs_quick_open {
	uint64_t addr, parent, right;
	uint64_t said;		/* its rb_subtree_gap */
	uint64_t gap;		/* own, or the left subtree's if that is larger */
	uint32_t black;		/* of the left subtree */
	uint8_t color;
};

/*
 * The tree is checked without looking up one address. In order, a node's left
 * subtree has been passed just before it, so it is the one pending; and a node
 * without a right child ends every subtree whose right edge it is.
 */
struct vs_quick_tree {
	struct vs_quick_open open[VS_QUICK_HEIGHT];
	unsigned int depth;
	struct vs_quick_subtree pending;
	bool has_pending;
	bool gaps;		/* rb_subtree_gap exists */
	bool bad;
};

/* The maple tree: nodes before what they lead to, so that a node's range is known to be right. */
struct vs_quick_maple {
	uint64_t top;		/* the last index */
	uint64_t end;		/* where the last leaf ended, + 1 */
	uint64_t cells;		/* of all leaves, that are not free */
	uint64_t entries;	/* that were shown */
	unsigned int height;
	bool null;		/* the last cell was free */
};

/* Something that has to be mapped as a whole. */
struct vs_quick_cover {
	uint64_t at, to;	/* [at, to) is what is left of it */
};

/* A VMA that a task remembers, and where it begins. */
struct vs_quick_cached {
	uint64_t start, addr;
};

struct vs_quick {
	uint64_t n;		/* VMAs so far */
	uint64_t limit, mask;
	uint64_t prev_end, prev_addr, next;
	uint64_t locked;	/* bytes */
	bool kernel, list, prev, rb, maple, lock_seq;
	bool mmap_cache;	/* it is yet to be met */
	struct vs_sums sums;
	struct vs_quick_tree tree;
	struct vs_quick_maple mt;
	struct vs_quick_cover covers[VS_QUICK_COVERS];
	unsigned int n_covers;
	uint64_t cover;		/* the lowest address that is left of any */
	VS_VEC(struct vs_quick_cached) cached;	/* by start */
	size_t cached_at;	/* those before have been met */
};

/**
 * Begin, with what the mm_struct says and its users. False: something is wrong, or is not
 * for a quick pass. @p q is the caller's, whatever the answer: vs_quick_deinit().
 */
bool vs_quick_start(struct vs_quick *q, const struct vs_space *s);

/** A maple node, number @p node of s->maple.nodes; its parent is there as well. False: it is not clean. */
bool vs_quick_node(struct vs_quick *q, const struct vs_space *s, uint32_t node);

/** The next VMA. In a maple tree it is in slot @p slot of node number @p node; VS_NONE: in none. */
bool vs_quick_vma(struct vs_quick *q, const struct vs_space *s, const struct vs_vma *v, uint32_t node,
		  unsigned int slot);

/** All have been shown. */
bool vs_quick_done(struct vs_quick *q, const struct vs_space *s);

void vs_quick_deinit(struct vs_quick *q);

#endif
