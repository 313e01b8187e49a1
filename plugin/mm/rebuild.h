/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_REBUILD_H
#define VS_MM_REBUILD_H

#include "mm/slab.h"
#include "space/space.h"

struct vs_kernel;
struct vs_out;

/**
 * Add to @p s, which holds what its walks reached, the VMAs of its mm that are
 * allocated in @p slab, and mark which VMAs are allocated and which are free.
 */
struct vs_err *vs_rebuild_add(struct vs_kernel *k, const struct vs_slab *slab, struct vs_out *out,
			      struct vs_space *s);

/**
 * The best reconstruction: what the best walk has if one is whole, and every
 * other VMA that belongs here and is in nobody's way, by address. False without
 * memory.
 */
bool vs_rebuild_order(const struct vs_space *s, bool have_slab, struct vs_order *ret);

#endif
