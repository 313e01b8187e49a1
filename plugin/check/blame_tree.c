// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the interval trees tell of a VMA's size: a node's rb_subtree_last, where it is
 * beyond that of its children, is the last page of its own range.
 */
#include "check/ctx.h"

static void vote(const struct vs_check_ctx *ctx, uint32_t vma, uint64_t pages, uint64_t *told)
{
	const uint32_t p = ctx->pos[vma];

	// two that do not agree tell nothing
	if (p != VS_NONE && told && pages)
		told[p] = !told[p] || told[p] == pages ? pages : UINT64_MAX;
}

static uint64_t told_of(const struct vs_check_ctx *ctx, uint32_t vma, const struct vs_itnode *n)
{
	return vs_itnode_told(n, ctx->s->vmas.v[vma].pgoff);
}

void vs_blame_told(const struct vs_check_ctx *ctx, uint64_t *told)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->files.n; i++)
		if (o->files.v[i].got == VS_GOT_OK && o->files.v[i].mapping_ok)
			vote(ctx, o->files.v[i].vma, told_of(ctx, o->files.v[i].vma, &o->files.v[i].tree), told);
	for (size_t i = 0; i < o->anons.n; i++)
		for (uint32_t j = 0; j < o->anons.v[i].n; j++) {
			const struct vs_avc *c = &o->avcs.v[o->anons.v[i].first + j];

			if (c->anon_got == VS_GOT_OK && c->vma == ctx->s->vmas.v[o->anons.v[i].vma].addr)
				vote(ctx, o->anons.v[i].vma, told_of(ctx, o->anons.v[i].vma, &c->tree), told);
		}
	for (uint32_t p = 0; p < ctx->n; p++)
		if (vs_ctx_vma(ctx, p)->hangs & VS_HANGS_TOLD)
			vote(ctx, ctx->order[p], vs_vma_pages(ctx->s, vs_ctx_vma(ctx, p)), told);
	for (uint32_t p = 0; p < ctx->n; p++)
		told[p] = told[p] == UINT64_MAX ? 0 : told[p];
}
