/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDB's remote protocol, the part of it that a dump can answer: its memory, and its
 * tasks as threads. No Python here and no GDB: it runs in a thread of its own.
 */
#ifndef VS_GDB_RSP_H
#define VS_GDB_RSP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "kernel/kernel.h"
#include "kernel/regs.h"
#include "space/tasks.h"

/* Thread ids of the protocol are not 0: idle tasks, which all have the pid 0, are these. */
#define VS_RSP_IDLE	1000000000

struct vs_rsp_thread {
	uint64_t task;		/* task_struct */
	uint64_t mm;		/* 0: none */
	int64_t id;		/* the pid, or VS_RSP_IDLE and the number of its CPU */
	int cpu;		/* on which it runs, -1: it does not */
	const struct vs_note *note;	/* NT_PRSTATUS of that CPU, NULL: none */
};

struct vs_rsp {
	struct vs_kernel *k;
	/*
	 * Held while a packet is answered, and by whoever else reads through k: nothing
	 * there may be used by two threads. Who holds it asks nothing of GDB that would
	 * make GDB ask here.
	 */
	pthread_mutex_t lock;
	VS_VEC(struct vs_rsp_thread) threads;
	struct vs_map by_id;
	struct vs_buf xml;	/* of qXfer:threads:read */
	const char *arch;	/* as GDB calls it */
	size_t first;		/* the thread that GDB meets */
	size_t current;		/* of Hg */
};

/** Make the list of threads. @p tasks is not kept, @p k is. The caller deinits. */
struct vs_err *vs_rsp_init(struct vs_rsp *r, struct vs_kernel *k, const struct vs_tasks *tasks);
void vs_rsp_deinit(struct vs_rsp *r);

/** The registers of a thread as far as they are known. */
void vs_rsp_regs(const struct vs_rsp *r, const struct vs_rsp_thread *t, struct vs_regs *ret);

/** Serve whoever is at the other end of @p fd until it has gone. */
void vs_rsp_serve(struct vs_rsp *r, int fd);

#endif
