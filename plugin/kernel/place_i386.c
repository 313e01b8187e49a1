// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * i386: arch/x86/kernel/vmcore_info_32.c, arch/x86/mm/init_32.c. Memory up to high_memory is
 * at CONFIG_PAGE_OFFSET, the image within it; KASLR moves it in both. VMCOREINFO has none of that.
 */
#include <elf.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

/* CONFIG_PAGE_OFFSET: VMSPLIT_3G, 3G_OPT, 2G, 2G_OPT, 1G; unchanged since 2.6.16. */
static const uint64_t page_offsets[] = { 0xc0000000, 0xb0000000, 0x80000000, 0x78000000, 0x40000000 };

/* The highest of them that is not above @p va, 0: none. */
static uint64_t offset_below(uint64_t va)
{
	for (size_t i = 0; i < sizeof(page_offsets) / sizeof(page_offsets[0]); i++)
		if (page_offsets[i] <= va)
			return page_offsets[i];
	return 0;
}

/*
 * That with which the kernel's tables, so many bytes above it as they are in physical
 * memory, map the image where it is then.
 */
static struct vs_err *find_page_offset(struct vs_kernel *k)
{
	struct vs_pgtable pt = k->mem.pgt;
	uint64_t stext, pgd;
	bool absent = false;

	if (!vs_vmcoreinfo_hex(&k->vi, "SYMBOL(_stext)", &stext) ||
	    !vs_vmcoreinfo_hex(&k->vi, "SYMBOL(swapper_pg_dir)", &pgd))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO lacks SYMBOL(_stext) or SYMBOL(swapper_pg_dir): where the kernel lies cannot be told");
	for (size_t i = 0; i < sizeof(page_offsets) / sizeof(page_offsets[0]); i++) {
		struct vs_xlat x;

		pt.root = pgd - page_offsets[i];
		if (stext < page_offsets[i] || pgd < page_offsets[i])
			continue;
		k->mem.arch->walk(&pt, stext, &x);
		absent |= x.end == VS_PG_ABSENT;
		if (x.end != VS_PG_MAPPED || x.pa != stext - page_offsets[i])
			continue;
		k->mem.pgt.kernel_start = page_offsets[i];
		return NULL;
	}
	// what is left out of the dump accuses nobody; the banner will have to be there
	k->mem.pgt.kernel_start = offset_below(stext);
	if (absent && k->mem.pgt.kernel_start)
		return NULL;
	return vs_err_create(VS_ERR_MISMATCH,
		"VMCOREINFO has the page tables at %#" PRIx64 " and _stext at %#" PRIx64
		"; with no PAGE_OFFSET that i386 can have do the one map the other", pgd, stext);
}

static struct vs_err *tables(struct vs_kernel *k)
{
	size_t len;
	const bool pae = vs_vmcoreinfo_get(&k->vi, "CONFIG_X86_PAE", &len);

	if (k->mem.target.page_shift != 12)
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGESIZE=%" PRIu64
				     "; i386 has pages of 4096 bytes", vs_page_size(&k->mem.target));
	k->mem.pgt.levels = pae ? 3 : 2;
	k->mem.pgt.va_bits = 32;
	k->mem.pgt.top_bits = pae ? 2 : 10;
	return find_page_offset(k);
}

static struct vs_err *image(struct vs_kernel *k, uint64_t *pa_ret)
{
	*pa_ret = k->mem.image_start - k->mem.pgt.kernel_start;
	return NULL;
}

/* Where low memory ends by the tables: they map it from PAGE_OFFSET on as it is. */
static uint64_t mapped_end(const struct vs_kernel *k)
{
	uint64_t va = k->mem.pgt.kernel_start;

	while (va <= UINT32_MAX) {
		struct vs_xlat x;

		k->mem.arch->walk(&k->mem.pgt, va, &x);
		if (x.end != VS_PG_MAPPED || x.pa != va - k->mem.pgt.kernel_start)
			break;
		va = x.va + x.len;
	}
	return va;
}

static struct vs_err *direct(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret)
{
	const uint64_t base = k->mem.pgt.kernel_start;
	struct vs_symbol high = { .name = "high_memory" };
	const char *source = "PAGE_OFFSET as the page tables have it, up to high_memory";
	struct vs_err *err = vs_kernel_find(k, &high, 1);
	uint64_t end;

	if (err)
		return err;
	if (!high.found || !vs_kmem_ulong(&k->mem, high.value, &end) || end <= base || end & 0xfff) {
		end = mapped_end(k);
		source = "PAGE_OFFSET as the page tables have it, as far as they map memory";
	}
	*ret = (struct vs_direct){ .base = base, .size = end - base, .source = source };
	*n_ret = 1;
	return NULL;
}

/* With PAE, then without. The image is as far above PAGE_OFFSET as in physical memory. */
static bool guess(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret)
{
	struct vs_symbol syms[] = { { .name = "swapper_pg_dir" }, { .name = "_stext" } };
	const uint64_t base = offset_below(g->linked), kaslr = g->image_pa + base - g->linked;

	vs_err_free(vs_symbols_find(k->symbols, syms, 2));
	if (!syms[0].found || !syms[1].found || !base)
		return false;
	*how_ret = "worked out from where the image is in memory";
	vs_buf_printf(text, "PAGESIZE=4096\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64
		      "\nSYMBOL(_stext)=%" PRIx64 "\n%s", kaslr, syms[0].value + kaslr, syms[1].value + kaslr,
		      g->nth ? "" : "CONFIG_X86_PAE=y\n");
	return true;
}

const struct vs_place vs_place_i386 = {
	.machine = EM_386,
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",
	.tables = tables,
	.image = image,
	.direct = direct,
	.guess = guess,
	.n_guesses = 2,
};
