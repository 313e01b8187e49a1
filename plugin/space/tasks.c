// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/tasks.h"

#include <stdlib.h>

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

/* What qsort() compares: it takes no context, so the key goes along. */
struct use {
	uint64_t mm;
	uint64_t rank;		/* bit 32: no leader; below: the index */
};

static int use_cmp(const void *pa, const void *pb)
{
	const struct use *a = pa, *b = pb;

	if (a->mm != b->mm)
		return a->mm < b->mm ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

bool vs_tasks_index(struct vs_tasks *t)
{
	const size_t n = t->v.n;
	struct use *uses = malloc((n + 1) * sizeof(*uses));
	uint32_t *by_mm = malloc((n + 1) * sizeof(*by_mm));

	if (!uses || !by_mm) {
		free(uses);
		free(by_mm);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		uses[i] = (struct use){ t->v.v[i].mm, (uint64_t)(t->v.v[i].leader != i) << 32 | i };
	qsort(uses, n, sizeof(*uses), use_cmp);
	for (size_t i = 0; i < n; i++)
		by_mm[i] = (uint32_t)uses[i].rank;
	free(uses);
	free(t->by_mm);
	t->by_mm = by_mm;
	return true;
}

const uint32_t *vs_tasks_of(const struct vs_tasks *t, uint64_t mm, size_t *n_ret)
{
	size_t lo = 0, hi = t->by_mm ? t->v.n : 0, n = 0;

	while (lo < hi) {	// the first that is not of a lower mm
		size_t mid = lo + (hi - lo) / 2;

		if (t->v.v[t->by_mm[mid]].mm < mm)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (t->by_mm && lo + n < t->v.n && t->v.v[t->by_mm[lo + n]].mm == mm)
		n++;
	*n_ret = n;
	return t->by_mm ? t->by_mm + lo : NULL;
}

void vs_tasks_deinit(struct vs_tasks *t)
{
	free(t->by_mm);
	t->by_mm = NULL;
	vs_vec_deinit(&t->v);
	vs_vec_deinit(&t->breaks);
	vs_vec_deinit(&t->mms);
}
