// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads, stores and bit fields in both byte orders, and as the compiler of this host does it. */
#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "tap.h"

static void check_order(bool be)
{
	static const unsigned char up[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const char *name = be ? "big endian" : "little endian";
	unsigned char to[8];

	ok(vs_load16(up, be) == (be ? 0x0102 : 0x0201), "%s: 16 bits", name);
	ok(vs_load32(up, be) == (be ? 0x01020304 : 0x04030201), "%s: 32 bits", name);
	ok(vs_load64(up, be) == (be ? UINT64_C(0x0102030405060708) : UINT64_C(0x0807060504030201)),
	   "%s: 64 bits", name);
	ok(vs_load(up, 1, be) == 1 && vs_load(up, 2, be) == vs_load16(up, be) &&
	   vs_load(up, 4, be) == vs_load32(up, be) && vs_load(up, 8, be) == vs_load64(up, be) &&
	   !vs_load(up, 3, be), "%s: by size", name);
	vs_store64(to, vs_load64(up, be), be);
	ok(!memcmp(to, up, 8), "%s: 64 bits stored", name);
	vs_store32(to, 0xa1b2c3d4, be);
	vs_store16(to + 4, 0xe5f6, be);
	ok(!memcmp(to, be ? "\xa1\xb2\xc3\xd4\xe5\xf6" : "\xd4\xc3\xb2\xa1\xf6\xe5", 6), "%s: 32 and 16 stored", name);
}

struct fields {
	uint32_t low : 3, middle : 13, high : 16;
	uint64_t first : 1, wide : 63;
	uint8_t nibble : 4, other : 4;
};

/* Where this compiler put a field: the bits that are set when it is. */
#define HERE(field, value) do { \
	volatile uint64_t ones = UINT64_MAX; \
	struct fields all, none; \
	unsigned int at = 0; \
	memset(&none, 0, sizeof(none)); \
	memcpy(&all, &none, sizeof(all)); \
	all.field = ones; \
	while (!vs_load_bits(&all, at, 1, VS_HOST_BIG_ENDIAN)) \
		at++; \
	none.field = value; \
	uint64_t found = vs_load_bits(&none, at, (unsigned int)__builtin_popcountll(all.field), VS_HOST_BIG_ENDIAN); \
	if (!ok(found == none.field && found == (value), "this compiler's " #field)) \
		diag("found %#" PRIx64 " at bit %u", found, at); \
} while (0)

/* Numbers as text, which are not printf()'s: every length, every width. */
static void check_digits(void)
{
	unsigned int wrong = 0, n = 0;

	for (unsigned int bit = 0; bit <= 64; bit++)
		for (int less = -1; less <= 1; less++)
			for (unsigned int width = 0; width <= 16; width++) {
				const uint64_t v = (bit < 64 ? UINT64_C(1) << bit : 0) + (uint64_t)less;
				char expected[32], found[64] = { 0 };
				char *end = vs_hex(found, v, width);

				*end = 0;
				snprintf(expected, sizeof(expected), "%0*" PRIx64, (int)width, v);
				wrong += strcmp(found, expected) != 0;
				end = vs_dec(found, v);
				*end = 0;
				snprintf(expected, sizeof(expected), "%" PRIu64, v);
				wrong += strcmp(found, expected) != 0;
				n += 2;
			}
	ok(!wrong, "%u numbers in hexadecimal and decimal (%u wrong)", n, wrong);
}

int main(void)
{
	// 1010 0101 ... : a field across bytes, one of nine bytes, one wider than 64 bits
	static const unsigned char b[] = { 0xa5, 0x3c, 0xff, 0, 0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0, 0x7e };

	check_order(false);
	check_order(true);
	ok(vs_load_bits(b, 4, 8, false) == 0xca, "little endian, across bytes");
	ok(vs_load_bits(b, 4, 8, true) == 0x53, "big endian, across bytes");
	ok(vs_load_bits(b, 1, 64, false) == (UINT64_C(0xff3ca5) >> 1 | UINT64_C(1) << 63),
	   "little endian, in nine bytes");
	ok(vs_load_bits(b, 1, 64, true) == (UINT64_C(0xa53cff) << 41 | 1), "big endian, in nine bytes");
	ok(vs_load_bits(b, 0, 72, false) == UINT64_C(0xff3ca5), "little endian, wider than 64 bits");
	ok(vs_load_bits(b, 0, 72, true) == (UINT64_C(0x3cff) << 48 | 0x81), "big endian, wider than 64 bits");
	HERE(low, 5);
	HERE(middle, 0x1234);
	HERE(high, 0xbeef);
	HERE(first, 1);
	HERE(wide, UINT64_C(0x123456789abcdef0));
	HERE(nibble, 9);
	HERE(other, 6);
	ok(vs_sign_extend(0xff, 1) == -1 && vs_sign_extend(0x7fff, 2) == 0x7fff &&
	   vs_sign_extend(0x80000000, 4) == INT32_MIN, "signs");
	check_digits();
	return done();
}
