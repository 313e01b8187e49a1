// SPDX-License-Identifier: GPL-2.0-or-later
/* check of an address space that is sound: judged while it is read, and not kept. */
#include "cmd/check.h"
#include "cmd/session.h"
#include "check/quick.h"

static bool node(void *arg, const struct vs_space *s)
{
	return vs_quick_node(arg, s, (uint32_t)s->maple.nodes.n - 1);
}

static bool vma(void *arg, const struct vs_space *s, const struct vs_vma *v, uint32_t node, unsigned int slot)
{
	return vs_quick_vma(arg, s, v, node, slot);
}

static bool objects(void *arg, const struct vs_space *s)
{
	(void)arg;
	return !s->objects.absent && vs_objects_clean_from(s, 0, 0);
}

struct vs_err *vs_check_scan_space(struct vs_kernel *k, struct vs_out *out, struct vs_space *s,
				   uint64_t *n_ret, bool *clean_ret)
{
	struct vs_quick q = { 0 };
	const struct vs_scan scan = { .arg = &q, .node = node, .vma = vma, .objects = objects };
	struct vs_err *err = NULL;

	*clean_ret = vs_quick_start(&q, s);
	if (*clean_ret)
		err = vs_mm_scan(k, out, s, &scan, clean_ret);
	*clean_ret = !err && *clean_ret && vs_quick_done(&q, s);
	*n_ret = q.n;
	vs_quick_deinit(&q);
	return err;
}

struct vs_err *vs_check_scan(struct vs_session *s, uint64_t mm, const struct vs_rule_filter *filter,
			     struct vs_out *out, struct vs_report *ret, bool *clean_ret)
{
	struct vs_err *err;
	uint64_t n;

	*clean_ret = false;
	if (s->core || s->space_mm == mm)	// it has been read already
		return NULL;
	err = vs_session_head(s, mm);
	if (!err)
		err = vs_check_scan_space(s->k, out, s->space, &n, clean_ret);
	if (!err && *clean_ret)
		vs_check_clean(s->space, filter, n, ret);
	return err;
}
