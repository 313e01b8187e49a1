/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One address: the walk through the page tables, what is at its end, and what
 * keeps a VMA from being one with its neighbour. Read by mm/, printed by render/.
 */
#ifndef VS_SPACE_SPOT_H
#define VS_SPACE_SPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* One entry on the way. */
struct vs_pgwalk_step {
	const char *name;	/* "PGD", "P4D", "PUD", "PMD", "PTE" */
	uint64_t pa;		/* physical address of the entry */
	uint64_t entry;		/* 0 if it could not be read */
	uint64_t span;		/* bytes that it stands for */
	unsigned int index;	/* in its table */
	char *words;		/* its flags; owned */
};

enum vs_pgwalk_end {
	VS_PGWALK_MAPPED,
	VS_PGWALK_NONE,		/* nothing is there */
	VS_PGWALK_SWAP,		/* a page in swap */
	VS_PGWALK_OTHER,	/* encoded like one in swap, but none: migration, poison, a marker */
	VS_PGWALK_ABSENT,	/* a table that the dump does not have */
	VS_PGWALK_LEAVES,	/* a table that would not be in memory */
	VS_PGWALK_LOOP,		/* a table that has been passed on the way */
	VS_PGWALK_BAD,		/* an entry that no kernel writes */
	VS_PGWALK_NO_ROOT,	/* the top table could not be found */
};

struct vs_pgwalk {
	uint64_t pgd;		/* virtual address of the top table; 0: the kernel's own */
	uint64_t root;		/* physical */
	unsigned int levels;
	struct vs_pgwalk_step steps[5];
	unsigned int n_steps;
	enum vs_pgwalk_end end;
	const char *from;	/* of the page, or of the table that is missing: "excluded"; NULL: no more is known */
	/* VS_PGWALK_MAPPED */
	uint64_t pa;		/* of the address itself */
	uint64_t page;		/* size of the page */
	bool in_dump;		/* its bytes are there */
	bool in_memory;		/* at least between the first and the last byte of memory that the dump has */
	bool zero;		/* the page of zeros that all share */
	bool special;		/* pte_special(): nobody's page */
	/* VS_PGWALK_SWAP, OTHER */
	unsigned int swap_type, n_swap_types;
	uint64_t swap_offset;	/* pages */
	bool exclusive, soft_dirty, uffd_wp;
	char *swap_file;	/* the file or device of the swap area; NULL if not known; owned */
};

void vs_pgwalk_deinit(struct vs_pgwalk *w);

/* What is behind the addresses of a range, page by page. */
enum vs_pages_state {
	VS_PAGES_NONE,
	VS_PAGES_PRESENT,
	VS_PAGES_ZERO,		/* the shared page of zeros: no memory of its own */
	VS_PAGES_SPECIAL,	/* devices and the like: not counted as resident */
	VS_PAGES_SWAP,
	VS_PAGES_OTHER,
	VS_PAGES_ABSENT,	/* the tables are not in the dump */
	VS_PAGES_BAD,		/* the tables are damaged */
	VS_N_PAGES
};

/** "present", "swapped", ... */
const char *vs_pages_word(enum vs_pages_state s);

struct vs_pages_run {
	uint64_t start, end;
	uint64_t page;		/* size of its pages */
	enum vs_pages_state state;
};

struct vs_pages {
	VS_VEC(struct vs_pages_run) runs;	/* by address, without gaps between them */
	uint64_t bytes[VS_N_PAGES];
	uint64_t not_in_dump;	/* bytes of present pages that the dump lacks */
};

void vs_pages_deinit(struct vs_pages *p);

/* Why two VMAs that adjoin are two. */
struct vs_apart_why {
	const char *member;	/* "vm_flags", "vm_file", ... */
	char *words;		/* owned */
	bool soft;		/* would do for some of the ways in which they could be merged; no other is told then */
};

struct vs_apart {
	bool adjoin;
	bool incomplete;	/* something that had to be compared is not in the dump */
	VS_VEC(struct vs_apart_why) v;	/* empty: nothing keeps them apart */
};

void vs_apart_deinit(struct vs_apart *a);

/** All about one address. Indices are into the space it was looked up in. */
struct vs_spot {
	uint64_t addr;
	uint8_t page_shift;
	uint64_t tag;			/* of the pointer, taken off; 0: none */
	bool kernel;			/* in the kernel's half */
	bool nowhere;			/* no address at all: not canonical */
	uint32_t vma;			/* that holds it; VS_NONE: it is in a gap */
	uint32_t below, above;		/* the nearest VMAs on either side; VS_NONE */
	struct vs_apart apart_below, apart_above;	/* of .vma */
	char symbol[160];		/* of kernel text and data; "" */
	uint64_t direct;		/* kernel half: the same memory in the direct map; 0 */
	uint64_t pfn;			/* of the page whose struct page this is */
	bool is_page;			/* .pfn holds */
	bool astray;			/* .walk ends at a page outside memory, and the mapping is none of a device */
	bool have_walk, have_pages;
	struct vs_pgwalk walk;
	struct vs_pages pages;
};

void vs_spot_deinit(struct vs_spot *sp);

#endif
