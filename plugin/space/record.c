// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void vs_record_deinit(struct vs_record *r)
{
	for (size_t i = 0; i < r->v.n; i++) {
		free(r->v.v[i].name);
		free(r->v.v[i].type);
		free(r->v.v[i].words);
	}
	vs_vec_deinit(&r->v);
	free(r->kind);
	r->kind = NULL;
}

struct vs_record_field *vs_record_add(struct vs_record *r, const char *name, const char *type,
				      int64_t offset)
{
	struct vs_record_field *f;
	char *n = strdup(name), *t = type ? strdup(type) : NULL;

	if (!n || (type && !t) || !vs_vec_reserve(&r->v, r->v.n + 1)) {
		free(n);
		free(t);
		return NULL;
	}
	f = &r->v.v[r->v.n++];
	*f = (struct vs_record_field){ .name = n, .type = t, .offset = offset };
	return f;
}

bool vs_record_say(struct vs_record *r, const char *name, const char *fmt, ...)
{
	struct vs_record_field *f = vs_record_add(r, name, NULL, -1);
	va_list ap;
	int n;

	if (!f)
		return false;
	f->fmt = VS_REC_TEXT;
	va_start(ap, fmt);
	n = vasprintf(&f->words, fmt, ap);
	va_end(ap);
	if (n < 0)
		f->words = NULL;
	return n >= 0;
}
