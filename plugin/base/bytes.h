/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target's byte order, word and page: the one place that knows them. Target
 * data is never cast to a host struct; it is loaded with these.
 */
#ifndef VS_BASE_BYTES_H
#define VS_BASE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct vs_target {
	bool big_endian;
	uint8_t word;		/* bytes of an unsigned long and of a pointer: 4 or 8 */
	uint8_t page_shift;	/* log2 of the kernel's PAGE_SIZE */
};

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define VS_HOST_BIG_ENDIAN true
#else
#define VS_HOST_BIG_ENDIAN false
#endif

static inline uint16_t vs_load16(const void *p, bool big_endian)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return big_endian == VS_HOST_BIG_ENDIAN ? v : __builtin_bswap16(v);
}

static inline uint32_t vs_load32(const void *p, bool big_endian)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return big_endian == VS_HOST_BIG_ENDIAN ? v : __builtin_bswap32(v);
}

static inline uint64_t vs_load64(const void *p, bool big_endian)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return big_endian == VS_HOST_BIG_ENDIAN ? v : __builtin_bswap64(v);
}

/** An unsigned integer of @p size bytes (1, 2, 4, 8; anything else is 0). */
static inline uint64_t vs_load(const void *p, unsigned int size, bool big_endian)
{
	switch (size) {
	case 8:
		return vs_load64(p, big_endian);
	case 4:
		return vs_load32(p, big_endian);
	case 2:
		return vs_load16(p, big_endian);
	case 1:
		return *(const uint8_t *)p;
	default:
		return 0;
	}
}

/** The same the other way: the low 16, 32 or 64 bits of @p v to @p p. */
static inline void vs_store16(void *p, uint16_t v, bool big_endian)
{
	v = big_endian == VS_HOST_BIG_ENDIAN ? v : __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void vs_store32(void *p, uint32_t v, bool big_endian)
{
	v = big_endian == VS_HOST_BIG_ENDIAN ? v : __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void vs_store64(void *p, uint64_t v, bool big_endian)
{
	v = big_endian == VS_HOST_BIG_ENDIAN ? v : __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

/**
 * The bit field of @p bits bits that begins @p first bits behind @p p; of one wider than 64
 * bits the low 64. Bits are counted as compilers place them and DWARF and BTF tell them: in
 * each byte from its low end by a little-endian target, from its high end by a big-endian one.
 */
static inline uint64_t vs_load_bits(const void *p, uint64_t first, unsigned int bits, bool big_endian)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bits; i++) {	// from the most significant bit down
		uint64_t at = first + (big_endian ? i : bits - 1 - i);
		unsigned int byte = ((const uint8_t *)p)[at / 8];

		v = v << 1 | (byte >> (big_endian ? 7 - at % 8 : at % 8) & 1);
	}
	return v;
}

/** Sign-extend the @p size byte integer in @p v. */
static inline int64_t vs_sign_extend(uint64_t v, unsigned int size)
{
	unsigned int shift = size && size < 8 ? 64 - 8 * size : 0;

	return (int64_t)(v << shift) >> shift;
}

/** What a sum or difference of the target's addresses is there: its arithmetic ends with its word. */
static inline uint64_t vs_wrap(const struct vs_target *t, uint64_t v)
{
	return t->word == 4 ? (uint32_t)v : v;
}

static inline uint64_t vs_page_size(const struct vs_target *t)
{
	return UINT64_C(1) << t->page_shift;
}

#endif
