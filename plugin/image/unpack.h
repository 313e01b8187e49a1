/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compressions of pages in kdump files. Their libraries are opened when a file wants
 * them: what this was built with does not decide what can be read.
 */
#ifndef VS_IMAGE_UNPACK_H
#define VS_IMAGE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_err;

/* DUMP_DH_COMPRESSED_* of makedumpfile, a bit each: in the header's status and in each page's flags. */
enum {
	VS_PACKED_ZLIB		= 0x01,
	VS_PACKED_LZO		= 0x02,
	VS_PACKED_SNAPPY	= 0x04,
	VS_PACKED_ZSTD		= 0x20,
	VS_PACKED_ANY		= 0x27,
};

struct vs_unpackers {
	struct { void *handle, *fn; } v[4];
	/* zlib's pages by libdeflate, if that is there: it does nothing else, in a third of the time. */
	struct {
		void *handle, *state;
		void (*free)(void *state);
		int (*unpack)(void *state, const void *in, size_t in_len, void *out, size_t out_len,
			      size_t *out_len_ret);
	} fast;
};

/** "zlib", ..., for one of these bits; NULL for anything else. */
const char *vs_unpack_name(uint32_t flag);

/** Make ready for pages of kind @p flag; the error says which library is missing. */
struct vs_err *vs_unpack_prepare(struct vs_unpackers *u, uint32_t flag);

/**
 * Unpack @p len bytes into exactly @p size; false if that is not what they come to, whatever they
 * are, and without a library.
 */
bool vs_unpack(struct vs_unpackers *u, uint32_t flag, const void *data, size_t len, void *to, size_t size);
void vs_unpackers_deinit(struct vs_unpackers *u);

#endif
