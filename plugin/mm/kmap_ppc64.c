// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ppc64, Book3S: the regions of arch/powerpc/include/asm/book3s/64/radix.h and hash.h.
 * Which MMU it is the kernel found out when it booted; where regions are it keeps in
 * variables.
 */
#include "base/bytes.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

enum { VMALLOC_START, VMALLOC_END, IO_START, IO_END, VMEMMAP, N_SYMS };

struct ppc64 {
	struct vs_kmap_maker *mk;
	struct vs_symbol syms[N_SYMS];
};

static bool value(struct ppc64 *p, unsigned int sym, uint64_t *ret)
{
	return p->syms[sym].found && vs_kmem_ulong(&p->mk->k->mem, p->syms[sym].value, ret);
}

static void put_between(struct ppc64 *p, const char *name, unsigned int first, unsigned int last, const char *source)
{
	uint64_t start, end;

	if (value(p, first, &start) && value(p, last, &end) && start < end)
		vs_kmap_put(p->mk, name, start, end - start, source);
}

/* One region of a vmemmap is as large as the others, which is what the hash MMU gives a context. */
static void put_vmemmap(struct ppc64 *p)
{
	struct vs_kmap_maker *mk = p->mk;
	const struct vs_kmem *mem = &mk->k->mem;
	const unsigned int shift = mem->target.page_shift;
	const uint64_t page = vs_kmap_page_struct(mk);
	uint64_t start, io_start, io_end;
	struct vs_kregion *r;
	struct vs_xlat x;

	if (!page || !value(p, VMEMMAP, &start))
		return;
	if (value(p, IO_START, &io_start) && value(p, IO_END, &io_end) && io_end == start) {
		r = vs_kmap_put(mk, "vmemmap", start, io_end - io_start, "vmemmap in the dump");
		// with the hash MMU it is in no table but the hardware's own
		mem->arch->walk(&mem->pgt, start, &x);
		if (x.end == VS_PG_MAPPED)
			vs_kmap_check_tables(mk, r, start + (mem->image_pa >> shift) * page, VS_PA_ANY);
	}
	vs_kmap_put(mk, "struct pages of memory", start + (mem->direct_pa >> shift) * page,
		    ((mk->memory_end - mem->direct_pa) >> shift) * page, mk->memory_source);
}

struct vs_err *vs_kmap_ppc64(struct vs_kmap_maker *mk)
{
	struct ppc64 p = {
		.mk = mk,
		.syms = {
			[VMALLOC_START] = { .name = "__vmalloc_start" },
			[VMALLOC_END] = { .name = "__vmalloc_end" },
			[IO_START] = { .name = "__kernel_io_start" },
			[IO_END] = { .name = "__kernel_io_end" },
			[VMEMMAP] = { .name = "vmemmap" },
		},
	};
	const struct vs_kmem *mem = &mk->k->mem;
	struct vs_err *err = vs_kernel_find(mk->k, p.syms, N_SYMS);
	struct vs_kregion *r;

	if (err)
		return err;
	r = vs_kmap_put(mk, "direct map", mem->direct_base, mem->direct_limit - mem->direct_base, "PAGE_OFFSET");
	if (mk->k->direct_checked)
		vs_kmap_check_tables(mk, r, mem->direct_start + (mem->image_pa - mem->direct_pa), mem->image_pa);
	vs_kmap_put(mk, "direct map of memory", mem->direct_start, mk->memory_end - mem->direct_pa,
		    mk->memory_source);
	put_between(&p, "vmalloc", VMALLOC_START, VMALLOC_END, "__vmalloc_start and __vmalloc_end in the dump");
	put_between(&p, "I/O", IO_START, IO_END, "__kernel_io_start and __kernel_io_end in the dump");
	put_vmemmap(&p);
	return NULL;
}
