/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables, one file an architecture. To add one: a struct vs_arch with the
 * walk of its page tables, the kernel's and the user's half of the address
 * space, and where VMCOREINFO or symbols tell of the direct map and the
 * kernel image (kernel/place.c asks).
 */
#ifndef VS_ARCH_ARCH_H
#define VS_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Reads @p len bytes of physical memory; false if they are not in the dump. */
typedef bool vs_phys_read(void *arg, uint64_t pa, void *buf, size_t len);

struct vs_arch;
struct vs_buf;

/** A set of page tables. */
struct vs_pgtable {
	const struct vs_arch *arch;
	const struct vs_target *target;
	uint64_t root;		/* physical address of the top table */
	unsigned int levels;	/* 4 or 5 on x86-64 */
	uint64_t enc_mask;	/* memory encryption bits to take away (sme_mask) */
	vs_phys_read *read;
	void *arg;
};

/** One level of a walk. */
struct vs_pgstep {
	const char *name;	/* "PGD", "P4D", "PUD", "PMD", "PTE" */
	uint64_t pa;		/* where the entry is */
	uint64_t entry;
	uint64_t span;		/* bytes that one entry of this level maps */
};

enum vs_pgend {
	VS_PG_MAPPED,
	VS_PG_NONE,		/* an entry says: not mapped */
	VS_PG_ABSENT,		/* a table is not in the dump */
	VS_PG_BAD,		/* an entry that no kernel writes */
	VS_PG_NONCANONICAL,
};

/** Where a virtual address leads. */
struct vs_xlat {
	enum vs_pgend end;
	uint64_t pa;		/* of the address asked for, if mapped */
	uint64_t va;		/* start of the range with this answer */
	uint64_t len;		/* its length: a page, a huge page, or a hole; never 0 */
	struct vs_pgstep steps[5];
	unsigned int n_steps;
};

struct vs_arch {
	const char *name;	/* "x86-64" */
	uint16_t machine;	/* e_machine */
	uint8_t word;
	/** Walk @p pt for @p va. */
	void (*walk)(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret);
	/** First address above user space with page tables of @p levels. */
	uint64_t (*user_end)(unsigned int levels);
	/** Is it an address that a kernel pointer may hold? */
	bool (*is_kernel)(unsigned int levels, uint64_t va);
	/** The bits of a page-table entry (or of vm_page_prot) in words. */
	void (*prot_words)(uint64_t entry, struct vs_buf *b);
};

/** The architecture of @p machine (e_machine) or NULL. */
const struct vs_arch *vs_arch_find(uint16_t machine);

extern const struct vs_arch vs_arch_x86_64;

#endif
