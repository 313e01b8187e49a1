// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which node hangs where. Each edge is told twice, by the parent's slot and by
 * the child's parent word; where both agree it stands, whatever way the walk
 * came. Of an edge that only one end tells, what lies below decides: a node with
 * VMAs of this mm is ours, so its parent word is wrong; else the slot is.
 */
#include "check/ctx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static inline struct vs_mknot *knot(const struct vs_check_ctx *ctx, uint32_t node)
{
	return &ctx->maple.knots[node];
}

static inline bool is_meta_slot(const struct vs_mnode *n, unsigned int slot)
{
	return slot == n->n_slots - 1u && n->meta_used;
}

/** Hang node @p t below slot @p i of @p p. */
static void hang(struct vs_check_ctx *ctx, uint32_t t, uint32_t p, unsigned int i)
{
	struct vs_mknot *kt = knot(ctx, t);

	kt->placed = true;
	kt->up = p;
	kt->slot = (uint8_t)i;
	ctx->maple.at[vs_mslot_at(&ctx->s->maple.nodes.v[p], i)] = t;
}

/** The edges that both ends tell. */
static void hang_agreed(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;

	for (uint32_t p = 0; p < m->nodes.n; p++) {
		const struct vs_mnode *n = &m->nodes.v[p];
		const uint64_t *slots = vs_mnode_slots(m, n);

		for (unsigned int i = 0; !n->leaf && i < n->n_slots; i++) {
			uint32_t t;

			if (!slots[i] || is_meta_slot(n, i))
				continue;
			t = vs_map_get(&ctx->maple.by_addr, vs_mte_node(slots[i]));
			if (t != VS_MAP_NONE && t &&
			    m->nodes.v[t].parent_word == vs_mparent_word(n, i))
				hang(ctx, t, p, i);
		}
	}
}

/** Where the nodes that the walk read below node @p t end. */
static uint32_t subtree_end(const struct vs_maple *m, uint32_t t)
{
	uint32_t end = t + 1;

	while (end < m->nodes.n && m->nodes.v[end].depth > m->nodes.v[t].depth)
		end++;
	return end;
}

/** Is there anything below node @p t that belongs to this mm? */
static bool is_ours(const struct vs_check_ctx *ctx, uint32_t t)
{
	uint32_t end = subtree_end(&ctx->s->maple, t);
	size_t n, ours = vs_maple_count_ours(ctx, t, end, &n);

	// another mm's nodes agree with each other as well
	if (n)
		return ours;
	for (uint32_t i = t + 1; i < end; i++)
		if (knot(ctx, i)->placed)
			return true;
	return false;
}

/** Does slot @p i of @p n look like the others of its node, so that it can be believed? */
static bool plausible_slot(const struct vs_maple *m, const struct vs_mnode *n, unsigned int i)
{
	const uint64_t *slots = vs_mnode_slots(m, n);
	unsigned int leaf = VS_MT_LEAF_64 << 3 | 4;
	unsigned int low = slots[i] & VS_MAPLE_NODE_MASK;

	for (unsigned int j = 0; j < n->n_slots; j++)
		if (j != i && slots[j] && !is_meta_slot(n, j))
			return low == (slots[j] & VS_MAPLE_NODE_MASK);
	return low == leaf || low == (VS_MT_ARANGE_64 << 3 | 4) || low == (VS_MT_RANGE_64 << 3 | 4);
}

/** A slot that leads to no node of this tree. */
static void charge_slot(struct vs_check_ctx *ctx, uint32_t p, unsigned int i, const char *why)
{
	const struct vs_maple *m = &ctx->s->maple;
	uint64_t value = vs_mnode_slots(m, &m->nodes.v[p])[i];

	vs_maple_charge(ctx, VS_MR_SLOT, p, VS_MM_SLOT, i, value, "slot[%u] is %#" PRIx64 ", %s", i, value,
			why);
}

/** Two slots whose children name each other's place: exchanged. */
static bool settle_swap(struct vs_check_ctx *ctx, uint32_t t)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[t], *w = &m->nodes.v[n->parent], *y, *u;
	uint32_t yi = vs_map_get(&ctx->maple.by_addr, vs_mte_node(n->parent_word)), ui;
	unsigned int j = vs_mnode_parent_slot(n);
	struct vs_mcharge *c;
	uint64_t a, b;

	if (yi == VS_MAP_NONE || (n->parent_word & 7) != 6)
		return false;
	y = &m->nodes.v[yi];
	if (y->leaf || j >= y->n_slots)
		return false;
	a = vs_mnode_slots(m, w)[n->slot];
	b = vs_mnode_slots(m, y)[j];
	ui = vs_map_get(&ctx->maple.by_addr, vs_mte_node(b));
	if (ui == VS_MAP_NONE || ui == t || knot(ctx, ui)->placed)
		return false;
	u = &m->nodes.v[ui];
	if (u->parent_word != vs_mparent_word(w, n->slot))
		return false;
	hang(ctx, t, yi, j);
	hang(ctx, ui, n->parent, n->slot);
	ctx->maple.moved = true;
	c = vs_maple_charge(ctx, VS_MR_SLOT, n->parent, VS_MM_SLOT, n->slot, a,
			    "slot[%u] and slot[%u] are exchanged: their children name each other's "
			    "place", n->slot, j);
	vs_mcharge_expect(c, b);
	c = vs_maple_charge(ctx, VS_MR_SLOT, yi, VS_MM_SLOT, j, b,
			    "slot[%u] is %#" PRIx64 ", the child of slot[%u]", j, b, n->slot);
	vs_mcharge_expect(c, a);
	return true;
}

/** A node that does not name the slot that the walk came by. */
static void settle(struct vs_check_ctx *ctx, uint32_t t)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[t], *p = &m->nodes.v[n->parent];
	uint32_t q = vs_map_get(&ctx->maple.by_addr, vs_mte_node(n->parent_word));
	struct vs_mcharge *c;

	if (settle_swap(ctx, t))
		return;
	if (!is_ours(ctx, t)) {	// told as the hole that it leaves
		if (!vs_maple_stray(ctx, t, subtree_end(m, t)))
			ctx->maple.failed = true;
		return;
	}
	hang(ctx, t, n->parent, n->slot);
	if (vs_mnode_dead(n))
		c = vs_maple_charge(ctx, VS_MR_DEAD, t, VS_MM_PARENT, 0, n->parent_word,
				    "parent is the node itself, as in one that has been replaced; "
				    "slot[%u] of %#" PRIx64 " leads here", n->slot, p->addr);
	else if (q != VS_MAP_NONE && q == n->parent)
		c = vs_maple_charge(ctx, VS_MR_PARENT, t, VS_MM_PARENT, 0, n->parent_word,
				    "parent is %#" PRIx64 ": slot %u of the right node, which leads here "
				    "by slot %u", n->parent_word, vs_mnode_parent_slot(n), n->slot);
	else
		c = vs_maple_charge(ctx, VS_MR_PARENT, t, VS_MM_PARENT, 0, n->parent_word,
				    "parent is %#" PRIx64 "; slot[%u] of %#" PRIx64 " leads here",
				    n->parent_word, n->slot, p->addr);
	vs_mcharge_expect(c, vs_mparent_word(p, n->slot));
}

static void settle_rest(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;

	for (uint32_t t = 1; t < m->nodes.n; t++) {
		const struct vs_mnode *n = &m->nodes.v[t];

		// below what has been dropped nothing needs a word of its own
		if (!knot(ctx, t)->placed && knot(ctx, n->parent)->placed &&
		    ctx->maple.at[vs_mslot_at(&m->nodes.v[n->parent], n->slot)] == VS_NONE)
			settle(ctx, t);
	}
}

/** Do the two differ in their topmost byte alone? The walk has taken a tag off (arm64). */
static bool is_tagged(uint64_t seen, uint64_t addr)
{
	return !((seen ^ addr) & (UINT64_MAX >> 8) & ~VS_MAPLE_NODE_MASK) && seen >> 56 != addr >> 56;
}

/** The same for entries. */
static void charge_tags(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;

	for (size_t k = 0; k < ctx->maple.cells.n; k++) {
		const struct vs_mcell *c = &ctx->maple.cells.v[k];
		struct vs_mcharge *charge;
		uint64_t seen, addr;

		if (c->kind != VS_CELL_VMA)
			continue;
		seen = vs_mnode_slots(m, &m->nodes.v[c->node])[c->slot];
		addr = ctx->s->vmas.v[c->vma].addr;
		if (seen == addr)
			continue;
		charge = vs_maple_charge(ctx, VS_MR_SLOT, c->node, VS_MM_SLOT, c->slot, seen,
					 "slot[%u] is %#" PRIx64 ", which is tagged; this kernel tags no "
					 "pointers", c->slot, seen);
		vs_mcharge_expect(charge, addr);
	}
}

/** A pointer to a node tells what type that is; the node shows what it is itself. */
static void charge_types(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;

	for (uint32_t t = 1; t < m->nodes.n; t++) {
		const struct vs_mknot *k = knot(ctx, t);
		const struct vs_mnode *n = &m->nodes.v[t];
		struct vs_mcharge *c;
		uint64_t seen;

		if (!k->placed)
			continue;
		seen = vs_mnode_slots(m, &m->nodes.v[k->up])[k->slot];
		if (seen == (n->addr | vs_menode_low(n)))
			continue;
		if ((seen & VS_MAPLE_NODE_MASK) == vs_menode_low(n)) {
			if (!is_tagged(seen, n->addr))
				continue;	// exchanged slots have been told
			c = vs_maple_charge(ctx, VS_MR_SLOT, k->up, VS_MM_SLOT, k->slot, seen,
					    "slot[%u] is %#" PRIx64 ", which is tagged; this kernel tags "
					    "no pointers", k->slot, seen);
		} else {
			c = vs_maple_charge(ctx, VS_MR_SLOT, k->up, VS_MM_SLOT, k->slot, seen,
					    "slot[%u] is %#" PRIx64 ": its low byte does not say %s, which "
					    "is what it leads to", k->slot, seen, vs_mtype_name(n->type));
		}
		vs_mcharge_expect(c, n->addr | vs_menode_low(n));
	}
}

/* Where a node ends. */

/** Metadata is two small bytes; what else is as small is XA_ZERO_ENTRY. */
static bool looks_like_meta(uint64_t word)
{
	return word && word <= 0xffff && word != 0x406;
}

/**
 * How much in node @p t speaks against @p end being its last slot in use. Slots,
 * pivots, gaps and metadata all tell; one that is wrong is outvoted.
 */
static unsigned int end_cost(const struct vs_check_ctx *ctx, uint32_t t, unsigned int end)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[t];
	const struct vs_mknot *k = knot(ctx, t);
	const uint64_t *pivots = vs_mnode_pivots(m, n), *slots = vs_mnode_slots(m, n);
	const uint64_t *gaps = n->has_gaps ? vs_mnode_gaps(m, n) : NULL;
	bool meta = vs_mnode_has_meta(n, end);
	unsigned int cost = 0;

	for (unsigned int i = 0; i < n->n_slots; i++) {
		bool child = !n->leaf && ctx->maple.at[vs_mslot_at(n, i)] != VS_NONE;

		if (i == n->n_slots - 1u && !gaps && meta)
			cost += slots[i] > 0xffff ? child ? 4 : 2 : 0;
		else if (i == n->n_slots - 1u && !gaps && looks_like_meta(slots[i]))
			cost += n->meta_end == end - 1 ? 4 : 2;
		else if (i > end)
			cost += slots[i] ? child ? 4 : 2 : 0;
		else if (!slots[i])
			cost += !n->leaf || (i && !slots[i - 1]) || (i == end && !k->edge) ? 2 : 0;
		if (i > end && gaps && gaps[i])
			cost += 2;
	}
	for (unsigned int i = 0; i < n->n_pivots; i++) {
		if (i > end)
			cost += pivots[i] ? 2 : 0;
		else if (!pivots[i] && i)
			cost += i == end ? 1 : 2;
		else if ((i == end) != (pivots[i] == k->max))
			cost += 2;
	}
	if (meta && n->meta_end != end)
		cost += 2;
	return cost;
}

static void find_end(struct vs_check_ctx *ctx, uint32_t t)
{
	const struct vs_mnode *n = &ctx->s->maple.nodes.v[t];
	struct vs_mknot *k = knot(ctx, t);
	unsigned int best = UINT32_MAX;

	for (unsigned int end = 0; end < n->n_slots; end++) {
		unsigned int cost = n->n_pivots ? end_cost(ctx, t, end) : 0;

		if (cost < best || (cost == best && n->meta_end == end) || !n->n_pivots) {
			best = cost;
			k->end = (uint8_t)end;
		}
	}
}

/* The cells, from left to right. */

static bool add_cell(struct vs_check_ctx *ctx, uint32_t t, unsigned int i)
{
	struct vs_maple_belief *b = &ctx->maple;
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[t];
	struct vs_mcell *c = vs_vec_push(&b->cells);
	uint32_t at = b->at[vs_mslot_at(n, i)];

	if (!c)
		return false;
	*c = (struct vs_mcell){ .node = t, .vma = VS_NONE, .slot = (uint8_t)i,
				.votes = (uint32_t)b->votes.n, .edge = knot(ctx, t)->edge };
	if (!n->leaf) {
		c->kind = VS_CELL_HOLE;
	} else if (!vs_mnode_slots(m, n)[i]) {
		c->kind = VS_CELL_NULL;
	} else if (at == VS_NONE) {
		c->kind = VS_CELL_LOST;
	} else {
		const struct vs_mentry *e = &m->entries.v[at];

		c->kind = e->kind == VS_MENTRY_VMA  ? VS_CELL_VMA :
			  e->kind == VS_MENTRY_ZERO ? VS_CELL_ZERO : VS_CELL_LOST;
		c->vma = e->vma;
	}
	return true;
}

/** A pivot that tells where the last cell so far ends. */
static bool add_vote(struct vs_check_ctx *ctx, uint32_t t, unsigned int i)
{
	struct vs_maple_belief *b = &ctx->maple;
	const struct vs_mnode *n = &ctx->s->maple.nodes.v[t];
	struct vs_mvote *v;

	// Readers take a last pivot of 0 for the node's maximum, but no writer leaves one.
	if (i >= n->n_pivots)
		return true;
	v = vs_vec_push(&b->votes);
	if (!v)
		return false;
	*v = (struct vs_mvote){ t, (uint8_t)i };
	b->cells.v[b->cells.n - 1].n_votes++;
	return true;
}

/** What the tree says of the node itself, before its children are asked. */
static void enter(struct vs_check_ctx *ctx, uint32_t t)
{
	const struct vs_maple *m = &ctx->s->maple;
	struct vs_mknot *k = knot(ctx, t);
	const struct vs_mnode *up = k->up == VS_NONE ? NULL : &m->nodes.v[k->up];

	k->max = up ? knot(ctx, k->up)->max : ctx->maple.top;
	k->edge = !up || (knot(ctx, k->up)->edge && k->slot == knot(ctx, k->up)->end);
	if (up && k->slot < up->n_pivots && vs_mnode_pivots(m, up)[k->slot])
		k->max = vs_mnode_pivots(m, up)[k->slot];
	k->cells = (uint32_t)ctx->maple.cells.n;
	k->whole = true;
	find_end(ctx, t);
}

/** Leaf @p t: its cells. */
static bool pass_leaf(struct vs_check_ctx *ctx, uint32_t t)
{
	for (unsigned int i = 0; i <= knot(ctx, t)->end; i++)
		if (!add_cell(ctx, t, i) || !add_vote(ctx, t, i))
			return false;
	return true;
}

static void note_height(struct vs_check_ctx *ctx, uint32_t leaf)
{
	unsigned int height = 0;

	for (uint32_t t = leaf; t != VS_NONE; t = knot(ctx, t)->up)
		height++;
	ctx->maple.height = height;
}

/** Down and up along the edges that stand: no stack, since each node has one parent. */
static bool pass(struct vs_check_ctx *ctx)
{
	struct vs_maple_belief *b = &ctx->maple;
	const struct vs_maple *m = &ctx->s->maple;
	unsigned int i = 0;
	uint32_t t = 0;

	enter(ctx, t);
	for (;;) {
		const struct vs_mnode *n = &m->nodes.v[t];
		uint32_t *done;

		if (n->leaf && !pass_leaf(ctx, t))
			return false;
		if (n->leaf && !b->height)
			note_height(ctx, t);
		if (!n->leaf && i <= knot(ctx, t)->end) {
			uint32_t child = b->at[vs_mslot_at(n, i)];

			if (child != VS_NONE) {
				t = child;
				i = 0;
				enter(ctx, t);
				continue;
			}
			knot(ctx, t)->whole = b->whole = false;
			if (!add_cell(ctx, t, i) || !add_vote(ctx, t, i))
				return false;
			i++;
			continue;
		}
		done = vs_vec_push(&b->post);
		if (!done)
			return false;
		*done = t;
		if (knot(ctx, t)->up == VS_NONE)
			return true;
		i = knot(ctx, t)->slot;
		t = knot(ctx, t)->up;
		if (!add_vote(ctx, t, i))
			return false;
		i++;
	}
}

/** Where the walk broke off, by node and slot. False without memory. */
static bool map_breaks(const struct vs_maple *m, struct vs_map *ret)
{
	for (size_t i = 0; i < m->breaks.n; i++) {
		const struct vs_mbreak *b = &m->breaks.v[i];

		if (b->node != VS_NONE && !vs_map_set(ret, (uint64_t)b->node << 8 | b->slot, b->stop))
			return false;
	}
	return true;
}

/** Slots of inner nodes without a child; and which cells the dump merely does not hold. */
static void charge_holes(struct vs_check_ctx *ctx, const struct vs_map *breaks)
{
	static const char *const words[] = {
		[VS_STOP_END] = "which is no node of this tree",
		[VS_STOP_CYCLE] = "a node that hangs elsewhere",
		[VS_STOP_ABSENT] = "where the dump has no bytes",
		[VS_STOP_WILD] = "where there is no memory",
		[VS_STOP_FOREIGN] = "which is no maple node, or one that has been overwritten",
		[VS_STOP_BOUND] = "deeper than a maple tree can be",
	};
	const struct vs_maple *m = &ctx->s->maple;

	for (size_t k = 0; k < ctx->maple.cells.n; k++) {
		struct vs_mcell *c = &ctx->maple.cells.v[k];
		const struct vs_mnode *n = &m->nodes.v[c->node];
		uint32_t stop;

		if (c->kind != VS_CELL_HOLE && c->kind != VS_CELL_LOST)
			continue;
		stop = vs_map_get(breaks, (uint64_t)c->node << 8 | c->slot);
		if (c->kind == VS_CELL_LOST) {
			c->kind = stop == VS_STOP_ABSENT ? VS_CELL_ABSENT : VS_CELL_LOST;
		} else if (!vs_mnode_slots(m, n)[c->slot]) {
			vs_maple_charge(ctx, VS_MR_SLOT, c->node, VS_MM_SLOT, c->slot, 0,
					"slot[%u] is NULL: an inner node has a child up to its last "
					"slot, %u", c->slot, knot(ctx, c->node)->end);
		} else if (stop == VS_STOP_ABSENT && plausible_slot(m, n, c->slot)) {
			c->kind = VS_CELL_ABSENT;	// an honest pointer into an excluded page
		} else {
			charge_slot(ctx, c->node, c->slot, words[stop == VS_MAP_NONE ? VS_STOP_END : stop]);
		}
	}
}

static bool set_up(struct vs_check_ctx *ctx)
{
	struct vs_maple_belief *b = &ctx->maple;
	const struct vs_maple *m = &ctx->s->maple;

	b->knots = calloc(m->nodes.n, sizeof(*b->knots));
	b->at = malloc(m->words.n * sizeof(*b->at));
	if (!b->knots || !b->at || !vs_map_reserve(&b->by_addr, m->nodes.n))
		return false;
	memset(b->at, 0xff, m->words.n * sizeof(*b->at));	// VS_NONE
	for (uint32_t i = 0; i < m->nodes.n; i++) {
		b->knots[i].up = VS_NONE;
		if (!vs_map_set(&b->by_addr, m->nodes.v[i].addr, i))
			return false;
	}
	for (uint32_t i = 0; i < m->entries.n; i++) {
		const struct vs_mentry *e = &m->entries.v[i];

		if (e->node != VS_NONE)
			b->at[vs_mslot_at(&m->nodes.v[e->node], e->slot)] = i;
	}
	return true;
}

bool vs_maple_shape(struct vs_check_ctx *ctx)
{
	struct vs_map breaks = { 0 };
	bool ok;

	if (!set_up(ctx))
		return false;
	knot(ctx, 0)->placed = true;
	hang_agreed(ctx);
	settle_rest(ctx);
	charge_types(ctx);
	ctx->maple.whole = true;
	ok = map_breaks(&ctx->s->maple, &breaks) && pass(ctx);
	if (ok)
		charge_holes(ctx, &breaks);
	if (ok)
		charge_tags(ctx);
	vs_map_deinit(&breaks);
	return ok;
}
