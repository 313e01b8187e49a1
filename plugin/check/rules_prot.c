// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm_page_prot is made of the four access bits of vm_flags by the kernel's table
 * protection_map. What else is in it (caching, keys, encryption) depends on the
 * mapping; only bits that the table itself varies are looked at, so that nothing
 * here knows an architecture.
 */
#include "check/ctx.h"

#define ACCESS (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC | VS_VM_SHARED)

bool vs_prot_bad(const struct vs_space *s, const struct vs_vma *v, uint64_t flags)
{
	const uint64_t *map = s->prot_map;
	uint64_t mask = s->prot_mask;

	flags &= ACCESS;
	if ((flags & ~VS_VM_SHARED) == VS_VM_EXEC)
		mask &= ~s->prot_exec;
	if (!(s->has & VS_HAS_PROT_MAP) || !((v->page_prot ^ map[flags]) & mask))
		return false;
	// vma_set_page_prot(): where writes are to be noticed, shared is treated as private
	return !(flags & VS_VM_SHARED) ||
		((v->page_prot ^ map[flags & ~VS_VM_SHARED]) & mask) != 0;
}

void vs_rule_vma_prot(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;

	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->absent || !vs_prot_bad(s, v, v->flags))
			continue;
		f = vs_found_vma(ctx, p, "vm_page_prot", VS_VAL_HEX, v->page_prot);
		vs_finding_say(ctx, f, "vm_page_prot is 0x%llx, which is not what vm_flags 0x%llx ask for (0x%llx)",
			       (unsigned long long)v->page_prot, (unsigned long long)v->flags,
			       (unsigned long long)s->prot_map[v->flags & ACCESS]);
	}
}
