// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about the tasks that use an mm: how many it counts, and what they remember of it. */
#include "check/ctx.h"

#include <inttypes.h>

#include "base/number.h"

/*
 * mm_users counts the tasks, and whoever is at work on the mm for a moment (a
 * reader of /proc, a page fault done for a guest): each of those is a task too,
 * and there are no more than PID_MAX_LIMIT.
 */
#define MAX_USERS (UINT64_C(1) << 22)
#define MAX_COUNT (UINT64_C(1) << 30)	/* each is somebody's pointer; above is negative */

/** Tasks that each hold a reference: a kernel thread has borrowed its mm (kthread_use_mm()). */
static uint64_t n_holders(const struct vs_space *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->users.n; i++)
		n += !s->users.v[i].kthread;
	return n;
}

/** The entry of @p u's cache that is no VMA of @p s, or 0; *slot_ret is its place. */
static uint64_t bad_entry(const struct vs_space *s, const struct vs_space_user *u, int *slot_ret)
{
	for (int i = 0; u->has_cache && i < VS_VMACACHE_SIZE; i++) {
		uint32_t v = u->cache[i] ? vs_space_find_from(s, u->cache[i], u->cache_start[i]) : VS_NONE;

		if (!u->cache[i] || (v != VS_NONE && s->vmas.v[v].seen & (VS_SEEN_NEXT | VS_SEEN_TREE)))
			continue;
		*slot_ret = i;
		return u->cache[i];
	}
	return 0;
}

static bool mmap_cache_bad(const struct vs_space *s)
{
	return (s->has & VS_HAS_MMAP_CACHE) && s->f.mmap_cache &&
	       vs_space_find(s, s->f.mmap_cache) == VS_NONE;
}

bool vs_users_clean(const struct vs_space *s)
{
	uint64_t n = n_holders(s);

	if (!(s->has & VS_HAS_USERS))
		return true;
	for (size_t i = 0; i < s->users.n; i++)
		if (s->users.v[i].cache_absent)
			return false;
	return !n || (s->f.mm_users == n && s->f.mm_count && s->f.mm_count <= MAX_COUNT);
}

void vs_rule_mm_users(struct vs_check_ctx *ctx)
{
	uint64_t n = n_holders(ctx->s), seen = ctx->s->f.mm_users;
	char told[VS_THOUSANDS_MAX], have[VS_THOUSANDS_MAX];
	struct vs_finding *f;

	if (!n || seen == n || ctx->s->mm_absent)
		return;
	f = vs_found_mm(ctx, "mm_users", VS_VAL_DEC, seen);
	if (!f)
		return;
	if (seen > n && seen <= MAX_USERS)
		f->severity = VS_SEV_NOTE;
	else
		vs_finding_expect(f, n);
	vs_finding_say(ctx, f, "mm_users is %s; %s task%s of the dump use%s this mm",
		       vs_thousands(told, seen), vs_thousands(have, n), n == 1 ? "" : "s",
		       n == 1 ? "s" : "");
}

void vs_rule_mm_count(struct vs_check_ctx *ctx)
{
	uint64_t seen = ctx->s->f.mm_count;
	struct vs_finding *f;

	if (!n_holders(ctx->s) || (seen && seen <= MAX_COUNT) || ctx->s->mm_absent)
		return;
	f = vs_found_mm(ctx, "mm_count", VS_VAL_DEC, seen);
	vs_finding_say(ctx, f, seen ? "mm_count is %#" PRIx64 ": that is negative, or far too many" :
		       "mm_count is %" PRIu64 ", but tasks use this mm", seen);
}

void vs_rule_vmacache(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;

	// where VMAs are missing, what tasks remember may well be among them
	for (size_t i = 0; i < s->users.n && !ctx->partial && ctx->n >= s->f.map_count; i++) {
		const struct vs_space_user *u = &s->users.v[i];
		struct vs_finding *f;
		int slot = 0;
		uint64_t seen = bad_entry(s, u, &slot);

		if (!seen)
			continue;
		f = vs_found_other(ctx, "task_struct", u->task, "vmacache", VS_VAL_HEX, seen);
		vs_finding_say(ctx, f, "vmacache[%d] of pid %d is %#" PRIx64 ", which is no VMA of its mm",
			       slot, u->pid, seen);
	}
	if (mmap_cache_bad(s) && !ctx->partial) {
		struct vs_finding *f = vs_found_mm(ctx, "mmap_cache", VS_VAL_HEX, s->f.mmap_cache);

		vs_finding_say(ctx, f, "mmap_cache %#" PRIx64 " is no VMA of this mm", s->f.mmap_cache);
	}
}
