/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of an address space as it is in the snapshot: red-black or maple,
 * one line a node, with what the check says of a node right under it. Each node
 * is drawn once, whatever the pointers say.
 */
#ifndef VS_RENDER_TREE_H
#define VS_RENDER_TREE_H

#include "check/check.h"
#include "render/text.h"
#include "space/space.h"

struct vs_out;
struct vs_err;

#define VS_TREE_ALL UINT32_MAX

/**
 * Draw the tree of @p s. @p r: findings to mark; @p depth: levels below the root that are
 * drawn, VS_TREE_ALL: all.
 */
struct vs_err *vs_render_tree(struct vs_out *out, const struct vs_space *s, const struct vs_report *r,
			      uint32_t depth, const struct vs_text_style *style);

/** The same as data: "tree", then a line for each node, entry, free slot and broken pointer. */
struct vs_err *vs_json_tree(struct vs_out *out, const struct vs_space *s, const struct vs_report *r,
			    uint32_t depth);

/* --- what the drawings share: a tree as a sequence of lines --- */

enum vs_twig {
	VS_TWIG_NODE,		/* of the red-black tree; .index: of the VMA */
	VS_TWIG_MNODE,		/* of the maple tree; .index: into maple.nodes */
	VS_TWIG_ENTRY,		/* .index: into maple.entries */
	VS_TWIG_FREE,		/* a slot of a maple leaf without an entry */
	VS_TWIG_BREAK,		/* a pointer that leads to no node; .stop, .value */
	VS_TWIG_MORE,		/* what --depth leaves out: .count nodes */
	VS_TWIG_STRAY,		/* a VMA that other walks reach and the tree does not */
};

/* One line. */
struct vs_tree_line {
	uint64_t value;		/* of a broken pointer */
	uint64_t first, last;	/* of a free slot, inclusive */
	uint64_t gap;		/* free range under it as its parent keeps it, bytes */
	uint32_t depth;		/* the root: 0 */
	uint32_t index;
	uint32_t parent;	/* index of the node that holds the pointer; VS_NONE: the mm */
	uint32_t count;		/* of VS_TWIG_MORE, and how many of those are damaged: .index */
	uint8_t twig;		/* enum vs_twig */
	uint8_t stop;		/* enum vs_stop */
	uint8_t from;		/* enum vs_from, for VS_STOP_ABSENT */
	uint8_t why;		/* enum vs_mwhy, of the maple tree */
	uint8_t slot;		/* of its parent; red-black: 0 left, 1 right */
	bool last_child;	/* no other line follows under the same parent */
	bool has_gap;
};

/* Findings by the address of their object. */
struct vs_tree_findings {
	VS_VEC(uint32_t) v;	/* indices into report->findings, by address */
	const struct vs_report *r;
};

bool vs_tree_findings_init(struct vs_tree_findings *f, const struct vs_report *r);

/** The findings about the object at @p addr: the first, and how many in *n_ret. */
const uint32_t *vs_tree_findings_of(const struct vs_tree_findings *f, uint64_t addr, size_t *n_ret);

/** A walk over the drawing. */
typedef struct vs_err *vs_tree_fn(void *arg, const struct vs_tree_line *l);

/** Call @p fn for each line, in order; an error of its ends the walk. */
struct vs_err *vs_tree_lines(const struct vs_space *s, const struct vs_tree_findings *f, uint32_t depth,
			     vs_tree_fn *fn, void *arg);

/** Address of the object of a line: VMA or maple node; 0 if there is none. */
uint64_t vs_tree_line_addr(const struct vs_space *s, const struct vs_tree_line *l);

/** "is not in the dump", "leads back to a node that is drawn already", ... */
const char *vs_tree_why(const struct vs_tree_line *l);

#endif
