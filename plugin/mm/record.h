/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_RECORD_H
#define VS_MM_RECORD_H

#include <stdint.h>

#include "space/record.h"

struct vs_err;
struct vs_files;
struct vs_kernel;
struct vs_type;

/**
 * Tell the structure of type @p t at @p addr member by member, decoded as far as this
 * kernel's debug information and memory allow. The caller deinits @p ret, also
 * after an error.
 */
struct vs_err *vs_record_read(struct vs_kernel *k, struct vs_files *files, const struct vs_type *t,
			      uint64_t addr, struct vs_record *ret);

#endif
