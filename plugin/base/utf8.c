// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utf8.h"

size_t vs_utf8_decode(const char *s, size_t left, uint32_t *cp_ret)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = p[0];
	size_t n = 1;

	if (c >= 0x80) {
		n = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
		if (!n || n > left)
			return 0;
		c &= 0x7fU >> n;
		for (size_t i = 1; i < n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
		    (c >= 0xd800 && c < 0xe000))
			return 0;
	}
	*cp_ret = c;
	return n;
}

int vs_utf8_columns(uint32_t cp)
{
	static const struct { uint32_t first, last; int columns; } ranges[] = {
		{ 0, 0x1f, -1 }, { 0x7f, 0x9f, -1 },
		{ 0x200e, 0x200f, -1 }, { 0x2028, 0x202e, -1 }, { 0x2066, 0x2069, -1 },
		{ 0x300, 0x36f, 0 }, { 0x200b, 0x200d, 0 }, { 0x20d0, 0x20ff, 0 }, { 0xfe00, 0xfe0f, 0 },
		{ 0x1100, 0x115f, 2 }, { 0x2e80, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
		{ 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 },
		{ 0x1f300, 0x1f64f, 2 }, { 0x1f680, 0x1f6ff, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return ranges[i].columns;
	return 1;
}
