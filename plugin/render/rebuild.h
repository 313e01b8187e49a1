/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_REBUILD_H
#define VS_RENDER_REBUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "space/space.h"
#include "space/tasks.h"

struct vs_out;
struct vs_err;

/** An address space put together again; all borrowed. */
struct vs_rebuilt {
	const struct vs_space *space;
	const struct vs_order *order;
	const struct vs_task *task;	/* NULL: no task has this mm */
	bool slab;			/* the slab was searched */
};

/** Lines of maps, each behind the letters of its sources unless @p plain. */
struct vs_err *vs_render_rebuilt(struct vs_out *out, const struct vs_rebuilt *r, bool head, bool plain);
struct vs_err *vs_json_rebuilt(struct vs_out *out, const struct vs_rebuilt *r);

/** How many VMAs overlap the one before them. */
size_t vs_rebuilt_conflicts(const struct vs_rebuilt *r);

#endif
