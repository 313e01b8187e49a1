// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "render/json.h"

static void put_value(struct vs_buf *b, const struct vs_record_field *f)
{
	switch (f->fmt) {
	case VS_REC_HEX:
		vs_buf_printf(b, f->value ? "%#" PRIx64 : "0x%" PRIx64, f->value);
		break;
	case VS_REC_DEC:
		vs_buf_dec(b, f->value);
		break;
	case VS_REC_SDEC:
		vs_buf_printf(b, "%" PRId64, (int64_t)f->value);
		break;
	case VS_REC_TEXT:
	case VS_REC_LIST:
		break;
	}
}

struct vs_err *vs_render_record(struct vs_out *out, const struct vs_record *r)
{
	struct vs_buf *b = &out->buf;
	struct vs_err *err = NULL;
	size_t width = 0;

	for (size_t i = 0; i < r->v.n; i++)
		if (strlen(r->v.v[i].name) > width)
			width = strlen(r->v.v[i].name);
	if (width > 36)
		width = 36;
	vs_buf_printf(b, "struct %s at %#" PRIx64 ", %" PRIu64 " bytes\n", r->kind, r->addr, r->size);
	for (size_t i = 0; !err && i < r->v.n; i++) {
		const struct vs_record_field *f = &r->v.v[i];
		size_t at;

		vs_buf_printf(b, "  +0x%03" PRIx64 " %-*s ", (uint64_t)f->offset, (int)width, f->name);
		at = b->len;
		if (f->absent)
			vs_buf_printf(b, "(not in the dump: %s)", vs_from_name(r->from));
		else
			put_value(b, f);
		if (f->words) {
			if (f->fmt != VS_REC_TEXT && f->fmt != VS_REC_LIST) {
				if (b->len - at < 18)
					vs_buf_pad(b, ' ', 18 - (b->len - at));
				vs_buf_putc(b, ' ');
			}
			vs_buf_put_clean(b, f->words, strlen(f->words));
		}
		vs_buf_putc(b, '\n');
		err = vs_out_tick(out);
	}
	return err;
}

struct vs_err *vs_render_facts(struct vs_out *out, const struct vs_record *r)
{
	struct vs_buf *b = &out->buf;
	size_t width = 0;

	for (size_t i = 0; i < r->v.n; i++)
		if (strlen(r->v.v[i].name) > width)
			width = strlen(r->v.v[i].name);
	for (size_t i = 0; i < r->v.n; i++) {
		const struct vs_record_field *f = &r->v.v[i];

		vs_buf_printf(b, "%-*s  ", (int)width, f->name);
		if (f->words)
			vs_buf_put_clean(b, f->words, strlen(f->words));
		else
			put_value(b, f);
		vs_buf_putc(b, '\n');
	}
	return vs_out_tick(out);
}

struct vs_err *vs_json_record(struct vs_out *out, const struct vs_record *r)
{
	struct vs_json *j = vs_json_begin(r->kind);

	if (r->addr)
		vs_json_hex(j, "address", r->addr);
	vs_json_open_array(j, "members");
	for (size_t i = 0; i < r->v.n; i++) {
		const struct vs_record_field *f = &r->v.v[i];

		vs_json_open_object(j, NULL);
		vs_json_str(j, "name", f->name);
		if (f->type)
			vs_json_str(j, "ctype", f->type);
		if (f->offset >= 0)
			vs_json_int(j, "offset", f->offset);
		if (f->absent) {
			vs_json_null(j, "value");
			vs_json_str(j, "from", vs_from_id(r->from));
		}
		if (f->absent)
			;
		else if (f->fmt == VS_REC_HEX)
			vs_json_hex(j, "value", f->value);
		else if (f->fmt == VS_REC_DEC)
			vs_json_uint(j, "value", f->value);
		else if (f->fmt == VS_REC_SDEC)
			vs_json_int(j, "value", (int64_t)f->value);
		if (f->words)
			vs_json_bytes(j, f->fmt == VS_REC_TEXT || f->fmt == VS_REC_LIST ? "value" : "meaning",
				      f->words, strlen(f->words));
		vs_json_close_object(j);
	}
	vs_json_close_array(j);
	return vs_json_end(j, out);
}

/* One line of status. */
struct line {
	const char *key;
	uint64_t kb;
};

enum { MAX_LINES = 16 };

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * Which of the two figures status showed. Up to 6.1 the mm's own counters. From
 * 6.2 to 6.15 those too, then the sums ("mm: fix the inaccurate memory statistics
 * issue for users", 6.16), in stable kernels earlier: no member tells.
 */
static bool shows_sums(const struct vs_mm_fields *f)
{
	return f->rss_parts.of == VS_RSS_OF_CPUS;
}

/* The lines that are made of the rss counters; their number. */
static size_t rss_lines(const struct vs_mm_fields *f, bool parts, unsigned int page_shift, struct line *to)
{
	const struct vs_rss r = vs_mm_rss(f, parts);
	const unsigned int kb = page_shift - 10;

	to[0] = (struct line){ "VmHWM", max(r.total, f->hiwater_rss) << kb };
	to[1] = (struct line){ "VmRSS", r.total << kb };
	to[2] = (struct line){ "RssAnon", r.anon << kb };
	to[3] = (struct line){ "RssFile", r.file << kb };
	to[4] = (struct line){ "RssShmem", r.shmem << kb };
	return 5;
}

static size_t status_lines(const struct vs_mm_fields *f, unsigned int page_shift, struct line *to)
{
	const unsigned int kb = page_shift - 10;
	uint64_t page = (UINT64_C(1) << page_shift) - 1;
	uint64_t text = ((f->end_code + page) & ~page) - (f->start_code & ~page);
	uint64_t exec = f->exec_vm << page_shift;
	size_t n = 0;

	if (text > exec)
		text = exec;
	to[n++] = (struct line){ "VmPeak", max(f->total_vm, f->hiwater_vm) << kb };
	to[n++] = (struct line){ "VmSize", f->total_vm << kb };
	to[n++] = (struct line){ "VmLck", f->locked_vm << kb };
	to[n++] = (struct line){ "VmPin", f->pinned_vm << kb };
	n += rss_lines(f, shows_sums(f), page_shift, to + n);
	to[n++] = (struct line){ "VmData", f->data_vm << kb };
	to[n++] = (struct line){ "VmStk", f->stack_vm << kb };
	to[n++] = (struct line){ "VmExe", text >> 10 };
	to[n++] = (struct line){ "VmLib", (exec - text) >> 10 };
	to[n++] = (struct line){ "VmPTE", f->pgtables_bytes >> 10 };
	to[n++] = (struct line){ "VmSwap", vs_mm_rss(f, shows_sums(f)).swap << kb };
	return n;
}

/* What status did not show: the same lines with the other figure; 0 if they are equal. */
static size_t other_lines(const struct vs_mm_fields *f, unsigned int page_shift, struct line *to)
{
	const struct vs_rss a = vs_mm_rss(f, true), b = vs_mm_rss(f, false);
	size_t n;

	if (a.anon == b.anon && a.file == b.file && a.shmem == b.shmem && a.swap == b.swap)
		return 0;
	n = rss_lines(f, !shows_sums(f), page_shift, to);
	to[n++] = (struct line){ "VmSwap", vs_mm_rss(f, !shows_sums(f)).swap << (page_shift - 10) };
	return n;
}

static void put_lines(struct vs_buf *b, const struct line *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vs_buf_printf(b, "%s:\t%8" PRIu64 " kB\n", l[i].key, l[i].kb);
}

void vs_render_status(struct vs_buf *b, const struct vs_mm_fields *f, unsigned int page_shift)
{
	struct line lines[MAX_LINES];
	size_t n;

	put_lines(b, lines, status_lines(f, page_shift, lines));
	if (f->rss_parts.absent)
		vs_buf_puts(b, "the counters of some CPUs are not in the dump: the sums lack them\n");
	n = other_lines(f, page_shift, lines);
	if (n)
		vs_buf_puts(b, shows_sums(f) ? "without what CPUs have counted for themselves (shown by 6.2 to 6.15):\n" :
			    "with what tasks have counted for themselves (the true sums, never shown):\n");
	put_lines(b, lines, n);
}

static void json_lines(struct vs_json *j, const struct line *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vs_json_uint(j, l[i].key, l[i].kb);
}

struct vs_err *vs_json_status(struct vs_out *out, const struct vs_space *s)
{
	struct vs_json *j = vs_json_begin("status");
	struct line lines[MAX_LINES];

	vs_json_hex(j, "mm", s->mm);
	vs_json_open_object(j, "kb");
	json_lines(j, lines, status_lines(&s->f, s->page_shift, lines));
	vs_json_close_object(j);
	// empty where nobody keeps a part, or all parts are 0
	vs_json_open_object(j, shows_sums(&s->f) ? "kb_without_cpus" : "kb_with_tasks");
	json_lines(j, lines, other_lines(&s->f, s->page_shift, lines));
	vs_json_close_object(j);
	vs_json_bool(j, "cpus_absent", s->f.rss_parts.absent);
	return vs_json_end(j, out);
}
