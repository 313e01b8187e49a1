/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one node of an interval tree: address_space.i_mmap, anon_vma.rb_root. */
#ifndef VS_MM_ITREE_H
#define VS_MM_ITREE_H

#include <stdbool.h>
#include <stdint.h>

#include "space/objects.h"

struct vs_kernel;

/** The range of a VMA, pages of what it maps. */
struct vs_itrange {
	uint64_t last;		/* inclusive */
	uint64_t vma, pgoff;	/* the vm_area_struct, and its vm_pgoff */
	uint64_t natural;	/* vm_pgoff of anonymous memory that was not moved: its address; else UINT64_MAX */
	uint64_t top;		/* of a stack: the page where user addresses end; else 0 */
};

struct vs_itree;

/** A tree, and what its nodes are members of. */
struct vs_itree {
	struct vs_kernel *k;
	uint64_t owner;		/* address_space or anon_vma */
	uint64_t root;		/* its rb_node */
	uint64_t lock;		/* its rw_semaphore; 0: unknown */
	uint64_t top;		/* the page where user addresses end; 0: not known */
	uint32_t delta;		/* from an rb_node to its rb_subtree_last */
	/** Does what is at @p node belong to this owner, by its other members? */
	bool (*kin)(const struct vs_itree *t, uint64_t node);
	/** Is what is at @p node such a node by its slab, but overwritten? */
	bool (*wreck)(const struct vs_itree *t, uint64_t node);
	/** The range at @p node; false if it cannot be read. */
	bool (*range)(const struct vs_itree *t, uint64_t node, struct vs_itrange *ret);
};

/** Where @p addr leads, for an object of @p size bytes: they are in @p buf if VS_GOT_OK. */
enum vs_got vs_object_get(struct vs_kernel *k, uint64_t addr, void *buf, uint32_t size);

/** Read @p node of @p t, whose own range ends at page @p own_last. *n_absent counts what the dump lacks. */
void vs_itnode_read(const struct vs_itree *t, uint64_t node, uint64_t own_last, struct vs_itnode *ret,
		    struct vs_objects *o);

#endif
