// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/buf.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *vs_buf_reserve(struct vs_buf *b, size_t more)
{
	if (b->failed)
		return NULL;
	if (more > b->cap - b->len) {
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

void vs_buf_putc(struct vs_buf *b, char c)
{
	vs_buf_put(b, &c, 1);
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

void vs_buf_hex(struct vs_buf *b, uint64_t v, unsigned int width)
{
	char tmp[16];
	unsigned int n = 0;

	do {
		tmp[15 - n++] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (n < 16 && (v || n < width));
	vs_buf_put(b, tmp + 16 - n, n);
}

void vs_buf_dec(struct vs_buf *b, uint64_t v)
{
	char tmp[20];
	unsigned int n = 0;

	do {
		tmp[19 - n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	vs_buf_put(b, tmp + 20 - n, n);
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
