/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sound address space as Linux 6.1 and later keep it, put into a kernel made
 * up (fake.c): an mm_struct, VMAs, and a maple tree over them.
 */
#ifndef VS_TESTS_UNIT_MAPLE_MADE_H
#define VS_TESTS_UNIT_MAPLE_MADE_H

#include "fake.h"

enum era {
	ERA_6_1,	/* meta.gap is 15 where a node has no gap */
	ERA_6_4,	/* vm_area_struct.detached */
	ERA_6_15,	/* vm_refcnt */
	N_ERAS
};

struct made {
	struct fake *f;
	enum era era;
	uint64_t seed;
	uint64_t next;		/* the next free address in f->ram */
};

/** A kernel of that era, without any address space. */
void made_kernel(struct made *m, enum era era, uint64_t seed);

/** Add an address space of @p n VMAs: the address of its mm_struct. */
uint64_t made_space(struct made *m, unsigned int n);

#endif
