/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address spaces made up: a sound one of any size, as Linux 5.10 would keep it,
 * and what reading it gives after some member has been changed.
 */
#ifndef VS_TESTS_UNIT_SYNTH_H
#define VS_TESTS_UNIT_SYNTH_H

#include "space/space.h"

enum synth_kind {
	SYNTH_USUAL,	/* a program: libraries, heap, arenas, gaps, a stack, a vdso */
	SYNTH_DENSE,	/* pages side by side whose permissions alternate */
};

struct synth {
	struct vs_vma *v;	/* the memory: n VMAs from low to high, then strangers */
	uint32_t n;
	uint32_t n_all;		/* with those of another mm */
	uint32_t root;		/* index of the tree's root */
	uint64_t mm, other_mm;
	struct vs_mm_fields f;
	struct vs_map by_addr;
	uint8_t *absent;	/* [n_all]: bytes that are not in the dump */
};

#define SYNTH_GUARD (UINT64_C(256) << 12)
#define SYNTH_RB_OFFSET 32

uint64_t synth_random(uint64_t *seed);

/** A sound address space of @p n VMAs. Exits without memory. */
void synth_make(struct synth *y, uint32_t n, enum synth_kind kind, uint64_t seed);
void synth_free(struct synth *y);
void synth_copy(struct synth *to, const struct synth *from);

/** Read the memory as mm/ does: follow the links and note how that went. */
void synth_read(const struct synth *y, struct vs_space *s);

#endif
