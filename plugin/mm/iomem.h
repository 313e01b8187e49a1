/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MM_IOMEM_H
#define VS_MM_IOMEM_H

#include "space/iomem.h"

struct vs_err;
struct vs_kernel;
struct vs_out;

/**
 * Read the tree below iomem_resource. What is broken or missing is in ret->breaks; an
 * error only where there is no tree at all. The caller deinits @p ret, also after
 * an error.
 */
struct vs_err *vs_iomem_read(struct vs_kernel *k, struct vs_out *out, struct vs_iomem *ret);

#endif
