/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_REBUILD_H
#define VS_MM_REBUILD_H

#include "mm/slab.h"
#include "space/space.h"

struct vs_kernel;
struct vs_out;

/** Is no walk of @p s whole and of the right length, so that other sources have to help? */
bool vs_rebuild_wanted(const struct vs_space *s, bool *ret);

/**
 * Add to @p s, which holds what its walks reached, the VMAs of its mm that something
 * else leads to: pointers behind a break, the i_mmap trees of its files, its anon_vmas;
 * and mark in each VMA who vouches for it.
 */
struct vs_err *vs_rebuild_add_kin(struct vs_kernel *k, struct vs_out *out, struct vs_space *s);

/**
 * Add those that are allocated in @p slab, and mark which VMAs are allocated and
 * which are free.
 */
struct vs_err *vs_rebuild_add_slab(struct vs_kernel *k, const struct vs_slab *slab, struct vs_out *out,
				   struct vs_space *s);

#endif
