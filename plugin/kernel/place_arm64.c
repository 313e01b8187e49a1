// SPDX-License-Identifier: GPL-2.0-or-later
/* arm64: Documentation/arch/arm64/memory.rst, arch/arm64/kernel/vmcore_info.c. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

/* PTE_PROT_NONE (up to 6.10) and PTE_PRESENT_INVALID, which is PTE_NG, since. */
#define PROT_NONE	(UINT64_C(1) << 58)
#define PTE_NG		(UINT64_C(1) << 11)

/*
 * VA_BITS is what the kernel was built for, 64 - T1SZ what it found at boot: a
 * kernel for 52 bits runs on a machine of 48. The top table keeps the width that
 * the kernel was built for where its upper entries only are used (64 KiB pages);
 * otherwise whole levels are left out.
 */
static struct vs_err *tables(struct vs_kernel *k)
{
	struct vs_pgtable *pt = &k->mem.pgt;
	const unsigned int page_shift = k->mem.target.page_shift, bits = page_shift - 3;
	unsigned int shift;
	int64_t va_bits, t1sz;

	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(VA_BITS)", &va_bits))	// since 4.12
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(VA_BITS): how the page tables are built cannot be told");
	if (va_bits < 36 || va_bits > 52 || page_shift % 2)
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO says VA_BITS=%" PRId64 " and PAGESIZE=%" PRIu64
			"; expected 36 to 52 bits and pages of 4, 16 or 64 KiB", va_bits,
			vs_page_size(&k->mem.target));
	pt->va_bits = (unsigned int)va_bits;
	// since 5.10 or so; before, no kernel could find less than it was built for
	if (vs_vmcoreinfo_dec(&k->vi, "NUMBER(TCR_EL1_T1SZ)", &t1sz) && t1sz >= 12 && t1sz <= 28 &&
	    64 - t1sz < va_bits)
		pt->va_bits = (unsigned int)(64 - t1sz);
	pt->levels = (pt->va_bits - 4) / bits;	// ARM64_HW_PGTABLE_LEVELS
	shift = page_shift + (pt->levels - 1) * bits;
	pt->top_bits = (unsigned int)va_bits - shift < bits ? (unsigned int)va_bits - shift : bits;
	return NULL;
}

static struct vs_err *image(struct vs_kernel *k, uint64_t *pa_ret)
{
	int64_t voffset;

	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(kimage_voffset)", &voffset))	// since 4.12
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(kimage_voffset): where the kernel lies in physical memory cannot be told");
	*pa_ret = k->mem.image_start - (uint64_t)voffset;
	return NULL;
}

/* protection_map[0] is PAGE_NONE: it tells by which bit such a page is known. */
static void find_none_bit(struct vs_kernel *k)
{
	uint64_t at, none;

	if (vs_kernel_sym(k, VS_SYM_PROTECTION_MAP, &at) && vs_kmem_ulong(&k->mem, at, &none) && !(none & 1))
		k->mem.pgt.none_bit = none & PROT_NONE ? PROT_NONE : none & PTE_NG;
}

static struct vs_err *direct(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret)
{
	int64_t phys_offset, va_bits = k->mem.pgt.va_bits, min_bits;

	find_none_bit(k);
	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(PHYS_OFFSET)", &phys_offset))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(PHYS_OFFSET): where the direct map begins cannot be told");
	vs_vmcoreinfo_dec(&k->vi, "NUMBER(VA_BITS)", &va_bits);
	// VA_BITS_MIN: a kernel for 52 bits starts at 52 and stops where one for 48 does
	min_bits = va_bits <= 48 ? va_bits : k->mem.target.page_shift == 14 ? 47 : 48;
	// PAGE_OFFSET is the lower half's start by VA_BITS, even where fewer are in use;
	// memstart_addr is moved to fit, below RAM and under KASLR below 0.
	ret[0] = (struct vs_direct){
		.base = UINT64_MAX << va_bits,
		.size = (UINT64_MAX << (min_bits - 1)) - (UINT64_MAX << va_bits),	// PAGE_END - PAGE_OFFSET
		.pa = (uint64_t)phys_offset,
		.source = "PHYS_OFFSET, from -1 << VA_BITS",
	};
	// Up to 5.3 it was the upper half.
	ret[1] = (struct vs_direct){
		.base = UINT64_MAX << (va_bits - 1),
		.size = UINT64_C(1) << (va_bits - 1),
		.pa = (uint64_t)phys_offset,
		.source = "PHYS_OFFSET, from -1 << (VA_BITS - 1)",
	};
	*n_ret = 2;
	return NULL;
}

/* Pages by the header of the image (Documentation/arch/arm64/booting.rst); since 4.6, else 4 KiB. */
static unsigned int header_page_shift(struct vs_kernel *k, const struct vs_guess *g)
{
	unsigned char head[64];
	unsigned int size;

	if (!vs_from_ok(vs_image_read(k->img, g->image_pa, head, sizeof(head), NULL)) ||
	    memcmp(head + 56, "ARM\x64", 4))
		return 12;
	size = head[24] >> 1 & 3;
	return size ? 10 + 2 * size : 12;
}

/*
 * kimage_voffset and memstart_addr are variables of the image. VA_BITS is none: VA_BITS_MIN
 * is told by the address that the image was linked to, the start of the upper half since
 * 5.4; the kernel may have been built for 52 bits, and have found them or not.
 */
static bool guess(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret)
{
	struct vs_symbol pgd = { .name = "swapper_pg_dir" };
	uint64_t voffset, memstart;
	unsigned int min_bits = 1;

	vs_err_free(vs_symbols_find(k->symbols, &pgd, 1));
	if (!pgd.found || !vs_guess_variable(k, g, "kimage_voffset", 8, &voffset) ||
	    !vs_guess_variable(k, g, "memstart_addr", 8, &memstart))
		return false;
	while (min_bits < 64 && g->linked >> (64 - min_bits) == UINT64_MAX >> (64 - min_bits))
		min_bits++;
	min_bits = 66 - min_bits;	// one more than the bits that are not leading ones
	*how_ret = "worked out from kimage_voffset in memory";
	vs_buf_printf(text, "PAGESIZE=%u\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64
		      "\nNUMBER(kimage_voffset)=0x%" PRIx64 "\nNUMBER(PHYS_OFFSET)=0x%" PRIx64 "\n",
		      1U << header_page_shift(k, g), g->image_pa + voffset - g->linked,
		      pgd.value + (g->image_pa + voffset - g->linked), voffset, memstart);
	if (g->nth == 0)
		vs_buf_printf(text, "NUMBER(VA_BITS)=%u\n", min_bits);
	else
		vs_buf_printf(text, "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x%x\n",
			      g->nth == 1 ? 64 - min_bits : 12);
	return true;
}

const struct vs_place vs_place_arm64 = {
	.machine = EM_AARCH64,
	.mark = "NUMBER(kimage_voffset)",
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",
	.tables = tables,
	.image = image,
	.direct = direct,
	.guess = guess,
	.n_guesses = 3,
};
