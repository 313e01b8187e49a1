/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The red-black tree as it should hang together: worked out from the order of
 * the VMAs and from what both ends of each edge say, so that a pointer which
 * does not fit can be told from the ones that do. Positions in the order, not
 * indices or addresses.
 */
#ifndef VS_CHECK_SHAPE_H
#define VS_CHECK_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

struct vs_check_ctx;

struct vs_shape {
	uint32_t *left, *right, *parent;	/* VS_NONE: none */
	uint32_t *post;		/* positions, children before their parents; if whole */
	uint32_t root;
	bool whole;		/* one tree over all VMAs, its in-order walk is the order */
	bool agreed;		/* ... and every pointer in the dump says so */
};

/** Work out ctx->shape; false without memory. */
bool vs_shape_find(struct vs_check_ctx *ctx);
void vs_shape_deinit(struct vs_shape *sh);

#endif
