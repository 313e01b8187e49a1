// SPDX-License-Identifier: GPL-2.0-or-later
#include "triage/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "render/json.h"

#define MAX_SIGNED 4	/* rules in a signature */

const char *const vs_triage_texts[VS_TT_COUNT] = {
	[VS_TT_PATH] = "path", [VS_TT_MTIME] = "mtime", [VS_TT_KIND] = "kind", [VS_TT_REASON] = "reason",
	[VS_TT_RELEASE] = "release", [VS_TT_ARCH] = "arch", [VS_TT_BUILD_ID] = "build_id",
	[VS_TT_COMM] = "comm", [VS_TT_SIGNAL] = "signal", [VS_TT_WHAT] = "what", [VS_TT_MODULE] = "module",
	[VS_TT_OFFSET] = "offset", [VS_TT_MODULE_ID] = "module_build_id", [VS_TT_BOOT_ID] = "boot_id",
	[VS_TT_VMLINUX] = "vmlinux", [VS_TT_SIGNATURE] = "signature",
};

const char *const vs_triage_numbers[VS_TN_COUNT] = {
	[VS_TN_SIZE] = "size", [VS_TN_PID] = "pid", [VS_TN_UID] = "uid", [VS_TN_SPACES] = "address_spaces",
	[VS_TN_BAD] = "not_consistent", [VS_TN_VMAS] = "vmas",
};

static const char *const verdicts[VS_TRIAGE_VERDICTS] = {
	[VS_CONSISTENT] = "consistent", [VS_CORRUPT] = "corrupt", [VS_UNREADABLE] = "unreadable",
	[VS_TORN] = "torn", [VS_INCOMPLETE] = "incomplete", [VS_TRIAGE_IGNORED] = "ignored",
};

static const char *const outcomes[VS_TRIAGE_OUTCOMES] = {
	[VS_TRIAGE_CHECKED] = "checked", [VS_TRIAGE_NOT_A_DUMP] = "not-a-dump",
	[VS_TRIAGE_UNREADABLE] = "unreadable", [VS_TRIAGE_VANISHED] = "vanished",
	[VS_TRIAGE_CRASHED] = "crashed", [VS_TRIAGE_TIMEOUT] = "timeout", [VS_TRIAGE_MEMORY] = "memory",
};

const char *vs_triage_verdict_name(int verdict)
{
	return verdicts[verdict];
}

int vs_triage_verdict_find(const char *name, size_t len)
{
	for (int i = 0; i < VS_TRIAGE_VERDICTS; i++)
		if (strlen(verdicts[i]) == len && !memcmp(verdicts[i], name, len))
			return i;
	return -1;
}

int vs_triage_rank(int verdict)
{
	static const unsigned char ranks[VS_TRIAGE_VERDICTS] = {
		[VS_CORRUPT] = 0, [VS_TORN] = 1, [VS_INCOMPLETE] = 2, [VS_UNREADABLE] = 3,
		[VS_CONSISTENT] = 4, [VS_TRIAGE_IGNORED] = 5,
	};

	return ranks[verdict];
}

const char *vs_triage_outcome_name(enum vs_triage_outcome o)
{
	return outcomes[o];
}

void vs_triage_record_init(struct vs_triage_record *r)
{
	*r = (struct vs_triage_record){ .verdict = VS_UNREADABLE, .outcome = VS_TRIAGE_UNREADABLE };
	for (int i = 0; i < VS_TN_COUNT; i++)
		r->number[i] = -1;
}

static void finding_deinit(struct vs_triage_finding *f)
{
	free(f->rule);
	free(f->severity);
	free(f->object);
	free(f->member);
	free(f->address);
}

void vs_triage_record_deinit(struct vs_triage_record *r)
{
	for (int i = 0; i < VS_TT_COUNT; i++)
		free(r->text[i]);
	for (size_t i = 0; i < r->findings.n; i++)
		finding_deinit(&r->findings.v[i]);
	vs_vec_deinit(&r->findings);
}

bool vs_triage_set(struct vs_triage_record *r, enum vs_triage_text which, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return false;
	free(r->text[which]);
	r->text[which] = copy;
	return true;
}

bool vs_triage_setf(struct vs_triage_record *r, enum vs_triage_text which, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	free(r->text[which]);
	r->text[which] = s;
	return true;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static char *dup_or_null(const char *s, bool *failed)
{
	char *copy = s ? strdup(s) : NULL;

	*failed |= s && !copy;
	return copy;
}

bool vs_triage_add(struct vs_triage_record *r, const char *rule, const char *severity, const char *object,
		   const char *member, const char *address, bool consequence)
{
	struct vs_triage_finding *f;
	bool failed = false;

	for (size_t i = 0; i < r->findings.n; i++) {
		f = &r->findings.v[i];
		if (same(f->rule, rule) && same(f->object, object) && same(f->member, member) &&
		    same(f->severity, severity)) {
			f->count++;
			f->consequence &= consequence;
			return true;
		}
	}
	if (r->findings.n == VS_TRIAGE_FINDINGS) {
		r->more_findings++;
		return true;
	}
	f = vs_vec_push(&r->findings);
	if (!f)
		return false;
	*f = (struct vs_triage_finding){
		.rule = dup_or_null(rule, &failed), .severity = dup_or_null(severity, &failed),
		.object = dup_or_null(object, &failed), .member = dup_or_null(member, &failed),
		.address = dup_or_null(address, &failed), .count = 1, .consequence = consequence,
	};
	return !failed;
}

static int by_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "list-next vm_area_struct.vm_next, vma-order vm_area_struct": the causes, each once, by name. */
static bool sign_findings(const struct vs_triage_record *r, struct vs_buf *b)
{
	char *words[VS_TRIAGE_FINDINGS];
	size_t n = 0, shown = 0;
	bool ok = true;

	for (size_t i = 0; i < r->findings.n && n < VS_TRIAGE_FINDINGS; i++) {
		const struct vs_triage_finding *f = &r->findings.v[i];

		if (f->consequence || !strcmp(f->severity, "note"))
			continue;
		if (asprintf(&words[n], "%s %s%s%s", f->rule, f->object, f->member ? "." : "",
			     f->member ? f->member : "") < 0) {
			ok = false;
			break;
		}
		n++;
	}
	qsort(words, n, sizeof(*words), by_words);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(words[i], words[i - 1]))
			continue;
		if (shown++ < MAX_SIGNED)
			vs_buf_printf(b, "%s%s", b->len ? ", " : "", words[i]);
	}
	if (shown > MAX_SIGNED)
		vs_buf_printf(b, " and %zu more", shown - MAX_SIGNED);
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	return ok;
}

static void sign_death(const struct vs_triage_record *r, struct vs_buf *b)
{
	char *const *t = r->text;

	vs_buf_printf(b, "%s%s", b->len ? "; " : "", t[VS_TT_SIGNAL] ? t[VS_TT_SIGNAL] : "no signal");
	if (t[VS_TT_WHAT] && *t[VS_TT_WHAT])
		vs_buf_printf(b, " %s", t[VS_TT_WHAT]);
	if (t[VS_TT_MODULE]) {
		const char *slash = strrchr(t[VS_TT_MODULE], '/');

		vs_buf_printf(b, " at %s+%s", slash ? slash + 1 : t[VS_TT_MODULE], t[VS_TT_OFFSET] ? t[VS_TT_OFFSET] : "?");
	}
	if (t[VS_TT_COMM])
		vs_buf_printf(b, " in %s", t[VS_TT_COMM]);
	if (t[VS_TT_MODULE_ID])
		vs_buf_printf(b, ", build-id %.12s", t[VS_TT_MODULE_ID]);
}

/* The first part of the reason, without the file's own name and without addresses, which differ by chance. */
static void sign_reason(const struct vs_triage_record *r, struct vs_buf *b)
{
	const char *s = r->text[VS_TT_REASON], *path = r->text[VS_TT_PATH];
	const size_t len = strlen(path);

	vs_buf_puts(b, outcomes[r->outcome]);
	if (!s)
		return;
	vs_buf_puts(b, ": ");
	while (*s && strncmp(s, "; ", 2) != 0) {
		if (len && !strncmp(s, path, len)) {
			vs_buf_puts(b, "FILE");
			s += len;
		} else if (!strncmp(s, "0x", 2)) {
			vs_buf_puts(b, "0x..");
			s += 2 + strspn(s + 2, "0123456789abcdef");
		} else {
			vs_buf_putc(b, *s++);
		}
	}
}

bool vs_triage_sign(struct vs_triage_record *r)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	const char *kind = r->text[VS_TT_KIND];
	bool ok = true;

	if (r->outcome == VS_TRIAGE_CHECKED) {
		ok = sign_findings(r, &b);
		if (kind && !strcmp(kind, "process"))
			sign_death(r, &b);
		else if (r->text[VS_TT_RELEASE])
			vs_buf_printf(&b, "%sLinux %s %s", b.len ? "; " : "", r->text[VS_TT_RELEASE],
				      r->text[VS_TT_ARCH] ? r->text[VS_TT_ARCH] : "");
		if (r->text[VS_TT_BUILD_ID] && kind && strcmp(kind, "process") != 0)
			vs_buf_printf(&b, ", build-id %.12s", r->text[VS_TT_BUILD_ID]);
	} else {
		sign_reason(r, &b);
	}
	return ok && !b.failed && vs_triage_set(r, VS_TT_SIGNATURE, vs_buf_str(&b));
}

static struct vs_err *keep(void *face, const char *data, size_t len)
{
	struct vs_buf *b = face;

	vs_buf_put(b, data, len);
	return NULL;
}

/* End the object as a line of @p b. */
static void end_line(struct vs_json *j, struct vs_buf *b)
{
	struct vs_out out = { .write = keep, .face = b };
	struct vs_err *err = vs_json_end(j, &out);

	if (!err)
		err = vs_out_flush(&out);
	b->failed |= err != NULL;
	vs_err_free(err);
	vs_buf_deinit(&out.buf);
}

static void put_text(struct vs_json *j, const char *key, const char *s)
{
	if (s)
		vs_json_bytes(j, key, s, strlen(s));
	else
		vs_json_null(j, key);
}

void vs_triage_record_write(const struct vs_triage_record *r, struct vs_buf *b)
{
	struct vs_json *j = vs_json_begin("record");

	put_text(j, "path", r->text[VS_TT_PATH]);
	vs_json_str(j, "verdict", verdicts[r->verdict]);
	vs_json_uint(j, "exit", r->verdict == VS_TRIAGE_IGNORED ? 0 : (uint64_t)r->verdict);
	vs_json_str(j, "outcome", outcomes[r->outcome]);
	for (int i = VS_TT_PATH + 1; i < VS_TT_COUNT; i++)
		put_text(j, vs_triage_texts[i], r->text[i]);
	for (int i = 0; i < VS_TN_COUNT; i++) {
		if (r->number[i] < 0)
			vs_json_null(j, vs_triage_numbers[i]);
		else
			vs_json_int(j, vs_triage_numbers[i], r->number[i]);
	}
	vs_json_uint(j, "more_findings", r->more_findings);
	vs_json_open_array(j, "findings");
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct vs_triage_finding *f = &r->findings.v[i];

		vs_json_open_object(j, NULL);
		put_text(j, "rule", f->rule);
		put_text(j, "severity", f->severity);
		put_text(j, "object", f->object);
		put_text(j, "member", f->member);
		put_text(j, "address", f->address);
		vs_json_uint(j, "count", f->count);
		vs_json_bool(j, "consequence", f->consequence);
		vs_json_close_object(j);
	}
	vs_json_close_array(j);
	end_line(j, b);
}

void vs_triage_header_write(struct vs_buf *b)
{
	struct vs_json *j = vs_json_begin("header");

	vs_json_str(j, "schema", "vmascope/1");
	vs_json_str(j, "command", "triage");
	end_line(j, b);
}
