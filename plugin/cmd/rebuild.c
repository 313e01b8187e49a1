// SPDX-License-Identifier: GPL-2.0-or-later
/* rebuild: the best reconstruction of address spaces, with the evidence for each VMA. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/number.h"
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
	char n[VS_THOUSANDS_MAX], pages[VS_THOUSANDS_MAX];
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
	err = vs_slab_read(j->s->k, cachep, j->s->k->layout.vma.size, j->out, &j->slab);
	if (err)
		return err;
	if (j->slab.problem) {
		vs_out_say(j->out, "the slab of vm_area_structs cannot be searched: %s", j->slab.problem);
		return NULL;
	}
	vs_out_say(j->out, "%s vm_area_structs are allocated in %s slabs", vs_thousands(n, j->slab.objects.n),
		   vs_thousands(pages, j->slab.n_pages));
	if (j->slab.n_absent)
		vs_out_say(j->out, "the dump lacks %s struct pages: there may be more", vs_thousands(n, j->slab.n_absent));
	if (j->slab.n_lost)
		vs_out_say(j->out, "of these the dump lacks %s", vs_thousands(n, j->slab.n_lost));
	if (j->slab.n_cut)
		vs_out_say(j->out, "%s of their freelists break off: freed ones may be among them",
			   vs_thousands(n, j->slab.n_cut));
	j->have_slab = j->slab.n_pages;
	return NULL;
}

/* All that else may know of VMAs of this mm: what they lead to, then the slab. */
static struct vs_err *ask_others(struct job *j)
{
	struct vs_session *s = j->s;
	struct vs_err *err;

	if (!j->tried_slab)
		vs_out_say(j->out, "searching files and anon_vmas ...");
	err = vs_rebuild_add_kin(s->k, j->out, s->space);
	if (!err)
		err = search_slab(j);
	if (!err && j->have_slab)
		err = vs_rebuild_add_slab(s->k, &j->slab, j->out, s->space);
	// the names belong to the VMAs that are known now, and nobody else has asked for these
	s->space_mm = 0;
	return err;
}

/* Is it all that the mm has, and without contradiction? */
static int status_of(const struct vs_space *s, const struct vs_rebuilt *r)
{
	if (vs_rebuilt_overlaps(r) || vs_rebuilt_differing(r) || r->out.n)
		return VS_STATUS_DAMAGE;
	if (!s->mm_absent && r->v.n == s->f.map_count)
		return VS_STATUS_OK;
	return s->n_absent ? VS_STATUS_INCOMPLETE : VS_STATUS_DAMAGE;
}

static struct vs_err *rebuild_one(struct job *j, uint64_t mm, uint32_t first, bool head)
{
	struct vs_session *s = j->s;
	struct vs_rebuilt r = { 0 };
	bool wanted = vs_args_option(j->args, "slab") != NULL;
	struct vs_err *err = vs_session_space(s, mm, false, j->out);

	if (!err && !wanted && !vs_rebuild_wanted(s->space, &wanted))
		err = &vs_enomem;
	if (!err && wanted)
		err = ask_others(j);
	if (!err)
		err = vs_session_name(s, j->out);
	if (!err && !vs_space_rebuild(s->space, wanted && j->have_slab && !j->slab.n_absent, &r))
		err = &vs_enomem;
	if (!err) {
		const struct vs_rebuilt_view view = {
			.space = s->space, .r = &r, .slab = j->have_slab && wanted, .head = head,
			.task = first == VS_NONE ? NULL : &s->tasks.v.v[first],
			.plain = vs_args_option(j->args, "plain") != NULL,
		};
		int status = status_of(s->space, &r);

		err = j->args->json ? vs_json_rebuilt(j->out, &view) : vs_render_rebuilt(j->out, &view);
		if (status != VS_STATUS_OK && *j->status != VS_STATUS_DAMAGE)
			*j->status = status;
	}
	vs_rebuilt_deinit(&r);
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
	{ .name = "slab", .help = "ask the slab and all other sources even where a walk is whole" },
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
		"can be walked; and, where none of these is whole, what pointers behind the break\n"
		"lead to, the i_mmap trees of the files, the trees of the anon_vmas, and the\n"
		"vm_area_structs that are allocated in their slab. Of those only such count\n"
		"whose vm_mm is this mm; free and detached ones are left out.\n"
		"\n"
		"Before each line stands who vouches for it: n vm_next, p vm_prev, t the tree,\n"
		"l a neighbour behind a break, f i_mmap, a an anon_vma, s the slab. A line that begins\n"
		"with ! overlaps another; of two that overlap the one for which less vouches is left\n"
		"out, and named. With ~ begins a VMA for which the maple tree has another range than\n"
		"its own.\n"
		"\n"
		"Exit: 0 as many VMAs as map_count says and no contradiction, 1 else, 4 if that is\n"
		"for want of pages in the dump.",
	.example = "vmascope rebuild vmcore 134",
	.gdb_example = "vma rebuild 134",
	.options = options,
	.run = run,
};
