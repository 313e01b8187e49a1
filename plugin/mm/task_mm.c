// SPDX-License-Identifier: GPL-2.0-or-later
/* Which mm a task has: said twice, in mm and in active_mm. */
#include "kernel/kernel.h"
#include "mm/mm.h"

#define MAX_USERS (4 * 1024 * 1024)	/* PID_MAX_LIMIT, unchanged since 2.5 */

/* Whether an mm_struct is at @p mm, by its own members. */
static bool is_mm(struct vs_kernel *k, uint64_t mm)
{
	const struct vs_layout *l = &k->layout;
	uint64_t pgd, users, count;

	if (!vs_kmem_is_kernel(&k->mem, mm) || mm % k->mem.target.word || !vs_has(l->mm.pgd) ||
	    !vs_has(l->mm.mm_users) || !vs_has(l->mm.mm_count))
		return false;
	return vs_kmem_ulong(&k->mem, mm + (uint64_t)l->mm.pgd.off, &pgd) && vs_kmem_is_kernel(&k->mem, pgd) &&
	       vs_kmem_uint(&k->mem, mm + (uint64_t)l->mm.mm_users.off, l->mm.mm_users.size, &users) &&
	       vs_kmem_uint(&k->mem, mm + (uint64_t)l->mm.mm_count.off, l->mm.mm_count.size, &count) &&
	       users && users <= MAX_USERS && count && count <= 1 << 30;
}

/* How many tasks more than mm_users says have this mm. */
static int64_t too_many(struct vs_kernel *k, const struct vs_tasks *tasks, uint64_t mm)
{
	const struct vs_field f = k->layout.mm.mm_users;
	uint64_t users = 0;
	int64_t n = 0;

	vs_kmem_uint(&k->mem, mm + (uint64_t)f.off, f.size, &users);
	for (size_t i = 0; i < tasks->v.n; i++)
		n += tasks->v.v[i].mm == mm && !(tasks->v.v[i].flags & VS_PF_KTHREAD);
	return n - (int64_t)users;
}

/*
 * mm and active_mm of a task are the same but for kernel threads, for what is past
 * exit_mm() and, for moments, what the kernel runs for user space. Where they are not,
 * the one that is an mm_struct is believed; of two, the one that does not get more users than it counts.
 */
static void settle_mm(struct vs_kernel *k, const struct vs_tasks *tasks, struct vs_task *t)
{
	bool mm_ok, active_ok;

	t->mm_seen = t->mm;
	if (t->mm == t->active_mm || !vs_has(k->layout.task.active_mm) ||
	    t->flags & (VS_PF_KTHREAD | VS_PF_EXITING) || t->exit_state || (!t->mm && !t->state))
		return;
	mm_ok = is_mm(k, t->mm);
	active_ok = is_mm(k, t->active_mm);
	if (mm_ok && active_ok)
		active_ok = too_many(k, tasks, t->mm) > 0;
	else if (!mm_ok && !active_ok)
		t->odd = VS_TASK_BOTH_ODD;
	if (t->odd)
		return;
	t->odd = active_ok ? VS_TASK_MM_ODD : VS_TASK_ACTIVE_ODD;
	t->mm = active_ok ? t->active_mm : t->mm;
}

void vs_task_mms_settle(struct vs_kernel *k, struct vs_tasks *tasks)
{
	for (size_t i = 0; i < tasks->v.n; i++)
		settle_mm(k, tasks, &tasks->v.v[i]);
}
