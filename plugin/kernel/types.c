// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/types.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void vs_types_destroy(struct vs_types *ts)
{
	if (!ts)
		return;
	free(ts->source);
	ts->ops->destroy(ts);
}

struct vs_err *vs_types_find(struct vs_types *ts, enum vs_kind kind, const char *name,
			     const struct vs_type **ret)
{
	return ts->ops->find(ts, kind, name, ret);
}

struct vs_err *vs_type_complete(struct vs_types *ts, const struct vs_type *t)
{
	// Completing is a cache of the provider's; to the reader the type is const.
	return t->complete ? NULL : ts->ops->complete(ts, (struct vs_type *)t);
}

/* One name of a path, looked for through anonymous members. */
static struct vs_err *member_named(struct vs_types *ts, const struct vs_type *t, const char *name,
				   size_t len, unsigned int depth, struct vs_member *ret, bool *found_ret)
{
	struct vs_err *err;

	*found_ret = false;
	if ((t->kind != VS_KIND_STRUCT && t->kind != VS_KIND_UNION) || depth > 16)
		return NULL;
	err = vs_type_complete(ts, t);
	for (size_t i = 0; !err && !*found_ret && i < t->n_members; i++) {
		const struct vs_type_member *m = &t->members[i];

		if (m->name && strlen(m->name) == len && !memcmp(m->name, name, len)) {
			if (m->bits || m->bit_offset % 8)
				return NULL;
			ret->offset = m->bit_offset / 8;
			ret->type = m->type;
			*found_ret = true;
		} else if (!m->name) {
			err = member_named(ts, m->type, name, len, depth + 1, ret, found_ret);
			if (*found_ret)
				ret->offset += m->bit_offset / 8;
		}
	}
	return err;
}

struct vs_err *vs_type_member(struct vs_types *ts, const struct vs_type *t, const char *path,
			      struct vs_member *ret, bool *found_ret)
{
	struct vs_member at = { 0, t };

	*found_ret = false;
	for (const char *p = path; *p;) {
		size_t len = strcspn(p, ".");
		struct vs_member m;
		bool found;
		struct vs_err *err = member_named(ts, at.type, p, len, 0, &m, &found);

		if (err || !found)
			return err;
		at.offset += m.offset;
		at.type = m.type;
		p += len + (p[len] == '.');
	}
	*ret = at;
	*found_ret = true;
	return NULL;
}

void vs_type_spell(const struct vs_type *t, char *buf, size_t size)
{
	char stars[8] = "", dims[64] = "";

	// Arrays of pointers and pointers to scalars are all that structures here hold;
	// pointers to arrays and to functions lose their outer form.
	while (t && !t->name && t->kind == VS_KIND_ARRAY && strlen(dims) < sizeof(dims) - 24) {
		snprintf(dims + strlen(dims), sizeof(dims) - strlen(dims), "[%" PRIu64 "]", t->n_elem);
		t = t->target;
	}
	while (t && !t->name && t->kind == VS_KIND_PTR && strlen(stars) < sizeof(stars) - 1) {
		strcat(stars, "*");
		t = t->target;
	}
	snprintf(buf, size, "%s%s%s%s%s",
		 !t ? "void" : t->name ? t->name :
		 t->kind == VS_KIND_FUNC ? "function" :
		 t->kind == VS_KIND_STRUCT ? "struct" :
		 t->kind == VS_KIND_UNION ? "union" :
		 t->kind == VS_KIND_ENUM ? "enum" : "void",
		 *stars ? " " : "", stars, *dims ? " " : "", dims);
}
