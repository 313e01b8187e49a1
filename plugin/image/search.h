/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking for something in the memory that an image holds, page by page.
 */
#ifndef VS_IMAGE_SEARCH_H
#define VS_IMAGE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "image/image.h"

struct vs_search {
	const char *what;	/* for the progress line: "VMCOREINFO" */
	const void *bytes;
	size_t len;		/* at least 1 */
	uint64_t off;		/* where they stand in their page of 4 KiB; off + len is 4096 at most */
};

/** Physical addresses of pages (4 KiB each), rising within a range of the image. */
struct vs_hits {
	uint64_t *v;
	size_t n, cap;
};

/**
 * Add the pages that have s[i].bytes at s[i].off to hits[i], for each of the @p n: the
 * first 4096 of them. All of the memory is read, once: past a second a terminal is told
 * how far it is. The caller frees with vs_vec_deinit().
 */
struct vs_err *vs_image_search(struct vs_image *img, const struct vs_search *s, size_t n, struct vs_out *out,
			       struct vs_hits *hits);

#endif
