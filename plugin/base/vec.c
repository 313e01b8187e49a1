// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/vec.h"

#include <sys/mman.h>

#define HUGE ((uintptr_t)2 << 20)	/* a huge page of most machines */

/*
 * What is large is all going to be written, and each page of it costs a fault: thousands
 * of them take longer than what is written, and longer still in a virtual machine.
 */
static void ask_for_huge_pages(void *p, size_t len)
{
	uintptr_t start = ((uintptr_t)p + HUGE - 1) & ~(HUGE - 1), end = ((uintptr_t)p + len) & ~(HUGE - 1);

	if (len >= 2 * HUGE && start < end)
		madvise((void *)start, end - start, MADV_HUGEPAGE);	// where there are none, small ones will do
}

bool vs_vec_grow(void **data, size_t *cap, size_t n, size_t elem)
{
	size_t want = *cap ? *cap : 16;
	void *p;

	if (want > SIZE_MAX / 2)
		return false;
	want += *cap ? want / 2 : 0;	// 1.5: a large array wastes a third at most
	if (want < n)
		want = n;
	if (want > SIZE_MAX / elem)
		return false;
	p = realloc(*data, want * elem);
	if (!p)
		return false;
	ask_for_huge_pages(p, want * elem);
	*data = p;
	*cap = want;
	return true;
}
