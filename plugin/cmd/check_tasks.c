// SPDX-License-Identifier: GPL-2.0-or-later
/* check: the tasks of a dump, whose damage belongs to no address space. */
#include "cmd/check.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "render/json.h"
#include "render/report.h"

#define MAX_BREAKS 6	/* shown without --verbose */

static const char *stop_words(enum vs_stop why)
{
	switch (why) {
	case VS_STOP_CYCLE:
		return "leads to a task that the walk has been to";
	case VS_STOP_ABSENT:
		return "leads to a task that is not in the dump";
	case VS_STOP_WILD:
		return "leads to no memory";
	case VS_STOP_FOREIGN:
		return "leads to something that is no task_struct";
	default:
		return "leads on without end";
	}
}

static bool is_absent(const struct vs_task_break *br)
{
	return br->why == VS_STOP_ABSENT;
}

static const char *break_words(const struct vs_task_break *br)
{
	return br->one_way ? "does not lead back to where tasks.next comes from" : stop_words(br->why);
}

static struct vs_err *json_tasks(const struct vs_session *s, struct vs_out *out)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < s->tasks.breaks.n; i++) {
		const struct vs_task_break *br = &s->tasks.breaks.v[i];
		struct vs_json *j = vs_json_begin("finding");

		vs_json_str(j, "rule", "task-ring");
		vs_json_str(j, "severity", is_absent(br) ? "incomplete" : "error");
		vs_json_bool(j, "torn", s->have_moment && s->moment.smeared);
		vs_json_str(j, "object", "task_struct");
		vs_json_hex(j, "address", br->task);
		vs_json_str(j, "member", br->member);
		vs_json_hex(j, "seen", br->value);
		vs_json_str(j, "detail", break_words(br));
		if (is_absent(br))
			vs_json_str(j, "from", vs_from_id(br->from));
		vs_json_str(j, "table", s->tasks.table);
		vs_json_uint(j, "tasks_by_table", s->tasks.n_by_table);
		vs_json_uint(j, "mms_without_task", s->tasks.mms.n);
		err = vs_json_end(j, out);
	}
	return err;
}

static struct vs_err *json_task_mm(const struct vs_finding *f, struct vs_out *out)
{
	struct vs_json *j = vs_json_begin("finding");

	vs_json_str(j, "rule", f->rule->id);
	vs_json_str(j, "severity", "error");
	vs_json_str(j, "object", f->type);
	vs_json_hex(j, "address", f->addr);
	vs_json_str(j, "member", f->member);
	vs_json_hex(j, "seen", f->seen);
	if (f->has_expected)
		vs_json_hex(j, "expected", f->expected);
	vs_json_str(j, "detail", f->detail);
	vs_json_str(j, "cause", f->cause);
	vs_json_str(j, "cause_kind", vs_cause_name(f->why));
	return vs_json_end(j, out);
}

/* Tasks that have another mm than they say: told with the cause, as those of an address space. */
static struct vs_err *check_task_mms(const struct vs_session *s, bool json, struct vs_out *out,
				    enum vs_verdict *worst)
{
	struct vs_err *err = NULL;
	struct vs_report r;

	vs_check_tasks(&s->tasks, &r);
	if (r.failed)
		err = &vs_enomem;
	if (!err && r.findings.n && !json && !out->quiet)
		vs_buf_puts(&out->buf, "CORRUPT  the tasks\n");
	for (size_t i = 0; !err && i < r.findings.n; i++) {
		const struct vs_finding *f = &r.findings.v[i];

		if (json)
			err = json_task_mm(f, out);
		else if (!out->quiet)
			vs_buf_printf(&out->buf, "  %s %#" PRIx64 "\n    %-15s %s\n%s%s%s", f->type, f->addr,
				      f->rule->id, f->detail, f->cause ? "                    likely " : "",
				      f->cause ? f->cause : "", f->cause ? "\n" : "");
	}
	if (!err && r.findings.n && !json && !out->quiet)
		vs_buf_putc(&out->buf, '\n');
	*worst = vs_verdict_worse(*worst, r.verdict);
	vs_report_deinit(&r);
	return err;
}

/* What is broken, and how the tasks were found all the same. */
static void put_tasks(const struct vs_session *s, enum vs_verdict v, bool verbose, struct vs_buf *b)
{
	const struct vs_tasks *t = &s->tasks;
	const size_t most = verbose ? t->breaks.n : MAX_BREAKS;

	vs_buf_printf(b, "%s  the tasks\n", v == VS_CORRUPT ? "CORRUPT" : v == VS_TORN ? "TORN" : "INCOMPLETE");
	for (size_t i = 0; i < t->breaks.n && i < most; i++) {
		const struct vs_task_break *br = &t->breaks.v[i];

		vs_buf_printf(b, "  task_struct %#" PRIx64 "\n    task-ring       %s is %#" PRIx64 ", which %s%s%s%s\n",
			      br->task, br->member, br->value, break_words(br), is_absent(br) ? " (" : "",
			      is_absent(br) ? vs_from_name(br->from) : "", is_absent(br) ? ")" : "");
	}
	if (t->breaks.n > most)
		vs_buf_printf(b, "  and %zu more places: --verbose\n", t->breaks.n - most);
	vs_buf_puts(b, "  ");
	if (t->table && !t->table_broken) {
		vs_buf_printf(b, "intact: %s. All ", t->table);
		vs_buf_count(b, t->v.n);
		vs_buf_puts(b, " tasks are known by it, ");
		vs_buf_count(b, t->n_by_table);
		vs_buf_puts(b, " of them by it alone\n\n");
		return;
	}
	vs_buf_count(b, t->v.n);
	vs_buf_puts(b, " tasks are known; what there may be more has no pid table to be found by");
	if (t->mms_searched) {
		vs_buf_puts(b, ",\n  but the slab of mm_structs: ");
		vs_buf_count(b, t->mms.n);
		vs_buf_puts(b, t->mms.n == 1 ? " address space of no known task" : " address spaces of no known task");
	}
	vs_buf_puts(b, "\n\n");
}

struct vs_err *vs_check_told_tasks(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
				   enum vs_verdict *verdict)
{
	enum vs_verdict worst = VS_CONSISTENT;
	struct vs_err *err = NULL;

	for (size_t i = 0; i < s->tasks.breaks.n; i++)
		worst = vs_verdict_worse(worst, is_absent(&s->tasks.breaks.v[i]) ? VS_INCOMPLETE : VS_CORRUPT);
	if (worst == VS_CORRUPT) {
		err = vs_session_moment(s, out);
		if (err)
			return err;
		worst = s->moment.smeared ? VS_TORN : worst;
	}
	*verdict = vs_verdict_worse(*verdict, worst);
	if (args->json)
		err = json_tasks(s, out);
	else if (worst != VS_CONSISTENT && !out->quiet)
		put_tasks(s, worst, vs_args_option(args, "verbose"), &out->buf);
	return err ? err : check_task_mms(s, args->json, out, verdict);
}
