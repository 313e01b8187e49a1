/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_KMAP_H
#define VS_MM_KMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "space/kmap.h"

struct vs_err;
struct vs_kernel;

/**
 * Work out the kernel's own map. What cannot be told is left out. The caller deinits
 * @p ret, also after an error.
 */
struct vs_err *vs_kmap_read(struct vs_kernel *k, struct vs_kmap *ret);

/* --- for kmap_ARCH.c: one function an architecture adds its regions --- */

/**
 * Where the struct pages of memory begin, and the address in the direct map that the first
 * one is of; worked out at the first call. False if that is not known.
 */
bool vs_kmap_struct_pages(struct vs_kernel *k, uint64_t *pages_ret, uint64_t *direct_ret);

struct vs_kmap_maker {
	struct vs_kernel *k;
	struct vs_kmap *m;
	uint64_t memory_end;	/* physical memory ends here: max_pfn, else what the dump holds */
	const char *memory_source;
	bool failed;		/* no memory of ours */
};

/** A region of @p size bytes; none if that is 0. NULL then, or without memory. */
struct vs_kregion *vs_kmap_put(struct vs_kmap_maker *mk, const char *name, uint64_t start, uint64_t size,
			       const char *source);

/** Hold @p r (may be NULL) against the page tables: they must map @p va, to @p pa unless that is VS_PA_ANY. */
void vs_kmap_check_tables(struct vs_kmap_maker *mk, struct vs_kregion *r, uint64_t va, uint64_t pa);
#define VS_PA_ANY UINT64_MAX

/** Hold the start of @p r (may be NULL) against a number in VMCOREINFO, if it is there. */
void vs_kmap_check_vmcoreinfo(struct vs_kmap_maker *mk, struct vs_kregion *r, const char *key, bool hex);

/** sizeof(struct page), 0 if not known. */
uint64_t vs_kmap_page_struct(struct vs_kmap_maker *mk);

/** An enumerator of enum fixed_addresses, 0 if not known. */
uint64_t vs_kmap_fixed_address(struct vs_kmap_maker *mk, const char *name);

struct vs_err *vs_kmap_arm64(struct vs_kmap_maker *mk);
struct vs_err *vs_kmap_i386(struct vs_kmap_maker *mk);
struct vs_err *vs_kmap_ppc64(struct vs_kmap_maker *mk);
struct vs_err *vs_kmap_riscv64(struct vs_kmap_maker *mk);
struct vs_err *vs_kmap_s390x(struct vs_kmap_maker *mk);
struct vs_err *vs_kmap_x86_64(struct vs_kmap_maker *mk);

#endif
