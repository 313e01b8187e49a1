// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nearly every address space is sound, and to say so one pass over it is
 * enough: each VMA is looked at once, in order, with the list, the tree and the
 * sums carried along. This decides only whether the rules are asked at all; it
 * names nothing. Whatever a rule would find must make it say no.
 */
#include "check/ctx.h"

#define MAX_HEIGHT 128		/* twice what 2^64 VMAs could need */

/* A subtree that has been passed. */
struct subtree {
	uint64_t addr, parent;	/* of its root, and what that says of its parent */
	uint64_t gap;
	uint32_t black;
	uint8_t color;
};

/* A node whose right subtree is being passed. */
struct open_node {
	const struct vs_vma *v;
	uint64_t gap;		/* own, or the left subtree's if that is larger */
	uint32_t black;		/* of the left subtree */
};

/*
 * The tree is checked without looking up one address. In order, a node's left
 * subtree has been passed just before it, so it is the one pending; and a node
 * without a right child ends every subtree whose right edge it is.
 */
struct tree_pass {
	struct open_node open[MAX_HEIGHT];
	unsigned int depth;
	struct subtree pending;
	bool has_pending;
	bool gaps;		/* rb_subtree_gap exists */
	bool bad;
};

static inline struct subtree close_node(struct tree_pass *t, const struct vs_vma *v,
					uint32_t left_black, uint32_t right_black, uint64_t gap)
{
	t->bad |= left_black != right_black || v->rb_color > 1;
	t->bad |= t->gaps && v->subtree_gap != gap;
	return (struct subtree){ v->addr, v->rb_parent, v->subtree_gap, left_black + v->rb_color,
				 v->rb_color };
}

static inline void tree_step(struct tree_pass *t, const struct vs_vma *v, uint64_t gap)
{
	uint32_t black = 0;
	struct subtree sub;

	if (t->has_pending) {
		const struct subtree *left = &t->pending;

		t->bad |= v->rb_left != left->addr || left->parent != v->addr ||
			  !(v->rb_color | left->color);
		black = left->black;
		gap = left->gap > gap ? left->gap : gap;
		t->has_pending = false;
	} else {
		t->bad |= v->rb_left != 0;
	}
	if (v->rb_right) {
		if (t->depth == MAX_HEIGHT) {
			t->bad = true;
			return;
		}
		t->open[t->depth++] = (struct open_node){ v, gap, black };
		return;
	}
	sub = close_node(t, v, black, 0, gap);
	while (t->depth && t->open[t->depth - 1].v->rb_right == sub.addr) {
		struct open_node *up = &t->open[--t->depth];

		t->bad |= sub.parent != up->v->addr || !(up->v->rb_color | sub.color);
		sub = close_node(t, up->v, up->black, sub.black,
				 sub.gap > up->gap ? sub.gap : up->gap);
	}
	t->pending = sub;
	t->has_pending = true;
}

/** The root is what is left pending, and it is black. */
static bool tree_ended(const struct tree_pass *t, const struct vs_space *s)
{
	if (t->bad || t->depth)
		return false;
	if (!t->has_pending)
		return !s->f.rb_root;
	return t->pending.addr == s->f.rb_root && !t->pending.parent && t->pending.color == 1;
}

static bool walk_clean(const struct vs_walk *w, size_t n)
{
	return !w->walked || (!w->breaks.n && w->order.n == n);
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

bool vs_quick_clean(const struct vs_space *s, const struct vs_order *o)
{
	bool kernel = s->has & (VS_HAS_LIST | VS_HAS_RB | VS_HAS_MAPLE);
	bool list = s->has & VS_HAS_LIST, prev_has = s->has & VS_HAS_PREV;
	bool rb = s->has & VS_HAS_RB;
	uint64_t mask = (UINT64_C(1) << s->page_shift) - 1;
	uint64_t limit = s->limit ? s->limit : UINT64_MAX;
	uint64_t prev_end = 0, prev_addr = 0, next = s->f.mmap;
	struct tree_pass tree = { .gaps = s->has & VS_HAS_SUBTREE_GAP };
	struct vs_sums sums = { 0 };
	uint64_t locked = 0;
	bool bad = false;

	if (s->mm_absent || !o->whole || !walk_clean(&s->next, o->v.n) ||
	    !walk_clean(&s->prev, o->v.n) || !walk_clean(&s->tree, o->v.n))
		return false;
	if (kernel && s->f.map_count != o->v.n)
		return false;
	if ((s->has & VS_HAS_MAPLE) && !vs_maple_quick(s))
		return false;
	for (size_t i = 0; i < o->v.n; i++) {
		const struct vs_vma *v = &s->vmas.v[o->v.v[i]];

		bad |= v->absent || v->start >= v->end || v->start < prev_end ||
		       ((v->start | v->end) & mask) || v->end > limit;
		bad |= list && v->addr != next;
		bad |= prev_has && v->prev != prev_addr;
		if (kernel) {
			bad |= v->mm != s->mm || vs_flags_bad(v->flags) || vs_prot_bad(s, v, v->flags) ||
			       vs_kind_bad(v->flags, v->file);
			vs_sums_add(&sums, s->has, v->flags, v->file,
				    (v->end - v->start) >> s->page_shift);
			locked += v->flags & VS_VM_LOCKED ? v->end - v->start : 0;
		}
		if (rb)
			tree_step(&tree, v, vs_own_gap(s, v->start, v->flags, prev_end));
		if (bad)
			return false;
		next = v->next;
		prev_addr = v->addr;
		prev_end = vs_end_gap(s, v->end, v->flags);
	}
	if (list && next)
		return false;
	if ((s->has & VS_HAS_LOCKED_VM) && s->f.locked_vm != locked >> s->page_shift)
		return false;
	if ((s->has & VS_HAS_HIGHEST_VM_END) && s->f.highest_vm_end != prev_end)
		return false;
	return (!rb || tree_ended(&tree, s)) && sums_clean(s, &sums) && vs_layout_clean(s, o) &&
	       vs_users_clean(s) && vs_lock_seq_clean(s) && vs_objects_clean(s);
}
