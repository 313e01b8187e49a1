// SPDX-License-Identifier: GPL-2.0-or-later
/* What one pid has, for a face that hands out the addresses. */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "cmd/session.h"

static struct vs_err *find(struct vs_session *s, int32_t pid, struct vs_out *out, const struct vs_task **ret)
{
	struct vs_err *err = vs_session_tasks(s, out);

	if (err)
		return err;
	for (size_t i = 0; i < s->tasks.v.n; i++) {
		*ret = &s->tasks.v.v[i];
		if ((*ret)->pid == pid)
			return NULL;
	}
	return vs_err_create(VS_ERR_NOT_FOUND, "no task %" PRId32 " among the %zu of the dump", pid, s->tasks.v.n);
}

struct vs_err *vs_session_find_task(struct vs_session *s, int32_t pid, struct vs_out *out, uint64_t *ret)
{
	const struct vs_task *t;
	struct vs_err *err = find(s, pid, out, &t);

	if (!err)
		*ret = t->addr;
	return err;
}

struct vs_err *vs_session_find_mm(struct vs_session *s, int32_t pid, struct vs_out *out, uint64_t *ret)
{
	const struct vs_task *t;
	struct vs_err *err = find(s, pid, out, &t);

	if (!err && !t->mm)
		err = vs_err_create(VS_ERR_NOT_FOUND, "pid %" PRId32 " (%s): %s, no address space", pid, t->comm,
				    vs_why_no_mm(t));
	if (!err)
		*ret = t->mm;
	return err;
}

struct vs_err *vs_session_find_vma(struct vs_session *s, int32_t pid, uint64_t addr, struct vs_out *out,
				   uint64_t *ret)
{
	struct vs_order order = { 0 };
	uint64_t mm, found = 0;
	struct vs_err *err = vs_session_find_mm(s, pid, out, &mm);

	if (!err)
		err = vs_session_space(s, mm, false, out);
	if (!err && !vs_space_order(s->space, &order))
		err = &vs_enomem;
	for (size_t i = 0; !err && i < order.v.n; i++) {
		const struct vs_vma *v = &s->space->vmas.v[order.v.v[i]];

		if (v->start <= addr && addr < v->end)
			found = v->addr;
	}
	vs_order_deinit(&order);
	if (!err)
		*ret = found;
	return err;
}

int32_t vs_session_mm_user(struct vs_session *s, uint64_t mm, struct vs_out *out, char *comm)
{
	struct vs_err *err = vs_session_tasks(s, out);

	if (err)
		vs_err_free(err);
	for (size_t i = 0; !err && mm && i < s->tasks.v.n; i++) {
		const struct vs_task *t = &s->tasks.v.v[i];

		if (t->mm != mm || t->flags & VS_PF_KTHREAD)
			continue;
		memcpy(comm, t->comm, sizeof(t->comm));
		return t->tgid;
	}
	return 0;
}
