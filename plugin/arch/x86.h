/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What entries of 8 bytes have in common, in long mode and under PAE: for x86_64.c and i386.c. */
#ifndef VS_ARCH_X86_H
#define VS_ARCH_X86_H

#include <stdint.h>

struct vs_buf;

#define PRESENT		UINT64_C(0x001)
#define PSE		UINT64_C(0x080)	/* a leaf, above the last level */
#define PROTNONE	UINT64_C(0x100)	/* _PAGE_GLOBAL without _PAGE_PRESENT: PROT_NONE */
#define SPECIAL		UINT64_C(0x200)	/* _PAGE_SOFTW1 */
#define PA_MASK		UINT64_C(0x000ffffffffff000)
#define INVERTED	(UINT64_C(1) << 51)	/* no RAM is up there */

/** The physical address in an entry. */
static inline uint64_t vs_x86_entry_pa(uint64_t e)
{
	uint64_t pa = e & PA_MASK;

	// since 4.18 the address of a page that nobody may touch is inverted
	// (L1TF: arch/x86/include/asm/pgtable-invert.h)
	return !(e & PRESENT) && pa & INVERTED ? ~e & PA_MASK : pa;
}

/* For struct vs_arch. */
void vs_x86_prot_words(uint64_t e, struct vs_buf *b);
void vs_x86_table_words(uint64_t e, struct vs_buf *b);

#endif
