// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "render/json.h"
#include "render/maps.h"
#include "render/text.h"

/*
 * What of the line is not said by the core itself. Each field that is unknown is null
 * above, and here with its reason.
 */
static void put_known(struct vs_json *j, const struct vs_core_vma *c)
{
	for (int k = VS_INFERRED; k <= VS_UNKNOWN; k++) {
		vs_json_open_object(j, k == VS_INFERRED ? "inferred" : "unknown");
		for (int f = 0; f < VS_N_CORE_FIELDS; f++)
			if (c->known[f] == k)
				vs_json_str(j, vs_core_field_name(f), c->why[f]);
		if (k == VS_UNKNOWN)
			vs_json_str(j, "device_and_inode", "a core does not hold them");
		vs_json_close_object(j);
	}
}

static struct vs_err *one_of_core(struct vs_out *out, const struct vs_space *s, uint32_t i, const struct vs_task *t)
{
	const struct vs_vma *v = &s->vmas.v[i];
	const struct vs_core_vma *c = &s->core->vmas.v[i];
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &s->facts[v->fact] : NULL;
	struct vs_json *j = vs_json_begin("vma");
	char perms[5];

	vs_text_perms(perms, v->flags);
	vs_json_int(j, "pid", t->pid);
	vs_json_hex(j, "start", v->start);
	vs_json_hex(j, "end", v->end);
	if (c->known[VS_CF_PERMS] == VS_UNKNOWN)
		vs_json_null(j, "perms");
	else
		vs_json_str(j, "perms", perms);
	if (c->known[VS_CF_OFFSET] == VS_UNKNOWN)
		vs_json_null(j, "offset");
	else
		vs_json_uint(j, "offset", v->file ? v->pgoff << s->page_shift : 0);
	vs_json_null(j, "dev_major");
	vs_json_null(j, "dev_minor");
	vs_json_null(j, "inode");
	if (fact)
		vs_json_bytes(j, "path", fact->path, fact->path_len);
	else
		vs_json_text(j, "name", vs_vma_label(s, v, i));
	if (c->stack_of != VS_NONE)
		vs_json_int(j, "stack_of", s->core->threads.v[c->stack_of].tid);
	if (c->guard_of != VS_NONE)
		vs_json_int(j, "guard_of", s->core->threads.v[c->guard_of].tid);
	if (c->segment != UINT64_MAX) {
		vs_json_uint(j, "core_offset", c->off);
		vs_json_uint(j, "core_bytes", c->filesz);
		vs_json_uint(j, "core_bytes_lost", c->filesz - c->have);
	}
	if (c->left_out)
		vs_json_str(j, "left_out", c->left_out);
	put_known(j, c);
	return vs_json_end(j, out);
}

static struct vs_err *one(struct vs_out *out, const struct vs_space *s, const struct vs_vma *v,
			  uint32_t i, const struct vs_task *t)
{
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &s->facts[v->fact] : NULL;
	struct vs_json *j = vs_json_begin("vma");
	const char perms[] = {
		v->flags & VS_VM_READ ? 'r' : '-',
		v->flags & VS_VM_WRITE ? 'w' : '-',
		v->flags & VS_VM_EXEC ? 'x' : '-',
		v->flags & VS_VM_MAYSHARE ? 's' : 'p', 0
	};

	vs_json_int(j, "pid", t->pid);
	vs_json_hex(j, "start", v->start);
	vs_json_hex(j, "end", v->end);
	vs_json_str(j, "perms", perms);
	vs_json_uint(j, "offset", v->file ? v->pgoff << s->page_shift : 0);
	if (fact) {
		vs_json_uint(j, "dev_major", fact->dev >> 20);
		vs_json_uint(j, "dev_minor", fact->dev & 0xfffff);
		vs_json_uint(j, "inode", fact->ino);
		if (fact->path)
			vs_json_bytes(j, "path", fact->path, fact->path_len);
		else
			vs_json_null(j, "path");
		if (fact->problem)
			vs_json_str(j, "problem", fact->problem);
	} else {
		vs_json_text(j, "name", vs_vma_label(s, v, i));
	}
	vs_json_hex(j, "vm_flags", v->flags);
	vs_json_hex(j, "vma", v->addr);
	return vs_json_end(j, out);
}

struct vs_err *vs_json_maps(struct vs_out *out, const struct vs_space *s,
			    const struct vs_order *order, const struct vs_task *t)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && s->core && i < order->v.n; i++)
		err = one_of_core(out, s, order->v.v[i], t);
	for (size_t i = 0; !err && !s->core && i < order->v.n; i++)
		err = one(out, s, &s->vmas.v[order->v.v[i]], order->v.v[i], t);
	if (!err && s->gate.end)
		err = one(out, s, &s->gate, VS_NONE, t);
	return err;
}
