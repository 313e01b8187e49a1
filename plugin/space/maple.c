// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/maple.h"

const char *vs_mtype_name(enum vs_mtype t)
{
	static const char *const names[] = {
		[VS_MT_DENSE] = "dense",
		[VS_MT_LEAF_64] = "leaf_64",
		[VS_MT_RANGE_64] = "range_64",
		[VS_MT_ARANGE_64] = "arange_64",
		[VS_MT_COPY] = "copy",
	};

	return t < VS_MT_UNKNOWN ? names[t] : "unknown";
}

void vs_maple_deinit(struct vs_maple *m)
{
	vs_vec_deinit(&m->nodes);
	vs_vec_deinit(&m->words);
	vs_vec_deinit(&m->entries);
	vs_vec_deinit(&m->breaks);
}

void vs_maple_reset(struct vs_maple *m)
{
	m->root = m->flags = m->tree = 0;
	m->nodes.n = m->words.n = m->entries.n = m->breaks.n = 0;
}
