// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * i386: arch/x86/include/asm/pgtable_32_areas.h, fixmap.h. Memory above high_memory is mapped
 * a page at a time, in the window of kmap() and in slots of the fixmap.
 */
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define MB(n)		((uint64_t)(n) << 20)
#define PAGE		UINT64_C(0x1000)
#define VMALLOC_OFFSET	MB(8)		/* unchanged since 2.4 */

enum { FIXADDR_TOP, PKMAP_PAGE_TABLE, MEM_MAP, MAX_PFN, N_SYMS };

/* PKMAP_BASE depends on NR_CPUS: it is where the tables lead to the table that the kernel remembers. */
static uint64_t find_pkmap(struct vs_kmap_maker *mk, const struct vs_symbol *table, uint64_t from)
{
	struct vs_kmem *mem = &mk->k->mem;
	const uint64_t span = mem->pgt.levels == 3 ? MB(2) : MB(4);
	uint64_t at, pa, len;

	if (!table->found || !vs_kmem_ulong(mem, table->value, &at) || !vs_kmem_phys(mem, at, &pa, &len))
		return 0;
	for (uint64_t va = (from + span - 1) & ~(span - 1); va <= UINT32_MAX; va += span) {
		struct vs_xlat x;

		mem->arch->walk(&mem->pgt, va, &x);
		if (x.n_steps == mem->pgt.levels && x.steps[x.n_steps - 1].pa == pa)
			return va;
	}
	return 0;
}

struct vs_err *vs_kmap_i386(struct vs_kmap_maker *mk)
{
	struct vs_symbol syms[N_SYMS] = {
		[FIXADDR_TOP] = { .name = "__FIXADDR_TOP" },
		[PKMAP_PAGE_TABLE] = { .name = "pkmap_page_table" },
		[MEM_MAP] = { .name = "mem_map" },
		[MAX_PFN] = { .name = "max_pfn" },
	};
	struct vs_kmem *mem = &mk->k->mem;
	const uint64_t vmalloc = mem->direct_limit + VMALLOC_OFFSET;
	uint64_t top = UINT64_C(0xfffff000), pkmap, fixed, pages, n, page_struct = vs_kmap_page_struct(mk);
	struct vs_kregion *r;
	struct vs_err *err = vs_kernel_find(mk->k, syms, N_SYMS);

	if (err)
		return err;
	r = vs_kmap_put(mk, "direct map", mem->direct_base, mem->direct_limit - mem->direct_base, mk->k->direct_source);
	vs_kmap_check_tables(mk, r, mem->direct_base + mem->image_pa, mem->image_pa);
	vs_kmap_put(mk, "direct map of memory", mem->direct_start, mem->direct_end - mem->direct_start,
		    "memory of the dump");
	pkmap = find_pkmap(mk, &syms[PKMAP_PAGE_TABLE], vmalloc);
	if (pkmap > vmalloc + 2 * PAGE) {
		vs_kmap_put(mk, "vmalloc", vmalloc, pkmap - 2 * PAGE - vmalloc, "high_memory, up to kmap()'s window");
		r = vs_kmap_put(mk, "kmap", pkmap, mem->pgt.levels == 3 ? MB(2) : MB(4), "pkmap_page_table in the dump");
		if (r) {
			r->check = VS_KREGION_AGREES;
			r->against = "the page tables";
		}
	}
	// mem_map: without SPARSEMEM
	if (syms[MEM_MAP].found && syms[MAX_PFN].found && page_struct &&
	    vs_kmem_ulong(mem, syms[MEM_MAP].value, &pages) && vs_kmem_is_kernel(mem, pages) &&
	    vs_kmem_ulong(mem, syms[MAX_PFN].value, &n)) {
		r = vs_kmap_put(mk, "struct pages of memory", pages, n * page_struct, "mem_map, max_pfn in the dump");
		vs_kmap_check_tables(mk, r, pages + (mem->image_pa >> mem->target.page_shift) * page_struct, VS_PA_ANY);
	}
	if (syms[FIXADDR_TOP].found)
		vs_kmem_ulong(mem, syms[FIXADDR_TOP].value, &top);
	fixed = vs_kmap_fixed_address(mk, "__end_of_permanent_fixed_addresses") * PAGE;
	if (fixed && fixed < MB(64))
		vs_kmap_put(mk, "fixmap", top - fixed, fixed, "enum fixed_addresses");
	return NULL;
}
