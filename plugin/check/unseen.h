/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What check cannot see: changes of members that nothing else in a dump contradicts.
 * The manual has it from here; tests/damage holds its table against it.
 */
#ifndef VS_CHECK_UNSEEN_H
#define VS_CHECK_UNSEEN_H

#include <stdbool.h>
#include <stddef.h>

struct vs_unseen {
	const char *type;	/* "vm_area_struct" */
	const char *members;	/* separated by ", " */
	bool all;		/* no change of it is seen; else those that the words name are not */
	const char *words;
};

/** The table; @p n_ret is its length. */
const struct vs_unseen *vs_unseen(size_t *n_ret);

/** The row that has this member, NULL if there is none: every change of it is contradicted. */
const struct vs_unseen *vs_unseen_find(const char *type, const char *member);

#endif
