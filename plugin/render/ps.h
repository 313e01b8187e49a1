/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_PS_H
#define VS_RENDER_PS_H

#include "space/tasks.h"

struct vs_out;
struct vs_err;

struct vs_err *vs_render_ps_head(struct vs_out *out);

/** A line for @p t; @p f are the fields of its mm, all 0 where it has none. */
struct vs_err *vs_render_ps_line(struct vs_out *out, const struct vs_task *t,
				 const struct vs_mm_fields *f, unsigned int page_shift);

#endif
