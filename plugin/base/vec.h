/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing array of any type:
 *
 *	struct { struct vs_vma *v; size_t n, cap; } vmas;
 *	struct vs_vma *slot = vs_vec_push(&vmas);	// NULL without memory
 */
#ifndef VS_BASE_VEC_H
#define VS_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define VS_VEC(type) struct { type *v; size_t n, cap; }

/** Make room for @p n elements of @p elem bytes in *data, which has room for *cap; false without memory. */
bool vs_vec_grow(void **data, size_t *cap, size_t n, size_t elem);

/** Make room for @p count elements in all; false without memory. */
#define vs_vec_reserve(vec, count) \
	((size_t)(count) <= (vec)->cap || \
	 vs_vec_grow((void **)&(vec)->v, &(vec)->cap, (count), sizeof(*(vec)->v)))

/** A new last element, not initialised; NULL without memory. */
#define vs_vec_push(vec) \
	(vs_vec_reserve((vec), (vec)->n + 1) ? &(vec)->v[(vec)->n++] : NULL)

#define vs_vec_deinit(vec) \
	do { free((vec)->v); (vec)->v = NULL; (vec)->n = (vec)->cap = 0; } while (0)

#endif
