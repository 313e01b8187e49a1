// SPDX-License-Identifier: GPL-2.0-or-later
/* triage: a directory of dumps in, a verdict each, a summary and files for machines out. */
#include "cmd/triage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/cmds.h"
#include "render/json.h"
#include "triage/group.h"
#include "triage/run.h"

#define MAX_JOBS	1024
#define DEFAULT_TIMEOUT	600	/* seconds */
#define DEFAULT_MEMORY	4096	/* MiB */

struct triage {
	const struct vs_args *args;
	struct vs_out *out;
	struct vs_triage_files files;
	struct vs_triage_records records;
	struct vs_triage_store store;
	bool stored;		/* --output */
	struct vs_triage_fail fail;
	size_t made;		/* records made in this run */
};

/* "4", "0.5": at most @p max. */
static struct vs_err *read_number(const struct vs_args *args, const char *option, double max, double *ret)
{
	const char *s = vs_args_option(args, option);
	char *end;
	double v;

	if (!s)
		return NULL;
	v = strtod(s, &end);
	if (*end || s[strspn(s, "0123456789.")] || !(v >= 0 && v <= max))
		return vs_err_create(VS_ERR_USAGE, "triage: --%s: expected a number from 0 to %.0f, found \"%s\"", option, max, s);
	*ret = v;
	return NULL;
}

static unsigned int n_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned int)CPU_COUNT(&set);
}

static struct vs_err *read_run(const struct vs_args *args, struct vs_triage_run *ret)
{
	double jobs = n_cpus(), timeout = DEFAULT_TIMEOUT, memory = DEFAULT_MEMORY;
	struct vs_err *err = read_number(args, "jobs", MAX_JOBS, &jobs);

	if (!err)
		err = read_number(args, "timeout", 1e7, &timeout);
	if (!err)
		err = read_number(args, "memory", 1e9, &memory);
	if (err)
		return err;
	ret->jobs = jobs < 1 ? 1 : (unsigned int)jobs;
	ret->timeout_ms = timeout > 0 && timeout < 0.001 ? 1 : (uint64_t)(timeout * 1000);
	ret->memory = (uint64_t)memory << 20;
	return NULL;
}

/* A list of files by --list, from a file or standard input. */
static struct vs_err *read_list(struct triage *t, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	_cleanup_free_ char *line = NULL;
	struct vs_err *err = NULL;
	size_t cap = 0, n = 0;
	ssize_t len;

	if (!f)
		return vs_err_os(errno, "cannot open %s", path);
	while (!err && (len = getline(&line, &cap, f)) > 0) {
		struct vs_triage_record r;
		bool named = false;
		char kind;

		n++;
		if (line[len - 1] == '\n')
			len--;
		err = vs_triage_line_read(line, (size_t)len, &r, &named, &kind);
		if (err) {
			err = vs_err_wrap(err, "%s, line %zu", path, n);
			break;
		}
		if (kind == 'f')
			err = vs_triage_files_one(&t->files, r.text[VS_TT_PATH], named);
		if (kind == 'f' || kind == 'r')
			vs_triage_record_deinit(&r);
	}
	if (!err && ferror(f))
		err = vs_err_os(errno, "cannot read %s", path);
	if (f != stdin)
		fclose(f);
	return err;
}

static struct vs_err *find_files(struct triage *t)
{
	static const char *const ours[] = { "output", "junit", "sqlite", "baseline", "files-from", "vmlinux" };
	const char *list = vs_args_option(t->args, "files-from"), *output = vs_args_option(t->args, "output");
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < sizeof(ours) / sizeof(ours[0]); i++) {
		const char *path = i == 5 ? t->args->open.vmlinux : vs_args_option(t->args, ours[i]);

		if (path)
			err = vs_triage_files_skip(&t->files, path);
	}
	// where scripts/vmascope-triage keeps the pieces of its jobs
	if (!err && output) {
		_cleanup_free_ char *work = NULL;

		if (asprintf(&work, "%s.work", output) < 0) {
			work = NULL;
			return &vs_enomem;
		}
		err = vs_triage_files_skip(&t->files, work);
	}
	if (!err && list)
		err = read_list(t, list);
	for (size_t i = 0; !err && i < t->args->files.n; i++)
		err = vs_triage_files_add(&t->files, t->args->files.v[i], t->out);
	return err;
}

/* Is that the file as it was when the record was made? */
static bool is_done(const struct triage *t, const struct vs_triage_file *f)
{
	const struct vs_triage_record *r = vs_triage_records_find(&t->records, f->path);
	const char *mtime;

	if (!r)
		return false;
	mtime = r->text[VS_TT_MTIME] ? r->text[VS_TT_MTIME] : "";
	return !strcmp(mtime, f->mtime) && (!*mtime || r->number[VS_TN_SIZE] == (int64_t)f->size);
}

/* A line that was made, here or by a process of its own: into memory, the file, the answer. */
static struct vs_err *done(void *arg, const char *line, size_t len)
{
	struct triage *t = arg;
	struct vs_triage_record r, *slot;
	struct vs_err *err;
	bool named;
	char kind;

	err = vs_triage_line_read(line, len - 1, &r, &named, &kind);
	if (err)
		return vs_err_wrap(err, "a record of our own");
	if (t->stored)
		err = vs_triage_store_append(&t->store, line, len);
	slot = err ? NULL : vs_vec_push(&t->records.v);
	if (!slot) {
		vs_triage_record_deinit(&r);
		return err ? err : &vs_enomem;
	}
	*slot = r;
	t->made++;
	if (t->args->json) {
		err = vs_out_put(t->out, line, len);
		if (!err)
			err = vs_out_flush(t->out);
	}
	return err;
}

static void check(void *arg, const struct vs_triage_file *f, struct vs_triage_record *r)
{
	struct triage *t = arg;

	vs_triage_check(t->args, f, r);
	if (r->outcome == VS_TRIAGE_NOT_A_DUMP && !f->named && !vs_triage_name_like_dump(f->path))
		r->verdict = VS_TRIAGE_IGNORED;
}

/* What needs no process: files that are no dumps, or cannot be read. */
static struct vs_err *record_problem(struct triage *t, const struct vs_triage_file *f)
{
	_cleanup_buf_ struct vs_buf line = VS_BUF_INIT;
	struct vs_triage_record r;
	bool ok;

	vs_triage_record_init(&r);
	ok = vs_triage_file_tell(f, &r) && vs_triage_set(&r, VS_TT_REASON, f->problem);
	r.outcome = !f->unreadable ? VS_TRIAGE_NOT_A_DUMP : !*f->mtime && !strcmp(f->problem, strerror(ENOENT)) ?
		VS_TRIAGE_VANISHED : VS_TRIAGE_UNREADABLE;
	if (!f->named && !vs_triage_name_like_dump(f->path) && r.outcome != VS_TRIAGE_UNREADABLE)
		r.verdict = VS_TRIAGE_IGNORED;
	ok = ok && vs_triage_sign(&r);
	vs_triage_record_write(&r, &line);
	vs_triage_record_deinit(&r);
	return ok && !line.failed ? done(t, line.data, line.len) : &vs_enomem;
}

/* All that is not in the results yet. */
static struct vs_err *check_files(struct triage *t, const struct vs_triage_run *limits)
{
	struct vs_triage_run run = *limits;
	VS_VEC(uint32_t) todo = { 0 };
	VS_VEC(uint32_t) plain = { 0 };
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < t->files.v.n; i++) {
		const struct vs_triage_file *f = &t->files.v.v[i];
		uint32_t *slot;

		if (is_done(t, f))
			continue;
		slot = f->problem ? vs_vec_push(&plain) : vs_vec_push(&todo);
		if (slot)
			*slot = (uint32_t)i;
		else
			err = &vs_enomem;
	}
	for (size_t i = 0; !err && i < plain.n; i++)
		err = record_problem(t, &t->files.v.v[plain.v[i]]);
	run.check = check;
	run.done = done;
	run.arg = t;
	if (!err)
		err = vs_triage_run(&run, &t->files, todo.v, todo.n, t->out);
	if (err && t->stored)
		vs_out_say(t->out, "%zu of %zu are done and kept in %s: the same command goes on from there", t->made,
			   plain.n + todo.n, t->store.path);
	vs_vec_deinit(&todo);
	vs_vec_deinit(&plain);
	return err;
}

/* The files that are still to be done, a line of JSON each. */
static struct vs_err *list_files(struct triage *t)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < t->files.v.n; i++) {
		const struct vs_triage_file *f = &t->files.v.v[i];
		struct vs_json *j;

		if (is_done(t, f))
			continue;
		j = vs_json_begin("file");
		vs_json_bytes(j, "path", f->path, strlen(f->path));
		vs_json_bool(j, "named", f->named);
		err = vs_json_end(j, t->out);
	}
	return err;
}

/* Files for machines, then the summary. */
static struct vs_err *report(struct triage *t, int *status_ret)
{
	const struct vs_triage_style style = {
		.color = t->out->color, .verbose = vs_args_option(t->args, "verbose"), .vmlinux = t->args->open.vmlinux,
	};
	const char *junit = vs_args_option(t->args, "junit"), *sqlite = vs_args_option(t->args, "sqlite"),
		   *baseline = vs_args_option(t->args, "baseline");
	struct vs_triage_records base = { 0 };
	struct vs_triage_summary sum;
	struct vs_err *err = sqlite ? vs_triage_sqlite(sqlite, &t->records) : NULL;

	if (!err && baseline) {
		err = vs_triage_records_read(baseline, t->out, &base);
		vs_triage_records_sort(&base);
		vs_triage_accept(&t->records, &base);
		vs_triage_records_deinit(&base);
	}
	if (!err && junit) {
		_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

		vs_triage_junit(&b, &t->records, &t->fail);
		err = b.failed ? &vs_enomem : vs_triage_write_whole(junit, b.data, b.len);
	}
	if (err)
		return err;
	if (!vs_triage_summarize(&t->records, &t->fail, &sum))
		err = &vs_enomem;
	else if (t->args->json)
		err = vs_triage_summary_json(t->out, &sum, &style);
	else if (!t->out->quiet)
		vs_triage_summary_text(&t->out->buf, &sum, &style);
	*status_ret = sum.exit;
	vs_triage_summary_deinit(&sum);
	return err;
}

/* Results of others instead of dumps. */
static struct vs_err *merge(struct triage *t)
{
	struct vs_err *err = NULL;

	for (size_t i = 0; !err && i < t->args->files.n; i++)
		err = vs_triage_records_read(t->args->files.v[i], t->out, &t->records);
	if (err)
		return err;
	vs_triage_records_sort(&t->records);
	for (size_t i = 0; !err && t->args->json && i < t->records.v.n; i++) {
		_cleanup_buf_ struct vs_buf line = VS_BUF_INIT;

		vs_triage_record_write(&t->records.v.v[i], &line);
		err = line.failed ? &vs_enomem : vs_out_put(t->out, line.data, line.len);
	}
	return err;
}

static struct vs_err *open_output(struct triage *t)
{
	const char *output = vs_args_option(t->args, "output");
	struct vs_err *err;

	if (!output)
		return NULL;
	// a list only looks at what there is
	if (vs_args_option(t->args, "list")) {
		if (access(output, F_OK) < 0)
			return NULL;
		err = vs_triage_records_read(output, t->out, &t->records);
	} else {
		err = vs_triage_store_open(output, t->out, &t->records, &t->store);
		t->stored = !err;
	}
	if (!err)
		vs_triage_records_sort(&t->records);
	return err;
}

static struct vs_err *run_all(struct triage *t, const struct vs_triage_run *limits, int *status_ret)
{
	const bool merging = vs_args_option(t->args, "merge"), listing = vs_args_option(t->args, "list");
	struct vs_err *err = open_output(t);

	if (!err && t->args->json && !listing)
		err = vs_json_header(t->out, "triage");
	if (!err)
		err = merging ? merge(t) : find_files(t);
	if (!err && listing)
		return list_files(t);
	if (!err && !merging)
		err = check_files(t, limits);
	if (err)
		return err;
	vs_triage_records_sort(&t->records);
	if (t->stored)
		err = vs_triage_store_finish(&t->store, &t->records);
	return err ? err : report(t, status_ret);
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out, int *status_ret)
{
	struct triage t = { .args = args, .out = out, .store = { .fd = -1 } };
	const char *fail_on = vs_args_option(args, "fail-on");
	struct vs_triage_run limits = { 0 };
	struct vs_err *err = read_run(args, &limits);

	if (!err)
		err = vs_triage_fail_read(fail_on ? fail_on : "corrupt,torn,incomplete,unreadable", &t.fail);
	if (!err && !args->files.n && !vs_args_option(args, "files-from"))
		err = vs_err_create(VS_ERR_USAGE, "triage: no file or directory given (usage: vmascope triage PATH...)");
	if (!err)
		err = run_all(&t, &limits, status_ret);
	if (t.stored)
		vs_triage_store_close(&t.store);
	vs_triage_files_deinit(&t.files);
	vs_triage_records_deinit(&t.records);
	return err;
}

static const struct vs_option options[] = {
	{ .name = "jobs", .letter = 'j', .arg = "N", .help = "check so many dumps at once; else as many as there are CPUs" },
	{ .name = "timeout", .arg = "SECONDS", .help = "for one dump, 600 unless told; 0: no limit" },
	{ .name = "memory", .arg = "MIB", .help = "for one dump besides the dump itself, 4096 unless told; 0: no limit" },
	{ .name = "output", .arg = "FILE", .help = "keep the records there; with those it has, go on where it was", .file = true },
	{ .name = "junit", .arg = "FILE", .help = "write JUnit's XML, one test case a dump", .file = true },
	{ .name = "sqlite", .arg = "FILE", .help = "put the records into tables of SQLite", .file = true },
	{ .name = "baseline", .arg = "FILE", .help = "what these records have is accepted: report only what is new", .file = true },
	{ .name = "fail-on", .arg = "VERDICT,...", .help = "the exit code is the worst of these; else of all but consistent" },
	{ .name = "merge", .help = "the files are records of other runs: put them together" },
	{ .name = "list", .help = "check nothing: a line for each file that would be" },
	{ .name = "files-from", .arg = "FILE", .help = "check what such lines name; \"-\": standard input", .file = true },
	{ .name = "verbose", .help = "name every file, and every group of consistent dumps" },
	{ .name = NULL }
};

const struct vs_cmd vs_cmd_triage = {
	.name = "triage",
	.faces = VS_FACE_SHELL,
	.takes = VS_TAKES_DUMPS,
	.usage = "PATH...",
	.summary = "check directories of dumps and cores: a verdict each, a summary, files for machines",
	.help = "Every file below PATH is looked at once, whatever links lead to it. What begins\n"
		"like a dump, compressed or not, is checked in a process of its own, with limits;\n"
		"if that process dies or hangs, that is the record. What is no dump counts as\n"
		"unreadable if it was named itself or is named like one (core.1, vmcore), and\n"
		"else for nothing.\n"
		"\n"
		"The summary puts dumps together that show the same: the same rules broken at the\n"
		"same members, of the same kernel; processes that died at the same place of the\n"
		"same module. The worst come first, each with the command to type next.\n"
		"\n"
		"With --output a record is appended as each dump is done, whole or not at all;\n"
		"interrupted or killed, the same command goes on, and a file that has changed is\n"
		"checked again. In the end the file is in the order of names, whatever --jobs\n"
		"was. It serves as --baseline as it is. --merge of several gives what one run\n"
		"would have. The script vmascope-triage runs it on more than one machine.\n"
		"\n"
		"Exit: the worst of corrupt (1), torn (3), incomplete (4), unreadable (2), or 0.",
	.example = "vmascope triage /var/crash --output crash.jsonl --junit crash.xml\n"
		   "vmascope triage /var/lib/systemd/coredump --fail-on corrupt,torn",
	.options = options,
	.run = run,
};
