/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only a process core has: threads, modules, where in the file a byte is. */
#ifndef VS_RENDER_CORE_H
#define VS_RENDER_CORE_H

#include "space/record.h"
#include "render/text.h"
#include "space/space.h"
#include "space/spot.h"

struct vs_out;
struct vs_err;

/** One line a thread, the one that died first; @p tid: only that one, 0: all. */
struct vs_err *vs_render_threads(struct vs_out *out, const struct vs_space *s, int32_t tid);
struct vs_err *vs_json_threads(struct vs_out *out, const struct vs_space *s, int32_t tid);

/** One line a module: range, build-id, path. */
struct vs_err *vs_render_modules(struct vs_out *out, const struct vs_space *s, const struct vs_text_style *style);
struct vs_err *vs_json_modules(struct vs_out *out, const struct vs_space *s);

/** "[stack]", "stack of thread 12", "guard of thread 12", a path: what VMA @p i is to a person; "" if nothing. */
void vs_render_core_name(struct vs_buf *b, const struct vs_space *s, uint32_t i);

/** What is at one address, as data; text is vs_render_spot()'s. */
struct vs_err *vs_json_core_spot(struct vs_out *out, const struct vs_space *s, const struct vs_spot *sp);

/** How many of @p cells a gauge of mapping @p i is to fill, and how many show lost bytes. */
void vs_core_gauge(const struct vs_space *s, uint32_t i, unsigned int cells, unsigned int *full_ret,
		   unsigned int *lost_ret);

#endif
