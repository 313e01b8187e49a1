/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_EXHIBIT_H
#define VS_MM_EXHIBIT_H

#include <stdint.h>

#include "space/exhibit.h"

struct vs_err;
struct vs_kernel;

/**
 * Read what is about the object of the kernel's structure @p type ("vm_area_struct") at
 * @p addr, or NULL for a page, and add it to @p ret. What is not in the dump is left out.
 */
struct vs_err *vs_exhibit_read(struct vs_kernel *k, const char *type, uint64_t addr, struct vs_exhibits *ret);

struct vs_space;

/**
 * Add what is known of the member called @p name to @p e, which is of the structure @p type.
 * @p seen is the pointer that it holds, to be tried with each bit turned; NULL: not to be.
 */
struct vs_err *vs_exhibit_member(struct vs_kernel *k, const struct vs_space *s, const char *type,
				 const char *name, const uint64_t *seen, struct vs_exhibit *e);

#endif
