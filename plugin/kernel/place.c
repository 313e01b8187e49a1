// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the kernel lies in the dump: KASLR, the physical base of its image, the
 * page tables, the direct map. Each from the dump itself, each held against
 * something else where there is anything. What differs between architectures is
 * in a row of their own.
 */
#include "kernel/place.h"

#include <inttypes.h>

#include "base/err.h"
#include "kernel/kernel.h"

#define IMAGE_MAX	(UINT64_C(256) << 20)	/* bytes */
#define HOLE_MAX	(UINT64_C(32) << 20)

static const struct vs_place *const places[] = {
	&vs_place_arm64,
	&vs_place_i386,
	&vs_place_ppc64,
	&vs_place_riscv64,
	&vs_place_s390x,
	&vs_place_x86_64,
};

static struct vs_err *no_symbol(const struct vs_kernel *k, const char *name)
{
	return vs_err_create(VS_ERR_NOT_FOUND, "no symbol %s (%s)", name, k->symbols->source);
}

/* PAGESIZE is in VMCOREINFO since there is one (2.6.24). */
static struct vs_err *find_page_size(struct vs_kernel *k)
{
	int64_t size;

	if (!vs_vmcoreinfo_dec(&k->vi, "PAGESIZE", &size))
		return NULL;	// 4 KiB, as it was set
	for (unsigned int shift = 12; shift <= 16; shift++) {
		if (size != INT64_C(1) << shift)
			continue;
		k->mem.target.page_shift = (uint8_t)shift;
		return NULL;
	}
	return vs_err_create(VS_ERR_FORMAT, "VMCOREINFO says PAGESIZE=%" PRId64
			     "; expected a power of two from 4096 to 65536", size);
}

/* KASLR: what VMCOREINFO says, held against the address it gives for _stext. */
static struct vs_err *find_kaslr(struct vs_kernel *k)
{
	uint64_t stext, off;
	const struct vs_symbol *s = &k->sym[VS_SYM_STEXT];
	bool have_stext = vs_vmcoreinfo_hex(&k->vi, "SYMBOL(_stext)", &stext) && s->found;

	if (vs_vmcoreinfo_hex(&k->vi, "KERNELOFFSET", &off)) {
		k->kaslr = off;
		k->kaslr_source = k->vi.made ? k->vi.kaslr_how : "VMCOREINFO KERNELOFFSET";
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
	k->kaslr_source = k->vmlinux ? "VMCOREINFO SYMBOL(_stext) against vmlinux" :
		"VMCOREINFO has no KERNELOFFSET; symbols are as they ran";
	return NULL;
}

static void relocate(const struct vs_kernel *k, struct vs_symbol *syms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct vs_symbol *s = &syms[i];

		// per-cpu symbols of x86 up to 6.14 are offsets, and low
		if (s->found && !s->absolute && vs_kmem_is_kernel(&k->mem, s->value))
			s->value += k->kaslr;
	}
}

struct vs_err *vs_kernel_find(struct vs_kernel *k, struct vs_symbol *want, size_t n)
{
	struct vs_err *err = vs_symbols_find(k->symbols, want, n);

	if (!err)
		relocate(k, want, n);
	return err;
}

/* How far the image may reach from @p pa: what was left out of the dump may lie in it, and no kernel is as large. */
static uint64_t image_room(const struct vs_kernel *k, uint64_t pa)
{
	uint64_t room = 0;

	for (size_t i = 0; i < k->img->n_ranges; i++)
		if (k->img->ranges[i].end > pa && k->img->ranges[i].start < pa + IMAGE_MAX)
			room = k->img->ranges[i].end - pa;
	return room < IMAGE_MAX ? room : IMAGE_MAX;
}

/*
 * Where the image ends where no symbol says so (kallsyms without variables): the last
 * byte that the page tables map where the image's distance puts it. What was freed
 * after boot leaves holes.
 */
static uint64_t mapped_end(struct vs_kernel *k)
{
	const uint64_t start = k->mem.image_start;
	uint64_t end = start;
	struct vs_xlat x;

	for (uint64_t at = start; at < k->mem.image_end && at - end < HOLE_MAX; at = x.va + x.len) {
		k->mem.arch->walk(&k->mem.pgt, at, &x);
		if (x.end == VS_PG_MAPPED && x.pa == k->mem.image_pa + (at - start))
			end = x.va + x.len;
		if (x.va + x.len <= at)
			break;
	}
	return end < k->mem.image_end ? end : k->mem.image_end;
}

static struct vs_err *place_image(struct vs_kernel *k, const struct vs_place *p)
{
	uint64_t start, end, pa;
	struct vs_err *err;

	if (!vs_kernel_sym(k, VS_SYM_TEXT, &start) && !vs_kernel_sym(k, VS_SYM_STEXT, &start))
		return no_symbol(k, "_text");
	if (!vs_kernel_sym(k, VS_SYM_END, &end)) {
		k->mem.image_start = start;
		err = p->image(k, &pa);
		if (err)
			return err;
		end = start + image_room(k, pa);	// mapped_end() will tell
	}
	if (!vs_kmem_is_kernel(&k->mem, start) || end <= start || end - start > UINT64_C(1) << 30)
		return vs_err_create(VS_ERR_MISMATCH,
			"the kernel image cannot be at %#" PRIx64 "-%#" PRIx64 " (KASLR offset %#" PRIx64 ", from %s)",
			start, end, k->kaslr, k->kaslr_source);
	k->mem.image_start = start;
	k->mem.image_end = end;
	return p->image(k, &k->mem.image_pa);
}

static struct vs_err *place_tables(struct vs_kernel *k, const struct vs_place *p)
{
	uint64_t root, pa, len;

	// what was opened before may have been the same kernel at another place
	for (size_t i = 0; i < VS_TLB_SIZE; i++)
		k->mem.tlb[i].len = 0;
	k->mem.pgt.root = 0;
	k->mem.direct_start = k->mem.direct_end = 0;
	if (!vs_kernel_sym(k, VS_SYM_INIT_TOP_PGT, &root) &&
	    !vs_vmcoreinfo_hex(&k->vi, p->pgd_symbol, &root))
		return vs_err_create(VS_ERR_NOT_FOUND, "neither symbols nor VMCOREINFO have %s: no way to the kernel's page tables",
				     p->pgd_symbol);
	if (!vs_kmem_phys(&k->mem, root, &pa, &len))
		return vs_err_create(VS_ERR_MISMATCH,
			"the kernel's page tables, at %#" PRIx64 ", are not in its image at %#" PRIx64 "-%#" PRIx64,
			root, k->mem.image_start, k->mem.image_end);
	vs_pgtable_move(&k->mem.pgt, pa);
	return NULL;
}

/* The part of the direct map that the dump's memory fills; false if none of it could be there. */
static bool direct_range(const struct vs_kernel *k, const struct vs_direct *d, uint64_t *lo_ret, uint64_t *hi_ret)
{
	uint64_t lo = UINT64_MAX, hi = 0;

	for (size_t i = 0; i < k->img->n_ranges; i++) {
		uint64_t start = k->img->ranges[i].start - d->pa, end = k->img->ranges[i].end - d->pa;

		if (start >= end || start >= d->size)
			continue;	// devices, or flash: not in this map
		if (end > d->size)
			end = d->size;	// highmem
		start = start < d->skip ? d->skip : start;
		lo = start < lo ? start : lo;
		hi = end > hi ? end : hi;
	}
	*lo_ret = lo;
	*hi_ret = hi;
	return lo < hi;
}

/*
 * The tables map the kernel image's own memory in the direct map too: of the
 * places where it may be, the one where they do.
 */
static struct vs_err *place_direct_map(struct vs_kernel *k, const struct vs_place *p)
{
	struct vs_direct d[VS_DIRECT_MAX];
	struct vs_xlat x = { .end = VS_PG_ABSENT };
	unsigned int n = 0, best = 0;
	uint64_t lo, hi, at;
	struct vs_err *err = p->direct(k, d, &n);

	if (err)
		return err;
	k->direct_checked = false;
	k->direct_bolted = d[0].bolted;
	for (unsigned int i = 0; i < n && !k->direct_checked && !k->direct_bolted; i++) {
		at = d[i].base + (k->mem.image_pa - d[i].pa);
		k->mem.arch->walk(&k->mem.pgt, at, &x);
		k->direct_checked = x.end == VS_PG_MAPPED && x.pa == k->mem.image_pa;
		best = k->direct_checked ? i : best;
	}
	if (!k->direct_checked && !k->direct_bolted) {
		at = d[0].base + (k->mem.image_pa - d[0].pa);
		k->mem.arch->walk(&k->mem.pgt, at, &x);
		if (x.end == VS_PG_MAPPED)
			return vs_err_create(VS_ERR_MISMATCH,
				"the page tables map %#" PRIx64 " to %#" PRIx64 ", but the direct map (%s) has %#" PRIx64 " there",
				at, x.pa, d[0].source, k->mem.image_pa);
	}
	k->direct_source = d[best].source;
	if (!direct_range(k, &d[best], &lo, &hi))
		return vs_err_create(VS_ERR_MISMATCH,
			"no memory of the dump is in the direct map from %#" PRIx64 " (%s)", d[best].base,
			d[best].source);
	k->mem.direct_base = d[best].base;
	k->mem.direct_limit = d[best].base + d[best].size;
	k->mem.direct_start = d[best].base + lo;
	k->mem.direct_end = d[best].base + hi;
	k->mem.direct_pa = d[best].pa + lo;
	return NULL;
}

const struct vs_place *vs_place_find(const struct vs_kernel *k)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i]->machine == k->mem.arch->machine)
			return places[i];
	return NULL;
}

/* VMCOREINFO is of the machine that the container names, or of none that is known here. */
static struct vs_err *check_machine(const struct vs_kernel *k, const struct vs_place *p)
{
	size_t len;

	if (!p->mark || vs_vmcoreinfo_get(&k->vi, p->mark, &len))
		return NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct vs_arch *of = vs_arch_find(places[i]->machine);

		if (of && places[i]->mark && vs_vmcoreinfo_get(&k->vi, places[i]->mark, &len))
			return vs_err_create(VS_ERR_MISMATCH,
				"the container says that the machine is %s, but VMCOREINFO has %s, as kernels of %s do",
				k->mem.arch->name, places[i]->mark, of->name);
	}
	return NULL;
}

/* What can be known before any symbol: the row of the architecture, the page, the tables' shape. */
static struct vs_err *place_start(struct vs_kernel *k, const struct vs_place **ret)
{
	const struct vs_place *p = vs_place_find(k);
	struct vs_err *err;

	if (!p)
		return vs_err_create(VS_ERR_FORMAT, "where the kernel lies on %s is not known here",
				     k->mem.arch->name);
	k->mem.pgt = (struct vs_pgtable){
		.arch = k->mem.arch,
		.target = &k->mem.target,
		.read = vs_kmem_phys_read,
		.arg = k->img,
	};
	*ret = p;
	err = check_machine(k, p);
	if (!err)
		err = find_page_size(k);
	return err ? err : p->tables(k);
}

struct vs_err *vs_kernel_place_alone(struct vs_kernel *k, uint64_t *stext_ret)
{
	const struct vs_place *p;
	struct vs_err *err = place_start(k, &p);

	if (err)
		return err;
	if (!vs_vmcoreinfo_hex(&k->vi, "SYMBOL(_stext)", stext_ret))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has no SYMBOL(_stext): where the kernel lies cannot be told without a vmlinux");
	if (!vs_kmem_is_kernel(&k->mem, *stext_ret))
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO has _stext at %#" PRIx64 ": that is no kernel address",
				     *stext_ret);
	// without KERNELOFFSET symbols stay as they run, and nothing is added
	if (!vs_vmcoreinfo_hex(&k->vi, "KERNELOFFSET", &k->kaslr))
		k->kaslr = 0;
	k->mem.image_start = *stext_ret;
	err = p->image(k, &k->mem.image_pa);
	if (err)
		return err;
	k->mem.image_end = k->mem.image_start + image_room(k, k->mem.image_pa);
	if (k->mem.image_end <= k->mem.image_start)
		return vs_err_create(VS_ERR_MISMATCH,
			"_stext, %#" PRIx64 ", would be at physical %#" PRIx64 ", where the dump describes no memory",
			*stext_ret, k->mem.image_pa);
	return NULL;
}

struct vs_err *vs_kernel_place(struct vs_kernel *k)
{
	const struct vs_place *p;
	struct vs_err *err = place_start(k, &p);

	if (!err)
		err = find_kaslr(k);
	if (err)
		return err;
	relocate(k, k->sym, VS_SYM_COUNT);
	err = place_image(k, p);
	if (!err)
		err = place_tables(k, p);
	if (!err && !k->sym[VS_SYM_END].found)
		k->mem.image_end = mapped_end(k);
	if (!err)
		err = place_direct_map(k, p);
	vs_cpus_deinit(&k->cpus);
	return err;
}
