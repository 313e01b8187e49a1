/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading kernel memory: virtual to physical to image. The direct map and the
 * kernel's image are translated by arithmetic, the rest by the page tables.
 */
#ifndef VS_KERNEL_KMEM_H
#define VS_KERNEL_KMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/bytes.h"
#include "image/image.h"

#define VS_TLB_SIZE 64

struct vs_kmem {
	struct vs_image *img;
	struct vs_target target;
	const struct vs_arch *arch;
	struct vs_pgtable pgt;			/* the kernel's; root 0: not known */
	uint64_t direct_start, direct_end;	/* virtual; end exclusive; equal: not known */
	uint64_t direct_pa;			/* physical address of direct_start */
	uint64_t direct_base, direct_limit;	/* the area it may fill, memory or not; limit 0: up to the top */
	uint64_t image_start, image_end;	/* the kernel's text and data, likewise */
	uint64_t image_pa;
	enum vs_from lost;			/* why the last vs_kmem_phys() had no answer */
	struct { uint64_t va, len, pa; } tlb[VS_TLB_SIZE];	/* translations by page tables; len 0: empty */
};

/** Is it an address that a kernel pointer may hold? */
static inline bool vs_kmem_is_kernel(const struct vs_kmem *k, uint64_t va)
{
	return k->arch->is_kernel(&k->pgt, va);
}

/**
 * Physical address of @p va; *len_ret bytes from there follow it. False: not mapped
 * (k->lost is VS_FROM_NOWHERE), or a page table that would tell is not in the dump.
 */
bool vs_kmem_phys(struct vs_kmem *k, uint64_t va, uint64_t *pa_ret, uint64_t *len_ret);

/**
 * @p len bytes at @p va where they cost nothing to get at: mapped, beside what was read last.
 * For guesses at what comes next: nothing is counted as read. NULL: not so, or not there.
 */
static inline const unsigned char *vs_kmem_near(const struct vs_kmem *k, uint64_t va, size_t len)
{
	const struct vs_run *last = &k->img->last;
	const uint64_t at = k->direct_pa + (va - k->direct_start) - last->addr;

	if (va - k->direct_start >= k->direct_end - k->direct_start || !last->data || at >= last->len ||
	    len > last->len - at || len > k->direct_end - va)
		return NULL;
	return last->data + at;
}

/** For vs_kmem_peek(): the rest of it. */
const unsigned char *vs_kmem_peek_far(struct vs_kmem *k, uint64_t va, size_t len, enum vs_from *from_ret);

/**
 * @p len bytes at @p va without copying: a pointer into the dump, valid until the
 * next read, or NULL. *from_ret says what is there; VS_FROM_FILE with NULL: there,
 * but not in one piece, so use vs_kmem_read().
 */
static inline const unsigned char *vs_kmem_peek(struct vs_kmem *k, uint64_t va, size_t len, enum vs_from *from_ret)
{
	const unsigned char *p = vs_kmem_near(k, va, len);

	if (!p || k->img->touched)
		return vs_kmem_peek_far(k, va, len, from_ret);
	k->img->n_reads++;
	*from_ret = k->img->last.from;
	return p;
}

/** Let the processor fetch @p len bytes at @p va, which are to be read soon. A guess as well. */
static inline void vs_kmem_prefetch(const struct vs_kmem *k, uint64_t va, size_t len)
{
	const unsigned char *p = vs_kmem_near(k, va, len);

	for (size_t i = 0; p && i < len; i += 64)
		__builtin_prefetch(p + i);
	// gcc 12 takes what only prefetches to be pure, and leaves the calls of it out
	__asm__ volatile("");
}

/**
 * Copy @p len bytes. Answers the worst origin met; the buffer is zeroed from the
 * first byte that is not there, *got_ret (may be NULL) counts those before it.
 */
enum vs_from vs_kmem_read(struct vs_kmem *k, uint64_t va, void *buf, size_t len, size_t *got_ret);

/** One unsigned integer of @p size bytes; false (and *ret untouched) if it is not there. */
bool vs_kmem_uint(struct vs_kmem *k, uint64_t va, unsigned int size, uint64_t *ret);

/** A pointer of the target. */
static inline bool vs_kmem_ulong(struct vs_kmem *k, uint64_t va, uint64_t *ret)
{
	return vs_kmem_uint(k, va, k->target.word, ret);
}

/** A string of at most @p size - 1 bytes, always terminated; false if not all of it is there. */
bool vs_kmem_string(struct vs_kmem *k, uint64_t va, char *buf, size_t size);

/**
 * Show @p look all of [start, end) that is in the dump, a window at a time, each of
 * which begins on a page and repeats the last @p overlap bytes of the one before; up to
 * where it answers true, which is answered. *missing_ret counts bytes that are not there.
 */
bool vs_kmem_search(struct vs_kmem *k, uint64_t start, uint64_t end, size_t overlap,
		    bool (*look)(void *arg, uint64_t base, const unsigned char *data, size_t len), void *arg,
		    uint64_t *missing_ret);

/** Read physical memory for a page-table walk: a vs_phys_read over the image @p arg. */
bool vs_kmem_phys_read(void *arg, uint64_t pa, void *buf, size_t len);

#endif
