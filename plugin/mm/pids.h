/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table of pids: another way to the tasks. */
#ifndef VS_MM_PIDS_H
#define VS_MM_PIDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

struct vs_err;
struct vs_kernel;
struct vs_out;

/** A task that the table leads to. */
struct vs_pid {
	uint64_t task;		/* task_struct, not read yet */
	int32_t nr;		/* the pid that it has, seen from init_pid_ns */
};

struct vs_pids {
	VS_VEC(struct vs_pid) v;	/* in the order of the table */
	const char *source;	/* "init_pid_ns.idr", "pid_hash"; NULL: there is none */
	const char *problem;	/* why it could not be gone through, NULL */
	uint32_t broken;	/* nodes, chains or pids that could not be followed */
};

/**
 * All tasks of the kernel's pid table: the radix tree of init_pid_ns since 4.15, the
 * hash table before. Damage is counted; the caller deinits @p ret, also on error.
 */
struct vs_err *vs_pids_read(struct vs_kernel *k, struct vs_out *out, struct vs_pids *ret);
void vs_pids_deinit(struct vs_pids *p);

#endif
