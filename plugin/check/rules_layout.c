// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules about where the mm_struct says that code, data, heap, stack, arguments
 * and environment are.
 *
 * exec sets these members, prctl(PR_SET_MM) may change them, and both see to it
 * that a start is not above its end and that none is above the end of user
 * addresses (load_elf_binary(), validate_prctl_map_addr()): that is an error. But
 * no one hinders a process from unmapping its heap, stack or arguments, or from
 * mapping something there: a hole is only worth a note.
 */
#include "check/ctx.h"
#include "check/quick.h"

#include <inttypes.h>

/* The pairs, and the one member that is alone. */
struct pair {
	const char *start_name, *end_name;
	uint64_t start, end;
	bool held;		/* something is known of it */
};

enum { CODE, DATA, HEAP, ARGS, ENV, N_PAIRS };

static void pairs_of(const struct vs_mm_fields *f, struct pair ret[N_PAIRS])
{
	// Until exec is through, the arguments have a start only (setup_arg_pages()).
	bool in_exec = !f->arg_end && !f->env_start && !f->env_end;
	// A program without executable segment begins behind all others and ends before them.
	bool no_code = !f->end_code && !~f->start_code;

	ret[CODE] = (struct pair){ "start_code", "end_code", f->start_code, f->end_code, !no_code };
	ret[DATA] = (struct pair){ "start_data", "end_data", f->start_data, f->end_data, true };
	ret[HEAP] = (struct pair){ "start_brk", "brk", f->start_brk, f->brk, true };
	ret[ARGS] = (struct pair){ "arg_start", "arg_end", f->arg_start, f->arg_end, !in_exec };
	ret[ENV] = (struct pair){ "env_start", "env_end", f->env_start, f->env_end, !in_exec };
}

static uint64_t limit_of(const struct vs_space *s)
{
	return s->limit ? s->limit : UINT64_MAX;
}

/** The first byte of [@p from, @p to) in no VMA, by what is believed of them; @p to if there is none. */
static uint64_t hole(const struct vs_check_ctx *ctx, uint64_t from, uint64_t to)
{
	const struct vs_belief *b = ctx->belief;
	size_t lo = 0, hi = ctx->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b[mid].end > from)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; from < to && lo < ctx->n && b[lo].start <= from; lo++)
		from = b[lo].end;
	return from < to ? from : to;
}

/** Whether a pair can be held against the VMAs: its own members are sound. */
static bool placed(const struct vs_space *s, const struct pair *p)
{
	return p->held && p->start <= p->end && p->end <= limit_of(s);
}

_Static_assert(N_PAIRS - HEAP + 1 == VS_QUICK_COVERS, "each pair from HEAP on, and the stack");

static void cover(struct vs_quick *q, uint64_t from, uint64_t to)
{
	if (from < to)
		q->covers[q->n_covers++] = (struct vs_quick_cover){ from, to };
}

bool vs_layout_start(const struct vs_space *s, struct vs_quick *q)
{
	struct pair p[N_PAIRS];

	if (!(s->has & VS_HAS_LAYOUT))
		return true;
	pairs_of(&s->f, p);
	for (int i = 0; i < N_PAIRS; i++) {
		if (!p[i].held)
			continue;
		if (!placed(s, &p[i]))
			return false;
		if (i >= HEAP)
			cover(q, p[i].start, p[i].end);
	}
	cover(q, s->f.start_stack, s->f.start_stack + 1);
	return s->f.start_stack < limit_of(s);
}

void vs_rule_layout_order(struct vs_check_ctx *ctx)
{
	struct pair p[N_PAIRS];

	pairs_of(&ctx->s->f, p);
	for (int i = 0; i < N_PAIRS && !ctx->s->mm_absent; i++) {
		bool end_wild = p[i].end > limit_of(ctx->s);
		struct vs_finding *f;

		if (!p[i].held || p[i].start <= p[i].end)
			continue;
		// Only one of the two is damaged: the one above all addresses, else who knows.
		if (p[i].start > limit_of(ctx->s) && !end_wild)
			f = vs_found_mm(ctx, p[i].start_name, VS_VAL_HEX, p[i].start);
		else
			f = vs_found_mm(ctx, p[i].end_name, VS_VAL_HEX, p[i].end);
		vs_finding_say(ctx, f, "%s %#" PRIx64 " lies above %s %#" PRIx64, p[i].start_name,
			       p[i].start, p[i].end_name, p[i].end);
	}
}

void vs_rule_layout_limit(struct vs_check_ctx *ctx)
{
	const uint64_t limit = limit_of(ctx->s);
	struct pair p[N_PAIRS];
	struct vs_finding *f;

	if (ctx->s->mm_absent)
		return;
	pairs_of(&ctx->s->f, p);
	for (int i = 0; i < N_PAIRS; i++) {
		for (int end = 0; end < 2; end++) {
			const char *name = end ? p[i].end_name : p[i].start_name;
			uint64_t seen = end ? p[i].end : p[i].start;

			if (!p[i].held || seen <= limit)
				continue;
			f = vs_found_mm(ctx, name, VS_VAL_HEX, seen);
			vs_finding_say(ctx, f, "%s %#" PRIx64 " lies above the end of user "
				       "addresses, %#" PRIx64, name, seen, limit);
		}
	}
	if (ctx->s->f.start_stack > limit) {
		f = vs_found_mm(ctx, "start_stack", VS_VAL_HEX, ctx->s->f.start_stack);
		vs_finding_say(ctx, f, "start_stack %#" PRIx64 " lies above the end of user "
			       "addresses, %#" PRIx64, ctx->s->f.start_stack, limit);
	}
}

/** Whether where VMAs are is in doubt: then no hole can be told. */
static bool in_doubt(const struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++)
		if (ctx->belief[p].unknown & (VS_WRONG_START | VS_WRONG_END))
			return true;
	return ctx->partial || ctx->s->mm_absent;
}

static void covered(struct vs_check_ctx *ctx, int first, int last)
{
	struct pair p[N_PAIRS];

	pairs_of(&ctx->s->f, p);
	for (int i = first; i <= last && !in_doubt(ctx); i++) {
		struct vs_finding *f;
		uint64_t at;

		if (!placed(ctx->s, &p[i]))
			continue;
		at = hole(ctx, p[i].start, p[i].end);
		if (at == p[i].end)
			continue;
		f = vs_found_mm(ctx, at == p[i].start ? p[i].start_name : p[i].end_name, VS_VAL_HEX,
				at == p[i].start ? p[i].start : p[i].end);
		vs_finding_say(ctx, f, "%s to %s is %#" PRIx64 "-%#" PRIx64 "; no VMA is at %#" PRIx64,
			       p[i].start_name, p[i].end_name, p[i].start, p[i].end, at);
	}
}

void vs_rule_layout_heap(struct vs_check_ctx *ctx)
{
	covered(ctx, HEAP, HEAP);
}

void vs_rule_layout_args(struct vs_check_ctx *ctx)
{
	covered(ctx, ARGS, ENV);
}

void vs_rule_layout_stack(struct vs_check_ctx *ctx)
{
	uint64_t at = ctx->s->f.start_stack;
	struct vs_finding *f;

	if (in_doubt(ctx) || at > limit_of(ctx->s) || hole(ctx, at, at + 1) > at)
		return;
	f = vs_found_mm(ctx, "start_stack", VS_VAL_HEX, at);
	vs_finding_say(ctx, f, "start_stack %#" PRIx64 " lies in no VMA", at);
}
