// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kmem.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define WINDOW	(UINT64_C(1) << 20)

bool vs_kmem_phys_read(void *arg, uint64_t pa, void *buf, size_t len)
{
	return vs_from_ok(vs_image_read(arg, pa, buf, len, NULL));
}

bool vs_kmem_phys(struct vs_kmem *k, uint64_t va, uint64_t *pa_ret, uint64_t *len_ret)
{
	struct vs_xlat x;
	size_t slot;

	va = vs_wrap(&k->target, va);	// per-cpu offsets are often "negative"
	if (va - k->direct_start < k->direct_end - k->direct_start) {
		*pa_ret = k->direct_pa + (va - k->direct_start);
		*len_ret = k->direct_end - va;
		return true;
	}
	if (va - k->image_start < k->image_end - k->image_start) {
		*pa_ret = k->image_pa + (va - k->image_start);
		*len_ret = k->image_end - va;
		return true;
	}
	k->lost = VS_FROM_NOWHERE;
	slot = va >> k->target.page_shift & (VS_TLB_SIZE - 1);
	if (va - k->tlb[slot].va >= k->tlb[slot].len) {
		if (!k->pgt.root || !vs_kmem_is_kernel(k, va))
			return false;
		if (k->arch->untag && k->arch->untag(va) != va)	// 0xff: the tag that matches all
			return vs_kmem_phys(k, k->arch->untag(va), pa_ret, len_ret);
		k->arch->walk(&k->pgt, va, &x);
		if (x.end == VS_PG_ABSENT) {
			struct vs_run run;

			vs_image_run(k->img, x.steps[x.n_steps - 1].pa, &run);
			k->lost = run.from;
		}
		if (x.end != VS_PG_MAPPED)
			return false;
		k->tlb[slot].va = x.va;
		k->tlb[slot].len = x.len;
		k->tlb[slot].pa = x.pa - (va - x.va);
	}
	*pa_ret = k->tlb[slot].pa + (va - k->tlb[slot].va);
	*len_ret = k->tlb[slot].len - (va - k->tlb[slot].va);
	return true;
}

const unsigned char *vs_kmem_peek_far(struct vs_kmem *k, uint64_t va, size_t len, enum vs_from *from_ret)
{
	struct vs_run run;
	uint64_t pa, n;

	if (!vs_kmem_phys(k, va, &pa, &n)) {
		*from_ret = k->lost;
		return NULL;
	}
	vs_image_run(k->img, pa, &run);
	*from_ret = run.from;
	if (!run.data || n < len || run.len < len)
		return NULL;
	vs_image_touch(k->img, pa, len);
	return run.data;
}

enum vs_from vs_kmem_read(struct vs_kmem *k, uint64_t va, void *buf, size_t len, size_t *got_ret)
{
	enum vs_from worst = VS_FROM_FILE;
	size_t got = 0;

	while (got < len) {
		uint64_t pa, n;
		enum vs_from from = VS_FROM_NOWHERE;
		size_t part = 0, want = len - got;

		if (va + got >= va && !vs_kmem_phys(k, va + got, &pa, &n)) {
			from = k->lost;
		} else if (va + got >= va) {
			if (n < want)
				want = (size_t)n;
			from = vs_image_read(k->img, pa, (char *)buf + got, want, &part);
		}
		if (from > worst)
			worst = from;
		got += part;
		if (part < want)
			break;
	}
	memset((char *)buf + got, 0, len - got);
	if (got_ret)
		*got_ret = got;
	return worst;
}

bool vs_kmem_uint(struct vs_kmem *k, uint64_t va, unsigned int size, uint64_t *ret)
{
	unsigned char raw[8];
	const unsigned char *p;
	enum vs_from from;

	if (size > sizeof(raw))
		return false;
	p = vs_kmem_peek(k, va, size, &from);
	if (p) {
		*ret = vs_load(p, size, k->target.big_endian);
		return true;
	}
	if (!vs_from_ok(vs_kmem_read(k, va, raw, size, NULL)))
		return false;
	*ret = vs_load(raw, size, k->target.big_endian);
	return true;
}

bool vs_kmem_string(struct vs_kmem *k, uint64_t va, char *buf, size_t size)
{
	size_t got = 0;
	enum vs_from from = VS_FROM_FILE;

	// Not past the end of its page unless it goes on there: the next may be absent.
	while (got < size - 1 && vs_from_ok(from)) {
		size_t left = 256 - ((va + got) & 255), part;

		if (left > size - 1 - got)
			left = size - 1 - got;
		from = vs_kmem_read(k, va + got, buf + got, left, &part);
		if (memchr(buf + got, 0, part))
			return true;
		got += part;
	}
	buf[got] = 0;
	return vs_from_ok(from);
}

bool vs_kmem_search(struct vs_kmem *k, uint64_t start, uint64_t end, size_t overlap,
		    bool (*look)(void *arg, uint64_t base, const unsigned char *data, size_t len), void *arg,
		    uint64_t *missing_ret)
{
	_cleanup_free_ unsigned char *buf = malloc(WINDOW + overlap);
	const uint64_t page = vs_page_size(&k->target);

	*missing_ret = 0;
	for (uint64_t at = start & ~(page - 1); buf && at < end;) {
		size_t want = end - at < WINDOW + overlap ? (size_t)(end - at) : WINDOW + overlap, got;

		vs_kmem_read(k, at, buf, want, &got);
		if (got && look(arg, at, buf, got))
			return true;
		if (got == want) {
			at += WINDOW;
		} else {	// on behind the page that is not there
			*missing_ret += page;
			at = (at + got + page) & ~(page - 1);
		}
		if (at < page)
			break;	// the top of memory
	}
	return false;
}
