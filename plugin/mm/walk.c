// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walks up to Linux 6.0: vm_next forward, vm_prev backward, the red-black
 * tree in order. Each VMA is read once; a walk marks where it has been, so that
 * a loop ends where it closes, and it goes round what it cannot follow.
 */
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"
#include "mm/slot.h"

#define POLL_EVERY 4096

static struct vs_err *broke(struct vs_walk *w, enum vs_stop why, uint32_t vma, const char *member,
			    uint64_t value, uint8_t from)
{
	struct vs_break *b = vs_vec_push(&w->breaks);

	if (!b)
		return &vs_enomem;
	*b = (struct vs_break){ why, vma, member, value, from };
	return NULL;
}

/*
 * Is what was read at v->addr a VMA of this mm? Its vm_mm says so; should that be
 * what is damaged, its range and its link back do.
 */
static bool is_ours(const struct vs_space *s, const struct vs_vma *v, const struct vs_expect *e)
{
	const uint64_t page = (UINT64_C(1) << s->page_shift) - 1;
	bool range_ok = v->start < v->end && v->end <= s->limit && !((v->start | v->end) & page);

	if (v->mm == s->mm)
		return true;
	if (!range_ok)
		return false;
	if (e->end && v->start == e->start && v->end == e->end)
		return true;
	return e->link && (v->prev == e->link || v->rb_parent == e->link || v->next == e->link);
}

#define MAX_SLOTS 16	/* objects of one address space that the slab is asked about */

/* A list_head within @p addr that is empty, or part of a list: few other things look like one. */
static bool has_chain(struct vs_kernel *k, uint64_t addr)
{
	const struct vs_field f = k->layout.vma.anon_vma_chain;
	const uint64_t head = addr + (uint64_t)f.off;
	uint64_t next, back;

	return vs_has(f) && vs_kmem_ulong(&k->mem, head, &next) && vs_vma_addr_ok(k, next) &&
		vs_kmem_ulong(&k->mem, next + k->mem.target.word, &back) && back == head;
}

/*
 * Where the slab has an object that is allocated, and that says to belong to no mm at all,
 * it has been overwritten. Where the dump does not tell of slabs, its list of anon_vmas
 * shows what it was.
 */
bool vs_vma_is_wreck(struct vs_kernel *k, uint64_t addr)
{
	struct vs_slot slot;
	uint64_t at, cache, mm;

	if (!vs_vma_addr_ok(k, addr) || !vs_kmem_ulong(&k->mem, addr + (uint64_t)k->layout.vma.vm_mm.off, &mm) ||
	    (mm && vs_vma_addr_ok(k, mm)))
		return false;
	if (!vs_kernel_sym(k, VS_SYM_VM_AREA_CACHEP, &at) || !vs_kmem_ulong(&k->mem, at, &cache) ||
	    !vs_slot_read(k, addr, &slot))
		return has_chain(k, addr);
	return slot.cache == cache && slot.start == addr && !slot.free;
}

uint64_t vs_reader_untag(const struct vs_reader *r, uint64_t addr)
{
	uint64_t (*untag)(uint64_t va) = r->k->mem.arch->untag;

	return untag && untag(r->s->mm) == r->s->mm ? untag(addr) : addr;
}

/*
 * The usual case: a VMA of this mm that begins where those before it have ended, so that it
 * is none of them and nothing has to be looked up. VS_NONE: it is not so plain.
 */
static inline uint32_t reach_on(struct vs_reader *r, uint64_t addr)
{
	struct vs_space *s = r->s;
	struct vs_vma *v;

	if (s->vmas.n >= r->bound || !vs_vma_addr_ok(r->k, addr))
		return VS_NONE;
	v = vs_space_add(s, addr);
	if (!v)
		return VS_NONE;
	vs_vma_read(r->k, addr, v);
	if (v->absent || v->mm != s->mm || v->start < r->end || v->start >= v->end) {
		vs_space_drop(s);
		r->astray = true;
		return VS_NONE;
	}
	r->end = v->end;
	return (uint32_t)s->vmas.n - 1;
}

struct vs_err *vs_reader_reach(struct vs_reader *r, uint64_t addr, const struct vs_expect *expect,
			       uint32_t *idx_ret, enum vs_stop *stop_ret, uint8_t *from_ret)
{
	struct vs_space *s = r->s;
	struct vs_vma v = { .fact = VS_NONE }, *slot;

	*from_ret = VS_FROM_FILE;
	*stop_ret = VS_STOP_END;
	addr = vs_reader_untag(r, addr);
	v.addr = addr;
	*idx_ret = r->astray ? VS_NONE : reach_on(r, addr);
	if (*idx_ret == VS_NONE)
		*idx_ret = vs_space_find(s, addr);
	if (*idx_ret != VS_NONE)
		return NULL;
	if (!vs_vma_addr_ok(r->k, addr)) {
		*stop_ret = VS_STOP_WILD;
		return NULL;
	}
	if (s->vmas.n >= r->bound) {
		*stop_ret = VS_STOP_BOUND;
		return NULL;
	}
	vs_vma_read(r->k, addr, &v);
	if (v.absent) {
		*from_ret = v.from;
		*stop_ret = v.from == VS_FROM_NOWHERE ? VS_STOP_WILD : VS_STOP_ABSENT;
		s->n_absent += *stop_ret == VS_STOP_ABSENT;
		return NULL;
	}
	// a maple tree has no second pointer to a VMA: if it is one by its slab, it is not the pointer
	if (!is_ours(s, &v, expect) &&
	    (!expect->sure || expect->end <= expect->start || r->slots++ >= MAX_SLOTS || !vs_vma_is_wreck(r->k, addr))) {
		*stop_ret = VS_STOP_FOREIGN;
		return NULL;
	}
	slot = vs_space_add(s, addr);
	if (!slot)
		return &vs_enomem;
	*slot = v;
	*idx_ret = (uint32_t)(slot - s->vmas.v);
	return NULL;
}

/* Follow vm_next from mm->mmap, or vm_prev from @p first. */
static struct vs_err *walk_line(struct vs_reader *r, struct vs_walk *w, enum vs_seen mark,
				uint64_t first, const char *first_member, bool forward)
{
	const char *member = forward ? "vm_next" : "vm_prev";
	struct vs_space *s = r->s;
	uint64_t addr = first;
	uint32_t at = VS_NONE;

	w->walked = true;
	if (!vs_vec_reserve(&w->order, s->vmas.cap))
		return &vs_enomem;
	while (addr) {
		const char *via = at == VS_NONE ? first_member : member;
		struct vs_err *err;
		enum vs_stop stop;
		uint8_t from;
		uint32_t i;

		// the list was read in its order, so the next index is the likeliest
		i = at != VS_NONE ? (forward ? at + 1 : at - 1) : forward ? 0 : s->prev_from;
		if (i < s->vmas.n && s->vmas.v[i].addr == addr) {
			stop = VS_STOP_END;
			from = VS_FROM_FILE;
		} else {
			const struct vs_expect expect = { .link = at == VS_NONE ? 0 : s->vmas.v[at].addr };

			err = vs_reader_reach(r, addr, &expect, &i, &stop, &from);
			if (err)
				return err;
		}
		if (stop == VS_STOP_END && s->vmas.v[i].seen & mark)
			stop = VS_STOP_CYCLE;
		if (stop != VS_STOP_END)
			return broke(w, stop, at, via, addr, from);
		s->vmas.v[i].seen |= mark;
		if (!vs_vec_reserve(&w->order, w->order.n + 1))
			return &vs_enomem;
		w->order.v[w->order.n++] = i;
		at = i;
		addr = forward ? s->vmas.v[i].next : s->vmas.v[i].prev;
		if (w->order.n % POLL_EVERY == 0) {
			err = vs_out_poll(r->out);
			if (err)
				return err;
		}
	}
	return NULL;
}

struct vs_err *vs_walk_list(struct vs_reader *r)
{
	return walk_line(r, &r->s->next, VS_SEEN_NEXT, r->s->f.mmap, "mmap", true);
}

struct vs_err *vs_walk_list_back(struct vs_reader *r)
{
	struct vs_space *s = r->s;
	const struct vs_walk *from = &s->next;

	// The tree knows the last VMA even where the list is cut.
	if (s->tree.walked && s->tree.order.n && (!s->tree.breaks.n || s->next.breaks.n))
		from = &s->tree;
	s->prev_from = from->order.n ? from->order.v[from->order.n - 1] : VS_NONE;
	if (s->prev_from == VS_NONE) {
		s->prev.walked = true;
		return NULL;
	}
	return walk_line(r, &s->prev, VS_SEEN_PREV, s->vmas.v[s->prev_from].addr, "vm_prev", false);
}

/* 2 * log2(n + 1) is the highest that a sound red-black tree of n < 2^32 nodes gets. */
#define MAX_HEIGHT 64

struct vs_err *vs_walk_rbtree(struct vs_reader *r)
{
	struct vs_space *s = r->s;
	struct vs_walk *w = &s->tree;
	uint32_t stack[MAX_HEIGHT];
	unsigned int depth = 0;
	uint64_t addr = s->f.rb_root, parent = 0;
	uint32_t holder = VS_NONE;
	const char *member = "mm_rb.rb_node";

	w->walked = true;
	r->astray = true;	// what comes now is not in order
	for (;;) {
		struct vs_err *err;

		while (addr) {		// down to the left
			const struct vs_expect expect = { .link = parent };
			enum vs_stop stop;
			uint8_t from;
			uint32_t i;

			err = vs_reader_reach(r, addr, &expect, &i, &stop, &from);
			if (err)
				return err;
			if (stop == VS_STOP_END && s->vmas.v[i].seen & VS_SEEN_TREE)
				stop = VS_STOP_CYCLE;
			if (stop == VS_STOP_END && depth == MAX_HEIGHT)
				stop = VS_STOP_BOUND;
			if (stop != VS_STOP_END) {
				err = broke(w, stop, holder, member, addr, from);
				if (err)
					return err;
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
			return NULL;
		holder = stack[--depth];
		if (!vs_vec_reserve(&w->order, w->order.n + 1))
			return &vs_enomem;
		w->order.v[w->order.n++] = holder;
		member = "rb_right";
		parent = s->vmas.v[holder].addr;
		addr = s->vmas.v[holder].rb_right;
		if (w->order.n % POLL_EVERY == 0) {
			err = vs_out_poll(r->out);
			if (err)
				return err;
		}
	}
}

/*
 * The red-black tree without going to it. In order, a node's left subtree has ended just before
 * it, and a node without a right child ends each subtree whose right edge it is.
 */
struct tree_line {
	uint64_t right[MAX_HEIGHT];	/* of the nodes whose right subtree is being passed: where it begins */
	uint64_t node[MAX_HEIGHT];	/* and where they are themselves */
	unsigned int depth;
	uint64_t left;			/* the subtree that has just ended */
};

/* The next VMA in order: does what it says of the tree fit? */
static inline bool tree_line_take(struct tree_line *t, const struct vs_vma *v)
{
	if (v->rb_left != t->left)
		return false;
	if (v->rb_right) {
		if (t->depth == MAX_HEIGHT)
			return false;
		t->right[t->depth] = v->rb_right;
		t->node[t->depth++] = v->addr;
		t->left = 0;
		return true;
	}
	t->left = v->addr;
	while (t->depth && t->left == t->right[t->depth - 1])
		t->left = t->node[--t->depth];
	return true;
}

/* As if the first @p n VMAs had not been marked. */
static bool take_back(struct vs_space *s, uint32_t n, uint16_t seen)
{
	while (n--)
		s->vmas.v[n].seen &= (uint16_t)~seen;
	return false;
}

bool vs_walks_follow(struct vs_reader *r)
{
	struct vs_space *s = r->s;
	const bool tree = s->has & VS_HAS_RB, back = s->has & VS_HAS_PREV;
	const uint16_t seen = (tree ? VS_SEEN_TREE : 0) | (back ? VS_SEEN_PREV : 0);
	const uint32_t n = (uint32_t)s->vmas.n;
	struct tree_line line = { 0 };
	uint64_t prev = 0;

	if (r->astray || !s->next.walked || s->next.breaks.n || s->next.order.n != n ||
	    (tree && !vs_vec_reserve(&s->tree.order, n)) || (back && !vs_vec_reserve(&s->prev.order, n)))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct vs_vma *v = &s->vmas.v[i];

		if ((tree && !tree_line_take(&line, v)) || (back && v->prev != prev))
			return take_back(s, i, seen);
		v->seen |= seen;
		if (tree)
			s->tree.order.v[i] = i;
		if (back)
			s->prev.order.v[n - 1 - i] = i;
		prev = v->addr;
	}
	if (tree && (line.depth || line.left != s->f.rb_root))
		return take_back(s, n, seen);
	s->tree.walked = tree;
	s->prev.walked = back;
	s->tree.order.n = tree ? n : 0;
	s->prev.order.n = back ? n : 0;
	s->prev_from = back && n ? n - 1 : VS_NONE;
	return true;
}
