// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting an address space together again. A walk that is whole is the answer;
 * where none is, it is everything that belongs here, by address, and of two that
 * are in each other's way the one for which more vouches.
 */
#include "space/rebuilt.h"

#include <stdlib.h>
#include <string.h>

#define WALKS (VS_SEEN_NEXT | VS_SEEN_PREV | VS_SEEN_TREE | VS_SEEN_MAPLE)

void vs_rebuilt_deinit(struct vs_rebuilt *r)
{
	vs_vec_deinit(&r->v);
	vs_vec_deinit(&r->out);
}

size_t vs_rebuilt_overlaps(const struct vs_rebuilt *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->v.n; i++)
		n += r->v.v[i].with != VS_NONE;
	return n;
}

size_t vs_rebuilt_differing(const struct vs_rebuilt *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->v.n; i++)
		n += r->v.v[i].tree_end != 0;
	return n;
}

static bool range_ok(const struct vs_space *s, uint64_t start, uint64_t end)
{
	const uint64_t page = (UINT64_C(1) << s->page_shift) - 1;

	return start < end && end <= s->limit && !((start | end) & page);
}

/* Taken out of its address space, and not given back yet. */
static bool detached(const struct vs_space *s, const struct vs_vma *v)
{
	return (s->has & VS_HAS_DETACHED && v->detached) || (s->has & VS_HAS_REFCNT && !v->refcnt);
}

/* A walk that leads to it counts for two: others come after. */
static unsigned int worth(const struct vs_space *s, const struct vs_rebuilt_vma *r)
{
	const unsigned int seen = s->vmas.v[r->vma].seen;

	return 2 * (unsigned int)__builtin_popcount(seen & WALKS) +
		(unsigned int)__builtin_popcount(seen & (VS_SEEN_SLAB | VS_SEEN_LINK | VS_SEEN_FILE |
							 VS_SEEN_ANON));
}

/*
 * The maple tree has a range for each VMA, which has one of its own. *told is by
 * VMA index; end 0: the tree does not lead there.
 */
struct told {
	uint64_t start, end;
};

static void read_tree(const struct vs_space *s, struct told *told)
{
	for (size_t i = 0; i < s->maple.entries.n; i++) {
		const struct vs_mentry *e = &s->maple.entries.v[i];

		if (e->kind == VS_MENTRY_VMA && e->last != UINT64_MAX && range_ok(s, e->first, e->last + 1))
			told[e->vma] = (struct told){ e->first, e->last + 1 };
	}
}

/* Own range or the tree's: its own, unless that cannot be. */
static struct vs_rebuilt_vma choose(const struct vs_space *s, uint32_t i, const struct told *told)
{
	const struct vs_vma *v = &s->vmas.v[i];
	struct vs_rebuilt_vma r = { .start = v->start, .end = v->end, .vma = i, .with = VS_NONE };

	if (told->end && (told->start != v->start || told->end != v->end)) {
		r.tree_start = told->start;
		r.tree_end = told->end;
		r.from_tree = !range_ok(s, v->start, v->end);
	}
	if (r.from_tree) {
		r.start = told->start;
		r.end = told->end;
	}
	return r;
}

static int cmp_start(const void *a, const void *b)
{
	const struct vs_rebuilt_vma *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->vma < y->vma ? -1 : x->vma > y->vma;
}

static bool overlap(const struct vs_rebuilt_vma *a, const struct vs_rebuilt_vma *b)
{
	return a->start < b->end && b->start < a->end;
}

/* Two that overlap, one of which the tree has elsewhere: go by the tree. True: @p r has moved. */
static bool give_way(struct vs_rebuilt_vma *r)
{
	if (!r->tree_end || r->from_tree)
		return false;
	r->start = r->tree_start;
	r->end = r->tree_end;
	r->from_tree = true;
	return true;
}

/** Sorted as they are: where neighbours overlap, let those move for which the tree has another range. */
static void settle_ranges(struct vs_rebuilt *r)
{
	bool moved = false;

	for (size_t i = 1; i < r->v.n; i++)
		if (overlap(&r->v.v[i - 1], &r->v.v[i])) {
			moved |= give_way(&r->v.v[i - 1]);
			moved |= give_way(&r->v.v[i]);
		}
	if (moved)
		qsort(r->v.v, r->v.n, sizeof(*r->v.v), cmp_start);
}

/** Of those that overlap keep the one for which more vouches; both, and say so, where that is equal. */
static bool settle_overlaps(const struct vs_space *s, struct vs_rebuilt *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->v.n; i++) {
		struct vs_rebuilt_vma x = r->v.v[i];
		bool drop = false;

		while (n && overlap(&r->v.v[n - 1], &x)) {
			struct vs_rebuilt_vma *last = &r->v.v[n - 1], *slot;
			unsigned int a = worth(s, last), b = worth(s, &x);

			if (a == b) {
				last->with = x.vma;
				x.with = last->vma;
				break;
			}
			slot = vs_vec_push(&r->out);
			if (!slot)
				return false;
			*slot = a < b ? *last : x;
			slot->with = a < b ? x.vma : last->vma;
			drop = a > b;
			if (drop)
				break;
			n--;
		}
		if (!drop)
			r->v.v[n++] = x;
	}
	r->v.n = n;
	return true;
}

/** One walk is whole, and all of its VMAs are allocated. */
static bool is_answer(const struct vs_space *s, const struct vs_order *o)
{
	if (!o->whole || !o->v.n || o->v.n != s->f.map_count)
		return false;
	for (size_t i = 0; i < o->v.n; i++)
		if (s->vmas.v[o->v.v[i]].seen & VS_SEEN_FREE)
			return false;
	return true;
}

static void mark_overlaps(struct vs_rebuilt *r)
{
	for (size_t i = 1; i < r->v.n; i++)
		if (overlap(&r->v.v[i - 1], &r->v.v[i])) {
			r->v.v[i - 1].with = r->v.v[i].vma;
			r->v.v[i].with = r->v.v[i - 1].vma;
		}
}

static bool take_walk(const struct vs_space *s, const struct vs_order *o, const struct told *told,
		      struct vs_rebuilt *ret)
{
	if (!vs_vec_reserve(&ret->v, o->v.n + 1))
		return false;
	for (size_t i = 0; i < o->v.n; i++)
		ret->v.v[ret->v.n++] = choose(s, o->v.v[i], &told[o->v.v[i]]);
	ret->source = o->source;
	ret->whole = true;
	for (size_t i = 1; i < ret->v.n; i++)
		if (overlap(&ret->v.v[i - 1], &ret->v.v[i])) {
			give_way(&ret->v.v[i - 1]);
			give_way(&ret->v.v[i]);
		}
	mark_overlaps(ret);
	return true;
}

static bool take_all(const struct vs_space *s, bool all_slab, const struct told *told, struct vs_rebuilt *ret)
{
	if (!vs_vec_reserve(&ret->v, s->vmas.n + 1))
		return false;
	for (uint32_t i = 0; i < s->vmas.n; i++) {
		const struct vs_vma *v = &s->vmas.v[i];
		struct vs_rebuilt_vma r = choose(s, i, &told[i]);

		if (v->absent || v->mm != s->mm || detached(s, v) || v->seen & VS_SEEN_FREE ||
		    !range_ok(s, r.start, r.end))
			continue;
		// where a single walk leads while the slab says that there is no such object
		if (all_slab && !(v->seen & VS_SEEN_SLAB) && worth(s, &r) < 3)
			continue;
		ret->v.v[ret->v.n++] = r;
	}
	if (ret->v.n)
		qsort(ret->v.v, ret->v.n, sizeof(*ret->v.v), cmp_start);
	ret->source = "all sources";
	settle_ranges(ret);
	return settle_overlaps(s, ret);
}

bool vs_space_rebuild(const struct vs_space *s, bool all_slab, struct vs_rebuilt *ret)
{
	struct told *told = calloc(s->vmas.n + 1, sizeof(*told));
	struct vs_order o = { 0 };
	bool ok;

	*ret = (struct vs_rebuilt){ 0 };
	ok = told && vs_space_order(s, &o);
	if (ok)
		read_tree(s, told);
	if (ok)
		ok = is_answer(s, &o) ? take_walk(s, &o, told, ret) : take_all(s, all_slab, told, ret);
	vs_order_deinit(&o);
	free(told);
	if (!ok)
		vs_rebuilt_deinit(ret);
	return ok;
}
