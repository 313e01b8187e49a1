// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check/ctx.h"
#include "check/torn.h"

const char *vs_verdict_name(enum vs_verdict v)
{
	switch (v) {
	case VS_CONSISTENT:
		return "consistent";
	case VS_CORRUPT:
		return "corrupt";
	case VS_TORN:
		return "torn";
	case VS_INCOMPLETE:
		return "incomplete";
	case VS_UNREADABLE:
		break;
	}
	return "unreadable";
}

enum vs_verdict vs_verdict_worse(enum vs_verdict a, enum vs_verdict b)
{
	static const unsigned char badness[] = {
		[VS_CONSISTENT] = 0, [VS_UNREADABLE] = 1, [VS_INCOMPLETE] = 2,
		[VS_TORN] = 3,	     [VS_CORRUPT] = 4,
	};

	return badness[a] >= badness[b] ? a : b;
}

const char *vs_part_name(enum vs_part part)
{
	switch (part) {
	case VS_PART_NEXT:
		return "vm_next";
	case VS_PART_PREV:
		return "vm_prev";
	case VS_PART_RB:
		return "vm_rb";
	case VS_PART_GAP:
		return "rb_subtree_gap";
	case VS_PART_COUNT:
		return "map_count";
	case VS_PART_TOTALS:
		return "counters";
	case VS_PART_VMA:
		return "vm_area_struct";
	case VS_PART_MAPLE:
		return "mm_mt";
	}
	return "";
}

/* Emitting. */

static struct vs_finding *found(struct vs_check_ctx *ctx, const char *member, enum vs_valfmt fmt,
				uint64_t seen)
{
	struct vs_finding *f;

	if (ctx->n_kept >= VS_KEPT_FINDINGS) {
		ctx->n_kept++;
		return NULL;
	}
	f = vs_vec_push(&ctx->r->findings);
	if (!f) {
		ctx->r->failed = true;
		return NULL;
	}
	ctx->n_kept++;
	*f = (struct vs_finding){
		.rule = ctx->rule,
		.severity = ctx->rule->severity,
		.evidence = ctx->rule->evidence,
		.vma = VS_NONE,
		.member = member,
		.fmt = fmt,
		.has_seen = fmt != VS_VAL_NONE,
		.seen = seen,
	};
	return f;
}

struct vs_finding *vs_found_mm(struct vs_check_ctx *ctx, const char *member, enum vs_valfmt fmt,
			       uint64_t seen)
{
	struct vs_finding *f = found(ctx, member, fmt, seen);

	if (f) {
		f->object = VS_OBJ_MM;
		f->addr = ctx->s->mm;
	}
	return f;
}

struct vs_finding *vs_found_index(struct vs_check_ctx *ctx, uint32_t index, const char *member,
				  enum vs_valfmt fmt, uint64_t seen)
{
	struct vs_finding *f;

	if (index == VS_NONE)
		return vs_found_mm(ctx, member, fmt, seen);
	f = found(ctx, member, fmt, seen);
	if (f) {
		f->object = VS_OBJ_VMA;
		f->vma = index;
		f->addr = ctx->s->vmas.v[index].addr;
	}
	return f;
}

struct vs_finding *vs_found_vma(struct vs_check_ctx *ctx, uint32_t p, const char *member,
				enum vs_valfmt fmt, uint64_t seen)
{
	return vs_found_index(ctx, ctx->order[p], member, fmt, seen);
}

void vs_finding_expect(struct vs_finding *f, uint64_t expected)
{
	if (!f)
		return;
	f->has_expected = true;
	f->expected = expected;
}

void vs_finding_say(struct vs_check_ctx *ctx, struct vs_finding *f, const char *fmt, ...)
{
	va_list ap;
	char *s;

	if (!f)
		return;
	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0) {
		s = NULL;
		ctx->r->failed = true;
	}
	va_end(ap);
	free(f->detail);
	f->detail = s;
}

struct vs_finding *vs_found_addr(struct vs_check_ctx *ctx, uint64_t addr, const char *member,
				 enum vs_valfmt fmt, uint64_t seen)
{
	struct vs_finding *f = found(ctx, member, fmt, seen);

	if (f) {
		f->object = VS_OBJ_VMA;
		f->addr = addr;
	}
	return f;
}

struct vs_finding *vs_found_other(struct vs_check_ctx *ctx, const char *type, uint64_t addr,
				  const char *member, enum vs_valfmt fmt, uint64_t seen)
{
	struct vs_finding *f = found(ctx, member, fmt, seen);

	if (f) {
		f->object = VS_OBJ_OTHER;
		f->type = type;
		f->addr = addr;
	}
	return f;
}

const struct vs_finding *vs_ctx_cause(const struct vs_check_ctx *ctx, const char *const rules[3])
{
	for (size_t i = 0; i < ctx->r->findings.n; i++) {
		const struct vs_finding *f = &ctx->r->findings.v[i];

		for (int j = 0; j < 3 && !f->consequence; j++)
			if (rules[j] && !strcmp(f->rule->id, rules[j]))
				return f;
	}
	return NULL;
}

bool vs_ctx_is_absent(const struct vs_check_ctx *ctx, uint64_t addr)
{
	for (size_t i = 0; i < ctx->lost.n; i++)
		if (ctx->lost.v[i] == addr)
			return true;
	size_t lo = 0, hi = ctx->absent.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ctx->absent.v[mid] == addr)
			return true;
		if (ctx->absent.v[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Setting up. */

static int addr_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool note_absent(struct vs_check_ctx *ctx, uint64_t addr)
{
	uint64_t *slot = vs_vec_push(&ctx->absent);

	if (!slot)
		return false;
	*slot = addr;
	return true;
}

/**
 * Which objects are missing. What points at them accuses nobody, unless another
 * walk has all the VMAs that there are: then nothing is missing, and a pointer
 * into a page that the dump does not hold is as wrong as any.
 */
static bool find_absent(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	const struct vs_walk *walks[] = { &s->next, &s->prev, &s->tree };
	bool all = ctx->r->order.whole && !s->mm_absent && ctx->n && s->f.map_count == ctx->n;

	for (size_t i = 0; i < s->vmas.n; i++)
		if (s->vmas.v[i].absent && !note_absent(ctx, s->vmas.v[i].addr))
			return false;
	for (size_t w = 0; w < 3; w++)
		for (size_t i = 0; i < walks[w]->breaks.n; i++) {
			const struct vs_break *b = &walks[w]->breaks.v[i];

			if (b->why == VS_STOP_ABSENT && !all && !note_absent(ctx, b->value))
				return false;
		}
	if (ctx->absent.n)
		qsort(ctx->absent.v, ctx->absent.n, sizeof(*ctx->absent.v), addr_cmp);
	ctx->incomplete = ctx->absent.n || s->mm_absent;
	return true;
}

/**
 * Objects that no walk takes for a VMA, though walks of different kinds lead
 * there: not the pointers are wrong, what they lead to has been overwritten.
 */
static bool find_lost(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	const struct vs_walk *walks[] = { &s->next, &s->prev, &s->tree };

	for (size_t a = 0; a < 2; a++)
		for (size_t i = 0; i < walks[a]->breaks.n; i++) {
			const struct vs_break *b = &walks[a]->breaks.v[i];
			bool found = false;
			uint64_t *slot;

			if (b->why != VS_STOP_FOREIGN || vs_ctx_is_absent(ctx, b->value))
				continue;
			for (size_t w = a + 1; w < 3; w++)
				for (size_t j = 0; j < walks[w]->breaks.n; j++)
					found |= walks[w]->breaks.v[j].why == VS_STOP_FOREIGN &&
						 walks[w]->breaks.v[j].value == b->value;
			if (!found)
				continue;
			slot = vs_vec_push(&ctx->lost);
			if (!slot)
				return false;
			*slot = b->value;
		}
	return true;
}

static bool set_up(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	const struct vs_order *o = &ctx->r->order;

	ctx->n = (uint32_t)o->v.n;
	ctx->order = o->v.v;
	ctx->pos = malloc((s->vmas.n + 1) * sizeof(*ctx->pos));
	if (!ctx->pos || !find_absent(ctx) || !find_lost(ctx))
		return false;
	if (!vs_maple_judge(ctx))
		return false;
	ctx->partial = ctx->incomplete || !o->whole || ctx->lost.n ||
		       ((s->has & VS_HAS_MAPLE) && !ctx->maple.whole);
	memset(ctx->pos, 0xff, (s->vmas.n + 1) * sizeof(*ctx->pos));	// VS_NONE
	for (uint32_t p = 0; p < ctx->n; p++)
		ctx->pos[ctx->order[p]] = p;
	return vs_shape_find(ctx) && vs_blame(ctx);
}

/* Putting the report in order. */

/* How loud an object is: by the best of its findings. */
struct object_rank {
	unsigned int rank;
	size_t first;		/* its first finding as emitted */
};

/** Lower is told first. Evidence ranks; a consequence comes behind every cause. */
static unsigned int finding_rank(const struct vs_finding *f)
{
	return (unsigned int)f->evidence + (f->consequence ? 16 : 0) +
	       (f->severity == VS_SEV_ERROR ? 0 : f->severity == VS_SEV_INCOMPLETE ? 32 : 64);
}

struct sort_key {
	struct object_rank object;
	unsigned int rank;
	size_t at;
};

static int key_cmp(const void *pa, const void *pb)
{
	const struct sort_key *a = pa, *b = pb;

	if (a->object.rank != b->object.rank)
		return a->object.rank < b->object.rank ? -1 : 1;
	if (a->object.first != b->object.first)
		return a->object.first < b->object.first ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/** Causes first, by the worth of the evidence; what concerns one object stays together. */
static bool sort_findings(struct vs_report *r)
{
	size_t n = r->findings.n;
	struct sort_key *keys = malloc((n + 1) * sizeof(*keys));
	struct object_rank *objects = malloc((n + 1) * sizeof(*objects));
	struct vs_finding *sorted = malloc((n + 1) * sizeof(*sorted));
	struct vs_map by_addr = { 0 };
	bool ok = keys && objects && sorted && vs_map_reserve(&by_addr, n);
	uint32_t n_objects = 0;

	for (size_t i = 0; ok && i < n; i++) {
		const struct vs_finding *f = &r->findings.v[i];
		unsigned int rank = finding_rank(f);
		uint32_t o = vs_map_get(&by_addr, f->addr);

		if (o == VS_MAP_NONE) {
			o = n_objects++;
			objects[o] = (struct object_rank){ rank, i };
			ok = vs_map_set(&by_addr, f->addr, o);
		} else if (rank < objects[o].rank) {
			objects[o].rank = rank;
		}
	}
	for (size_t i = 0; ok && i < n; i++) {
		const struct vs_finding *f = &r->findings.v[i];

		keys[i] = (struct sort_key){
			.object = objects[vs_map_get(&by_addr, f->addr)],
			.rank = finding_rank(f),
			.at = i,
		};
	}
	if (ok && n) {
		qsort(keys, n, sizeof(*keys), key_cmp);
		for (size_t i = 0; i < n; i++)
			sorted[i] = r->findings.v[keys[i].at];
		memcpy(r->findings.v, sorted, n * sizeof(*sorted));
	}
	vs_map_deinit(&by_addr);
	free(sorted);
	free(objects);
	free(keys);
	return ok;
}

/** A consequence has a cause: if none was named, what is left is told as it is. */
static void promote(struct vs_report *r)
{
	bool cause = false;

	for (size_t i = 0; i < r->findings.n; i++)
		cause |= !r->findings.v[i].consequence &&
			 r->findings.v[i].severity == VS_SEV_ERROR;
	for (size_t i = 0; !cause && i < r->findings.n; i++)
		r->findings.v[i].consequence = false;
}

/** What has no finding is intact only if it could be held against something. */
static void note_broken(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	uint32_t tree = s->has & VS_HAS_MAPLE ? VS_PART_MAPLE : VS_PART_RB;

	ctx->r->broken |= (s->next.breaks.n ? VS_PART_NEXT : 0) |
			  (s->prev.breaks.n ? VS_PART_PREV : 0) | (s->tree.breaks.n ? tree : 0);
	if (!ctx->gaps_known)
		ctx->r->held &= ~(uint32_t)VS_PART_GAP;
	if (!ctx->sums_known)
		ctx->r->held &= ~(uint32_t)VS_PART_TOTALS;
	if (ctx->partial)
		ctx->r->held &= ~(uint32_t)VS_PART_COUNT;
}

static void judge(struct vs_check_ctx *ctx)
{
	struct vs_report *r = ctx->r;

	for (size_t i = 0; i < r->findings.n; i++) {
		struct vs_finding *f = &r->findings.v[i];

		if (f->severity == VS_SEV_ERROR)
			r->verdict = vs_verdict_worse(r->verdict, VS_CORRUPT);
		else if (f->severity == VS_SEV_INCOMPLETE)
			r->verdict = vs_verdict_worse(r->verdict, VS_INCOMPLETE);
		if (f->severity == VS_SEV_ERROR && f->rule->part)
			r->broken |= f->rule->part;
	}
	if (ctx->incomplete)
		r->verdict = vs_verdict_worse(r->verdict, VS_INCOMPLETE);
	note_broken(ctx);
	r->n_absent = ctx->absent.n + ctx->s->mm_absent;
	for (size_t i = 1; i < ctx->absent.n; i++)
		r->n_absent -= ctx->absent.v[i] == ctx->absent.v[i - 1];
}

static bool applies(const struct vs_rule *rule, const struct vs_space *s)
{
	// a core is asked by its own rules, and by no other
	if ((s->has ^ rule->needs) & VS_HAS_CORE)
		return false;
	return (s->has & rule->needs) == rule->needs && (!rule->any || (s->has & rule->any));
}

static bool is_asked(const struct vs_rule_filter *filter, size_t i)
{
	return !filter || !filter->off[i];
}

static void note_held(const struct vs_space *s, const struct vs_rule_filter *filter, struct vs_report *r)
{
	const struct vs_rule *rules;
	size_t n;

	rules = vs_rules(&n);
	for (size_t i = 0; i < n; i++)
		if (rules[i].part && applies(&rules[i], s) && is_asked(filter, i))
			r->held |= rules[i].part;
}

static void ask(struct vs_check_ctx *ctx, const struct vs_rule *rule)
{
	ctx->rule = rule;
	ctx->n_kept = 0;
	rule->check(ctx);
	if (ctx->n_kept > VS_KEPT_FINDINGS) {
		struct vs_more *more = vs_vec_push(&ctx->r->more);

		if (more)
			*more = (struct vs_more){ rule, ctx->n_kept - VS_KEPT_FINDINGS };
		else
			ctx->r->failed = true;
	}
}

/** A process core: there are no structures to weigh against each other. */
static void check_core(const struct vs_space *s, const struct vs_rule_filter *filter, struct vs_report *ret)
{
	struct vs_check_ctx ctx = { .s = s, .r = ret, .n = (uint32_t)ret->order.v.n, .order = ret->order.v.v };
	const struct vs_rule *rules;
	size_t n;

	rules = vs_rules(&n);
	for (size_t i = 0; i < n; i++)
		if (applies(&rules[i], s) && is_asked(filter, i))
			ask(&ctx, &rules[i]);
	judge(&ctx);
	if (!sort_findings(ret))
		ret->failed = true;
}

static void check_by_rules(const struct vs_space *s, const struct vs_rule_filter *filter,
			   struct vs_report *ret)
{
	struct vs_check_ctx ctx = { .s = s, .r = ret };
	const struct vs_rule *rules;
	size_t n;

	rules = vs_rules(&n);
	if (set_up(&ctx)) {
		for (size_t i = 0; i < n; i++)
			if (rules[i].check && applies(&rules[i], s) && is_asked(filter, i))
				ask(&ctx, &rules[i]);
		for (size_t i = 0; i < ret->findings.n; i++)
			vs_cause_guess(&ctx, &ret->findings.v[i]);
		promote(ret);
		judge(&ctx);
		if (ret->verdict == VS_CORRUPT && vs_torn_explains(s, ret, &ret->torn))
			ret->verdict = VS_TORN;
		if (!sort_findings(ret))
			ret->failed = true;
	} else {
		ret->failed = true;
	}
	vs_maple_belief_deinit(&ctx.maple);
	vs_shape_deinit(&ctx.shape);
	vs_vec_deinit(&ctx.absent);
	vs_vec_deinit(&ctx.lost);
	free(ctx.belief);
	free(ctx.pos);
}

static bool start(const struct vs_space *s, const struct vs_rule_filter *filter, struct vs_report *ret)
{
	*ret = (struct vs_report){ 0 };
	note_held(s, filter, ret);
	ret->failed = !vs_space_order(s, &ret->order);
	ret->n_vmas = ret->order.v.n;
	return !ret->failed;
}

/** Without memory nothing has been shown to be consistent. */
static void finish(struct vs_report *ret)
{
	if (ret->failed)
		ret->verdict = vs_verdict_worse(ret->verdict, VS_UNREADABLE);
}

void vs_check_clean(const struct vs_space *s, const struct vs_rule_filter *filter, uint64_t n_vmas,
		    struct vs_report *ret)
{
	*ret = (struct vs_report){
		.n_vmas = n_vmas, .order = { .source = s->has & VS_HAS_MAPLE ? "mm_mt" : "vm_next", .whole = true },
	};
	note_held(s, filter, ret);
}

void vs_check_slowly(const struct vs_space *s, struct vs_report *ret)
{
	if (start(s, NULL, ret))
		check_by_rules(s, NULL, ret);
	finish(ret);
}

void vs_check_space_by(const struct vs_space *s, const struct vs_rule_filter *filter,
		       struct vs_report *ret)
{
	// what the quick pass calls clean is clean by every rule, so by any choice of them
	if (!start(s, filter, ret))
		;
	else if (s->has & VS_HAS_CORE)
		check_core(s, filter, ret);
	else if (!vs_quick_clean(s, &ret->order))
		check_by_rules(s, filter, ret);
	finish(ret);
}

void vs_check_space(const struct vs_space *s, struct vs_report *ret)
{
	vs_check_space_by(s, NULL, ret);
}

void vs_report_deinit(struct vs_report *r)
{
	for (size_t i = 0; i < r->findings.n; i++) {
		free(r->findings.v[i].detail);
		free(r->findings.v[i].cause);
	}
	vs_vec_deinit(&r->findings);
	free(r->torn);
	vs_vec_deinit(&r->more);
	vs_order_deinit(&r->order);
	*r = (struct vs_report){ 0 };
}
