// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "render/json.h"
#include "render/layout.h"
#include "render/maps.h"

static void put_head(struct vs_json *j, const struct vs_space *s, const struct vs_picture *p,
		     const struct vs_pic_env *env)
{
	static const char *const dirs[] = {
		[VS_MMAP_UNKNOWN] = NULL, [VS_MMAP_DOWN] = "down", [VS_MMAP_UP] = "up",
	};

	if (s->core)
		vs_json_null(j, "mm");
	else
		vs_json_hex(j, "mm", s->mm);
	vs_json_open_array(j, "users");
	for (size_t i = 0; i < s->users.n; i++) {
		vs_json_open_object(j, NULL);
		vs_json_int(j, "pid", s->users.v[i].pid);
		vs_json_int(j, "tgid", s->users.v[i].tgid);
		vs_json_bytes(j, "comm", s->users.v[i].comm, strlen(s->users.v[i].comm));
		vs_json_close_object(j);
	}
	vs_json_close_array(j);
	vs_json_uint(j, "vmas", p->n_vmas);
	vs_json_uint(j, "bytes", p->bytes);
	vs_json_str(j, "source", p->source);
	if (s->core)
		return;
	vs_json_hex(j, "user_end", env->user_end);
	if (env->kernel_start)
		vs_json_hex(j, "kernel_start", env->kernel_start);
	else
		vs_json_null(j, "kernel_start");
	vs_json_str(j, "mmap_direction", dirs[s->mmap_dir]);
	vs_json_str(j, "mmap_direction_source", s->mmap_dir_source);
	vs_json_uint(j, "stack_guard_gap", s->stack_guard_gap);
}

static void put_vma(struct vs_json *j, const struct vs_space *s, const struct vs_pic_row *r)
{
	const struct vs_vma *v = r->vma == VS_NONE ? &s->gate : &s->vmas.v[r->vma];
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &s->facts[v->fact] : NULL;
	const char letter[2] = { vs_pic_letter(r->kind), 0 };
	const char *label = vs_vma_label(s, v, r->vma);
	char perms[5];

	vs_text_perms(perms, v->flags);
	vs_json_str(j, "perms", perms);
	vs_json_str(j, "kind", vs_pic_word(r->kind));
	vs_json_str(j, "letter", letter);
	if (label || !fact || !fact->path)
		vs_json_text(j, "name", label);
	else
		vs_json_bytes(j, "name", fact->path, fact->path_len);
	if (s->core) {
		const struct vs_core_vma *c = &s->core->vmas.v[r->vma];

		vs_json_uint(j, "core_bytes", c->filesz);
		vs_json_uint(j, "core_bytes_lost", c->filesz - c->have);
		if (c->stack_of != VS_NONE)
			vs_json_int(j, "stack_of", s->core->threads.v[c->stack_of].tid);
		if (c->guard_of != VS_NONE)
			vs_json_int(j, "guard_of", s->core->threads.v[c->guard_of].tid);
	} else {
		vs_json_hex(j, "vma", v->addr);
	}
	if (r->overlap)
		vs_json_bool(j, "overlaps", true);
}

static struct vs_err *put_row(struct vs_out *out, const struct vs_space *s, const struct vs_pic_row *r)
{
	static const char *const whats[] = {
		[VS_PIC_VMA] = "vma", [VS_PIC_RUN] = "run", [VS_PIC_GAP] = "gap", [VS_PIC_GUARD] = "guard gap",
		[VS_PIC_BEYOND] = "beyond task_size", [VS_PIC_HOLE] = "canonical hole",
		[VS_PIC_KERNEL] = "kernel", [VS_PIC_MARK] = "mark", [VS_PIC_EDGE] = "mark",
	};
	struct vs_json *j = vs_json_begin("row");

	vs_json_str(j, "what", whats[r->what]);
	vs_json_hex(j, "start", r->start);
	if (r->what == VS_PIC_MARK) {
		vs_json_str(j, "name", vs_pic_mark_name(r->mark));
		if (r->mark == VS_MARK_SP || r->mark == VS_MARK_PC)
			vs_json_int(j, "thread", s->core->threads.v[r->run].tid);
		return vs_json_end(j, out);
	}
	if (r->what == VS_PIC_EDGE) {
		vs_json_str(j, "name", "kernel space");
		return vs_json_end(j, out);
	}
	// exclusive, and of the last one in the kernel's half 2^64: the size tells
	vs_json_hex(j, "end", r->end);
	vs_json_uint(j, "bytes", r->end - r->start);
	if (r->what == VS_PIC_VMA)
		put_vma(j, s, r);
	if (r->what == VS_PIC_KERNEL)
		vs_json_str(j, "name", r->name);
	return vs_json_end(j, out);
}

static struct vs_err *put_totals(struct vs_out *out, const struct vs_picture *p)
{
	struct vs_json *j = vs_json_begin("totals");

	for (size_t i = 0; i < p->totals.n; i++) {
		vs_json_open_object(j, p->totals.v[i].name);
		vs_json_uint(j, "vmas", p->totals.v[i].n);
		vs_json_uint(j, "bytes", p->totals.v[i].bytes);
		vs_json_close_object(j);
	}
	vs_json_open_object(j, "counters");
	for (size_t i = 0; i < p->counters.n; i++) {
		vs_json_open_object(j, p->counters.v[i].name);
		vs_json_uint(j, "pages", p->counters.v[i].pages);
		vs_json_uint(j, "vma_pages", p->counters.v[i].sum);
		vs_json_close_object(j);
	}
	vs_json_close_object(j);
	return vs_json_end(j, out);
}

struct vs_err *vs_json_layout(struct vs_out *out, const struct vs_space *s, const struct vs_picture *p,
			      const struct vs_pic_env *env)
{
	struct vs_json *j = vs_json_begin("layout");
	struct vs_err *err;

	put_head(j, s, p, env);
	err = vs_json_end(j, out);
	for (size_t i = 0; !err && i < p->rows.n; i++)
		err = put_row(out, s, &p->rows.v[i]);
	return err ? err : put_totals(out, p);
}
