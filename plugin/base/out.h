/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a command writes: the answer and what is said about it are two
 * streams. A face supplies the functions; above it nobody knows which face.
 */
#ifndef VS_BASE_OUT_H
#define VS_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct vs_err;

struct vs_out {
	/** Write to the answer; an error stops the command (&vs_eoutput, &vs_einterrupted). */
	struct vs_err *(*write)(void *face, const char *data, size_t len);
	/** Say one line (without newline) about the answer: standard error. */
	void (*say)(void *face, const char *line);
	/** Overwrite the progress line; NULL where no person looks. "" takes it away. */
	void (*progress)(void *face, const char *line);
	/** Has the user had enough? NULL, or &vs_einterrupted. Cheap; may be NULL. */
	struct vs_err *(*poll)(void *face);
	void *face;

	bool color;		/* colour the answer */
	bool terminal;		/* a terminal (or GDB's own stream) shows the answer: clean names */
	bool utf8;		/* who reads the answer reads UTF-8: box characters may be used */
	bool quiet;		/* say nothing that is not asked for */
	unsigned int width;	/* columns, 0 if unknown */
	struct vs_buf buf;	/* pending bytes of the answer */
};

/** Does the locale of the process say UTF-8? For faces, to fill in .utf8. */
bool vs_out_locale_utf8(void);

/** Append to the answer; flushes by itself past 32 KiB. */
struct vs_err *vs_out_put(struct vs_out *out, const char *data, size_t len);
struct vs_err *vs_out_printf(struct vs_out *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Flush if much is pending. For renderers which append to out->buf themselves. */
struct vs_err *vs_out_tick(struct vs_out *out);

/** Write what is pending. */
struct vs_err *vs_out_flush(struct vs_out *out);

/** Say one line about the answer, after what is pending of the answer. Not under --quiet. */
void vs_out_say(struct vs_out *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** NULL, or &vs_einterrupted once the user wants to stop. */
struct vs_err *vs_out_poll(struct vs_out *out);

#endif
