/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space put together again: which VMAs of a space it is made of, and
 * which of those that were found are left out. Who vouches for each stands in
 * its .seen.
 */
#ifndef VS_SPACE_REBUILT_H
#define VS_SPACE_REBUILT_H

#include "space/space.h"

struct vs_rebuilt_vma {
	uint64_t start, end;	/* exclusive; its own, or the maple tree's where its own cannot be */
	uint64_t tree_start, tree_end;	/* what the maple tree has for it if that is not its own; end 0: no difference */
	uint32_t vma;		/* index into the space's vmas */
	uint32_t with;		/* the VMA that it overlaps; VS_NONE */
	bool from_tree;		/* start and end are the tree's */
};

struct vs_rebuilt {
	VS_VEC(struct vs_rebuilt_vma) v;	/* by address */
	VS_VEC(struct vs_rebuilt_vma) out;	/* in the way of others for which more vouches */
	const char *source;	/* "vm_next", ... where one walk is whole; "all sources" */
	bool whole;		/* source is one walk, whole and of the right length */
};

void vs_rebuilt_deinit(struct vs_rebuilt *r);

/** How many VMAs of @p r overlap another that is in it. */
size_t vs_rebuilt_overlaps(const struct vs_rebuilt *r);

/** How many have another range in the maple tree than of their own. */
size_t vs_rebuilt_differing(const struct vs_rebuilt *r);

/**
 * Work out the best reconstruction from all that @p s has; false without memory. @p all_slab:
 * all of the slab was searched, what is not marked VS_SEEN_SLAB is not allocated.
 */
bool vs_space_rebuild(const struct vs_space *s, bool all_slab, struct vs_rebuilt *ret);

#endif
