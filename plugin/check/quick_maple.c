// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The maple tree in one pass, nodes in the order of the walk: parents first, so
 * that each node's range is known to be right when it is looked at. Says only
 * whether anything is wrong; whatever is unusual counts as that.
 */
#include "check/ctx.h"

/* What is carried along. */
struct pass {
	const struct vs_space *s;
	const struct vs_maple *m;
	uint64_t top;
	size_t entry;		/* the next one */
	uint64_t end;		/* where the last leaf ended, + 1 */
	bool null;		/* the last cell was free */
};

/** Where slot @p i ends: the last slot of a full node has no pivot. */
static inline uint64_t pivot_of(const struct vs_mnode *n, const uint64_t *pivots, unsigned int i)
{
	return i < n->n_pivots ? pivots[i] : n->max;
}

/** The words after the last slot in use. */
static inline bool tail_clean(const struct vs_space *s, const struct vs_maple *m,
			      const struct vs_mnode *n)
{
	const uint64_t *pivots = vs_mnode_pivots(m, n), *slots = vs_mnode_slots(m, n);
	unsigned int end = n->end;
	uint64_t any = 0;

	for (unsigned int i = end + 1; i < n->n_pivots; i++)
		any |= pivots[i];
	for (unsigned int i = end + 1; i + 1u < n->n_slots; i++)
		any |= slots[i];
	if (!vs_mnode_has_meta(n, end))
		return !any;
	if (n->meta_end != end)
		return false;
	if (!n->has_gaps)
		return !any && !n->meta_gap && vs_mnode_meta_clean(s, n, slots[n->n_slots - 1]);
	for (unsigned int i = end + 1; i < n->n_slots; i++)
		any |= vs_mnode_gaps(m, n)[i];
	return !any && (end == n->n_slots - 1u || !slots[n->n_slots - 1]);
}

/** A leaf: its cells against the entries and the VMAs; *gap_ret is its largest free range. */
static bool leaf_clean(struct pass *p, const struct vs_mnode *n, uint64_t *gap_ret)
{
	const uint64_t *pivots = vs_mnode_pivots(p->m, n), *slots = vs_mnode_slots(p->m, n);
	uint64_t first = n->min, gap = 0;

	if (n->min != p->end)
		return false;
	for (unsigned int i = 0; i <= n->end; i++) {
		uint64_t last = pivot_of(n, pivots, i);
		const struct vs_mentry *e;
		const struct vs_vma *v;

		if (last < first || last > n->max || (i == n->end) != (last == n->max))
			return false;
		if (!slots[i]) {
			if (p->null || (i == n->end && n->max != p->top))
				return false;
			gap = last - first + 1 > gap ? last - first + 1 : gap;
			p->null = true;
			first = last + 1;
			continue;
		}
		if (p->entry == p->m->entries.n)
			return false;
		e = &p->m->entries.v[p->entry++];
		if (e->kind != VS_MENTRY_VMA || e->raw != slots[i] || e->slot != i ||
		    &p->m->nodes.v[e->node] != n)
			return false;
		v = &p->s->vmas.v[e->vma];
		if (v->start != first || v->end - 1 != last || v->addr != e->raw ||
		    vs_vma_detached(p->s, v) || v->refcnt >> 1)
			return false;
		p->null = false;
		first = last + 1;
	}
	p->end = n->max + 1;
	*gap_ret = gap;
	return true;
}

/** An inner node: its children's ranges are looked at in the children. */
static bool inner_clean(const struct pass *p, const struct vs_mnode *n, uint64_t *gap_ret)
{
	const uint64_t *pivots = vs_mnode_pivots(p->m, n), *slots = vs_mnode_slots(p->m, n);
	const uint64_t *gaps;
	uint64_t first = n->min, gap = 0;

	if (!n->has_gaps)
		return false;
	gaps = vs_mnode_gaps(p->m, n);
	for (unsigned int i = 0; i <= n->end; i++) {
		uint64_t last = pivot_of(n, pivots, i);

		if (last < first || last > n->max || (i == n->end) != (last == n->max) || !slots[i])
			return false;
		gap = gaps[i] > gap ? gaps[i] : gap;
		first = last + 1;
	}
	*gap_ret = gap;
	return n->meta_gap <= n->end ? gaps[n->meta_gap] == gap : !gap && n->meta_gap == 15;
}

/** What leads to a node, and what the node says of that. */
static bool edge_clean(const struct pass *p, const struct vs_mnode *n)
{
	const struct vs_mnode *up;

	if (n->parent == VS_NONE)
		return n->parent_word == (p->m->tree | 1) &&
		       p->m->root == (n->addr | vs_menode_low(n) | 2);
	up = &p->m->nodes.v[n->parent];
	return n->parent_word == vs_mparent_word(up, n->slot) &&
	       n->enode == (n->addr | vs_menode_low(n));
}

static bool flags_clean(const struct vs_space *s, unsigned int height)
{
	uint64_t rcu = s->has & (VS_HAS_DETACHED | VS_HAS_REFCNT) && s->f.mm_users ? 0 : 2;

	return (s->maple.flags | rcu) == (0x303 | (uint64_t)height << 2);
}

bool vs_maple_quick(const struct vs_space *s)
{
	const struct vs_maple *m = &s->maple;
	struct pass p = { .s = s, .m = m, .top = s->word == 8 ? UINT64_MAX : UINT32_MAX };
	unsigned int height = 0;

	if (m->breaks.n)
		return false;
	if (!m->nodes.n)
		return !m->root && !m->entries.n && flags_clean(s, 0);
	for (size_t i = 0; i < m->nodes.n; i++) {
		const struct vs_mnode *n = &m->nodes.v[i];
		uint64_t gap;

		if (!n->n_pivots || n->end >= n->n_slots || !edge_clean(&p, n) || !tail_clean(s, m, n))
			return false;
		if (n->leaf && !height)
			height = n->depth + 1u;
		if (n->leaf ? !leaf_clean(&p, n, &gap) : !inner_clean(&p, n, &gap))
			return false;
		if (n->parent != VS_NONE &&
		    gap != vs_mnode_gaps(m, &m->nodes.v[n->parent])[n->slot])
			return false;
		if (i && n->end < vs_mnode_min_end(n) && n->max != p.top)
			return false;
	}
	return p.end == (s->word == 8 ? 0 : p.top + 1) && p.entry == m->entries.n &&
	       flags_clean(s, height);
}
