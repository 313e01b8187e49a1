// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arm64: the tables of stage 1 translation with granules of 4, 16 and 64 KiB
 * and addresses of up to 52 bits (Arm ARM D8.3; arch/arm64/include/asm/
 * pgtable-hwdef.h). Kernel and user have tables of their own (TTBR1, TTBR0).
 */
#include <elf.h>

#include "arch/arch.h"
#include "base/buf.h"

#define VALID		UINT64_C(0x1)
#define TABLE		UINT64_C(0x2)	/* with VALID: a table, or a page of the last level; else a block */
#define USER		(UINT64_C(1) << 6)	/* AP[1] */
#define RDONLY		(UINT64_C(1) << 7)	/* AP[2] */
#define AF		(UINT64_C(1) << 10)
#define NG		(UINT64_C(1) << 11)
#define GP		(UINT64_C(1) << 50)
#define DBM		(UINT64_C(1) << 51)	/* PTE_WRITE */
#define CONT		(UINT64_C(1) << 52)
#define PXN		(UINT64_C(1) << 53)
#define UXN		(UINT64_C(1) << 54)
#define DIRTY		(UINT64_C(1) << 55)	/* 55 to 58 are software's */
#define SPECIAL		(UINT64_C(1) << 56)
#define PROT_NONE	(UINT64_C(1) << 58)	/* up to 6.10; NG since: vs_pgtable.none_bit */

static const char *const level_names[5] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

/* An address of 52 bits with a granule below 64 KiB means LPA2: TCR_EL1.DS is set. */
static bool is_lpa2(const struct vs_pgtable *pt)
{
	return pt->va_bits > 48 && pt->target->page_shift < 16;
}

/*
 * The physical address in an entry. Bits above 47 have to go elsewhere: with
 * LPA2 50 and 51 to bits 8 and 9, with 64 KiB pages 48 to 51 to bits 12 to 15
 * (LPA; zero where there is none).
 */
static uint64_t entry_pa(const struct vs_pgtable *pt, uint64_t e)
{
	const unsigned int shift = pt->target->page_shift;
	uint64_t page = UINT64_MAX << shift;

	if (is_lpa2(pt))
		return (e & page & ((UINT64_C(1) << 50) - 1)) | (e >> 8 & 3) << 50;
	e &= (UINT64_C(1) << 48) - 1;
	return (e & page) | (shift == 16 ? (e >> 12 & 15) << 48 : 0);
}

/* Sizes that a block may have: 2 MiB, 1 GiB; 32 MiB; 512 MiB; one more each with LPA2 or LPA. */
static bool block_ok(const struct vs_pgtable *pt, unsigned int level)
{
	switch (pt->target->page_shift) {
	case 12:
		return level <= (is_lpa2(pt) ? 3U : 2U);
	case 14:
		return level <= (is_lpa2(pt) ? 2U : 1U);
	default:
		return level <= 2;
	}
}

static uint64_t untag(uint64_t va)
{
	// the top byte is free for tags where TBI1 is set: KASAN; bit 55 tells the half
	return va >> 55 & 1 ? va | UINT64_C(0xff) << 56 : va;
}

/* Bits above va_bits are all zero (TTBR0) or all one (TTBR1). */
static bool canonical(const struct vs_pgtable *pt, uint64_t va)
{
	uint64_t top = va >> pt->va_bits;

	return top == 0 || top == UINT64_MAX >> pt->va_bits;
}

static void walk(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret)
{
	const unsigned int page_shift = pt->target->page_shift, bits = page_shift - 3;
	uint64_t table = pt->root;

	ret->n_steps = 0;
	va = untag(va);
	ret->va = va & UINT64_MAX << page_shift;
	ret->len = UINT64_C(1) << page_shift;
	if (!canonical(pt, va)) {
		ret->end = VS_PG_NONCANONICAL;
		return;
	}
	for (unsigned int level = pt->levels; level-- > 0;) {
		const bool top = level == pt->levels - 1;
		unsigned int shift = page_shift + bits * level;
		uint64_t span = UINT64_C(1) << shift;
		uint64_t i = va >> shift & ((UINT64_C(1) << (top ? pt->top_bits : bits)) - 1);
		struct vs_pgstep *st = &ret->steps[ret->n_steps++];
		unsigned char raw[8];
		uint64_t e, base;

		st->name = top ? "PGD" : level_names[level];
		st->pa = table + i * 8;
		st->span = span;
		ret->va = va & ~(span - 1);
		ret->len = span;
		if (!pt->read(pt->arg, st->pa, raw, sizeof(raw))) {
			st->entry = 0;
			ret->end = VS_PG_ABSENT;
			return;
		}
		// tables are read in the kernel's byte order (SCTLR_EL1.EE)
		e = st->entry = vs_load64(raw, pt->target->big_endian);
		base = entry_pa(pt, e);
		if (!(e & VALID)) {
			// a page that the user may not touch is still a page; a block
			// of such (a huge page) has no type any more
			if (!(e & pt->none_bit) || !block_ok(pt, level)) {
				ret->end = VS_PG_NONE;
				return;
			}
		} else if (level && e & TABLE) {
			table = base;
			continue;
		} else if (level ? !block_ok(pt, level) : !(e & TABLE)) {
			ret->end = VS_PG_BAD;
			return;
		}
		ret->end = VS_PG_MAPPED;
		ret->pa = (base & ~(span - 1)) | (va & (span - 1));
		return;
	}
}

/* TASK_SIZE_64. */
static uint64_t user_end(const struct vs_pgtable *pt)
{
	return UINT64_C(1) << pt->va_bits;
}

static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	return va >> 63 && canonical(pt, untag(va));
}

static void prot_words(uint64_t e, struct vs_buf *b)
{
	static const struct { uint64_t bit; const char *word; } bits[] = {
		{ AF, "accessed" }, { NG, "not-global" }, { GP, "guarded" }, { DBM, "writable" },
		{ CONT, "contiguous" }, { DIRTY, "dirty" }, { SPECIAL, "special" },
	};

	if (e & VALID)
		vs_buf_puts(b, "present ");
	else if (e & PROT_NONE || (e & (TABLE | NG)) == (TABLE | NG))
		vs_buf_puts(b, "PROT_NONE ");	// PAGE_NONE keeps TABLE; a swap entry does not
	vs_buf_puts(b, e & RDONLY ? "read-only " : "read-write ");
	if (e & USER)
		vs_buf_puts(b, "user ");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (e & bits[i].bit)
			vs_buf_printf(b, "%s ", bits[i].word);
	// MAIR_EL1 gives them their meaning: MT_NORMAL is 0 since 5.10 or so, was 4
	vs_buf_printf(b, "attributes %u ", (unsigned int)(e >> 2 & 7));
	switch (e & (PXN | UXN)) {
	case 0:
		vs_buf_puts(b, "executable");
		break;
	case PXN:
		vs_buf_puts(b, "user-executable");
		break;
	case UXN:
		vs_buf_puts(b, "kernel-executable");
		break;
	default:
		vs_buf_puts(b, "no-execute");
	}
}

static void table_words(uint64_t e, struct vs_buf *b)
{
	vs_buf_puts(b, "table");
	vs_buf_puts(b, e >> 62 & 1 ? " read-only" : "");
	vs_buf_puts(b, e >> 61 & 1 ? " not-user" : "");
	vs_buf_puts(b, e >> 60 & 1 ? " not-user-executable" : "");
	vs_buf_puts(b, e >> 59 & 1 ? " not-kernel-executable" : "");
}

/*
 * arch/arm64/include/asm/pgtable.h: the type in bits 2 to 7, offset from 8 on; type
 * from 3 on since 5.19; since 6.11, when PROT_NONE moved to bit 11, type in 6 to 10
 * and offset from 12 on.
 */
static void swap(const struct vs_pgtable *pt, uint64_t e, struct vs_swap_entry *ret)
{
	const uint64_t offset_mask = (UINT64_C(1) << 50) - 1;

	ret->soft_dirty = false;
	ret->uffd_wp = pt->none_bit == NG && e >> 3 & 1;
	ret->exclusive = pt->swp_exclusive && e >> 2 & 1;
	if (pt->none_bit == NG) {
		ret->type = e >> 6 & 31;
		ret->offset = e >> 12 & offset_mask;
	} else {
		ret->type = pt->swp_exclusive ? e >> 3 & 31 : e >> 2 & 63;
		ret->offset = e >> 8 & offset_mask;
	}
}

const struct vs_arch vs_arch_arm64 = {
	.name = "arm64",
	.machine = EM_AARCH64,
	.word = 8,
	.order = VS_ORDER_EITHER,
	.walk = walk,
	.user_end = user_end,
	.is_kernel = is_kernel,
	.untag = untag,
	.prot_words = prot_words,
	.table_words = table_words,
	.swap = swap,
	.special = SPECIAL,
};
