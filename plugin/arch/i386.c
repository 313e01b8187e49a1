// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * i386: the classic two levels of 4-byte entries, or PAE's three of 8 bytes, whose top
 * table has 4. User and kernel share the tables; where the kernel's half begins was
 * chosen when it was built (CONFIG_PAGE_OFFSET).
 */
#include <elf.h>

#include "arch/arch.h"
#include "arch/x86.h"

#define PA_MASK32	UINT64_C(0xfffff000)	/* PSE-36, which has more, Linux does not use */

static bool is_pae(const struct vs_pgtable *pt)
{
	return pt->levels == 3;
}

static void walk(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret)
{
	static const char *const names[3] = { "PTE", "PMD", "PGD" };
	const unsigned int bits = is_pae(pt) ? 9 : 10, size = is_pae(pt) ? 8 : 4;
	uint64_t table = pt->root;

	ret->n_steps = 0;
	ret->va = va & ~UINT64_C(0xfff);
	ret->len = 0x1000;
	if (va > UINT32_MAX) {
		ret->end = VS_PG_NONCANONICAL;
		return;
	}
	for (unsigned int level = pt->levels; level-- > 0;) {
		const bool top = level == pt->levels - 1;
		unsigned int shift = 12 + bits * level;
		uint64_t span = UINT64_C(1) << shift;
		struct vs_pgstep *st = &ret->steps[ret->n_steps++];
		unsigned char raw[8];
		uint64_t e, base;
		bool leaf;

		st->name = top ? "PGD" : names[level];
		st->pa = table + (va >> shift & ((UINT64_C(1) << (top ? pt->top_bits : bits)) - 1)) * size;
		st->span = span;
		ret->va = va & ~(span - 1);
		ret->len = span;
		if (!pt->read(pt->arg, st->pa, raw, size)) {
			st->entry = 0;
			ret->end = VS_PG_ABSENT;
			return;
		}
		e = st->entry = vs_load(raw, size, false);
		leaf = level == 0 || e & PSE;
		// a page that the user may not touch is still a page
		if (!(e & PRESENT) && !(e & PROTNONE && leaf && level < 2)) {
			ret->end = VS_PG_NONE;
			return;
		}
		if (leaf && level > 1) {	// PAE's top table has no leaves
			ret->end = VS_PG_BAD;
			return;
		}
		base = is_pae(pt) ? vs_x86_entry_pa(e) : e & PA_MASK32;
		if (leaf) {
			ret->end = VS_PG_MAPPED;
			ret->pa = (base & ~(span - 1)) | (va & (span - 1));
			return;
		}
		table = base;
	}
}

/* The user's half ends where the kernel's begins. */
static uint64_t kernel_start(const struct vs_pgtable *pt)
{
	return pt->kernel_start;
}

static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	return va >= pt->kernel_start && va <= UINT32_MAX;
}

/*
 * arch/x86/include/asm/pgtable-3level.h since 4.18 has what x86-64 has; pgtable-2level.h:
 * | offset 31-9 | 0 | E | 0 | type 5-1 | 0 |. E is _PAGE_PSE in both.
 */
static void swap(const struct vs_pgtable *pt, uint64_t e, struct vs_swap_entry *ret)
{
	ret->type = (unsigned int)(is_pae(pt) ? e >> 59 : e >> 1 & 31);
	ret->offset = is_pae(pt) ? ~e << 5 >> 14 : e >> 9;
	ret->exclusive = pt->swp_exclusive_all && e & PSE;
	ret->soft_dirty = ret->uffd_wp = false;
}

const struct vs_arch vs_arch_i386 = {
	.name = "i386",
	.machine = EM_386,
	.word = 4,
	.walk = walk,
	.user_end = kernel_start,
	.kernel_start = kernel_start,
	.is_kernel = is_kernel,
	.prot_words = vs_x86_prot_words,
	.table_words = vs_x86_table_words,
	.swap = swap,
	.special = SPECIAL,
};
