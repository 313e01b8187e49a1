// SPDX-License-Identifier: GPL-2.0-or-later
#include "triage/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct vs_err *vs_triage_fail_read(const char *list, struct vs_triage_fail *ret)
{
	struct vs_triage_fail fail = { { false } };

	for (const char *word = list; strcmp(list, "none") != 0; word++) {
		const size_t len = strcspn(word, ",");
		const int v = vs_triage_verdict_find(word, len);

		if (v < 0)
			return vs_err_create(VS_ERR_USAGE, "triage: --fail-on: expected corrupt, torn, incomplete, unreadable, "
					     "consistent, ignored or none, found \"%.*s\"", (int)len, word);
		fail.on[v] = true;
		word += len;
		if (!*word)
			break;
	}
	*ret = fail;
	return NULL;
}

static int by_signature(const void *x, const void *y)
{
	const struct vs_triage_record *a = *(const struct vs_triage_record *const *)x;
	const struct vs_triage_record *b = *(const struct vs_triage_record *const *)y;
	int c = vs_triage_rank(a->verdict) - vs_triage_rank(b->verdict);

	if (!c)
		c = strcmp(a->text[VS_TT_SIGNATURE], b->text[VS_TT_SIGNATURE]);
	return c ? c : strcmp(a->text[VS_TT_PATH], b->text[VS_TT_PATH]);
}

static int by_weight(const void *x, const void *y)
{
	const struct vs_triage_group *a = x, *b = y;
	int c = vs_triage_rank(a->verdict) - vs_triage_rank(b->verdict);

	if (!c)
		c = (a->n < b->n) - (a->n > b->n);
	return c ? c : strcmp(a->signature, b->signature);
}

static bool make_groups(struct vs_triage_summary *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct vs_triage_record *r = s->sorted[i];
		struct vs_triage_group *g = s->groups.n ? &s->groups.v[s->groups.n - 1] : NULL;

		if (g && g->verdict == r->verdict && !strcmp(g->signature, r->text[VS_TT_SIGNATURE])) {
			g->n++;
			continue;
		}
		g = vs_vec_push(&s->groups);
		if (!g)
			return false;
		*g = (struct vs_triage_group){ r->verdict, r->text[VS_TT_SIGNATURE], &s->sorted[i], 1 };
	}
	if (s->groups.n)
		qsort(s->groups.v, s->groups.n, sizeof(*s->groups.v), by_weight);
	return true;
}

bool vs_triage_summarize(const struct vs_triage_records *r, const struct vs_triage_fail *fail,
			 struct vs_triage_summary *ret)
{
	size_t n = 0;

	*ret = (struct vs_triage_summary){ .worst = VS_CONSISTENT, .exit = 0, .total = r->v.n };
	ret->sorted = calloc(r->v.n + 1, sizeof(*ret->sorted));
	if (!ret->sorted)
		return false;
	for (size_t i = 0; i < r->v.n; i++) {
		const struct vs_triage_record *rec = &r->v.v[i];

		if (rec->accepted) {
			ret->accepted++;
			continue;
		}
		ret->counts[rec->verdict]++;
		if (vs_triage_rank(rec->verdict) < vs_triage_rank(ret->worst))
			ret->worst = rec->verdict;
		// the exit code of what does not count is 0; to fail all the same it is 2
		if (fail->on[rec->verdict]) {
			const int code = rec->verdict == VS_TRIAGE_IGNORED || rec->verdict == VS_CONSISTENT ? VS_UNREADABLE :
				rec->verdict;

			ret->exit = (int)vs_verdict_worse((enum vs_verdict)ret->exit, (enum vs_verdict)code);
		}
		if (rec->verdict != VS_TRIAGE_IGNORED)
			ret->sorted[n++] = rec;
	}
	if (n)
		qsort(ret->sorted, n, sizeof(*ret->sorted), by_signature);
	return make_groups(ret, n);
}

void vs_triage_summary_deinit(struct vs_triage_summary *s)
{
	free(s->sorted);
	vs_vec_deinit(&s->groups);
}
