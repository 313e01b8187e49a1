/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_REBUILD_H
#define VS_RENDER_REBUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "space/rebuilt.h"
#include "space/tasks.h"

struct vs_out;
struct vs_err;

/** An address space put together again, and how to show it; all borrowed. */
struct vs_rebuilt_view {
	const struct vs_space *space;
	const struct vs_rebuilt *r;
	const struct vs_task *task;	/* NULL: no task has this mm */
	bool slab;			/* the slab was searched */
	bool head;			/* ==> PID COMM <== before it */
	bool plain;			/* without the letters of the sources, and without remarks */
};

/** Lines of maps, each behind the letters of its sources; what disagrees is said on the side. */
struct vs_err *vs_render_rebuilt(struct vs_out *out, const struct vs_rebuilt_view *view);
struct vs_err *vs_json_rebuilt(struct vs_out *out, const struct vs_rebuilt_view *view);

#endif
