// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which node has the wrong colour? Two red nodes below each other, or paths
 * with unequal numbers of black nodes, tell that one of a few nodes nearby has;
 * it is the one whose other colour makes the whole tree right again.
 */
#include "check/ctx.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CANDIDATES 16
#define MAX_FLIPS 4

struct colors {
	struct vs_check_ctx *ctx;
	uint32_t *black;		/* black height by position */
	uint32_t suspects[MAX_CANDIDATES];
	uint32_t n_suspects;
};

static void suspect(struct colors *c, uint32_t p)
{
	for (uint32_t i = 0; i < c->n_suspects; i++)
		if (c->suspects[i] == p)
			return;
	if (p != VS_NONE && c->n_suspects < MAX_CANDIDATES)
		c->suspects[c->n_suspects++] = p;
}

static bool red(const struct colors *c, uint32_t p)
{
	return p != VS_NONE && !c->ctx->belief[p].color;
}

static uint32_t height(const struct colors *c, uint32_t p)
{
	return p == VS_NONE ? 0 : c->black[p];
}

/** How many places break the rules; with @p name, who may be to blame for the first of them. */
static uint32_t count_broken(struct colors *c, bool name)
{
	const struct vs_shape *sh = &c->ctx->shape;
	uint32_t broken = 0;

	for (uint32_t i = 0; i < c->ctx->n; i++) {
		uint32_t p = sh->post[i], l = sh->left[p], r = sh->right[p];
		uint32_t hl = height(c, l), hr = height(c, r);

		if (hl != hr) {
			broken++;
			if (name) {
				suspect(c, l);
				suspect(c, r);
			}
		}
		if (red(c, p) && (red(c, l) || red(c, r))) {
			broken += red(c, l) + red(c, r);
			if (name) {
				suspect(c, p);
				suspect(c, red(c, l) ? l : r);
			}
		}
		c->black[p] = (hl > hr ? hl : hr) + c->ctx->belief[p].color;
	}
	if (red(c, sh->root)) {
		broken++;
		if (name)
			suspect(c, sh->root);
	}
	return broken;
}

bool vs_blame_colors(struct vs_check_ctx *ctx)
{
	struct colors c = { .ctx = ctx };
	uint32_t broken;

	if (!(ctx->s->has & VS_HAS_RB) || !ctx->shape.whole || ctx->partial)
		return true;
	c.black = calloc(ctx->n, sizeof(*c.black));
	if (!c.black)
		return false;
	broken = count_broken(&c, true);
	for (int round = 0; broken && round < MAX_FLIPS; round++) {
		uint32_t best = VS_NONE, best_broken = broken;

		for (uint32_t i = 0; i < c.n_suspects; i++) {
			uint32_t now;

			ctx->belief[c.suspects[i]].color ^= 1;
			now = count_broken(&c, false);
			ctx->belief[c.suspects[i]].color ^= 1;
			if (now < best_broken) {
				best = c.suspects[i];
				best_broken = now;
			}
		}
		if (best == VS_NONE)
			break;
		ctx->belief[best].color ^= 1;
		ctx->belief[best].wrong |= VS_WRONG_COLOR;
		c.n_suspects = 0;
		broken = count_broken(&c, true);
	}
	free(c.black);
	return true;
}
