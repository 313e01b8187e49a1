// SPDX-License-Identifier: GPL-2.0-or-later
#include "synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE UINT64_C(4096)
#define PRIVATE_FLAGS UINT64_C(0x70)	/* VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC */
#define TASK_SIZE UINT64_C(0x7ffffffff000)

uint64_t synth_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);	// splitmix64

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void *must(void *p)
{
	if (!p) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	return p;
}

/* Layout. */

struct maker {
	struct synth *y;
	uint64_t seed;
	uint64_t at;		/* where the next mapping may begin */
	uint32_t n;
};

static struct vs_vma *map(struct maker *m, uint64_t pages, uint64_t flags, uint64_t file,
			  uint64_t pgoff)
{
	struct vs_vma *v = &m->y->v[m->n++];

	v->start = m->at;
	v->end = m->at += pages * PAGE;
	v->flags = flags | PRIVATE_FLAGS;
	v->mm = m->y->mm;
	v->file = file;
	v->ops = file ? UINT64_C(0xffffffff82036a40) : 0;
	v->pgoff = file ? pgoff : v->start / PAGE;
	return v;
}

static uint64_t some(struct maker *m, uint64_t max)
{
	return 1 + synth_random(&m->seed) % max;
}

/** A library: text between constants, then data that can be written. */
static void map_library(struct maker *m, uint32_t end)
{
	uint64_t file = UINT64_C(0xffff9d3c02000000) + (uint64_t)m->n * 0x100, off = 0;
	const uint64_t flags[] = { 1, 5, 1, 1, 3 };

	for (int i = 0; i < 5 && m->n < end; i++) {
		uint64_t pages = some(m, i == 1 ? 300 : 40);

		// the last two come from the same place of the file, a page further up
		if (i == 3)
			off -= 1;
		map(m, pages, flags[i], file, off);
		off += pages;
	}
	if (m->n < end && some(m, 2) == 1)
		map(m, some(m, 8), 3, 0, 0);
}

static void map_some(struct maker *m, uint32_t end)
{
	switch (some(m, 6)) {
	case 1:
	case 2:
		map_library(m, end);
		break;
	case 3:				// an arena: its used part, and the rest kept away
		map(m, some(m, 100), 3, 0, 0);
		if (m->n < end)
			map(m, some(m, 16000), 0, 0, 0);
		break;
	case 4:				// a thread's stack and the page that guards it
		map(m, 1, 0, 0, 0);
		if (m->n < end)
			map(m, 2048, 3, 0, 0);
		break;
	case 5:				// shared memory
		map(m, some(m, 64), 0x8b, UINT64_C(0xffff9d3c05000000) + m->n, 0);
		break;
	default:
		map(m, some(m, 4), 3, 0, 0);
		break;
	}
	if (some(m, 3) != 1)
		m->at += PAGE * (some(m, 4) == 1 ? some(m, 100000) : some(m, 4));
}

static void lay_out(struct maker *m, uint32_t n, enum synth_kind kind)
{
	struct vs_vma *v;

	m->at = UINT64_C(0x55d0c0000000) + PAGE * some(m, 1 << 20);
	if (kind == SYNTH_DENSE) {
		m->at = UINT64_C(0x7f3cd0000000);
		while (m->n < n)
			map(m, 1, m->n & 1 ? 3 : 1, 0, 0);
		return;
	}
	while (m->n + 2 < n)
		map_some(m, n - 2);
	if (m->n + 2 == n) {
		m->at += 2 * SYNTH_GUARD + PAGE * some(m, 1000);
		v = map(m, 33, 0x103, 0, 0);
		v->pgoff = UINT64_C(0x7fffffffe) - 32;	// it was moved by its randomisation
		m->y->f.start_stack = v->end - 0x1230;
		m->at += PAGE * some(m, 100);
	}
	if (m->n < n)
		map(m, 2, 5, 0, 0)->ops = UINT64_C(0xffffffff82000d20);
}

/* The tree: insertion as in any textbook, so that its shape and colours are real. */

struct tree {
	uint32_t *left, *right, *parent;
	uint8_t *red;
	uint32_t root;
};

static void rotate(struct tree *t, uint32_t x, bool to_left)
{
	uint32_t *a = to_left ? t->right : t->left, *b = to_left ? t->left : t->right;
	uint32_t y = a[x], p = t->parent[x];

	a[x] = b[y];
	if (b[y] != VS_NONE)
		t->parent[b[y]] = x;
	t->parent[y] = p;
	if (p == VS_NONE)
		t->root = y;
	else if (t->left[p] == x)
		t->left[p] = y;
	else
		t->right[p] = y;
	b[y] = x;
	t->parent[x] = y;
}

static void tree_insert(struct tree *t, uint32_t x)
{
	uint32_t at = t->root, p = VS_NONE;

	while (at != VS_NONE) {
		p = at;
		at = x < at ? t->left[at] : t->right[at];
	}
	t->left[x] = t->right[x] = VS_NONE;
	t->parent[x] = p;
	t->red[x] = 1;
	if (p == VS_NONE)
		t->root = x;
	else if (x < p)
		t->left[p] = x;
	else
		t->right[p] = x;
	while (t->parent[x] != VS_NONE && t->red[t->parent[x]]) {
		uint32_t g = t->parent[p = t->parent[x]];
		bool left = t->left[g] == p;
		uint32_t uncle = left ? t->right[g] : t->left[g];

		if (uncle != VS_NONE && t->red[uncle]) {
			t->red[p] = t->red[uncle] = 0;
			t->red[g] = 1;
			x = g;
			continue;
		}
		if (x == (left ? t->right[p] : t->left[p])) {
			x = p;
			rotate(t, x, left);
			p = t->parent[x];
			g = t->parent[p];
		}
		t->red[p] = 0;
		t->red[g] = 1;
		rotate(t, g, !left);
	}
	t->red[t->root] = 0;
}

static uint64_t fill_gaps(struct synth *y, const struct tree *t, uint32_t p)
{
	struct vs_vma *v = &y->v[p];
	uint64_t start = v->start, gap, sub;

	// the kernel's words, not ours: vm_start_gap() - vm_end_gap(vm_prev)
	if (v->flags & 0x100)
		start = start < SYNTH_GUARD ? 0 : start - SYNTH_GUARD;
	gap = start - (p ? v[-1].end : 0);
	if (p && start < v[-1].end)
		gap = 0;
	sub = t->left[p] == VS_NONE ? 0 : fill_gaps(y, t, t->left[p]);
	gap = sub > gap ? sub : gap;
	sub = t->right[p] == VS_NONE ? 0 : fill_gaps(y, t, t->right[p]);
	gap = sub > gap ? sub : gap;
	return v->subtree_gap = gap;
}

static void hang(struct synth *y, uint64_t seed)
{
	uint32_t n = y->n, *order = must(malloc((n + 1) * sizeof(*order)));
	uint32_t *room = must(malloc(3 * ((size_t)n + 1) * sizeof(*room)));
	struct tree t = { room, room + n, room + 2 * n, must(calloc(n + 1, 1)), VS_NONE };

	// Programs map downward mostly, and here and there in between.
	for (uint32_t i = 0; i < n; i++)
		order[i] = n - 1 - i;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = (uint32_t)(synth_random(&seed) % n), tmp = order[i];

		if (synth_random(&seed) % 3)
			continue;
		order[i] = order[j];
		order[j] = tmp;
	}
	for (uint32_t i = 0; i < n; i++)
		tree_insert(&t, order[i]);
	for (uint32_t i = 0; i < n; i++) {
		struct vs_vma *v = &y->v[i];

		v->rb_left = t.left[i] == VS_NONE ? 0 : y->v[t.left[i]].addr;
		v->rb_right = t.right[i] == VS_NONE ? 0 : y->v[t.right[i]].addr;
		v->rb_parent = t.parent[i] == VS_NONE ? 0 : y->v[t.parent[i]].addr;
		v->rb_color = !t.red[i];
		v->next = i + 1 < n ? y->v[i + 1].addr : 0;
		v->prev = i ? y->v[i - 1].addr : 0;
	}
	y->root = t.root;
	if (n) {
		fill_gaps(y, &t, t.root);
		y->f.rb_root = y->v[t.root].addr;
		y->f.mmap = y->v[0].addr;
	}
	free(t.red);
	free(room);
	free(order);
}

static void count(struct synth *y)
{
	struct vs_mm_fields *f = &y->f;

	f->map_count = y->n;
	f->task_size = TASK_SIZE;
	f->highest_vm_end = y->n ? y->v[y->n - 1].end : 0;
	for (uint32_t i = 0; i < y->n; i++) {
		const struct vs_vma *v = &y->v[i];
		uint64_t pages = (v->end - v->start) / PAGE;

		f->total_vm += pages;
		if ((v->flags & 0x106) == 4)
			f->exec_vm += pages;
		else if (v->flags & 0x100)
			f->stack_vm += pages;
		else if ((v->flags & 0x10a) == 2)
			f->data_vm += pages;
	}
}

void synth_make(struct synth *y, uint32_t n, enum synth_kind kind, uint64_t seed)
{
	struct maker m = { .y = y, .seed = seed };
	uint32_t strangers = 4;

	*y = (struct synth){ .n = n, .n_all = n + strangers,
			     .mm = UINT64_C(0xffff9d3c41fb2000),
			     .other_mm = UINT64_C(0xffff9d3c41fb2440) };
	y->v = must(calloc(y->n_all, sizeof(*y->v)));
	y->absent = must(calloc(y->n_all, 1));
	lay_out(&m, n, kind);
	for (uint32_t i = n; i < y->n_all; i++) {
		m.at += PAGE;
		map(&m, 3, 3, 0, 0)->mm = y->other_mm;
	}
	for (uint32_t i = 0; i < y->n_all; i++) {
		// slab objects, in no order that means anything
		uint64_t slot = i ^ (i >> 3 & 7) ^ (i < 64 ? 0 : 5);

		y->v[i].addr = UINT64_C(0xffff9d3c40000000) + slot / 20 * PAGE + slot % 20 * 200;
		y->v[i].fact = VS_NONE;
		if (vs_map_get(&y->by_addr, y->v[i].addr) != VS_MAP_NONE)
			y->v[i].addr += UINT64_C(0x10000000);
		if (!vs_map_set(&y->by_addr, y->v[i].addr, i))
			must(NULL);
	}
	hang(y, m.seed);
	count(y);
}

void synth_free(struct synth *y)
{
	free(y->v);
	free(y->absent);
	vs_map_deinit(&y->by_addr);
	*y = (struct synth){ 0 };
}

void synth_copy(struct synth *to, const struct synth *from)
{
	*to = *from;
	to->by_addr = (struct vs_map){ 0 };
	to->v = must(malloc(from->n_all * sizeof(*to->v)));
	memcpy(to->v, from->v, from->n_all * sizeof(*to->v));
	to->absent = must(malloc(from->n_all));
	memcpy(to->absent, from->absent, from->n_all);
	for (uint32_t i = 0; i < to->n_all; i++)
		if (!vs_map_set(&to->by_addr, to->v[i].addr, i))
			must(NULL);
}

/* Reading, with the stop rules of mm/walk.c. */

static void broke(struct vs_walk *w, enum vs_stop why, uint32_t vma, const char *member,
		  uint64_t value)
{
	struct vs_break *b = must(vs_vec_push(&w->breaks));

	*b = (struct vs_break){ .why = why, .vma = vma, .member = member, .value = value };
}

static bool is_ours(const struct synth *y, const struct vs_vma *v, uint64_t from)
{
	bool range = v->start < v->end && v->end <= TASK_SIZE && !((v->start | v->end) % PAGE);

	return v->mm == y->mm || (range && (v->prev == from || v->rb_parent == from ||
					    (from && v->next == from)));
}

static enum vs_stop reach(const struct synth *y, struct vs_space *s, uint64_t addr, uint64_t from,
			  uint32_t *ret)
{
	uint32_t i = vs_map_get(&y->by_addr, addr);
	struct vs_vma *v;

	*ret = vs_space_find(s, addr);
	if (*ret != VS_NONE)
		return VS_STOP_END;
	if (addr < UINT64_C(0xffff800000000000) || addr % 8)
		return VS_STOP_WILD;
	if (i == VS_MAP_NONE)		// zeros, or somebody else's bytes
		return addr < UINT64_C(0xffff9d3c80000000) && addr >= UINT64_C(0xffff9d3c00000000) ?
			       VS_STOP_FOREIGN : VS_STOP_WILD;
	if (y->absent[i]) {
		s->absent_from |= 1U << VS_FROM_EXCLUDED;
		return VS_STOP_ABSENT;
	}
	if (!is_ours(y, &y->v[i], from))
		return VS_STOP_FOREIGN;
	v = must(vs_space_add(s, addr));
	*v = y->v[i];
	*ret = (uint32_t)(s->vmas.n - 1);
	return VS_STOP_END;
}

static void walk_line(const struct synth *y, struct vs_space *s, struct vs_walk *w, uint8_t mark,
		      uint64_t addr, const char *member, bool forward)
{
	uint32_t at = VS_NONE, i;

	w->walked = true;
	while (addr) {
		enum vs_stop stop = reach(y, s, addr, at == VS_NONE ? 0 : s->vmas.v[at].addr, &i);

		if (stop == VS_STOP_END && s->vmas.v[i].seen & mark)
			stop = VS_STOP_CYCLE;
		if (stop != VS_STOP_END) {
			broke(w, stop, at, member, addr);
			return;
		}
		s->vmas.v[i].seen |= mark;
		*(uint32_t *)must(vs_vec_push(&w->order)) = i;
		at = i;
		member = forward ? "vm_next" : "vm_prev";
		addr = forward ? s->vmas.v[i].next : s->vmas.v[i].prev;
	}
}

static void walk_tree(const struct synth *y, struct vs_space *s)
{
	struct vs_walk *w = &s->tree;
	uint32_t stack[64], holder = VS_NONE, i;
	unsigned int depth = 0;
	uint64_t addr = y->f.rb_root, parent = 0;
	const char *member = "mm_rb.rb_node";

	w->walked = true;
	for (;;) {
		while (addr) {
			enum vs_stop stop = reach(y, s, addr, parent, &i);

			if (stop == VS_STOP_END && s->vmas.v[i].seen & VS_SEEN_TREE)
				stop = VS_STOP_CYCLE;
			if (stop == VS_STOP_END && depth == 64)
				stop = VS_STOP_BOUND;
			if (stop != VS_STOP_END) {
				broke(w, stop, holder, member, addr);
				break;
			}
			s->vmas.v[i].seen |= VS_SEEN_TREE;
			stack[depth++] = i;
			holder = i;
			member = "rb_left";
			parent = s->vmas.v[i].addr;
			addr = s->vmas.v[i].rb_left;
		}
		if (!depth)
			return;
		holder = stack[--depth];
		*(uint32_t *)must(vs_vec_push(&w->order)) = holder;
		member = "rb_right";
		parent = s->vmas.v[holder].addr;
		addr = s->vmas.v[holder].rb_right;
	}
}

void synth_read(const struct synth *y, struct vs_space *s)
{
	const struct vs_walk *last = &s->next;

	vs_space_reset(s);
	s->mm = y->mm;
	s->has = VS_HAS_LIST | VS_HAS_PREV | VS_HAS_RB | VS_HAS_SUBTREE_GAP |
		 VS_HAS_HIGHEST_VM_END | VS_HAS_DATA_VM | VS_HAS_STACK_GUARD_GAP;
	s->page_shift = 12;
	s->word = 8;
	s->rb_offset = SYNTH_RB_OFFSET;
	s->stack_guard_gap = SYNTH_GUARD;
	s->limit = TASK_SIZE;
	s->f = y->f;
	walk_line(y, s, &s->next, VS_SEEN_NEXT, y->f.mmap, "mmap", true);
	walk_tree(y, s);
	if (s->tree.order.n && (!s->tree.breaks.n || s->next.breaks.n))
		last = &s->tree;
	s->prev.walked = true;
	if (!last->order.n)
		return;
	s->prev_from = last->order.v[last->order.n - 1];
	walk_line(y, s, &s->prev, VS_SEEN_PREV, s->vmas.v[s->prev_from].addr, "vm_prev", false);
}
