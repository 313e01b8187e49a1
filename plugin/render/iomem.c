// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/iomem: r_show() of kernel/resource.c; and the kernel's own map in its manner. */
#include "render/iomem.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
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

/* "1.5 MiB"; whole numbers without the point. */
static void put_size(struct vs_buf *b, uint64_t last)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	uint64_t size = last + 1, rest = 0;
	unsigned int u = 0;

	for (; size >= 1024 && u < 5; u++) {
		rest = size % 1024;
		size /= 1024;
	}
	if (rest)
		vs_buf_printf(b, "%4" PRIu64 ".%u %s", size, (unsigned int)(rest * 10 / 1024), units[u]);
	else
		vs_buf_printf(b, "%6" PRIu64 " %s", size, units[u]);
}

struct vs_err *vs_render_kmap(struct vs_out *out, const struct vs_kmap *m)
{
	struct vs_buf *b = &out->buf;
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < m->v.n; i++) {
		const struct vs_kregion *r = &m->v.v[i];
		size_t line = b->len;

		put_range(b, r->depth, r->start, r->last, 16);
		vs_buf_puts(b, r->name);
		vs_buf_pad(b, ' ', b->len - line < 66 ? 66 - (b->len - line) : 1);
		put_size(b, r->last - r->start);
		vs_buf_printf(b, "  %s", r->source);
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
