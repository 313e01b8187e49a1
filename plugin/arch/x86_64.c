// SPDX-License-Identifier: GPL-2.0-or-later
/* x86-64: 4- and 5-level page tables, 1 GiB and 2 MiB pages. */
#include <elf.h>

#include "arch/arch.h"
#include "base/buf.h"

#define PRESENT		UINT64_C(0x001)
#define PSE		UINT64_C(0x080)	/* a leaf, above the last level */
#define PROTNONE	UINT64_C(0x100)	/* _PAGE_GLOBAL without _PAGE_PRESENT: PROT_NONE */
#define SPECIAL		UINT64_C(0x200)	/* _PAGE_SOFTW1 */
#define PA_MASK		UINT64_C(0x000ffffffffff000)
#define INVERTED	(UINT64_C(1) << 51)	/* no RAM is up there */

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
		base = e & PA_MASK;
		// since 4.18 the address of a page that nobody may touch is inverted
		// (L1TF: arch/x86/include/asm/pgtable-invert.h)
		if (!(e & PRESENT) && base & INVERTED)
			base = ~e & PA_MASK;
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

static void prot_words(uint64_t e, struct vs_buf *b)
{
	static const struct { unsigned int bit; const char *word; } bits[] = {
		{ 0, "present" }, { 1, "writable" }, { 2, "user" }, { 3, "write-through" },
		{ 4, "uncached" }, { 5, "accessed" }, { 6, "dirty" }, { 7, "huge/PAT" },
		{ 8, "global" }, { 9, "software 1" }, { 10, "software 2" }, { 11, "soft-dirty" },
	};

	// without PRESENT the GLOBAL bit means PROT_NONE
	if (!(e & PRESENT) && e & PROTNONE)
		vs_buf_puts(b, "PROT_NONE ");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (e >> bits[i].bit & 1 && !(bits[i].bit == 8 && !(e & PRESENT)))
			vs_buf_printf(b, "%s ", bits[i].word);
	if (e >> 59 & 15)
		vs_buf_printf(b, "key %u ", (unsigned int)(e >> 59 & 15));
	vs_buf_puts(b, e >> 63 ? "no-execute" : "executable");
}

static void table_words(uint64_t e, struct vs_buf *b)
{
	vs_buf_puts(b, "table");
	vs_buf_puts(b, e & 2 ? " writable" : " read-only");
	vs_buf_puts(b, e & 4 ? " user" : "");
	vs_buf_puts(b, e & 0x20 ? " accessed" : "");
	vs_buf_puts(b, e >> 63 ? " no-execute" : "");
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
	.prot_words = prot_words,
	.table_words = table_words,
	.swap = swap,
	.special = SPECIAL,
};
