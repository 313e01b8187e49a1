// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tree as a sequence of lines, parents before their children. Both kinds are
 * gone through with a stack of pointers still to be followed, and each node is
 * taken once: no pointer, however wrong, makes this longer than the snapshot.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "render/tree.h"

static int cmp_finding(const void *a, const void *b, void *arg)
{
	const struct vs_report *r = arg;
	const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

	if (r->findings.v[i].addr != r->findings.v[j].addr)
		return r->findings.v[i].addr < r->findings.v[j].addr ? -1 : 1;
	return i < j ? -1 : i > j;
}

bool vs_tree_findings_init(struct vs_tree_findings *f, const struct vs_report *r)
{
	*f = (struct vs_tree_findings){ .r = r };
	if (!vs_vec_reserve(&f->v, r->findings.n))
		return false;
	for (size_t i = 0; i < r->findings.n; i++)
		f->v.v[f->v.n++] = (uint32_t)i;
	if (f->v.n)
		qsort_r(f->v.v, f->v.n, sizeof(*f->v.v), cmp_finding, (void *)(uintptr_t)r);
	return true;
}

const uint32_t *vs_tree_findings_of(const struct vs_tree_findings *f, uint64_t addr, size_t *n_ret)
{
	size_t lo = 0, hi = f->v.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->r->findings.v[f->v.v[mid]].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (hi = lo; hi < f->v.n && f->r->findings.v[f->v.v[hi]].addr == addr; hi++)
		;
	*n_ret = addr ? hi - lo : 0;
	return f->v.v + lo;
}

uint64_t vs_tree_line_addr(const struct vs_space *s, const struct vs_tree_line *l)
{
	switch ((enum vs_twig)l->twig) {
	case VS_TWIG_NODE:
	case VS_TWIG_STRAY:
		return s->vmas.v[l->index].addr;
	case VS_TWIG_MNODE:
		return s->maple.nodes.v[l->index].addr;
	case VS_TWIG_ENTRY:
		return l->index != VS_NONE && s->maple.entries.v[l->index].vma != VS_NONE ?
			s->vmas.v[s->maple.entries.v[l->index].vma].addr : 0;
	default:
		return 0;
	}
}

const char *vs_tree_why(const struct vs_tree_line *l)
{
	static const char *const stops[] = {
		[VS_STOP_END] = "was not followed",
		[VS_STOP_CYCLE] = "leads back to what stands elsewhere in the tree",
		[VS_STOP_ABSENT] = "leads to bytes that are not in the dump",
		[VS_STOP_WILD] = "leads to where there is no memory",
		[VS_STOP_FOREIGN] = "leads to something that is no VMA of this mm",
		[VS_STOP_BOUND] = "goes on past what there can be",
	};

	switch ((enum vs_mwhy)l->why) {
	case VS_MW_TYPE:
		return "is encoded as no type of node that this kernel has";
	case VS_MW_DEPTH:
		return "goes deeper than a maple tree can";
	case VS_MW_ROOT:
		return "has garbage in its low bits";
	default:
		return stops[l->stop];
	}
}

/* A pointer still to be followed. */
struct todo {
	uint64_t value;
	uint32_t parent, depth;
	uint8_t slot;
	bool last_child;
};

struct walker {
	const struct vs_space *s;
	const struct vs_tree_findings *f;
	uint32_t depth;
	vs_tree_fn *fn;
	void *arg;
	VS_VEC(struct todo) stack;
	bool *drawn;		/* by VMA, or by maple node */
};

static bool is_damaged(const struct walker *w, uint64_t addr)
{
	size_t n;

	vs_tree_findings_of(w->f, addr, &n);
	return n;
}

/* --- red-black --- */

/* Why the walk did not go on at this pointer. */
static void rb_break(const struct walker *w, const struct todo *t, struct vs_tree_line *l)
{
	const struct vs_walk *tree = &w->s->tree;

	l->twig = VS_TWIG_BREAK;
	l->value = t->value;
	l->index = vs_space_find(w->s, t->value);
	l->stop = l->index != VS_NONE && w->drawn[l->index] ? VS_STOP_CYCLE : VS_STOP_END;
	for (size_t i = 0; i < tree->breaks.n; i++) {
		const struct vs_break *b = &tree->breaks.v[i];

		if (b->vma == t->parent && b->value == t->value && b->why != VS_STOP_CYCLE)
			l->stop = (uint8_t)b->why, l->from = b->from;
	}
}

static bool rb_push(struct walker *w, uint32_t i, uint32_t depth)
{
	const struct vs_vma *v = &w->s->vmas.v[i];

	if (!vs_vec_reserve(&w->stack, w->stack.n + 2))
		return false;
	if (v->rb_right)
		w->stack.v[w->stack.n++] = (struct todo){ v->rb_right, i, depth + 1, 1, true };
	if (v->rb_left)
		w->stack.v[w->stack.n++] = (struct todo){ v->rb_left, i, depth + 1, 0, !v->rb_right };
	return true;
}

/* Count what is under a pointer instead of drawing it. */
static bool rb_skip(struct walker *w, const struct todo *from, struct vs_tree_line *l)
{
	const size_t base = w->stack.n;

	w->stack.v[w->stack.n++] = *from;	// its place is free: it was just taken off
	while (w->stack.n > base) {
		struct todo t = w->stack.v[--w->stack.n];
		uint32_t i = vs_space_find(w->s, t.value);

		if (i == VS_NONE || w->drawn[i]) {
			l->index++;
			continue;
		}
		w->drawn[i] = true;
		l->count++;
		l->index += is_damaged(w, t.value);
		if (!rb_push(w, i, t.depth))
			return false;
	}
	return true;
}

static struct vs_err *rb_lines(struct walker *w)
{
	const struct vs_space *s = w->s;
	struct vs_err *err = NULL;

	if (!vs_vec_reserve(&w->stack, 1))
		return &vs_enomem;
	if (s->f.rb_root)
		w->stack.v[w->stack.n++] = (struct todo){ s->f.rb_root, VS_NONE, 0, 0, true };
	while (!err && w->stack.n) {
		struct todo t = w->stack.v[--w->stack.n];
		struct vs_tree_line l = {
			.depth = t.depth, .parent = t.parent, .slot = t.slot, .last_child = t.last_child,
		};

		l.index = vs_space_find(s, t.value);
		if (l.index == VS_NONE || w->drawn[l.index]) {
			rb_break(w, &t, &l);
		} else if (t.depth > w->depth) {
			l.twig = VS_TWIG_MORE;
			l.index = 0;
			if (!rb_skip(w, &t, &l))
				return &vs_enomem;
		} else {
			w->drawn[l.index] = true;
			l.gap = s->vmas.v[l.index].subtree_gap;
			l.has_gap = s->has & VS_HAS_SUBTREE_GAP;
			if (!rb_push(w, l.index, t.depth))
				return &vs_enomem;
		}
		err = w->fn(w->arg, &l);
	}
	return err;
}

/* --- maple --- */

/* What stands in a slot, by (node + 1) << 8 | slot: the root's is the mm's. */
struct slots {
	struct vs_map children, entries, breaks;
};

static uint64_t slot_key(uint32_t node, uint8_t slot)
{
	return (uint64_t)(node == VS_NONE ? 0 : node + 1) << 8 | slot;
}

static bool slots_init(struct slots *sl, const struct vs_maple *m)
{
	bool good = true;

	for (size_t i = 0; good && i < m->nodes.n; i++)
		good = vs_map_set(&sl->children, slot_key(m->nodes.v[i].parent, m->nodes.v[i].slot), (uint32_t)i);
	for (size_t i = 0; good && i < m->entries.n; i++)
		good = vs_map_set(&sl->entries, slot_key(m->entries.v[i].node, m->entries.v[i].slot), (uint32_t)i);
	for (size_t i = 0; good && i < m->breaks.n; i++)
		good = vs_map_set(&sl->breaks, slot_key(m->breaks.v[i].node, m->breaks.v[i].slot), (uint32_t)i);
	return good;
}

static void slots_deinit(struct slots *sl)
{
	vs_map_deinit(&sl->children);
	vs_map_deinit(&sl->entries);
	vs_map_deinit(&sl->breaks);
}

static bool is_used(const struct slots *sl, uint32_t node, uint8_t slot)
{
	const uint64_t key = slot_key(node, slot);

	return vs_map_get(&sl->children, key) != VS_MAP_NONE || vs_map_get(&sl->entries, key) != VS_MAP_NONE ||
		vs_map_get(&sl->breaks, key) != VS_MAP_NONE;
}

/* The slots of node @p i onto the stack, the last one first. */
static bool maple_push(struct walker *w, const struct slots *sl, uint32_t i, uint32_t depth)
{
	const struct vs_mnode *n = &w->s->maple.nodes.v[i];
	bool last = true;

	if (!vs_vec_reserve(&w->stack, w->stack.n + n->n_slots))
		return false;
	for (unsigned int slot = n->n_slots; slot-- > 0;) {
		const bool used = is_used(sl, i, (uint8_t)slot);

		// behind the end a slot is told only if something hangs in it
		if (!used && (slot > n->end || !n->leaf))
			continue;
		w->stack.v[w->stack.n++] = (struct todo){ .parent = i, .depth = depth + 1, .slot = (uint8_t)slot,
							  .last_child = last };
		last = false;
	}
	return true;
}

/* The range that the pivots leave to a slot of a leaf, as next_slot() of mm/maple.c has it. */
static bool slot_range(const struct vs_maple *m, const struct vs_mnode *n, uint8_t slot, uint64_t *first,
		       uint64_t *last)
{
	const uint64_t *pivots = vs_mnode_pivots(m, n);

	*first = n->min;
	for (unsigned int i = 0; i <= slot; i++) {
		uint64_t piv = n->max;

		if (n->type == VS_MT_DENSE)
			piv = n->min + i < n->max ? n->min + i : n->max;
		else if (i < n->n_pivots && (pivots[i] || !i))
			piv = pivots[i];
		if (piv > n->max)
			piv = n->max;
		*last = piv;
		if (i < slot) {
			if (piv >= n->max)
				return false;
			*first = piv + 1 > *first ? piv + 1 : *first;
		}
	}
	return *last >= *first;
}

static bool maple_skip(struct walker *w, const struct slots *sl, const struct todo *from, struct vs_tree_line *l)
{
	const struct vs_space *s = w->s;
	const size_t base = w->stack.n;

	w->stack.v[w->stack.n++] = *from;
	while (w->stack.n > base) {
		const struct todo t = w->stack.v[--w->stack.n];
		const uint64_t key = slot_key(t.parent, t.slot);
		const uint32_t child = vs_map_get(&sl->children, key), entry = vs_map_get(&sl->entries, key);

		if (child != VS_MAP_NONE && !w->drawn[child]) {
			w->drawn[child] = true;
			l->count++;
			l->index += is_damaged(w, s->maple.nodes.v[child].addr);
			if (!maple_push(w, sl, child, t.depth))
				return false;
		} else if (entry != VS_MAP_NONE) {
			const uint32_t v = s->maple.entries.v[entry].vma;

			l->count++;
			l->index += v == VS_NONE || is_damaged(w, s->vmas.v[v].addr);
		} else if (vs_map_get(&sl->breaks, key) != VS_MAP_NONE) {
			l->index++;
		}
	}
	return true;
}

/* One slot: a node under it, an entry, a free range, or where the walk ended. */
static void maple_line(const struct walker *w, const struct slots *sl, const struct todo *t, struct vs_tree_line *l)
{
	const struct vs_maple *m = &w->s->maple;
	const struct vs_mnode *parent = t->parent == VS_NONE ? NULL : &m->nodes.v[t->parent];
	const uint64_t key = slot_key(t->parent, t->slot);
	const uint32_t child = vs_map_get(&sl->children, key), entry = vs_map_get(&sl->entries, key),
		broken = vs_map_get(&sl->breaks, key);

	if (parent && parent->has_gaps) {
		l->gap = vs_mnode_gaps(m, parent)[t->slot];
		l->has_gap = true;
	}
	if (child != VS_MAP_NONE && !w->drawn[child]) {
		l->twig = VS_TWIG_MNODE;
		l->index = child;
		w->drawn[child] = true;
		return;
	}
	if (broken != VS_MAP_NONE) {
		const struct vs_mbreak *b = &m->breaks.v[broken];

		l->twig = VS_TWIG_BREAK;
		l->value = b->value;
		l->stop = b->stop;
		l->from = b->from;
		l->why = (uint8_t)b->why;
		l->index = entry;	// an entry that cannot be read has its range at least
		return;
	}
	if (entry != VS_MAP_NONE) {
		l->twig = VS_TWIG_ENTRY;
		l->index = entry;
		return;
	}
	l->twig = VS_TWIG_FREE;
	if (parent && slot_range(m, parent, t->slot, &l->first, &l->last)) {
		l->gap = l->last - l->first == UINT64_MAX ? UINT64_MAX : l->last - l->first + 1;
		l->has_gap = true;
	}
}

static struct vs_err *maple_lines(struct walker *w, const struct slots *sl)
{
	struct vs_err *err = NULL;

	if (!vs_vec_reserve(&w->stack, 1))
		return &vs_enomem;
	if (is_used(sl, VS_NONE, 0))
		w->stack.v[w->stack.n++] = (struct todo){ .parent = VS_NONE, .last_child = true };
	while (!err && w->stack.n) {
		struct todo t = w->stack.v[--w->stack.n];
		struct vs_tree_line l = {
			.depth = t.depth, .parent = t.parent, .slot = t.slot, .last_child = t.last_child,
		};

		if (t.depth > w->depth) {
			l.twig = VS_TWIG_MORE;
			// siblings that are all left out make one line
			if (!maple_skip(w, sl, &t, &l))
				return &vs_enomem;
			while (w->stack.n && w->stack.v[w->stack.n - 1].parent == t.parent) {
				t = w->stack.v[--w->stack.n];
				l.last_child = t.last_child;
				if (!maple_skip(w, sl, &t, &l))
					return &vs_enomem;
			}
		} else {
			maple_line(w, sl, &t, &l);
			if (l.twig == VS_TWIG_MNODE && !maple_push(w, sl, l.index, t.depth))
				return &vs_enomem;
		}
		err = w->fn(w->arg, &l);
	}
	return err;
}

/* VMAs that some walk knows and the tree has not. */
static struct vs_err *strays(struct walker *w)
{
	const uint8_t mark = w->s->has & VS_HAS_MAPLE ? VS_SEEN_MAPLE : VS_SEEN_TREE;
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < w->s->vmas.n; i++) {
		const struct vs_tree_line l = { .twig = VS_TWIG_STRAY, .index = (uint32_t)i, .parent = VS_NONE };

		if (!(w->s->vmas.v[i].seen & mark))
			err = w->fn(w->arg, &l);
	}
	return err;
}

struct vs_err *vs_tree_lines(const struct vs_space *s, const struct vs_tree_findings *f, uint32_t depth,
			     vs_tree_fn *fn, void *arg)
{
	const bool maple = s->has & VS_HAS_MAPLE;
	const size_t n = maple ? s->maple.nodes.n : s->vmas.n;
	struct walker w = { .s = s, .f = f, .depth = depth, .fn = fn, .arg = arg };
	struct slots sl = { 0 };
	struct vs_err *err;

	w.drawn = calloc(n ? n : 1, sizeof(*w.drawn));
	if (!w.drawn || (maple && !slots_init(&sl, &s->maple)))
		err = &vs_enomem;
	else
		err = maple ? maple_lines(&w, &sl) : rb_lines(&w);
	if (!err)
		err = strays(&w);
	slots_deinit(&sl);
	vs_vec_deinit(&w.stack);
	free(w.drawn);
	return err;
}
