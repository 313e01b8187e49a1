/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing an ELF vmcore in the shape of /proc/vmcore: what extract cuts.
 */
#ifndef VS_IMAGE_ELF_WRITE_H
#define VS_IMAGE_ELF_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "image/image.h"

struct vs_err;

/** A set of pages, by page number; pages are added in any order, any number of times. */
struct vs_pageset {
	VS_VEC(uint64_t) v;
	bool failed;		/* out of memory: some are missing */
};

void vs_pageset_add(struct vs_pageset *p, uint64_t first, uint64_t n);

/** Sort, drop duplicates. */
void vs_pageset_settle(struct vs_pageset *p);
void vs_pageset_deinit(struct vs_pageset *p);

/** Where a piece of physical memory is mapped: gives the PT_LOADs their p_vaddr. */
struct vs_elf_window {
	uint64_t va, end;	/* virtual, end exclusive */
	uint64_t pa;		/* of va */
};

/**
 * Write those of @p pages that @p img holds, with its notes, to @p path (which must
 * not exist), in the byte order that the memory has: where the image's is another, of its
 * notes only the text of VMCOREINFO can be kept. Memory that the image describes and the set leaves out is there as
 * p_memsz without p_filesz: excluded, not unknown. The first window that covers a run
 * gives its p_vaddr, each further one a second PT_LOAD of the same bytes.
 * *n_ret is the number of pages written.
 */
struct vs_err *vs_elf_write(const char *path, struct vs_image *img, const struct vs_pageset *pages,
			    unsigned int page_shift, bool big_endian, const struct vs_elf_window *windows,
			    size_t n_windows, size_t *n_ret);

#endif
