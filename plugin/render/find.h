/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_FIND_H
#define VS_RENDER_FIND_H

#include "render/text.h"
#include "space/kmap.h"
#include "space/space.h"
#include "space/spot.h"

struct vs_out;
struct vs_err;

/** One address of the process with the address space @p s, for a person. */
struct vs_err *vs_render_spot(struct vs_out *out, const struct vs_space *s, const struct vs_spot *sp,
			      const struct vs_text_style *style);

/** The titles, and a line for one of several processes that map it. */
void vs_render_spot_titles(struct vs_buf *b, const struct vs_text_style *style);
struct vs_err *vs_render_spot_short(struct vs_out *out, const struct vs_space *s, const struct vs_spot *sp,
				    const struct vs_text_style *style);

/** An address in the kernel's half, or none at all. */
struct vs_err *vs_render_spot_kernel(struct vs_out *out, const struct vs_kmap *m, const struct vs_spot *sp,
				     const struct vs_text_style *style);

/** The same as data, one object; @p s and @p m as above, either may be NULL. */
struct vs_err *vs_json_spot(struct vs_out *out, const struct vs_space *s, const struct vs_kmap *m,
			    const struct vs_spot *sp);

/** "leads back to a table that has been passed", ...: how a walk ended that mapped nothing. */
const char *vs_pgwalk_words(enum vs_pgwalk_end end);

#endif
