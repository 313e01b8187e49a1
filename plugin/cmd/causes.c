// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/causes.h"

#include <string.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/exhibit.h"

#define MAX_OBJECTS 24		/* with the pages that pointers lead to: more than a screen shows */

static const char *type_of(const struct vs_finding *f)
{
	static const char *const types[] = {
		[VS_OBJ_MM] = "mm_struct", [VS_OBJ_VMA] = "vm_area_struct", [VS_OBJ_NODE] = "maple_node",
	};

	return f->object == VS_OBJ_OTHER ? f->type : f->object == VS_OBJ_DUMP ? NULL : types[f->object];
}

/** The other pointer of the two that a finding about a node's children may mean. */
static const char *sibling(const char *member)
{
	static const char *const pairs[][2] = {
		{ "shared.rb.rb_left", "shared.rb.rb_right" }, { "rb.rb_left", "rb.rb_right" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (!strcmp(member, pairs[i][0]))
			return pairs[i][1];
	return NULL;
}

static struct vs_err *add(struct vs_kernel *k, struct vs_space *s, const struct vs_finding *f)
{
	const bool pointer = f->has_seen && !f->has_expected && f->fmt == VS_VAL_HEX;
	const uint64_t page = vs_page_size(&k->mem.target);
	struct vs_err *err = vs_exhibit_read(k, type_of(f), f->addr, &s->exhibits);
	struct vs_exhibit *e = err ? NULL : vs_exhibit_of(&s->exhibits, f->addr);

	if (e && f->member)
		err = vs_exhibit_member(k, s, type_of(f), f->member, pointer ? &f->seen : NULL, e);
	if (!err && e && f->member && !f->has_seen && sibling(f->member))
		err = vs_exhibit_member(k, s, type_of(f), sibling(f->member), NULL, e);
	// what it leads to may be what was overwritten
	if (!err && pointer)
		err = vs_exhibit_read(k, NULL, f->seen & ~(page - 1), &s->exhibits);
	return err;
}

void vs_causes_find(struct vs_kernel *k, struct vs_space *s, struct vs_report *r)
{
	struct vs_err *err = NULL;

	vs_exhibits_reset(&s->exhibits);
	for (size_t i = 0; !err && i < r->findings.n && s->exhibits.v.n < MAX_OBJECTS; i++) {
		const struct vs_finding *f = &r->findings.v[i];

		if (f->severity == VS_SEV_ERROR && !f->consequence && type_of(f))
			err = add(k, s, f);
	}
	vs_err_free(err);
	vs_causes_tell(s, r);
}
