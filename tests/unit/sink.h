/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An output that keeps what is written: for tests of renderers. */
#ifndef VS_TESTS_UNIT_SINK_H
#define VS_TESTS_UNIT_SINK_H

#include "base/err.h"
#include "base/out.h"

static struct vs_err *sink_write(void *face, const char *data, size_t len)
{
	vs_buf_put(face, data, len);
	return NULL;
}

static void sink_say(void *face, const char *line)
{
	vs_buf_printf(face, "(said) %s\n", line);
}

static inline struct vs_out sink_out(struct vs_buf *to)
{
	to->len = 0;
	return (struct vs_out){ .write = sink_write, .say = sink_say, .face = to };
}

/* All that was written, terminated; borrowed from @p to. */
static inline const char *sink_text(struct vs_out *out, struct vs_buf *to)
{
	vs_err_free(vs_out_flush(out));
	vs_buf_deinit(&out->buf);
	return vs_buf_str(to);
}

#endif
