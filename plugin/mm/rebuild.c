// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting an address space together again from everything that vouches for a
 * VMA: the walks as far as they go, and the slab that VMAs live in.
 */
#include "mm/rebuild.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

static bool plausible(const struct vs_space *s, const struct vs_vma *v)
{
	const uint64_t page = (UINT64_C(1) << s->page_shift) - 1;

	return v->mm == s->mm && v->start < v->end && v->end <= s->limit &&
		!((v->start | v->end) & page);
}

/* Taken out of its address space, and not given back yet. */
static bool detached(const struct vs_space *s, const struct vs_vma *v)
{
	return (s->has & VS_HAS_DETACHED && v->detached) || (s->has & VS_HAS_REFCNT && !v->refcnt);
}

struct vs_err *vs_rebuild_add(struct vs_kernel *k, const struct vs_slab *slab, struct vs_out *out,
			      struct vs_space *s)
{
	for (size_t i = 0; i < slab->objects.n; i++) {
		uint64_t addr = slab->objects.v[i], mm;
		uint32_t at = vs_space_find(s, addr);
		struct vs_vma v = { .addr = addr, .fact = VS_NONE }, *slot;
		struct vs_err *err = i % 65536 ? NULL : vs_out_poll(out);

		if (err)
			return err;
		if (at != VS_NONE) {
			s->vmas.v[at].seen |= VS_SEEN_SLAB;
			continue;
		}
		if (!vs_kmem_ulong(&k->mem, addr + (uint64_t)k->layout.vma.vm_mm.off, &mm) || mm != s->mm)
			continue;
		vs_vma_read(k, addr, &v);
		if (v.absent || !plausible(s, &v) || detached(s, &v))
			continue;
		slot = vs_space_add(s, addr);
		if (!slot)
			return &vs_enomem;
		v.seen = VS_SEEN_SLAB;
		*slot = v;
	}
	for (size_t i = 0; i < s->vmas.n; i++)
		if (vs_map_get(&slab->free, s->vmas.v[i].addr) != VS_MAP_NONE)
			s->vmas.v[i].seen |= VS_SEEN_FREE;
	return NULL;
}

struct by_start {
	uint64_t start;
	uint32_t i;
	uint8_t vouched;
};

static int cmp_start(const void *a, const void *b)
{
	const struct by_start *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->vouched != y->vouched)
		return x->vouched > y->vouched ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

static uint8_t vouched(const struct vs_vma *v)
{
	return (uint8_t)__builtin_popcount(v->seen & (VS_SEEN_NEXT | VS_SEEN_PREV | VS_SEEN_TREE |
						      VS_SEEN_MAPLE | VS_SEEN_SLAB));
}

bool vs_rebuild_order(const struct vs_space *s, bool have_slab, struct vs_order *ret)
{
	struct by_start *all;
	size_t n = 0;
	bool ok;

	// a walk that is whole, and all of whose VMAs are allocated, is the answer
	ok = vs_space_order(s, ret);
	if (ok && ret->whole && ret->v.n == s->f.map_count) {
		bool sound = true;

		for (size_t i = 0; i < ret->v.n; i++)
			sound &= !(s->vmas.v[ret->v.v[i]].seen & VS_SEEN_FREE);
		if (sound)
			return true;
	}
	vs_order_deinit(ret);
	all = malloc((s->vmas.n ? s->vmas.n : 1) * sizeof(*all));
	if (!ok || !all)
		return free(all), false;
	for (size_t i = 0; i < s->vmas.n; i++) {
		const struct vs_vma *v = &s->vmas.v[i];

		if (!plausible(s, v) || detached(s, v) || v->seen & VS_SEEN_FREE)
			continue;
		// what a walk alone leads to while the slab says that there is no such object
		if (have_slab && !(v->seen & VS_SEEN_SLAB) && vouched(v) < 2)
			continue;
		all[n++] = (struct by_start){ v->start, (uint32_t)i, vouched(v) };
	}
	qsort(all, n, sizeof(*all), cmp_start);
	*ret = (struct vs_order){ .source = "all walks and the slab" };
	ok = vs_vec_reserve(&ret->v, n);
	for (size_t i = 0; ok && i < n; i++)
		ret->v.v[ret->v.n++] = all[i].i;
	free(all);
	return ok;
}
