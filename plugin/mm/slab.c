// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SLUB: full slabs are on no list, so all struct pages are gone through for those
 * whose slab_cache is the one wanted. An object is free if it is on the freelist
 * of its slab or on that of a CPU; freelist pointers may be hardened. (mm/slub.c)
 */
#include "mm/slab.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/cpus.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define OO_SHIFT	16		/* kmem_cache.oo.x: order above it, objects a slab below */
#define MAX_ORDER	10

/* A kmem_cache, as far as it is wanted here. */
struct cache {
	uint64_t addr, cpu_slab, random;
	uint32_t size, offset, red_left_pad, order;
	bool hardened;
};

struct scan {
	struct vs_kernel *k;
	struct vs_out *out;
	struct vs_slab *ret;
	struct cache c;
	uint64_t vmemmap, direct;	/* the struct page of what the direct map has at .direct */
	uint32_t page_size;		/* sizeof(struct page) */
	int32_t slab_cache, freelist, head;	/* offsets in struct page / struct slab */
};

void vs_slab_deinit(struct vs_slab *s)
{
	vs_vec_deinit(&s->objects);
	vs_map_deinit(&s->free);
	free(s->problem);
	s->problem = NULL;
}

static struct vs_err *problem(struct vs_slab *s, const char *what)
{
	s->problem = strdup(what);
	return s->problem ? NULL : &vs_enomem;
}

static bool uint_at(struct scan *sc, uint64_t base, struct vs_field f, uint64_t *ret)
{
	return vs_has(f) && f.size <= 8 && vs_kmem_uint(&sc->k->mem, base + (uint64_t)f.off, f.size, ret);
}

static bool read_cache(struct scan *sc, uint64_t cachep, uint32_t min)
{
	const struct vs_layout *l = &sc->k->layout;
	uint64_t size, offset, oo, pad = 0;

	if (!vs_kmem_ulong(&sc->k->mem, cachep, &sc->c.addr) ||
	    !uint_at(sc, sc->c.addr, l->kmem_cache.size, &size) ||
	    !uint_at(sc, sc->c.addr, l->kmem_cache.offset, &offset) ||
	    !uint_at(sc, sc->c.addr, l->kmem_cache.oo, &oo))
		return false;
	uint_at(sc, sc->c.addr, l->kmem_cache.red_left_pad, &pad);
	uint_at(sc, sc->c.addr, l->kmem_cache.cpu_slab, &sc->c.cpu_slab);
	sc->c.hardened = uint_at(sc, sc->c.addr, l->kmem_cache.random, &sc->c.random);
	sc->c.size = (uint32_t)size;
	sc->c.offset = (uint32_t)offset;
	sc->c.red_left_pad = (uint32_t)pad;
	sc->c.order = (uint32_t)(oo >> OO_SHIFT);
	return size >= min && size <= 1 << 16 && offset < size && pad < size &&
		sc->c.order <= MAX_ORDER;
}

static uint64_t swab(uint64_t v, unsigned int word)
{
	return word == 8 ? __builtin_bswap64(v) : __builtin_bswap32((uint32_t)v);
}

/* Mark what is on a freelist. A loop or a pointer astray ends it: the rest counts as allocated. */
static struct vs_err *mark_free(struct scan *sc, uint64_t obj)
{
	const unsigned int word = sc->k->mem.target.word;

	for (unsigned int n = 0; obj && n < 1 << 16; n++) {
		uint64_t at = obj + sc->c.offset, next;

		if (vs_map_get(&sc->ret->free, obj) != VS_MAP_NONE)
			return NULL;
		if (!vs_map_set(&sc->ret->free, obj, 0))
			return &vs_enomem;
		if (!vs_kmem_ulong(&sc->k->mem, at, &next)) {
			sc->ret->n_cut++;
			return NULL;
		}
		if (sc->c.hardened)	// CONFIG_SLAB_FREELIST_HARDENED
			next ^= sc->c.random ^ swab(at, word);
		if (next && (!vs_kmem_is_kernel(&sc->k->mem, next) || next % word)) {
			sc->ret->n_cut++;
			return NULL;
		}
		obj = next;
	}
	return NULL;
}

static struct vs_err *mark_cpu_freelists(struct scan *sc)
{
	const struct vs_layout *l = &sc->k->layout;
	const struct vs_cpus *cpus;
	struct vs_err *err;
	uint64_t obj;

	if (!sc->c.cpu_slab || !vs_has(l->kmem_cache_cpu.freelist))
		return NULL;	// sheaves since 6.18: vm_refcnt tells what is free there
	err = vs_kernel_cpus(sc->k, &cpus);
	for (size_t i = 0; !err && i < cpus->v.n; i++)
		if (uint_at(sc, sc->c.cpu_slab + cpus->v.v[i].offset, l->kmem_cache_cpu.freelist, &obj))
			err = mark_free(sc, obj);
	return err;
}

/* The slab whose first page has this struct page; @p raw are its bytes. */
static struct vs_err *take_slab(struct scan *sc, uint64_t page_va, const unsigned char *raw, uint64_t struct_va)
{
	const struct vs_kmem *mem = &sc->k->mem;
	const unsigned int word = mem->target.word;
	uint64_t freelist = vs_load(raw + sc->freelist, word, mem->target.big_endian), next, bytes;
	unsigned int pages = 1;
	struct vs_err *err;

	// Short of memory a slab may be of a lower order than oo says: tail pages name their head.
	while (pages < 1u << sc->c.order &&
	       vs_kmem_ulong(&sc->k->mem, struct_va + (uint64_t)pages * sc->page_size + (uint64_t)sc->head, &next) &&
	       next & 1)
		pages++;
	bytes = (uint64_t)pages << mem->target.page_shift;
	sc->ret->n_pages++;
	err = mark_free(sc, freelist);
	for (uint64_t at = 0; !err && at + sc->c.size <= bytes; at += sc->c.size) {
		enum vs_from from;

		if (!vs_kmem_peek(&sc->k->mem, page_va + at, 1, &from) && !vs_from_ok(from))
			sc->ret->n_lost++;
		if (!vs_vec_reserve(&sc->ret->objects, sc->ret->objects.n + 1))
			return &vs_enomem;
		sc->ret->objects.v[sc->ret->objects.n++] = page_va + at + sc->c.red_left_pad;
	}
	return err;
}

static struct vs_err *scan_range(struct scan *sc, uint64_t pa, uint64_t end)
{
	struct vs_kmem *mem = &sc->k->mem;
	const uint64_t page = vs_page_size(&mem->target);
	unsigned char raw[256];
	struct vs_err *err = NULL;

	for (; !err && pa + page <= end; pa += page) {
		uint64_t va = mem->direct_start + (pa - mem->direct_pa);
		uint64_t at = sc->vmemmap + ((va - sc->direct) >> mem->target.page_shift) * sc->page_size;
		void (*watch)(void *arg, uint64_t addr, uint64_t len) = mem->img->touched;
		const unsigned char *p;
		enum vs_from from;

		// an extract is to hold the struct pages that lead somewhere, not all of them
		mem->img->touched = NULL;
		p = vs_kmem_peek(mem, at, sc->page_size, &from);
		if (!p) {
			from = vs_kmem_read(mem, at, raw, sc->page_size, NULL);
			p = raw;
		}
		mem->img->touched = watch;
		if (!vs_from_ok(from)) {
			sc->ret->n_absent += from != VS_FROM_NOWHERE;	// a hole has no struct pages
			continue;
		}
		if (vs_load(p + sc->slab_cache, mem->target.word, mem->target.big_endian) == sc->c.addr) {
			memmove(raw, p, sc->page_size);
			// nor was it watched how it was found: by tables that nothing else may lead to
			if (watch)
				memset(mem->tlb, 0, sizeof(mem->tlb));
			vs_kmem_peek(mem, at, sc->page_size, &from);
			err = take_slab(sc, va, raw, at);
		}
		if (!err && (pa >> mem->target.page_shift) % 65536 == 0)
			err = vs_out_poll(sc->out);
	}
	return err;
}

static int cmp_addr(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Leave out what is free; in order of addresses. */
static void settle(struct vs_slab *s)
{
	size_t out = 0;

	for (size_t i = 0; i < s->objects.n; i++)
		if (vs_map_get(&s->free, s->objects.v[i]) == VS_MAP_NONE)
			s->objects.v[out++] = s->objects.v[i];
	s->objects.n = out;
	if (out)
		qsort(s->objects.v, out, sizeof(*s->objects.v), cmp_addr);
}

struct vs_err *vs_slab_read(struct vs_kernel *k, uint64_t cachep, uint32_t min, struct vs_out *out,
			    struct vs_slab *ret)
{
	const struct vs_layout *l = &k->layout;
	struct scan sc = { .k = k, .out = out, .ret = ret };
	struct vs_err *err = NULL;

	*ret = (struct vs_slab){ 0 };
	// struct slab since 5.17; before, the same members are in struct page
	sc.slab_cache = vs_has(l->slab.slab_cache) ? l->slab.slab_cache.off : l->page.slab_cache.off;
	sc.freelist = vs_has(l->slab.freelist) ? l->slab.freelist.off : l->page.freelist.off;
	sc.head = l->page.compound_head.off;
	sc.page_size = l->page.size;
	if (sc.slab_cache < 0 || sc.freelist < 0 || sc.head < 0 || !sc.page_size || sc.page_size > 256)
		return problem(ret, "the types have no struct page with slab_cache, freelist and compound_head");
	if (!read_cache(&sc, cachep, min))
		return problem(ret, "it leads to no kmem_cache that makes sense");
	if (!vs_kmap_struct_pages(k, &sc.vmemmap, &sc.direct))
		return problem(ret, "where the struct pages lie (vmemmap) is not known");
	err = mark_cpu_freelists(&sc);
	for (size_t i = 0; !err && i < k->img->n_ranges; i++)
		err = scan_range(&sc, k->img->ranges[i].start, k->img->ranges[i].end);
	settle(ret);
	return err;
}
