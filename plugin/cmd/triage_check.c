// SPDX-License-Identifier: GPL-2.0-or-later
/* One dump, checked for a triage: what `check` says of it in JSON, put together as one record. */
#include "cmd/triage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_tree.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "image/image.h"
#include "kernel/vmlinux.h"

struct reader {
	struct vs_triage_record *r;
	struct vs_buf line;	/* that has no end yet */
	bool failed;
};

static yajl_val member(yajl_val v, const char *key)
{
	const char *path[] = { key, NULL };

	return yajl_tree_get(v, path, yajl_t_any);
}

static const char *string(yajl_val v, const char *key)
{
	return YAJL_GET_STRING(member(v, key));
}

static int64_t number(yajl_val v, const char *key)
{
	yajl_val n = member(v, key);

	return YAJL_IS_INTEGER(n) ? YAJL_GET_INTEGER(n) : -1;
}

static bool read_finding(struct reader *rd, yajl_val v)
{
	const char *severity = string(v, "severity"), *object = string(v, "object");

	return vs_triage_add(rd->r, string(v, "rule"), severity ? severity : "error", object ? object : "dump",
			     string(v, "member"), string(v, "address"), YAJL_IS_TRUE(member(v, "consequence")));
}

static bool read_verdict(struct reader *rd, yajl_val v)
{
	const char *verdict = string(v, "verdict");
	const int found = verdict ? vs_triage_verdict_find(verdict, strlen(verdict)) : -1;

	if (found < 0)
		return false;
	rd->r->verdict = found;
	rd->r->outcome = VS_TRIAGE_CHECKED;
	rd->r->number[VS_TN_SPACES] = number(v, "address_spaces");
	rd->r->number[VS_TN_BAD] = number(v, "not_consistent");
	rd->r->number[VS_TN_VMAS] = number(v, "vmas");
	return true;
}

static bool read_line(struct reader *rd)
{
	yajl_val v = yajl_tree_parse(vs_buf_str(&rd->line), NULL, 0);
	const char *type = v ? string(v, "type") : NULL;
	bool ok = type;

	if (type && !strcmp(type, "finding"))
		ok = read_finding(rd, v);
	else if (type && !strcmp(type, "dump-verdict"))
		ok = read_verdict(rd, v);
	else if (type && !strcmp(type, "crash"))
		ok = vs_triage_set(rd->r, VS_TT_SIGNAL, string(v, "signal")) &&
		     vs_triage_set(rd->r, VS_TT_WHAT, string(v, "what"));
	yajl_tree_free(v);
	return ok;
}

/* The answer of `check`, in whatever pieces. */
static struct vs_err *take(void *face, const char *data, size_t len)
{
	struct reader *rd = face;

	while (len) {
		const char *end = memchr(data, '\n', len);
		const size_t n = end ? (size_t)(end - data) : len;

		vs_buf_put(&rd->line, data, n);
		if (!end)
			break;
		// most lines are of address spaces that have nothing to tell
		if (memmem(rd->line.data, rd->line.len, "\"type\":\"verdict\"", 16) == NULL)
			rd->failed |= rd->line.failed || !read_line(rd);
		rd->line.len = 0;
		data += n + 1;
		len -= n + 1;
	}
	return rd->failed ? &vs_enomem : NULL;
}

static void hush(void *face, const char *line)
{
	(void)face, (void)line;
}

static bool put_hex(struct vs_triage_record *r, enum vs_triage_text which, const uint8_t *bytes, size_t len)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	for (size_t i = 0; i < len; i++)
		vs_buf_hex(&b, bytes[i], 2);
	return !len || (!b.failed && vs_triage_set(r, which, vs_buf_str(&b)));
}

/* Where it died: module and offset of the first thread's PC. */
static bool tell_core(const struct vs_session *s, struct vs_triage_record *r)
{
	const struct vs_core *c = &s->core->core;
	const struct vs_core_thread *t = c->threads.n ? &c->threads.v[0] : NULL;
	const struct vs_core_module *m = NULL;

	if (c->has_psinfo) {
		r->number[VS_TN_PID] = c->pid;
		if (!vs_triage_set(r, VS_TT_COMM, c->comm))
			return false;
	}
	if (t && t->has_regs && t->pc_vma != VS_NONE && t->pc_vma < c->vmas.n && c->vmas.v[t->pc_vma].module != VS_NONE)
		m = &c->modules.v[c->vmas.v[t->pc_vma].module];
	if (!m)
		return true;
	return vs_triage_setf(r, VS_TT_MODULE, "%.*s", (int)m->path_len, m->path) &&
	       vs_triage_setf(r, VS_TT_OFFSET, "0x%" PRIx64, t->pc - m->base) &&
	       put_hex(r, VS_TT_MODULE_ID, m->id, m->id_len);
}

static bool tell_kernel(const struct vs_session *s, struct vs_triage_record *r)
{
	return (!*s->k->release || vs_triage_set(r, VS_TT_RELEASE, s->k->release)) &&
	       vs_triage_set(r, VS_TT_ARCH, s->k->mem.arch->name) &&
	       put_hex(r, VS_TT_BUILD_ID, s->k->build_id.bytes, s->k->build_id.len);
}

/* The error that ended it, without the name of the file that it begins with. */
static bool tell_error(struct vs_triage_record *r, const struct vs_err *err)
{
	const char *path = r->text[VS_TT_PATH], *msg = err->msg;
	const size_t len = strlen(path);

	r->verdict = VS_UNREADABLE;
	// what is in a compressed file is not known before
	r->outcome = err->code == VS_ERR_NOMEM ? VS_TRIAGE_MEMORY :
		strstr(msg, "not a dump") || strstr(msg, "no dump:") ? VS_TRIAGE_NOT_A_DUMP : VS_TRIAGE_UNREADABLE;
	if (!strncmp(msg, path, len) && !strncmp(msg + len, ": ", 2))
		msg += len + 2;
	return vs_triage_set(r, VS_TT_REASON, msg);
}

/* "DIR/vmlinux" where a vmlinux stands beside the dump, as people keep them together; NULL: none. */
static char *vmlinux_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *s;

	if (asprintf(&s, "%.*svmlinux", slash ? (int)(slash + 1 - path) : 0, path) < 0)
		return NULL;
	if (access(s, R_OK) < 0) {
		free(s);
		return NULL;
	}
	return s;
}

static struct vs_err *run_check(struct vs_session *s, struct vs_args *check, struct vs_out *out, struct vs_triage_record *r)
{
	const bool may_look = !check->open.vmlinux && !check->open.alone && !check->open.types && !check->open.symbols;
	_cleanup_free_ char *beside = may_look ? vmlinux_beside(r->text[VS_TT_PATH]) : NULL;
	struct vs_err *err;
	int status;

	check->open.vmlinux = beside ? beside : check->open.vmlinux;
	err = vs_cmd_run(s, check, out, &status);
	if (beside && err && (err->code == VS_ERR_MISMATCH || err->code == VS_ERR_FORMAT || err->code == VS_ERR_IO)) {
		// another kernel's, or none at all
		vs_err_free(err);
		check->open.vmlinux = NULL;
		err = vs_cmd_run(s, check, out, &status);
	}
	if (check->open.vmlinux && s->k && !vs_triage_set(r, VS_TT_VMLINUX, check->open.vmlinux))
		return &vs_enomem;
	return err;
}

void vs_triage_check(const struct vs_args *args, const struct vs_triage_file *f, struct vs_triage_record *r)
{
	struct reader rd = { .r = r };
	struct vs_out out = { .write = take, .say = hush, .face = &rd, .quiet = true };
	struct vs_session *s = vs_session_create();
	struct vs_args check = {
		.cmd = &vs_cmd_check, .face = VS_FACE_SHELL, .json = true, .color = "never", .open = args->open,
		.quiet = true,
	};
	const char **slot = vs_vec_push(&check.files);
	struct vs_err *err = s && slot ? NULL : &vs_enomem;

	if (!err) {
		*slot = f->path;
		// nobody sits here to see a download go on
		if (check.open.debuginfod == VS_DEBUGINFOD_AUTO)
			check.open.debuginfod = VS_DEBUGINFOD_NEVER;
		err = run_check(s, &check, &out, r);
	}
	if (s && vs_session_is_open(s))
		vs_triage_set(r, VS_TT_KIND, s->k ? "kernel" : "process");
	if (s && s->core && !tell_core(s, r) && !err)
		err = &vs_enomem;
	if (s && s->k && !tell_kernel(s, r) && !err)
		err = &vs_enomem;
	if (!err && r->outcome != VS_TRIAGE_CHECKED)
		err = vs_err_create(VS_ERR_FORMAT, "the check gave no verdict");
	if (err)
		tell_error(r, err);
}
