/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tasks of a dump as plain host structs: what ps prints and what says
 * whose an mm is.
 */
#ifndef VS_SPACE_TASKS_H
#define VS_SPACE_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "space/space.h"

/* Whether mm and active_mm of a task are what they should be: the same. */
enum vs_task_odd {
	VS_TASK_SOUND,
	VS_TASK_MM_ODD,		/* mm is not believed: .mm is what active_mm says, .mm_seen what mm does */
	VS_TASK_ACTIVE_ODD,	/* active_mm is not */
	VS_TASK_BOTH_ODD,	/* who knows */
};

struct vs_task {
	uint64_t addr;		/* task_struct */
	int32_t pid, tgid;
	char comm[16];		/* NUL-terminated; may hold any other byte */
	uint64_t mm;		/* 0: kernel thread, or past exit_mm() */
	uint64_t active_mm;
	uint64_t mm_seen;	/* as it stands there */
	uint8_t odd;		/* enum vs_task_odd */
	uint64_t signal;	/* signal_struct: one a thread group */
	uint64_t fs;		/* fs_struct; 0 past exit_fs() */
	uint64_t flags;		/* PF_... */
	uint64_t state;		/* TASK_... */
	uint64_t exit_state;	/* EXIT_ZOMBIE, EXIT_DEAD */
	int32_t rss[4];		/* rss_stat.count[]: file, anon, swap, shmem pages that the mm does not know of yet (to 6.1) */
	uint32_t leader;	/* index of the group leader; its own for leaders */
	uint32_t n_threads;	/* of leaders: the group's size, itself included */
};

#define VS_PF_KTHREAD	UINT64_C(0x00200000)	/* unchanged since 2.6.39 */
#define VS_PF_EXITING	UINT64_C(0x00000004)	/* unchanged since 2.6.12 */
#define VS_EXIT_DEAD	UINT64_C(0x10)
#define VS_EXIT_ZOMBIE	UINT64_C(0x20)		/* 16 and 32 swapped in 3.14 or so; either is past exit */

/** The letter that ps and /proc/PID/stat show. */
char vs_task_state(const struct vs_task *t);

/* A pointer of the task ring or of a thread list at which the walk ended early. */
struct vs_task_break {
	enum vs_stop why;
	uint64_t task;		/* the task whose pointer it is */
	const char *member;	/* "tasks.next", "thread_node.next" */
	uint64_t value;
	uint8_t from;		/* enum vs_from, for VS_STOP_ABSENT */
	bool one_way;		/* the ring goes on, but its other direction does not come this way: tasks may be left out */
};

struct vs_tasks {
	VS_VEC(struct vs_task) v;	/* each leader followed by its other threads, in the ring's order */
	VS_VEC(struct vs_task_break) breaks;
	uint8_t word;		/* bytes of a pointer */
	/* Where something is broken, other sources are asked. */
	const char *table;	/* the pid table that was gone through: "init_pid_ns.idr"; NULL: none */
	const char *table_problem;	/* why not */
	uint32_t n_by_table;	/* tasks that only it led to */
	uint32_t table_broken;	/* places at which it could not be followed itself */
	bool mms_searched;	/* neither was whole, and the slab of mm_structs was searched: */
	VS_VEC(uint64_t) mms;	/* mm_structs in use of which no task is known */
	uint32_t *by_mm;	/* owned; behind vs_tasks_of() */
};

/** Something of the ring, the thread lists and the pid table that was asked then is not whole. */
static inline bool vs_tasks_doubtful(const struct vs_tasks *t)
{
	return t->breaks.n && (!t->table || t->table_broken);
}

/** Once all tasks are there: make vs_tasks_of() answer. False without memory. */
bool vs_tasks_index(struct vs_tasks *t);

/** Indices of the tasks with this @p mm: leaders first, each in the order of v. *n_ret of them, borrowed. */
const uint32_t *vs_tasks_of(const struct vs_tasks *t, uint64_t mm, size_t *n_ret);

void vs_tasks_deinit(struct vs_tasks *t);

#endif
