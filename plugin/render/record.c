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
			vs_buf_puts(b, "(not in the dump)");
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
		if (f->absent)
			vs_json_null(j, "value");
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

static void put_kb(struct vs_buf *b, const char *key, uint64_t pages, unsigned int page_shift)
{
	vs_buf_printf(b, "%s:\t%8" PRIu64 " kB\n", key, pages << (page_shift - 10));
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The lines that are made of the rss counters. */
static void put_rss(struct vs_buf *b, const struct vs_mm_fields *f, const struct vs_rss *r, unsigned int page_shift)
{
	put_kb(b, "VmHWM", max(r->total, f->hiwater_rss), page_shift);
	put_kb(b, "VmRSS", r->total, page_shift);
	put_kb(b, "RssAnon", r->anon, page_shift);
	put_kb(b, "RssFile", r->file, page_shift);
	put_kb(b, "RssShmem", r->shmem, page_shift);
}

void vs_render_status(struct vs_buf *b, const struct vs_mm_fields *f, unsigned int page_shift)
{
	// Up to 6.1 status showed the mm's own counters. From 6.2 to 6.15 it did too, then
	// the sums ("mm: fix the inaccurate memory statistics issue for users", 6.16),
	// in stable kernels earlier: no member tells.
	const bool sums = f->rss_parts.of == VS_RSS_OF_CPUS;
	const struct vs_rss rss = vs_mm_rss(f, sums), other = vs_mm_rss(f, !sums);
	uint64_t page = (UINT64_C(1) << page_shift) - 1;
	uint64_t text = ((f->end_code + page) & ~page) - (f->start_code & ~page);
	uint64_t exec = f->exec_vm << page_shift;

	if (text > exec)
		text = exec;
	put_kb(b, "VmPeak", max(f->total_vm, f->hiwater_vm), page_shift);
	put_kb(b, "VmSize", f->total_vm, page_shift);
	put_kb(b, "VmLck", f->locked_vm, page_shift);
	put_kb(b, "VmPin", f->pinned_vm, page_shift);
	put_rss(b, f, &rss, page_shift);
	put_kb(b, "VmData", f->data_vm, page_shift);
	put_kb(b, "VmStk", f->stack_vm, page_shift);
	vs_buf_printf(b, "VmExe:\t%8" PRIu64 " kB\n", text >> 10);
	vs_buf_printf(b, "VmLib:\t%8" PRIu64 " kB\n", (exec - text) >> 10);
	vs_buf_printf(b, "VmPTE:\t%8" PRIu64 " kB\n", f->pgtables_bytes >> 10);
	put_kb(b, "VmSwap", rss.swap, page_shift);
	if (f->rss_parts.absent)
		vs_buf_puts(b, "the counters of some CPUs are not in the dump: the sums lack them\n");
	if (rss.anon == other.anon && rss.file == other.file && rss.shmem == other.shmem && rss.swap == other.swap)
		return;
	vs_buf_puts(b, sums ? "without what CPUs have counted for themselves (shown by 6.2 to 6.15):\n" :
		    "with what tasks have counted for themselves (the true sums, never shown):\n");
	put_rss(b, f, &other, page_shift);
	put_kb(b, "VmSwap", other.swap, page_shift);
}
