// SPDX-License-Identifier: GPL-2.0-or-later
/* What has been accepted before: results of an earlier triage. */
#include <stdlib.h>
#include <string.h>

#include "triage/group.h"

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The program of a process core; all kernels are one. */
static const char *program(const struct vs_triage_record *r)
{
	const char *kind = r->text[VS_TT_KIND];

	return kind && !strcmp(kind, "process") ? r->text[VS_TT_COMM] : NULL;
}

static bool accepts(const struct vs_triage_record *b, const struct vs_triage_record *r, const struct vs_triage_finding *f)
{
	if (b->outcome != VS_TRIAGE_CHECKED || !same(b->text[VS_TT_KIND], r->text[VS_TT_KIND]) ||
	    !same(program(b), program(r)))
		return false;
	for (size_t i = 0; i < b->findings.n; i++) {
		const struct vs_triage_finding *g = &b->findings.v[i];

		if (same(g->rule, f->rule) && same(g->object, f->object) && same(g->member, f->member) &&
		    same(g->severity, f->severity))
			return true;
	}
	return false;
}

static const char *file_name(const struct vs_triage_record *r)
{
	const char *slash = strrchr(r->text[VS_TT_PATH], '/');

	return slash ? slash + 1 : r->text[VS_TT_PATH];
}

/* Without findings: the same file in the same state. */
static bool accepts_whole(const struct vs_triage_record *b, const struct vs_triage_record *r)
{
	return b->outcome == r->outcome && b->verdict == r->verdict && !b->findings.n &&
	       same(file_name(b), file_name(r)) && same(b->text[VS_TT_SIGNATURE], r->text[VS_TT_SIGNATURE]);
}

static void accept_one(struct vs_triage_record *r, const struct vs_triage_records *base)
{
	size_t left = 0, errors = 0;

	if (r->verdict == VS_CONSISTENT || r->verdict == VS_TRIAGE_IGNORED)
		return;
	for (size_t i = 0; i < r->findings.n; i++) {
		struct vs_triage_finding *f = &r->findings.v[i];

		for (size_t k = 0; k < base->v.n && !f->accepted; k++)
			f->accepted = accepts(&base->v.v[k], r, f);
		if (f->accepted || f->consequence || !strcmp(f->severity, "note"))
			continue;
		left++;
		errors += !strcmp(f->severity, "error");
	}
	if (!r->findings.n) {
		for (size_t k = 0; k < base->v.n && !r->accepted; k++)
			r->accepted = accepts_whole(&base->v.v[k], r);
	} else if (!left && !r->more_findings) {
		r->accepted = true;
	} else if (!errors && !r->more_findings && r->outcome == VS_TRIAGE_CHECKED) {
		r->verdict = VS_INCOMPLETE;
	}
}

/* The accepted ones go; what is left signs. */
static void drop_accepted(struct vs_triage_record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->findings.n; i++) {
		struct vs_triage_finding *f = &r->findings.v[i];

		if (f->accepted) {
			free(f->rule), free(f->severity), free(f->object), free(f->member), free(f->address);
			continue;
		}
		r->findings.v[n++] = *f;
	}
	if (n == r->findings.n)
		return;
	r->findings.n = n;
	vs_triage_sign(r);
}

void vs_triage_accept(struct vs_triage_records *r, const struct vs_triage_records *base)
{
	for (size_t i = 0; i < r->v.n; i++) {
		accept_one(&r->v.v[i], base);
		if (!r->v.v[i].accepted)
			drop_accepted(&r->v.v[i]);
	}
}
