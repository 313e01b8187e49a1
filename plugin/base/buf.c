// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/buf.h"
#include "base/bytes.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *vs_buf_grow(struct vs_buf *b, size_t more)
{
	if (b->failed)
		return NULL;
	if (more > b->cap - b->len || !b->data) {
		size_t cap = b->cap ? b->cap : 128;
		char *data;

		while (cap - b->len < more) {
			if (cap > SIZE_MAX / 2) {
				b->failed = true;
				return NULL;
			}
			cap *= 2;
		}
		data = realloc(b->data, cap);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->len;
}

void vs_buf_cut(struct vs_buf *b, size_t len)
{
	const size_t keep = len < 128 ? 128 : len;
	char *data;

	if (len >= b->len)
		return;
	b->len = len;
	if (b->cap < 1 << 20 || b->cap / 4 < keep)
		return;
	data = realloc(b->data, keep);
	if (!data)
		return;
	b->data = data;
	b->cap = keep;
}

void vs_buf_put(struct vs_buf *b, const void *data, size_t len)
{
	char *to;

	if (!len)
		return;
	to = vs_buf_reserve(b, len);
	if (!to)
		return;
	memcpy(to, data, len);
	b->len += len;
}

void vs_buf_puts(struct vs_buf *b, const char *s)
{
	vs_buf_put(b, s, strlen(s));
}

void vs_buf_printf(struct vs_buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	to = vs_buf_reserve(b, (size_t)n + 1);
	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

/* Eight digits at once, one in each byte; the first digit in the highest. */
static uint64_t eight_digits(uint32_t v)
{
	uint64_t x = v, letter;

	x = (x << 16 | x) & UINT64_C(0x0000ffff0000ffff);
	x = (x << 8 | x) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x << 4 | x) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	letter = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	return x + UINT64_C(0x3030303030303030) + letter * ('a' - '0' - 10);
}

/* The last @p n of eight digits, 1 to 8, the first of which is in the top byte. Writes eight bytes. */
static inline void put_digits(char *to, uint64_t digits, unsigned int n)
{
	digits <<= 8 * (8 - n);
	if (!VS_HOST_BIG_ENDIAN)
		digits = __builtin_bswap64(digits);
	memcpy(to, &digits, sizeof(digits));
}

char *vs_hex(char *to, uint64_t v, unsigned int width)
{
	unsigned int n = (67 - (unsigned int)__builtin_clzll(v | 1)) / 4;

	if (n < width)
		n = width < VS_HEX_MAX ? width : VS_HEX_MAX;
	if (n > 8)
		put_digits(to, eight_digits((uint32_t)(v >> 32)), n - 8);
	put_digits(n > 8 ? to + n - 8 : to, eight_digits((uint32_t)v), n > 8 ? 8 : n);
	return to + n;
}

void vs_buf_hex(struct vs_buf *b, uint64_t v, unsigned int width)
{
	char *to = vs_buf_reserve(b, VS_HEX_MAX);

	if (to)
		b->len += (size_t)(vs_hex(to, v, width) - to);
}

char *vs_dec(char *to, uint64_t v)
{
	char tmp[VS_DEC_MAX];
	unsigned int n = 0;

	do {
		tmp[VS_DEC_MAX - ++n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	memcpy(to, tmp + VS_DEC_MAX - n, n);
	return to + n;
}

void vs_buf_dec(struct vs_buf *b, uint64_t v)
{
	char *to = vs_buf_reserve(b, VS_DEC_MAX);

	if (to)
		b->len += (size_t)(vs_dec(to, v) - to);
}

void vs_buf_count(struct vs_buf *b, uint64_t v)
{
	char n[VS_THOUSANDS_MAX];

	vs_buf_puts(b, vs_thousands(n, v));
}

void vs_buf_pad(struct vs_buf *b, char c, size_t n)
{
	char *to = n ? vs_buf_reserve(b, n) : NULL;

	if (!to)
		return;
	memset(to, c, n);
	b->len += n;
}

void vs_buf_put_clean(struct vs_buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f)
			vs_buf_printf(b, "\\%03o", c);
		else
			vs_buf_putc(b, (char)c);
	}
}

const char *vs_buf_str(struct vs_buf *b)
{
	char *end = vs_buf_reserve(b, 1);

	if (!end)
		return "";
	*end = 0;
	return b->data;
}

char *vs_buf_steal(struct vs_buf *b)
{
	char *s = NULL;

	if (vs_buf_reserve(b, 1)) {
		b->data[b->len] = 0;
		s = b->data;
		b->data = NULL;
	}
	vs_buf_deinit(b);
	return s;
}
