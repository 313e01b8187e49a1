/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing run of bytes. Running out of memory is remembered in .failed, so
 * that a writer may append without looking and ask once at the end.
 */
#ifndef VS_BASE_BUF_H
#define VS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct vs_buf {
	char *data;		/* not terminated; see vs_buf_str() */
	size_t len;
	size_t cap;
	bool failed;		/* some append found no memory */
};

#define VS_BUF_INIT ((struct vs_buf){ 0 })

static inline void vs_buf_deinit(struct vs_buf *b)
{
	free(b->data);
	*b = VS_BUF_INIT;
}

#define _cleanup_buf_ __attribute__((cleanup(vs_buf_deinit)))

/** Make room for @p more bytes where there is not enough; as vs_buf_reserve(). */
char *vs_buf_grow(struct vs_buf *b, size_t more);

/** Make room for @p more bytes; returns where they go, NULL without memory. */
static inline char *vs_buf_reserve(struct vs_buf *b, size_t more)
{
	return more <= b->cap - b->len && b->data ? b->data + b->len : vs_buf_grow(b, more);
}

void vs_buf_put(struct vs_buf *b, const void *data, size_t len);
void vs_buf_puts(struct vs_buf *b, const char *s);

static inline void vs_buf_putc(struct vs_buf *b, char c)
{
	char *to = vs_buf_reserve(b, 1);

	if (to) {
		*to = c;
		b->len++;
	}
}

void vs_buf_printf(struct vs_buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define VS_HEX_MAX 16		/* what vs_hex() and vs_dec() may write, whatever they answer */
#define VS_DEC_MAX 20

/** As vs_buf_hex(), to where there is room for VS_HEX_MAX bytes; the end of the digits. */
char *vs_hex(char *to, uint64_t v, unsigned int width);
/** As vs_buf_dec(), to where there is room for VS_DEC_MAX bytes; the end of the digits. */
char *vs_dec(char *to, uint64_t v);

/** Only its first @p len bytes are left; room that is far too much for them is given back. */
void vs_buf_cut(struct vs_buf *b, size_t len);

/** @p v in lower-case hexadecimal, no prefix, at least @p width digits (0 to 16). */
void vs_buf_hex(struct vs_buf *b, uint64_t v, unsigned int width);
/** @p v in decimal. */
void vs_buf_dec(struct vs_buf *b, uint64_t v);
/** @p v in decimal as people read it: "61,234". */
void vs_buf_count(struct vs_buf *b, uint64_t v);
/** @p n times @p c. */
void vs_buf_pad(struct vs_buf *b, char c, size_t n);

/**
 * @p s of @p len bytes with control characters (and DEL) in the kernel's octal
 * form, \\ooo: what may be shown on a terminal. Bytes from 0x80 on stay.
 */
void vs_buf_put_clean(struct vs_buf *b, const char *s, size_t len);

/** The bytes as a string that the buffer owns, "" when there are none or no memory. */
const char *vs_buf_str(struct vs_buf *b);

/** Hand the string to the caller, who frees it; NULL without memory. */
char *vs_buf_steal(struct vs_buf *b);

#endif
