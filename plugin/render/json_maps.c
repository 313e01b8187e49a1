// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "render/json.h"
#include "render/maps.h"

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
		vs_json_str(j, "name", vs_vma_label(s, v, i));
	}
	vs_json_hex(j, "vm_flags", v->flags);
	vs_json_hex(j, "vma", v->addr);
	return vs_json_end(j, out);
}

struct vs_err *vs_json_maps(struct vs_out *out, const struct vs_space *s,
			    const struct vs_order *order, const struct vs_task *t)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < order->v.n; i++)
		err = one(out, s, &s->vmas.v[order->v.v[i]], order->v.v[i], t);
	if (!err && s->gate.end)
		err = one(out, s, &s->gate, VS_NONE, t);
	return err;
}
