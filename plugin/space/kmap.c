// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/kmap.h"

#include <stdlib.h>
#include <string.h>

void vs_kmap_deinit(struct vs_kmap *m)
{
	for (size_t i = 0; i < m->v.n; i++)
		free(m->v.v[i].name);
	vs_vec_deinit(&m->v);
}

struct vs_kregion *vs_kmap_add(struct vs_kmap *m, const char *name, uint64_t start, uint64_t last,
			       const char *source)
{
	char *copy = strdup(name);
	struct vs_kregion *r = copy ? vs_vec_push(&m->v) : NULL;

	if (!r) {
		free(copy);
		return NULL;
	}
	*r = (struct vs_kregion){ .start = start, .last = last, .name = copy, .source = source };
	return r;
}

static int cmp(const void *a, const void *b)
{
	const struct vs_kregion *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return strcmp(x->name, y->name);
}

void vs_kmap_settle(struct vs_kmap *m)
{
	if (m->v.n)
		qsort(m->v.v, m->v.n, sizeof(*m->v.v), cmp);
	for (size_t i = 0; i < m->v.n; i++) {
		struct vs_kregion *r = &m->v.v[i];

		r->depth = 0;
		for (size_t k = i; k-- > 0;)	// the nearest one around it
			if (m->v.v[k].last >= r->last) {
				r->depth = m->v.v[k].depth + 1;
				break;
			}
	}
}

const struct vs_kregion *vs_kmap_find(const struct vs_kmap *m, uint64_t addr)
{
	const struct vs_kregion *best = NULL;

	for (size_t i = 0; i < m->v.n && m->v.v[i].start <= addr; i++)
		if (addr <= m->v.v[i].last && (!best || m->v.v[i].last - m->v.v[i].start <= best->last - best->start))
			best = &m->v.v[i];
	return best;
}
