// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about what the mm_struct counts, and about what is missing from the dump. */
#include "check/ctx.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"

void vs_rule_map_count(struct vs_check_ctx *ctx)
{
	uint64_t seen = ctx->s->f.map_count;
	char told[VS_THOUSANDS_MAX], n[VS_THOUSANDS_MAX];
	struct vs_finding *f;

	if (seen == ctx->n + ctx->lost.n || ctx->incomplete)
		return;
	f = vs_found_mm(ctx, "map_count", VS_VAL_DEC, seen);
	if (!f)
		return;
	if (ctx->r->order.whole)
		vs_finding_expect(f, ctx->n);
	// Where no walk is whole, VMAs have been lost, and the count may be right.
	f->consequence = ctx->partial;
	vs_finding_say(ctx, f, "map_count is %s; %s %s %s VMAs", vs_thousands(told, seen),
		       ctx->r->order.whole ? ctx->r->order.source : "the walks",
		       ctx->r->order.whole ? "reaches" : "together reach", vs_thousands(n, ctx->n));
}

void vs_rule_highest_vm_end(struct vs_check_ctx *ctx)
{
	const struct vs_belief *b = ctx->n ? &ctx->belief[ctx->n - 1] : NULL;
	uint64_t seen = ctx->s->f.highest_vm_end;
	uint64_t end = b ? vs_end_gap(ctx->s, vs_ctx_vma(ctx, ctx->n - 1)->end, b->flags) : 0;
	uint64_t expected = b ? vs_end_gap(ctx->s, b->end, b->flags) : 0;
	struct vs_finding *f;

	if (ctx->incomplete || (seen == end && seen == expected))
		return;
	f = vs_found_mm(ctx, "highest_vm_end", VS_VAL_HEX, seen);
	if (!f)
		return;
	f->consequence = ctx->partial || (b && (b->unknown & VS_WRONG_END)) ||
			 seen == expected;
	if (!f->consequence)
		vs_finding_expect(f, expected);
	vs_finding_say(ctx, f, "highest_vm_end is %#" PRIx64 "; the last VMA ends at %#" PRIx64, seen,
		       end);
}

/** Whether what a sum is made of is in doubt: then no counter can be accused. */
static bool in_doubt(const struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++)
		if (ctx->belief[p].unknown & (VS_WRONG_START | VS_WRONG_END | VS_WRONG_FLAGS))
			return true;
	return ctx->partial;
}

static void sum(struct vs_check_ctx *ctx, enum vs_sum which, const char *member)
{
	uint64_t seen, sum = ctx->seen.pages[which], expected = ctx->believed.pages[which];
	char told[VS_THOUSANDS_MAX], have[VS_THOUSANDS_MAX];
	struct vs_finding *f;

	if (ctx->incomplete || !vs_sums_counter(ctx->s, which, &seen) ||
	    (seen == sum && seen == expected))
		return;
	f = vs_found_mm(ctx, member, VS_VAL_PAGES, seen);
	if (!f)
		return;
	f->consequence = seen == expected || in_doubt(ctx);
	if (!f->consequence)
		vs_finding_expect(f, expected);
	vs_finding_say(ctx, f, "%s is %s pages; the VMAs have %s", member, vs_thousands(told, seen),
		       vs_thousands(have, sum));
}

void vs_rule_total_vm(struct vs_check_ctx *ctx)
{
	sum(ctx, VS_SUM_TOTAL, "total_vm");
}

void vs_rule_data_vm(struct vs_check_ctx *ctx)
{
	sum(ctx, VS_SUM_DATA, "data_vm");
}

void vs_rule_exec_vm(struct vs_check_ctx *ctx)
{
	sum(ctx, VS_SUM_EXEC, "exec_vm");
}

void vs_rule_stack_vm(struct vs_check_ctx *ctx)
{
	sum(ctx, VS_SUM_STACK, "stack_vm");
}

void vs_rule_shared_vm(struct vs_check_ctx *ctx)
{
	sum(ctx, VS_SUM_SHARED, "shared_vm");
}

/*
 * locked_vm is raised with VM_LOCKED, by all pages of a VMA, and lowered with it
 * (mlock_fixup(), mmap_region(), munmap()). Drivers that pin memory add to it as well
 * (account_locked_vm()), so only less than the VMAs have is an error.
 */
void vs_rule_locked_vm(struct vs_check_ctx *ctx)
{
	uint64_t seen = ctx->s->f.locked_vm, sum = 0;
	char told[VS_THOUSANDS_MAX], have[VS_THOUSANDS_MAX];
	uint32_t fits = VS_NONE, n_fit = 0;
	struct vs_finding *f;

	for (uint32_t p = 0; p < ctx->n; p++)
		if (ctx->belief[p].flags & VS_VM_LOCKED)
			sum += (ctx->belief[p].end - ctx->belief[p].start) >> ctx->s->page_shift;
	if (seen == sum || in_doubt(ctx))
		return;
	for (uint32_t p = 0; p < ctx->n && seen < sum; p++)
		if (ctx->belief[p].flags & VS_VM_LOCKED &&
		    (ctx->belief[p].end - ctx->belief[p].start) >> ctx->s->page_shift == sum - seen) {
			fits = p;
			n_fit++;
		}
	// One flag of one VMA explains it, and a bit of locked_vm does not; a single page is nothing rare.
	if (n_fit == 1 && sum - seen > 1 && __builtin_popcountll(seen ^ sum) > 1 && seen) {
		f = vs_found_vma(ctx, fits, "vm_flags", VS_VAL_HEX, vs_ctx_vma(ctx, fits)->flags);
		vs_finding_expect(f, vs_ctx_vma(ctx, fits)->flags & ~VS_VM_LOCKED);
		vs_finding_say(ctx, f, "vm_flags has VM_LOCKED; locked_vm is right without it, %s pages",
			       vs_thousands(told, seen));
		return;
	}
	f = vs_found_mm(ctx, "locked_vm", VS_VAL_PAGES, seen);
	if (!f)
		return;
	if (seen > sum && seen <= ctx->s->limit >> ctx->s->page_shift)
		f->severity = VS_SEV_NOTE;
	else
		vs_finding_expect(f, sum);
	vs_finding_say(ctx, f, "locked_vm is %s pages; the VMAs with VM_LOCKED have %s",
		       vs_thousands(told, seen), vs_thousands(have, sum));
}

/**
 * A walk that ended where it should not have is mostly told by the rule about
 * that very pointer, which knows what is right there. What no rule could tell
 * is told here.
 */
void vs_rule_walk_broken(struct vs_check_ctx *ctx)
{
	static const char *const words[] = {
		[VS_STOP_CYCLE] = "leads back to a VMA that has been passed",
		[VS_STOP_WILD] = "leads to where there is no memory",
		[VS_STOP_FOREIGN] = "leads to something that is no VMA of this mm",
		[VS_STOP_BOUND] = "goes on past the number of VMAs that there can be",
	};
	const struct vs_space *s = ctx->s;
	const struct vs_walk *walks[] = { &s->next, &s->prev, &s->tree };

	for (size_t i = 0; i < ctx->r->findings.n; i++) {
		const struct vs_finding *f = &ctx->r->findings.v[i];

		if (f->evidence == VS_EVID_LINK && !f->consequence)
			return;
	}
	for (size_t w = 0; w < 3; w++)
		for (size_t i = 0; i < walks[w]->breaks.n; i++) {
			const struct vs_break *b = &walks[w]->breaks.v[i];
			struct vs_finding *f;

			if (b->why == VS_STOP_END || b->why == VS_STOP_ABSENT ||
			    vs_ctx_is_absent(ctx, b->value))
				continue;
			// a maple tree has been judged: this is where nothing should have been read
			if (walks[w] == &s->tree && ctx->maple.judged)
				continue;
			f = vs_found_index(ctx, b->vma, b->member, VS_VAL_HEX, b->value);
			vs_finding_say(ctx, f, "%s %#" PRIx64 " %s", b->member, b->value,
				       words[b->why]);
		}
}

/** Nodes of the maple tree that the walk missed; the first is at *first_ret. */
static size_t count_absent_nodes(const struct vs_space *s, uint64_t *first_ret)
{
	const struct vs_maple *m = &s->maple;
	size_t n = 0;

	for (size_t i = 0; i < m->breaks.n; i++) {
		const struct vs_mbreak *b = &m->breaks.v[i];

		if (b->stop != VS_STOP_ABSENT || (b->node != VS_NONE && m->nodes.v[b->node].leaf))
			continue;
		*first_ret = n++ ? *first_ret : vs_mte_node(b->value);
	}
	return n;
}

static void tell_absent(struct vs_check_ctx *ctx, size_t n, const char *noun, uint64_t first)
{
	char num[VS_THOUSANDS_MAX], why[VS_FROM_NAMES_MAX];
	struct vs_finding *f;

	if (!n)
		return;
	f = vs_found_mm(ctx, NULL, VS_VAL_NONE, 0);
	vs_from_names(ctx->s->absent_from, why);
	vs_finding_say(ctx, f, "%s %s%s %s not in the dump (%s%#" PRIx64 "%s%s); what hangs behind %s may be missing too",
		       vs_thousands(num, n), noun, n == 1 ? "" : "s", n == 1 ? "is" : "are",
		       n == 1 ? "" : "the first at ", first, *why ? "; " : "", why, n == 1 ? "it" : "them");
}

void vs_rule_absent(struct vs_check_ctx *ctx)
{
	uint64_t node = 0, vma = 0;
	size_t n = 0, nodes = count_absent_nodes(ctx->s, &node);
	struct vs_finding *f;

	if (ctx->s->mm_absent) {
		f = vs_found_mm(ctx, NULL, VS_VAL_NONE, 0);
		vs_finding_say(ctx, f, "the mm_struct is not in the dump (%s)", vs_from_name(ctx->s->mm_from));
	}
	for (size_t i = 0; i < ctx->absent.n; i++) {
		if (i && ctx->absent.v[i] == ctx->absent.v[i - 1])
			continue;
		n++;
		if (!vma && (!nodes || vs_mte_node(ctx->absent.v[i]) != node))
			vma = ctx->absent.v[i];
	}
	ctx->r->absent_nodes = nodes;
	ctx->r->absent_vmas = n > nodes ? n - nodes : 0;
	tell_absent(ctx, nodes, "maple node", node);
	tell_absent(ctx, n > nodes ? n - nodes : 0, "VMA", vma);
}
