// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arm64: Documentation/arch/arm64/memory.rst; arch/arm64/include/asm/memory.h,
 * pgtable.h, fixmap.h. VMCOREINFO has most of it since 6.0; before, and for what it
 * has not, the formulas of the releases are tried against the page tables.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define MB(n)	((uint64_t)(n) << 20)

enum { BM_PTE, MODULE_ALLOC_BASE, MODULE_DIRECT_BASE, MODULE_PLT_BASE, N_SYMS };

struct arm64 {
	struct vs_kmap_maker *mk;
	struct vs_symbol syms[N_SYMS];
	uint64_t page_offset, page_end;
	uint64_t unused;		/* bytes from page_offset that need more bits than are in use */
	uint64_t page_struct;		/* sizeof(struct page), a power of two or rounded up to it */
	uint64_t vmemmap, vmemmap_size;
};

static bool number(struct arm64 *a, const char *key, uint64_t *ret)
{
	int64_t v;

	if (!vs_vmcoreinfo_dec(&a->mk->k->vi, key, &v))
		return false;
	*ret = (uint64_t)v;
	return true;
}

/* Up to 5.10 vmemmap ended 2 MiB below the top. */
static bool is_old(const struct arm64 *a)
{
	return a->vmemmap + a->vmemmap_size == -MB(2);
}

/* The struct page of the image's first page, were vmemmap at @p start. */
static uint64_t image_page(struct arm64 *a, uint64_t start)
{
	const struct vs_kmem *mem = &a->mk->k->mem;
	uint64_t size = vs_kmap_page_struct(a->mk);
	// VMEMMAP_START stands for PAGE_OFFSET, of which memory need not be the first
	uint64_t va = mem->direct_start + (mem->image_pa - mem->direct_pa);

	return start + ((va - a->page_offset) >> mem->target.page_shift) * size;
}

/* VMEMMAP_START: up to 5.10 under the last 2 MiB, since at the VA's share. */
static void put_vmemmap(struct arm64 *a)
{
	const struct vs_kmem *mem = &a->mk->k->mem;
	const unsigned int shift = mem->target.page_shift;
	const uint64_t size = (a->page_end - a->page_offset) / vs_page_size(&mem->target) * a->page_struct;
	const struct { uint64_t start; const char *source; } tries[] = {
		{ -(-a->page_offset / vs_page_size(&mem->target) * a->page_struct),
		  "the share of struct pages, from VA_BITS" },
		{ -size - MB(2), "below the last 2 MiB (up to 5.10)" },
	};
	const char *source = tries[0].source;
	struct vs_kregion *r = NULL;
	struct vs_xlat x;
	uint64_t end, skip;

	if (!a->page_struct)
		return;
	a->vmemmap = tries[0].start;
	a->vmemmap_size = size;
	if (number(a, "NUMBER(VMEMMAP_START)", &a->vmemmap)) {
		source = "VMCOREINFO VMEMMAP_START";
		if (number(a, "NUMBER(VMEMMAP_END)", &end) && end > a->vmemmap)
			a->vmemmap_size = end - a->vmemmap;
	} else {
		bool found = false, absent = false;

		for (unsigned int i = 0; i < 2 && !found; i++) {
			mem->arch->walk(&mem->pgt, image_page(a, tries[i].start), &x);
			found = x.end == VS_PG_MAPPED;
			absent |= x.end == VS_PG_ABSENT;
			if (!found)
				continue;
			a->vmemmap = tries[i].start;
			source = tries[i].source;
		}
		if (!found && !absent) {	// a release with another formula
			a->vmemmap_size = 0;
			return;
		}
	}
	// what would be the struct pages of unused addresses has been left to vmalloc
	skip = (a->unused >> shift) * a->page_struct;
	if (skip < a->vmemmap_size)
		r = vs_kmap_put(a->mk, "vmemmap", a->vmemmap + skip, a->vmemmap_size - skip, source);
	vs_kmap_check_tables(a->mk, r, image_page(a, a->vmemmap), VS_PA_ANY);
	vs_kmap_put(a->mk, "struct pages of memory",
		    a->vmemmap + ((mem->direct_start - a->page_offset) >> shift) * vs_kmap_page_struct(a->mk),
		    ((a->mk->memory_end - mem->direct_pa) >> shift) * vs_kmap_page_struct(a->mk),
		    a->mk->memory_source);
}

/* Modules and vmalloc: vmalloc begins where modules end, and the image is linked to that place. */
static void put_vmalloc(struct arm64 *a)
{
	struct vs_kmap_maker *mk = a->mk;
	const struct vs_kernel *k = mk->k;
	uint64_t modules, modules_end, start, end;
	const char *source = "VMCOREINFO MODULES_VADDR";

	if (!number(a, "NUMBER(MODULES_VADDR)", &modules) || !number(a, "NUMBER(MODULES_END)", &modules_end)) {
		// KIMAGE_VADDR, less up to 512 KiB of TEXT_OFFSET (before 5.8); MODULES_VSIZE was 128 MiB up to 6.4
		modules_end = (k->mem.image_start - k->kaslr) & ~(MB(2) - 1);
		modules = modules_end - MB(128);
		source = "below where the image is linked to";
		if (modules - MB(128) == a->page_end)
			vs_kmap_put(mk, "BPF programs (up to 5.16)", a->page_end, MB(128), "below modules");
	}
	if (modules < modules_end)
		vs_kmap_put(mk, "modules", modules, modules_end - modules, source);
	source = "VMCOREINFO VMALLOC_START";
	if (!number(a, "NUMBER(VMALLOC_START)", &start) || !number(a, "NUMBER(VMALLOC_END)", &end)) {
		// VMALLOC_END: - PUD_SIZE - VMEMMAP_SIZE - 64 KiB up to 5.10, VMEMMAP_START - 256 MiB since
		const unsigned int bits = k->mem.target.page_shift - 3;
		unsigned int levels = k->mem.pgt.levels, pud = k->mem.target.page_shift + 2 * bits;

		// without a PUD level it is the PMD's or the PGD's size
		if (levels < 4)
			pud = k->mem.target.page_shift + (levels - 1) * bits;
		start = modules_end;
		end = is_old(a) ? -(UINT64_C(1) << pud) - a->vmemmap_size - 0x10000 : a->vmemmap - MB(256);
		source = "behind modules, up to vmemmap's guard";
		if (!a->vmemmap_size)
			return;
	}
	if (start < end)
		vs_kmap_put(mk, "vmalloc", start, end - start, source);
}

/* Where modules go under KASLR, near the image: module_alloc_base up to 6.4, then two windows. */
static void put_module_windows(struct arm64 *a)
{
	static const struct { unsigned int sym; const char *name, *source; uint64_t size; } rows[] = {
		{ MODULE_ALLOC_BASE, "modules under KASLR", "module_alloc_base in the dump", MB(128) },
		{ MODULE_DIRECT_BASE, "modules, direct branches", "module_direct_base in the dump", MB(128) },
		{ MODULE_PLT_BASE, "modules, branches by PLT", "module_plt_base in the dump", MB(2048) },
	};
	uint64_t v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (a->syms[rows[i].sym].found &&
		    vs_kmem_ulong(&a->mk->k->mem, a->syms[rows[i].sym].value, &v) && v)
			vs_kmap_put(a->mk, rows[i].name, v, rows[i].size, rows[i].source);
}

/*
 * PCI I/O and the fixmap: above vmemmap since 6.9, which ends 1 GiB below the top
 * then; before, below it. The last page table of the fixmap is bm_pte, in the image.
 */
static void put_fixmap(struct arm64 *a)
{
	const struct vs_kmem *mem = &a->mk->k->mem;
	const uint64_t vmemmap_end = a->vmemmap + a->vmemmap_size;
	uint64_t size = vs_kmap_fixed_address(a->mk, "__end_of_permanent_fixed_addresses") << mem->target.page_shift;
	uint64_t top = a->vmemmap - MB(32), pci = a->vmemmap - MB(24), bm_pte;
	const char *source = "below vmemmap (5.11 to 6.8)";
	struct vs_kregion *r;
	struct vs_xlat x;

	if (!a->vmemmap_size)
		return;
	if (vmemmap_end == -MB(1024)) {
		top = -MB(8);
		pci = vmemmap_end + MB(8);
		source = "above vmemmap (since 6.9)";
	} else if (is_old(a)) {
		top = a->vmemmap - MB(20);
		pci = a->vmemmap - MB(18);
		source = "below vmemmap (up to 5.10)";
	}
	mem->arch->walk(&mem->pgt, top - size, &x);
	if (a->syms[BM_PTE].found && x.end != VS_PG_ABSENT) {
		bm_pte = a->syms[BM_PTE].value - mem->image_start + mem->image_pa;
		// one page, a few since 6.4; otherwise this release has another place for it
		if (x.n_steps != mem->pgt.levels ||
		    x.steps[x.n_steps - 1].pa - bm_pte >= 4 * vs_page_size(&mem->target))
			return;
	}
	r = vs_kmap_put(a->mk, "fixmap", top - size, size, source);
	if (r && a->syms[BM_PTE].found && x.end != VS_PG_ABSENT) {
		r->check = VS_KREGION_AGREES;
		r->against = "the page tables";
	}
	vs_kmap_put(a->mk, "PCI I/O", pci, MB(16), source);
}

struct vs_err *vs_kmap_arm64(struct vs_kmap_maker *mk)
{
	struct arm64 a = {
		.mk = mk,
		.syms = {
			[BM_PTE] = { .name = "bm_pte" },
			[MODULE_ALLOC_BASE] = { .name = "module_alloc_base" },
			[MODULE_DIRECT_BASE] = { .name = "module_direct_base" },
			[MODULE_PLT_BASE] = { .name = "module_plt_base" },
		},
	};
	const struct vs_kmem *mem = &mk->k->mem;
	struct vs_err *err = vs_kernel_find(mk->k, a.syms, N_SYMS);
	struct vs_kregion *r;

	if (err)
		return err;
	a.page_offset = mem->direct_base;
	// a kernel for 52 bits on a machine of 48 has only the upper part
	if (a.page_offset < UINT64_MAX << mem->pgt.va_bits)
		a.unused = (UINT64_MAX << mem->pgt.va_bits) - a.page_offset;
	a.page_end = mem->direct_limit;		// 0 up to 5.3: the direct map was the upper half
	a.page_struct = vs_kmap_page_struct(mk);
	while (a.page_struct & (a.page_struct - 1))	// STRUCT_PAGE_MAX_SHIFT
		a.page_struct += a.page_struct & -a.page_struct;
	r = vs_kmap_put(mk, "direct map", a.page_offset + a.unused, a.page_end - a.page_offset - a.unused,
			a.unused ? "TCR_EL1_T1SZ in VMCOREINFO" : "VA_BITS in VMCOREINFO");
	vs_kmap_check_tables(mk, r, mem->direct_start + (mem->image_pa - mem->direct_pa), mem->image_pa);
	vs_kmap_put(mk, "direct map of memory", mem->direct_start, mk->memory_end - mem->direct_pa,
		    mk->memory_source);
	if (!a.page_end)
		return NULL;
	put_vmemmap(&a);
	put_vmalloc(&a);
	put_module_windows(&a);
	put_fixmap(&a);
	return NULL;
}
