// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules about the maple tree mm_mt (6.1+). What is wrong has been worked out by
 * then (maple_belief.c): each rule tells its part of it.
 */
#include "check/ctx.h"

#include <inttypes.h>

#define EIGHT(name, from) \
	name "[" from "0]", name "[" from "1]", name "[" from "2]", name "[" from "3]", \
	name "[" from "4]", name "[" from "5]", name "[" from "6]", name "[" from "7]"
#define SIXTY(name) \
	name "[0]", name "[1]", name "[2]", name "[3]", name "[4]", name "[5]", name "[6]", \
	name "[7]", name "[8]", name "[9]", \
	EIGHT(name, "1"), name "[18]", name "[19]", EIGHT(name, "2"), name "[28]", name "[29]", \
	EIGHT(name, "3"), name "[38]", name "[39]", EIGHT(name, "4"), name "[48]", name "[49]", \
	EIGHT(name, "5"), name "[58]", name "[59]", name "[60]", name "[61]", name "[62]", name "[63]"

static const char *const pivot_names[64] = { SIXTY("pivot") };
static const char *const slot_names[64] = { SIXTY("slot") };
static const char *const gap_names[64] = { SIXTY("gap") };

static const char *member_name(const struct vs_mcharge *c)
{
	switch (c->member) {
	case VS_MM_ROOT:
		return "mm_mt.ma_root";
	case VS_MM_FLAGS:
		return "mm_mt.ma_flags";
	case VS_MM_PARENT:
		return "parent";
	case VS_MM_PIVOT:
		return pivot_names[c->slot & 63];
	case VS_MM_SLOT:
		return slot_names[c->slot & 63];
	case VS_MM_GAP:
		return gap_names[c->slot & 63];
	case VS_MM_META_END:
		return "meta.end";
	case VS_MM_META_GAP:
		return "meta.gap";
	default:
		return NULL;
	}
}

static enum vs_valfmt member_fmt(const struct vs_mcharge *c)
{
	return c->member == VS_MM_NODE ? VS_VAL_NONE :
	       c->member == VS_MM_META_END || c->member == VS_MM_META_GAP ? VS_VAL_DEC : VS_VAL_HEX;
}

static void tell(struct vs_check_ctx *ctx, enum vs_mrule rule)
{
	const struct vs_maple_belief *b = &ctx->maple;

	for (size_t i = 0; i < b->charges.n; i++) {
		const struct vs_mcharge *c = &b->charges.v[i];
		struct vs_finding *f;

		if (c->rule != rule)
			continue;
		f = c->addr ? vs_found_addr(ctx, c->addr, member_name(c), member_fmt(c), c->seen) :
			      vs_found_mm(ctx, member_name(c), member_fmt(c), c->seen);
		if (f && c->addr)
			f->object = VS_OBJ_NODE;
		if (c->has_expected)
			vs_finding_expect(f, c->expected);
		if (c->detail)
			vs_finding_say(ctx, f, "%s", c->detail);
	}
	ctx->n_kept += b->more[rule];
}

void vs_rule_maple_root(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_ROOT);
}

void vs_rule_maple_flags(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_FLAGS);
}

void vs_rule_maple_dead(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_DEAD);
}

void vs_rule_maple_slot(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_SLOT);
}

void vs_rule_maple_parent(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_PARENT);
}

void vs_rule_maple_pivot(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_PIVOT);
}

void vs_rule_maple_end(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_END);
}

void vs_rule_maple_leftover(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_LEFTOVER);
}

void vs_rule_maple_nulls(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_NULLS);
}

void vs_rule_maple_gap(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_GAP);
}

void vs_rule_maple_meta_gap(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_META_GAP);
}

void vs_rule_maple_fill(struct vs_check_ctx *ctx)
{
	tell(ctx, VS_MR_FILL);
}

/** M1, where it is the VMA that is wrong. Impossible bounds are told by the rules about those. */
void vs_rule_maple_range(struct vs_check_ctx *ctx)
{
	for (size_t i = 0; i < ctx->maple.bounds.n; i++) {
		const struct vs_mbound *m = &ctx->maple.bounds.v[i];
		const struct vs_vma *v = &ctx->s->vmas.v[m->vma];
		uint64_t seen = m->start ? v->start : v->end;
		struct vs_finding *f;

		if (v->absent || vs_range_bad(ctx->s, v->start, v->end))
			continue;
		f = vs_found_index(ctx, m->vma, m->start ? "vm_start" : "vm_end", VS_VAL_HEX, seen);
		vs_finding_expect(f, m->value);
		vs_finding_say(ctx, f, "%s is %#" PRIx64 "; the maple tree has %#" PRIx64,
			       m->start ? "vm_start" : "vm_end", seen, m->value);
	}
}

/** M5. */
void vs_rule_maple_zero(struct vs_check_ctx *ctx)
{
	const struct vs_maple *m = &ctx->s->maple;

	for (size_t i = 0; i < m->entries.n; i++) {
		const struct vs_mentry *e = &m->entries.v[i];
		struct vs_finding *f;

		if (e->kind != VS_MENTRY_ZERO || e->node == VS_NONE)
			continue;
		f = vs_found_addr(ctx, m->nodes.v[e->node].addr, slot_names[e->slot & 63], VS_VAL_HEX,
				  e->raw);
		if (f)
			f->object = VS_OBJ_NODE;
		vs_finding_say(ctx, f, "slot[%u], %#" PRIx64 "-%#" PRIx64 ", is XA_ZERO_ENTRY: a fork "
			       "failed here", e->slot, e->first, e->last + 1);
	}
}

/* VMA_LOCK_OFFSET (6.15+), VM_REFCNT_EXCLUDE_READERS_BIT since 7.1: a writer waits or works. */
#define REFCNT_WRITER 0x40000000u
/* Readers are tasks that stand in a page fault or the like, and PID_MAX_LIMIT bounds those. */
#define REFCNT_MAX (1u + (1u << 22))

/** M7. */
void vs_rule_vma_attached(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->absent || !vs_vma_detached(ctx->s, v))
			continue;
		if (ctx->s->has & VS_HAS_DETACHED) {
			f = vs_found_vma(ctx, p, "detached", VS_VAL_DEC, v->detached);
			vs_finding_expect(f, 0);
			vs_finding_say(ctx, f, "detached is set in a VMA that hangs in the tree");
		} else if (!v->refcnt) {
			f = vs_found_vma(ctx, p, "vm_refcnt", VS_VAL_HEX, v->refcnt);
			vs_finding_expect(f, 1);
			vs_finding_say(ctx, f, "vm_refcnt is 0, detached, in a VMA that hangs in the tree");
		} else {
			f = vs_found_vma(ctx, p, "vm_refcnt", VS_VAL_HEX, v->refcnt);
			vs_finding_expect(f, 1);
			vs_finding_say(ctx, f, "vm_refcnt is %#x: more readers than there can be tasks",
				       v->refcnt);
		}
	}
}

/** M8. */
void vs_rule_vma_lock(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->absent || !(v->refcnt & REFCNT_WRITER) || vs_vma_detached(ctx->s, v))
			continue;
		f = vs_found_vma(ctx, p, "vm_refcnt", VS_VAL_HEX, v->refcnt);
		vs_finding_say(ctx, f, "vm_refcnt is %#x: a writer has, or waits for, this VMA",
			       v->refcnt);
	}
}

bool vs_vma_detached(const struct vs_space *s, const struct vs_vma *v)
{
	if (s->has & VS_HAS_DETACHED)
		return v->detached;
	return (s->has & VS_HAS_REFCNT) && (!v->refcnt || (v->refcnt & ~REFCNT_WRITER) > REFCNT_MAX);
}
