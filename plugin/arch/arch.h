/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables, one file an architecture. To add one: a struct vs_arch with the
 * walk of its page tables and the kernel's and the user's half of the address
 * space, and a row in archs[]; then a struct vs_place (kernel/place.h), which
 * tells where VMCOREINFO or symbols say that the direct map and the kernel
 * image are.
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

/**
 * A set of page tables. The kernel's own are in struct vs_kmem; those of a
 * process differ from them in the root only.
 */
struct vs_pgtable {
	const struct vs_arch *arch;
	const struct vs_target *target;	/* the page is the granule of the tables */
	uint64_t root;		/* physical address of the top table */
	unsigned int levels;	/* 4 or 5 on x86-64, 2 to 5 on arm64 and s390x, 2 or 3 (PAE) on i386 */
	unsigned int va_bits;	/* that an address has: 48 or 57; 39 to 52 on arm64 */
	unsigned int top_bits;	/* index bits of the top table */
	uint8_t bits[5];	/* ppc64: index bits of each level, the lowest first */
	uint64_t kernel_start;	/* i386: where the kernel's half begins, CONFIG_PAGE_OFFSET; else 0 */
	uint64_t none_bit;	/* arm64, riscv64: of an entry without VALID: a page nobody may touch; else 0 */
	uint64_t enc_mask;	/* memory encryption bits to take away (sme_mask) */
	bool swp_exclusive;	/* entries of pages in swap remember PG_anon_exclusive (since 5.19) */
	bool swp_exclusive_all;	/* they do on i386 and riscv64, too (since 6.3) */
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
	uint64_t va;		/* start of the range with this answer; a kernel pointer's tag is gone */
	uint64_t len;		/* its length: a page, a huge page, or a hole; never 0 */
	struct vs_pgstep steps[5];
	unsigned int n_steps;
};

/** What an entry that maps nothing may hold: a place in swap, or what is encoded like one. */
struct vs_swap_entry {
	unsigned int type;	/* of the swap area; those past the last area are no swap */
	uint64_t offset;	/* pages */
	bool exclusive, soft_dirty, uffd_wp;
	bool none;		/* it says that there is nothing, though it is not 0 */
};

/** Byte orders that kernels of an architecture may have. */
enum vs_byte_order {
	VS_ORDER_LITTLE,
	VS_ORDER_BIG,
	VS_ORDER_EITHER,
};

struct vs_arch {
	const char *name;	/* "x86-64" */
	uint16_t machine;	/* e_machine */
	uint8_t word;
	uint8_t order;		/* enum vs_byte_order */
	bool overlap;		/* kernel and user have an address space each: a number alone tells neither */
	/** Walk @p pt for @p va. */
	void (*walk)(const struct vs_pgtable *pt, uint64_t va, struct vs_xlat *ret);
	/** Have @p pt, whose root is another now, tell of its levels itself; NULL where the kernel has one shape for all. */
	void (*settle)(struct vs_pgtable *pt);
	/** First address above user space with such page tables. */
	uint64_t (*user_end)(const struct vs_pgtable *pt);
	/** First address of the kernel's part; NULL: it is as large as the user's, at the top. */
	uint64_t (*kernel_start)(const struct vs_pgtable *pt);
	/** Is it an address that a kernel pointer may hold? */
	bool (*is_kernel)(const struct vs_pgtable *pt, uint64_t va);
	/** Take the tag off a kernel pointer; NULL where there are none. */
	uint64_t (*untag)(uint64_t va);
	/** The bits of a page-table entry (or of vm_page_prot) in words. */
	void (*prot_words)(uint64_t entry, struct vs_buf *b);
	/** The bits of an entry that leads to a table, in words. */
	void (*table_words)(uint64_t entry, struct vs_buf *b);
	/** Take apart @p entry, which maps nothing and is not 0: __swp_type(), __swp_offset(). */
	void (*swap)(const struct vs_pgtable *pt, uint64_t entry, struct vs_swap_entry *ret);
	uint64_t exec_only;	/* bits of vm_page_prot that depend on the MMU where only executing is allowed */
	uint64_t special;	/* bit of an entry whose page is nobody's: pte_special() */
};

/** Let @p pt begin at @p root, which another process has. */
static inline void vs_pgtable_move(struct vs_pgtable *pt, uint64_t root)
{
	pt->root = root;
	if (pt->arch->settle)
		pt->arch->settle(pt);
}

/** The architecture of @p machine (e_machine) or NULL. */
const struct vs_arch *vs_arch_find(uint16_t machine);

/** "arm64, i386": those there are, for messages. */
const char *vs_arch_names(void);

extern const struct vs_arch vs_arch_arm64, vs_arch_i386, vs_arch_ppc64, vs_arch_riscv64, vs_arch_s390x,
	vs_arch_x86_64;

#endif
