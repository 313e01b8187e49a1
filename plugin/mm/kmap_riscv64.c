// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * riscv64: Documentation/arch/riscv/vm-layout.rst, arch/riscv/include/asm/pgtable.h. The
 * formulas are held against what VMCOREINFO says, and against the page tables.
 */
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define MB(n)		((uint64_t)(n) << 20)

struct riscv {
	struct vs_kmap_maker *mk;
	uint64_t page_offset;
	uint64_t page_struct;		/* sizeof(struct page) */
};

/* The first page that vmemmap has: a variable since 6.11, rounded down; before, that of phys_ram_base. */
static struct vs_err *first_pfn(struct riscv *r, uint64_t ram, uint64_t *ret)
{
	struct vs_kernel *k = r->mk->k;
	struct vs_symbol start = { .name = "vmemmap_start_pfn" };
	struct vs_err *err = vs_kernel_find(k, &start, 1);

	*ret = ram >> k->mem.target.page_shift;
	if (!err && start.found)
		vs_kmem_ulong(&k->mem, start.value, ret);
	return err;
}

static struct vs_err *put_vmemmap(struct riscv *r, uint64_t vmalloc)
{
	const struct vs_kmem *mem = &r->mk->k->mem;
	const unsigned int shift = mem->target.page_shift;
	const uint64_t ram = mem->direct_pa - (mem->direct_start - mem->direct_base);
	uint64_t order = 0, start, size, first, pages;
	struct vs_kregion *region;
	struct vs_err *err;

	if (!r->page_struct)
		return NULL;
	while (UINT64_C(1) << order < r->page_struct)	// STRUCT_PAGE_MAX_SHIFT
		order++;
	size = UINT64_C(1) << (mem->pgt.va_bits - shift - 1 + order);
	start = vmalloc - size;
	err = first_pfn(r, ram, &first);
	if (err)
		return err;
	pages = start + ((ram >> shift) - first) * r->page_struct;
	region = vs_kmap_put(r->mk, "vmemmap", start, size, "below vmalloc");
	vs_kmap_check_tables(r->mk, region, pages + ((mem->image_pa - ram) >> shift) * r->page_struct, VS_PA_ANY);
	vs_kmap_check_vmcoreinfo(r->mk, region, "NUMBER(VMEMMAP_START)", false);
	vs_kmap_put(r->mk, "struct pages of memory", pages, ((r->mk->memory_end - ram) >> shift) * r->page_struct,
		    r->mk->memory_source);
	vs_kmap_put(r->mk, "PCI I/O", start - MB(16), MB(16), "below vmemmap");
	// FIXADDR_SIZE: a PMD for slots of pages, two for the device tree
	vs_kmap_put(r->mk, "fixmap", start - MB(16) - MB(6), MB(6), "below PCI I/O");
	return NULL;
}

/* Since 5.13 image and modules share the last 2 GiB: what branches reach. */
static void put_image_area(struct riscv *r)
{
	const struct vs_kernel *k = r->mk->k;
	int64_t vaddr, end;

	if (vs_vmcoreinfo_dec(&k->vi, "NUMBER(MODULES_VADDR)", &vaddr) &&
	    vs_vmcoreinfo_dec(&k->vi, "NUMBER(MODULES_END)", &end) && (uint64_t)vaddr < (uint64_t)end) {
		vs_kmap_put(r->mk, "modules", (uint64_t)vaddr, (uint64_t)end - (uint64_t)vaddr,
			    "VMCOREINFO MODULES_VADDR");
		vs_kmap_put(r->mk, "BPF programs", (uint64_t)end - MB(128), MB(128), "the end of modules");
	}
}

struct vs_err *vs_kmap_riscv64(struct vs_kmap_maker *mk)
{
	const struct vs_kmem *mem = &mk->k->mem;
	struct riscv r = { .mk = mk, .page_offset = mem->direct_base, .page_struct = vs_kmap_page_struct(mk) };
	const uint64_t half = UINT64_C(1) << (mem->pgt.va_bits - 2);	// KERN_VIRT_SIZE
	const uint64_t vmalloc = r.page_offset - half / 2;
	struct vs_kregion *region;

	region = vs_kmap_put(mk, "direct map", r.page_offset, half, "PAGE_OFFSET in VMCOREINFO");
	vs_kmap_check_tables(mk, region, mem->direct_start + (mem->image_pa - mem->direct_pa), mem->image_pa);
	vs_kmap_put(mk, "direct map of memory", mem->direct_start, mk->memory_end - mem->direct_pa, mk->memory_source);
	region = vs_kmap_put(mk, "vmalloc", vmalloc, half / 2, "below the direct map");
	vs_kmap_check_vmcoreinfo(mk, region, "NUMBER(VMALLOC_START)", false);
	put_image_area(&r);
	return put_vmemmap(&r, vmalloc);
}
