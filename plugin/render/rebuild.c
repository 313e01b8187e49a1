// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/rebuild.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "render/json.h"
#include "render/maps.h"

#define MAX_REMARKS 8		/* lines about single VMAs, each kind; JSON has all */

/* Who may vouch for a VMA: a letter for people, a name for JSON. */
static const struct {
	uint16_t mask;
	char letter;
	const char *name;
} sources[] = {
	{ VS_SEEN_NEXT, 'n', "vm_next" },
	{ VS_SEEN_PREV, 'p', "vm_prev" },
	{ VS_SEEN_TREE | VS_SEEN_MAPLE, 't', "tree" },
	{ VS_SEEN_LINK, 'l', "link" },
	{ VS_SEEN_FILE, 'f', "i_mmap" },
	{ VS_SEEN_ANON, 'a', "anon_vma" },
	{ VS_SEEN_SLAB, 's', "slab" },
};
#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))

static void put_sources(struct vs_buf *b, const struct vs_vma *v)
{
	for (size_t i = 0; i < N_SOURCES; i++)
		vs_buf_putc(b, v->seen & sources[i].mask ? sources[i].letter : '-');
}

/* As the maps line is to show it: with the range that was chosen for it. */
static struct vs_vma shown(const struct vs_rebuilt_view *view, const struct vs_rebuilt_vma *r)
{
	struct vs_vma v = view->space->vmas.v[r->vma];

	v.start = r->start;
	v.end = r->end;
	return v;
}

static void put_head(struct vs_buf *b, const struct vs_rebuilt_view *view)
{
	vs_buf_puts(b, "==> ");
	if (view->task) {
		vs_buf_dec(b, (uint64_t)view->task->pid);
		vs_buf_putc(b, ' ');
		vs_buf_put_clean(b, view->task->comm, strlen(view->task->comm));
	} else {
		vs_buf_puts(b, "mm 0x");
		vs_buf_hex(b, view->space->mm, 0);
	}
	vs_buf_puts(b, " <==\n");
}

static uint64_t addr_of(const struct vs_rebuilt_view *view, uint32_t vma)
{
	return view->space->vmas.v[vma].addr;
}

/* On the side: where sources disagree, and what was left out for it. */
static void say_conflicts(struct vs_out *out, const struct vs_rebuilt_view *view)
{
	const struct vs_rebuilt *r = view->r;
	size_t said = 0;

	for (size_t i = 0; i < r->v.n && said < MAX_REMARKS; i++) {
		const struct vs_rebuilt_vma *v = &r->v.v[i];
		const struct vs_vma *own = &view->space->vmas.v[v->vma];

		if (v->with != VS_NONE && v->vma < v->with && ++said)
			vs_out_say(out, "vma %#" PRIx64 " and vma %#" PRIx64 " overlap, and as much vouches for "
				   "one as for the other: both are listed", addr_of(view, v->vma),
				   addr_of(view, v->with));
		if (v->tree_end && ++said)
			vs_out_say(out, "vma %#" PRIx64 ": its own range is %" PRIx64 "-%" PRIx64 ", the tree has %"
				   PRIx64 "-%" PRIx64 ": listed as %s", own->addr, own->start, own->end,
				   v->tree_start, v->tree_end, v->from_tree ? "the tree has it" : "its own");
	}
	for (size_t i = 0; i < r->out.n && i < MAX_REMARKS; i++)
		vs_out_say(out, "left out: vma %#" PRIx64 " %" PRIx64 "-%" PRIx64 ", which overlaps vma %#" PRIx64
			   ": more vouches for that", addr_of(view, r->out.v[i].vma), r->out.v[i].start,
			   r->out.v[i].end, addr_of(view, r->out.v[i].with));
	if (r->out.n > MAX_REMARKS)
		vs_out_say(out, "and %zu more left out like that; --format json has them", r->out.n - MAX_REMARKS);
}

static void say_sum(struct vs_out *out, const struct vs_rebuilt_view *view)
{
	const uint64_t want = view->space->f.map_count;
	char n[VS_THOUSANDS_MAX], count[VS_THOUSANDS_MAX];

	vs_thousands(n, view->r->v.n);
	vs_thousands(count, want);
	if (view->space->mm_absent)
		vs_out_say(out, "%s VMAs by %s; the mm_struct with map_count is not in the dump", n,
			   view->r->source);
	else if (want == view->r->v.n)
		vs_out_say(out, "%s VMAs by %s, as many as map_count says", n, view->r->source);
	else
		vs_out_say(out, "%s VMAs by %s, but map_count is %s", n, view->r->source, count);
}

struct vs_err *vs_render_rebuilt(struct vs_out *out, const struct vs_rebuilt_view *view)
{
	const struct vs_space *s = view->space;
	struct vs_buf *b = &out->buf;
	struct vs_err *err = NULL;

	if (view->head)
		put_head(b, view);
	for (size_t i = 0; !err && i < view->r->v.n; i++) {
		const struct vs_rebuilt_vma *r = &view->r->v.v[i];
		const struct vs_vma v = shown(view, r);

		if (!view->plain) {
			vs_buf_putc(b, r->with != VS_NONE ? '!' : r->tree_end ? '~' : ' ');
			put_sources(b, &v);
			vs_buf_putc(b, ' ');
		}
		vs_render_maps_line(b, s, &v, r->vma, out->terminal);
		vs_buf_putc(b, '\n');
		err = vs_out_tick(out);
	}
	if (!err && s->gate.end) {
		if (!view->plain)
			vs_buf_printf(b, "%*s", (int)N_SOURCES + 2, "");
		vs_render_maps_line(b, s, &s->gate, VS_NONE, out->terminal);
		vs_buf_putc(b, '\n');
	}
	if (!err && !view->plain) {
		say_conflicts(out, view);
		say_sum(out, view);
	}
	return err;
}

static struct vs_err *json_vma(struct vs_out *out, const struct vs_rebuilt_view *view,
			       const struct vs_rebuilt_vma *r, bool left_out)
{
	const struct vs_vma *v = &view->space->vmas.v[r->vma];
	struct vs_json *j = vs_json_begin(left_out ? "left-out-vma" : "rebuilt-vma");

	vs_json_hex(j, "mm", view->space->mm);
	if (view->task)
		vs_json_int(j, "pid", view->task->pid);
	vs_json_hex(j, "vma", v->addr);
	vs_json_hex(j, "start", r->start);
	vs_json_hex(j, "end", r->end);
	vs_json_hex(j, "vm_flags", v->flags);
	for (size_t i = 0; i < N_SOURCES; i++)
		vs_json_bool(j, sources[i].name, v->seen & sources[i].mask);
	vs_json_bool(j, "overlaps", r->with != VS_NONE);
	if (r->with != VS_NONE)
		vs_json_hex(j, "overlaps_vma", addr_of(view, r->with));
	if (r->tree_end) {
		vs_json_hex(j, "vm_start", v->start);
		vs_json_hex(j, "vm_end", v->end);
		vs_json_hex(j, "tree_start", r->tree_start);
		vs_json_hex(j, "tree_end", r->tree_end);
	}
	return vs_json_end(j, out);
}

struct vs_err *vs_json_rebuilt(struct vs_out *out, const struct vs_rebuilt_view *view)
{
	const struct vs_rebuilt *r = view->r;
	struct vs_err *err = NULL;
	struct vs_json *j;

	for (size_t i = 0; !err && i < r->v.n; i++)
		err = json_vma(out, view, &r->v.v[i], false);
	for (size_t i = 0; !err && i < r->out.n; i++)
		err = json_vma(out, view, &r->out.v[i], true);
	if (err)
		return err;
	j = vs_json_begin("rebuilt");
	vs_json_hex(j, "mm", view->space->mm);
	vs_json_uint(j, "vmas", r->v.n);
	vs_json_uint(j, "map_count", view->space->f.map_count);
	vs_json_uint(j, "conflicts", vs_rebuilt_overlaps(r));
	vs_json_uint(j, "ranges_differ", vs_rebuilt_differing(r));
	vs_json_uint(j, "left_out", r->out.n);
	vs_json_str(j, "source", r->source);
	vs_json_bool(j, "slab_searched", view->slab);
	return vs_json_end(j, out);
}
