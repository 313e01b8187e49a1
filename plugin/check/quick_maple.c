// SPDX-License-Identifier: GPL-2.0-or-later
/* The quick pass over a maple tree: its nodes, and what its leaves have as entries. */
#include "check/ctx.h"
#include "check/quick.h"

/** Where slot @p i ends: the last slot of a full node has no pivot. */
static inline uint64_t pivot_of(const struct vs_mnode *n, const uint64_t *pivots, unsigned int i)
{
	return i < n->n_pivots ? pivots[i] : n->max;
}

/** The words after the last slot in use. */
static inline bool tail_clean(const struct vs_space *s, const struct vs_mnode *n)
{
	const struct vs_maple *m = &s->maple;
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

/** A leaf: its cells; *gap_ret is its largest free range. */
static bool leaf_clean(struct vs_quick_maple *p, const struct vs_maple *m, const struct vs_mnode *n,
		       uint64_t *gap_ret)
{
	const uint64_t *pivots = vs_mnode_pivots(m, n), *slots = vs_mnode_slots(m, n);
	uint64_t first = n->min, gap = 0;

	if (n->min != p->end)
		return false;
	for (unsigned int i = 0; i <= n->end; i++) {
		uint64_t last = pivot_of(n, pivots, i);

		if (last < first || last > n->max || (i == n->end) != (last == n->max))
			return false;
		if (!slots[i]) {
			if (p->null || (i == n->end && n->max != p->top))
				return false;
			gap = last - first + 1 > gap ? last - first + 1 : gap;
		}
		p->null = !slots[i];
		p->cells += !p->null;
		first = last + 1;
	}
	p->end = n->max + 1;
	*gap_ret = gap;
	return true;
}

/** An inner node: its children's ranges are looked at in the children. */
static bool inner_clean(const struct vs_maple *m, const struct vs_mnode *n, uint64_t *gap_ret)
{
	const uint64_t *pivots = vs_mnode_pivots(m, n), *slots = vs_mnode_slots(m, n);
	const uint64_t *gaps;
	uint64_t first = n->min, gap = 0;

	if (!n->has_gaps)
		return false;
	gaps = vs_mnode_gaps(m, n);
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
static bool edge_clean(const struct vs_maple *m, const struct vs_mnode *n)
{
	const struct vs_mnode *up;

	if (n->parent == VS_NONE)
		return n->parent_word == (m->tree | 1) && m->root == (n->addr | vs_menode_low(n) | 2);
	up = &m->nodes.v[n->parent];
	return n->parent_word == vs_mparent_word(up, n->slot) && n->enode == (n->addr | vs_menode_low(n));
}

bool vs_quick_node(struct vs_quick *q, const struct vs_space *s, uint32_t node)
{
	const struct vs_maple *m = &s->maple;
	const struct vs_mnode *n = &m->nodes.v[node];
	uint64_t gap;

	if (!n->n_pivots || n->end >= n->n_slots || !edge_clean(m, n) || !tail_clean(s, n))
		return false;
	if (n->leaf && !q->mt.height)
		q->mt.height = n->depth + 1u;
	if (n->leaf ? q->mt.height != n->depth + 1u || !leaf_clean(&q->mt, m, n, &gap) : !inner_clean(m, n, &gap))
		return false;
	if (n->parent == VS_NONE)
		return true;
	return gap == vs_mnode_gaps(m, &m->nodes.v[n->parent])[n->slot] &&
	       (n->end >= vs_mnode_min_end(n) || n->max == q->mt.top);
}

bool vs_quick_entry(struct vs_quick *q, const struct vs_space *s, const struct vs_vma *v, uint32_t node,
		    unsigned int slot)
{
	const struct vs_maple *m = &s->maple;
	const struct vs_mnode *n;
	const uint64_t *pivots;

	if (node >= m->nodes.n)
		return false;
	n = &m->nodes.v[node];
	pivots = vs_mnode_pivots(m, n);
	q->mt.entries++;
	// leaf_clean() has seen these: pivots are in order, and cells as many as there are entries
	return n->leaf && slot <= n->end && vs_mnode_slots(m, n)[slot] == v->addr &&
	       v->start == (slot ? pivots[slot - 1] + 1 : n->min) && v->end - 1 == pivot_of(n, pivots, slot) &&
	       !vs_vma_detached(s, v) && !(v->refcnt >> 1);
}

bool vs_quick_maple_done(const struct vs_quick *q, const struct vs_space *s)
{
	const uint64_t rcu = s->has & (VS_HAS_DETACHED | VS_HAS_REFCNT) && s->f.mm_users ? 0 : 2;
	const struct vs_quick_maple *p = &q->mt;

	if ((s->maple.flags | rcu) != (0x303 | (uint64_t)p->height << 2) || p->entries != p->cells)
		return false;
	return p->height ? p->end == (s->word == 8 ? 0 : p->top + 1) : !s->maple.root;
}
