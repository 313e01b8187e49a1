// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about the list: mmap, vm_next, vm_prev. */
#include "check/ctx.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

/** The break of walk @p w at this pointer, NULL if it went on there. */
static const struct vs_break *break_at(const struct vs_walk *w, uint32_t vma, uint64_t value)
{
	for (size_t i = 0; i < w->breaks.n && i < 16; i++)
		if (w->breaks.v[i].vma == vma && w->breaks.v[i].value == value)
			return &w->breaks.v[i];
	return NULL;
}

/** Where @p seen leads, as seen from the VMA at @p p (VS_NONE: the mm), in words. */
static void where(const struct vs_check_ctx *ctx, const struct vs_walk *w, uint32_t p,
		  uint64_t seen, char *buf, size_t len)
{
	uint32_t q = vs_ctx_pos(ctx, seen), vma = p == VS_NONE ? VS_NONE : ctx->order[p];
	const struct vs_break *b = break_at(w, vma, seen);
	uint32_t from = p == VS_NONE ? 0 : p + 1;
	char num[VS_THOUSANDS_MAX];

	buf[0] = 0;
	if (!seen)
		snprintf(buf, len, "NULL");
	else if (p != VS_NONE && q == p)
		snprintf(buf, len, "%#" PRIx64 ", itself", seen);
	else if (q != VS_NONE && q > from && w == &ctx->s->next)
		snprintf(buf, len, "%#" PRIx64 ", %s VMA%s further than the next", seen,
			 vs_thousands(num, q - from), q - from == 1 ? "" : "s");
	else if (q != VS_NONE)
		snprintf(buf, len, "%#" PRIx64 ", VMA number %s", seen, vs_thousands(num, q + 1));
	else if (b && b->why == VS_STOP_WILD)
		snprintf(buf, len, "%#" PRIx64 ", where there is no memory", seen);
	else if (b && b->why == VS_STOP_ABSENT)
		snprintf(buf, len, "%#" PRIx64 ", which is not in the dump (%s)", seen, vs_from_name(b->from));
	else if (b && b->why == VS_STOP_FOREIGN)
		snprintf(buf, len, "%#" PRIx64 ", which is no VMA of this mm", seen);
	else
		snprintf(buf, len, "%#" PRIx64, seen);
}

/** Who else says that @p q follows @p p: names of the other structures. */
static const char *witnesses(const struct vs_check_ctx *ctx, uint32_t p, uint32_t q, bool forward)
{
	uint64_t a = vs_ctx_addr(ctx, p), b = vs_ctx_addr(ctx, q);
	bool tree = ctx->shape.whole, list;

	if (forward)
		list = (ctx->s->has & VS_HAS_PREV) && q != VS_NONE && vs_ctx_vma(ctx, q)->prev == a;
	else
		list = (ctx->s->has & VS_HAS_LIST) &&
		       (p == VS_NONE ? ctx->s->f.mmap == b : vs_ctx_vma(ctx, p)->next == b);
	if (list && tree)
		return forward ? "vm_prev and vm_rb put" : "vm_next and vm_rb put";
	if (list)
		return forward ? "vm_prev puts" : "vm_next puts";
	if (tree)
		return "vm_rb puts";
	return "by address it is";
}

/** A link to something that is not in the dump, or that the missing part may explain. */
static bool excused(const struct vs_check_ctx *ctx, const struct vs_walk *w, uint64_t seen)
{
	if (!ctx->partial || !seen)
		return false;
	if (vs_ctx_is_absent(ctx, seen))
		return true;
	if (vs_space_find(ctx->s, seen) != VS_NONE)
		return false;
	for (size_t i = 0; i < w->breaks.n; i++)
		if (w->breaks.v[i].value == seen && w->breaks.v[i].why != VS_STOP_ABSENT)
			return false;
	return true;
}

void vs_rule_list_start(struct vs_check_ctx *ctx)
{
	uint64_t seen = ctx->s->f.mmap, expected = vs_ctx_addr(ctx, ctx->n ? 0 : VS_NONE);
	struct vs_finding *f;
	char buf[120];

	if (seen == expected || ctx->s->mm_absent || excused(ctx, &ctx->s->next, seen))
		return;
	f = vs_found_mm(ctx, "mmap", VS_VAL_HEX, seen);
	vs_finding_expect(f, expected);
	where(ctx, &ctx->s->next, VS_NONE, seen, buf, sizeof(buf));
	vs_finding_say(ctx, f, "mmap is %s; the lowest VMA is %#" PRIx64, buf, expected);
}

void vs_rule_list_next(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		uint32_t q = p + 1 < ctx->n ? p + 1 : VS_NONE;
		uint64_t expected = vs_ctx_addr(ctx, q);
		struct vs_finding *f;
		char buf[120];

		if (v->next == expected || v->absent || excused(ctx, &ctx->s->next, v->next))
			continue;
		f = vs_found_vma(ctx, p, "vm_next", VS_VAL_HEX, v->next);
		if (!f)
			continue;
		vs_finding_expect(f, expected);
		where(ctx, &ctx->s->next, p, v->next, buf, sizeof(buf));
		if (q == VS_NONE)
			vs_finding_say(ctx, f, "vm_next is %s; this is the last VMA, NULL is right",
				       buf);
		else
			vs_finding_say(ctx, f, "vm_next is %s; %s %#" PRIx64 " next", buf,
				       witnesses(ctx, p, q, true), expected);
	}
}

void vs_rule_list_prev(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		uint64_t expected = vs_ctx_addr(ctx, p ? p - 1 : VS_NONE);
		struct vs_finding *f;
		char buf[120];

		if (v->prev == expected || v->absent || excused(ctx, &ctx->s->prev, v->prev))
			continue;
		f = vs_found_vma(ctx, p, "vm_prev", VS_VAL_HEX, v->prev);
		if (!f)
			continue;
		vs_finding_expect(f, expected);
		where(ctx, &ctx->s->prev, p, v->prev, buf, sizeof(buf));
		if (!p)
			vs_finding_say(ctx, f, "vm_prev is %s; this is the first VMA, NULL is right",
				       buf);
		else
			vs_finding_say(ctx, f, "vm_prev is %s; %s %#" PRIx64 " before", buf,
				       witnesses(ctx, p - 1, p, false), expected);
	}
}

/** The other walks that reach every VMA, in words: " and vm_rb reaches all of them". */
static void reach_all(const struct vs_check_ctx *ctx, const struct vs_walk *w, char *buf, size_t len)
{
	const struct {
		const struct vs_walk *walk;
		const char *name;
	} all[] = {
		{ &ctx->s->next, "vm_next" }, { &ctx->s->prev, "vm_prev" }, { &ctx->s->tree, "vm_rb" },
	};
	const char *names[3];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 3; i++)
		if (all[i].walk != w && all[i].walk->walked && all[i].walk->order.n == ctx->n)
			names[n++] = all[i].name;
	buf[0] = 0;
	if (n == 1)
		snprintf(buf, len, "; %s reaches all of them", names[0]);
	else if (n == 2)
		snprintf(buf, len, "; %s and %s reach all of them", names[0], names[1]);
}

/** The finding of a walk that is too short (or long), filed with the VMA whose link did it. */
static void walk_count(struct vs_check_ctx *ctx, const struct vs_walk *w, const char *name,
		       const char *cause, const char *cause_mm)
{
	const struct vs_finding *why;
	char seen[VS_THOUSANDS_MAX], all[VS_THOUSANDS_MAX], others[64];
	uint32_t vma = VS_NONE;
	struct vs_finding *f;

	if (!w->walked || w->order.n == ctx->n || ctx->incomplete || ctx->lost.n)
		return;
	why = vs_ctx_cause(ctx, (const char *const[3]){ cause, cause_mm });
	if (why)
		vma = why->vma;
	f = vs_found_index(ctx, vma, NULL, VS_VAL_DEC, w->order.n);
	if (!f)
		return;
	vs_finding_expect(f, ctx->n);
	f->consequence = why;
	reach_all(ctx, w, others, sizeof(others));
	vs_finding_say(ctx, f, "%s reaches %s of %s VMAs%s", name, vs_thousands(seen, w->order.n),
		       vs_thousands(all, ctx->n), others);
}

void vs_rule_list_count(struct vs_check_ctx *ctx)
{
	walk_count(ctx, &ctx->s->next, "vm_next", "list-next", "list-start");
}

void vs_rule_prev_count(struct vs_check_ctx *ctx)
{
	// Begun at the wrong VMA, the walk backward is short by no fault of its own.
	if (!ctx->n || ctx->s->prev_from != ctx->order[ctx->n - 1])
		return;
	walk_count(ctx, &ctx->s->prev, "vm_prev", "list-prev", "list-prev");
}
