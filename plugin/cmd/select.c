// SPDX-License-Identifier: GPL-2.0-or-later
/* PID, comm=NAME, mm=ADDR, or nothing: which processes, which address spaces. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/out.h"
#include "cmd/session.h"

const char *vs_why_no_mm(const struct vs_task *t)
{
	if (t->flags & VS_PF_KTHREAD)
		return "a kernel thread";
	if (t->exit_state)
		return t->exit_state & (VS_EXIT_ZOMBIE | VS_EXIT_DEAD) ? "a zombie" : "exiting";
	return t->pid == 0 ? "an idle task" : "past its exit";
}

static bool matches(const struct vs_session *s, size_t i, const struct vs_selection *sel)
{
	const struct vs_task *t = &s->tasks.v.v[i];

	switch (sel->kind) {
	case VS_SEL_PID:	// a tid selects its thread, as in /proc
		return (uint64_t)t->pid == sel->num;
	case VS_SEL_COMM:
		return t->leader == i && !strcmp(t->comm, sel->comm);
	case VS_SEL_MM:
		return t->leader == i && t->mm == sel->num;
	}
	return false;
}

static struct vs_err *no_match(const struct vs_session *s, const struct vs_selection *sel)
{
	switch (sel->kind) {
	case VS_SEL_PID:
		return vs_err_create(VS_ERR_NOT_FOUND, "no task %" PRIu64 " among the %zu of the dump",
				     sel->num, s->tasks.v.n);
	case VS_SEL_COMM:
		return vs_err_create(VS_ERR_NOT_FOUND, "no process called \"%s\" among the %zu tasks of the dump",
				     sel->comm, s->tasks.v.n);
	default:
		return vs_err_create(VS_ERR_NOT_FOUND, "no task has its mm at %#" PRIx64, sel->num);
	}
}

static int cmp_pid(const void *a, const void *b, void *arg)
{
	const struct vs_tasks *tasks = arg;
	const struct vs_task *x = &tasks->v.v[*(const uint32_t *)a];
	const struct vs_task *y = &tasks->v.v[*(const uint32_t *)b];

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* An mm_struct is somewhere in the kernel: mm=0 is not that of those who have none. */
static struct vs_err *check_mms(const struct vs_session *s, const struct vs_args *args)
{
	for (size_t i = 0; s->k && i < args->sel.n; i++) {
		const struct vs_selection *sel = &args->sel.v[i];

		if (sel->kind == VS_SEL_MM && !vs_vma_addr_ok(s->k, sel->num))
			return vs_err_create(VS_ERR_NOT_FOUND, "mm=%#" PRIx64 ": expected the address of an mm_struct, "
					     "which is one of the kernel and a multiple of %u", sel->num,
					     s->k->mem.target.word);
	}
	return NULL;
}

struct vs_err *vs_select_tasks(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			       uint32_t **ret, size_t *n_ret)
{
	const struct vs_selection task = { .kind = VS_SEL_PID, .num = (uint64_t)s->task };
	const struct vs_selection *sel = args->sel.v;
	size_t n_sel = args->sel.n, n = 0;
	_cleanup_free_ uint32_t *v = NULL;
	struct vs_err *err = vs_session_tasks(s, out);

	if (!err)
		err = check_mms(s, args);
	if (err)
		return err;
	if (!n_sel && s->task) {
		sel = &task;
		n_sel = 1;
	}
	v = malloc((s->tasks.v.n ? s->tasks.v.n : 1) * sizeof(*v));
	if (!v)
		return &vs_enomem;
	for (size_t j = 0; j < n_sel; j++) {
		bool any = false;

		for (size_t i = 0; !any && i < s->tasks.v.n; i++)
			any = matches(s, i, &sel[j]);
		if (!any)
			return no_match(s, &sel[j]);
	}
	for (size_t i = 0; i < s->tasks.v.n; i++) {
		bool take = !n_sel && s->tasks.v.v[i].leader == i && s->tasks.v.v[i].mm;

		for (size_t j = 0; !take && j < n_sel; j++)
			take = matches(s, i, &sel[j]);
		if (take)
			v[n++] = (uint32_t)i;
	}
	qsort_r(v, n, sizeof(*v), cmp_pid, &s->tasks);
	*n_ret = n;
	*ret = no_cleanup_ptr(v);
	return NULL;
}

struct vs_err *vs_select_mms(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			     struct vs_target_mm **ret, size_t *n_ret)
{
	_cleanup_free_ struct vs_target_mm *v = NULL;
	_cleanup_free_ uint32_t *tasks = NULL;
	struct vs_map seen = { 0 };
	size_t n_tasks = 0, n = 0;
	struct vs_err *err = vs_session_tasks(s, out);

	if (!err)
		err = check_mms(s, args);
	if (err)
		return err;
	// An mm by its address needs no task: it may be just that which is broken.
	if (args->sel.n == 1 && args->sel.v[0].kind == VS_SEL_MM) {
		v = malloc(sizeof(*v));
		if (!v)
			return &vs_enomem;
		*v = (struct vs_target_mm){ args->sel.v[0].num, VS_NONE };
		for (size_t i = 0; i < s->tasks.v.n && v->first == VS_NONE; i++)
			if (s->tasks.v.v[i].mm == v->mm)
				v->first = (uint32_t)i;
		*n_ret = 1;
		*ret = no_cleanup_ptr(v);
		return NULL;
	}
	err = vs_select_tasks(s, args, out, &tasks, &n_tasks);
	if (err)
		return err;
	v = malloc((s->tasks.v.n + s->tasks.mms.n + 1) * sizeof(*v));
	if (!v)
		return &vs_enomem;
	for (size_t i = 0; i < n_tasks; i++) {
		const struct vs_task *t = &s->tasks.v.v[tasks[i]];

		if (!t->mm) {
			vs_out_say(out, "pid %d (%s): %s, no address space", t->pid, t->comm, vs_why_no_mm(t));
			continue;
		}
		if (vs_map_get(&seen, t->mm) != VS_MAP_NONE)
			continue;
		if (!vs_map_set(&seen, t->mm, 0)) {
			vs_map_deinit(&seen);
			return &vs_enomem;
		}
		v[n++] = (struct vs_target_mm){ t->mm, tasks[i] };
	}
	// A thread group whose leader has exited lives on in its threads.
	for (size_t i = 0; !args->sel.n && !s->task && i < s->tasks.v.n; i++) {
		const struct vs_task *t = &s->tasks.v.v[i];

		if (!t->mm || vs_map_get(&seen, t->mm) != VS_MAP_NONE)
			continue;
		if (!vs_map_set(&seen, t->mm, 0)) {
			vs_map_deinit(&seen);
			return &vs_enomem;
		}
		v[n++] = (struct vs_target_mm){ t->mm, (uint32_t)i };
	}
	for (size_t i = 0; !args->sel.n && !s->task && i < s->tasks.mms.n; i++)
		v[n++] = (struct vs_target_mm){ s->tasks.mms.v[i], VS_NONE };
	vs_map_deinit(&seen);
	*n_ret = n;
	*ret = no_cleanup_ptr(v);
	return NULL;
}
