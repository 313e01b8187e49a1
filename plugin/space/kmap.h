/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own virtual address space: which region is where, and how that is
 * known.
 */
#ifndef VS_SPACE_KMAP_H
#define VS_SPACE_KMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* What a second source says of a region's place. */
enum vs_kregion_check {
	VS_KREGION_UNCHECKED,	/* there is none, or it is not in the dump */
	VS_KREGION_AGREES,
	VS_KREGION_DISAGREES,
};

struct vs_kregion {
	uint64_t start, last;	/* inclusive: the last region ends where addresses do */
	char *name;		/* "direct map", "vmalloc" */
	const char *source;	/* what its bounds come from: "vmalloc_base in the dump" */
	enum vs_kregion_check check;
	const char *against;	/* what it was held against: "page tables", "VMCOREINFO"; NULL if unchecked */
	unsigned int depth;	/* of how many others it lies within */
};

struct vs_kmap {
	VS_VEC(struct vs_kregion) v;	/* by address; an outer region before those within it */
	unsigned int digits;		/* of an address, in hexadecimal */
};

void vs_kmap_deinit(struct vs_kmap *m);

/** A new region; @p name is copied. NULL without memory. vs_kmap_settle() comes after the last. */
struct vs_kregion *vs_kmap_add(struct vs_kmap *m, const char *name, uint64_t start, uint64_t last,
			       const char *source);

/** Bring the regions into order and work out their depths. */
void vs_kmap_settle(struct vs_kmap *m);

/** The innermost region that holds @p addr, NULL if there is none. */
const struct vs_kregion *vs_kmap_find(const struct vs_kmap *m, uint64_t addr);

#endif
