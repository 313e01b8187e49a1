// SPDX-License-Identifier: GPL-2.0-or-later
/* riscv64: Documentation/arch/riscv/vm-layout.rst, arch/riscv/kernel/vmcore_info.c, arch/riscv/mm/init.c. */
#include <elf.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

/* PTE_PROT_NONE: _PAGE_GLOBAL, up to 5.17 _PAGE_READ. */
#define NONE_GLOBAL	UINT64_C(0x20)
#define NONE_READ	UINT64_C(0x02)

/* What the kernel found at boot: VA_BITS is an expression there. */
static struct vs_err *tables(struct vs_kernel *k)
{
	struct vs_pgtable *pt = &k->mem.pgt;
	int64_t va_bits;

	if (k->mem.target.page_shift != 12)
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGESIZE=%" PRIu64
				     "; riscv64 has pages of 4096 bytes", vs_page_size(&k->mem.target));
	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(VA_BITS)", &va_bits))	// since 6.1
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(VA_BITS): how the page tables are built cannot be told");
	if (va_bits != 39 && va_bits != 48 && va_bits != 57)
		return vs_err_create(VS_ERR_FORMAT, "VMCOREINFO says VA_BITS=%" PRId64
				     "; expected 39, 48 or 57 (Sv39, Sv48, Sv57)", va_bits);
	pt->va_bits = (unsigned int)va_bits;
	pt->levels = (pt->va_bits - 12) / 9;
	pt->top_bits = 9;
	return NULL;
}

static struct vs_err *image(struct vs_kernel *k, uint64_t *pa_ret)
{
	int64_t offset;

	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(va_kernel_pa_offset)", &offset))	// since 6.5
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no NUMBER(va_kernel_pa_offset): where the kernel lies in physical memory cannot be told");
	*pa_ret = k->mem.image_start - (uint64_t)offset;
	return NULL;
}

static struct vs_err *direct(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret)
{
	int64_t base, ram;
	uint64_t at, none;

	// protection_map[0] is PAGE_NONE: it tells by which bit such a page is known
	k->mem.pgt.none_bit = NONE_GLOBAL;
	if (vs_kernel_sym(k, VS_SYM_PROTECTION_MAP, &at) && vs_kmem_ulong(&k->mem, at, &none) &&
	    !(none & 1) && none && !(none & NONE_GLOBAL))
		k->mem.pgt.none_bit = NONE_READ;
	if (!vs_vmcoreinfo_dec(&k->vi, "NUMBER(PAGE_OFFSET)", &base) ||
	    !vs_vmcoreinfo_dec(&k->vi, "NUMBER(phys_ram_base)", &ram))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO lacks NUMBER(PAGE_OFFSET) or NUMBER(phys_ram_base): where the direct map begins cannot be told");
	if (!vs_kmem_is_kernel(&k->mem, (uint64_t)base))
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGE_OFFSET=%#" PRIx64
				     ": with addresses of %u bits that is no kernel address", (uint64_t)base,
				     k->mem.pgt.va_bits);
	*ret = (struct vs_direct){
		.base = (uint64_t)base,
		.size = UINT64_C(1) << (k->mem.pgt.va_bits - 2),	// KERN_VIRT_SIZE: half of the kernel's half
		.pa = (uint64_t)ram,
		.source = "PAGE_OFFSET and phys_ram_base in VMCOREINFO",
	};
	*n_ret = 1;
	return NULL;
}

/*
 * satp_mode and phys_ram_base are variables of the image; so is kernel_map, since 5.14, whose
 * first members are page_offset and virt_addr, where _start was put.
 */
static bool guess(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret)
{
	struct vs_symbol syms[] = { { .name = "swapper_pg_dir" }, { .name = "kernel_map" }, { .name = "_start" } };
	uint64_t satp, ram, page_offset, virt_addr, start_pa;
	unsigned char raw[16];
	unsigned int mode;

	vs_err_free(vs_symbols_find(k->symbols, syms, 3));
	if (!syms[0].found || !syms[1].found || !syms[2].found ||
	    !vs_guess_variable(k, g, "satp_mode", 8, &satp) || !vs_guess_variable(k, g, "phys_ram_base", 8, &ram) ||
	    !vs_from_ok(vs_image_read(k->img, g->image_pa + (syms[1].value - g->linked), raw, sizeof(raw), NULL)))
		return false;
	page_offset = vs_load64(raw, k->mem.target.big_endian);
	virt_addr = vs_load64(raw + 8, k->mem.target.big_endian);
	start_pa = g->image_pa - (g->linked - syms[2].value);
	mode = (unsigned int)(satp >> 60);	// 8, 9, 10: Sv39, Sv48, Sv57
	if (mode < 8 || mode > 10)
		return false;
	*how_ret = "worked out from kernel_map in memory";
	vs_buf_printf(text, "PAGESIZE=4096\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64
		      "\nNUMBER(VA_BITS)=%u\nNUMBER(PAGE_OFFSET)=0x%" PRIx64 "\nNUMBER(phys_ram_base)=0x%" PRIx64
		      "\nNUMBER(va_kernel_pa_offset)=0x%" PRIx64 "\n", virt_addr - syms[2].value,
		      syms[0].value + (virt_addr - syms[2].value), 39 + 9 * (mode - 8), page_offset, ram,
		      virt_addr - start_pa);
	return true;
}

const struct vs_place vs_place_riscv64 = {
	.machine = EM_RISCV,
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",
	.tables = tables,
	.image = image,
	.direct = direct,
	.guess = guess,
	.n_guesses = 1,
};
