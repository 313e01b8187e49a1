/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an architecture's kernel lies: one row each. place.c asks in this order
 * and holds the answers against each other.
 */
#ifndef VS_KERNEL_PLACE_H
#define VS_KERNEL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct vs_buf;
struct vs_err;
struct vs_kernel;

/** A guess at the direct map: physical = virtual - base + pa, over the memory of the dump. */
struct vs_direct {
	uint64_t base;		/* first virtual address it may have */
	uint64_t size;		/* bytes it may have */
	uint64_t pa;		/* physical address of base, modulo 2^64: nothing may be there */
	uint64_t skip;		/* bytes of memory at the base that no object is in */
	const char *source;
	bool bolted;		/* it is in no table that the kernel keeps (the hash MMU of ppc64 has bolted entries) */
};

#define VS_DIRECT_MAX 2

/** What is known when VMCOREINFO has to be made up: the image's first page has been found. */
struct vs_guess {
	uint64_t image_pa;	/* physical address of _text */
	uint64_t linked;	/* link-time address of _text */
	unsigned int nth;	/* the possibility that is asked for: 0 to n_guesses - 1 */
};

struct vs_place {
	uint16_t machine;	/* e_machine */
	const char *mark;	/* a key of VMCOREINFO that kernels of no other row have */
	const char *pgd_symbol;	/* what VMCOREINFO calls the kernel's top table */
	/** Levels and address bits into k->mem.pgt, from VMCOREINFO. Symbols are not yet moved. */
	struct vs_err *(*tables)(struct vs_kernel *k);
	/** Physical address of the image's first byte, k->mem.image_start. */
	struct vs_err *(*image)(struct vs_kernel *k, uint64_t *pa_ret);
	/** Where the direct map may be, best first; at most VS_DIRECT_MAX. */
	struct vs_err *(*direct)(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret);
	/**
	 * Lines of VMCOREINFO that tables(), image() and direct() want, from the kernel's own
	 * variables; *how_ret says from which KASLR came. False: not possible in this way.
	 */
	bool (*guess)(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret);
	unsigned int n_guesses;
	/** Where a CPU's page tables in the container's notes put the image; NULL where no container says. */
	bool (*by_cpu)(struct vs_kernel *k, uint64_t linked, uint64_t *pa_ret);
};

/** The row of the dump's architecture, or NULL. */
const struct vs_place *vs_place_find(const struct vs_kernel *k);

/* --- guess.c --- */

/** The value of a variable in the image, by its link-time address; false: no such symbol, or not in the dump. */
bool vs_guess_variable(struct vs_kernel *k, const struct vs_guess *g, const char *name, unsigned int size,
		       uint64_t *ret);

extern const struct vs_place vs_place_arm64, vs_place_i386, vs_place_ppc64, vs_place_riscv64, vs_place_s390x,
	vs_place_x86_64;

#endif
