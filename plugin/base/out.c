// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/out.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

#define FLUSH_AT (32 * 1024)
#define PIECE (256 * 1024)	/* to be written at once */

bool vs_out_locale_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Whole lines, if they are not too long: a face may make something else of each piece. */
static size_t piece_of(const char *data, size_t len)
{
	const char *end = len > PIECE ? memrchr(data, '\n', PIECE) : NULL;

	return end ? (size_t)(end - data) + 1 : len;
}

struct vs_err *vs_out_flush(struct vs_out *out)
{
	struct vs_err *err = NULL;
	size_t at = 0;

	if (out->buf.failed)
		return &vs_enomem;
	while (!err && at < out->buf.len) {
		const size_t n = piece_of(out->buf.data + at, out->buf.len - at);

		err = out->write(out->face, out->buf.data + at, n);
		at += n;
	}
	out->buf.len = 0;
	return err;
}

struct vs_err *vs_out_tick(struct vs_out *out)
{
	return out->buf.len >= FLUSH_AT ? vs_out_flush(out) : NULL;
}

struct vs_err *vs_out_put(struct vs_out *out, const char *data, size_t len)
{
	vs_buf_put(&out->buf, data, len);
	return vs_out_tick(out);
}

struct vs_err *vs_out_printf(struct vs_out *out, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		s = NULL;
		return &vs_enomem;
	}
	return vs_out_put(out, s, (size_t)n);
}

void vs_out_say(struct vs_out *out, const char *fmt, ...)
{
	_cleanup_free_ char *raw = NULL;
	_cleanup_buf_ struct vs_buf clean = VS_BUF_INIT;
	va_list ap;
	int n;

	if (out->quiet)
		return;
	va_start(ap, fmt);
	n = vasprintf(&raw, fmt, ap);
	va_end(ap);
	if (n < 0) {
		raw = NULL;
		return;
	}
	// Names out of a dump may be in it, and a person may be looking.
	vs_buf_put_clean(&clean, raw, (size_t)n);
	vs_err_free(vs_out_flush(out));
	out->say(out->face, vs_buf_str(&clean));
}

struct vs_err *vs_out_poll(struct vs_out *out)
{
	return out->poll ? out->poll(out->face) : NULL;
}
