// SPDX-License-Identifier: GPL-2.0-or-later
/* check: every rule over one, some or all address spaces, and a verdict. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "check/check.h"
#include "cmd/causes.h"
#include "cmd/check.h"
#include "cmd/cmds.h"
#include "cmd/core.h"
#include "cmd/nearest.h"
#include "cmd/session.h"
#include "cmd/sound.h"
#include "render/crash.h"
#include "render/json.h"
#include "render/report.h"

#define MAX_INCOMPLETE 3	/* address spaces told one by one without --verbose */

/* What the dump lacks, by structure: one line for all of it. */
struct absent {
	size_t spaces;		/* address spaces for whose verdict that matters */
	uint64_t mms, vmas, nodes, objects;
	uint32_t from;		/* bits 1 << enum vs_from */
};

#define MAX_SPACES 8		/* address spaces shown without --verbose */
#define MAX_PIDS 12		/* named of those that are not */

/* Address spaces that are not consistent, past the number that is shown. */
struct hidden {
	size_t n, corrupt, torn;
	int32_t pids[MAX_PIDS];
	size_t n_pids;
};

/* What is known of a dump when all of it has been judged. */
struct tally {
	enum vs_verdict verdict;
	size_t n, bad;		/* address spaces, and those that are not consistent */
	uint64_t n_vmas;
	struct absent absent;
	size_t shown;
	struct hidden hidden;
	struct vs_rule_filter filter;
};

static void put_head(struct vs_session *s, struct vs_buf *b)
{
	const struct vs_kernel *k = s->k;

	if (s->core) {
		vs_put_core_head(s, b);
		return;
	}
	vs_buf_printf(b, "Linux %s %s, ", *k->release ? k->release : "of unknown release",
		      k->mem.arch->name);
	if (k->kaslr)
		vs_buf_printf(b, "KASLR %#" PRIx64, k->kaslr);
	else
		vs_buf_puts(b, "no KASLR");
	vs_buf_printf(b, "; types: %s, symbols: %s\n", k->types->source, k->symbols->source);
}

static void put_color(struct vs_buf *b, const struct vs_out *out, enum vs_verdict v)
{
	if (!out->color)
		return;
	vs_buf_puts(b, v == VS_CORRUPT ? "\033[1;31m" : v == VS_CONSISTENT ? "\033[32m" : "\033[33m");
}

static void put_verdict(struct vs_buf *b, const struct vs_out *out, const struct tally *t)
{
	vs_buf_puts(b, "verdict: ");
	put_color(b, out, t->verdict);
	vs_buf_puts(b, vs_verdict_name(t->verdict));
	if (out->color)
		vs_buf_puts(b, "\033[0m");
	vs_buf_puts(b, " (");
	if (t->bad) {
		vs_buf_count(b, t->bad);
		vs_buf_puts(b, " of ");
	}
	vs_buf_count(b, t->n);
	vs_buf_printf(b, " address space%s, ", t->n == 1 ? "" : "s");
	vs_buf_count(b, t->n_vmas);
	vs_buf_printf(b, " VMA%s)  exit %d\n", t->n_vmas == 1 ? "" : "s", t->verdict);
}

static void put_absent_of(struct vs_buf *b, uint64_t n, const char *noun, bool *first)
{
	if (!n)
		return;
	vs_buf_puts(b, *first ? ": " : ", ");
	vs_buf_count(b, n);
	vs_buf_printf(b, " %s%s", noun, n == 1 ? "" : "s");
	*first = false;
}

/* "not in the dump: 41 maple nodes, 14 VMAs, in 44 of 71 address spaces (excluded)" */
static void put_absent(struct vs_buf *b, const struct tally *t, bool verbose)
{
	const struct absent *a = &t->absent;
	char why[VS_FROM_NAMES_MAX];
	bool first = true;

	if (!a->spaces)
		return;
	vs_buf_puts(b, "not in the dump");
	put_absent_of(b, a->mms, "mm_struct", &first);
	put_absent_of(b, a->vmas, "VMA", &first);
	put_absent_of(b, a->nodes, "maple node", &first);
	put_absent_of(b, a->objects, "other object", &first);
	vs_buf_printf(b, ", in %zu of %zu address space%s", a->spaces, t->n, t->n == 1 ? "" : "s");
	vs_from_names(a->from, why);
	if (*why)
		vs_buf_printf(b, " (%s)", why);
	vs_buf_puts(b, a->spaces > MAX_INCOMPLETE && !verbose ? "; one by one: --verbose\n\n" : "\n\n");
}

/* Count what @p r lacks; true: and that is all there is to say of it here. */
static bool add_absent(struct tally *t, const struct vs_space *s, const struct vs_report *r)
{
	struct absent *a = &t->absent;

	if (!r->n_absent && !s->objects.absent)
		return false;
	a->spaces++;
	a->mms += s->mm_absent;
	a->vmas += r->absent_vmas;
	a->nodes += r->absent_nodes;
	a->objects += s->objects.absent;
	a->from |= s->absent_from;
	return r->verdict == VS_INCOMPLETE && a->spaces > MAX_INCOMPLETE;
}

/* One screen is enough to begin with. True: this one is not for it. */
static bool hide(struct tally *t, const struct vs_space *s, const struct vs_report *r)
{
	struct hidden *h = &t->hidden;

	if (r->verdict == VS_CONSISTENT || t->shown++ < MAX_SPACES)
		return false;
	h->n++;
	h->corrupt += r->verdict == VS_CORRUPT;
	h->torn += r->verdict == VS_TORN;
	if (s->users.n && h->n_pids < MAX_PIDS)
		h->pids[h->n_pids++] = s->users.v[0].tgid;
	return true;
}

/* "and 12 more address spaces, 10 corrupt, 2 torn: --verbose; pids 7 8 9 ..." */
static void put_hidden(struct vs_buf *b, const struct hidden *h)
{
	if (!h->n)
		return;
	vs_buf_puts(b, "and ");
	vs_buf_count(b, h->n);
	vs_buf_printf(b, " more address space%s", h->n == 1 ? "" : "s");
	if (h->corrupt)
		vs_buf_printf(b, ", %zu corrupt", h->corrupt);
	if (h->torn)
		vs_buf_printf(b, ", %zu torn", h->torn);
	vs_buf_puts(b, ": --verbose");
	for (size_t i = 0; i < h->n_pids; i++)
		vs_buf_printf(b, "%s%d", i ? " " : h->n_pids == 1 ? "; pid " : "; pids ", h->pids[i]);
	vs_buf_puts(b, h->n > h->n_pids ? " ...\n\n" : "\n\n");
}

static struct vs_err *json_verdict(struct vs_out *out, const struct vs_session *s, const struct tally *t)
{
	struct vs_json *j = vs_json_begin("dump-verdict");

	vs_json_bytes(j, "dump", s->dump, strlen(s->dump));
	vs_json_str(j, "verdict", vs_verdict_name(t->verdict));
	vs_json_uint(j, "exit", t->verdict);
	vs_json_uint(j, "address_spaces", t->n);
	vs_json_uint(j, "not_consistent", t->bad);
	vs_json_uint(j, "vmas", t->n_vmas);
	vs_json_uint(j, "absent_mms", t->absent.mms);
	vs_json_uint(j, "absent_vmas", t->absent.vmas);
	vs_json_uint(j, "absent_nodes", t->absent.nodes);
	vs_json_uint(j, "absent_objects", t->absent.objects);
	vs_json_bool(j, "smeared", s->have_moment && s->moment.smeared);
	if (s->have_moment && s->moment.smeared) {
		vs_json_uint(j, "tasks_ahead_of_clock", s->moment.n_tasks);
		vs_json_uint(j, "ahead_ns", s->moment.ahead_ns);
		vs_json_uint(j, "cpus_ahead_of_jiffies", s->moment.n_cpus);
		vs_json_uint(j, "ahead_ticks", s->moment.ahead_ticks);
	}
	return vs_json_end(j, out);
}

/* "list-next,rb-gap": turn each of these rules on or off. */
static struct vs_err *choose_rules(const char *option, const char *ids, bool off,
				   struct vs_rule_filter *filter)
{
	for (const char *id = ids;; id++) {
		size_t len = strcspn(id, ",");
		int i = vs_rule_find(id, len);

		if (i < 0) {
			_cleanup_free_ char *typed = strndup(id, len);
			struct vs_nearest near = { .typed = typed };
			const struct vs_rule *rules;
			size_t n;

			if (!typed)
				return &vs_enomem;
			rules = vs_rules(&n);
			for (size_t r = 0; r < n; r++)
				vs_nearest_try(&near, rules[r].id);
			if (near.best)
				return vs_err_create(VS_ERR_USAGE, "check: --%s: unknown rule \"%s\", did you mean "
						     "%s?", option, typed, near.best);
			return vs_err_create(VS_ERR_USAGE, "check: --%s: expected rules as --list-rules has "
					     "them, found \"%s\"", option, typed);
		}
		filter->off[i] = off;
		id += len;
		if (!*id)
			return NULL;
	}
}

/* --rules: no others; --skip: all but these. */
static struct vs_err *read_filter(const struct vs_args *args, struct vs_rule_filter *filter)
{
	const char *only = vs_args_option(args, "rules"), *skip = vs_args_option(args, "skip");
	struct vs_err *err = NULL;

	*filter = (struct vs_rule_filter){ 0 };
	if (only) {
		memset(filter->off, true, sizeof(filter->off));
		err = choose_rules("rules", only, false, filter);
	}
	return !err && skip ? choose_rules("skip", skip, true, filter) : err;
}

static void put_report(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r,
		       const struct vs_report_style *style)
{
	const size_t before = b->len;

	vs_render_report(b, s, r, style);
	if (b->len != before && r->verdict != VS_CONSISTENT)
		vs_buf_putc(b, '\n');
}

/* What the rest of a kernel says of the damage found; a process core has no rest. */
static struct vs_err *ask_kernel(struct vs_session *s, bool json, struct vs_out *out,
				 const struct vs_rule_filter *filter, struct vs_report *r)
{
	// all of it at one moment? What is damaged may only be of another one.
	if (!r->failed && r->verdict == VS_CORRUPT) {
		struct vs_err *err = vs_session_moment(s, out);

		if (err)
			return err;
		if (s->moment.smeared) {
			vs_report_deinit(r);
			vs_check_space_by(s->space, filter, r);
		}
	}
	if (r->findings.n && !(out->quiet && !json))
		vs_causes_find(s->k, s->space, r);
	return NULL;
}

/* All rules, over the whole address space. */
static struct vs_err *check_by_rules(struct vs_session *s, uint64_t mm, bool json, struct vs_out *out,
				     const struct vs_rule_filter *filter, struct vs_report *r)
{
	struct vs_err *err = vs_session_space(s, mm, false, out);

	if (!err)
		err = vs_session_objects(s, out);
	if (err)
		return err;
	vs_check_space_by(s->space, filter, r);
	return s->k ? ask_kernel(s, json, out, filter, r) : NULL;
}

static struct vs_err *check_one(struct vs_session *s, uint64_t mm, const struct vs_report_style *style,
				bool json, struct vs_out *out, struct tally *t)
{
	struct vs_report r = { 0 };
	const struct vs_sound how = { .objects = true };
	bool counted, sound;
	uint64_t n;
	struct vs_err *err = vs_sound_scan(s, mm, &how, out, &n, &sound);

	if (!err && sound)
		vs_check_clean(s->space, &t->filter, n, &r);
	else if (!err)
		err = check_by_rules(s, mm, json, out, &t->filter, &r);
	if (err)
		return vs_report_deinit(&r), err;
	if (r.failed) {
		err = &vs_enomem;
	} else {
		t->n++;
		t->n_vmas += r.n_vmas;
		t->bad += r.verdict != VS_CONSISTENT;
		t->verdict = vs_verdict_worse(t->verdict, r.verdict);
		counted = add_absent(t, s->space, &r);
		if (json)
			err = vs_render_report_json(out, s->space, &r);
		else if (!out->quiet && (style->verbose || (!counted && !hide(t, s->space, &r))))
			put_report(&out->buf, s->space, &r, style);
	}
	vs_report_deinit(&r);
	return err ? err : vs_out_tick(out);
}

/* Build-ids against files, if that is asked for; and how it died. */
static struct vs_err *prepare_core(struct vs_session *s, const struct vs_args *args, struct vs_out *out)
{
	const struct vs_core_files_from from = {
		.exe = vs_args_option(args, "exe"), .sysroot = vs_args_option(args, "sysroot"),
	};
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_err *err = NULL;

	if (from.exe || from.sysroot || vs_args_option(args, "files"))
		err = vs_usercore_compare(s->core, &from);
	if (err)
		return err;
	if (args->json)
		return vs_json_crash(out, s->space);
	if (!out->quiet)
		vs_render_crash(&out->buf, s->space, &style);
	return NULL;
}

static struct vs_err *check_dump(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
				 struct tally *t)
{
	const bool whole = !args->sel.n && !s->task;
	const struct vs_report_style style = {
		.color = out->color,
		.verbose = vs_args_option(args, "verbose"),
		.max = args->max_findings,
		.cmd = args->face == VS_FACE_GDB ? "vma" : "vmascope",
		.dump = args->face == VS_FACE_GDB ? NULL : s->dump,
	};
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	struct vs_err *err;
	size_t n;

	if (!args->json && !out->quiet)
		put_head(s, &out->buf);
	err = vs_select_mms(s, args, out, &mms, &n);
	if (!err && s->core)
		err = prepare_core(s, args, out);
	if (!err && !args->json && !out->quiet)
		vs_buf_putc(&out->buf, '\n');
	if (!err && whole)
		err = vs_check_told_tasks(s, args, out, &t->verdict);
	for (size_t i = 0; !err && i < n; i++) {
		char line[80];

		if (out->progress && n > 16 && i % 16 == 0 && !out->quiet) {
			snprintf(line, sizeof(line), "checking %zu of %zu address spaces", i, n);
			out->progress(out->face, line);
		}
		err = check_one(s, mms[i].mm, &style, args->json, out, t);
	}
	if (err)
		return err;
	if (args->json)
		return json_verdict(out, s, t);
	if (!out->quiet)
		put_hidden(&out->buf, &t->hidden);
	if (!out->quiet)
		put_absent(&out->buf, t, style.verbose);
	if (!out->quiet && s->have_moment && s->moment.smeared) {
		char words[VS_MOMENT_WORDS];

		vs_buf_printf(&out->buf, "not of one moment: %s\nNothing here is proof of damage: stop the "
			      "machine, or dump it again and compare.\n\n",
			      vs_moment_words(&s->moment, words, sizeof(words)));
	}
	if (!out->quiet)
		put_verdict(&out->buf, out, t);
	return NULL;
}

static struct vs_err *run_one(struct vs_session *s, const struct vs_args *args, const char *dump,
			      struct vs_out *out, enum vs_verdict *verdict)
{
	struct tally t = { .verdict = VS_CONSISTENT };
	struct vs_err *err = read_filter(args, &t.filter);

	if (!err && dump)
		err = vs_session_open(s, dump, &args->open, out);
	if (!err)
		err = check_dump(s, args, out, &t);
	if (!err)
		*verdict = vs_verdict_worse(*verdict, t.verdict);
	if (!err && args->stats)
		vs_out_say(out, "%" PRIu64 " reads", vs_session_image(s)->n_reads);
	vs_session_tell_lost(s, out);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	enum vs_verdict worst = VS_CONSISTENT;
	struct vs_rule_filter filter;
	struct vs_err *err = NULL;

	if (vs_args_option(args, "list-rules")) {
		if (!args->json)
			vs_render_rules(&out->buf);
		return args->json ? vs_render_rules_json(out) : NULL;
	}
	err = read_filter(args, &filter);	// a slip is told before anything is opened
	if (!err && args->json)
		err = vs_json_header(out, "check");
	if (!err && args->files.n <= 1)
		err = run_one(s, args, args->files.n ? args->files.v[0] : NULL, out, &worst);
	for (size_t i = 0; !err && args->files.n > 1 && i < args->files.n; i++) {
		if (!args->json && !out->quiet) {
			vs_buf_printf(&out->buf, "%s==> ", i ? "\n" : "");
			vs_buf_put_clean(&out->buf, args->files.v[i], strlen(args->files.v[i]));
			vs_buf_puts(&out->buf, " <==\n");
		}
		err = run_one(s, args, args->files.v[i], out, &worst);
		// one dump that cannot be read is no reason to leave out the others
		if (err && err->code != VS_ERR_INTERRUPTED && err->code != VS_ERR_OUTPUT &&
		    err->code != VS_ERR_NOMEM && err->code != VS_ERR_USAGE) {
			vs_out_say(out, "%s", err->msg);
			vs_err_free(err);
			err = NULL;
			worst = vs_verdict_worse(worst, VS_UNREADABLE);
		}
	}
	*status_ret = (int)worst;
	return err;
}

static const struct vs_option options[] = {
	{ .name = "verbose", .help = "every finding, and the address spaces that are consistent" },
	{ .name = "rules", .arg = "ID,...", .help = "ask only these rules" },
	{ .name = "skip", .arg = "ID,...", .help = "ask all rules but these" },
	{ .name = "exe", .arg = "FILE", .help = "process core: hold the program's build-id against this file's", .file = true },
	{ .name = "sysroot", .arg = "DIR", .help = "process core: hold all build-ids against the files below DIR", .file = true },
	{ .name = "files", .help = "process core: hold all build-ids against the files at their own paths" },
	{ .name = "list-rules", .help = "print the rules and what they hold, without a dump", .alone = true },
	{ .name = NULL }
};

const struct vs_cmd vs_cmd_check = {
	.name = "check",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMPS | VS_TAKES_SELECTION | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "DUMP... [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "hold the structures of address spaces against each other; the verdict is the exit code",
	.help = "Each address space is walked over every structure that its kernel keeps, and every\n"
		"rule that applies is held against it. What is printed first is the damaged\n"
		"object: its member, the value seen and the one expected, and the likely cause\n"
		"where there is evidence for one (vmascope(1) lists both, and what no rule can\n"
		"see). What follows from that comes behind it.\n"
		"\n"
		"Torn is what a writer at work leaves behind, who is then named, an exit or a failed\n"
		"fork under way, and memory that was copied from a machine which ran on meanwhile:\n"
		"there the clocks in the dump contradict each other. Tasks are found by the pid\n"
		"table, too, where their ring is broken.\n"
		"\n"
		"Exit: 0 consistent, 1 corrupt, 2 nothing could be judged, 3 torn, 4 incomplete.\n"
		"With --quiet only the exit code tells. What --rules or --skip leave out is taken to\n"
		"hold; what the dump lacks still makes it incomplete.\n"
		"\n"
		"A process core has rules of its own (core-... in --list-rules): whether all its\n"
		"bytes are there, whether PT_LOADs, notes, auxiliary vector, stack pointers and the\n"
		"chain of loaded modules fit together, and, if asked, whether the files are those\n"
		"that ran. How the process died is told first; that is no finding.",
	.example = "vmascope check vmcore --vmlinux vmlinux --format json",
	.gdb_example = "vma check 1234",
	.options = options,
	.run = run,
};
