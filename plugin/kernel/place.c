// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the kernel lies in the dump: KASLR, the physical base of its image, the
 * direct map, the page tables. Each from the dump itself, each held against
 * something else where there is anything.
 */
#include <elf.h>
#include <inttypes.h>

#include "base/err.h"
#include "kernel/kernel.h"

/* __START_KERNEL_map; unchanged since 2.6. */
#define X86_64_KERNEL_MAP	UINT64_C(0xffffffff80000000)
/* __PAGE_OFFSET_BASE_L4 and _L5, where page_offset_base is no variable: since 4.20. */
#define X86_64_PAGE_OFFSET_L4	UINT64_C(0xffff888000000000)
#define X86_64_PAGE_OFFSET_L5	UINT64_C(0xff11000000000000)

static struct vs_err *no_symbol(const char *name)
{
	return vs_err_create(VS_ERR_NOT_FOUND, "vmlinux has no symbol %s", name);
}

/* KASLR: what VMCOREINFO says, held against the address it gives for _stext. */
static struct vs_err *find_kaslr(struct vs_kernel *k)
{
	uint64_t stext, off;
	const struct vs_symbol *s = &k->sym[VS_SYM_STEXT];
	bool have_stext = vs_vmcoreinfo_hex(&k->vi, "SYMBOL(_stext)", &stext) && s->found;

	if (vs_vmcoreinfo_hex(&k->vi, "KERNELOFFSET", &off)) {
		k->kaslr = off;
		k->kaslr_source = "VMCOREINFO KERNELOFFSET";
		if (have_stext && stext != s->value + off)
			return vs_err_create(VS_ERR_MISMATCH,
				"VMCOREINFO contradicts itself or vmlinux: _stext is %#" PRIx64
				", vmlinux has it at %#" PRIx64 ", KERNELOFFSET is %#" PRIx64,
				stext, s->value, off);
		return NULL;
	}
	if (!have_stext)
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has neither KERNELOFFSET nor SYMBOL(_stext): where the kernel lies cannot be told");
	k->kaslr = stext - s->value;
	k->kaslr_source = "VMCOREINFO SYMBOL(_stext) against vmlinux";
	return NULL;
}

static void relocate(struct vs_kernel *k)
{
	for (size_t i = 0; i < VS_SYM_COUNT; i++) {
		struct vs_symbol *s = &k->sym[i];

		// per-cpu symbols are offsets, and low
		if (s->found && !s->absolute && k->mem.arch->is_kernel(4, s->value))
			s->value += k->kaslr;
	}
}

static struct vs_err *place_image(struct vs_kernel *k)
{
	int64_t phys_base = 0;
	uint64_t start, end;

	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(phys_base)", &phys_base))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(phys_base): where the kernel lies in physical memory cannot be told");
	k->phys_base = (uint64_t)phys_base;
	if (!vs_kernel_sym(k, VS_SYM_TEXT, &start) && !vs_kernel_sym(k, VS_SYM_STEXT, &start))
		return no_symbol("_text");
	if (!vs_kernel_sym(k, VS_SYM_END, &end))
		return no_symbol("_end");
	if (start < X86_64_KERNEL_MAP || end <= start || end - start > UINT64_C(1) << 30)
		return vs_err_create(VS_ERR_MISMATCH,
			"the kernel image cannot be at %#" PRIx64 "-%#" PRIx64 " (KASLR offset %#" PRIx64 ", from %s)",
			start, end, k->kaslr, k->kaslr_source);
	k->mem.image_start = start;
	k->mem.image_end = end;
	k->mem.image_pa = start - X86_64_KERNEL_MAP + k->phys_base;
	return NULL;
}

static struct vs_err *place_tables(struct vs_kernel *k)
{
	int64_t l5 = 0, sme = 0;
	uint64_t root, len;
	struct vs_pgtable *pt = &k->mem.pgt;

	vs_vmcoreinfo_dec(&k->vi, "NUMBER(pgtable_l5_enabled)", &l5);
	vs_vmcoreinfo_dec(&k->vi, "NUMBER(sme_mask)", &sme);
	*pt = (struct vs_pgtable){
		.arch = k->mem.arch,
		.target = &k->mem.target,
		.levels = l5 ? 5 : 4,
		.enc_mask = (uint64_t)sme,
		.read = vs_kmem_phys_read,
		.arg = k->img,
	};
	// swapper_pg_dir is a macro on x86-64; VMCOREINFO gives its value under that name
	if (!vs_kernel_sym(k, VS_SYM_INIT_TOP_PGT, &root) &&
	    !vs_vmcoreinfo_hex(&k->vi, "SYMBOL(swapper_pg_dir)", &root))
		return no_symbol("init_top_pgt");
	if (!vs_kmem_phys(&k->mem, root, &pt->root, &len))
		return vs_err_create(VS_ERR_MISMATCH,
			"the kernel's page tables, at %#" PRIx64 ", are not in its image at %#" PRIx64 "-%#" PRIx64,
			root, k->mem.image_start, k->mem.image_end);
	return NULL;
}

static struct vs_err *place_direct_map(struct vs_kernel *k)
{
	uint64_t base = k->mem.pgt.levels == 5 ? X86_64_PAGE_OFFSET_L5 : X86_64_PAGE_OFFSET_L4;
	uint64_t at, top = 0;
	struct vs_xlat x;

	k->direct_source = "the default of the release: no symbol page_offset_base";
	if (vs_kernel_sym(k, VS_SYM_PAGE_OFFSET_BASE, &at)) {
		k->direct_source = "page_offset_base in the dump";
		if (!vs_kmem_ulong(&k->mem, at, &base))
			return vs_err_create(VS_ERR_ABSENT,
				"page_offset_base at %#" PRIx64 " is not in the dump: where the direct map begins cannot be told",
				at);
	}
	if (!k->mem.arch->is_kernel(k->mem.pgt.levels, base))
		return vs_err_create(VS_ERR_MISMATCH, "page_offset_base is %#" PRIx64
				     ": that is no kernel address", base);
	for (size_t i = 0; i < k->img->n_ranges; i++)
		if (k->img->ranges[i].end > top)
			top = k->img->ranges[i].end;
	k->mem.direct_start = base;
	k->mem.direct_pa = 0;
	k->mem.direct_end = base + top < base ? UINT64_MAX : base + top;

	// The tables must map the kernel image's own memory there too.
	k->mem.arch->walk(&k->mem.pgt, base + k->mem.image_pa, &x);
	if (x.end == VS_PG_MAPPED && x.pa != k->mem.image_pa)
		return vs_err_create(VS_ERR_MISMATCH,
			"the page tables map %#" PRIx64 " to %#" PRIx64 ", but the direct map (%s) has %#" PRIx64 " there",
			base + k->mem.image_pa, x.pa, k->direct_source, k->mem.image_pa);
	k->direct_checked = x.end == VS_PG_MAPPED;
	return NULL;
}

struct vs_err *vs_kernel_place(struct vs_kernel *k)
{
	struct vs_err *err;
	int64_t page_size;

	if (vs_vmcoreinfo_dec(&k->vi, "PAGESIZE", &page_size) && page_size != 4096)
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGESIZE=%" PRId64
				     "; %s has pages of 4096 bytes", page_size, k->mem.arch->name);
	err = find_kaslr(k);
	if (err)
		return err;
	relocate(k);
	err = place_image(k);
	if (!err)
		err = place_tables(k);
	if (!err)
		err = place_direct_map(k);
	return err;
}
