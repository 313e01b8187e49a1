// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judging a maple tree: its root and flags first, then which node hangs where
 * (maple_shape.c), where each range ends (maple_bounds.c), and with that what
 * gaps and metadata should be. What is not believed is charged; the rules of
 * rules_maple.c tell it.
 */
#include "check/ctx.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Fewer nodes than this show no habit of their kernel. */
#define PEERS 3

/* Charges. */

struct vs_mcharge *vs_maple_charge(struct vs_check_ctx *ctx, enum vs_mrule rule, uint32_t node,
				   enum vs_mmember member, unsigned int slot, uint64_t seen,
				   const char *fmt, ...)
{
	struct vs_maple_belief *b = &ctx->maple;
	struct vs_mcharge *c;
	va_list ap;

	if (b->charges.n >= VS_N_MRULES * VS_KEPT_FINDINGS) {
		b->more[rule]++;
		return NULL;
	}
	c = vs_vec_push(&b->charges);
	if (!c) {
		b->failed = true;
		return NULL;
	}
	*c = (struct vs_mcharge){
		.rule = (uint8_t)rule, .member = (uint8_t)member, .slot = (uint8_t)slot, .seen = seen,
		.addr = node == VS_NONE ? 0 : ctx->s->maple.nodes.v[node].addr,
	};
	va_start(ap, fmt);
	if (vasprintf(&c->detail, fmt, ap) < 0) {
		c->detail = NULL;
		b->failed = true;
	}
	va_end(ap);
	return c;
}

void vs_mcharge_expect(struct vs_mcharge *c, uint64_t expected)
{
	if (!c)
		return;
	c->has_expected = true;
	c->expected = expected;
}

void vs_maple_belief_deinit(struct vs_maple_belief *b)
{
	for (size_t i = 0; i < b->charges.n; i++)
		free(b->charges.v[i].detail);
	vs_map_deinit(&b->by_addr);
	free(b->knots);
	free(b->at);
	free(b->stray);
	vs_vec_deinit(&b->post);
	vs_vec_deinit(&b->cells);
	vs_vec_deinit(&b->votes);
	vs_vec_deinit(&b->bounds);
	vs_vec_deinit(&b->charges);
}

/* Whose the VMAs are. */

/** The first entry of node @p node or a later one. */
static size_t first_entry(const struct vs_maple *m, uint32_t node)
{
	size_t lo = 0, hi = m->entries.n;

	while (lo < hi) {	// entries are in the order of their nodes
		size_t mid = lo + (hi - lo) / 2;

		if (m->entries.v[mid].node < node)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t vs_maple_count_ours(const struct vs_check_ctx *ctx, uint32_t from, uint32_t to, size_t *n_ret)
{
	const struct vs_maple *m = &ctx->s->maple;
	size_t ours = 0;

	*n_ret = 0;
	for (size_t i = first_entry(m, from); i < m->entries.n && m->entries.v[i].node < to; i++) {
		const struct vs_mentry *e = &m->entries.v[i];

		ours += e->kind == VS_MENTRY_VMA && ctx->s->vmas.v[e->vma].mm == ctx->s->mm;
		++*n_ret;
	}
	return ours;
}

bool vs_maple_stray(struct vs_check_ctx *ctx, uint32_t from, uint32_t to)
{
	const struct vs_maple *m = &ctx->s->maple;

	ctx->maple.moved = true;
	if (!ctx->maple.stray)
		ctx->maple.stray = calloc(ctx->s->vmas.n + 1, sizeof(*ctx->maple.stray));
	if (!ctx->maple.stray)
		return false;
	for (size_t i = first_entry(m, from); i < m->entries.n && m->entries.v[i].node < to; i++)
		if (m->entries.v[i].kind == VS_MENTRY_VMA)
			ctx->maple.stray[m->entries.v[i].vma] = true;
	return true;
}

/* The root. */

static void charge_root(struct vs_check_ctx *ctx, const char *why)
{
	uint64_t seen = ctx->s->maple.root;

	vs_maple_charge(ctx, VS_MR_ROOT, VS_NONE, VS_MM_ROOT, 0, seen, "mm_mt.ma_root is %#" PRIx64 "%s",
			seen, why);
}

/** A NULL root, or one that leads to no node. True if that is all there is to say. */
static bool no_tree(struct vs_check_ctx *ctx)
{
	static const char *const words[] = {
		[VS_STOP_WILD] = ", where there is no memory",
		[VS_STOP_FOREIGN] = ", which is no maple node",
	};
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mm_fields *f = &ctx->s->f;
	// An mm without VMAs: exec and fork pass through that, exit ends in it.
	unsigned int empty = !f->map_count + !f->total_vm + !VS_MAPLE_HEIGHT(m->flags);

	if (m->nodes.n)
		return false;
	ctx->maple.whole = !m->root && empty >= 2;
	if (!m->root && empty < 2) {
		charge_root(ctx, " (NULL); map_count, total_vm and ma_flags tell of VMAs");
	} else if (m->entries.n) {
		charge_root(ctx, ", an entry itself, which stands for address 0 alone");
	} else if (m->root) {
		const struct vs_mbreak *b = m->breaks.n ? &m->breaks.v[0] : NULL;

		if (b && b->stop == VS_STOP_ABSENT && (m->root & 0x87) == 6)
			return true;
		charge_root(ctx, b && b->why == VS_MW_ROOT ? ", which is neither node nor NULL" :
				 b && b->stop < sizeof(words) / sizeof(*words) && words[b->stop] ?
				 words[b->stop] : ", where no node can be read");
	}
	return true;
}

/** The node that ma_root leads to is the top of this mm's tree: VMAs, height or counters say so. */
static bool seems_root(const struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;
	size_t n, ours = vs_maple_count_ours(ctx, 0, (uint32_t)m->nodes.n, &n);
	unsigned int depth = 0;

	for (size_t i = 0; i < m->nodes.n; i++)
		depth = m->nodes.v[i].depth > depth ? m->nodes.v[i].depth : depth;
	return ours && (ours == ctx->s->f.map_count || depth + 1 == VS_MAPLE_HEIGHT(m->flags));
}

/** The topmost node says that the tree is its parent. False if ma_root leads elsewhere. */
static bool root_is_right(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[0];
	struct vs_mcharge *c;
	size_t n_vmas;

	if (n->parent_word == (m->tree | 1))
		return true;
	if (seems_root(ctx)) {
		c = vs_maple_charge(ctx, vs_mnode_dead(n) ? VS_MR_DEAD : VS_MR_PARENT, 0, VS_MM_PARENT, 0,
				    n->parent_word, "parent is %#" PRIx64 "; this is the root, whose parent "
				    "is the tree, with bit 0 set", n->parent_word);
		vs_mcharge_expect(c, m->tree | 1);
		return true;
	}
	if (n->parent_word & 1)
		charge_root(ctx, ", the root of another tree");
	else if ((n->parent_word & 7) == 6)
		charge_root(ctx, ", a node whose parent is another node");
	else
		charge_root(ctx, ", a node that does not name this tree as its parent");
	if (!vs_maple_count_ours(ctx, 0, (uint32_t)m->nodes.n, &n_vmas) &&
	    !vs_maple_stray(ctx, 0, (uint32_t)m->nodes.n))
		ctx->maple.failed = true;
	return false;
}

static void judge_root_word(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[0];
	uint64_t expected = n->addr | vs_menode_low(n) | 2;	// mte_mk_root()
	struct vs_mcharge *c;

	if (m->root == expected)
		return;
	c = vs_maple_charge(ctx, VS_MR_ROOT, VS_NONE, VS_MM_ROOT, 0, m->root,
			    "mm_mt.ma_root is %#" PRIx64 ": its low byte does not say root and %s, which "
			    "is what it leads to", m->root, vs_mtype_name(n->type));
	vs_mcharge_expect(c, expected);
}

/*
 * MM_MT_FLAGS: gaps are kept, the lock is another's. RCU mode came with the
 * per-VMA locks (6.4, and stable 6.1), but exit_mmap() ends it.
 */
#define MT_FLAGS_USE_RCU	UINT64_C(0x02)
#define MT_FLAGS_LOCK_EXTERN	UINT64_C(0x300)

static void judge_flags(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	uint64_t seen = s->maple.flags, expected;
	unsigned int height = ctx->maple.height;
	struct vs_mcharge *c;

	if (!height)
		height = s->maple.nodes.n || s->maple.root ? VS_MAPLE_HEIGHT(seen) : 0;
	expected = VS_MAPLE_FLAG_ALLOC | MT_FLAGS_LOCK_EXTERN | (uint64_t)height << 2;
	expected |= s->has & (VS_HAS_DETACHED | VS_HAS_REFCNT) && s->f.mm_users ? MT_FLAGS_USE_RCU :
		    seen & MT_FLAGS_USE_RCU;
	if (seen == expected)
		return;
	if (VS_MAPLE_HEIGHT(seen) != height)
		c = vs_maple_charge(ctx, VS_MR_FLAGS, VS_NONE, VS_MM_FLAGS, 0, seen,
				    "mm_mt.ma_flags is %#" PRIx64 ", a height of %u; the tree is %u high",
				    seen, (unsigned int)VS_MAPLE_HEIGHT(seen), height);
	else
		c = vs_maple_charge(ctx, VS_MR_FLAGS, VS_NONE, VS_MM_FLAGS, 0, seen,
				    "mm_mt.ma_flags is %#" PRIx64 "; that of an mm with this tree is "
				    "%#" PRIx64, seen, expected);
	vs_mcharge_expect(c, expected);
}

/* What a node says of its end. */

static void judge_end(struct vs_check_ctx *ctx, uint32_t t)
{
	const struct vs_maple *m = &ctx->s->maple;
	const struct vs_mnode *n = &m->nodes.v[t];
	unsigned int end = ctx->maple.knots[t].end;
	const uint64_t *pivots = vs_mnode_pivots(m, n), *slots = vs_mnode_slots(m, n);
	struct vs_mcharge *c;

	if (!n->n_pivots)
		return;
	if (vs_mnode_has_meta(n, end) && n->meta_end != end) {
		c = vs_maple_charge(ctx, VS_MR_END, t, VS_MM_META_END, 0, n->meta_end,
				    "meta.end is %u; slots and pivots are in use up to %u", n->meta_end,
				    end);
		vs_mcharge_expect(c, end);
	}
	for (unsigned int i = end + 1; i < n->n_slots; i++) {
		if (slots[i] && (i < n->n_slots - 1u || n->has_gaps)) {
			c = vs_maple_charge(ctx, VS_MR_LEFTOVER, t, VS_MM_SLOT, i, slots[i],
					    "slot[%u] is %#" PRIx64 "; the last in use is %u", i, slots[i],
					    end);
			vs_mcharge_expect(c, 0);
		}
		if (i < n->n_pivots && pivots[i]) {
			c = vs_maple_charge(ctx, VS_MR_LEFTOVER, t, VS_MM_PIVOT, i, pivots[i],
					    "pivot[%u] is %#" PRIx64 "; the last in use is %u", i, pivots[i],
					    end);
			vs_mcharge_expect(c, 0);
		}
		if (n->has_gaps && vs_mnode_gaps(m, n)[i]) {
			c = vs_maple_charge(ctx, VS_MR_LEFTOVER, t, VS_MM_GAP, i, vs_mnode_gaps(m, n)[i],
					    "gap[%u] is %#" PRIx64 "; the last slot in use is %u", i,
					    vs_mnode_gaps(m, n)[i], end);
			vs_mcharge_expect(c, 0);
		}
	}
	if (t && end < vs_mnode_min_end(n) && !ctx->maple.knots[t].edge)
		vs_maple_charge(ctx, VS_MR_FILL, t, VS_MM_META_END, 0, end,
				"%u slots are in use; only at the right edge and in the root are fewer "
				"than %u", end + 1, vs_mnode_min_end(n) + 1);
}

/*
 * The bytes around a leaf's metadata, which the kernel never reads, but always
 * leaves empty. One node that differs from all others has been written to.
 */
static void judge_habits(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;
	unsigned int clean = 0, unclean = 0;
	uint32_t odd = VS_NONE;

	for (size_t i = 0; i < ctx->maple.post.n; i++) {
		uint32_t t = ctx->maple.post.v[i];
		const struct vs_mnode *n = &m->nodes.v[t];
		bool ok;

		if (!n->n_pivots || n->has_gaps || !vs_mnode_has_meta(n, ctx->maple.knots[t].end))
			continue;
		ok = vs_mnode_meta_clean(ctx->s, n, vs_mnode_slots(m, n)[n->n_slots - 1]) && !n->meta_gap;
		*(ok ? &clean : &unclean) += 1;
		odd = ok ? odd : t;
	}
	if (unclean == 1 && clean >= PEERS) {
		const struct vs_mnode *n = &m->nodes.v[odd];
		uint64_t seen = vs_mnode_slots(m, n)[n->n_slots - 1];

		vs_maple_charge(ctx, VS_MR_LEFTOVER, odd, VS_MM_SLOT, n->n_slots - 1u, seen,
				"slot[%u], where the metadata is, is %#" PRIx64 ": but for meta.end the "
				"other leaves have nothing there", n->n_slots - 1u, seen);
	}
}

/* Gaps. */

static void find_leaf_gap(struct vs_check_ctx *ctx, uint32_t t)
{
	struct vs_maple_belief *b = &ctx->maple;
	struct vs_mknot *k = &b->knots[t];

	// Two free ranges in a row do not count as one: mas_leaf_max_gap().
	for (uint32_t q = k->cells; q < b->cells.n && b->cells.v[q].node == t; q++) {
		const struct vs_mcell *c = &b->cells.v[q];
		uint64_t size = c->last + 1 - vs_mcell_first(b, q);

		if (c->kind == VS_CELL_LOST)
			k->whole = false;	// was it a VMA?
		if (c->kind != VS_CELL_NULL)
			continue;
		k->whole &= c->known && (!q || b->cells.v[q - 1].known);
		// all addresses but nothing: 2^64, which the kernel's arithmetic calls 0
		k->gap = size > k->gap ? size : k->gap;
	}
}

static void judge_inner_gaps(struct vs_check_ctx *ctx, uint32_t t)
{
	const struct vs_maple *m = &ctx->s->maple;
	struct vs_maple_belief *b = &ctx->maple;
	const struct vs_mnode *n = &m->nodes.v[t];
	struct vs_mknot *k = &b->knots[t];
	unsigned int largest = 0;
	uint64_t here = 0;
	struct vs_mcharge *c;

	for (unsigned int i = 0; i <= k->end; i++) {
		uint32_t child = b->at[vs_mslot_at(n, i)];
		uint64_t seen = vs_mnode_gaps(m, n)[i], gap = seen;

		if (child == VS_NONE || !b->knots[child].whole) {
			k->whole = false;
		} else if (seen != b->knots[child].gap) {
			gap = b->knots[child].gap;
			c = vs_maple_charge(ctx, VS_MR_GAP, t, VS_MM_GAP, i, seen,
					    "gap[%u] is %#" PRIx64 "; the largest free range below slot[%u] "
					    "has %#" PRIx64, i, seen, i, gap);
			vs_mcharge_expect(c, gap);
		}
		if (gap > k->gap) {
			k->gap = gap;
			largest = i;
		}
		here = i == n->meta_gap ? gap : here;
	}
	// Without any gap 6.1 says MAPLE_ARANGE64_META_MAX, 15, later kernels 0 or the end.
	if (n->meta_gap <= k->end ? here == k->gap : !k->gap && (n->meta_gap == 15 || n->meta_gap == 31))
		return;
	c = vs_maple_charge(ctx, VS_MR_META_GAP, t, VS_MM_META_GAP, 0, n->meta_gap,
			    "meta.gap is %u; the largest gap is in slot %u", n->meta_gap, largest);
	vs_mcharge_expect(c, largest);
}

static void judge_gaps(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;

	for (size_t i = 0; i < ctx->maple.post.n; i++) {
		uint32_t t = ctx->maple.post.v[i];

		if (m->nodes.v[t].leaf)
			find_leaf_gap(ctx, t);
		else if (m->nodes.v[t].has_gaps)
			judge_inner_gaps(ctx, t);
		else
			ctx->maple.knots[t].whole = false;
	}
}

bool vs_maple_judge(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	struct vs_maple_belief *b = &ctx->maple;

	if (!(s->has & VS_HAS_MAPLE) || s->mm_absent)
		return true;
	b->top = s->word == 8 ? UINT64_MAX : UINT32_MAX;
	b->judged = true;
	if (no_tree(ctx) || !root_is_right(ctx)) {
		b->judged = b->whole;
		if (b->whole)
			judge_flags(ctx);
		return !b->failed;
	}
	judge_root_word(ctx);
	if (!vs_maple_shape(ctx))
		return false;
	judge_flags(ctx);
	if (!vs_maple_bounds(ctx))
		return false;
	for (size_t i = 0; i < b->post.n; i++)
		judge_end(ctx, b->post.v[i]);
	judge_habits(ctx);
	judge_gaps(ctx);
	for (size_t k = 0; k < b->cells.n; k++)
		b->whole &= b->cells.v[k].kind <= VS_CELL_ZERO;
	return !b->failed;
}
