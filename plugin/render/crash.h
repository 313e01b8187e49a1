/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_CRASH_H
#define VS_RENDER_CRASH_H

#include "render/text.h"
#include "space/space.h"

struct vs_out;
struct vs_err;

/** How the process of the core @p s died: one paragraph, filled to the style's width. */
void vs_render_crash(struct vs_buf *b, const struct vs_space *s, const struct vs_text_style *style);

/** The same as an object of type "crash". */
struct vs_err *vs_json_crash(struct vs_out *out, const struct vs_space *s);

/** "libc.so.6+0x8aeec", "[vdso]+0x10", "[heap]+0x20", "anonymous memory", "no mapping": where @p addr is. */
void vs_render_place(struct vs_buf *b, const struct vs_space *s, uint64_t addr, bool whole_path);

#endif
