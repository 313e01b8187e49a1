// SPDX-License-Identifier: GPL-2.0-or-later
/* SLUB, seen from one object; see slab.c. */
#include "mm/slot.h"

#include "base/err.h"
#include "kernel/cpus.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"

#define OO_SHIFT	16	/* kmem_cache.oo.x: order above it, objects a slab below */
#define MAX_ORDER	10
#define MAX_OBJECTS	(1u << 15)	/* of one slab: what struct slab can count */

uint64_t vs_slot_encode(const struct vs_kernel *k, const struct vs_slot *s, uint64_t at, uint64_t next)
{
	if (!s->hardened)
		return next;
	return next ^ s->random ^
		(k->mem.target.word == 8 ? __builtin_bswap64(at) : __builtin_bswap32((uint32_t)at));
}

static bool uint_at(struct vs_kernel *k, uint64_t base, struct vs_field f, uint64_t *ret)
{
	return vs_has(f) && f.size <= 8 && vs_kmem_uint(&k->mem, base + (uint64_t)f.off, f.size, ret);
}

/* The struct page of the slab that the page of @p page is part of. */
static uint64_t head_of(struct vs_kernel *k, uint64_t page)
{
	const uint64_t size = k->layout.page.size;
	uint64_t info, head;

	if (!uint_at(k, page, k->layout.page.compound_head, &info) || !(info & 1))
		return page;
	// a pointer with bit 0 set; since 7.1 a mask where struct page is a power of two
	head = info - 1;
	if (head > page || page - head >= size << MAX_ORDER)
		head = page & info;
	return head <= page && page - head < size << MAX_ORDER ? head : page;
}

/* Whether @p obj is on the freelist that begins with @p head. */
static bool is_on(struct vs_kernel *k, const struct vs_slot *s, uint64_t head, uint64_t obj)
{
	for (unsigned int n = 0; n < MAX_OBJECTS && head >= s->first && head < s->end; n++) {
		uint64_t word;

		if (head == obj)
			return true;
		if (!vs_kmem_ulong(&k->mem, head + s->offset, &word))
			return false;
		head = vs_slot_encode(k, s, head + s->offset, word);
	}
	return false;
}

static bool is_free(struct vs_kernel *k, const struct vs_slot *s)
{
	const struct vs_layout *l = &k->layout;
	const struct vs_cpus *cpus;
	uint64_t per_cpu, head;
	struct vs_err *err;

	if (is_on(k, s, s->head, s->start))
		return true;
	if (!uint_at(k, s->cache, l->kmem_cache.cpu_slab, &per_cpu) || !vs_has(l->kmem_cache_cpu.freelist))
		return false;	// sheaves, since 6.18: not known
	err = vs_kernel_cpus(k, &cpus);
	if (err) {
		vs_err_free(err);
		return false;
	}
	for (size_t i = 0; i < cpus->v.n; i++)
		if (uint_at(k, per_cpu + cpus->v.v[i].offset, l->kmem_cache_cpu.freelist, &head) &&
		    is_on(k, s, head, s->start))
			return true;
	return false;
}

static bool read_cache(struct vs_kernel *k, struct vs_slot *s, uint64_t *order_ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t size, offset, oo, pad = 0, name;

	if (!vs_kmem_is_kernel(&k->mem, s->cache) || s->cache % k->mem.target.word ||
	    !uint_at(k, s->cache, l->kmem_cache.size, &size) ||
	    !uint_at(k, s->cache, l->kmem_cache.offset, &offset) ||
	    !uint_at(k, s->cache, l->kmem_cache.oo, &oo))
		return false;
	uint_at(k, s->cache, l->kmem_cache.red_left_pad, &pad);
	s->hardened = uint_at(k, s->cache, l->kmem_cache.random, &s->random);
	*order_ret = oo >> OO_SHIFT;
	if (!size || size > 1 << 20 || offset + k->mem.target.word > size || pad >= size || *order_ret > MAX_ORDER)
		return false;
	s->size = (uint32_t)size;
	s->offset = (uint32_t)offset;
	s->first += pad;
	if (uint_at(k, s->cache, l->kmem_cache.name, &name) && vs_kmem_is_kernel(&k->mem, name) &&
	    !vs_kmem_string(&k->mem, name, s->name, sizeof(s->name)))
		s->name[0] = 0;
	return true;
}

bool vs_slot_read(struct vs_kernel *k, uint64_t addr, struct vs_slot *ret)
{
	const struct vs_layout *l = &k->layout;
	const struct vs_field cache = vs_has(l->slab.slab_cache) ? l->slab.slab_cache : l->page.slab_cache;
	const struct vs_field list = vs_has(l->slab.freelist) ? l->slab.freelist : l->page.freelist;
	const unsigned int shift = k->mem.target.page_shift;
	uint64_t vmemmap, direct, page, order;

	*ret = (struct vs_slot){ 0 };
	if (!vs_has(cache) || !vs_has(list) || !l->page.size || addr < k->mem.direct_start ||
	    addr >= k->mem.direct_end)
		return false;
	if (!vs_kmap_struct_pages(k, &vmemmap, &direct) || addr < direct)
		return false;
	page = head_of(k, vmemmap + ((addr - direct) >> shift) * l->page.size);
	ret->first = direct + ((page - vmemmap) / l->page.size << shift);
	ret->head_va = page + (uint64_t)list.off;
	// what is no slab has other things there: they make no kmem_cache
	if (!uint_at(k, page, cache, &ret->cache) || !read_cache(k, ret, &order) ||
	    !vs_kmem_ulong(&k->mem, ret->head_va, &ret->head) || addr < ret->first)
		return false;
	ret->end = (ret->first & ~((UINT64_C(1) << shift) - 1)) + (UINT64_C(1) << (shift + order));
	if (addr >= ret->end)
		return false;
	ret->start = ret->first + (addr - ret->first) / ret->size * ret->size;
	ret->free = is_free(k, ret);
	return true;
}
