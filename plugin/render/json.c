// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"
#include "base/utf8.h"

struct vs_json {
	yajl_gen g;
	bool failed;
};

static void note(struct vs_json *j, yajl_gen_status st)
{
	if (st != yajl_gen_status_ok)
		j->failed = true;
}

static void put_str(struct vs_json *j, const char *s, size_t len)
{
	note(j, yajl_gen_string(j->g, (const unsigned char *)s, len));
}

static void put_key(struct vs_json *j, const char *key)
{
	if (key)
		put_str(j, key, strlen(key));
}

struct vs_json *vs_json_begin(const char *type)
{
	struct vs_json *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->g = yajl_gen_alloc(NULL);
	if (!j->g) {
		free(j);
		return NULL;
	}
	note(j, yajl_gen_map_open(j->g));
	vs_json_str(j, "type", type);
	return j;
}

void vs_json_str(struct vs_json *j, const char *key, const char *value)
{
	if (!j)
		return;
	put_key(j, key);
	if (value)
		put_str(j, value, strlen(value));
	else
		note(j, yajl_gen_null(j->g));
}

void vs_json_text(struct vs_json *j, const char *key, const char *value)
{
	if (value)
		vs_json_bytes(j, key, value, strlen(value));
	else
		vs_json_null(j, key);
}

void vs_json_bytes(struct vs_json *j, const char *key, const char *value, size_t len)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	bool broken = false;

	if (!j)
		return;
	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = vs_utf8_decode(value + i, len - i, &cp);

		if (n)
			vs_buf_put(&b, value + i, n);
		else
			vs_buf_puts(&b, "\xef\xbf\xbd"), broken = true;
		i += n ? n : 1;
	}
	put_key(j, key);
	put_str(j, b.data ? b.data : "", b.len);
	j->failed |= b.failed;
	if (!broken)
		return;
	b.len = 0;
	vs_buf_printf(&b, "%s_hex", key);
	put_str(j, b.data, b.len);
	b.len = 0;
	for (size_t i = 0; i < len; i++)
		vs_buf_hex(&b, (unsigned char)value[i], 2);
	put_str(j, b.data, b.len);
}

void vs_json_uint(struct vs_json *j, const char *key, uint64_t value)
{
	char tmp[24];

	if (!j)
		return;
	put_key(j, key);
	note(j, yajl_gen_number(j->g, tmp, (size_t)snprintf(tmp, sizeof(tmp), "%" PRIu64, value)));
}

void vs_json_int(struct vs_json *j, const char *key, int64_t value)
{
	if (!j)
		return;
	put_key(j, key);
	note(j, yajl_gen_integer(j->g, value));
}

void vs_json_hex(struct vs_json *j, const char *key, uint64_t value)
{
	char tmp[24];

	snprintf(tmp, sizeof(tmp), "0x%" PRIx64, value);
	vs_json_str(j, key, tmp);
}

void vs_json_bool(struct vs_json *j, const char *key, bool value)
{
	if (!j)
		return;
	put_key(j, key);
	note(j, yajl_gen_bool(j->g, value));
}

void vs_json_null(struct vs_json *j, const char *key)
{
	vs_json_str(j, key, NULL);
}

void vs_json_open_array(struct vs_json *j, const char *key)
{
	if (!j)
		return;
	put_key(j, key);
	note(j, yajl_gen_array_open(j->g));
}

void vs_json_close_array(struct vs_json *j)
{
	if (j)
		note(j, yajl_gen_array_close(j->g));
}

void vs_json_open_object(struct vs_json *j, const char *key)
{
	if (!j)
		return;
	put_key(j, key);
	note(j, yajl_gen_map_open(j->g));
}

void vs_json_close_object(struct vs_json *j)
{
	if (j)
		note(j, yajl_gen_map_close(j->g));
}

struct vs_err *vs_json_end(struct vs_json *j, struct vs_out *out)
{
	const unsigned char *data;
	struct vs_err *err;
	size_t len;

	if (!j)
		return &vs_enomem;
	note(j, yajl_gen_map_close(j->g));
	note(j, yajl_gen_get_buf(j->g, &data, &len));
	err = j->failed ? &vs_enomem : vs_out_put(out, (const char *)data, len);
	if (!err)
		err = vs_out_put(out, "\n", 1);
	yajl_gen_free(j->g);
	free(j);
	return err;
}

struct vs_err *vs_json_header(struct vs_out *out, const char *command)
{
	struct vs_json *j = vs_json_begin("header");

	vs_json_str(j, "schema", "vmascope/1");
	vs_json_str(j, "command", command);
	return vs_json_end(j, out);
}

struct vs_err *vs_json_ps(struct vs_out *out, const struct vs_task *t, const struct vs_mm_fields *f)
{
	struct vs_json *j = vs_json_begin("task");
	const char state[2] = { vs_task_state(t), 0 };

	vs_json_int(j, "pid", t->pid);
	vs_json_int(j, "tgid", t->tgid);
	vs_json_bytes(j, "comm", t->comm, strlen(t->comm));
	vs_json_str(j, "state", state);
	vs_json_bool(j, "kernel_thread", t->flags & VS_PF_KTHREAD);
	vs_json_hex(j, "task", t->addr);
	if (t->mm) {
		vs_json_hex(j, "mm", t->mm);
		vs_json_uint(j, "map_count", f->map_count);
		vs_json_uint(j, "total_vm_pages", f->total_vm);
		vs_json_uint(j, "rss_pages", vs_mm_rss(f, true).total);
		vs_json_uint(j, "rss_mm_pages", vs_mm_rss(f, false).total);
		vs_json_str(j, "rss_parts_of", f->rss_parts.of == VS_RSS_OF_CPUS ? "cpus" :
			    f->rss_parts.of == VS_RSS_OF_TASKS ? "tasks" : NULL);
	} else {
		vs_json_null(j, "mm");
	}
	vs_json_uint(j, "threads", t->n_threads);
	return vs_json_end(j, out);
}
