// SPDX-License-Identifier: GPL-2.0-or-later
/* ppc64, Book3S: arch/powerpc/kexec/core.c, arch/powerpc/include/asm/book3s/64/pgtable.h. */
#include <elf.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

/* PAGE_OFFSET: the linear map, which the image is in; 0xc008... and up are the kernel's other regions. */
#define PAGE_OFFSET	(UINT64_C(0xc) << 60)
#define LINEAR_SIZE	(UINT64_C(1) << 51)

#define LEVELS		4
#define RADIX_PGD_BITS	13	/* RADIX_PGD_INDEX_SIZE, with any page; the hash MMU's are other ones */
#define ADDR_BITS	52	/* none translates more */

static void set_bits(struct vs_pgtable *pt, const uint8_t bits[LEVELS])
{
	unsigned int sum = pt->target->page_shift;

	for (unsigned int i = 0; i < LEVELS; i++)
		sum += pt->bits[i] = bits[i];
	pt->levels = LEVELS;
	pt->va_bits = sum;
	pt->top_bits = bits[LEVELS - 1];
}

/* With the radix MMU; what the kernel itself says is read as soon as its variables can be: find_bits(). */
static struct vs_err *tables(struct vs_kernel *k)
{
	static const uint8_t radix_4k[LEVELS] = { 9, 9, 9, RADIX_PGD_BITS },
		radix_64k[LEVELS] = { 5, 9, 9, RADIX_PGD_BITS };
	const unsigned int page_shift = k->mem.target.page_shift;

	if (page_shift != 12 && page_shift != 16)
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGESIZE=%" PRIu64
				     "; ppc64 has pages of 4096 or 65536 bytes", vs_page_size(&k->mem.target));
	set_bits(&k->mem.pgt, page_shift == 12 ? radix_4k : radix_64k);
	return NULL;
}

static struct vs_err *image(struct vs_kernel *k, uint64_t *pa_ret)
{
	if (k->mem.image_start - PAGE_OFFSET >= LINEAR_SIZE)
		return vs_err_create(VS_ERR_MISMATCH,
			"the kernel image cannot be at %#" PRIx64 " (KASLR offset %#" PRIx64 ", from %s)",
			k->mem.image_start, k->kaslr, k->kaslr_source);
	*pa_ret = k->mem.image_start - PAGE_OFFSET;
	return NULL;
}

/* Radix and hash have tables of other widths: variables since 4.7, when one kernel became able to do both. */
static struct vs_err *find_bits(struct vs_kernel *k)
{
	struct vs_symbol syms[LEVELS] = {
		{ .name = "__pte_index_size" }, { .name = "__pmd_index_size" },
		{ .name = "__pud_index_size" }, { .name = "__pgd_index_size" },
	};
	struct vs_err *err = vs_kernel_find(k, syms, LEVELS);
	unsigned int sum = k->mem.target.page_shift;
	uint8_t bits[LEVELS];
	bool ok = true;

	for (unsigned int i = 0; !err && i < LEVELS; i++) {
		uint64_t v;

		if (!syms[i].found || !vs_kmem_ulong(&k->mem, syms[i].value, &v))
			return NULL;
		ok = ok && v >= 1 && v <= 20;
		bits[i] = (uint8_t)v;
		sum += bits[i];
	}
	if (err)
		return err;
	if (!ok || sum > ADDR_BITS)
		return vs_err_create(VS_ERR_MISMATCH,
			"the page tables have %u, %u, %u and %u bits by __pte_index_size and its like; expected %u at most with the page's %u",
			bits[0], bits[1], bits[2], bits[3], ADDR_BITS, k->mem.target.page_shift);
	set_bits(&k->mem.pgt, bits);
	return NULL;
}

static struct vs_err *direct(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret)
{
	struct vs_err *err = find_bits(k);

	*ret = (struct vs_direct){ .base = PAGE_OFFSET, .size = LINEAR_SIZE, .source = "PAGE_OFFSET",
				    .bolted = k->mem.pgt.bits[LEVELS - 1] != RADIX_PGD_BITS };
	*n_ret = 1;
	return err;
}

/* The image's place is its address; only the page has to be guessed. */
static bool guess(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret)
{
	const uint64_t offset = g->image_pa + PAGE_OFFSET - g->linked;
	struct vs_symbol pgd = { .name = "swapper_pg_dir" };

	vs_err_free(vs_symbols_find(k->symbols, &pgd, 1));
	if (!pgd.found)
		return false;
	*how_ret = "worked out from where the image is in the linear map";
	vs_buf_printf(text, "PAGESIZE=%u\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\n",
		      g->nth ? 4096U : 65536U, offset, pgd.value + offset);
	return true;
}

const struct vs_place vs_place_ppc64 = {
	.machine = EM_PPC64,
	.mark = "SYMBOL(vmemmap_list)",
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",
	.tables = tables,
	.image = image,
	.direct = direct,
	.guess = guess,
	.n_guesses = 2,
};
