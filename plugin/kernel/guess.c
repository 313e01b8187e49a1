// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/guess.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "image/search.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

#define PAGE		4096u
#define MAX_TEXT	(16 * PAGE)	/* VMCOREINFO_BYTES is a page, of 64 KiB at most */
#define MAX_NOTES	4096u		/* of the kernel's .notes: 500 bytes */
#define NOTE_HEAD	24u		/* of VMCOREINFO's own note: sizes, type, the name with its padding */

/* --- in memory --- */

/* Lines of text with those that every VMCOREINFO has, since 2.6.24. */
static bool is_vmcoreinfo(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < ' ' || text[i] > '~') && text[i] != '\n')
			return false;
	return memmem(text, len, "\nPAGESIZE=", 10) && memmem(text, len, "\nSYMBOL(", 8);
}

/*
 * The kernel keeps the text a second time, as the note that /proc/vmcore will have: the size
 * of that note's name, 11, tells the byte order whatever the container says of it.
 */
static void find_order(struct vs_image *img, const struct vs_hits *notes, struct vs_vmcoreinfo *vi)
{
	char head[NOTE_HEAD + 128];
	const size_t same = vi->len < sizeof(head) - NOTE_HEAD ? vi->len : sizeof(head) - NOTE_HEAD;

	for (size_t i = 0; !vi->has_order && i < notes->n; i++) {
		size_t got;

		vs_image_read(img, notes->v[i], head, sizeof(head), &got);
		if (got < NOTE_HEAD + same || memcmp(head + NOTE_HEAD, vi->text, same))
			continue;
		vi->big_endian = vs_load32(head, true) == sizeof("VMCOREINFO");
		vi->has_order = vi->big_endian || vs_load32(head, false) == sizeof("VMCOREINFO");
		vi->note_pa = notes->v[i];
	}
}

static struct vs_err *take_text(struct vs_image *img, uint64_t pa, struct vs_vmcoreinfos *ret)
{
	_cleanup_free_ char *text = malloc(MAX_TEXT);
	struct vs_vmcoreinfo *vi;
	char source[80];
	size_t got, len;

	if (!text)
		return &vs_enomem;
	vs_image_read(img, pa, text, MAX_TEXT, &got);
	len = strnlen(text, got);
	if (!is_vmcoreinfo(text, len))
		return NULL;
	for (size_t i = 0; i < ret->n; i++)
		if (ret->v[i].len == len && !memcmp(ret->v[i].text, text, len))
			return NULL;
	snprintf(source, sizeof(source), "memory, found at physical %#" PRIx64 ": there is no note", pa);
	vi = vs_vec_push(ret);
	if (!vi)
		return &vs_enomem;
	if (vs_vmcoreinfo_init(vi, text, len, source))
		return NULL;
	ret->n--;
	return &vs_enomem;
}

struct vs_err *vs_vmcoreinfo_search(struct vs_image *img, struct vs_out *out, struct vs_vmcoreinfos *ret)
{
	static const struct vs_search what[] = {
		{ .what = "VMCOREINFO", .bytes = "OSRELEASE=", .len = 10 },
		{ .bytes = "VMCOREINFO\0\0OSRELEASE=", .len = 22, .off = 12 },
	};
	struct vs_hits hits[2] = { 0 };
	struct vs_err *err = vs_image_search(img, what, 2, out, hits);

	for (size_t i = 0; !err && i < hits[0].n; i++)
		err = take_text(img, hits[0].v[i], ret);
	for (size_t i = 0; !err && i < ret->n; i++)
		find_order(img, &hits[1], &ret->v[i]);
	vs_vec_deinit(&hits[0]);
	vs_vec_deinit(&hits[1]);
	return err;
}

void vs_vmcoreinfos_deinit(struct vs_vmcoreinfos *f)
{
	for (size_t i = 0; i < f->n; i++)
		vs_vmcoreinfo_deinit(&f->v[i]);
	vs_vec_deinit(f);
}

/* --- made up --- */

struct banner {
	uint64_t linked;	/* link-time address */
	const char *text;
	size_t len;		/* without NUL */
};

static struct vs_err *find_banner(struct vs_kernel *k, struct banner *b, uint64_t *text_ret)
{
	struct vs_symbol s[] = { { .name = "linux_banner" }, { .name = "_text" } };
	struct vs_err *err = vs_symbols_find(k->symbols, s, 2);
	size_t max;

	if (err)
		return err;
	if (!s[0].found || !s[1].found)
		return vs_err_create(VS_ERR_NOT_FOUND, "%s has no symbol %s", k->vmlinux->path,
				     s[0].found ? "_text" : "linux_banner");
	b->linked = s[0].value;
	b->text = vs_vmlinux_at(k->vmlinux, b->linked, &max);
	b->len = b->text ? strnlen(b->text, max) : 0;
	*text_ret = s[1].value;
	if (b->len < 20 || b->len == max || b->len > 1024)
		return vs_err_create(VS_ERR_FORMAT, "%s does not hold the text of linux_banner", k->vmlinux->path);
	return NULL;
}

bool vs_guess_variable(struct vs_kernel *k, const struct vs_guess *g, const char *name, unsigned int size,
		       uint64_t *ret)
{
	struct vs_symbol s = { .name = name };
	unsigned char raw[8];
	struct vs_err *err = vs_symbols_find(k->symbols, &s, 1);

	if (err || !s.found || size > sizeof(raw) ||
	    !vs_from_ok(vs_image_read(k->img, g->image_pa + (s.value - g->linked), raw, size, NULL))) {
		vs_err_free(err);
		return false;
	}
	*ret = vs_load(raw, size, k->mem.target.big_endian);
	return true;
}

/* The kernel's own build-id, from its notes in memory: then it can be held against vmlinux's. */
static void put_build_id(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text)
{
	struct vs_symbol s = { .name = "__start_notes" };
	struct vs_err *err = vs_symbols_find(k->symbols, &s, 1);
	const bool be = k->mem.target.big_endian;
	unsigned char raw[MAX_NOTES];
	size_t got = 0, pos = 0;

	if (!err && s.found)
		vs_image_read(k->img, g->image_pa + (s.value - g->linked), raw, sizeof(raw), &got);
	vs_err_free(err);
	while (got - pos >= 12) {
		uint64_t name = vs_load32(raw + pos, be), desc = vs_load32(raw + pos + 4, be);
		uint64_t at = pos + 12 + ((name + 3) & ~UINT64_C(3)), next = at + ((desc + 3) & ~UINT64_C(3));

		if (!name || next > got)
			break;
		if (name == 4 && !memcmp(raw + pos + 12, "GNU", 4) &&
		    vs_load32(raw + pos + 8, be) == NT_GNU_BUILD_ID && desc <= VS_BUILD_ID_MAX) {
			vs_buf_puts(text, "BUILD-ID=");
			for (uint64_t i = 0; i < desc; i++)
				vs_buf_hex(text, raw[at + i], 2);
			vs_buf_putc(text, '\n');
			break;
		}
		pos = next;
	}
}

static struct vs_err *make_text(struct vs_kernel *k, const struct vs_place *p, const struct vs_guess *g,
				const struct banner *b, const char *found_by, bool *ok_ret)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	const char *release = b->text + strlen("Linux version "), *how = NULL;
	char source[160];

	vs_buf_printf(&text, "OSRELEASE=%.*s\nVMASCOPE=made up: the dump had no VMCOREINFO\n",
		      (int)strcspn(release, " "), release);
	put_build_id(k, g, &text);
	*ok_ret = p->guess(k, g, &text, &how);
	if (!*ok_ret)
		return NULL;
	snprintf(source, sizeof(source), "vmlinux and memory: there is none in the dump; the image was found by %s",
		 found_by);
	vs_vmcoreinfo_deinit(&k->vi);
	if (text.failed || !vs_vmcoreinfo_init(&k->vi, text.data, text.len, source))
		return &vs_enomem;
	k->vi.made = true;
	k->vi.kaslr_how = how;
	return NULL;
}

/* Is the image at @p g->image_pa? Then every possibility to reach it is tried. */
static struct vs_err *try_image(struct vs_kernel *k, const struct vs_place *p, struct vs_guess *g,
				const struct banner *b, const char *found_by,
				struct vs_err *(*take)(struct vs_kernel *k), bool *done_ret)
{
	struct vs_err *err = NULL;
	char there[1025];
	size_t got;

	vs_image_read(k->img, g->image_pa + (b->linked - g->linked), there, b->len + 1, &got);
	if (got != b->len + 1 || memcmp(there, b->text, b->len + 1))
		return NULL;
	for (g->nth = 0; !*done_ret && g->nth < p->n_guesses; g->nth++) {
		bool possible = false;
		struct vs_err *last = make_text(k, p, g, b, found_by, &possible);

		if (!last && !possible)
			continue;
		if (!last)
			last = take(k);
		*done_ret = !last || last->code == VS_ERR_NOMEM || last->code == VS_ERR_INTERRUPTED;
		vs_err_free(err);
		err = last;
	}
	return err;
}

/* The banner stands at the same place in its page, wherever KASLR has put the image. */
static struct vs_err *search_banner(struct vs_kernel *k, const struct banner *b, struct vs_out *out,
				    struct vs_hits *ret)
{
	struct vs_search what = { .what = "the kernel's banner", .bytes = b->text, .len = b->len };

	what.off = b->linked & (PAGE - 1);
	if (what.len > PAGE - what.off)
		what.len = PAGE - what.off;
	return vs_image_search(k->img, &what, 1, out, ret);
}

struct vs_err *vs_vmcoreinfo_guess(struct vs_kernel *k, struct vs_out *out,
				   struct vs_err *(*take)(struct vs_kernel *k))
{
	const struct vs_place *p = vs_place_find(k);
	_cleanup_err_ struct vs_err *last = NULL;
	struct vs_hits hits = { 0 };
	struct vs_guess g = { 0 };
	struct banner b;
	struct vs_err *err = find_banner(k, &b, &g.linked);
	bool done = false;

	if (err)
		return err;
	if (!p || !p->guess)
		return vs_err_create(VS_ERR_FORMAT, "where the kernel lies on %s cannot be told without VMCOREINFO",
				     k->mem.arch->name);
	if (p->by_cpu && p->by_cpu(k, g.linked, &g.image_pa))
		last = try_image(k, p, &g, &b, "a CPU's page tables (CR3 of the QEMU notes)", take, &done);
	if (done)
		return no_cleanup_ptr(last);
	err = search_banner(k, &b, out, &hits);
	for (size_t i = 0; !err && !done && i < hits.n; i++) {
		struct vs_err *e;

		g.image_pa = hits.v[i] + (b.linked & (PAGE - 1)) - (b.linked - g.linked);
		e = try_image(k, p, &g, &b, "its banner", take, &done);
		if (e || done) {
			vs_err_free(last);
			last = e;
		}
	}
	vs_vec_deinit(&hits);
	if (err || done || last)
		return err ? err : no_cleanup_ptr(last);
	return vs_err_create(VS_ERR_MISMATCH,
		"no VMCOREINFO, neither as a note nor in memory, and the banner of %s is nowhere in memory: is it the kernel of this dump?",
		k->vmlinux->path);
}
