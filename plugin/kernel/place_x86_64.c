// SPDX-License-Identifier: GPL-2.0-or-later
/* x86-64: Documentation/arch/x86/x86_64/mm.rst, arch/x86/kernel/machine_kexec_64.c. */
#include <elf.h>
#include <inttypes.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

/* __START_KERNEL_map; unchanged since 2.6. */
#define KERNEL_MAP	UINT64_C(0xffffffff80000000)
/* __PAGE_OFFSET_BASE_L4 and _L5, where page_offset_base is no variable: since 4.20. */
#define PAGE_OFFSET_L4	UINT64_C(0xffff888000000000)
#define PAGE_OFFSET_L5	UINT64_C(0xff11000000000000)

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
		source = "page_offset_base in the dump";
		if (!vs_kmem_ulong(&k->mem, at, &base))
			return vs_err_create(VS_ERR_ABSENT,
				"page_offset_base at %#" PRIx64 " is not in the dump: where the direct map begins cannot be told",
				at);
	}
	if (!vs_kmem_is_kernel(&k->mem, base))
		return vs_err_create(VS_ERR_MISMATCH, "page_offset_base is %#" PRIx64
				     ": that is no kernel address", base);
	*ret = (struct vs_direct){ base, -base, 0, source };
	*n_ret = 1;
	return NULL;
}

const struct vs_place vs_place_x86_64 = {
	.machine = EM_X86_64,
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",	// a macro there: the value of init_top_pgt
	.tables = tables,
	.image = image,
	.direct = direct,
};
