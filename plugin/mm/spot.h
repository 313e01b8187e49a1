/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_SPOT_H
#define VS_MM_SPOT_H

#include "mm/mm.h"
#include "space/spot.h"

struct vs_err;
struct vs_kernel;
struct vs_out;

/**
 * Walk the page tables whose top one is at the kernel address @p pgd (0: the
 * kernel's own) for @p addr. What cannot be followed is in ret->end; @p files (may be
 * NULL) names swap areas. The caller deinits @p ret, also after an error.
 */
struct vs_err *vs_pgwalk_read(struct vs_kernel *k, struct vs_files *files, uint64_t pgd, uint64_t addr,
			      struct vs_pgwalk *ret);

/** What is behind [start, end). The caller deinits @p ret, also after an error. */
struct vs_err *vs_pages_read(struct vs_kernel *k, uint64_t pgd, uint64_t start, uint64_t end,
			     struct vs_out *out, struct vs_pages *ret);

/**
 * What keeps the VMAs @p below and @p above of @p s, neighbours, from being one:
 * can_vma_merge_before() and can_vma_merge_after(). The caller deinits @p ret, also after
 * an error.
 */
struct vs_err *vs_apart_read(struct vs_kernel *k, const struct vs_space *s, uint32_t below, uint32_t above,
			     struct vs_apart *ret);

#endif
