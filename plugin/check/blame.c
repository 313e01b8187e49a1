// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which member is the damaged one? The ranges of the VMAs, their flags, the
 * gaps noted in the tree and the sums noted in the mm_struct all have to fit.
 * Where they do not, suppositions are tried ("vm_end of this VMA was really
 * that"): each is put in place of what the dump says, and what is then still
 * broken is counted. The one that explains most with one changed object is
 * believed. total_vm helps most: by how much it is off is by how much a bound
 * was moved.
 *
 * Where suppositions are equal, hints decide: an anonymous VMA's vm_pgoff is
 * its address, mappings of one file lie evenly, VMAs tend to touch, and those
 * that could have been one VMA would have been one.
 */
#include "check/ctx.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SUSPECTS 64
#define MAX_ROUNDS 8
#define MANY 255

/* The scale: the belief under trial, and what is broken under it. */
struct scale {
	struct vs_check_ctx *ctx;
	uint64_t *gap;		/* rb_subtree_gap as believed, by position; NULL if not judged */
	uint32_t own_bad;	/* VMAs impossible by themselves */
	uint32_t pair_bad;	/* neighbours that overlap */
	uint32_t gap_bad;	/* rb_subtree_gaps unlike what is stored */
	uint64_t *told;		/* pages by what interval trees have, 0: nothing; NULL if not asked */
	uint32_t told_bad;	/* VMAs of another size */
};

/* A supposition: the VMA at p had these members. */
struct guess {
	uint32_t p;
	uint64_t start, end, flags;
	uint32_t cost;		/* what is still broken */
	int hints;		/* tie-breaker, more is better */
	uint32_t rivals;	/* other VMAs with an equal one */
	uint32_t peers;		/* other VMAs with one that costs the same, whatever the hints */
};

bool vs_range_bad(const struct vs_space *s, uint64_t start, uint64_t end)
{
	uint64_t mask = (UINT64_C(1) << s->page_shift) - 1;

	return start >= end || ((start | end) & mask) || (s->limit && end > s->limit);
}

static bool own_bad(const struct scale *w, uint32_t p)
{
	const struct vs_belief *b = &w->ctx->belief[p];

	return vs_range_bad(w->ctx->s, b->start, b->end) || vs_flags_bad(b->flags);
}

static bool pair_bad(const struct scale *w, uint32_t p)
{
	const struct vs_belief *b = &w->ctx->belief[p];

	return p + 1 < w->ctx->n && b[0].end > b[1].start;
}

/** vm_page_prot speaks against the flags; where it does so from the start it may be what is damaged. */
static bool prot_bad(const struct scale *w, uint32_t p)
{
	const struct vs_vma *v = vs_ctx_vma(w->ctx, p);

	return !v->absent && vs_prot_bad(w->ctx->s, v, w->ctx->belief[p].flags);
}

static bool told_bad(const struct scale *w, uint32_t p)
{
	const struct vs_belief *b = &w->ctx->belief[p];

	return w->told && w->told[p] && w->told[p] != (b->end - b->start) >> w->ctx->s->page_shift;
}

static uint64_t gap_at(const struct scale *w, uint32_t p)
{
	const struct vs_check_ctx *ctx = w->ctx;
	const struct vs_belief *b = &ctx->belief[p];
	uint64_t prev_end = p ? vs_end_gap(ctx->s, b[-1].end, b[-1].flags) : 0;
	uint64_t gap = vs_own_gap(ctx->s, b->start, b->flags, prev_end);
	uint32_t l = ctx->shape.left[p], r = ctx->shape.right[p];

	if (l != VS_NONE && w->gap[l] > gap)
		gap = w->gap[l];
	if (r != VS_NONE && w->gap[r] > gap)
		gap = w->gap[r];
	return gap;
}

static bool gap_bad(const struct scale *w, uint32_t p)
{
	return vs_ctx_vma(w->ctx, p)->subtree_gap != w->gap[p];
}

/** The gap before @p p may have changed: carry that up the tree. */
static void gap_update(struct scale *w, uint32_t p)
{
	if (!w->gap)
		return;
	for (; p != VS_NONE; p = w->ctx->shape.parent[p]) {
		uint64_t gap = gap_at(w, p);

		if (gap == w->gap[p])
			break;
		w->gap_bad -= gap_bad(w, p);
		w->gap[p] = gap;
		w->gap_bad += gap_bad(w, p);
	}
}

static void count_vma(struct scale *w, struct vs_sums *sums, uint32_t p, bool minus)
{
	const struct vs_belief *b = &w->ctx->belief[p];
	uint64_t pages = (b->end - b->start) >> w->ctx->s->page_shift;

	vs_sums_add(sums, w->ctx->s->has, b->flags, vs_ctx_vma(w->ctx, p)->file,
		    minus ? -pages : pages);
}

/** Believe this of the VMA at @p p. Calling it again with the old values undoes it. */
static void believe(struct scale *w, uint32_t p, uint64_t start, uint64_t end, uint64_t flags)
{
	struct vs_belief *b = &w->ctx->belief[p];
	bool last = p + 1 == w->ctx->n;

	count_vma(w, &w->ctx->believed, p, true);
	w->own_bad -= own_bad(w, p) + prot_bad(w, p);
	w->told_bad -= told_bad(w, p);
	w->pair_bad -= pair_bad(w, p) + (p && pair_bad(w, p - 1));
	b->start = start;
	b->end = end;
	b->flags = flags;
	w->pair_bad += pair_bad(w, p) + (p && pair_bad(w, p - 1));
	w->own_bad += own_bad(w, p) + prot_bad(w, p);
	w->told_bad += told_bad(w, p);
	count_vma(w, &w->ctx->believed, p, false);
	gap_update(w, p);
	if (!last)
		gap_update(w, p + 1);
}

static uint32_t sums_bad(const struct vs_check_ctx *ctx)
{
	uint32_t n = 0;

	for (int i = 0; ctx->sums_known && i < VS_N_SUMS; i++) {
		uint64_t counter;

		n += vs_sums_counter(ctx->s, i, &counter) && counter != ctx->believed.pages[i];
	}
	return n;
}

/** A counter that is off is 0: it was wiped. */
static bool counter_gone(const struct vs_check_ctx *ctx)
{
	for (int i = 0; i < VS_N_SUMS; i++) {
		uint64_t counter;

		if (vs_sums_counter(ctx->s, i, &counter) && !counter && ctx->believed.pages[i])
			return true;
	}
	return false;
}

static bool top_bad(const struct vs_check_ctx *ctx)
{
	const struct vs_belief *b = &ctx->belief[ctx->n - 1];

	return (ctx->s->has & VS_HAS_HIGHEST_VM_END) && ctx->sums_known &&
	       ctx->s->f.highest_vm_end != vs_end_gap(ctx->s, b->end, b->flags);
}

static uint32_t cost(const struct scale *w)
{
	return w->own_bad + w->pair_bad + w->gap_bad + w->told_bad + sums_bad(w->ctx) + top_bad(w->ctx);
}

/* Hints. */

/** Two neighbours that the kernel would have made one VMA of. */
static bool mergeable(const struct vs_check_ctx *ctx, uint32_t p)
{
	const struct vs_belief *b = &ctx->belief[p];
	const struct vs_vma *v, *next;

	if (p + 1 >= ctx->n || b[0].end != b[1].start ||
	    ((b[0].flags ^ b[1].flags) & ~VS_VM_SOFTDIRTY))
		return false;
	v = vs_ctx_vma(ctx, p);
	next = vs_ctx_vma(ctx, p + 1);
	return v->file == next->file && v->ops == next->ops &&
	       v->pgoff + ((b->end - b->start) >> ctx->s->page_shift) == next->pgoff &&
	       (!v->anon_vma || !next->anon_vma || v->anon_vma == next->anon_vma);
}

/** Two neighbours that map one file as if in one piece. */
static bool even(const struct vs_check_ctx *ctx, uint32_t p)
{
	const struct vs_belief *b = &ctx->belief[p];
	const struct vs_vma *v, *next;

	if (p + 1 >= ctx->n)
		return false;
	v = vs_ctx_vma(ctx, p);
	next = vs_ctx_vma(ctx, p + 1);
	return v->file && v->file == next->file &&
	       b[0].start - (v->pgoff << ctx->s->page_shift) ==
	       b[1].start - (next->pgoff << ctx->s->page_shift);
}

static int hints_at(const struct vs_check_ctx *ctx, uint32_t p)
{
	const struct vs_belief *b = &ctx->belief[p];
	const struct vs_vma *v = vs_ctx_vma(ctx, p);
	const struct vs_mm_fields *f = &ctx->s->f;
	uint64_t mask = (UINT64_C(1) << ctx->s->page_shift) - 1;
	int n = 0;

	if (!v->file && !v->ops && !(b->flags & VS_VM_SHARED))
		n += v->pgoff == b->start >> ctx->s->page_shift ? 4 : 0;
	n += 2 * (even(ctx, p) + (p && even(ctx, p - 1)));
	// neighbours touch more often than not, and pieces of one file nearly always
	n += p && b[-1].end == b->start ? 1 + even(ctx, p - 1) : 0;
	n += p + 1 < ctx->n && b[1].start == b->end ? 1 + even(ctx, p) : 0;
	n -= v->file && (b->flags & VS_VM_GROWSDOWN) ? 4 : 0;	// stacks map no file
	n -= (b->flags & (VS_VM_READ | VS_VM_WRITE)) == VS_VM_WRITE ? 3 : 0;	// who writes reads
	// memory of one's own is there to be written to
	n -= !v->file && !v->ops && !(b->flags & (VS_VM_WRITE | VS_VM_SHARED)) && b->flags & VS_VM_READ ? 2 : 0;
	n -= 2 * (mergeable(ctx, p) + (p && mergeable(ctx, p - 1)));
	if (f->brk > f->start_brk)
		n += 3 * (b->end == ((f->brk + mask) & ~mask)) + 3 * (b->start == f->start_brk);
	if (f->start_stack && (b->flags & VS_VM_GROWSDOWN))
		n += 2 * (b->start <= f->start_stack && f->start_stack < b->end);
	return n;
}

static bool one_bit(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a ^ b) == 1;
}

/* Trying. */

/** Try a supposition, and keep it in @p best if nothing better is there. */
static void try(struct scale *w, struct guess *best, uint32_t p, uint64_t start, uint64_t end,
		uint64_t flags)
{
	struct vs_belief old = w->ctx->belief[p];
	struct guess g = { .p = p, .start = start, .end = end, .flags = flags };

	if (w->ctx->ranges_known && (start != old.start || end != old.end))
		return;
	if (vs_range_bad(w->ctx->s, start, end) ||
	    (start == old.start && end == old.end && flags == old.flags))
		return;
	g.hints = -hints_at(w->ctx, p);
	believe(w, p, start, end, flags);
	g.cost = cost(w);
	g.hints += hints_at(w->ctx, p);
	believe(w, p, old.start, old.end, old.flags);
	// Memory errors flip a bit; two members at once are rarely hit.
	g.hints += one_bit(start, old.start) + one_bit(end, old.end) + one_bit(flags, old.flags);
	g.hints -= (start != old.start) + (end != old.end) + (flags != old.flags) - 1;

	if (g.cost < best->cost) {
		*best = g;
	} else if (g.cost == best->cost) {
		g.peers = best->peers + (best->p != p);
		best->peers = g.peers;
		if (g.hints > best->hints)
			*best = g;
		else if (g.hints == best->hints && best->p != p && best->rivals < MANY)
			best->rivals++;
	}
}

/** By how many bytes the ranges are too large in all, modulo 2^64. */
static uint64_t excess(const struct scale *w)
{
	const struct vs_check_ctx *ctx = w->ctx;
	uint64_t sum = 0;

	// In bytes rather than pages: a bound that is not aligned counts exactly.
	for (uint32_t p = 0; p < ctx->n; p++)
		sum += ctx->belief[p].end - ctx->belief[p].start;
	return sum - (ctx->s->f.total_vm << ctx->s->page_shift);
}

/** The gap before @p p if the tree tells exactly that one; false if another is larger. */
static bool told_gap(const struct scale *w, uint32_t p, uint64_t *ret)
{
	uint64_t stored = vs_ctx_vma(w->ctx, p)->subtree_gap;
	uint32_t l, r;

	if (!w->gap)
		return false;
	l = w->ctx->shape.left[p];
	r = w->ctx->shape.right[p];
	if ((l != VS_NONE && vs_ctx_vma(w->ctx, l)->subtree_gap >= stored) ||
	    (r != VS_NONE && vs_ctx_vma(w->ctx, r)->subtree_gap >= stored))
		return false;
	*ret = stored;
	return true;
}

static void try_start(struct scale *w, struct guess *best, uint32_t p, uint64_t off)
{
	const struct vs_belief *b = &w->ctx->belief[p];
	uint64_t mask = (UINT64_C(1) << w->ctx->s->page_shift) - 1, gap;
	uint64_t prev_end = p ? b[-1].end : 0;

	try(w, best, p, b->start + off, b->end, b->flags);
	try(w, best, p, b->start & ~mask, b->end, b->flags);
	try(w, best, p, prev_end, b->end, b->flags);
	if (told_gap(w, p, &gap)) {
		uint64_t guard = b->start - vs_start_gap(w->ctx->s, b->start, b->flags);

		try(w, best, p, prev_end + gap + guard, b->end, b->flags);
	}
}

static void try_end(struct scale *w, struct guess *best, uint32_t p, uint64_t off)
{
	const struct vs_belief *b = &w->ctx->belief[p];
	uint64_t mask = (UINT64_C(1) << w->ctx->s->page_shift) - 1, gap;

	try(w, best, p, b->start, b->end - off, b->flags);
	try(w, best, p, b->start, b->end & ~mask, b->flags);
	if (p + 1 < w->ctx->n) {
		uint64_t next = vs_start_gap(w->ctx->s, b[1].start, b[1].flags);

		try(w, best, p, b->start, b[1].start, b->flags);
		if (told_gap(w, p + 1, &gap))
			try(w, best, p, b->start, next - gap, b->flags);
	} else if (w->ctx->s->has & VS_HAS_HIGHEST_VM_END) {
		try(w, best, p, b->start, w->ctx->s->f.highest_vm_end, b->flags);
	}
}

static const uint64_t counted_bits[] = {
	VS_VM_WRITE, VS_VM_EXEC, VS_VM_SHARED, VS_VM_GROWSDOWN, VS_VM_READ,
};

/** Other flags: those that differ in one bit of what the counters go by, or in any of them. */
static void try_flags(struct scale *w, struct guess *best, uint32_t p, bool all)
{
	const struct vs_belief *b = &w->ctx->belief[p];
	uint64_t flags = b->flags & ~VS_FLAGS_UNKNOWN;

	for (unsigned int m = 1; m < 32; m++) {
		uint64_t bits = 0;

		if (!all && (m & (m - 1)))
			continue;
		for (unsigned int i = 0; i < 5; i++)
			bits |= m >> i & 1 ? counted_bits[i] : 0;
		try(w, best, p, b->start, b->end, flags ^ bits);
		if (all)	// access is never given without the right to it
			try(w, best, p, b->start, b->end,
			    (flags ^ bits) | VS_VM_MAYREAD | ((flags ^ bits) & 15) << 4);
	}
	if (all)
		try(w, best, p, b->start, b->end, flags);
}

static void adopt(struct scale *w, const struct guess *g)
{
	struct vs_belief *b = &w->ctx->belief[g->p];

	b->wrong |= (g->start != b->start ? VS_WRONG_START : 0) |
		    (g->end != b->end ? VS_WRONG_END : 0) |
		    (g->flags != b->flags ? VS_WRONG_FLAGS : 0);
	b->rivals = (uint8_t)g->rivals;
	believe(w, g->p, g->start, g->end, g->flags);
}

/** VMAs that are impossible by themselves: the object is known, the value is sought. */
static bool blame_impossible(struct scale *w)
{
	struct vs_check_ctx *ctx = w->ctx;
	bool all_known = true;
	uint32_t tried = 0;

	for (uint32_t p = 0; p < ctx->n && w->own_bad; p++) {
		struct vs_belief *b = &ctx->belief[p];
		bool range = vs_range_bad(ctx->s, b->start, b->end);
		bool flags = vs_flags_bad(b->flags);
		struct guess best = { .cost = cost(w) - 1 };

		if (!range && !flags)
			continue;
		if (vs_ctx_vma(ctx, p)->absent) {
			b->unknown |= VS_WRONG_START | VS_WRONG_END | VS_WRONG_FLAGS;
			all_known = false;
			continue;
		}
		if (tried++ < MAX_SUSPECTS) {
			uint64_t off = excess(w);

			if (range) {
				try(w, &best, p, b->end, b->start, b->flags);
				try_start(w, &best, p, off);
				try_end(w, &best, p, off);
			} else {
				try_flags(w, &best, p, true);
			}
		}
		// One broken rule less is only the VMA's own: something else must agree.
		if (best.cost < cost(w) - 1) {
			best.rivals = 0;
			adopt(w, &best);
		} else {
			b->unknown |= range ? VS_WRONG_START | VS_WRONG_END : 0;
			b->unknown |= flags ? VS_WRONG_FLAGS : 0;
			all_known = false;
		}
	}
	return all_known;
}

/** The VMAs at which ranges and gaps contradict each other. */
static uint32_t find_suspects(const struct scale *w, uint32_t *ret)
{
	const struct vs_check_ctx *ctx = w->ctx;
	uint32_t n = 0;

	for (uint32_t p = 0; p < ctx->n && n < MAX_SUSPECTS; p++) {
		bool gap = false;

		if (w->gap && gap_bad(w, p)) {
			uint32_t l = ctx->shape.left[p], r = ctx->shape.right[p];

			gap = (l == VS_NONE || !gap_bad(w, l)) && (r == VS_NONE || !gap_bad(w, r));
		}
		if (gap || pair_bad(w, p) || (p && pair_bad(w, p - 1)) ||
		    (p + 1 == ctx->n && top_bad(ctx)))
			ret[n++] = p;
	}
	return n;
}

/** Counters contradict the VMAs, and no VMA stands out: ask each. */
static void try_everywhere(struct scale *w, struct guess *best)
{
	const struct vs_check_ctx *ctx = w->ctx;
	uint64_t off = excess(w);

	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_belief *b = &ctx->belief[p];

		if (off) {
			try(w, best, p, b->start + off, b->end, b->flags);
			try(w, best, p, b->start, b->end - off, b->flags);
		} else {
			try_flags(w, best, p, false);
		}
	}
	if (off || best->cost < cost(w))
		return;
	for (uint32_t p = 0; p < ctx->n; p++)
		try_flags(w, best, p, true);
}

/**
 * Is the guess better than taking each broken rule for damage of its own? Where
 * only one counter is off, the counter itself is the plainest answer, and a VMA
 * needs something more that speaks against it.
 */
static bool convincing(const struct scale *w, const struct guess *g, bool local)
{
	const struct vs_belief *b = &w->ctx->belief[g->p];
	uint32_t now = cost(w);

	if (g->cost == UINT32_MAX)	// nothing could be tried
		return false;
	if (g->cost + 1 < now)
		return true;
	if (g->cost + 1 > now)
		return false;
	if (w->pair_bad && local)
		return true;
	if (g->rivals)
		return false;
	if (g->hints >= 2)
		return true;
	// Only one VMA has as many pages as a counter is off by: hardly a coincidence,
	// unless that is a single page.
	// And flags that would differ in many bits are more damage than one counter is.
	return !g->peers && g->hints >= 0 && g->flags != b->flags &&
	       __builtin_popcountll(g->flags ^ b->flags) <= 2 &&
	       (b->end - b->start) >> w->ctx->s->page_shift > 1 && !counter_gone(w->ctx);
}

static void blame_relations(struct scale *w)
{
	uint32_t suspects[MAX_SUSPECTS];

	for (int round = 0; round < MAX_ROUNDS && cost(w); round++) {
		struct guess best = { .cost = UINT32_MAX };
		uint32_t n = find_suspects(w, suspects);
		uint64_t off = excess(w);

		for (uint32_t i = 0; i < n; i++) {
			uint32_t p = suspects[i];

			try_start(w, &best, p, off);
			try_end(w, &best, p, off);
			try_flags(w, &best, p, false);
			if (p)
				try_end(w, &best, p - 1, off);
		}
		if (n && convincing(w, &best, true)) {
			adopt(w, &best);
			continue;
		}
		if (!sums_bad(w->ctx))
			break;
		best = (struct guess){ .cost = UINT32_MAX };
		try_everywhere(w, &best);
		if (!convincing(w, &best, false))
			break;
		adopt(w, &best);
	}
}

static bool set_up(struct scale *w)
{
	struct vs_check_ctx *ctx = w->ctx;

	ctx->belief = calloc(ctx->n, sizeof(*ctx->belief));
	if (!ctx->belief)
		return false;
	if (ctx->gaps_known) {
		w->gap = calloc(ctx->n, sizeof(*w->gap));
		if (!w->gap)
			return false;
	}
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);

		ctx->belief[p] = (struct vs_belief){ .start = v->start, .end = v->end,
						     .flags = v->flags,
						     .color = v->rb_color & 1 };
		count_vma(w, &ctx->seen, p, false);
	}
	ctx->believed = ctx->seen;
	if (ctx->s->has & (VS_HAS_FILE_TREE | VS_HAS_ANON_TREE)) {
		w->told = calloc(ctx->n, sizeof(*w->told));
		if (!w->told)
			return false;
		vs_blame_told(ctx, w->told);
	}
	for (uint32_t i = 0; i < ctx->n; i++) {
		w->own_bad += own_bad(w, i) + prot_bad(w, i);
		w->told_bad += told_bad(w, i);
		w->pair_bad += pair_bad(w, i);
		if (w->gap) {
			uint32_t p = ctx->shape.post[i];

			w->gap[p] = gap_at(w, p);
			w->gap_bad += gap_bad(w, p);
		}
	}
	return true;
}

/** What the maple tree has found out about ranges. */
static void adopt_maple(struct scale *w)
{
	struct vs_check_ctx *ctx = w->ctx;

	ctx->ranges_known = ctx->maple.judged;
	for (size_t i = 0; i < ctx->maple.bounds.n; i++) {
		const struct vs_mbound *m = &ctx->maple.bounds.v[i];
		uint32_t p = ctx->pos[m->vma];
		struct vs_belief *b;

		if (p == VS_NONE)
			continue;
		b = &ctx->belief[p];
		b->wrong |= m->start ? VS_WRONG_START : VS_WRONG_END;
		believe(w, p, m->start ? m->value : b->start, m->start ? b->end : m->value, b->flags);
	}
}

/** What the gaps should be, where that can be known. */
static void conclude_gaps(struct scale *w)
{
	struct vs_check_ctx *ctx = w->ctx;

	for (uint32_t i = 0; w->gap && i < ctx->n; i++) {
		uint32_t p = ctx->shape.post[i], q = ctx->shape.parent[p];
		struct vs_belief *b = &ctx->belief[p];
		const uint8_t bounds = VS_WRONG_START | VS_WRONG_END | VS_WRONG_FLAGS;

		if ((b->unknown & bounds) || (p && (b[-1].unknown & bounds)))
			b->unknown |= VS_WRONG_GAP;
		if ((b->unknown & VS_WRONG_GAP) && q != VS_NONE)
			ctx->belief[q].unknown |= VS_WRONG_GAP;
		b->gap = w->gap[p];
		if (gap_bad(w, p) && !(b->unknown & VS_WRONG_GAP))
			b->wrong |= VS_WRONG_GAP;
	}
}

bool vs_blame(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	bool kernel = s->has & (VS_HAS_LIST | VS_HAS_RB | VS_HAS_MAPLE);
	struct scale w = { .ctx = ctx };
	bool ok;

	if (!ctx->n)
		return true;
	ctx->sums_known = kernel && !ctx->partial;
	ctx->gaps_known = (s->has & VS_HAS_SUBTREE_GAP) && ctx->shape.whole && !ctx->partial;
	ok = set_up(&w);
	if (ok)
		adopt_maple(&w);
	if (ok && blame_impossible(&w))
		blame_relations(&w);
	if (ok)
		conclude_gaps(&w);
	free(w.gap);
	free(w.told);
	return ok && vs_blame_colors(ctx);
}
