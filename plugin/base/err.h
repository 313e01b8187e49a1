/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: what stops a command. A broken dump is input, not an error: what a
 * walk finds broken is a finding (check/), what it cannot read is counted
 * (space/).
 */
#ifndef VS_BASE_ERR_H
#define VS_BASE_ERR_H

#include <stdarg.h>

enum vs_err_code {
	VS_ERR_NOMEM,		/* out of memory */
	VS_ERR_IO,		/* the operating system refused; errno's words are in the message */
	VS_ERR_FORMAT,		/* not a file of this kind, or a broken one */
	VS_ERR_USAGE,		/* the command was typed wrong */
	VS_ERR_NOT_FOUND,	/* no such pid, symbol, type, member */
	VS_ERR_ABSENT,		/* the dump does not hold these bytes */
	VS_ERR_MISMATCH,	/* two things that do not belong together: vmlinux, dump */
	VS_ERR_INTERRUPTED,	/* the user wants to stop (Ctrl-C, q in the pager) */
	VS_ERR_OUTPUT,		/* the reader of our output went away */
};

struct vs_err {
	enum vs_err_code code;
	char *msg;		/* one line, no newline at its end */
};

/** The out-of-memory error; static, so that it can always be had. */
extern struct vs_err vs_enomem;

/** The user has interrupted; static, has no words of its own. */
extern struct vs_err vs_einterrupted;

/** The reader of the output has gone; static. */
extern struct vs_err vs_eoutput;

/**
 * Make an error. Never returns NULL: without memory it is &vs_enomem.
 * The caller owns it: vs_err_free().
 */
struct vs_err *vs_err_create(enum vs_err_code code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/** As vs_err_create(), with ": " and the words of @p errnum behind the message. */
struct vs_err *vs_err_os(int errnum, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/**
 * Put "PREFIX: " before the message of @p err and return it. Takes @p err over.
 * Static errors come back as they are.
 */
struct vs_err *vs_err_wrap(struct vs_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Release an error; NULL and the static ones are fine. */
void vs_err_free(struct vs_err *err);

static inline void vs_cleanup_err(struct vs_err **err)
{
	vs_err_free(*err);
}

#define _cleanup_err_ __attribute__((cleanup(vs_cleanup_err)))

#endif
