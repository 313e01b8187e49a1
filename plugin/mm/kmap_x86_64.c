// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * x86-64: Documentation/arch/x86/x86_64/mm.rst; arch/x86/include/asm/
 * pgtable_64_types.h, arch/x86/mm/kaslr.c. All constants unchanged since 4.20 unless it
 * says otherwise.
 */
#include <stdio.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define GB(n)	((uint64_t)(n) << 30)
#define TB(n)	((uint64_t)(n) << 40)
#define PGD(i)	((uint64_t)(i) << 39)

#define KERNEL_MAP	UINT64_C(0xffffffff80000000)
#define MODULES_END	UINT64_C(0xffffffffff000000)
#define FIXADDR_TOP	UINT64_C(0xffffffffff7ff000)
#define VSYSCALL	UINT64_C(0xffffffffff600000)
#define CPU_ENTRY_AREA	PGD(-4)		/* since 4.15 */
#define ESPFIX		PGD(-2)
#define EFI_LOWEST	(-GB(68))

enum { PAGE_OFFSET_BASE, VMALLOC_BASE, VMEMMAP_BASE, PHYSMEM_END, DIRECT_END, CEA_OFFSET, ESPFIX_PUD,
       EFI_MM, KASAN, N_SYMS };

struct x86 {
	struct vs_kmap_maker *mk;
	struct vs_symbol syms[N_SYMS];
	bool l5;
};

/* A base that is a variable where the layout is random, else a constant of the release. */
static uint64_t base(struct x86 *x, unsigned int sym, uint64_t by_default, bool *variable_ret)
{
	uint64_t v;

	*variable_ret = x->syms[sym].found && vs_kmem_ulong(&x->mk->k->mem, x->syms[sym].value, &v) &&
		vs_kmem_is_kernel(&x->mk->k->mem, v);
	return *variable_ret ? v : by_default;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Direct map, vmalloc, vmemmap: in this order whatever KASLR does. */
static void put_random(struct x86 *x)
{
	struct vs_kmap_maker *mk = x->mk;
	const struct vs_kmem *mem = &mk->k->mem;
	const uint64_t page_struct = vs_kmap_page_struct(mk), direct = mem->direct_base;
	bool var_vmalloc, var_vmemmap;
	uint64_t vmalloc = base(x, VMALLOC_BASE, x->l5 ? UINT64_C(0xffa0000000000000) :
				UINT64_C(0xffffc90000000000), &var_vmalloc);
	uint64_t vmemmap = base(x, VMEMMAP_BASE, x->l5 ? UINT64_C(0xffd4000000000000) :
				UINT64_C(0xffffea0000000000), &var_vmemmap);
	uint64_t size = x->l5 ? TB(32 * 1024) : TB(64), end, memory = mk->memory_end;
	const char *source = "page_offset_base; up to vmalloc at most";
	struct vs_kregion *r;

	// the last address that may ever have memory: physmem_end since 6.11, renamed in 6.13
	if ((x->syms[PHYSMEM_END].found && vs_kmem_ulong(&mk->k->mem, x->syms[PHYSMEM_END].value, &end)) ||
	    (x->syms[DIRECT_END].found && vs_kmem_ulong(&mk->k->mem, x->syms[DIRECT_END].value, &end))) {
		if (end < size && end + 1 >= memory) {
			size = end + 1;
			source = "page_offset_base, physmem_end";
		}
	}
	if (vmalloc > direct)
		size = min(size, vmalloc - direct);
	r = vs_kmap_put(mk, "direct map", direct, size, source);
	vs_kmap_check_tables(mk, r, direct + mem->image_pa, mem->image_pa);
	vs_kmap_put(mk, "direct map of memory", direct, memory, mk->memory_source);

	size = x->l5 ? TB(12800) : TB(32);
	if (vmemmap > vmalloc)
		size = min(size, vmemmap - vmalloc);
	r = vs_kmap_put(mk, "vmalloc", vmalloc, size, var_vmalloc ? "vmalloc_base in the dump" :
			"the release's constant");
	vs_kmap_check_vmcoreinfo(mk, r, "NUMBER(VMALLOC_START)", false);	// since 6.9

	r = vs_kmap_put(mk, "vmemmap", vmemmap, min(x->l5 ? TB(512) : TB(1), CPU_ENTRY_AREA - vmemmap),
			var_vmemmap ? "vmemmap_base in the dump" : "the release's constant");
	vs_kmap_check_tables(mk, r, vmemmap + (mem->image_pa >> 12) * page_struct, VS_PA_ANY);
	vs_kmap_check_vmcoreinfo(mk, r, "SYMBOL(vmemmap)", true);
	vs_kmap_put(mk, "struct pages of memory", vmemmap, (memory >> 12) * page_struct, mk->memory_source);
}

/* Where each CPU has its own: one after the other, or since 6.2 shuffled (_cea_offset). */
static struct vs_err *put_cpu_entry_areas(struct x86 *x)
{
	struct vs_kmap_maker *mk = x->mk;
	const struct vs_type *t = NULL;
	const struct vs_cpus *cpus;
	struct vs_err *err = vs_types_find(mk->k->types, VS_KIND_STRUCT, "cpu_entry_area", &t);

	if (err || !t || !t->size)
		return err;
	vs_kmap_check_tables(mk, vs_kmap_put(mk, "cpu entry areas", CPU_ENTRY_AREA, GB(512), "fixed"),
			     CPU_ENTRY_AREA, VS_PA_ANY);	// the IDT, in its first page
	err = vs_kernel_cpus(mk->k, &cpus);
	for (size_t i = 0; !err && i < cpus->v.n; i++) {
		const struct vs_cpu *c = &cpus->v.v[i];
		uint64_t slot = c->nr, start;
		char name[48];

		if (x->syms[CEA_OFFSET].found &&
		    !vs_kmem_uint(&mk->k->mem, x->syms[CEA_OFFSET].value + c->offset, 4, &slot))
			continue;
		start = CPU_ENTRY_AREA + 4096 + slot * t->size;
		if (start + t->size > CPU_ENTRY_AREA + GB(512))
			continue;
		snprintf(name, sizeof(name), "entry area of CPU %u", c->nr);
		vs_kmap_check_tables(mk, vs_kmap_put(mk, name, start, t->size, x->syms[CEA_OFFSET].found ?
						     "_cea_offset in the dump" : "sizeof(struct cpu_entry_area)"),
				     start, VS_PA_ANY);		// its GDT
	}
	return err;
}

static void put_image_area(struct x86 *x)
{
	struct vs_kmap_maker *mk = x->mk;
	uint64_t gate;
	uint64_t fixed = vs_kmap_fixed_address(mk, "__end_of_permanent_fixed_addresses") << 12;
	int64_t size = 0;

	if (vs_vmcoreinfo_dec(&mk->k->vi, "NUMBER(KERNEL_IMAGE_SIZE)", &size) && size > 0 && size <= INT64_C(1) << 30) {
		vs_kmap_put(mk, "kernel image area", KERNEL_MAP, (uint64_t)size, "KERNEL_IMAGE_SIZE in VMCOREINFO");
		vs_kmap_put(mk, "modules", KERNEL_MAP + (uint64_t)size, MODULES_END - KERNEL_MAP - (uint64_t)size,
			    "behind the kernel image area");
	}
	if (fixed && fixed < FIXADDR_TOP - MODULES_END)
		vs_kmap_put(mk, "fixmap", FIXADDR_TOP - fixed, fixed, "enum fixed_addresses");
	if (vs_kernel_sym(mk->k, VS_SYM_GATE_VMA, &gate))
		vs_kmap_put(mk, "vsyscall", VSYSCALL, 4096, "fixed");
}

struct vs_err *vs_kmap_x86_64(struct vs_kmap_maker *mk)
{
	struct x86 x = {
		.mk = mk,
		.l5 = mk->k->mem.pgt.levels == 5,
		.syms = {
			[PAGE_OFFSET_BASE] = { .name = "page_offset_base" },
			[VMALLOC_BASE] = { .name = "vmalloc_base" },
			[VMEMMAP_BASE] = { .name = "vmemmap_base" },
			[PHYSMEM_END] = { .name = "physmem_end" },
			[DIRECT_END] = { .name = "direct_map_physmem_end" },
			[CEA_OFFSET] = { .name = "_cea_offset" },
			[ESPFIX_PUD] = { .name = "espfix_pud_page" },
			[EFI_MM] = { .name = "efi_mm" },
			[KASAN] = { .name = "kasan_early_shadow_page" },
		},
	};
	const uint64_t bottom = x.l5 ? UINT64_C(0xff00000000000000) : UINT64_C(0xffff800000000000);
	const uint64_t ldt = x.l5 ? UINT64_C(0xff10000000000000) : UINT64_C(0xffff880000000000);
	struct vs_err *err = vs_kernel_find(mk->k, x.syms, N_SYMS);

	if (err)
		return err;
	vs_kmap_put(mk, "reserved for a hypervisor", bottom, ldt - bottom, "fixed");
	vs_kmap_put(mk, "LDTs of processes (PTI)", ldt, x.l5 ? TB(256) : GB(512), "fixed");
	put_random(&x);
	if (x.syms[KASAN].found)	// 1/8 of the kernel's half; KASAN_SHADOW_OFFSET is 0xdffffc0000000000
		vs_kmap_put(mk, "KASAN shadow", x.l5 ? UINT64_C(0xffdf000000000000) : UINT64_C(0xffffec0000000000),
			    UINT64_C(0xfffffc0000000000) - (x.l5 ? UINT64_C(0xffdf000000000000) :
							    UINT64_C(0xffffec0000000000)), "fixed");
	err = put_cpu_entry_areas(&x);
	if (x.syms[ESPFIX_PUD].found)
		vs_kmap_put(mk, "espfix stacks", ESPFIX, GB(512), "fixed");
	if (x.syms[EFI_MM].found)
		vs_kmap_put(mk, "EFI runtime services", EFI_LOWEST, GB(64), "fixed");
	put_image_area(&x);
	return err;
}
