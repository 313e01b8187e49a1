// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/PID/maps: show_map_vma() of fs/proc/task_mmu.c. */
#include "render/maps.h"

#include <string.h>

#include "base/err.h"
#include "base/out.h"

/* seq_setwidth(m, 25 + sizeof(void *) * 6 - 1): where names begin. */
static size_t name_column(const struct vs_space *s)
{
	return 25 + (size_t)s->word * 6 - 1;
}

const char *vs_vma_label(const struct vs_space *s, const struct vs_vma *v, uint32_t i)
{
	const char *name = s->names && i != VS_NONE ? s->names[i] : NULL;

	if (v == &s->gate)
		return s->gate_name;
	if (s->has & VS_HAS_CORE)	// labels were worked out from the core
		return v->file ? NULL : name;
	// a name that a process has given comes behind the kernel's own
	if (name && strncmp(name, "[anon", 5))
		return name;
	if (v->file)
		return name;
	if (!v->mm)
		return "[vdso]";
	if (s->has & VS_HAS_STRICT_HEAP ? v->start < s->f.brk && v->end > s->f.start_brk :
	    v->start <= s->f.brk && v->end >= s->f.start_brk)
		return "[heap]";
	if (v->start <= s->f.start_stack && v->end >= s->f.start_stack)
		return "[stack]";
	return name;
}

/* mangle_path(): only the newline is escaped; on a terminal other control characters too. */
static void put_path(struct vs_buf *b, const char *s, size_t len, bool clean)
{
	if (clean) {
		vs_buf_put_clean(b, s, len);
		return;
	}
	for (size_t i = 0, from = 0; i <= len; i++) {
		if (i < len && s[i] != '\n')
			continue;
		vs_buf_put(b, s + from, i - from);
		if (i < len)
			vs_buf_puts(b, "\\012");
		from = i + 1;
	}
}

/* Five numbers in hexadecimal, one in decimal, what stands between them. */
#define LINE_HEAD_MAX (5 * VS_HEX_MAX + VS_DEC_MAX + 12)

void vs_render_maps_line(struct vs_buf *b, const struct vs_space *s, const struct vs_vma *v,
			 uint32_t i, bool clean)
{
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &s->facts[v->fact] : NULL;
	const size_t line = b->len;
	const char *label;
	char *p = vs_buf_reserve(b, LINE_HEAD_MAX);

	if (!p)
		return;
	p = vs_hex(p, v->start, 8);
	*p++ = '-';
	p = vs_hex(p, v->end, 8);
	*p++ = ' ';
	*p++ = v->flags & VS_VM_READ ? 'r' : '-';
	*p++ = v->flags & VS_VM_WRITE ? 'w' : '-';
	*p++ = v->flags & VS_VM_EXEC ? 'x' : '-';
	*p++ = v->flags & VS_VM_MAYSHARE ? 's' : 'p';
	*p++ = ' ';
	p = vs_hex(p, v->file ? v->pgoff << s->page_shift : 0, 8);
	*p++ = ' ';
	p = vs_hex(p, fact ? fact->dev >> 20 : 0, 2);
	*p++ = ':';
	p = vs_hex(p, fact ? fact->dev & 0xfffff : 0, 2);
	*p++ = ' ';
	p = vs_dec(p, fact ? fact->ino : 0);
	*p++ = ' ';
	b->len = (size_t)(p - b->data);
	label = vs_vma_label(s, v, i);
	if (!v->file && !label)
		return;
	if (b->len - line < name_column(s))
		vs_buf_pad(b, ' ', name_column(s) - (b->len - line));
	vs_buf_putc(b, ' ');
	if (label)
		put_path(b, label, strlen(label), clean);
	else if (fact && fact->path)
		put_path(b, fact->path, fact->path_len, clean);
	else
		vs_buf_puts(b, "?");
}

void vs_render_maps_gate(struct vs_buf *b, const struct vs_space *s, bool clean)
{
	if (!s->gate.end)
		return;
	vs_render_maps_line(b, s, &s->gate, VS_NONE, clean);
	vs_buf_putc(b, '\n');
}

struct vs_err *vs_render_maps(struct vs_out *out, const struct vs_space *s,
			      const struct vs_order *order, bool clean)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < order->v.n; i++) {
		uint32_t at = order->v.v[i];

		vs_render_maps_line(&out->buf, s, &s->vmas.v[at], at, clean);
		vs_buf_putc(&out->buf, '\n');
		err = vs_out_tick(out);
	}
	if (!err)
		vs_render_maps_gate(&out->buf, s, clean);
	return err;
}
