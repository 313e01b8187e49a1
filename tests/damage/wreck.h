/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing over whole structures of a dump, in memory, and undoing it. */
#ifndef VS_TESTS_WRECK_H
#define VS_TESTS_WRECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_kernel;

enum how { HOW_ZERO, HOW_WILD, HOW_POISON, N_HOWS };
extern const char *const hows[N_HOWS];

#define MAX_WRITES 64

/* What was written over, to be put back. */
struct wreck {
	struct vs_kernel *k;
	uint64_t seed;
	struct {
		unsigned char *p, *old;
		size_t len;
		uint64_t va;
	} w[MAX_WRITES];
	unsigned int n;
};

/** Write over @p len bytes at @p va; false if the dump has them not in one piece, or it is enough. */
bool wreck(struct wreck *w, uint64_t va, size_t len, enum how how);

/** Put back all that was written over. */
void wreck_undo(struct wreck *w);

#endif
