// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/iomem: r_show() of kernel/resource.c; and the kernel's own map in its manner. */
#include "render/iomem.h"

#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "render/json.h"

#define MAX_IORES_LEVEL 5	/* unchanged since 2.6.25 */

static void put_range(struct vs_buf *b, unsigned int depth, uint64_t start, uint64_t last, unsigned int width)
{
	vs_buf_pad(b, ' ', 2 * (size_t)depth);
	vs_buf_hex(b, start, width);
	vs_buf_putc(b, '-');
	vs_buf_hex(b, last, width);
	vs_buf_puts(b, " : ");
}

struct vs_err *vs_render_iomem(struct vs_out *out, const struct vs_iomem *io, bool clean)
{
	const unsigned int width = io->root_last < 0x10000 ? 4 : 8;
	struct vs_buf *b = &out->buf;
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < io->v.n; i++) {
		const struct vs_resource *r = &io->v.v[i];

		put_range(b, r->depth < MAX_IORES_LEVEL ? r->depth : MAX_IORES_LEVEL, r->start, r->last, width);
		if (r->name && clean)
			vs_buf_put_clean(b, r->name, strlen(r->name));
		else if (r->name)
			vs_buf_puts(b, r->name);
		else
			vs_buf_puts(b, r->name_absent ? "?" : "<BAD>");
		vs_buf_putc(b, '\n');
		err = vs_out_tick(out);
	}
	return err;
}

struct vs_err *vs_json_iomem(struct vs_out *out, const struct vs_iomem *io)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < io->v.n; i++) {
		const struct vs_resource *r = &io->v.v[i];
		struct vs_json *j = vs_json_begin("resource");

		vs_json_hex(j, "start", r->start);
		vs_json_hex(j, "last", r->last);
		if (r->name)
			vs_json_bytes(j, "name", r->name, strlen(r->name));
		else
			vs_json_null(j, "name");
		vs_json_uint(j, "depth", r->depth);
		vs_json_hex(j, "flags", r->flags);
		vs_json_hex(j, "resource", r->addr);
		err = vs_json_end(j, out);
	}
	return err;
}

struct vs_err *vs_render_kmap(struct vs_out *out, const struct vs_kmap *m)
{
	struct vs_buf *b = &out->buf;
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < m->v.n; i++) {
		const struct vs_kregion *r = &m->v.v[i];
		size_t line = b->len;
		char size[VS_HUMAN_MAX];

		put_range(b, r->depth, r->start, r->last, m->digits);
		vs_buf_puts(b, r->name);
		vs_buf_pad(b, ' ', b->len - line < 66 ? 66 - (b->len - line) : 1);
		vs_buf_printf(b, "%9s  %s", vs_human(size, r->last - r->start + 1), r->source);
		if (r->check == VS_KREGION_AGREES)
			vs_buf_printf(b, "; held against %s", r->against);
		else if (r->check == VS_KREGION_DISAGREES)
			vs_buf_printf(b, "; OTHERWISE in %s", r->against);
		vs_buf_putc(b, '\n');
		err = vs_out_tick(out);
	}
	return err;
}

struct vs_err *vs_json_kmap(struct vs_out *out, const struct vs_kmap *m)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < m->v.n; i++) {
		const struct vs_kregion *r = &m->v.v[i];
		struct vs_json *j = vs_json_begin("region");

		vs_json_hex(j, "start", r->start);
		vs_json_hex(j, "last", r->last);
		vs_json_str(j, "name", r->name);
		vs_json_uint(j, "depth", r->depth);
		vs_json_str(j, "source", r->source);
		if (r->check == VS_KREGION_UNCHECKED) {
			vs_json_null(j, "agrees");
		} else {
			vs_json_bool(j, "agrees", r->check == VS_KREGION_AGREES);
			vs_json_str(j, "against", r->against);
		}
		err = vs_json_end(j, out);
	}
	return err;
}
