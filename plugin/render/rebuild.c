// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/rebuild.h"

#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "render/json.h"
#include "render/maps.h"

static bool conflict(const struct vs_rebuilt *r, size_t i)
{
	const struct vs_space *s = r->space;

	return i && s->vmas.v[r->order->v.v[i]].start < s->vmas.v[r->order->v.v[i - 1]].end;
}

size_t vs_rebuilt_conflicts(const struct vs_rebuilt *r)
{
	size_t n = 0;

	for (size_t i = 1; i < r->order->v.n; i++)
		n += conflict(r, i);
	return n;
}

static void put_sources(struct vs_buf *b, const struct vs_vma *v, bool bad)
{
	vs_buf_putc(b, bad ? '!' : ' ');
	vs_buf_putc(b, v->seen & VS_SEEN_NEXT ? 'n' : '-');
	vs_buf_putc(b, v->seen & VS_SEEN_PREV ? 'p' : '-');
	vs_buf_putc(b, v->seen & (VS_SEEN_TREE | VS_SEEN_MAPLE) ? 't' : '-');
	vs_buf_putc(b, v->seen & VS_SEEN_SLAB ? 's' : '-');
	vs_buf_putc(b, ' ');
}

struct vs_err *vs_render_rebuilt(struct vs_out *out, const struct vs_rebuilt *r, bool head, bool plain)
{
	const struct vs_space *s = r->space;
	struct vs_buf *b = &out->buf;
	struct vs_err *err = NULL;

	if (head) {
		vs_buf_puts(b, "==> ");
		if (r->task) {
			vs_buf_dec(b, (uint64_t)r->task->pid);
			vs_buf_putc(b, ' ');
			vs_buf_put_clean(b, r->task->comm, strlen(r->task->comm));
		} else {
			vs_buf_puts(b, "mm 0x");
			vs_buf_hex(b, s->mm, 0);
		}
		vs_buf_puts(b, " <==\n");
	}
	for (size_t i = 0; !err && i < r->order->v.n; i++) {
		uint32_t at = r->order->v.v[i];

		if (!plain)
			put_sources(b, &s->vmas.v[at], conflict(r, i));
		vs_render_maps_line(b, s, &s->vmas.v[at], at, out->terminal);
		vs_buf_putc(b, '\n');
		err = vs_out_tick(out);
	}
	if (!err && s->gate.end) {
		if (!plain)
			vs_buf_puts(b, "      ");
		vs_render_maps_line(b, s, &s->gate, VS_NONE, out->terminal);
		vs_buf_putc(b, '\n');
	}
	if (!err && !plain)
		vs_out_say(out, "%zu VMAs by %s; map_count is %llu", r->order->v.n, r->order->source,
			   (unsigned long long)s->f.map_count);
	return err;
}

struct vs_err *vs_json_rebuilt(struct vs_out *out, const struct vs_rebuilt *r)
{
	const struct vs_space *s = r->space;
	struct vs_err *err = NULL;
	struct vs_json *j;

	for (size_t i = 0; !err && i < r->order->v.n; i++) {
		const struct vs_vma *v = &s->vmas.v[r->order->v.v[i]];

		j = vs_json_begin("rebuilt-vma");
		vs_json_hex(j, "mm", s->mm);
		if (r->task)
			vs_json_int(j, "pid", r->task->pid);
		vs_json_hex(j, "vma", v->addr);
		vs_json_hex(j, "start", v->start);
		vs_json_hex(j, "end", v->end);
		vs_json_hex(j, "vm_flags", v->flags);
		vs_json_bool(j, "vm_next", v->seen & VS_SEEN_NEXT);
		vs_json_bool(j, "vm_prev", v->seen & VS_SEEN_PREV);
		vs_json_bool(j, "tree", v->seen & (VS_SEEN_TREE | VS_SEEN_MAPLE));
		vs_json_bool(j, "slab", v->seen & VS_SEEN_SLAB);
		vs_json_bool(j, "overlaps", conflict(r, i));
		err = vs_json_end(j, out);
	}
	if (err)
		return err;
	j = vs_json_begin("rebuilt");
	vs_json_hex(j, "mm", s->mm);
	vs_json_uint(j, "vmas", r->order->v.n);
	vs_json_uint(j, "map_count", s->f.map_count);
	vs_json_uint(j, "conflicts", vs_rebuilt_conflicts(r));
	vs_json_str(j, "source", r->order->source);
	vs_json_bool(j, "slab_searched", r->slab);
	return vs_json_end(j, out);
}
