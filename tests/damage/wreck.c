// SPDX-License-Identifier: GPL-2.0-or-later
#include "wreck.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "score.h"

const char *const hows[N_HOWS] = { "zeroed", "wild", "poisoned" };

bool wreck(struct wreck *w, uint64_t va, size_t len, enum how how)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1, start;
	enum vs_from from;
	// the mapping of the dump is private: the file itself stays as it is
	unsigned char *p = (unsigned char *)(uintptr_t)vs_kmem_peek(&w->k->mem, va, len, &from);

	start = (uintptr_t)p & ~page;
	if (!p || from != VS_FROM_FILE || w->n == MAX_WRITES ||
	    mprotect((void *)start, (uintptr_t)p + len - start, PROT_READ | PROT_WRITE))
		return false;
	w->w[w->n].p = p;
	w->w[w->n].old = must(malloc(len));
	w->w[w->n].len = len;
	w->w[w->n].va = va;
	memcpy(w->w[w->n].old, p, len);
	w->n++;
	for (size_t i = 0; i < len; i++)
		p[i] = how == HOW_ZERO ? 0 : how == HOW_POISON ? 0x6b : (unsigned char)roll(&w->seed);
	return true;
}

void wreck_undo(struct wreck *w)
{
	while (w->n) {
		w->n--;
		memcpy(w->w[w->n].p, w->w[w->n].old, w->w[w->n].len);
		free(w->w[w->n].old);
	}
}
