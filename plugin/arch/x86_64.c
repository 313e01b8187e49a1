// SPDX-License-Identifier: GPL-2.0-or-later
/* x86-64: 4- and 5-level page tables, 1 GiB and 2 MiB pages. */
#include <elf.h>

#include "arch/arch.h"
#include "arch/x86.h"

static const char *const level_names[5] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

static bool canonical(const struct vs_pgtable *pt, uint64_t va)
{
	int64_t top = (int64_t)va >> (pt->va_bits - 1);

	return top == 0 || top == -1;
}

static void walk(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret)
{
	uint64_t table = pt->root;

	ret->n_steps = 0;
	ret->va = va & ~UINT64_C(0xfff);
	ret->len = 0x1000;
	if (!canonical(pt, va)) {
		ret->end = VS_PG_NONCANONICAL;
		return;
	}
	for (unsigned int level = pt->levels; level-- > 0;) {
		unsigned int shift = 12 + 9 * level;
		uint64_t span = UINT64_C(1) << shift;
		struct vs_pgstep *st = &ret->steps[ret->n_steps++];
		unsigned char raw[8];
		uint64_t e, base;

		st->name = level == pt->levels - 1 ? "PGD" : level_names[level];
		st->pa = table + (va >> shift & 511) * 8;
		st->span = span;
		ret->va = va & ~(span - 1);
		ret->len = span;
		if (!pt->read(pt->arg, st->pa, raw, sizeof(raw))) {
			st->entry = 0;
			ret->end = VS_PG_ABSENT;
			return;
		}
		e = st->entry = vs_load64(raw, false) & ~pt->enc_mask;
		// a page that the user may not touch is still a page
		if (!(e & PRESENT) && !(e & PROTNONE && (level == 0 || e & PSE))) {
			ret->end = VS_PG_NONE;
			return;
		}
		base = vs_x86_entry_pa(e);
		if (level == 0 || e & PSE) {
			// the P4D and PGD levels have no leaves, the PUD has only 1 GiB pages
			if (level > 2) {
				ret->end = VS_PG_BAD;
				return;
			}
			ret->end = VS_PG_MAPPED;
			ret->pa = (base & ~(span - 1)) | (va & (span - 1));
			return;
		}
		table = base;
	}
}

/* TASK_SIZE_MAX + PAGE_SIZE: the last page below the hole is never mapped. */
static uint64_t user_end(const struct vs_pgtable *pt)
{
	return UINT64_C(1) << (pt->va_bits - 1);
}

static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	return canonical(pt, va) && (int64_t)va < 0;
}

/* arch/x86/include/asm/pgtable_64.h since 4.18: | type 63-59 | ~offset 58-9 | ... | E | F | SD | 0 | */
static void swap(const struct vs_pgtable *pt, uint64_t e, struct vs_swap_entry *ret)
{
	ret->type = (unsigned int)(e >> 59);
	ret->offset = ~e << 5 >> 14;
	ret->soft_dirty = e & 2;
	ret->uffd_wp = e & 4;
	ret->exclusive = pt->swp_exclusive && e & 8;
}

const struct vs_arch vs_arch_x86_64 = {
	.name = "x86-64",
	.machine = EM_X86_64,
	.word = 8,
	.walk = walk,
	.user_end = user_end,
	.is_kernel = is_kernel,
	.prot_words = vs_x86_prot_words,
	.table_words = vs_x86_table_words,
	.swap = swap,
	.special = SPECIAL,
};
