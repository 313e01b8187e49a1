// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each edge of a red-black tree is told twice, by the parent and by the child.
 * Where both agree, the edge stands. The pieces that are left hang together in
 * only one way: of two VMAs that are neighbours once a piece between them is
 * taken out, exactly one lacks a child on that side, and there the piece
 * belongs.
 *
 *	        c                 order  a b [x y z] c d
 *	      /   \               the piece [x y z] has lost its parent:
 *	    a      d              b has no right child, c has a left one,
 *	     \                    so b->rb_right was y
 *	      b      y
 *	            / \
 *	           x   z
 */
#include "check/ctx.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 64

/* What the dump says, as positions; and the pieces as sets with their extent. */
struct pieces {
	uint32_t n;
	uint32_t *raw_left, *raw_right, *raw_parent;
	uint32_t *set;		/* union-find */
	uint32_t *lo, *hi;	/* of a set: lowest and highest position */
	uint32_t *loose;	/* VMAs without a parent */
	uint32_t n_loose;
};

void vs_shape_deinit(struct vs_shape *sh)
{
	free(sh->left);
	*sh = (struct vs_shape){ 0 };
}

static uint32_t set_of(struct pieces *pc, uint32_t p)
{
	while (pc->set[p] != p) {
		pc->set[p] = pc->set[pc->set[p]];
		p = pc->set[p];
	}
	return p;
}

/** Hang @p c below @p q. False if that place is taken, or @p q hangs below @p c. */
static bool attach(struct vs_shape *sh, struct pieces *pc, uint32_t c, uint32_t q)
{
	uint32_t *slot = c < q ? &sh->left[q] : &sh->right[q];
	uint32_t a = set_of(pc, c), b = set_of(pc, q);

	if (*slot != VS_NONE || a == b)
		return false;
	*slot = c;
	sh->parent[c] = q;
	pc->set[a] = b;
	if (pc->lo[a] < pc->lo[b])
		pc->lo[b] = pc->lo[a];
	if (pc->hi[a] > pc->hi[b])
		pc->hi[b] = pc->hi[a];
	return true;
}

static bool claims(const struct pieces *pc, uint32_t q, uint32_t c)
{
	return pc->raw_left[q] == c || pc->raw_right[q] == c;
}

/** The edges that both ends tell. */
static void attach_agreed(const struct vs_check_ctx *ctx, struct vs_shape *sh, struct pieces *pc)
{
	for (uint32_t c = 0; c < pc->n; c++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, c);

		pc->raw_left[c] = vs_ctx_pos(ctx, v->rb_left);
		pc->raw_right[c] = vs_ctx_pos(ctx, v->rb_right);
		pc->raw_parent[c] = vs_ctx_pos(ctx, v->rb_parent);
		pc->set[c] = pc->lo[c] = pc->hi[c] = c;
	}
	for (uint32_t c = 0; c < pc->n; c++) {
		uint32_t q = pc->raw_parent[c];

		if (q == VS_NONE || q == c || !claims(pc, q, c) || !attach(sh, pc, c, q))
			pc->loose[pc->n_loose++] = c;
	}
}

/** Which of the loose VMAs is the root: the piece that is not to be hung anywhere. */
static uint32_t pick_root(const struct vs_check_ctx *ctx, struct pieces *pc)
{
	uint32_t told = vs_ctx_pos(ctx, ctx->s->f.rb_root), best = VS_NONE;
	unsigned int best_points = 0;
	uint32_t best_size = 0;

	for (uint32_t i = 0; i < pc->n_loose; i++) {
		uint32_t c = pc->loose[i], s = set_of(pc, c);
		uint32_t size = pc->hi[s] - pc->lo[s] + 1;
		unsigned int points = (c == told) + !vs_ctx_vma(ctx, c)->rb_parent +
				      2 * (size == pc->n);

		if (best == VS_NONE || points > best_points ||
		    (points == best_points && size > best_size)) {
			best = c;
			best_points = points;
			best_size = size;
		}
	}
	return best;
}

/**
 * Try to hang the piece of @p c where it fits. Either end's word is enough, or
 * (@p by_shape) that there is only one place.
 */
static bool settle(struct vs_shape *sh, struct pieces *pc, uint32_t c, bool by_shape)
{
	uint32_t s = set_of(pc, c);
	uint32_t x = pc->lo[s] ? pc->lo[s] - 1 : VS_NONE;
	uint32_t y = pc->hi[s] + 1 < pc->n ? pc->hi[s] + 1 : VS_NONE;
	bool fits_x = x != VS_NONE && sh->right[x] == VS_NONE;
	bool fits_y = y != VS_NONE && sh->left[y] == VS_NONE;

	if (by_shape && fits_x != fits_y)
		return attach(sh, pc, c, fits_x ? x : y);
	if (fits_x && (pc->raw_parent[c] == x || claims(pc, x, c)))
		return attach(sh, pc, c, x);
	if (fits_y && (pc->raw_parent[c] == y || claims(pc, y, c)))
		return attach(sh, pc, c, y);
	return false;
}

static void attach_rest(const struct vs_check_ctx *ctx, struct vs_shape *sh, struct pieces *pc)
{
	bool by_shape = false;

	for (int round = 0; round < MAX_ROUNDS && pc->n_loose; round++) {
		uint32_t left = 0, root = pick_root(ctx, pc);

		for (uint32_t i = 0; i < pc->n_loose; i++) {
			uint32_t c = pc->loose[i];

			if (c == root || !settle(sh, pc, c, by_shape))
				pc->loose[left++] = c;
		}
		// What is missing from the dump may belong in the place that looks free.
		if (left == pc->n_loose) {
			if (by_shape || ctx->partial)
				break;
			by_shape = true;
		}
		pc->n_loose = left;
		if (left == 1)
			break;
	}
}

/** Walk the shape in order without a stack: each position once, none left out? */
static bool in_order(struct vs_shape *sh, uint32_t n)
{
	uint32_t p = sh->root, from = VS_NONE, next = 0, done = 0;

	if (p == VS_NONE)
		return !n;
	// attach() never makes a circle, so each edge is gone down once and up once.
	while (p != VS_NONE) {
		uint32_t to;

		if (from == sh->parent[p] && sh->left[p] != VS_NONE) {
			to = sh->left[p];
		} else if (from == sh->parent[p] || from == sh->left[p]) {
			if (p != next++)
				return false;
			to = sh->right[p];
			if (to == VS_NONE) {
				sh->post[done++] = p;
				to = sh->parent[p];
			}
		} else {
			sh->post[done++] = p;
			to = sh->parent[p];
		}
		from = p;
		p = to;
	}
	return next == n && done == n;
}

static bool all_say_so(const struct vs_check_ctx *ctx, const struct vs_shape *sh)
{
	if (ctx->s->f.rb_root != vs_ctx_addr(ctx, sh->root))
		return false;
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);

		if (v->rb_left != vs_ctx_addr(ctx, sh->left[p]) ||
		    v->rb_right != vs_ctx_addr(ctx, sh->right[p]) ||
		    v->rb_parent != vs_ctx_addr(ctx, sh->parent[p]))
			return false;
	}
	return true;
}

bool vs_shape_find(struct vs_check_ctx *ctx)
{
	struct vs_shape *sh = &ctx->shape;
	size_t n = ctx->n;
	struct pieces pc = { .n = ctx->n };
	uint32_t *room;

	sh->root = VS_NONE;
	if (!n || !(ctx->s->has & VS_HAS_RB))
		return true;
	sh->left = malloc(4 * n * sizeof(*sh->left));
	room = malloc(7 * n * sizeof(*room));
	if (!sh->left || !room) {
		free(room);
		return false;
	}
	sh->right = sh->left + n;
	sh->parent = sh->left + 2 * n;
	sh->post = sh->left + 3 * n;
	memset(sh->left, 0xff, 3 * n * sizeof(*sh->left));	// VS_NONE
	pc.raw_left = room;
	pc.raw_right = room + n;
	pc.raw_parent = room + 2 * n;
	pc.set = room + 3 * n;
	pc.lo = room + 4 * n;
	pc.hi = room + 5 * n;
	pc.loose = room + 6 * n;

	attach_agreed(ctx, sh, &pc);
	attach_rest(ctx, sh, &pc);
	sh->root = pick_root(ctx, &pc);
	sh->whole = in_order(sh, ctx->n);
	sh->agreed = sh->whole && all_say_so(ctx, sh);
	free(room);
	return true;
}
