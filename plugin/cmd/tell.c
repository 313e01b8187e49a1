// SPDX-License-Identifier: GPL-2.0-or-later
/* What several commands say and decide alike. */
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "base/out.h"
#include "cmd/session.h"

void vs_tell_damage(const struct vs_space *s, int32_t pid, struct vs_out *out, int *status)
{
	const struct vs_walk *walks[] = { &s->next, &s->prev, &s->tree };
	size_t absent = s->n_absent, broken = 0;
	char who[32], why[VS_FROM_NAMES_MAX];

	if (pid || s->users.n)
		snprintf(who, sizeof(who), "pid %d", pid ? pid : s->users.v[0].tgid);
	else
		snprintf(who, sizeof(who), "mm %#" PRIx64, s->mm);
	for (size_t w = 0; w < 3; w++)
		for (size_t i = 0; i < walks[w]->breaks.n; i++)
			broken += walks[w]->breaks.v[i].why != VS_STOP_ABSENT;
	if (broken) {
		vs_out_say(out, "%s: the walks over its VMAs break at %zu place%s; see check", who, broken,
			   broken == 1 ? "" : "s");
		*status = VS_STATUS_DAMAGE;
	}
	if (absent) {
		vs_out_say(out, "%s: %zu object%s not in the dump (%s)", who, absent,
			   absent == 1 ? " is" : "s are", vs_from_names(s->absent_from, why));
		if (*status == VS_STATUS_OK)
			*status = VS_STATUS_INCOMPLETE;
	}
	for (size_t i = 0; s->facts && i < s->vmas.n; i++) {
		const struct vs_vma *v = &s->vmas.v[i];

		if (!v->file || v->fact == VS_NONE || !s->facts[v->fact].problem)
			continue;
		vs_out_say(out, "%s: the file at %#" PRIx64 "-%#" PRIx64 " has no name here: %s", who, v->start,
			   v->end, s->facts[v->fact].problem);
		if (*status == VS_STATUS_OK)
			*status = VS_STATUS_INCOMPLETE;
		return;		// one line for all
	}
}

void vs_tell_tasks(const struct vs_tasks *t, struct vs_out *out)
{
	char n[VS_THOUSANDS_MAX], where[160];
	const struct vs_task_break *b = t->breaks.v;

	if (!t->breaks.n)
		return;
	snprintf(where, sizeof(where), "the walk over the tasks breaks at task_struct %#" PRIx64 ": %s is %#" PRIx64
		 "%s%s%s", b->task, b->member, b->value, b->why == VS_STOP_ABSENT ? ", " : "",
		 b->why == VS_STOP_ABSENT ? vs_from_name(b->from) : "", t->breaks.n > 1 ? ", and elsewhere" : "");
	if (!t->table)
		vs_out_say(out, "%s; there is no table of pids to help: %s", where,
			   t->table_problem ? t->table_problem : "none was found");
	else
		vs_out_say(out, "%s; %s more %s found by %s%s", where,
			   t->n_by_table ? vs_thousands(n, t->n_by_table) : "no",
			   t->n_by_table == 1 ? "task was" : "tasks were", t->table,
			   t->table_broken ? ", which is broken, too" : "");
	if (t->mms.n)
		vs_out_say(out, "%s address space%s of which no task is known, by the slab of mm_structs",
			   vs_thousands(n, t->mms.n), t->mms.n == 1 ? "" : "s");
}

struct vs_text_style vs_cmd_style(const struct vs_args *args, const struct vs_out *out)
{
	return (struct vs_text_style){
		.color = out->color,
		.utf8 = out->utf8 && !vs_args_option(args, "ascii"),
		.width = out->width ? out->width : 80,
	};
}
