// SPDX-License-Identifier: GPL-2.0-or-later
/* x86-64: Documentation/arch/x86/x86_64/mm.rst, arch/x86/kernel/machine_kexec_64.c. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

/* __START_KERNEL_map; unchanged since 2.6. */
#define KERNEL_MAP	UINT64_C(0xffffffff80000000)
/* __PAGE_OFFSET_BASE_L4 and _L5, where page_offset_base is no variable: since 4.20. */
#define PAGE_OFFSET_L4	UINT64_C(0xffff888000000000)
#define PAGE_OFFSET_L5	UINT64_C(0xff11000000000000)
/* KERNEL_IMAGE_SIZE with KASLR; the image is at a multiple of CONFIG_PHYSICAL_ALIGN, 2 MiB at least. */
#define IMAGE_AREA	(UINT64_C(1) << 30)
#define IMAGE_ALIGN	(UINT64_C(2) << 20)

/* QEMUCPUState of QEMU's target/i386/arch_dump.c, version 1: offsets. */
#define QEMU_CR3	416
#define QEMU_CR4	424
#define QEMU_SIZE	432
#define CR4_LA57	(UINT64_C(1) << 12)

static struct vs_err *tables(struct vs_kernel *k)
{
	int64_t l5 = 0, sme = 0;

	if (k->mem.target.page_shift != 12)
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGESIZE=%" PRIu64
				     "; x86-64 has pages of 4096 bytes", vs_page_size(&k->mem.target));
	vs_vmcoreinfo_dec(&k->vi, "NUMBER(pgtable_l5_enabled)", &l5);
	vs_vmcoreinfo_dec(&k->vi, "NUMBER(sme_mask)", &sme);
	k->mem.pgt.levels = l5 ? 5 : 4;
	k->mem.pgt.va_bits = l5 ? 57 : 48;
	k->mem.pgt.top_bits = 9;
	k->mem.pgt.enc_mask = (uint64_t)sme;
	return NULL;
}

static struct vs_err *image(struct vs_kernel *k, uint64_t *pa_ret)
{
	int64_t phys_base = 0;

	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(phys_base)", &phys_base))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(phys_base): where the kernel lies in physical memory cannot be told");
	if (k->mem.image_start < KERNEL_MAP)
		return vs_err_create(VS_ERR_MISMATCH,
			"the kernel image cannot be at %#" PRIx64 " (KASLR offset %#" PRIx64 ", from %s)",
			k->mem.image_start, k->kaslr, k->kaslr_source);
	*pa_ret = k->mem.image_start - KERNEL_MAP + (uint64_t)phys_base;
	return NULL;
}

static struct vs_err *direct(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret)
{
	uint64_t base = k->mem.pgt.levels == 5 ? PAGE_OFFSET_L5 : PAGE_OFFSET_L4, at;
	const char *source = "the default of the release: no symbol page_offset_base";

	if (vs_kernel_sym(k, VS_SYM_PAGE_OFFSET_BASE, &at)) {
		unsigned char raw[8];
		enum vs_from from = vs_kmem_read(&k->mem, at, raw, sizeof(raw), NULL);

		source = "page_offset_base in the dump";
		if (!vs_from_ok(from))
			return vs_err_create(VS_ERR_ABSENT,
				"page_offset_base at %#" PRIx64 " is not in the dump (%s): where the direct map begins cannot be told",
				at, vs_from_name(from));
		base = vs_load64(raw, k->mem.target.big_endian);
	}
	if (!vs_kmem_is_kernel(&k->mem, base))
		return vs_err_create(VS_ERR_MISMATCH, "page_offset_base is %#" PRIx64
				     ": that is no kernel address", base);
	*ret = (struct vs_direct){ .base = base, .size = -base, .source = source };
	*n_ret = 1;
	return NULL;
}

/* Where in the image's area do tables lead to @p pa? Any memory will do if that is 0. */
static bool scan(struct vs_kernel *k, uint64_t root, bool l5, uint64_t linked, uint64_t pa, uint64_t *va_ret,
		 uint64_t *pa_ret)
{
	const struct vs_pgtable pt = {
		.arch = k->mem.arch, .target = &k->mem.target, .read = vs_kmem_phys_read, .arg = k->img,
		.root = root, .levels = l5 ? 5 : 4, .va_bits = l5 ? 57 : 48, .top_bits = 9,
	};

	for (uint64_t va = KERNEL_MAP + (linked & (IMAGE_ALIGN - 1)); va - KERNEL_MAP < IMAGE_AREA; va += IMAGE_ALIGN) {
		struct vs_xlat x;

		k->mem.arch->walk(&pt, va, &x);
		if (x.end == VS_PG_ABSENT || (x.end == VS_PG_MAPPED && (!pa || x.pa == pa))) {
			*va_ret = va;
			*pa_ret = x.pa;
			return x.end == VS_PG_MAPPED;
		}
	}
	return false;
}

static bool by_cpu(struct vs_kernel *k, uint64_t linked, uint64_t *pa_ret)
{
	for (size_t i = 0; i < k->img->n_notes; i++) {
		const struct vs_note *n = &k->img->notes[i];
		uint64_t va;

		if (n->name_len != 4 || memcmp(n->name, "QEMU", 4) || n->desc_len < QEMU_SIZE)
			continue;
		// the low bits are PCID, and the user's half of a pair of tables (PTI)
		if (scan(k, vs_load64(n->desc + QEMU_CR3, false) & ~UINT64_C(0x1fff) & INT64_MAX,
			 vs_load64(n->desc + QEMU_CR4, false) & CR4_LA57, linked, 0, &va, pa_ret))
			return true;
	}
	return false;
}

/*
 * phys_base is a variable of the image: pa = va - KERNEL_MAP + phys_base. Without it the
 * tables of init_top_pgt tell. Each with 4 levels of tables, then with 5.
 */
static bool guess(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret)
{
	const bool l5 = g->nth & 1;
	struct vs_symbol top = { .name = "init_top_pgt" };
	uint64_t phys_base, sme = 0, known, va, pa;

	// since 4.17, if CONFIG_X86_5LEVEL
	if (vs_guess_variable(k, g, "__pgtable_l5_enabled", 4, &known) && known != l5)
		return false;
	if (g->nth < 2) {
		if (!vs_guess_variable(k, g, "phys_base", 8, &phys_base))
			return false;
		va = g->image_pa + KERNEL_MAP - phys_base;
		*how_ret = "worked out from phys_base in memory";
	} else {
		vs_err_free(vs_symbols_find(k->symbols, &top, 1));
		if (!top.found || !scan(k, g->image_pa + (top.value - g->linked), l5, g->linked, g->image_pa,
					&va, &pa))
			return false;
		phys_base = g->image_pa + KERNEL_MAP - va;
		*how_ret = "worked out from where init_top_pgt maps the image";
	}
	vs_guess_variable(k, g, "sme_me_mask", 8, &sme);
	vs_buf_printf(text, "PAGESIZE=4096\nNUMBER(phys_base)=%" PRId64 "\nKERNELOFFSET=%" PRIx64
		      "\nNUMBER(pgtable_l5_enabled)=%d\nNUMBER(sme_mask)=%" PRId64 "\n", (int64_t)phys_base,
		      va - g->linked, l5, (int64_t)sme);
	return true;
}

const struct vs_place vs_place_x86_64 = {
	.machine = EM_X86_64,
	.mark = "NUMBER(phys_base)",
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",	// a macro there: the value of init_top_pgt
	.tables = tables,
	.image = image,
	.direct = direct,
	.guess = guess,
	.n_guesses = 4,
	.by_cpu = by_cpu,
};
