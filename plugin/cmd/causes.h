/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_CMD_CAUSES_H
#define VS_CMD_CAUSES_H

#include "check/check.h"

struct vs_err;
struct vs_kernel;

/**
 * Read what is about the objects that @p r accuses first, and let it tell the causes.
 * Fills s->exhibits. Without memory the causes are told as far as they are known.
 */
void vs_causes_find(struct vs_kernel *k, struct vs_space *s, struct vs_report *r);

#endif
