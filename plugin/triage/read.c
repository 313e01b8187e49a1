// SPDX-License-Identifier: GPL-2.0-or-later
/* Records read back. What a file holds is not believed: each value has to be of its kind. */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "triage/record.h"

#define LINE_MAX_BYTES (4u << 20)

static void free_tree(yajl_val *v)
{
	yajl_tree_free(*v);
}

static yajl_val member(yajl_val v, const char *key)
{
	const char *path[] = { key, NULL };

	return yajl_tree_get(v, path, yajl_t_any);
}

static const char *string(yajl_val v, const char *key)
{
	return YAJL_GET_STRING(member(v, key));
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of "6162", which a text has besides where it is no UTF-8; no NUL among them. NULL: broken. */
static char *from_hex(const char *hex)
{
	const size_t n = strlen(hex) / 2;
	char *s = malloc(n + 1);

	for (size_t i = 0; s && i < n; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0 || hi + lo == 0) {
			free(s);
			return NULL;
		}
		s[i] = (char)(hi << 4 | lo);
	}
	if (s)
		s[n] = 0;
	return s;
}

/* A copy of the text; NULL where it is null or broken. */
static char *text(yajl_val v, const char *key)
{
	char hex_key[64];
	const char *s = string(v, key), *hex;

	if (!s)
		return NULL;
	if (strlen(key) + 5 < sizeof(hex_key)) {
		strcpy(hex_key, key);
		strcat(hex_key, "_hex");
		hex = string(v, hex_key);
		if (hex)
			return from_hex(hex);
	}
	return strdup(s);
}

static int64_t number(yajl_val v, const char *key)
{
	yajl_val n = member(v, key);

	return YAJL_IS_INTEGER(n) && YAJL_GET_INTEGER(n) >= 0 ? YAJL_GET_INTEGER(n) : -1;
}

static bool read_finding(yajl_val v, struct vs_triage_record *r)
{
	struct vs_triage_finding *f = vs_vec_push(&r->findings);
	int64_t count = number(v, "count");

	if (!f)
		return false;
	*f = (struct vs_triage_finding){
		.rule = text(v, "rule"), .severity = text(v, "severity"), .object = text(v, "object"),
		.member = text(v, "member"), .address = text(v, "address"),
		.count = count < 0 ? 0 : (uint64_t)count, .consequence = YAJL_IS_TRUE(member(v, "consequence")),
	};
	return f->rule && f->severity && f->object && f->count;
}

static bool read_record(yajl_val v, struct vs_triage_record *r)
{
	const char *verdict = string(v, "verdict"), *outcome = string(v, "outcome");
	yajl_val findings = member(v, "findings");
	int64_t more = number(v, "more_findings");

	r->verdict = verdict ? vs_triage_verdict_find(verdict, strlen(verdict)) : -1;
	r->outcome = VS_TRIAGE_OUTCOMES;
	for (int i = 0; outcome && i < VS_TRIAGE_OUTCOMES; i++)
		if (!strcmp(outcome, vs_triage_outcome_name(i)))
			r->outcome = i;
	if (r->verdict < 0 || r->outcome == VS_TRIAGE_OUTCOMES)
		return false;
	for (int i = 0; i < VS_TT_COUNT; i++)
		r->text[i] = text(v, vs_triage_texts[i]);
	for (int i = 0; i < VS_TN_COUNT; i++)
		r->number[i] = number(v, vs_triage_numbers[i]);
	r->more_findings = more < 0 ? 0 : (uint64_t)more;
	if (!r->text[VS_TT_PATH] || !r->text[VS_TT_SIGNATURE] || !YAJL_IS_ARRAY(findings) ||
	    findings->u.array.len > VS_TRIAGE_FINDINGS)
		return false;
	for (size_t i = 0; i < findings->u.array.len; i++)
		if (!read_finding(findings->u.array.values[i], r))
			return false;
	return true;
}

static struct vs_err *bad(const char *what)
{
	return vs_err_create(VS_ERR_FORMAT, "expected a line of vmascope triage, found %s", what);
}

/* yajl releases what is nested by recursion. */
static bool too_deep(const char *s)
{
	unsigned int depth = 0;
	bool in = false;

	for (; *s; s++) {
		if (*s == '"')
			in = !in;
		else if (in && *s == '\\' && s[1])
			s++;
		else if (!in && (*s == '[' || *s == '{') && ++depth > 8)
			return true;
		else if (!in && (*s == ']' || *s == '}') && depth)
			depth--;
	}
	return false;
}

struct vs_err *vs_triage_line_read(const char *line, size_t len, struct vs_triage_record *ret, bool *named_ret,
				   char *kind_ret)
{
	_cleanup_(free_tree) yajl_val v = NULL;
	_cleanup_free_ char *copy = NULL;
	struct vs_triage_record r;
	const char *type;
	char kind = '-';
	bool ok = true;

	if (len > LINE_MAX_BYTES)
		return bad("more than 4 MiB");
	if (memchr(line, 0, len))
		return bad("a byte of zero");
	copy = strndup(line, len);
	if (!copy)
		return &vs_enomem;
	if (too_deep(copy))
		return bad("objects nested too deep");
	v = yajl_tree_parse(copy, NULL, 0);
	type = YAJL_IS_OBJECT(v) ? string(v, "type") : NULL;
	if (!type)
		return bad("no JSON object with a type");
	vs_triage_record_init(&r);
	if (!strcmp(type, "header")) {
		const char *schema = string(v, "schema"), *command = string(v, "command");

		if (!schema || !command || strcmp(schema, "vmascope/1") != 0 || strcmp(command, "triage") != 0)
			return bad("the header of something else");
		kind = 'h';
	} else if (!strcmp(type, "record")) {
		ok = read_record(v, &r);
		kind = 'r';
	} else if (!strcmp(type, "file")) {
		r.text[VS_TT_PATH] = text(v, "path");
		*named_ret = YAJL_IS_TRUE(member(v, "named"));
		ok = r.text[VS_TT_PATH];
		kind = 'f';
	}
	if (!ok) {
		vs_triage_record_deinit(&r);
		return bad("a record with something missing or of a wrong kind");
	}
	*kind_ret = kind;
	if (kind == 'r' || kind == 'f')
		*ret = r;
	return NULL;
}
