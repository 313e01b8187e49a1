// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct vs_err vs_enomem = { VS_ERR_NOMEM, (char *)"out of memory" };
struct vs_err vs_einterrupted = { VS_ERR_INTERRUPTED, (char *)"interrupted" };
struct vs_err vs_eoutput = { VS_ERR_OUTPUT, (char *)"cannot write the output" };

static int is_static(const struct vs_err *err)
{
	return err == &vs_enomem || err == &vs_einterrupted || err == &vs_eoutput;
}

/* Takes @p msg over; NULL means that there was no memory for it. */
static struct vs_err *with_msg(enum vs_err_code code, char *msg)
{
	struct vs_err *err = msg ? malloc(sizeof(*err)) : NULL;

	if (!err) {
		free(msg);
		return &vs_enomem;
	}
	err->code = code;
	err->msg = msg;
	return err;
}

struct vs_err *vs_err_create(enum vs_err_code code, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	va_start(ap, fmt);
	if (vasprintf(&msg, fmt, ap) < 0)
		msg = NULL;
	va_end(ap);
	return with_msg(code, msg);
}

struct vs_err *vs_err_os(int errnum, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list ap;
	char *msg;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (!what || asprintf(&msg, "%s: %s", what, strerror(errnum)) < 0)
		msg = NULL;
	return with_msg(VS_ERR_IO, msg);
}

struct vs_err *vs_err_wrap(struct vs_err *err, const char *fmt, ...)
{
	_cleanup_free_ char *prefix = NULL;
	va_list ap;
	char *msg;

	if (!err || is_static(err))
		return err;
	va_start(ap, fmt);
	if (vasprintf(&prefix, fmt, ap) < 0)
		prefix = NULL;
	va_end(ap);
	if (!prefix || asprintf(&msg, "%s: %s", prefix, err->msg) < 0)
		return err;	// the shorter message is better than none
	free(err->msg);
	err->msg = msg;
	return err;
}

void vs_err_free(struct vs_err *err)
{
	if (!err || is_static(err))
		return;
	free(err->msg);
	free(err);
}
