// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The best order of an address space. Up to three walks tell the same sequence;
 * where they differ, the one that holds together best is believed, and where
 * none holds together, all of them are put together by address.
 */
#include "space/space.h"

#include <string.h>

/* A walk as a sequence from low to high. */
struct told {
	const char *source;
	const struct vs_walk *walk;
	bool backward;		/* the walk ran from high to low */
	bool whole;		/* it ended where a walk may end */
	unsigned int points;
};

void vs_order_deinit(struct vs_order *o)
{
	vs_vec_deinit(&o->v);
}

static inline uint32_t told_at(const struct told *t, size_t i)
{
	return t->walk->order.v[t->backward ? t->walk->order.n - 1 - i : i];
}

static bool told_equal(const struct told *a, const struct told *b)
{
	size_t n = a->walk->order.n;

	if (n != b->walk->order.n)
		return false;
	if (a->backward == b->backward)
		return !n || !memcmp(a->walk->order.v, b->walk->order.v,
				     n * sizeof(*a->walk->order.v));
	for (size_t i = 0; i < n; i++)
		if (told_at(a, i) != told_at(b, i))
			return false;
	return true;
}

static bool walk_ended(const struct vs_walk *w)
{
	for (size_t i = 0; i < w->breaks.n; i++)
		if (w->breaks.v[i].why != VS_STOP_END)
			return false;
	return true;
}

/** Nothing in its own members speaks against @p v being a VMA of this mm. */
static bool plausible(const struct vs_space *s, const struct vs_vma *v)
{
	uint64_t mask = (UINT64_C(1) << s->page_shift) - 1;

	if (s->has & VS_HAS_CORE)	// there is no other source: all are shown, the check judges
		return v->start < v->end;
	return !v->absent && v->start < v->end && !((v->start | v->end) & mask) &&
	       (!s->limit || v->end <= s->limit) && (!v->mm || v->mm == s->mm);
}

static bool sorted(const struct vs_space *s, const struct told *t)
{
	uint64_t end = 0;

	for (size_t i = 0; i < t->walk->order.n; i++) {
		const struct vs_vma *v = &s->vmas.v[told_at(t, i)];

		if (v->start < end || v->start >= v->end)
			return false;
		end = v->end;
	}
	return true;
}

static bool all_ours(const struct vs_space *s, const struct told *t)
{
	for (size_t i = 0; i < t->walk->order.n; i++)
		if (s->vmas.v[told_at(t, i)].mm != s->mm)
			return false;
	return true;
}

static bool take(const struct told *t, struct vs_order *ret)
{
	size_t n = t->walk->order.n;

	if (!vs_vec_reserve(&ret->v, n))
		return false;
	if (!t->backward && n)
		memcpy(ret->v.v, t->walk->order.v, n * sizeof(*ret->v.v));
	for (size_t i = 0; t->backward && i < n; i++)
		ret->v.v[i] = told_at(t, i);
	ret->v.n = n;
	ret->source = t->source;
	ret->whole = t->whole;
	return true;
}

/* What qsort() compares: it takes no context, so the address goes along. */
struct place {
	uint64_t start;
	uint32_t index;
};

static int place_cmp(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/**
 * All that any walk reached and that looks like a VMA of this mm, by address.
 * Two that overlap are both kept: which of them is wrong is for the check.
 */
static bool take_all(const struct vs_space *s, struct vs_order *ret)
{
	VS_VEC(struct place) places = { 0 };
	bool ok = false;

	if (!vs_vec_reserve(&places, s->vmas.n) || !vs_vec_reserve(&ret->v, s->vmas.n))
		goto out;
	for (size_t i = 0; i < s->vmas.n; i++)
		if (plausible(s, &s->vmas.v[i]))
			places.v[places.n++] = (struct place){ s->vmas.v[i].start, (uint32_t)i };
	if (places.n)
		qsort(places.v, places.n, sizeof(*places.v), place_cmp);
	ret->v.n = 0;
	for (size_t i = 0; i < places.n; i++)
		ret->v.v[ret->v.n++] = places.v[i].index;
	ret->source = "all walks";
	ret->whole = false;
	ok = true;
out:
	vs_vec_deinit(&places);
	return ok;
}

/** How many VMAs any walk reached that look like VMAs of this mm. */
static size_t count_plausible(const struct vs_space *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->vmas.n; i++)
		n += plausible(s, &s->vmas.v[i]);
	return n;
}

bool vs_space_order(const struct vs_space *s, struct vs_order *ret)
{
	struct told told[3], *best = NULL;
	bool same = true;
	size_t n = 0;

	*ret = (struct vs_order){ 0 };
	if (s->next.walked)
		told[n++] = (struct told){ .source = "vm_next", .walk = &s->next };
	if (s->tree.walked)
		told[n++] = (struct told){
			.source = s->has & VS_HAS_MAPLE ? "mm_mt" : "vm_rb", .walk = &s->tree };
	if (s->prev.walked)
		told[n++] = (struct told){
			.source = "vm_prev", .walk = &s->prev, .backward = true };
	if (!n) {
		bool ok = take_all(s, ret);	// a process core has segments, no walks

		ret->source = "segments";
		ret->whole = true;
		return ok;
	}
	for (size_t i = 0; i < n; i++) {
		told[i].whole = walk_ended(told[i].walk);
		same = same && told[i].whole && (!i || told_equal(&told[0], &told[i]));
	}
	if (same)
		return take(&told[0], ret);

	for (size_t i = 0; i < n; i++) {
		struct told *t = &told[i];

		for (size_t j = 0; j < n; j++)
			if (j != i && told_equal(t, &told[j]))
				t->points = 1;
		t->points += sorted(s, t);
		t->points += all_ours(s, t);
		t->points += !s->mm_absent && t->walk->order.n == s->f.map_count;
		if (!t->whole)
			continue;
		if (!best || t->points > best->points ||
		    (t->points == best->points && t->walk->order.n > best->walk->order.n))
			best = t;
	}
	// A list that was cut by a NULL ends as a whole one does.
	if (best && (best->walk->order.n == s->f.map_count ||
		     best->walk->order.n >= count_plausible(s)))
		return take(best, ret);
	return take_all(s, ret);
}
