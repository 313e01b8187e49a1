// SPDX-License-Identifier: GPL-2.0-or-later
/* The quick pass of check/ over what mm/ reads, VMA by VMA. */
#include "cmd/sound.h"

#include "check/check.h"
#include "check/quick.h"
#include "cmd/session.h"

struct pass {
	struct vs_quick q;
	struct vs_space *s;
	const struct vs_sound *how;
};

static bool node(void *arg, const struct vs_space *s)
{
	struct pass *p = arg;

	return vs_quick_node(&p->q, s, (uint32_t)s->maple.nodes.n - 1);
}

static bool vma(void *arg, const struct vs_space *s, const struct vs_vma *v, uint32_t at_node, unsigned int slot)
{
	struct pass *p = arg;

	return vs_quick_vma(&p->q, s, v, at_node, slot) && (!p->how->vma || p->how->vma(p->how->arg, p->s));
}

static bool objects(void *arg, const struct vs_space *s)
{
	(void)arg;
	return !s->objects.absent && vs_objects_clean_from(s, 0, 0);
}

struct vs_err *vs_sound_scan_space(struct vs_kernel *k, struct vs_out *out, struct vs_space *s,
				   const struct vs_sound *how, uint64_t *n_ret, bool *sound_ret)
{
	struct pass p = { .s = s, .how = how };
	const struct vs_scan scan = { .arg = &p, .node = node, .vma = vma, .objects = how->objects ? objects : NULL };
	struct vs_err *err = NULL;

	*sound_ret = vs_quick_start(&p.q, s);
	if (*sound_ret)
		err = vs_mm_scan(k, out, s, &scan, sound_ret);
	*sound_ret = !err && *sound_ret && vs_quick_done(&p.q, s);
	*n_ret = p.q.n;
	vs_quick_deinit(&p.q);
	return err;
}

struct vs_err *vs_sound_scan(struct vs_session *s, uint64_t mm, const struct vs_sound *how, struct vs_out *out,
			     uint64_t *n_ret, bool *sound_ret)
{
	struct vs_err *err;

	*sound_ret = false;
	if (s->core || s->space_mm == mm)
		return NULL;
	err = vs_session_head(s, mm);
	return err ? err : vs_sound_scan_space(s->k, out, s->space, how, n_ret, sound_ret);
}
