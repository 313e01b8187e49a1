// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own map. Which regions there are is each architecture's; here is
 * what all have: the parts of the image, the modules that are loaded.
 */
#include "mm/kmap.h"

#include <elf.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"

static const struct {
	uint16_t machine;
	struct vs_err *(*put)(struct vs_kmap_maker *mk);
} rows[] = {
	{ EM_386, vs_kmap_i386 },
	{ EM_AARCH64, vs_kmap_arm64 },
	{ EM_PPC64, vs_kmap_ppc64 },
	{ EM_RISCV, vs_kmap_riscv64 },
	{ EM_S390, vs_kmap_s390x },
	{ EM_X86_64, vs_kmap_x86_64 },
};

struct vs_kregion *vs_kmap_put(struct vs_kmap_maker *mk, const char *name, uint64_t start, uint64_t size,
			       const char *source)
{
	struct vs_kregion *r;

	if (!size || start + (size - 1) < start)
		return NULL;
	r = vs_kmap_add(mk->m, name, start, start + (size - 1), source);
	mk->failed |= !r;
	return r;
}

void vs_kmap_check_tables(struct vs_kmap_maker *mk, struct vs_kregion *r, uint64_t va, uint64_t pa)
{
	const struct vs_kmem *mem = &mk->k->mem;
	struct vs_xlat x;

	if (!r)
		return;
	mem->arch->walk(&mem->pgt, va, &x);
	if (x.end == VS_PG_ABSENT)
		return;
	r->against = "the page tables";
	r->check = x.end == VS_PG_MAPPED && (pa == VS_PA_ANY || x.pa == pa) ? VS_KREGION_AGREES :
		VS_KREGION_DISAGREES;
}

void vs_kmap_check_vmcoreinfo(struct vs_kmap_maker *mk, struct vs_kregion *r, const char *key, bool hex)
{
	const struct vs_vmcoreinfo *vi = &mk->k->vi;
	uint64_t v;
	int64_t sv;

	if (!r || (r->check != VS_KREGION_UNCHECKED && r->check != VS_KREGION_AGREES))
		return;
	if (!hex && !vs_vmcoreinfo_dec(vi, key, &sv))
		return;
	if (!hex)
		v = (uint64_t)sv;
	else if (!vs_vmcoreinfo_hex(vi, key, &v))
		return;
	r->check = v == r->start ? VS_KREGION_AGREES : VS_KREGION_DISAGREES;
	r->against = "VMCOREINFO";
}

uint64_t vs_kmap_page_struct(struct vs_kmap_maker *mk)
{
	const struct vs_type *t = NULL;
	struct vs_err *err = vs_types_find(mk->k->types, VS_KIND_STRUCT, "page", &t);

	vs_err_free(err);
	return !err && t && t->size <= 4096 ? t->size : 0;
}

uint64_t vs_kmap_fixed_address(struct vs_kmap_maker *mk, const char *name)
{
	const struct vs_type *t = NULL;
	struct vs_err *err = vs_types_find(mk->k->types, VS_KIND_ENUM, "fixed_addresses", &t);

	if (!err && t)
		err = vs_type_complete(mk->k->types, t);
	vs_err_free(err);
	for (size_t i = 0; !err && t && i < t->n_enums; i++)
		if (!strcmp(t->enums[i].name, name) && t->enums[i].value > 0)
			return (uint64_t)t->enums[i].value;
	return 0;
}

static struct vs_err *find_memory_end(struct vs_kmap_maker *mk)
{
	const struct vs_kmem *mem = &mk->k->mem;
	struct vs_symbol max_pfn = { .name = "max_pfn" };
	struct vs_err *err = vs_kernel_find(mk->k, &max_pfn, 1);
	uint64_t pfn;

	// the dump may have ROMs far above
	mk->memory_end = mem->direct_pa + (mem->direct_end - mem->direct_start);
	mk->memory_source = "memory of the dump";
	if (!err && max_pfn.found && vs_kmem_ulong(&mk->k->mem, max_pfn.value, &pfn) &&
	    pfn << mem->target.page_shift > mem->direct_pa && pfn << mem->target.page_shift < mk->memory_end) {
		mk->memory_end = pfn << mem->target.page_shift;
		mk->memory_source = "max_pfn in the dump";
	}
	return err;
}

/* include/asm-generic/sections.h */
static struct vs_err *put_image(struct vs_kmap_maker *mk)
{
	static const struct { const char *name, *start, *end; } parts[] = {
		{ "kernel text", "_stext", "_etext" },
		{ "kernel rodata", "__start_rodata", "__end_rodata" },
		{ "kernel data", "_sdata", "_edata" },
		{ "kernel init (freed)", "__init_begin", "__init_end" },
		{ "kernel bss", "__bss_start", "__bss_stop" },
		{ "kernel brk", "__brk_base", "__brk_limit" },	// x86
	};
	const size_t n = sizeof(parts) / sizeof(parts[0]);
	struct vs_symbol syms[2 * sizeof(parts) / sizeof(parts[0])] = { 0 };
	const struct vs_kmem *mem = &mk->k->mem;
	uint64_t stext = mem->image_start;
	struct vs_kregion *r;
	struct vs_err *err;

	r = vs_kmap_put(mk, "kernel image", mem->image_start, mem->image_end - mem->image_start,
			mk->k->sym[VS_SYM_END].found ? "_text and _end, moved by KASLR" :
			"from _stext as far as the page tables map it");
	vs_kernel_sym(mk->k, VS_SYM_STEXT, &stext);	// arm64 leaves out what is before it since 5.11
	if (!mk->k->direct_bolted)
		vs_kmap_check_tables(mk, r, stext, mem->image_pa + (stext - mem->image_start));
	for (size_t i = 0; i < n; i++) {
		syms[2 * i].name = parts[i].start;
		syms[2 * i + 1].name = parts[i].end;
	}
	err = vs_kernel_find(mk->k, syms, 2 * n);
	for (size_t i = 0; !err && i < n; i++) {
		const struct vs_symbol *s = &syms[2 * i];

		if (s[0].found && s[1].found && s[1].value > s[0].value)
			vs_kmap_put(mk, parts[i].name, s[0].value, s[1].value - s[0].value, "symbols");
	}
	return err;
}

/* mod_tree knows the lowest and the highest address of any module since 4.2. */
static struct vs_err *put_modules(struct vs_kmap_maker *mk)
{
	const struct vs_layout *l = &mk->k->layout;
	struct vs_symbol tree = { .name = "mod_tree" };
	uint64_t min, max;
	struct vs_err *err = vs_kernel_find(mk->k, &tree, 1);

	if (!err && tree.found && vs_has(l->mod_tree.addr_min) && vs_has(l->mod_tree.addr_max) &&
	    vs_kmem_ulong(&mk->k->mem, tree.value + (uint64_t)l->mod_tree.addr_min.off, &min) &&
	    vs_kmem_ulong(&mk->k->mem, tree.value + (uint64_t)l->mod_tree.addr_max.off, &max) && min < max)
		vs_kmap_check_tables(mk, vs_kmap_put(mk, "modules loaded", min, max - min, "mod_tree in the dump"),
				     min, VS_PA_ANY);
	return err;
}

bool vs_kmap_struct_pages(struct vs_kernel *k, uint64_t *pages_ret, uint64_t *direct_ret)
{
	if (!k->vmemmap.asked) {
		struct vs_kmap map = { 0 };

		vs_err_free(vs_kmap_read(k, &map));
		for (size_t i = 0; i < map.v.n; i++) {
			if (!strcmp(map.v.v[i].name, "struct pages of memory"))
				k->vmemmap.pages = map.v.v[i].start;
			if (!strcmp(map.v.v[i].name, "direct map of memory"))
				k->vmemmap.direct = map.v.v[i].start;
		}
		vs_kmap_deinit(&map);
		k->vmemmap.asked = true;
	}
	*pages_ret = k->vmemmap.pages;
	*direct_ret = k->vmemmap.direct;
	return k->vmemmap.pages && k->vmemmap.direct;
}

struct vs_err *vs_kmap_read(struct vs_kernel *k, struct vs_kmap *ret)
{
	struct vs_kmap_maker mk = { .k = k, .m = ret };
	struct vs_err *err;

	*ret = (struct vs_kmap){ 0 };
	err = find_memory_end(&mk);
	if (!err)
		err = put_image(&mk);
	if (!err)
		err = put_modules(&mk);
	for (size_t i = 0; !err && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].machine == k->mem.arch->machine)
			err = rows[i].put(&mk);
	if (!err && mk.failed)
		err = &vs_enomem;
	ret->digits = 2u * k->mem.target.word;
	vs_kmap_settle(ret);
	return err;
}
