// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about a VMA's own members and its neighbours. */
#include "check/ctx.h"

#include <inttypes.h>

#define BOUNDS (VS_WRONG_START | VS_WRONG_END)

void vs_rule_vma_mm(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->mm == ctx->s->mm || v->absent)
			continue;
		f = vs_found_vma(ctx, p, "vm_mm", VS_VAL_HEX, v->mm);
		vs_finding_expect(f, ctx->s->mm);
		if (f)	// one of another tree, that a wrong slot leads to
			f->consequence = ctx->maple.stray && ctx->maple.stray[ctx->order[p]];
		vs_finding_say(ctx, f, "vm_mm is %#" PRIx64 ", not the mm_struct it hangs in", v->mm);
	}
}

void vs_rule_vma_lost(struct vs_check_ctx *ctx)
{
	for (size_t i = 0; i < ctx->lost.n; i++) {
		struct vs_finding *f = vs_found_addr(ctx, ctx->lost.v[i], NULL, VS_VAL_NONE, 0);

		vs_finding_say(ctx, f, "lists and tree lead here, but what is here is no VMA of "
			       "this mm: it has been overwritten or freed");
	}
}

/** The finding of an impossible bound: which of the two, and what it should be, if known. */
static struct vs_finding *found_bound(struct vs_check_ctx *ctx, uint32_t p, bool start)
{
	const struct vs_vma *v = vs_ctx_vma(ctx, p);
	const struct vs_belief *b = &ctx->belief[p];
	uint8_t bit = start ? VS_WRONG_START : VS_WRONG_END;
	struct vs_finding *f = vs_found_vma(ctx, p, start ? "vm_start" : "vm_end", VS_VAL_HEX,
					    start ? v->start : v->end);

	if (b->wrong & bit)
		vs_finding_expect(f, start ? b->start : b->end);
	return f;
}

void vs_rule_vma_range(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		const struct vs_belief *b = &ctx->belief[p];
		struct vs_finding *f;

		if (v->start < v->end || v->absent)
			continue;
		f = found_bound(ctx, p, (b->wrong & BOUNDS) != VS_WRONG_END);
		if (b->start == v->end && b->end == v->start) {
			vs_finding_say(ctx, f, "vm_start %#" PRIx64 " and vm_end %#" PRIx64
				       " are exchanged", v->start, v->end);
		} else {
			vs_finding_say(ctx, f, "vm_start %#" PRIx64 " is not below vm_end %#" PRIx64,
				       v->start, v->end);
		}
	}
}

void vs_rule_vma_align(struct vs_check_ctx *ctx)
{
	uint64_t mask = (UINT64_C(1) << ctx->s->page_shift) - 1;

	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->absent)
			continue;
		if (v->start & mask) {
			f = found_bound(ctx, p, true);
			vs_finding_say(ctx, f, "vm_start %#" PRIx64 " is not page-aligned", v->start);
		}
		if (v->end & mask) {
			f = found_bound(ctx, p, false);
			vs_finding_say(ctx, f, "vm_end %#" PRIx64 " is not page-aligned", v->end);
		}
	}
}

void vs_rule_vma_limit(struct vs_check_ctx *ctx)
{
	uint64_t limit = ctx->s->limit;

	for (uint32_t p = 0; p < ctx->n && limit; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->absent)
			continue;
		if (v->end > limit) {
			f = found_bound(ctx, p, false);
			vs_finding_say(ctx, f, "vm_end %#" PRIx64 " lies above the end of user "
				       "addresses, %#" PRIx64, v->end, limit);
		}
		if (v->start >= limit) {
			f = found_bound(ctx, p, true);
			vs_finding_say(ctx, f, "vm_start %#" PRIx64 " lies above the end of user "
				       "addresses, %#" PRIx64, v->start, limit);
		}
	}
}

void vs_rule_vma_flags(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		const struct vs_belief *b = &ctx->belief[p];
		uint64_t bad = vs_flags_bad(v->flags);
		struct vs_finding *f;

		if (v->absent || !(bad || (b->wrong & VS_WRONG_FLAGS)))
			continue;
		f = vs_found_vma(ctx, p, "vm_flags", VS_VAL_HEX, v->flags);
		if (b->wrong & VS_WRONG_FLAGS)
			vs_finding_expect(f, b->flags);
		if (bad & 15)
			vs_finding_say(ctx, f, "vm_flags %#" PRIx64 " gives access (%#" PRIx64
				       ") without its VM_MAY bit", v->flags, bad & 15);
		else if (bad & 0x70)
			vs_finding_say(ctx, f, "vm_flags %#" PRIx64 " has no VM_MAYREAD, VM_MAYWRITE "
				       "or VM_MAYEXEC: no VMA is without all of them", v->flags);
		else if (bad)
			vs_finding_say(ctx, f, "vm_flags %#" PRIx64 " has unknown bits, %#" PRIx64,
				       v->flags, bad);
		else
			vs_finding_say(ctx, f, "vm_flags is %#" PRIx64 "; the counters of the mm "
				       "are right with %#" PRIx64 "%s", v->flags, b->flags,
				       b->rivals ? " (other VMAs could be meant)" : "");
	}
}

void vs_rule_vma_kind(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		const char *words = v->absent ? NULL : vs_kind_bad(v->flags, v->file);
		struct vs_finding *f;

		if (!words)
			continue;
		// a file that hangs in its tree is one: then it is the flags
		f = v->file && !(v->hangs & VS_HANGS_TREE) ?
			vs_found_vma(ctx, p, "vm_file", VS_VAL_HEX, v->file) :
			vs_found_vma(ctx, p, "vm_flags", VS_VAL_HEX, v->flags);
		if (f && ctx->belief[p].wrong & VS_WRONG_FLAGS && !vs_kind_bad(ctx->belief[p].flags, v->file))
			f->consequence = true;
		vs_finding_say(ctx, f, "it has %s: vm_flags %#" PRIx64 ", vm_file %#" PRIx64, words, v->flags,
			       v->file);
	}
}

void vs_rule_vma_bounds(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		const struct vs_belief *b = &ctx->belief[p];

		if (!(b->wrong & BOUNDS) || vs_range_bad(ctx->s, v->start, v->end) || ctx->ranges_known)
			continue;	// maple-range tells it where a tree has the ranges
		for (int start = 1; start >= 0; start--) {
			struct vs_finding *f;

			if (!(b->wrong & (start ? VS_WRONG_START : VS_WRONG_END)))
				continue;
			f = found_bound(ctx, p, start);
			vs_finding_say(ctx, f, "%s is %#" PRIx64 "; with %#" PRIx64
				       " its neighbours, the gaps and the counters are right%s",
				       start ? "vm_start" : "vm_end", start ? v->start : v->end,
				       start ? b->start : b->end,
				       b->rivals ? " (as they are with another VMA changed)" : "");
		}
	}
}

void vs_rule_vma_overlap(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p + 1 < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p), *next = vs_ctx_vma(ctx, p + 1);
		const struct vs_belief *b = &ctx->belief[p];
		bool second, explained;
		struct vs_finding *f;

		if (v->end <= next->start || v->absent || next->absent)
			continue;
		explained = ((b[0].unknown | b[1].unknown) & BOUNDS) || b[0].end <= b[1].start ||
			    ctx->maple.moved;
		second = (b[1].wrong | b[1].unknown) & BOUNDS;
		f = vs_found_vma(ctx, second ? p + 1 : p, NULL, VS_VAL_NONE, 0);
		if (!f)
			continue;
		f->consequence = explained;
		vs_finding_say(ctx, f, "%#" PRIx64 "-%#" PRIx64 " and %#" PRIx64 "-%#" PRIx64
			       " overlap or are out of order", v->start, v->end, next->start,
			       next->end);
	}
}
