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

struct vs_probe {
	/** Is a file that begins with these bytes of this kind? */
	bool (*is)(const unsigned char *head, size_t len);
	/**
	 * Open it. @p fd stays the caller's. The error need not name the file.
	 * The probe sets all of the image but last, touched and n_reads.
	 */
	struct vs_err *(*open)(const char *path, int fd, uint64_t size, struct vs_image **ret);
};

extern const struct vs_probe vs_probe_elf;

#endif
