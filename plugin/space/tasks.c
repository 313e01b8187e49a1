// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/tasks.h"

/* task_state_array of fs/proc/array.c, by the lowest bit set. */
char vs_task_state(const struct vs_task *t)
{
	uint64_t state = (t->state | t->exit_state) & 0x7f;

	if (t->state & 0x400 && (t->state & 3) == 2)	// TASK_NOLOAD: idle, not waiting for a disk
		return 'I';
	if (!state)
		return 'R';
	return "SDTtXZP"[__builtin_ctzll(state)];
}

void vs_tasks_deinit(struct vs_tasks *t)
{
	vs_vec_deinit(&t->v);
	vs_vec_deinit(&t->breaks);
	vs_vec_deinit(&t->mms);
}
