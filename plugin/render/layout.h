/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_LAYOUT_H
#define VS_RENDER_LAYOUT_H

#include "render/picture.h"
#include "render/text.h"

struct vs_out;
struct vs_err;

/** Draw the picture @p p of @p s for a person. @p kernel: one line about the kernel. */
struct vs_err *vs_render_layout(struct vs_out *out, const struct vs_space *s, const struct vs_picture *p,
				const char *kernel, const struct vs_text_style *style);

/** The same as data: "layout", "row" for each row, "totals". */
struct vs_err *vs_json_layout(struct vs_out *out, const struct vs_space *s, const struct vs_picture *p,
			      const struct vs_pic_env *env);

#endif
