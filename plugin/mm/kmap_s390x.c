// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * s390x: arch/s390/boot/startup.c lays the kernel's address space out when it boots and
 * leaves the result in variables. Nothing of it is fixed; the top depends on how many
 * levels of tables it chose.
 */
#include "base/bytes.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define LOWCORES	UINT64_C(0x4000)	/* ABS_LOWCORE_MAP_SIZE: one of a CPU, and what is between */

enum { IDENT_SIZE, VM_LAYOUT, VMEMMAP, VMEMMAP_SIZE, VMALLOC_START, VMALLOC_END, MODULES_VADDR, MODULES_END,
       ABS_LOWCORE, REAL_AREA, N_SYMS };

struct s390x {
	struct vs_kmap_maker *mk;
	struct vs_symbol syms[N_SYMS];
};

/* The variable's value; false if there is none. */
static bool value(struct s390x *s, unsigned int sym, uint64_t *ret)
{
	return s->syms[sym].found && vs_kmem_ulong(&s->mk->k->mem, s->syms[sym].value, ret);
}

static void put_between(struct s390x *s, const char *name, unsigned int first, unsigned int last, const char *source)
{
	uint64_t start, end;

	if (value(s, first, &start) && value(s, last, &end) && start < end)
		vs_kmap_put(s->mk, name, start, end - start, source);
}

static void put_direct(struct s390x *s)
{
	struct vs_kmap_maker *mk = s->mk;
	const struct vs_kmem *mem = &mk->k->mem;
	const char *source = "ident_map_size in the dump";
	uint64_t size;
	struct vs_kregion *r;

	// since 6.11 a member of vm_layout, whose four are of a word each
	if (!value(s, IDENT_SIZE, &size)) {
		source = "vm_layout in the dump";
		if (!s->syms[VM_LAYOUT].found ||
		    !vs_kmem_ulong(&mk->k->mem, s->syms[VM_LAYOUT].value + 3 * mem->target.word, &size)) {
			size = mk->memory_end;
			source = mk->memory_source;
		}
	}
	r = vs_kmap_put(mk, "direct map", mem->direct_base, size, source);
	vs_kmap_check_tables(mk, r, mem->direct_start + (mem->image_pa - mem->direct_pa), mem->image_pa);
	vs_kmap_put(mk, "direct map of memory", mem->direct_start, mk->memory_end - mem->direct_pa,
		    mk->memory_source);
}

static void put_vmemmap(struct s390x *s)
{
	struct vs_kmap_maker *mk = s->mk;
	const struct vs_kmem *mem = &mk->k->mem;
	const unsigned int shift = mem->target.page_shift;
	const uint64_t page = vs_kmap_page_struct(mk);
	uint64_t start, size;
	struct vs_kregion *r;

	if (!page || !value(s, VMEMMAP, &start))
		return;
	if (!value(s, VMEMMAP_SIZE, &size))
		size = (mk->memory_end >> shift) * page;
	r = vs_kmap_put(mk, "vmemmap", start, size, "vmemmap in the dump");
	vs_kmap_check_tables(mk, r, start + (mem->image_pa >> shift) * page, VS_PA_ANY);
	vs_kmap_put(mk, "struct pages of memory", start + (mem->direct_pa >> shift) * page,
		    ((mk->memory_end - mem->direct_pa) >> shift) * page, mk->memory_source);
}

struct vs_err *vs_kmap_s390x(struct vs_kmap_maker *mk)
{
	struct s390x s = {
		.mk = mk,
		.syms = {
			[IDENT_SIZE] = { .name = "ident_map_size" },
			[VM_LAYOUT] = { .name = "vm_layout" },
			[VMEMMAP] = { .name = "vmemmap" },
			[VMEMMAP_SIZE] = { .name = "vmemmap_size" },
			[VMALLOC_START] = { .name = "VMALLOC_START" },
			[VMALLOC_END] = { .name = "VMALLOC_END" },
			[MODULES_VADDR] = { .name = "MODULES_VADDR" },
			[MODULES_END] = { .name = "MODULES_END" },
			[ABS_LOWCORE] = { .name = "__abs_lowcore" },
			[REAL_AREA] = { .name = "__memcpy_real_area" },
		},
	};
	struct vs_err *err = vs_kernel_find(mk->k, s.syms, N_SYMS);
	uint64_t at;

	if (err)
		return err;
	put_direct(&s);
	put_vmemmap(&s);
	put_between(&s, "vmalloc", VMALLOC_START, VMALLOC_END, "VMALLOC_START and VMALLOC_END in the dump");
	put_between(&s, "modules", MODULES_VADDR, MODULES_END, "MODULES_VADDR and MODULES_END in the dump");
	if (value(&s, ABS_LOWCORE, &at))
		vs_kmap_put(mk, "lowcores", at, LOWCORES, "__abs_lowcore in the dump");
	if (value(&s, REAL_AREA, &at))
		vs_kmap_put(mk, "window to real memory", at, vs_page_size(&mk->k->mem.target),
			    "__memcpy_real_area in the dump");
	return NULL;
}
