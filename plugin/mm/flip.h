/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_FLIP_H
#define VS_MM_FLIP_H

#include <stdbool.h>
#include <stdint.h>

struct vs_kernel;
struct vs_space;

/**
 * Was @p seen, in the member called @p name of the object at @p addr, a pointer of which one
 * bit has flipped? It was if with one bit turned it leads to what points back, or to what can
 * be meant; *ret is that. False if with none, or with several.
 */
bool vs_flip_find(struct vs_kernel *k, const struct vs_space *s, uint64_t addr, const char *name,
		  uint64_t seen, uint64_t *ret);

#endif
