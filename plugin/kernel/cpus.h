/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPUs a kernel has room for, and where each keeps its per-CPU variables. */
#ifndef VS_KERNEL_CPUS_H
#define VS_KERNEL_CPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

struct vs_err;
struct vs_kernel;

struct vs_cpu {
	unsigned int nr;
	uint64_t offset;	/* a per-CPU pointer plus this, modulo 2^64, is an address */
};

struct vs_cpus {
	VS_VEC(struct vs_cpu) v;	/* the possible ones: what an offline CPU counted is moved, not lost */
	bool known;			/* they have been read */
	bool absent;			/* not all of them could be told: their memory is not in the dump */
};

/** The CPUs, read at the first call; borrowed. */
struct vs_err *vs_kernel_cpus(struct vs_kernel *k, const struct vs_cpus **ret);
void vs_cpus_deinit(struct vs_cpus *c);

#endif
