// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/unpack.h"

#include <dlfcn.h>

#include "base/err.h"

/* Sonames and functions that have been the same for more than ten years. */
static const struct {
	uint32_t flag;
	const char *name, *soname, *fn, *package;
} kinds[4] = {
	{ VS_PACKED_ZLIB, "zlib", "libz.so.1", "uncompress", "zlib1g" },
	{ VS_PACKED_LZO, "lzo", "liblzo2.so.2", "lzo1x_decompress_safe", "liblzo2-2" },
	{ VS_PACKED_SNAPPY, "snappy", "libsnappy.so.1", "snappy_uncompress", "libsnappy1v5" },
	{ VS_PACKED_ZSTD, "zstd", "libzstd.so.1", "ZSTD_decompress", "libzstd1" },
};

/* As in zlib.h, lzo/lzo1x.h, snappy-c.h and zstd.h. */
typedef int zlib_fn(unsigned char *dest, unsigned long *dest_len, const unsigned char *src, unsigned long src_len);
typedef int lzo_fn(const unsigned char *src, unsigned long src_len, unsigned char *dst, unsigned long *dst_len,
		   void *wrkmem);
typedef int snappy_fn(const char *compressed, size_t len, char *to, size_t *size);
typedef size_t zstd_fn(void *dst, size_t dst_capacity, const void *src, size_t compressed_size);

static int kind_of(uint32_t flag)
{
	for (int i = 0; i < 4; i++)
		if (kinds[i].flag == flag)
			return i;
	return -1;
}

const char *vs_unpack_name(uint32_t flag)
{
	int i = kind_of(flag);

	return i < 0 ? NULL : kinds[i].name;
}

/* libdeflate, as in libdeflate.h; its soname has been this since 2016. */
static void prepare_fast(struct vs_unpackers *u)
{
	void *handle = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL);
	void *(*alloc)(void) = NULL;

	if (!handle)
		return;
	*(void **)&alloc = dlsym(handle, "libdeflate_alloc_decompressor");
	*(void **)&u->fast.free = dlsym(handle, "libdeflate_free_decompressor");
	*(void **)&u->fast.unpack = dlsym(handle, "libdeflate_zlib_decompress");
	if (alloc && u->fast.free && u->fast.unpack)
		u->fast.state = alloc();
	u->fast.handle = handle;
}

struct vs_err *vs_unpack_prepare(struct vs_unpackers *u, uint32_t flag)
{
	int i = kind_of(flag);

	if (i < 0)
		return vs_err_create(VS_ERR_FORMAT, "its pages are compressed in a way that is not known here (%#x)", flag);
	if (!u->v[i].handle)
		u->v[i].handle = dlopen(kinds[i].soname, RTLD_NOW | RTLD_LOCAL);
	if (u->v[i].handle && !u->v[i].fn)
		u->v[i].fn = dlsym(u->v[i].handle, kinds[i].fn);
	if (flag == VS_PACKED_ZLIB && u->v[i].fn && !u->fast.handle)
		prepare_fast(u);
	return u->v[i].fn ? NULL : vs_err_create(VS_ERR_FORMAT,
		"its pages are compressed by %s; %s, which unpacks them, is not installed (Debian: %s)",
		kinds[i].name, kinds[i].soname, kinds[i].package);
}

bool vs_unpack(struct vs_unpackers *u, uint32_t flag, const void *data, size_t len, void *to, size_t size)
{
	int i = kind_of(flag);
	unsigned long got = size;
	size_t size_got = size;

	// a kind that the first pages did not have
	if (i >= 0 && !u->v[i].fn)
		vs_err_free(vs_unpack_prepare(u, flag));
	if (i < 0 || !u->v[i].fn)
		return false;
	switch (flag) {
	case VS_PACKED_ZLIB:
		if (u->fast.state)
			return !u->fast.unpack(u->fast.state, data, len, to, size, &size_got) && size_got == size;
		return !((zlib_fn *)u->v[i].fn)(to, &got, data, len) && got == size;
	case VS_PACKED_LZO:
		return !((lzo_fn *)u->v[i].fn)(data, len, to, &got, NULL) && got == size;
	case VS_PACKED_SNAPPY:
		return !((snappy_fn *)u->v[i].fn)(data, len, to, &size_got) && size_got == size;
	default:
		return ((zstd_fn *)u->v[i].fn)(to, size, data, len) == size;
	}
}

void vs_unpackers_deinit(struct vs_unpackers *u)
{
	if (u->fast.state)
		u->fast.free(u->fast.state);
	if (u->fast.handle)
		dlclose(u->fast.handle);
	for (int i = 0; i < 4; i++) {
		if (u->v[i].handle)
			dlclose(u->v[i].handle);
		u->v[i].handle = u->v[i].fn = NULL;
	}
	u->fast.handle = u->fast.state = NULL;
}
