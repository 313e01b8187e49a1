/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pictures in a terminal need: names that fit, users of an address space. */
#ifndef VS_RENDER_TEXT_H
#define VS_RENDER_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "space/space.h"

#define VS_SGR_PLAIN	"\033[0m"
#define VS_SGR_BOLD	"\033[1m"
#define VS_SGR_DIM	"\033[2m"
#define VS_SGR_RED	"\033[1;31m"
#define VS_SGR_YELLOW	"\033[33m"
#define VS_SGR_CYAN	"\033[36m"

/** How a picture is drawn. */
struct vs_text_style {
	bool color;
	bool utf8;		/* box characters; else ASCII */
	unsigned int width;	/* columns of a line */
};

static inline void vs_text_sgr(struct vs_buf *b, const struct vs_text_style *st, const char *sgr)
{
	if (st->color)
		vs_buf_puts(b, sgr);
}

/** @p u where UTF-8 is drawn, else @p ascii. */
static inline const char *vs_text_pick(const struct vs_text_style *st, const char *u, const char *ascii)
{
	return st->utf8 ? u : ascii;
}

/**
 * @p s of @p len bytes, cleaned for a terminal, in at most @p width columns: what
 * is too long loses its middle to an ellipsis. Returns the columns used.
 */
unsigned int vs_text_fit(struct vs_buf *b, const char *s, size_t len, unsigned int width, bool utf8);

/** The path or label of @p v, or @p otherwise (may be NULL), fitted. Returns the columns used. */
unsigned int vs_text_name(struct vs_buf *b, const struct vs_space *s, const struct vs_vma *v,
			  uint32_t i, const char *otherwise, unsigned int width, bool utf8);

/** "rw-p" of vm_flags, NUL-terminated. */
void vs_text_perms(char ret[5], uint64_t flags);

/** "many (pid 134), other (pid 140) and 3 more"; says so where no task uses it. */
void vs_text_users(struct vs_buf *b, const struct vs_space *s);

#endif
