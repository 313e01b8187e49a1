// SPDX-License-Identifier: GPL-2.0-or-later
/* find: what a dump says of one address. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "mm/kmap.h"
#include "mm/spot.h"
#include "render/core.h"
#include "render/find.h"
#include "render/json.h"

/* VM_IO | VM_PFNMAP | VM_MIXEDMAP: pages that need not be memory. Unchanged since 2.6.28. */
#define VM_DEVICE UINT64_C(0x10004400)

/* The mapping that holds sp->addr and its neighbours, by what the VMAs themselves say. */
static bool place(const struct vs_space *s, struct vs_spot *sp)
{
	struct vs_order order = { 0 };

	sp->vma = sp->below = sp->above = VS_NONE;
	if (!vs_space_order(s, &order))
		return false;
	for (size_t i = 0; i < order.v.n; i++) {
		const struct vs_vma *v = &s->vmas.v[order.v.v[i]];

		if (v->start <= sp->addr && sp->addr < v->end) {
			sp->vma = order.v.v[i];
			continue;
		}
		if (v->end <= sp->addr && (sp->below == VS_NONE || v->end > s->vmas.v[sp->below].end))
			sp->below = order.v.v[i];
		if (v->start > sp->addr && (sp->above == VS_NONE || v->start < s->vmas.v[sp->above].start))
			sp->above = order.v.v[i];
	}
	vs_order_deinit(&order);
	return true;
}

/* The pointer as the hardware takes it: a tag in the top byte is no part of a user's address. */
static void take_tag_off(const struct vs_kernel *k, struct vs_spot *sp)
{
	const uint64_t top = sp->addr >> 56;

	if (k->mem.arch->untag && !(sp->addr >> 55 & 1) && top) {
		sp->tag = top;
		sp->addr &= ~(UINT64_C(0xff) << 56);
	}
}

static void walk_status(const struct vs_spot *sp, int *status)
{
	const struct vs_pgwalk *w = &sp->walk;

	if (sp->astray)
		*status = VS_STATUS_DAMAGE;
	switch (w->end) {
	case VS_PGWALK_LEAVES:
	case VS_PGWALK_LOOP:
	case VS_PGWALK_BAD:
		*status = VS_STATUS_DAMAGE;
		break;
	case VS_PGWALK_ABSENT:
	case VS_PGWALK_NO_ROOT:
		if (*status == VS_STATUS_OK)
			*status = VS_STATUS_INCOMPLETE;
		break;
	case VS_PGWALK_MAPPED:
		if (!w->in_dump && w->in_memory && !w->special && *status == VS_STATUS_OK)
			*status = VS_STATUS_INCOMPLETE;
		break;
	default:
		break;
	}
}

/* All that is told of one process; @p full: neighbours as well. */
static struct vs_err *look(struct vs_session *s, const struct vs_args *args, bool full, struct vs_out *out,
			   struct vs_spot *sp)
{
	struct vs_space *sc = s->space;
	struct vs_err *err = NULL;

	if (full && sp->vma != VS_NONE && sp->below != VS_NONE)
		err = vs_apart_read(s->k, sc, sp->below, sp->vma, &sp->apart_below);
	if (!err && full && sp->vma != VS_NONE && sp->above != VS_NONE)
		err = vs_apart_read(s->k, sc, sp->vma, sp->above, &sp->apart_above);
	if (!err && sc->f.pgd) {
		sp->have_walk = true;
		err = vs_pgwalk_read(s->k, &s->files, sc->f.pgd, sp->addr, &sp->walk);
		sp->astray = sp->walk.end == VS_PGWALK_MAPPED && !sp->walk.in_memory && !sp->walk.special &&
			!(sp->vma != VS_NONE && sc->vmas.v[sp->vma].flags & VM_DEVICE);
	}
	if (!err && sc->f.pgd && sp->vma != VS_NONE && vs_args_option(args, "pages")) {
		const struct vs_vma *v = &sc->vmas.v[sp->vma];

		sp->have_pages = true;
		err = vs_pages_read(s->k, sc->f.pgd, v->start, v->end, out, &sp->pages);
	}
	return err;
}

/* One address space. @p all: nobody was selected, so only those count that map it. */
static struct vs_err *find_in(struct vs_session *s, uint64_t mm, const struct vs_args *args, bool all, bool full,
			      const struct vs_spot *what, struct vs_out *out, size_t *n_found, int *status)
{
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_spot sp = *what;
	struct vs_err *err = vs_session_space(s, mm, false, out);

	if (err)
		return err;
	if (!place(s->space, &sp))
		return &vs_enomem;
	if (all && sp.vma == VS_NONE)
		return NULL;
	if (!args->json && !full && !*n_found)
		vs_render_spot_titles(&out->buf, &style);
	if (!args->json && full && *n_found)
		vs_buf_putc(&out->buf, '\n');
	++*n_found;
	err = vs_session_space(s, mm, true, out);
	if (!err)
		err = look(s, args, full, out, &sp);
	if (!err && args->json)
		err = vs_json_spot(out, s->space, NULL, &sp);
	else if (!err)
		err = full ? vs_render_spot(out, s->space, &sp, &style) :
			vs_render_spot_short(out, s->space, &sp, &style);
	if (!err && sp.have_walk)
		walk_status(&sp, status);
	if (!err && (s->space->tree.breaks.n || s->space->next.breaks.n || s->space->n_absent))
		vs_tell_damage(s->space, 0, out, status);
	vs_spot_deinit(&sp);
	return err;
}

/* How many of the address spaces map it: one is told in full, of many the page. */
static struct vs_err *count(struct vs_session *s, const struct vs_target_mm *mms, size_t n,
			    const struct vs_spot *what, struct vs_out *out, size_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		struct vs_spot sp = *what;
		struct vs_err *err = vs_session_space(s, mms[i].mm, false, out);

		if (err)
			return err;
		if (!place(s->space, &sp))
			return &vs_enomem;
		*ret += sp.vma != VS_NONE;
	}
	return NULL;
}

/* Was a process named, or selected? */
static bool selected(const struct vs_session *s, const struct vs_args *args)
{
	return args->sel.n || s->task;
}

static struct vs_err *find_user(struct vs_session *s, const struct vs_args *args, const struct vs_spot *what,
				bool quiet, struct vs_out *out, int *status)
{
	const bool all = !selected(s, args);
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	size_t n = 0, n_map = 1, found = 0;
	struct vs_err *err = vs_select_mms(s, args, out, &mms, &n);

	if (!err && all)
		err = count(s, mms, n, what, out, &n_map);
	for (size_t i = 0; !err && i < n; i++)
		err = find_in(s, mms[i].mm, args, all, !all || n_map == 1 || args->json, what, out, &found, status);
	if (!err && all && !found && !quiet)
		vs_out_say(out, "%#" PRIx64 ": none of the %zu address spaces maps it; name a PID to see its gap",
			   what->addr, n);
	else if (!err && all && n_map > 1)
		vs_out_say(out, "%zu of the %zu address spaces map it; name a PID to see more", n_map, n);
	return err;
}

/* The struct page of which frame? vmemmap + pfn, counted from where the direct map begins. */
static void find_frame(struct vs_kernel *k, const struct vs_kmap *m, struct vs_spot *sp)
{
	const struct vs_kregion *r = vs_kmap_find(m, sp->addr), *v = NULL;
	const struct vs_type *t = NULL;
	// memstart_addr: below 0 where KASLR has moved it down
	const int64_t direct_pa = (int64_t)(k->mem.direct_pa - (k->mem.direct_start - k->mem.direct_base));
	struct vs_err *err = vs_types_find(k->types, VS_KIND_STRUCT, "page", &t);

	// the region of all struct pages is around that of the memory which there is
	for (size_t i = 0; r && i < m->v.n && m->v.v[i].start <= sp->addr; i++)
		if (!m->v.v[i].depth && sp->addr <= m->v.v[i].last)
			v = &m->v.v[i];
	if (!err && t && t->size && v && !__builtin_strcmp(v->name, "vmemmap")) {
		sp->pfn = (sp->addr - v->start) / t->size + (uint64_t)(direct_pa >> sp->page_shift);
		sp->is_page = true;
	}
	vs_err_free(err);
}

static struct vs_err *find_kernel(struct vs_session *s, const struct vs_args *args, struct vs_spot *sp,
				  struct vs_out *out, int *status)
{
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_kernel *k = s->k;
	struct vs_kmap m = { 0 };
	struct vs_err *err = vs_kmap_read(k, &m);

	if (!err && !sp->nowhere) {
		vs_kernel_symbolize(k, sp->addr, sp->symbol, sizeof(sp->symbol));
		find_frame(k, &m, sp);
		sp->have_walk = true;
		err = vs_pgwalk_read(k, NULL, 0, sp->addr, &sp->walk);
	}
	if (!err && sp->have_walk && sp->walk.end == VS_PGWALK_MAPPED && sp->walk.pa >= k->mem.direct_pa &&
	    sp->walk.pa - k->mem.direct_pa < k->mem.direct_end - k->mem.direct_start)
		sp->direct = k->mem.direct_start + (sp->walk.pa - k->mem.direct_pa);
	if (!err)
		err = args->json ? vs_json_spot(out, NULL, &m, sp) : vs_render_spot_kernel(out, &m, sp, &style);
	if (!err && sp->have_walk)
		walk_status(sp, status);
	// in the direct map the tables and the arithmetic must agree
	if (!err && sp->direct && sp->direct != sp->addr && sp->addr - k->mem.direct_start <
	    k->mem.direct_end - k->mem.direct_start) {
		vs_out_say(out, "%#" PRIx64 ": the page tables contradict the direct map, which has %#" PRIx64 " there",
			   sp->addr, k->mem.direct_pa + (sp->addr - k->mem.direct_start));
		*status = VS_STATUS_DAMAGE;
	}
	vs_kmap_deinit(&m);
	return err;
}

/* In a process core there is one address space, and no page tables. */
static struct vs_err *find_in_core(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
				   int *status)
{
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_spot sp = { .addr = args->addr };
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	const struct vs_core_vma *c;
	size_t n;
	struct vs_err *err = vs_select_mms(s, args, out, &mms, &n);

	if (!err)
		err = vs_session_space(s, VS_CORE_MM, true, out);
	if (err)
		return err;
	if (!place(s->space, &sp))
		return &vs_enomem;
	err = args->json ? vs_json_core_spot(out, s->space, &sp) : vs_render_spot(out, s->space, &sp, &style);
	c = sp.vma == VS_NONE ? NULL : &s->core->core.vmas.v[sp.vma];
	if (c && sp.addr - s->space->vmas.v[sp.vma].start >= c->have)
		*status = VS_STATUS_INCOMPLETE;
	vs_spot_deinit(&sp);
	return err;
}

/*
 * Where kernel and user have an address space each, a number may be an address of both:
 * who names a process means the process; otherwise all are told that map it, the
 * kernel first.
 */
static struct vs_err *find_overlapping(struct vs_session *s, const struct vs_args *args, struct vs_spot *sp,
				       struct vs_out *out, int *status)
{
	struct vs_kmem *mem = &s->k->mem;
	const struct vs_spot what = *sp;
	struct vs_err *err = NULL;
	struct vs_xlat x = { .end = VS_PG_NONE };

	if (!selected(s, args))
		mem->arch->walk(&mem->pgt, sp->addr, &x);
	if (x.end == VS_PG_MAPPED) {
		sp->kernel = true;
		err = find_kernel(s, args, sp, out, status);
		vs_spot_deinit(sp);
	}
	return err ? err : find_user(s, args, &what, x.end == VS_PG_MAPPED, out, status);
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	const struct vs_kmem *mem = s->k ? &s->k->mem : NULL;
	struct vs_spot sp = { .addr = args->addr };
	struct vs_err *err = args->json ? vs_json_header(out, "find") : NULL;

	if (err)
		return err;
	if (s->core)
		return find_in_core(s, args, out, status_ret);
	sp.page_shift = mem->target.page_shift;
	if (mem->arch->overlap)
		return find_overlapping(s, args, &sp, out, status_ret);
	sp.kernel = vs_kmem_is_kernel(mem, sp.addr);
	if (!sp.kernel)
		take_tag_off(s->k, &sp);
	sp.nowhere = !sp.kernel && sp.addr >= mem->arch->user_end(&mem->pgt);
	if (sp.kernel || sp.nowhere) {
		err = find_kernel(s, args, &sp, out, status_ret);
		vs_spot_deinit(&sp);
		return err;
	}
	return find_user(s, args, &sp, false, out, status_ret);
}

static const struct vs_option options[] = {
	{ .name = "pages", .help = "also what is behind each page of the mapping: present, swapped, nothing" },
	{ .name = "ascii", .help = "ASCII only, whatever the locale" },
	{ NULL }
};

const struct vs_cmd vs_cmd_find_addr = {
	.name = "find",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_ADDR | VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "ADDR DUMP [SELECTION...]",
	.gdb_usage = "ADDR [SELECTION...]",
	.summary = "tell which mapping holds an address, its neighbours, the page-table walk, the page",
	.help = "Of an address of a process: its line of maps, the vm_area_struct, how far into\n"
		"the mapping and its file; the mappings on either side and, where they adjoin,\n"
		"which members keep them from being one (a malloc area is often part of a larger\n"
		"mapping); or the gap that it is in, and whose. Then the walk through the page\n"
		"tables with the flags of each entry in words, and the physical page or the place in\n"
		"swap, and whether the dump has it. Without a selection: every process that maps it.\n"
		"\n"
		"Of an address of the kernel: direct map, vmalloc, vmemmap, modules or image, the\n"
		"symbol, and the walk through the kernel's own page tables.\n"
		"On s390x, where the kernel has an address space of its own and a number may be in\n"
		"both: without a selection the kernel too, with one the process only.\n"
		"\n"
		"In a process core: the mapping, its neighbours, whose stack it is, the module, and\n"
		"the byte of the core file, or why the core does not hold it (then 4).\n"
		"\n"
		"Exit: 0 told, 1 the page tables are damaged there, 4 a table or the page is not in\n"
		"the dump.",
	.example = "vmascope find 7ffd9db50fb0 vmcore 1234\nvmascope find ffffffff95a01234 vmcore",
	.gdb_example = "vma find $rsp 1234",
	.options = options,
	.run = run,
};
