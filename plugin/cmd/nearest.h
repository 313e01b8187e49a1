/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean ...?": which of some names a mistyped one is most like. */
#ifndef VS_CMD_NEAREST_H
#define VS_CMD_NEAREST_H

#include <stddef.h>

struct vs_nearest {
	const char *typed;	/* as the user typed it */
	const char *best;	/* NULL: none is near enough */
	unsigned int cost;	/* of best */
};

/** Hold @p name against what was typed. */
void vs_nearest_try(struct vs_nearest *n, const char *name);

#endif
