// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/quick.h"

#include <stdlib.h>

#include "check/ctx.h"

static inline struct vs_quick_subtree close_node(struct vs_quick_tree *t, const struct vs_quick_open *n,
						 uint32_t right_black, uint64_t gap)
{
	t->bad |= n->black != right_black || n->color > 1;
	t->bad |= t->gaps && n->said != gap;
	return (struct vs_quick_subtree){ n->addr, n->parent, n->said, n->black + n->color, n->color };
}

static inline void tree_step(struct vs_quick_tree *t, const struct vs_vma *v, uint64_t gap)
{
	struct vs_quick_open n = {
		.addr = v->addr, .parent = v->rb_parent, .right = v->rb_right, .said = v->subtree_gap,
		.gap = gap, .color = v->rb_color,
	};
	struct vs_quick_subtree sub;

	if (t->has_pending) {
		const struct vs_quick_subtree *left = &t->pending;

		t->bad |= v->rb_left != left->addr || left->parent != v->addr ||
			  !(v->rb_color | left->color);
		n.black = left->black;
		n.gap = left->gap > gap ? left->gap : gap;
		t->has_pending = false;
	} else {
		t->bad |= v->rb_left != 0;
	}
	if (n.right) {
		if (t->depth == VS_QUICK_HEIGHT)
			t->bad = true;
		else
			t->open[t->depth++] = n;
		return;
	}
	sub = close_node(t, &n, 0, n.gap);
	while (t->depth && t->open[t->depth - 1].right == sub.addr) {
		const struct vs_quick_open *up = &t->open[--t->depth];

		t->bad |= sub.parent != up->addr || !(up->color | sub.color);
		sub = close_node(t, up, sub.black, sub.gap > up->gap ? sub.gap : up->gap);
	}
	t->pending = sub;
	t->has_pending = true;
}

/** The root is what is left pending, and it is black. */
static bool tree_ended(const struct vs_quick_tree *t, const struct vs_space *s)
{
	if (t->bad || t->depth)
		return false;
	if (!t->has_pending)
		return !s->f.rb_root;
	return t->pending.addr == s->f.rb_root && !t->pending.parent && t->pending.color == 1;
}

static bool sums_clean(const struct vs_space *s, const struct vs_sums *sums)
{
	for (int i = 0; i < VS_N_SUMS; i++) {
		uint64_t counter;

		if (vs_sums_counter(s, i, &counter) && counter != sums->pages[i])
			return false;
	}
	return true;
}

static int cached_cmp(const void *pa, const void *pb)
{
	const struct vs_quick_cached *a = pa, *b = pb;

	return a->start != b->start ? (a->start < b->start ? -1 : 1) : a->addr < b->addr ? -1 : a->addr > b->addr;
}

/** What the tasks remember: each is to be met where it begins. */
static bool take_cached(struct vs_quick *q, const struct vs_space *s)
{
	for (size_t i = 0; i < s->users.n; i++) {
		const struct vs_space_user *u = &s->users.v[i];

		for (int slot = 0; u->has_cache && slot < VS_VMACACHE_SIZE; slot++) {
			struct vs_quick_cached *c = u->cache[slot] ? vs_vec_push(&q->cached) : NULL;

			if (u->cache[slot] && !c)
				return false;
			if (c)
				*c = (struct vs_quick_cached){ u->cache_start[slot], u->cache[slot] };
		}
	}
	if (q->cached.n)
		qsort(q->cached.v, q->cached.n, sizeof(*q->cached.v), cached_cmp);
	return true;
}

bool vs_quick_start(struct vs_quick *q, const struct vs_space *s)
{
	*q = (struct vs_quick){
		.limit = s->limit ? s->limit : UINT64_MAX, .mask = (UINT64_C(1) << s->page_shift) - 1,
		.kernel = s->has & (VS_HAS_LIST | VS_HAS_RB | VS_HAS_MAPLE), .list = s->has & VS_HAS_LIST,
		.prev = s->has & VS_HAS_PREV, .rb = s->has & VS_HAS_RB, .maple = s->has & VS_HAS_MAPLE,
		.lock_seq = vs_lock_seq_held(s), .next = s->f.mmap, .tree.gaps = s->has & VS_HAS_SUBTREE_GAP,
		.mt.top = s->word == 8 ? UINT64_MAX : UINT32_MAX,
	};
	q->mmap_cache = s->has & VS_HAS_USERS && s->has & VS_HAS_MMAP_CACHE && s->f.mmap_cache;
	return !s->mm_absent && vs_layout_start(s, q) && vs_users_clean(s) &&
	       (!(s->has & VS_HAS_USERS) || take_cached(q, s));
}

void vs_quick_deinit(struct vs_quick *q)
{
	vs_vec_deinit(&q->cached);
}

/** False: one of those that tasks remember begins before @p v, or here, and is not it. */
static inline bool meet_cached(struct vs_quick *q, const struct vs_vma *v)
{
	for (; q->cached_at < q->cached.n && q->cached.v[q->cached_at].start <= v->start; q->cached_at++)
		if (q->cached.v[q->cached_at].addr != v->addr)
			return false;
	return true;
}

/** What of heap, arguments, environment and stack @p v maps. */
static void take_cover(struct vs_quick *q, const struct vs_vma *v)
{
	q->cover = UINT64_MAX;
	for (unsigned int i = 0; i < q->n_covers; i++) {
		struct vs_quick_cover *c = &q->covers[i];

		if (v->start <= c->at && c->at < v->end)
			c->at = v->end;
		if (c->at < c->to && c->at < q->cover)
			q->cover = c->at;
	}
}

bool vs_quick_vma(struct vs_quick *q, const struct vs_space *s, const struct vs_vma *v, uint32_t node,
		  unsigned int slot)
{
	bool bad = v->absent || v->start >= v->end || v->start < q->prev_end || ((v->start | v->end) & q->mask) ||
		v->end > q->limit;

	bad |= q->list && v->addr != q->next;
	bad |= q->prev && v->prev != q->prev_addr;
	bad |= q->lock_seq && vs_lock_seq_stale(s, v);
	if (q->maple)
		bad |= !vs_quick_entry(q, s, v, node, slot);
	if (q->kernel) {
		bad |= v->mm != s->mm || vs_flags_bad(v->flags) || vs_prot_bad(s, v, v->flags) ||
		       vs_kind_bad(v->flags, v->file) || q->n >= s->f.map_count;
		vs_sums_add(&q->sums, s->has, v->flags, v->file, (v->end - v->start) >> s->page_shift);
		q->locked += v->flags & VS_VM_LOCKED ? v->end - v->start : 0;
	}
	if (q->rb)
		tree_step(&q->tree, v, vs_own_gap(s, v->start, v->flags, q->prev_end));
	if (q->cover < v->end)
		take_cover(q, v);
	q->mmap_cache = q->mmap_cache && s->f.mmap_cache != v->addr;
	q->n++;
	q->next = v->next;
	q->prev_addr = v->addr;
	q->prev_end = vs_end_gap(s, v->end, v->flags);
	return !bad && meet_cached(q, v);
}

bool vs_quick_done(struct vs_quick *q, const struct vs_space *s)
{
	for (unsigned int i = 0; i < q->n_covers; i++)
		if (q->covers[i].at < q->covers[i].to)
			return false;
	if (q->kernel && s->f.map_count != q->n)
		return false;
	if ((q->list && q->next) || q->mmap_cache || q->cached_at < q->cached.n)
		return false;
	if ((s->has & VS_HAS_LOCKED_VM) && s->f.locked_vm != q->locked >> s->page_shift)
		return false;
	if ((s->has & VS_HAS_HIGHEST_VM_END) && s->f.highest_vm_end != q->prev_end)
		return false;
	return (!q->rb || tree_ended(&q->tree, s)) && (!q->maple || vs_quick_maple_done(q, s)) &&
	       sums_clean(s, &q->sums);
}

static bool walk_clean(const struct vs_walk *w, size_t n)
{
	return !w->walked || (!w->breaks.n && w->order.n == n);
}

/** The pass over what is in a snapshot already. */
static bool pass(struct vs_quick *q, const struct vs_space *s, const struct vs_order *o)
{
	const struct vs_maple *m = &s->maple;

	if (!vs_quick_start(q, s) || (q->maple && (m->breaks.n || m->entries.n != o->v.n)))
		return false;
	for (uint32_t i = 0; q->maple && i < m->nodes.n; i++)
		if (!vs_quick_node(q, s, i))
			return false;
	for (size_t i = 0; i < o->v.n; i++) {
		const struct vs_mentry *e = q->maple ? &m->entries.v[i] : NULL;

		if ((e && e->vma != o->v.v[i]) ||
		    !vs_quick_vma(q, s, &s->vmas.v[o->v.v[i]], e ? e->node : VS_NONE, e ? e->slot : 0))
			return false;
	}
	return vs_quick_done(q, s) && !s->objects.absent && vs_objects_clean_from(s, 0, 0);
}

bool vs_quick_clean(const struct vs_space *s, const struct vs_order *o)
{
	struct vs_quick q = { 0 };
	bool clean = o->whole && walk_clean(&s->next, o->v.n) && walk_clean(&s->prev, o->v.n) &&
		walk_clean(&s->tree, o->v.n) && pass(&q, s, o);

	vs_quick_deinit(&q);
	return clean;
}
