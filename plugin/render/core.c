// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "render/crash.h"
#include "render/json.h"
#include "render/maps.h"

void vs_render_core_name(struct vs_buf *b, const struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v = &s->vmas.v[i];
	const struct vs_core_vma *c = &s->core->vmas.v[i];
	const char *label = vs_vma_label(s, v, i);

	if (label)
		vs_buf_puts(b, label);
	else if (v->file && v->fact != VS_NONE)
		vs_buf_put_clean(b, s->facts[v->fact].path, s->facts[v->fact].path_len);
	else if (c->stack_of != VS_NONE)
		vs_buf_printf(b, "stack of thread %d", s->core->threads.v[c->stack_of].tid);
	else if (c->guard_of != VS_NONE)
		vs_buf_printf(b, "guard of thread %d", s->core->threads.v[c->guard_of].tid);
}

void vs_core_gauge(const struct vs_space *s, uint32_t i, unsigned int cells, unsigned int *full_ret,
		   unsigned int *lost_ret)
{
	const struct vs_core_vma *c = &s->core->vmas.v[i];
	const uint64_t size = s->vmas.v[i].end - s->vmas.v[i].start;
	const uint64_t step = size / cells ? size / cells : 1;
	uint64_t have = (c->have + step - 1) / step, want = (c->filesz + step - 1) / step;

	have = have > cells ? cells : have;
	want = want > cells ? cells : want;
	if (c->have < c->filesz && have == want && have)	// however little is lost, it is shown
		have--;
	*full_ret = (unsigned int)have;
	*lost_ret = (unsigned int)(want - have);
}

/* --- threads --- */

struct vs_err *vs_render_threads(struct vs_out *out, const struct vs_space *s, int32_t tid)
{
	const struct vs_core *c = s->core;
	struct vs_err *err = vs_out_printf(out, "%7s %7s %4s  %-18s %-18s %s\n", "PID", "TID", "SIG", "SP", "PC", "PC IS IN");

	for (size_t i = 0; !err && i < c->threads.n; i++) {
		const struct vs_core_thread *t = &c->threads.v[i];

		if (tid && t->tid != tid)
			continue;
		vs_buf_printf(&out->buf, "%7d %7d %4d  ", c->pid, t->tid, t->sig);
		if (t->has_regs) {
			vs_buf_printf(&out->buf, "%#-18" PRIx64 " %#-18" PRIx64 " ", t->sp, t->pc);
			vs_render_place(&out->buf, s, t->pc, false);
		} else {
			vs_buf_puts(&out->buf, "registers of this machine are not known here");
		}
		if (t->has_regs && (t->sp_vma == VS_NONE || !(s->vmas.v[t->sp_vma].flags & VS_VM_WRITE)))
			vs_buf_puts(&out->buf, "; SP is in no writable mapping");
		vs_buf_putc(&out->buf, '\n');
		err = vs_out_tick(out);
	}
	return err;
}

static void put_place(struct vs_json *j, const char *key, const struct vs_space *s, uint64_t addr)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	const char *text;

	vs_render_place(&b, s, addr, true);
	text = vs_buf_str(&b);
	vs_json_bytes(j, key, text, strlen(text));
}

static void put_range(struct vs_json *j, const char *key, const struct vs_space *s, uint32_t i)
{
	vs_json_open_object(j, key);
	vs_json_hex(j, "start", s->vmas.v[i].start);
	vs_json_hex(j, "end", s->vmas.v[i].end);
	vs_json_close_object(j);
}

/* The stack that thread @p t is on, and its guard: by what the mappings say. */
static void put_stack(struct vs_json *j, const struct vs_space *s, uint32_t t)
{
	const struct vs_core *c = s->core;
	const struct vs_core_thread *th = &c->threads.v[t];
	uint32_t i = th->sp_vma;

	if (i == VS_NONE)
		return;
	if (c->vmas.v[i].stack_of == t)
		put_range(j, "stack", s, i);
	if (c->vmas.v[i].guard_of == t)
		put_range(j, "in_guard", s, i);
}

struct vs_err *vs_json_threads(struct vs_out *out, const struct vs_space *s, int32_t tid)
{
	const struct vs_core *c = s->core;
	struct vs_err *err = NULL;

	for (uint32_t i = 0; !err && i < c->threads.n; i++) {
		const struct vs_core_thread *t = &c->threads.v[i];
		struct vs_json *j;

		if (tid && t->tid != tid)
			continue;
		j = vs_json_begin("thread");
		vs_json_int(j, "pid", c->pid);
		vs_json_int(j, "tid", t->tid);
		vs_json_bytes(j, "comm", c->comm, strlen(c->comm));
		vs_json_int(j, "signal", t->sig);
		if (t->has_regs) {
			vs_json_hex(j, "sp", t->sp);
			put_place(j, "sp_in", s, t->sp);
			vs_json_hex(j, "pc", t->pc);
			put_place(j, "pc_in", s, t->pc);
			put_stack(j, s, i);
		} else {
			vs_json_null(j, "sp");
			vs_json_null(j, "pc");
		}
		err = vs_json_end(j, out);
	}
	return err;
}

/* --- modules --- */

static const char *file_words(const struct vs_core_module *m)
{
	switch (m->file) {
	case VS_MF_SAME:
		return "same";
	case VS_MF_OTHER:
		return "another build";
	case VS_MF_NO_FILE:
		return "no file";
	case VS_MF_NO_ID:
		return "cannot be compared";
	default:
		return NULL;
	}
}

static bool in_links(const struct vs_core *c, const struct vs_space *s, const struct vs_core_module *m)
{
	for (size_t i = 0; i < c->links.n; i++) {
		const struct vs_core_link *l = &c->links.v[i];

		if (l->vma != VS_NONE && s->vmas.v[l->vma].start >= m->start && s->vmas.v[l->vma].start < m->end)
			return true;
	}
	return false;
}

static void put_id(char buf[130], const uint8_t *id, size_t len)
{
	*buf = 0;
	for (size_t i = 0; i < len; i++)
		buf += snprintf(buf, 3, "%02x", id[i]);
}

struct vs_err *vs_render_modules(struct vs_out *out, const struct vs_space *s, const struct vs_text_style *style)
{
	const struct vs_core *c = s->core;
	struct vs_err *err = NULL;
	char id[130];

	for (size_t i = 0; !err && i < c->modules.n; i++) {
		const struct vs_core_module *m = &c->modules.v[i];

		vs_buf_printf(&out->buf, "  %0*" PRIx64 "-%0*" PRIx64 " ", c->word == 8 ? 12 : 8, m->start,
			      c->word == 8 ? 12 : 8, m->end);
		put_id(id, m->id, m->id_len);
		vs_buf_printf(&out->buf, "%-40s  ", m->id_len ? id : m->header_absent ? "(its first page is not in the core)" :
			      "(no build-id)");
		vs_buf_put_clean(&out->buf, m->path, m->path_len);
		vs_buf_putc(&out->buf, '\n');
		err = vs_out_tick(out);
	}
	return err;
}

struct vs_err *vs_json_modules(struct vs_out *out, const struct vs_space *s)
{
	const struct vs_core *c = s->core;
	struct vs_err *err = NULL;
	char id[130];

	for (size_t i = 0; !err && i < c->modules.n; i++) {
		const struct vs_core_module *m = &c->modules.v[i];
		struct vs_json *j = vs_json_begin("module");

		vs_json_bytes(j, "path", m->path, m->path_len);
		vs_json_hex(j, "start", m->start);
		vs_json_hex(j, "end", m->end);
		vs_json_hex(j, "base", m->base);
		vs_json_bool(j, "program", i == c->exe);
		vs_json_bool(j, "executable", m->executable);
		put_id(id, m->id, m->id_len);
		vs_json_str(j, "build_id", m->id_len ? id : NULL);
		if (!m->id_len)
			vs_json_str(j, "build_id_unknown", m->header_absent ? "its first page is not in the core" : "it has none");
		vs_json_bool(j, "in_link_map", in_links(c, s, m));
		if (file_words(m)) {
			vs_json_str(j, "file", file_words(m));
			put_id(id, m->file_id, m->file_id_len);
			vs_json_str(j, "file_build_id", m->file_id_len ? id : NULL);
		}
		err = vs_json_end(j, out);
	}
	return err;
}

/* --- one address --- */

static void put_vma(struct vs_json *j, const char *key, const struct vs_space *s, uint32_t i)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	char perms[5];
	const char *name;

	if (i == VS_NONE) {
		vs_json_null(j, key);
		return;
	}
	vs_text_perms(perms, s->vmas.v[i].flags);
	vs_render_core_name(&b, s, i);
	name = vs_buf_str(&b);
	vs_json_open_object(j, key);
	vs_json_hex(j, "start", s->vmas.v[i].start);
	vs_json_hex(j, "end", s->vmas.v[i].end);
	vs_json_str(j, "perms", perms);
	if (*name)
		vs_json_bytes(j, "name", name, strlen(name));
	else
		vs_json_null(j, "name");
	vs_json_close_object(j);
}

struct vs_err *vs_json_core_spot(struct vs_out *out, const struct vs_space *s, const struct vs_spot *sp)
{
	struct vs_json *j = vs_json_begin("find");

	vs_json_hex(j, "address", sp->addr);
	put_vma(j, "vma", s, sp->vma);
	put_vma(j, "below", s, sp->below);
	put_vma(j, "above", s, sp->above);
	if (sp->vma != VS_NONE) {
		const struct vs_vma *v = &s->vmas.v[sp->vma];
		const struct vs_core_vma *c = &s->core->vmas.v[sp->vma];
		const uint64_t at = sp->addr - v->start;

		vs_json_hex(j, "offset", at);
		if (v->file && c->known[VS_CF_OFFSET] != VS_UNKNOWN)
			vs_json_hex(j, "file_offset", (v->pgoff << s->page_shift) + at);
		if (c->module != VS_NONE)
			vs_json_hex(j, "module_offset", sp->addr - s->core->modules.v[c->module].base);
		vs_json_bool(j, "in_core", at < c->have);
		if (at < c->have)
			vs_json_hex(j, "core_offset", c->off + at);
		else
			vs_json_str(j, "why_not", at < c->filesz ? "beyond the end of the file" : c->left_out);
	}
	return vs_json_end(j, out);
}
