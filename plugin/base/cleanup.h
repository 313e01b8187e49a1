/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleanup by scope. A variable marked _cleanup_x_ is released when it goes out
 * of scope; return_ptr() hands it to the caller instead.
 */
#ifndef VS_BASE_CLEANUP_H
#define VS_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void vs_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void vs_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(vs_cleanup_free)
#define _cleanup_close_ _cleanup_(vs_cleanup_close)

/** Take the pointer out of @p p, which is left NULL. */
#define no_cleanup_ptr(p) \
	({ __typeof__(p) __ptr = (p); (p) = NULL; __ptr; })

#define return_ptr(p) return no_cleanup_ptr(p)

#endif
