// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about the tasks: what is wrong with them counts for the dump, not for one mm. */
#include "check/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct vs_finding *found(struct vs_report *r, const char *rule, uint64_t task, const char *member,
				uint64_t seen)
{
	struct vs_finding *f = vs_vec_push(&r->findings);
	const struct vs_rule *rules;
	size_t n;

	if (!f) {
		r->failed = true;
		return NULL;
	}
	rules = vs_rules(&n);
	*f = (struct vs_finding){
		.rule = &rules[vs_rule_find(rule, strlen(rule))], .object = VS_OBJ_OTHER,
		.type = "task_struct", .addr = task, .vma = VS_NONE, .member = member,
		.fmt = VS_VAL_HEX, .has_seen = true, .seen = seen,
	};
	f->evidence = f->rule->evidence;
	return f;
}

static void say(struct vs_report *r, struct vs_finding *f, const char *words)
{
	if (f && asprintf(&f->detail, "%s is %#" PRIx64 ", %s", f->member, f->seen, words) < 0) {
		f->detail = NULL;
		r->failed = true;
	}
}

static void mms(const struct vs_tasks *t, struct vs_report *r)
{
	for (size_t i = 0; i < t->v.n; i++) {
		const struct vs_task *task = &t->v.v[i];
		const bool active = task->odd == VS_TASK_ACTIVE_ODD;
		struct vs_finding *f;

		if (!task->odd)
			continue;
		f = found(r, "task-mm", task->addr, active ? "active_mm" : "mm",
			  active ? task->active_mm : task->mm_seen);
		if (f && task->odd != VS_TASK_BOTH_ODD) {
			f->has_expected = true;
			f->expected = task->mm;
		}
		say(r, f, active ? "but mm is another mm_struct" : task->odd == VS_TASK_MM_ODD ?
		    "but active_mm is another mm_struct" : "active_mm another, and neither is an mm_struct");
	}
}

void vs_check_tasks(const struct vs_tasks *t, struct vs_report *ret)
{
	*ret = (struct vs_report){ 0 };
	mms(t, ret);
	for (size_t i = 0; i < ret->findings.n; i++) {
		struct vs_finding *f = &ret->findings.v[i];

		ret->failed |= !vs_cause_by_value(f, f->seen, t->word, f->expected, f->has_expected);
	}
	for (size_t i = 0; i < ret->findings.n; i++)
		ret->verdict = vs_verdict_worse(ret->verdict, ret->findings.v[i].severity == VS_SEV_ERROR ?
						VS_CORRUPT : VS_INCOMPLETE);
}
