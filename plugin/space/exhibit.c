// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/exhibit.h"

#include <stdlib.h>
#include <string.h>

void vs_exhibits_reset(struct vs_exhibits *e)
{
	for (size_t i = 0; i < e->v.n; i++) {
		free(e->v.v[i].bytes);
		vs_vec_deinit(&e->v.v[i].members);
	}
	e->v.n = 0;
}

void vs_exhibits_deinit(struct vs_exhibits *e)
{
	vs_exhibits_reset(e);
	vs_vec_deinit(&e->v);
}

struct vs_exhibit *vs_exhibit_of(const struct vs_exhibits *e, uint64_t addr)
{
	for (size_t i = 0; i < e->v.n; i++)
		if (e->v.v[i].addr == addr)
			return &e->v.v[i];
	return NULL;
}

const struct vs_exhibit_member *vs_exhibit_member_of(const struct vs_exhibit *e, const char *name)
{
	for (size_t i = 0; name && i < e->members.n; i++)
		if (!strcmp(e->members.v[i].name, name))
			return &e->members.v[i];
	return NULL;
}
