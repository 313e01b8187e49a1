/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of the probe table: one container format.
 */
#ifndef VS_IMAGE_PROBE_H
#define VS_IMAGE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

struct vs_out;

/** Bytes of a file, [start, end). */
struct vs_extent {
	uint64_t start, end;
};

/** Sorted, neither overlapping nor touching. */
struct vs_extents {
	struct vs_extent *v;
	size_t n, cap;
};

/** Add [start, end); false without memory. */
bool vs_extents_add(struct vs_extents *e, uint64_t start, uint64_t end);

/** How many of the @p len bytes from @p at are in @p e without a gap; all of them where that is NULL. */
uint64_t vs_extents_from(const struct vs_extents *e, uint64_t at, uint64_t len);

/** A file of a dump; a split dump has several. */
struct vs_source {
	const char *path;
	int fd;			/* the caller's */
	uint64_t size;
	/*
	 * Of a file that was put in order and lacks pieces: what is there; the rest reads as zeros
	 * that nobody wrote. NULL: all of it. The image may keep what it steals from here.
	 */
	struct vs_extents *written;
};

struct vs_probe {
	/** Is a file that begins with these bytes of this kind? */
	bool (*is)(const unsigned char *head, size_t len);
	/**
	 * Open it; @p n is 1 but for split dumps. The error need not name the file. The
	 * probe sets all of the image but last, touched and n_reads.
	 */
	struct vs_err *(*open)(const struct vs_source *src, size_t n, struct vs_out *out,
			       struct vs_image **ret);
};

extern const struct vs_probe vs_probe_elf, vs_probe_kdump, vs_probe_kdumpfile, vs_probe_flattened,
	vs_probe_packed;

/** /proc/kcore, or whatever else of the kind that cannot be mapped. */
struct vs_err *vs_kcore_open(const struct vs_source *src, struct vs_image **ret);

/** Open what @p src holds by the row of the table that knows it: for containers of containers. */
struct vs_err *vs_image_open_sources(const struct vs_source *src, size_t n, struct vs_out *out,
				     struct vs_image **ret);

/** A file in TMPDIR without a name: nothing is left behind, however we end. @p why ends the error. */
struct vs_err *vs_image_temp(const char *why, int *ret);

/** Take ELF notes apart into img->notes; they borrow from @p data. What is cut off ends it. */
struct vs_err *vs_notes_parse(struct vs_image *img, const unsigned char *data, uint64_t len);

/** "x86-64" for an e_machine; a number in @p buf for one that is not known. */
const char *vs_machine_name(uint16_t machine, char buf[16]);

#endif
