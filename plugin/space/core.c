// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/core.h"

#include <stdlib.h>

#include "space/space.h"

const char *vs_core_field_name(enum vs_core_field f)
{
	static const char *const names[VS_N_CORE_FIELDS] = {
		[VS_CF_PERMS] = "perms", [VS_CF_SHARED] = "shared", [VS_CF_OFFSET] = "offset",
		[VS_CF_PATH] = "path",
	};

	return f < VS_N_CORE_FIELDS ? names[f] : "?";
}

const char *vs_producer_name(enum vs_producer p)
{
	static const char *const names[VS_N_PRODUCERS] = {
		[VS_BY_UNKNOWN] = "an unknown program", [VS_BY_KERNEL] = "the kernel",
		[VS_BY_GCORE] = "GDB (gcore)", [VS_BY_QEMU] = "qemu-user", [VS_BY_CREATEDUMP] = "createdump",
	};

	return p < VS_N_PRODUCERS ? names[p] : "?";
}

void vs_core_deinit(struct vs_core *c)
{
	for (size_t i = 0; i < c->modules.n; i++) {
		free(c->modules.v[i].file_path);
		free(c->modules.v[i].problem);
	}
	for (size_t i = 0; i < c->links.n; i++)
		free(c->links.v[i].name);
	vs_vec_deinit(&c->threads);
	vs_vec_deinit(&c->vmas);
	vs_vec_deinit(&c->order);
	vs_vec_deinit(&c->modules);
	vs_vec_deinit(&c->links);
}

uint32_t vs_core_find(const struct vs_space *s, uint64_t addr)
{
	const struct vs_core *c = s->core;
	size_t lo = 0, hi = c->order.n;

	while (lo < hi) {	// the first that starts above addr
		size_t mid = lo + (hi - lo) / 2;

		if (s->vmas.v[c->order.v[mid]].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || s->vmas.v[c->order.v[lo - 1]].end <= addr)
		return VS_NONE;
	return c->order.v[lo - 1];
}
