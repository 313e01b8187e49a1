/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmap_lock (mmap_sem before 5.8) of an mm, decoded: who was at work on it. */
#ifndef VS_SPACE_LOCK_H
#define VS_SPACE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

enum vs_lock_held {
	VS_LOCK_UNKNOWN,	/* the kernel's lock is of a kind not known here, or is not in the dump */
	VS_LOCK_FREE,
	VS_LOCK_READ,
	VS_LOCK_WRITE,
};

struct vs_lock {
	enum vs_lock_held held;
	uint32_t readers;
	bool waiters;
	uint64_t count, owner;	/* raw, as the rw_semaphore has them */
	uint64_t task;		/* task_struct of the writer, or of the last reader that said so; 0: none */
	/* Who that is, as far as the tasks of the dump tell; pid 0: unknown. */
	int32_t pid, tid;	/* thread group and thread */
	char comm[16];
	char state;		/* as ps shows it */
	char where[160];	/* kernel functions on its stack, innermost first: "__vma_adjust < __split_vma"; "" */
};

#endif
