// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each cell ends. That is told by the VMA on its left (vm_end - 1), the
 * VMA on its right (vm_start - 1), the leaf's pivot between them, and the pivots
 * of the nodes above where a node ends with it:
 *
 *	  pivot in a node above
 *	          |
 *	   VMA    |    VMA           three or four tell the same: the odd one out
 *	 --------]|[---------        is wrong
 *	          |
 *	        pivot
 *
 * Between a VMA and a free range only two tell. Then it is total_vm which
 * decides: it is off by just what a VMA's bound is off, or not at all if the
 * pivot is wrong.
 */
#include "check/ctx.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_TIES 10

/* Somebody's word for where a cell ends. */
struct told {
	uint64_t last;
	uint32_t vma;		/* whose bound it is; VS_NONE: a pivot's */
	bool good;		/* nothing by itself speaks against it */
};

#define MAX_TOLD (VS_MAPLE_HEIGHT_MAX + 5)

/* A cell whose end one VMA and one pivot (or several) tell differently. */
struct tie {
	uint32_t cell, vma;
	bool start;		/* it is the VMA's vm_start */
	uint64_t by_vma, by_tree;
	uint64_t delta;		/* what total_vm would be larger by with the tree's, bytes, modulo 2^64 */
};

struct ties {
	struct tie v[MAX_TIES];
	unsigned int n;
};

static inline const struct vs_vma *cell_vma(const struct vs_check_ctx *ctx, uint32_t k)
{
	const struct vs_mcell *c = &ctx->maple.cells.v[k];

	return c->kind == VS_CELL_VMA ? &ctx->s->vmas.v[c->vma] : NULL;
}

/** The tree's word alone; false if it has none. */
static bool tree_last(const struct vs_check_ctx *ctx, uint32_t k, uint64_t *ret)
{
	const struct vs_maple_belief *b = &ctx->maple;
	const struct vs_mcell *c = &b->cells.v[k];

	if (k + 1 == b->cells.n)
		*ret = b->top;
	else if (c->n_votes)
		*ret = vs_mvote_value(&ctx->s->maple, &b->votes.v[c->votes]);
	else
		return false;
	return true;
}

/* VMAs in the place of others. */

/** Where the range of @p v is, by the tree alone; false if cell @p k is where it should be. */
static bool displaced(const struct vs_check_ctx *ctx, uint32_t k)
{
	const struct vs_vma *v = cell_vma(ctx, k);
	uint64_t prev = UINT64_MAX, last;

	if (!v || (k && !tree_last(ctx, k - 1, &prev)) || !tree_last(ctx, k, &last))
		return false;
	return v->start != prev + 1 && v->end != last + 1;
}

/** The VMA of cell @p k belongs to cell @p q; *right is what its slot should be, NULL: not known. */
static void charge_displaced(struct vs_check_ctx *ctx, uint32_t k, uint32_t q, const uint64_t *right)
{
	const struct vs_maple *m = &ctx->s->maple;
	struct vs_mcell *c = &ctx->maple.cells.v[k], *d = &ctx->maple.cells.v[q];
	const struct vs_vma *v = &ctx->s->vmas.v[c->vma];
	uint64_t seen = vs_mnode_slots(m, &m->nodes.v[c->node])[c->slot];
	struct vs_mcharge *charge;

	charge = vs_maple_charge(ctx, VS_MR_SLOT, c->node, VS_MM_SLOT, c->slot, seen,
				 "slot[%u] is %#" PRIx64 ", the VMA %#" PRIx64 "-%#" PRIx64
				 ", whose place is slot[%u] of %#" PRIx64, c->slot, seen, v->start, v->end,
				 d->slot, m->nodes.v[d->node].addr);
	if (right)
		vs_mcharge_expect(charge, *right);
	ctx->maple.moved = true;
}

/**
 * A VMA whose range is not that of its cell at either end, and is that of
 * another cell: the slot is wrong, not the range.
 */
static bool find_displaced(struct vs_check_ctx *ctx)
{
	struct vs_maple_belief *b = &ctx->maple;
	VS_VEC(uint32_t) moved = { 0 };
	struct vs_map by_last = { 0 };
	bool ok = true;
	uint64_t last;

	for (uint32_t k = 0; ok && k < b->cells.n; k++)
		if (displaced(ctx, k)) {
			uint32_t *slot = vs_vec_push(&moved);

			ok = slot;
			if (slot)
				*slot = k;
		}
	for (uint32_t k = 0; ok && moved.n && k < b->cells.n; k++)
		if (tree_last(ctx, k, &last))
			ok = vs_map_set(&by_last, last, k);
	for (size_t i = 0; ok && i < moved.n; i++) {
		uint32_t k = moved.v[i], q;
		struct vs_mcell *c = &b->cells.v[k], *d;
		const struct vs_vma *v = cell_vma(ctx, k);
		uint64_t prev = UINT64_MAX;

		q = v ? vs_map_get(&by_last, v->end - 1) : VS_MAP_NONE;
		if (q == VS_MAP_NONE || q == k || (q && !tree_last(ctx, q - 1, &prev)) ||
		    v->start != prev + 1)
			continue;
		d = &b->cells.v[q];
		if (d->kind == VS_CELL_LOST &&
		    vs_mnode_slots(&ctx->s->maple, &ctx->s->maple.nodes.v[d->node])[d->slot] == v->addr) {
			// both slots lead to it, and the walk came by the wrong one first
			charge_displaced(ctx, k, q, NULL);
			d->kind = VS_CELL_VMA;
			d->vma = c->vma;
			c->kind = VS_CELL_LOST;
			c->vma = VS_NONE;
		} else if (d->kind == VS_CELL_NULL) {
			charge_displaced(ctx, k, q, NULL);	// exchanged with a free range
			d->kind = VS_CELL_VMA;
			d->vma = c->vma;
			c->kind = VS_CELL_NULL;
			c->vma = VS_NONE;
		} else if (d->kind == VS_CELL_VMA && displaced(ctx, q)) {
			const struct vs_vma *u = &ctx->s->vmas.v[d->vma];
			uint64_t mine;

			bool exchanged;

			prev = UINT64_MAX;
			exchanged = (!k || tree_last(ctx, k - 1, &prev)) && tree_last(ctx, k, &mine) &&
				u->start == prev + 1 && u->end == mine + 1;
			charge_displaced(ctx, k, q, exchanged ? &u->addr : NULL);
			if (exchanged) {
				uint32_t tmp = c->vma;

				charge_displaced(ctx, q, k, &v->addr);
				c->vma = d->vma;
				d->vma = tmp;
			}
		}
	}
	vs_vec_deinit(&moved);
	vs_map_deinit(&by_last);
	return ok;
}

/** Slots that lead to no VMA. */
static void charge_lost(struct vs_check_ctx *ctx)
{
	static const char *const words[] = {
		[VS_STOP_CYCLE] = "a VMA that has another slot",
		[VS_STOP_WILD] = "where there is no memory",
		[VS_STOP_FOREIGN] = "which is no VMA of this mm",
		[VS_STOP_BOUND] = "which is one VMA more than there can be",
	};
	const struct vs_maple *m = &ctx->s->maple;
	struct vs_map stops = { 0 };

	for (size_t i = 0; i < m->breaks.n; i++) {
		const struct vs_mbreak *b = &m->breaks.v[i];

		if (b->node != VS_NONE && !vs_map_set(&stops, (uint64_t)b->node << 8 | b->slot, b->stop))
			ctx->maple.failed = true;
	}
	for (uint32_t k = 0; k < ctx->maple.cells.n; k++) {
		const struct vs_mcell *c = &ctx->maple.cells.v[k];
		uint64_t seen, last;
		const char *why;
		uint32_t stop;

		if (c->kind != VS_CELL_LOST)
			continue;
		seen = vs_mnode_slots(m, &m->nodes.v[c->node])[c->slot];
		// told as the VMA of another slot
		if (ctx->maple.at[vs_mslot_at(&m->nodes.v[c->node], c->slot)] != VS_NONE &&
		    m->entries.v[ctx->maple.at[vs_mslot_at(&m->nodes.v[c->node], c->slot)]].kind ==
			    VS_MENTRY_VMA)
			continue;
		stop = vs_map_get(&stops, (uint64_t)c->node << 8 | c->slot);
		why = stop < sizeof(words) / sizeof(*words) ? words[stop] : NULL;
		if (!tree_last(ctx, k, &last))
			last = 0;
		vs_maple_charge(ctx, VS_MR_SLOT, c->node, VS_MM_SLOT, c->slot, seen,
				"slot[%u], the range up to %#" PRIx64 ", is %#" PRIx64 ", %s", c->slot,
				last, seen, why ? why : "which no walk could reach");
	}
	vs_map_deinit(&stops);
}

/* Weighing. */

static unsigned int tell(const struct vs_check_ctx *ctx, uint32_t k, struct told *told)
{
	const struct vs_maple_belief *b = &ctx->maple;
	const struct vs_mcell *c = &b->cells.v[k];
	const struct vs_vma *l = cell_vma(ctx, k), *r = k + 1 < b->cells.n ? cell_vma(ctx, k + 1) : NULL;
	unsigned int n = 0;

	if (k + 1 == b->cells.n)
		told[n++] = (struct told){ b->top, VS_NONE, true };
	for (unsigned int i = 0; i < c->n_votes && n < MAX_TOLD - 2; i++)
		told[n++] = (struct told){ vs_mvote_value(&ctx->s->maple, &b->votes.v[c->votes + i]),
					   VS_NONE, true };
	if (l)
		told[n++] = (struct told){ l->end - 1, c->vma, true };
	if (r)
		told[n++] = (struct told){ r->start - 1, b->cells.v[k + 1].vma, true };
	return n;
}

static bool all_agree(const struct told *told, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		if (told[i].last != told[0].last)
			return false;
	return n;
}

/** Take the word of those away that are impossible by themselves or by what is certain beside. */
static void discredit(const struct vs_check_ctx *ctx, uint32_t k, uint64_t lo, bool has_lo,
		      uint64_t hi, struct told *told, unsigned int n)
{
	const struct vs_space *s = ctx->s;
	uint64_t mask = (UINT64_C(1) << s->page_shift) - 1;
	bool end = k + 1 == ctx->maple.cells.n;

	for (unsigned int i = 0; i < n; i++) {
		struct told *t = &told[i];

		t->good = !((t->last + 1) & mask) && (!has_lo || t->last > lo) &&
			  (end || t->last < hi) && (end || !s->limit || t->last < s->limit);
		// a VMA that is impossible by itself, at a bound that is not agreed on
		if (t->vma != VS_NONE)
			t->good &= !vs_range_bad(s, s->vmas.v[t->vma].start, s->vmas.v[t->vma].end);
	}
}

/** How many tell what told[i] does; only good ones if @p good. */
static unsigned int voices(const struct told *told, unsigned int n, unsigned int i, bool good)
{
	unsigned int v = 0;

	for (unsigned int j = 0; j < n; j++)
		v += told[j].last == told[i].last && (told[j].good || !good);
	return v;
}

static void add_tie(struct vs_check_ctx *ctx, struct ties *ties, uint32_t k,
		    const struct told *by_vma, uint64_t by_tree)
{
	const struct vs_mcell *c = &ctx->maple.cells.v[k];
	struct tie t = { .cell = k, .vma = by_vma->vma, .by_vma = by_vma->last, .by_tree = by_tree };

	t.start = c->kind != VS_CELL_VMA || c->vma != by_vma->vma;
	t.delta = t.start ? by_vma->last - by_tree : by_tree - by_vma->last;
	if (ties->n < MAX_TIES)
		ties->v[ties->n++] = t;
}

/** Decide where cell @p k ends, or leave it to total_vm. */
static void weigh(struct vs_check_ctx *ctx, struct ties *ties, uint32_t k, uint64_t lo, bool has_lo,
		  uint64_t hi)
{
	struct vs_mcell *c = &ctx->maple.cells.v[k];
	struct told told[MAX_TOLD];
	unsigned int n = tell(ctx, k, told), best = 0, most = 0, rivals = 0, vma = UINT32_MAX;

	if (!n)
		return;
	discredit(ctx, k, lo, has_lo, hi, told, n);
	for (int good = 1; good >= 0 && !most; good--)
		for (unsigned int i = 0; i < n; i++) {
			unsigned int v = good && !told[i].good ? 0 : voices(told, n, i, good);

			if (v > most) {
				most = v;
				best = i;
				rivals = 0;
			} else if (v && v == most && told[i].last != told[best].last) {
				rivals++;
			}
		}
	c->last = told[best].last;
	c->known = true;
	if (!rivals)
		return;
	// pivots come before VMAs: the best is the tree's, if it has an own one
	for (unsigned int i = 0; i < n; i++)
		if (told[i].vma != VS_NONE && told[i].good && told[i].last != told[best].last)
			vma = i;
	if (vma != UINT32_MAX)
		add_tie(ctx, ties, k, &told[vma], told[best].last);
}

/** By how much the VMAs, as believed so far, are larger than total_vm; bytes, modulo 2^64. */
static uint64_t excess(const struct vs_check_ctx *ctx, const struct ties *ties)
{
	const struct vs_maple_belief *b = &ctx->maple;
	uint64_t sum = 0;

	for (uint32_t k = 0; k < b->cells.n; k++)
		if (b->cells.v[k].kind == VS_CELL_VMA)
			sum += b->cells.v[k].last + 1 - vs_mcell_first(b, k);
	for (unsigned int i = 0; i < ties->n; i++)	// these with their own bounds
		sum -= ties->v[i].delta;
	return sum - (ctx->s->f.total_vm << ctx->s->page_shift);
}

/** The largest free range of the leaf that cell @p k is in, with @p last for where @p k ends. */
static uint64_t leaf_gap(const struct vs_check_ctx *ctx, uint32_t leaf, uint32_t k, uint64_t last)
{
	const struct vs_maple_belief *b = &ctx->maple;
	const struct vs_mknot *t = &b->knots[leaf];
	uint64_t gap = 0;

	for (uint32_t q = t->cells; q < b->cells.n && b->cells.v[q].node == leaf; q++) {
		uint64_t first = q == k + 1 ? last + 1 : vs_mcell_first(b, q);
		uint64_t end = q == k ? last : b->cells.v[q].last;

		if (b->cells.v[q].kind == VS_CELL_NULL && end + 1 - first > gap)
			gap = end + 1 - first;
	}
	return gap;
}

/** What the gap noted above the leaf says: 1 for the VMA, -1 for the pivot, 0 nothing. */
static int ask_gap(const struct vs_check_ctx *ctx, const struct tie *t)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_maple_belief *b = &ctx->maple;
	int word = 0;

	for (uint32_t k = t->cell; k <= t->cell + 1 && k < b->cells.n; k++) {
		uint32_t leaf = b->cells.v[k].node;
		const struct vs_mknot *knot = &b->knots[leaf];
		uint64_t noted;
		bool vma, tree;

		if (knot->up == VS_NONE || !m->nodes.v[knot->up].has_gaps ||
		    !m->nodes.v[leaf].leaf)
			continue;
		noted = vs_mnode_gaps(m, &m->nodes.v[knot->up])[knot->slot];
		vma = leaf_gap(ctx, leaf, t->cell, t->by_vma) == noted;
		tree = leaf_gap(ctx, leaf, t->cell, t->by_tree) == noted;
		word += (int)vma - (int)tree;
	}
	return word;
}

/** Which of the ties a VMA has lost: a bit each. */
static unsigned int split_ties(const struct vs_check_ctx *ctx, const struct ties *ties)
{
	bool sums = ctx->maple.whole && !ctx->incomplete;
	uint64_t off = sums ? excess(ctx, ties) : 0;
	unsigned int lost = 0;

	for (uint32_t k = 0; sums && k < ctx->maple.cells.n; k++)
		sums = ctx->maple.cells.v[k].kind <= VS_CELL_ZERO;
	// Both bounds of one VMA are off: that is one object, two pivots may be two.
	for (unsigned int i = 0; i + 1 < ties->n; i++)
		if (ties->v[i].vma == ties->v[i + 1].vma && ties->v[i].delta + ties->v[i + 1].delta == -off)
			return 3u << i;
	// the fewest changed VMAs with which total_vm is right
	for (unsigned int n = 0; sums && n <= ties->n; n++)
		for (unsigned int set = 0; set < 1u << ties->n; set++) {
			uint64_t sum = off;

			if ((unsigned int)__builtin_popcount(set) != n)
				continue;
			for (unsigned int i = 0; i < ties->n; i++)
				sum += set >> i & 1 ? ties->v[i].delta : 0;
			if (!sum)
				return set;
		}
	for (unsigned int i = 0; i < ties->n; i++)
		lost |= ask_gap(ctx, &ties->v[i]) < 0 ? 1u << i : 0;
	return lost;
}

static void settle_ties(struct vs_check_ctx *ctx, const struct ties *ties)
{
	unsigned int lost = ties->n ? split_ties(ctx, ties) : 0;

	for (unsigned int i = 0; i < ties->n; i++) {
		const struct tie *t = &ties->v[i];

		ctx->maple.cells.v[t->cell].last = lost >> i & 1 ? t->by_tree : t->by_vma;
	}
}

static bool weigh_all(struct vs_check_ctx *ctx)
{
	struct vs_maple_belief *b = &ctx->maple;
	struct ties ties = { .n = 0 };
	VS_VEC(uint32_t) open = { 0 };
	struct told told[MAX_TOLD];
	uint64_t lo = 0;
	bool has_lo = false;

	for (uint32_t k = 0; k < b->cells.n; k++) {
		unsigned int n = tell(ctx, k, told);

		b->cells.v[k].known = all_agree(told, n);
		if (b->cells.v[k].known) {
			b->cells.v[k].last = told[0].last;
		} else {
			uint32_t *slot = vs_vec_push(&open);

			if (!slot)
				return false;
			*slot = k;
		}
	}
	for (size_t i = 0, k = 0, q = 0; i < open.n; i++) {
		// what all agree on, on both sides
		for (; k < open.v[i]; k++)
			if (b->cells.v[k].known && (!i || k > open.v[i - 1])) {
				lo = b->cells.v[k].last;
				has_lo = true;
			}
		q = q > k ? q : k + 1;
		while (q < b->cells.n && !b->cells.v[q].known)
			q++;
		weigh(ctx, &ties, open.v[i], lo, has_lo, q < b->cells.n ? b->cells.v[q].last : b->top);
	}
	settle_ties(ctx, &ties);
	vs_vec_deinit(&open);
	return true;
}

/* Who was wrong. */

static bool note_bound(struct vs_check_ctx *ctx, uint32_t vma, bool start, uint64_t value)
{
	struct vs_mbound *slot = vs_vec_push(&ctx->maple.bounds);

	if (slot)
		*slot = (struct vs_mbound){ vma, start, value };
	return slot;
}

static void charge_pivot(struct vs_check_ctx *ctx, const struct vs_mvote *v, uint32_t k)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mcell *c = &ctx->maple.cells.v[k];
	const struct vs_vma *l = cell_vma(ctx, k);
	const struct vs_vma *r = k + 1 < ctx->maple.cells.n ? cell_vma(ctx, k + 1) : NULL;
	uint64_t seen = vs_mvote_value(m, v);
	bool ends = l && l->end - 1 == c->last, begins = r && r->start - 1 == c->last;
	struct vs_mcharge *charge;

	if (ends && begins)
		charge = vs_maple_charge(ctx, VS_MR_PIVOT, v->node, VS_MM_PIVOT, v->slot, seen,
					 "pivot[%u] is %#" PRIx64 "; one VMA ends and the next begins at "
					 "%#" PRIx64, v->slot, seen, c->last + 1);
	else if (ends || begins)
		charge = vs_maple_charge(ctx, VS_MR_PIVOT, v->node, VS_MM_PIVOT, v->slot, seen,
					 "pivot[%u] is %#" PRIx64 "; a VMA %s at %#" PRIx64, v->slot, seen,
					 ends ? "ends" : "begins", c->last + 1);
	else
		charge = vs_maple_charge(ctx, VS_MR_PIVOT, v->node, VS_MM_PIVOT, v->slot, seen,
					 "pivot[%u] is %#" PRIx64 "; by the nodes around it %#" PRIx64
					 " is right", v->slot, seen, c->last);
	vs_mcharge_expect(charge, c->last);
}

static bool accuse(struct vs_check_ctx *ctx)
{
	const struct vs_maple_belief *b = &ctx->maple;

	for (uint32_t k = 0; k < b->cells.n; k++) {
		const struct vs_mcell *c = &b->cells.v[k];
		const struct vs_vma *l = cell_vma(ctx, k);
		const struct vs_vma *r = k + 1 < b->cells.n ? cell_vma(ctx, k + 1) : NULL;

		if (!c->known)
			continue;
		for (unsigned int i = 0; i < c->n_votes; i++)
			if (vs_mvote_value(&ctx->s->maple, &b->votes.v[c->votes + i]) != c->last)
				charge_pivot(ctx, &b->votes.v[c->votes + i], k);
		if (l && l->end - 1 != c->last && !note_bound(ctx, c->vma, false, c->last + 1))
			return false;
		if (r && r->start - 1 != c->last &&
		    !note_bound(ctx, b->cells.v[k + 1].vma, true, c->last + 1))
			return false;
	}
	return true;
}

/* NULL where a VMA was. */

/** How much says that cell @p k is not free; 0: nothing. */
static unsigned int doubt(const struct vs_check_ctx *ctx, uint32_t k, uint64_t missing)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_maple_belief *b = &ctx->maple;
	const struct vs_mcell *c = &b->cells.v[k];
	const struct vs_mknot *t = &b->knots[c->node];
	uint64_t size = c->last + 1 - vs_mcell_first(b, k);
	bool local, fits = missing && size == missing;
	uint64_t gap = UINT64_MAX;

	if (c->kind != VS_CELL_NULL || !c->known || (k && !b->cells.v[k - 1].known))
		return 0;
	local = (k && b->cells.v[k - 1].kind == VS_CELL_NULL) ||
		(k + 1 < b->cells.n && b->cells.v[k + 1].kind == VS_CELL_NULL) ||
		(c->slot == t->end && !c->edge);
	if (t->up != VS_NONE && m->nodes.v[t->up].has_gaps)
		gap = vs_mnode_gaps(m, &m->nodes.v[t->up])[t->slot];
	if (!local && !fits)
		return 0;
	return 4 * fits + 2 * local + (gap < size);
}

static void find_missing(struct vs_check_ctx *ctx)
{
	struct vs_maple_belief *b = &ctx->maple;
	uint64_t n = 0, missing = 0, pages = 0, size;
	unsigned int best = 0, rivals = 0;
	uint32_t at = VS_NONE;
	bool whole = b->whole;

	for (uint32_t k = 0; k < b->cells.n; k++) {
		enum vs_mcell_kind kind = b->cells.v[k].kind;

		whole = whole && b->cells.v[k].known && kind != VS_CELL_ABSENT;
		n += kind == VS_CELL_VMA || kind == VS_CELL_LOST;
		// a lost VMA has the size of its cell
		if (kind == VS_CELL_VMA || kind == VS_CELL_LOST)
			pages += (b->cells.v[k].last + 1 - vs_mcell_first(b, k)) >> ctx->s->page_shift;
	}
	if (whole && ctx->s->f.map_count == n + 1 && ctx->s->f.total_vm > pages)
		missing = (ctx->s->f.total_vm - pages) << ctx->s->page_shift;
	for (uint32_t k = 0; k < b->cells.n; k++) {
		unsigned int d = doubt(ctx, k, missing);

		if (d > best) {
			best = d;
			at = k;
			rivals = 0;
		} else if (d && d == best) {
			rivals++;
		}
	}
	if (!best)
		return;
	size = b->cells.v[at].last + 1 - vs_mcell_first(b, at);
	if (best < 4 && ctx->s->f.map_count <= n) {
		// nothing is missing, so it is rather one range too many
		vs_maple_charge(ctx, VS_MR_NULLS, b->cells.v[at].node, VS_MM_SLOT, b->cells.v[at].slot, 0,
				"slot[%u], up to %#" PRIx64 ", is free like its neighbour, or ends its "
				"node: such ranges are kept as one", b->cells.v[at].slot, b->cells.v[at].last);
		return;
	}
	b->cells.v[at].kind = VS_CELL_MISSING;
	vs_maple_charge(ctx, VS_MR_SLOT, b->cells.v[at].node, VS_MM_SLOT, b->cells.v[at].slot, 0,
			"slot[%u], %#" PRIx64 "-%#" PRIx64 ", is NULL, but %s%s", b->cells.v[at].slot,
			vs_mcell_first(b, at), vs_mcell_first(b, at) + size,
			missing == size ? "map_count and total_vm tell of one VMA more, as large as this"
					: "no two free ranges stand in a row and none ends a node",
			rivals ? " (it may be another range of that size)" : "");
}

/**
 * Slots with a pointer to nowhere: was there a VMA, or has garbage been written
 * into a free range? No VMA reaches beyond user addresses; else the counters say.
 */
static void find_free(struct vs_check_ctx *ctx)
{
	struct vs_maple_belief *b = &ctx->maple;
	uint64_t n = 0, pages = 0, lost_pages = 0;
	bool whole = b->whole && !ctx->incomplete;
	uint32_t lost = VS_NONE;

	for (uint32_t k = 0; k < b->cells.n; k++) {
		struct vs_mcell *c = &b->cells.v[k];
		uint64_t size = (c->last + 1 - vs_mcell_first(b, k)) >> ctx->s->page_shift;

		if (c->kind == VS_CELL_LOST && c->known && ctx->s->limit && c->last >= ctx->s->limit)
			c->kind = VS_CELL_NULL;
		whole = whole && c->known && (c->kind != VS_CELL_LOST || lost == VS_NONE);
		n += c->kind == VS_CELL_VMA;
		pages += c->kind == VS_CELL_VMA ? size : 0;
		if (c->kind == VS_CELL_LOST) {
			lost = k;
			lost_pages = size;
		}
	}
	if (lost == VS_NONE || !whole || pages != ctx->s->f.total_vm || n != ctx->s->f.map_count)
		return;
	if (lost_pages)
		b->cells.v[lost].kind = VS_CELL_NULL;
}

bool vs_maple_bounds(struct vs_check_ctx *ctx)
{
	if (!find_displaced(ctx))
		return false;
	charge_lost(ctx);
	if (!weigh_all(ctx) || !accuse(ctx))
		return false;
	find_free(ctx);
	find_missing(ctx);
	return true;
}
