// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * riscv64: Sv39, Sv48 and Sv57 (The RISC-V Instruction Set Manual, Volume II; arch/riscv/
 * include/asm/pgtable-64.h, pgtable-bits.h). User and kernel share the tables. A leaf may
 * be at any level; what has none of R, W and X leads to a table.
 */
#include <elf.h>

#include "arch/arch.h"
#include "base/buf.h"

#define VALID		UINT64_C(0x01)
#define READ		UINT64_C(0x02)
#define LEAF		UINT64_C(0x0e)	/* R, W, X */
#define GLOBAL		UINT64_C(0x20)
#define ACCESSED	UINT64_C(0x40)
#define SPECIAL		UINT64_C(0x100)
#define NAPOT		(UINT64_C(1) << 63)
#define MT_THEAD	(UINT64_C(3) << 59)	/* T-Head's memory types use these, and bit 63; else they are 0 */
#define PFN_SHIFT	10
#define PFN_MASK	((UINT64_C(1) << 44) - 1)
#define NAPOT_64K	UINT64_C(8)		/* low 4 bits of the page number: 16 pages in one */

static const char *const level_names[5] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

/* Bits above va_bits repeat the highest of them. */
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
		uint64_t e, pfn;

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
		e = st->entry = vs_load64(raw, pt->target->big_endian);
		pfn = e >> PFN_SHIFT & PFN_MASK;
		// a page that the user may not touch is still a page; a huge one that is being
		// split has lost its VALID for a moment (pmd_present())
		if (!(e & VALID) && !(level ? e & LEAF : e & pt->none_bit)) {
			ret->end = VS_PG_NONE;
			return;
		}
		if (e & VALID && !(e & LEAF)) {
			if (level) {
				table = pfn << 12;
				continue;
			}
			ret->end = VS_PG_BAD;
			return;
		}
		// a larger page begins at a multiple of its size
		if (pfn & ((span >> 12) - 1)) {
			ret->end = VS_PG_BAD;
			return;
		}
		if (e & NAPOT && !(e & MT_THEAD)) {
			if (level || (pfn & 15) != NAPOT_64K) {
				ret->end = VS_PG_BAD;
				return;
			}
			pfn &= ~UINT64_C(15);
			span = 0x10000;
			ret->va = va & ~(span - 1);
			ret->len = span;
		}
		ret->end = VS_PG_MAPPED;
		ret->pa = pfn << 12 | (va & (span - 1));
		return;
	}
}

/* TASK_SIZE_64. */
static uint64_t user_end(const struct vs_pgtable *pt)
{
	return UINT64_C(1) << (pt->va_bits - 1);
}

static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	return canonical(pt, va) && (int64_t)va < 0;
}

static void prot_words(uint64_t e, struct vs_buf *b)
{
	static const char *const words[] = {
		"present", "read", "write", "execute", "user", "global", "accessed", "dirty", "special",
		"software 2",
	};

	// without VALID the GLOBAL bit means PROT_NONE, and the others nothing
	if (!(e & VALID) && e & GLOBAL)
		vs_buf_puts(b, "PROT_NONE ");
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (e >> i & 1 && !(!(e & VALID) && e & GLOBAL && i == 5))
			vs_buf_printf(b, "%s ", words[i]);
	if (e & NAPOT && !(e & MT_THEAD))
		vs_buf_puts(b, "64 KiB ");
	vs_buf_printf(b, "memory type %u", (unsigned int)(e & MT_THEAD ? e >> 59 & 31 : e >> 61 & 3));
}

static void table_words(uint64_t e, struct vs_buf *b)
{
	(void)e;
	vs_buf_puts(b, "table");
}

/*
 * arch/riscv/include/asm/pgtable.h since 6.3: | offset from 12 | type 11-7 | E | ...; from 5.18
 * on, when PROT_NONE left R: | offset from 11 | type 10-6 | ...; before: | offset from 7 | type
 * 6-2 | ....
 */
static void swap(const struct vs_pgtable *pt, uint64_t e, struct vs_swap_entry *ret)
{
	const unsigned int type = pt->none_bit == READ ? 2 : pt->swp_exclusive_all ? 7 : 6;

	ret->type = e >> type & 31;
	ret->offset = e >> (type + 5);
	ret->exclusive = pt->swp_exclusive_all && e & ACCESSED;
	ret->soft_dirty = ret->uffd_wp = false;
}

const struct vs_arch vs_arch_riscv64 = {
	.name = "riscv64",
	.machine = EM_RISCV,
	.word = 8,
	.walk = walk,
	.user_end = user_end,
	.is_kernel = is_kernel,
	.prot_words = prot_words,
	.table_words = table_words,
	.swap = swap,
	.special = SPECIAL,
};
