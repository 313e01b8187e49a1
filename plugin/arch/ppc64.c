// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ppc64, Book3S: the kernel's page tables, which are the hardware's with the radix MMU
 * (Power ISA 3.0, "Radix Tree Translation") and only the kernel's own with the hash MMU
 * (arch/powerpc/include/asm/book3s/64/pgtable.h). Entries are big endian whatever the
 * kernel is. The widths of the tables are variables of the kernel: pt->bits.
 */
#include <elf.h>

#include "arch/arch.h"
#include "base/buf.h"

#define PRESENT		(UINT64_C(1) << 63)	/* of a table: valid */
#define LEAF		(UINT64_C(1) << 62)	/* _PAGE_PTE: no pointer to a table */
#define INVALID		(UINT64_C(1) << 61)	/* _PAGE_INVALID: without PRESENT, about to be split or changed */
#define PKEY(e)		((unsigned int)((e) >> 57 & 15) | (unsigned int)((e) >> 60 & 1) << 4)
#define PA_BITS		53			/* _PAGE_PA_MAX */

#define EXEC		UINT64_C(0x1)
#define WRITE		UINT64_C(0x2)
#define READ		UINT64_C(0x4)
#define PRIVILEGED	UINT64_C(0x8)
#define CACHING		UINT64_C(0x30)
#define DIRTY		UINT64_C(0x80)
#define ACCESSED	UINT64_C(0x100)
#define SOFT_DIRTY	UINT64_C(0x200)
#define SPECIAL		UINT64_C(0x400)
#define DEVMAP		UINT64_C(0x800)

/* Of an entry that leads to a table: where that is; with the radix MMU its width. */
#define TABLE_MASK	UINT64_C(0x0fffffffffffff00)
#define WIDTH_MASK	UINT64_C(0x1f)

/* The effective address: the quadrant, then what the tables translate. */
#define KERNEL_BITS	52
#define REGION(va)	((va) >> 60)

static const char *const level_names[4] = { "PTE", "PMD", "PUD", "PGD" };

/* User space from 0 on, the kernel's regions at 0xc (all of them since 5.1), 0xd and 0xf. */
static bool canonical(const struct vs_pgtable *pt, uint64_t va)
{
	const uint64_t region = REGION(va);

	if (region && region != 0xc && region != 0xd && region != 0xf)
		return false;
	return !(va << 4 >> 4 >> (region ? KERNEL_BITS : pt->va_bits));
}

static void walk(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret)
{
	const unsigned int page_shift = pt->target->page_shift;
	unsigned int shift = page_shift;
	uint64_t table = pt->root;

	ret->n_steps = 0;
	ret->va = va & UINT64_MAX << page_shift;
	ret->len = UINT64_C(1) << page_shift;
	ret->end = VS_PG_NONCANONICAL;
	if (!canonical(pt, va))
		return;
	for (unsigned int level = 0; level + 1 < pt->levels; level++)
		shift += pt->bits[level];
	for (unsigned int level = pt->levels; level-- > 0; shift -= level ? pt->bits[level - 1] : 0) {
		const uint64_t span = UINT64_C(1) << shift;
		const uint64_t i = va >> shift & ((UINT64_C(1) << pt->bits[level]) - 1);
		struct vs_pgstep *st = &ret->steps[ret->n_steps++];
		unsigned char raw[8];
		uint64_t e;

		st->name = level_names[level];
		st->pa = table + i * 8;
		st->span = span;
		ret->va = va & ~(span - 1);
		ret->len = span;
		if (!pt->read(pt->arg, st->pa, raw, sizeof(raw))) {
			st->entry = 0;
			ret->end = VS_PG_ABSENT;
			return;
		}
		e = st->entry = vs_load64(raw, true);
		if (!(e & PRESENT) && !((e & (LEAF | INVALID)) == (LEAF | INVALID))) {
			ret->end = VS_PG_NONE;
			return;
		}
		if (e & LEAF) {
			ret->end = VS_PG_MAPPED;
			ret->pa = (e & ((UINT64_C(1) << PA_BITS) - 1) & ~(span - 1)) | (va & (span - 1));
			return;
		}
		// the widths that radix entries have themselves must be the kernel's
		if (!level || (e & WIDTH_MASK && (e & WIDTH_MASK) != pt->bits[level - 1])) {
			ret->end = VS_PG_BAD;
			return;
		}
		table = e & TABLE_MASK;
	}
}

/* TASK_SIZE_USER64: all that the tables can translate, with 64 KiB pages; less by far with 4 KiB and hash. */
static uint64_t user_end(const struct vs_pgtable *pt)
{
	return UINT64_C(1) << pt->va_bits;
}

/* PAGE_OFFSET; nothing is above the fourth quadrant's 4 PiB but regions of old kernels. */
static uint64_t kernel_start(const struct vs_pgtable *pt)
{
	(void)pt;
	return UINT64_C(0xc) << 60;
}

static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	return REGION(va) >= 0xc && canonical(pt, va);
}

static void prot_words(uint64_t e, struct vs_buf *b)
{
	static const struct { uint64_t bit; const char *word; } bits[] = {
		{ ACCESSED, "accessed" }, { DIRTY, "dirty" }, { SOFT_DIRTY, "soft-dirty" },
		{ SPECIAL, "special" }, { DEVMAP, "devmap" },
	};
	static const char *const caching[] = { "", "strong-order ", "non-idempotent ", "uncached " };

	if (e & PRESENT)
		vs_buf_puts(b, "present ");
	else if (e & INVALID)
		vs_buf_puts(b, "invalidated ");
	if (!(e & PRIVILEGED))
		vs_buf_puts(b, "user ");
	else if (!(e & (READ | WRITE | EXEC)))
		vs_buf_puts(b, "PROT_NONE ");
	vs_buf_puts(b, e & WRITE ? "read-write " : e & READ ? "read-only " : "");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (e & bits[i].bit)
			vs_buf_printf(b, "%s ", bits[i].word);
	vs_buf_puts(b, caching[(e & CACHING) >> 4]);
	if (PKEY(e))
		vs_buf_printf(b, "key %u ", PKEY(e));
	vs_buf_puts(b, e & EXEC ? "executable" : "no-execute");
}

static void table_words(uint64_t e, struct vs_buf *b)
{
	vs_buf_puts(b, "table");
	if (e & WIDTH_MASK)
		vs_buf_printf(b, " of %u entries", 1U << (e & WIDTH_MASK));
}

static void swap(const struct vs_pgtable *pt, uint64_t e, struct vs_swap_entry *ret)
{
	ret->type = (unsigned int)(e & 31);
	ret->offset = (e & ((UINT64_C(1) << PA_BITS) - 1)) >> pt->target->page_shift;
	ret->soft_dirty = e & SOFT_DIRTY;
	ret->uffd_wp = false;
	ret->exclusive = pt->swp_exclusive && (e & CACHING) == 0x20;
}

const struct vs_arch vs_arch_ppc64 = {
	.name = "ppc64",
	.machine = EM_PPC64,
	.word = 8,
	.order = VS_ORDER_EITHER,
	.walk = walk,
	.user_end = user_end,
	.kernel_start = kernel_start,
	.is_kernel = is_kernel,
	.prot_words = prot_words,
	.table_words = table_words,
	.swap = swap,
	.exec_only = READ,	// the radix MMU can, since 6.0; protection_map knows nothing of it
	.special = SPECIAL,
};
