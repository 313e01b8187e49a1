// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as JSON Lines. */
#include "base/err.h"
#include "base/out.h"
#include "render/json.h"
#include "render/report.h"

static const char *const severities[] = {
	[VS_SEV_ERROR] = "error", [VS_SEV_INCOMPLETE] = "incomplete", [VS_SEV_NOTE] = "note",
};

static void put_space(struct vs_json *j, const struct vs_space *s)
{
	if (s->has & VS_HAS_CORE)
		vs_json_null(j, "mm");
	else
		vs_json_hex(j, "mm", s->mm);
	vs_json_open_array(j, "pids");
	for (size_t i = 0; i < s->users.n; i++) {
		const struct vs_space_user *u = &s->users.v[i];

		if (u->pid == u->tgid || !i)
			vs_json_int(j, NULL, u->pid);
	}
	vs_json_close_array(j);
}

static void put_value(struct vs_json *j, const char *key, enum vs_valfmt fmt, bool has, uint64_t v)
{
	if (!has || fmt == VS_VAL_NONE)
		return;
	if (fmt == VS_VAL_HEX)
		vs_json_hex(j, key, v);
	else if (fmt == VS_VAL_COLOR)
		vs_json_str(j, key, v & 1 ? "black" : "red");
	else
		vs_json_uint(j, key, v);
}

static struct vs_err *put_finding(struct vs_out *out, const struct vs_space *s,
				  const struct vs_finding *f)
{
	static const char *const objects[] = {
		[VS_OBJ_MM] = "mm_struct", [VS_OBJ_VMA] = "vm_area_struct",
		[VS_OBJ_NODE] = "maple_node", [VS_OBJ_DUMP] = "dump",
	};
	struct vs_json *j = vs_json_begin("finding");

	put_space(j, s);
	vs_json_str(j, "rule", f->rule->id);
	vs_json_str(j, "severity", severities[f->severity]);
	vs_json_bool(j, "consequence", f->consequence);
	vs_json_str(j, "object", f->object == VS_OBJ_OTHER ? f->type : !(s->has & VS_HAS_CORE) ? objects[f->object] :
		    f->object == VS_OBJ_VMA ? "mapping" : "file");
	vs_json_hex(j, "address", f->addr);
	if (f->vma != VS_NONE) {
		vs_json_hex(j, "start", s->vmas.v[f->vma].start);
		vs_json_hex(j, "end", s->vmas.v[f->vma].end);
	}
	vs_json_str(j, "member", f->member);
	put_value(j, "seen", f->fmt, f->has_seen, f->seen);
	put_value(j, "expected", f->fmt, f->has_expected, f->expected);
	vs_json_str(j, "text", f->detail);
	vs_json_str(j, "cause", f->cause);
	vs_json_str(j, "cause_kind", vs_cause_name(f->why));
	return vs_json_end(j, out);
}

struct vs_err *vs_render_report_json(struct vs_out *out, const struct vs_space *s,
				     const struct vs_report *r)
{
	struct vs_err *err = NULL;
	size_t causes = 0, more = 0;
	struct vs_json *j;

	for (size_t i = 0; !err && i < r->findings.n; i++) {
		causes += !r->findings.v[i].consequence;
		err = put_finding(out, s, &r->findings.v[i]);
	}
	if (err)
		return err;
	for (size_t i = 0; i < r->more.n; i++)
		more += r->more.v[i].n;
	j = vs_json_begin("verdict");
	put_space(j, s);
	vs_json_str(j, "verdict", vs_verdict_name(r->verdict));
	if (r->torn)
		vs_json_str(j, "torn", r->torn);
	vs_json_str(j, "mmap_lock", s->lock.held == VS_LOCK_WRITE ? "write" :
		    s->lock.held == VS_LOCK_READ ? "read" : s->lock.held == VS_LOCK_FREE ? "free" : NULL);
	if (s->lock.tid) {
		vs_json_int(j, "holder_pid", s->lock.pid);
		vs_json_int(j, "holder_tid", s->lock.tid);
	}
	vs_json_uint(j, "vmas", r->n_vmas);
	vs_json_str(j, "order", r->order.source);
	vs_json_bool(j, "order_whole", r->order.whole);
	vs_json_uint(j, "findings", r->findings.n + more);
	vs_json_uint(j, "causes", causes);
	vs_json_uint(j, "absent", r->n_absent);
	vs_json_open_array(j, "absent_from");
	for (unsigned int from = 0; from < VS_FROM_COUNT; from++)
		if (r->n_absent && s->absent_from >> from & 1)
			vs_json_str(j, NULL, vs_from_id(from));
	vs_json_close_array(j);
	for (int broken = 0; broken < 2; broken++) {
		uint32_t parts = broken ? r->broken : r->held & ~r->broken;

		vs_json_open_array(j, broken ? "broken" : "intact");
		for (uint32_t part = 1; part <= parts; part <<= 1)
			if (parts & part)
				vs_json_str(j, NULL, vs_part_name(part));
		vs_json_close_array(j);
	}
	return vs_json_end(j, out);
}

struct vs_err *vs_render_rules_json(struct vs_out *out)
{
	struct vs_err *err = NULL;
	const struct vs_rule *rules;
	size_t n;

	rules = vs_rules(&n);
	for (size_t i = 0; !err && i < n; i++) {
		struct vs_json *j = vs_json_begin("rule");

		vs_json_str(j, "id", rules[i].id);
		vs_json_str(j, "severity", severities[rules[i].severity]);
		vs_json_str(j, "doc", rules[i].doc);
		err = vs_json_end(j, out);
	}
	return err;
}
