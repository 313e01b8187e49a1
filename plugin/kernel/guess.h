/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO of a dump that has no note with it: found in memory, else made up of
 * what vmlinux and the kernel's own variables say. Neither is believed before the
 * kernel's banner has been read where it puts it.
 */
#ifndef VS_KERNEL_GUESS_H
#define VS_KERNEL_GUESS_H

#include <stddef.h>

#include "base/vec.h"
#include "kernel/vmcoreinfo.h"

struct vs_err;
struct vs_image;
struct vs_kernel;
struct vs_out;

struct vs_vmcoreinfos {
	struct vs_vmcoreinfo *v;
	size_t n, cap;
};

/**
 * Each text of VMCOREINFO in memory, once: a page that begins with "OSRELEASE=". There may
 * be some of kernels that ran before, or in a file. All of the memory is read.
 */
struct vs_err *vs_vmcoreinfo_search(struct vs_image *img, struct vs_out *out, struct vs_vmcoreinfos *ret);
void vs_vmcoreinfos_deinit(struct vs_vmcoreinfos *f);

/**
 * Make k->vi up out of k->vmlinux and k->symbols: find the image by the container's CPUs,
 * else by its banner, and offer each possibility to @p take until that has no error.
 * The error is the last of its, or says what was not found.
 */
struct vs_err *vs_vmcoreinfo_guess(struct vs_kernel *k, struct vs_out *out,
				   struct vs_err *(*take)(struct vs_kernel *k));

#endif
