// SPDX-License-Identifier: GPL-2.0-or-later
/* rebuild: the best reconstruction of address spaces, with the evidence for each VMA. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "mm/rebuild.h"
#include "mm/slab.h"
#include "render/json.h"
#include "render/maps.h"
#include "render/rebuild.h"

struct job {
	struct vs_session *s;
	const struct vs_args *args;
	struct vs_out *out;
	struct vs_slab slab;
	bool have_slab, tried_slab;
	int *status;
};

/* The slab is searched once, when the first address space needs it. */
static struct vs_err *search_slab(struct job *j)
{
	struct vs_err *err = NULL;
	uint64_t cachep;

	if (j->tried_slab)
		return NULL;
	j->tried_slab = true;
	if (!vs_kernel_sym(j->s->k, VS_SYM_VM_AREA_CACHEP, &cachep)) {
		vs_out_say(j->out, "the slab of vm_area_structs cannot be searched: no symbol vm_area_cachep");
		return NULL;
	}
	vs_out_say(j->out, "searching the slab of vm_area_structs ...");
	err = vs_slab_read(j->s->k, cachep, j->out, &j->slab);
	if (err)
		return err;
	if (j->slab.problem)
		vs_out_say(j->out, "the slab of vm_area_structs cannot be searched: %s", j->slab.problem);
	else
		vs_out_say(j->out, "%zu vm_area_structs are allocated in %llu slabs%s", j->slab.objects.n,
			   (unsigned long long)j->slab.n_pages,
			   j->slab.n_absent ? "; some struct pages are not in the dump" : "");
	j->have_slab = !j->slab.problem && j->slab.n_pages;
	return NULL;
}

static bool walks_are_whole(const struct vs_space *s)
{
	return !s->mm_absent && !s->next.breaks.n && !s->prev.breaks.n && !s->tree.breaks.n &&
		!s->n_absent;
}

static struct vs_err *rebuild_one(struct job *j, uint64_t mm, uint32_t first, bool head)
{
	struct vs_session *s = j->s;
	struct vs_order order = { 0 };
	struct vs_rebuilt r;
	struct vs_err *err = vs_session_space(s, mm, false, j->out);
	bool ok;

	if (err)
		return err;
	ok = vs_space_order(s->space, &order);
	// one structure that is whole and of the right length needs no help
	if (ok && (vs_args_option(j->args, "slab") || !walks_are_whole(s->space) || !order.whole ||
		   order.v.n != s->space->f.map_count)) {
		err = search_slab(j);
		if (!err && j->have_slab)
			err = vs_rebuild_add(s->k, &j->slab, j->out, s->space);
	}
	vs_order_deinit(&order);
	// the names belong to the VMAs that are known now
	s->space_mm = 0;
	if (!err)
		err = vs_session_name(s, j->out);
	if (!err)
		ok = ok && vs_rebuild_order(s->space, j->have_slab, &order);
	if (!err && !ok)
		err = &vs_enomem;
	if (!err) {
		r = (struct vs_rebuilt){
			.space = s->space, .order = &order,
			.task = first == VS_NONE ? NULL : &s->tasks.v.v[first],
			.slab = j->have_slab,
		};
		err = j->args->json ? vs_json_rebuilt(j->out, &r) :
			vs_render_rebuilt(j->out, &r, head, vs_args_option(j->args, "plain") != NULL);
		if (!err && vs_rebuilt_conflicts(&r))
			*j->status = VS_STATUS_DAMAGE;
	}
	vs_order_deinit(&order);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	struct job j = { .s = s, .args = args, .out = out, .status = status_ret };
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	size_t n = 0;
	struct vs_err *err = vs_select_mms(s, args, out, &mms, &n);

	if (!err && args->json)
		err = vs_json_header(out, "rebuild");
	for (size_t i = 0; !err && i < n; i++)
		err = rebuild_one(&j, mms[i].mm, mms[i].first, n > 1);
	vs_slab_deinit(&j.slab);
	return err;
}

static const struct vs_option options[] = {
	{ .name = "slab", .help = "search the slab of vm_area_structs even where the walks are whole" },
	{ .name = "plain", .help = "only the lines that maps would have, without the evidence" },
	{ .name = NULL }
};

const struct vs_cmd vs_cmd_rebuild = {
	.name = "rebuild",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "put a damaged address space together again, with the evidence for each VMA",
	.help = "Every source there is: the forward list, the backward list, the tree as far as it\n"
		"can be walked, and, where no walk is whole, the vm_area_structs that are\n"
		"allocated in their slab and name this mm; free and detached ones are left out.\n"
		"Before each line stands who vouches for it: n vm_next, p vm_prev, t the tree,\n"
		"s the slab. A line that begins with ! overlaps its neighbour.",
	.example = "vmascope rebuild vmcore 134",
	.gdb_example = "vma rebuild 134",
	.options = options,
	.run = run,
};
