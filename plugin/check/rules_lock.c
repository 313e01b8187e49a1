// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about the locks of single VMAs against that of their mm. */
#include "check/ctx.h"

#include <inttypes.h>

bool vs_lock_seq_held(const struct vs_space *s)
{
	return (s->has & VS_HAS_LOCK_SEQ) && (s->lock.held == VS_LOCK_FREE || s->lock.held == VS_LOCK_READ);
}

/** M9. */
void vs_rule_lock_seq(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; vs_lock_seq_held(ctx->s) && p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (!vs_lock_seq_stale(ctx->s, v))
			continue;
		f = vs_found_vma(ctx, p, "vm_lock_seq", VS_VAL_HEX, v->lock_seq);
		vs_finding_say(ctx, f, "vm_lock_seq is %#" PRIx32 ", that of the mm, as in a VMA locked for write; but "
			       "nobody holds mmap_lock for write: stale", v->lock_seq);
	}
}
