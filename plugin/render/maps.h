/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_MAPS_H
#define VS_RENDER_MAPS_H

#include <stdbool.h>

#include "base/buf.h"
#include "space/space.h"

struct vs_out;
struct vs_err;

/**
 * Write @p s as /proc/PID/maps would have said it, in @p order. @p clean: on a
 * terminal, where control characters of names are escaped besides the newline.
 */
struct vs_err *vs_render_maps(struct vs_out *out, const struct vs_space *s,
			      const struct vs_order *order, bool clean);

/** One line of maps for @p v (index @p i, VS_NONE: the gate), without its newline. */
void vs_render_maps_line(struct vs_buf *b, const struct vs_space *s, const struct vs_vma *v,
			 uint32_t i, bool clean);

/** The line of the gate VMA, if the address space has one. */
void vs_render_maps_gate(struct vs_buf *b, const struct vs_space *s, bool clean);

/** The name that maps shows instead of a path, or NULL: [heap], [stack], [vdso], [anon:x]. */
const char *vs_vma_label(const struct vs_space *s, const struct vs_vma *v, uint32_t i);

#endif
