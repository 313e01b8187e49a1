// SPDX-License-Identifier: GPL-2.0-or-later
/* What several commands say and decide alike. */
#include <inttypes.h>
#include <stdio.h>

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
		vs_out_say(out, "%s: %zu object%s are not in the dump (%s)", who, absent,
			   absent == 1 ? "" : "s", vs_from_names(s->absent_from, why));
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

struct vs_text_style vs_cmd_style(const struct vs_args *args, const struct vs_out *out)
{
	return (struct vs_text_style){
		.color = out->color,
		.utf8 = out->utf8 && !vs_args_option(args, "ascii"),
		.width = out->width ? out->width : 80,
	};
}
