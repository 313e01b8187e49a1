/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel made up: a little memory under a direct map, symbols and members where
 * a test wants them. What reads kernel memory can be tested over it without a dump.
 */
#ifndef VS_TESTS_UNIT_FAKE_H
#define VS_TESTS_UNIT_FAKE_H

#include "kernel/kernel.h"

#define FAKE_PA		UINT64_C(0x40000000)
#define FAKE_SIZE	(512U << 10)
#define FAKE_DIRECT	UINT64_C(0xffff888000000000)	/* the virtual address of FAKE_PA */

struct fake {
	struct vs_image img;
	struct vs_phys_range range;
	struct vs_types types;
	struct vs_kernel k;
	unsigned char ram[FAKE_SIZE];
	bool excluded[FAKE_SIZE >> 12];
};

/** x86-64 with all of its memory in the direct map; no symbols, no members. */
struct fake *fake_create(void);
void fake_destroy(struct fake *f);

/** Store @p size bytes at virtual (direct map) @p va. */
void fake_put(struct fake *f, uint64_t va, uint64_t value, unsigned int size);

void fake_symbol(struct fake *f, enum vs_sym sym, uint64_t value);

/** VMCOREINFO from now on is @p text. */
void fake_vmcoreinfo(struct fake *f, const char *text);

/** Out into nothing but its buffer, which is kept. */
struct vs_out fake_out(void);

#endif
