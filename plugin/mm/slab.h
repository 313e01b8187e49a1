/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vm_area_structs or mm_structs of the whole machine, out of the pages of their
 * slab: what is left when no walk leads to them.
 */
#ifndef VS_MM_SLAB_H
#define VS_MM_SLAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"

struct vs_err;
struct vs_kernel;
struct vs_out;

/** Objects of one kmem_cache. */
struct vs_slab {
	VS_VEC(uint64_t) objects;	/* allocated ones, by address */
	struct vs_map free;		/* those on a freelist: address -> 0 */
	uint64_t n_pages;		/* slabs that were found */
	uint64_t n_absent;		/* struct pages that the dump lacks: there may be more slabs */
	uint64_t n_lost;		/* objects whose bytes it lacks */
	uint64_t n_cut;			/* freelists that break off: freed objects count as allocated there */
	char *problem;			/* why the slabs could not be gone through; NULL */
};

/**
 * Go through the struct pages of all memory in the dump for slabs of the cache whose
 * address stands in the variable at @p cachep, and whose objects have @p min bytes or
 * more. What cannot be done is told in ret->problem; the caller deinits @p ret.
 */
struct vs_err *vs_slab_read(struct vs_kernel *k, uint64_t cachep, uint32_t min, struct vs_out *out,
			    struct vs_slab *ret);
void vs_slab_deinit(struct vs_slab *s);

#endif
