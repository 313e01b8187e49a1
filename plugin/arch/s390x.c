// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * s390x: region tables, segment tables, page tables (Principles of Operation, "Dynamic
 * Address Translation"; arch/s390/include/asm/pgtable.h). A table says in each of its
 * entries what kind it is, so that a process' tables tell by themselves how many levels
 * they have: as many as it has needed so far. Kernel and user have an address space
 * each, from 0 on.
 */
#include <elf.h>

#include "arch/arch.h"
#include "base/buf.h"

/* Region and segment table entries. */
#define R_PROTECT	UINT64_C(0x200)
#define R_NOEXEC	UINT64_C(0x100)
#define R_LARGE		UINT64_C(0x400)	/* segments of 1 MiB, third regions of 2 GiB */
#define R_INVALID	UINT64_C(0x20)
#define R_TYPE(e)	((unsigned int)((e) >> 2 & 3))	/* 3 to 1: first to third region; 0: segment */

/* Page table entries. The hardware's: */
#define P_NOEXEC	UINT64_C(0x100)
#define P_PROTECT	UINT64_C(0x200)
#define P_INVALID	UINT64_C(0x400)
/* and the kernel's: */
#define P_PRESENT	UINT64_C(0x1)
#define P_LARGE		UINT64_C(0x800)	/* of a page in swap: it is exclusive */
#define P_SOFT_DIRTY	UINT64_C(0x2)

#define SPECIAL		UINT64_C(0x40)

#define PAGE_SHIFT	12
#define PAGE_BITS	8
#define CRST_BITS	11	/* region and segment tables: 2048 entries */
#define MAX_LEVELS	5

static const char *const level_names[MAX_LEVELS] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

static unsigned int level_shift(unsigned int level)
{
	return level ? PAGE_SHIFT + PAGE_BITS + (level - 1) * CRST_BITS : PAGE_SHIFT;
}

static void settle(struct vs_pgtable *pt)
{
	unsigned char raw[8];

	// where the first entry cannot be read, a walk will say so
	if (pt->read(pt->arg, pt->root, raw, sizeof(raw)))
		pt->levels = R_TYPE(vs_load64(raw, true)) + 2;
	pt->va_bits = level_shift(pt->levels - 1) + CRST_BITS;
	pt->top_bits = CRST_BITS;
}

/* Where an entry of @p level above the page tables leads. */
static enum vs_pgend follow(uint64_t e, unsigned int level, uint64_t *base_ret, bool *leaf_ret)
{
	*leaf_ret = level <= 2 && e & R_LARGE;
	// a page that may not be touched is invalid, and large all the same
	if (e & R_INVALID && !*leaf_ret)
		return VS_PG_NONE;
	if (R_TYPE(e) != level - 1)
		return VS_PG_BAD;
	if (*leaf_ret)
		*base_ret = e >> level_shift(level) << level_shift(level);
	else	// page tables are half a page
		*base_ret = e & ~UINT64_C(0x7ff) & (level == 1 ? UINT64_MAX : ~UINT64_C(0xfff));
	return VS_PG_MAPPED;
}

static enum vs_pgend page(uint64_t e, uint64_t *base_ret)
{
	*base_ret = e & ~UINT64_C(0xfff);
	if (e & P_PRESENT)
		return VS_PG_MAPPED;
	return e & P_INVALID ? VS_PG_NONE : VS_PG_BAD;
}

static void walk(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret)
{
	uint64_t table = pt->root, base = 0;

	ret->n_steps = 0;
	ret->va = va & UINT64_MAX << PAGE_SHIFT;
	ret->len = UINT64_C(1) << PAGE_SHIFT;
	if (pt->va_bits < 64 && va >> pt->va_bits) {
		ret->end = VS_PG_NONCANONICAL;
		return;
	}
	for (unsigned int level = pt->levels; level-- > 0;) {
		const unsigned int shift = level_shift(level);
		const uint64_t span = UINT64_C(1) << shift;
		const uint64_t i = va >> shift & ((UINT64_C(1) << (level ? CRST_BITS : PAGE_BITS)) - 1);
		struct vs_pgstep *st = &ret->steps[ret->n_steps++];
		unsigned char raw[8];
		bool leaf = !level;

		st->name = level == pt->levels - 1 ? "PGD" : level_names[level];
		st->pa = table + i * 8;
		st->span = span;
		ret->va = va & ~(span - 1);
		ret->len = span;
		if (!pt->read(pt->arg, st->pa, raw, sizeof(raw))) {
			st->entry = 0;
			ret->end = VS_PG_ABSENT;
			return;
		}
		st->entry = vs_load64(raw, true);
		ret->end = level ? follow(st->entry, level, &base, &leaf) : page(st->entry, &base);
		if (ret->end != VS_PG_MAPPED)
			return;
		if (leaf) {
			ret->pa = base | (va & (span - 1));
			return;
		}
		table = base;
	}
}

/* TASK_SIZE_MAX: all but the last page. */
static uint64_t user_end(const struct vs_pgtable *pt)
{
	(void)pt;
	return UINT64_MAX << PAGE_SHIFT;
}

/* What is not past the kernel's tables; in the first two pages is the lowcore, and no object. */
static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	return va >= UINT64_C(2) << PAGE_SHIFT && (pt->va_bits >= 64 || !(va >> pt->va_bits));
}

/* Of a page table: as vm_page_prot. Those of large pages are told apart by nothing but their place. */
static void prot_words(uint64_t e, struct vs_buf *b)
{
	static const struct { uint64_t bit; const char *word; } bits[] = {
		{ 0x4, "young" }, { 0x8, "dirty" }, { SPECIAL, "special" }, { 0x80, "unused" }, { P_SOFT_DIRTY, "soft-dirty" },
	};

	if (!(e & P_PRESENT) && e & R_LARGE && !(e & P_PROTECT)) {
		vs_buf_printf(b, "large %s%s", e & R_PROTECT ? "read-only" : "read-write",
			      e & R_NOEXEC ? " no-execute" : " executable");
		return;
	}
	vs_buf_puts(b, e & P_PRESENT ? "present " : "");
	vs_buf_puts(b, e & 0x20 ? "read-write " : e & 0x10 ? "read-only " : "PROT_NONE ");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (e & bits[i].bit)
			vs_buf_printf(b, "%s ", bits[i].word);
	// the hardware's own: the first touch, the first write are for the kernel to see
	vs_buf_puts(b, e & P_INVALID ? "invalid " : "");
	vs_buf_puts(b, e & P_PROTECT ? "protected " : "");
	vs_buf_puts(b, e & P_NOEXEC ? "no-execute" : "executable");
}

static void table_words(uint64_t e, struct vs_buf *b)
{
	static const char *const types[] = { "segment", "third region", "second region", "first region" };

	vs_buf_printf(b, "table, entry of a %s table", types[R_TYPE(e)]);
	vs_buf_puts(b, e & R_PROTECT ? " read-only" : "");
	vs_buf_puts(b, e & R_NOEXEC ? " no-execute" : "");
}

/* A page in swap is invalid and protected; one that was never there is invalid only. */
static void swap(const struct vs_pgtable *pt, uint64_t e, struct vs_swap_entry *ret)
{
	ret->none = !(e & P_PROTECT);
	ret->type = (unsigned int)(e >> 2 & 31);
	ret->offset = e >> PAGE_SHIFT;
	ret->soft_dirty = e & P_SOFT_DIRTY;
	ret->uffd_wp = false;
	ret->exclusive = pt->swp_exclusive && e & P_LARGE;
}

const struct vs_arch vs_arch_s390x = {
	.name = "s390x",
	.machine = EM_S390,
	.word = 8,
	.order = VS_ORDER_BIG,
	.overlap = true,
	.walk = walk,
	.settle = settle,
	.user_end = user_end,
	.is_kernel = is_kernel,
	.prot_words = prot_words,
	.table_words = table_words,
	.swap = swap,
	.special = SPECIAL,
};
