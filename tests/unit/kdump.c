// SPDX-License-Identifier: GPL-2.0-or-later
/* A kdump-compressed dump made here, page by page: where each comes from, and what a cut takes. */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/out.h"
#include "image/probe.h"
#include "tap.h"

#define BLOCK	4096u
#define TABLE	(4 * BLOCK)	/* behind header, sub header and the two bitmaps */
#define MAX	64		/* pages of memory, by the header */

static unsigned char file[TABLE + 40 * BLOCK];
static size_t end;		/* bytes of it */
static unsigned int n_descs;

static void put(size_t off, uint64_t v, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		file[off + i] = (unsigned char)(v >> 8 * i);
}

/* Where its headers have what, by the word of who has written it. */
static const struct offsets {
	unsigned int status, block, sub_size, bitmap, max_mapnr;
	unsigned int dump_level, split, start_pfn, end_pfn, start_pfn64, end_pfn64, max_mapnr64, vmcoreinfo, word;
} of_64 = { 424, 428, 432, 436, 440, 8, 12, 16, 24, 80, 88, 96, 32, 8 },
  of_i386 = { 412, 416, 420, 424, 428, 4, 8, 12, 16, 56, 64, 72, 20, 4 };
static const struct offsets *at = &of_64;

/* A dump that will hold @p n pages. */
static void start(unsigned int n, unsigned int dump_level)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "KDUMP   ", 8);
	put(8, 6, 4);
	strcpy((char *)file + 12 + 4 * 65, at->word == 8 ? "x86_64" : "i686");
	put(at->block, BLOCK, 4);
	put(at->sub_size, 1, 4);
	put(at->bitmap, 2, 4);
	put(at->max_mapnr, MAX, 4);
	put(BLOCK + at->dump_level, dump_level, 4);
	put(BLOCK + at->max_mapnr64, MAX, 8);
	n_descs = 0;
	end = TABLE + n * 24;
}

static void is_memory(unsigned int pfn)
{
	file[2 * BLOCK + pfn / 8] |= (unsigned char)(1 << pfn % 8);
}

static void describe(unsigned int pfn, uint64_t off, uint32_t size, uint32_t flags)
{
	is_memory(pfn);
	file[3 * BLOCK + pfn / 8] |= (unsigned char)(1 << pfn % 8);
	put(TABLE + 24 * n_descs, off, 8);
	put(TABLE + 24 * n_descs + 8, size, 4);
	put(TABLE + 24 * n_descs + 12, flags, 4);
	n_descs++;
}

/* Page @p pfn of @p byte, as it is; returns where. */
static uint64_t raw(unsigned int pfn, int byte)
{
	uint64_t off = end;

	memset(file + end, byte, BLOCK);
	end += BLOCK;
	describe(pfn, off, BLOCK, 0);
	return off;
}

/* @p len bytes of @p byte in a zlib stream that stores them. */
static void stored(unsigned int pfn, int byte, unsigned int len, bool sound)
{
	uint64_t off = end;
	uint32_t a = 1, b = 0;

	file[end++] = 0x78;
	file[end++] = 0x01;
	file[end++] = 0x01;
	put(end, len, 2);
	put(end + 2, ~len, 2);
	memset(file + end + 4, byte, len);
	end += 4 + len;
	for (unsigned int i = 0; i < len; i++) {
		a = (a + (unsigned int)byte) % 65521;
		b = (b + a) % 65521;
	}
	for (int i = 0; i < 4; i++)
		file[end++] = (unsigned char)((b << 16 | a) >> (24 - 8 * i) ^ !sound);
	describe(pfn, off, (uint32_t)(end - off), 1);
}

static struct vs_image *open_made(size_t size, struct vs_err **err_ret)
{
	char path[] = "kdump-XXXXXX";
	struct vs_source src = { .path = "made", .fd = mkstemp(path), .size = size };
	struct vs_out out = { .quiet = true };
	struct vs_image *img = NULL;

	if (src.fd < 0 || write(src.fd, file, size) != (ssize_t)size)
		exit(99);
	unlink(path);
	*err_ret = vs_image_open_sources(&src, 1, &out, &img);
	close(src.fd);
	if (!ok(!*err_ret, "opened"))
		diag("%s", (*err_ret)->msg);
	return img;
}

static void is_from(struct vs_image *img, unsigned int pfn, enum vs_from expected, int byte, const char *what)
{
	unsigned char b[2] = { 0, 0 };
	enum vs_from from = vs_image_read(img, pfn * BLOCK + 4094, b, 2, NULL);

	if (!ok(from == expected && (!vs_from_ok(from) || (b[0] == byte && b[1] == byte)), "page %u, %s: %s", pfn, what,
		vs_from_name(expected)))
		diag("found %s, bytes %02x %02x", vs_from_name(from), b[0], b[1]);
}

static void make_all(unsigned int dump_level)
{
	uint64_t zeros;

	start(12, dump_level);
	zeros = raw(0, 0);
	raw(1, 'A');
	is_memory(2);
	stored(4, 'B', BLOCK, true);
	stored(5, 'C', BLOCK, false);
	describe(6, UINT64_C(1) << 40, 100, 1);
	describe(7, zeros, BLOCK, 0x40);
	describe(8, zeros, BLOCK, 0);
	describe(9, zeros, 100, 0);
	stored(10, 0, BLOCK, true);
	stored(11, 'D', 2 * BLOCK - 100, true);
	stored(12, 'E', 100, true);
	describe(13, 12, 100, 1);
}

static void test_pages(void)
{
	uint64_t n[VS_FROM_COUNT];
	struct vs_image *img;
	struct vs_err *err;

	make_all(1);
	img = open_made(end, &err);
	if (!img) {
		vs_err_free(err);
		return;
	}
	is_from(img, 0, VS_FROM_ZERO, 0, "the page of zeros");
	is_from(img, 1, VS_FROM_FILE, 'A', "as it is");
	is_from(img, 2, VS_FROM_EXCLUDED, 0, "memory, not held");
	is_from(img, 3, VS_FROM_NOWHERE, 0, "no memory");
	is_from(img, 4, VS_FROM_FILE, 'B', "packed");
	is_from(img, 5, VS_FROM_DAMAGED, 0, "packed, with a wrong sum");
	is_from(img, 6, VS_FROM_DAMAGED, 0, "descriptor that points outside");
	is_from(img, 7, VS_FROM_DAMAGED, 0, "a way of packing that there is not");
	is_from(img, 8, VS_FROM_ZERO, 0, "the same zeros");
	is_from(img, 9, VS_FROM_DAMAGED, 0, "not packed and less than a page");
	is_from(img, 10, VS_FROM_ZERO, 0, "zeros, packed");
	is_from(img, 11, VS_FROM_DAMAGED, 0, "more than a page");
	is_from(img, 12, VS_FROM_DAMAGED, 0, "less than a page");
	is_from(img, 13, VS_FROM_DAMAGED, 0, "descriptor that points into the header");
	is_from(img, MAX, VS_FROM_NOWHERE, 0, "past the end");
	is_from(img, 5, VS_FROM_DAMAGED, 0, "once more");
	ok(img->n_damaged == 7 && img->first_damaged == 5 * BLOCK, "each damaged page counts once: %" PRIu64, img->n_damaged);
	vs_image_count(img, n);
	ok(n[VS_FROM_FILE] == 12 * BLOCK && n[VS_FROM_EXCLUDED] == BLOCK && !n[VS_FROM_TRUNCATED],
	   "%" PRIu64 " pages, %" PRIu64 " excluded", n[VS_FROM_FILE] / BLOCK, n[VS_FROM_EXCLUDED] / BLOCK);
	ok(img->needed_size == img->file_size, "one descriptor that points far outside does not make it a cut file");
	vs_image_destroy(img);

	make_all(0);
	img = open_made(end, &err);
	if (img)
		is_from(img, 8, VS_FROM_FILE, 0, "zeros of a dumper that did not look for them");
	vs_err_free(err);
	vs_image_destroy(img);
}

static void test_cut(void)
{
	uint64_t n[VS_FROM_COUNT];
	struct vs_image *img;
	struct vs_err *err;
	size_t whole;

	start(4, 0);
	for (unsigned int pfn = 0; pfn < 4; pfn++)
		raw(pfn, 'a' + (int)pfn);
	whole = end;
	img = open_made(whole - 2 * BLOCK + 5, &err);
	if (img) {
		is_from(img, 1, VS_FROM_FILE, 'b', "before the cut");
		is_from(img, 2, VS_FROM_TRUNCATED, 0, "behind it");
		is_from(img, 3, VS_FROM_TRUNCATED, 0, "behind it");
		ok(img->needed_size == whole, "%" PRIu64 " bytes are missing", img->needed_size - img->file_size);
		vs_image_count(img, n);
		ok(n[VS_FROM_TRUNCATED] == 2 * BLOCK, "two pages are counted as lost");
	}
	vs_err_free(err);
	vs_image_destroy(img);
	img = open_made(TABLE + 2 * 24 + 3, &err);	// in its table
	if (img) {
		is_from(img, 0, VS_FROM_TRUNCATED, 0, "with its descriptor");
		is_from(img, 3, VS_FROM_TRUNCATED, 0, "with none");
		ok(img->needed_size > img->file_size, "it is known to be cut");
	}
	vs_err_free(err);
	vs_image_destroy(img);
}

static void test_split(unsigned int version)
{
	struct vs_image *img;
	struct vs_err *err;

	start(2, 0);
	raw(3, 'x');
	raw(4, 'y');
	for (unsigned int pfn = 10; pfn < 20; pfn++) {	// what the other file holds
		is_memory(pfn);
		file[3 * BLOCK + pfn / 8] |= (unsigned char)(1 << pfn % 8);
	}
	put(8, version, 4);
	put(BLOCK + at->split, 1, 4);
	if (version < 6) {
		put(BLOCK + at->start_pfn, 2, at->word);
		put(BLOCK + at->end_pfn, 9, at->word);
	} else {
		put(BLOCK + at->start_pfn64, 2, 8);
		put(BLOCK + at->end_pfn64, 9, 8);
	}
	is_memory(1);
	is_memory(5);
	img = open_made(end, &err);
	if (img) {
		is_from(img, 4, VS_FROM_FILE, 'y', "in this file");
		is_from(img, 5, VS_FROM_EXCLUDED, 0, "in none");
		is_from(img, 12, VS_FROM_ELSEWHERE, 0, "in the other");
		is_from(img, 1, VS_FROM_ELSEWHERE, 0, "or in none, which the other would tell");
		is_from(img, 30, VS_FROM_NOWHERE, 0, "no memory");
	}
	vs_err_free(err);
	vs_image_destroy(img);
}

/* VMCOREINFO is where the sub header says. */
static void test_vmcoreinfo(void)
{
	static const char text[] = "OSRELEASE=5.10\n";
	struct vs_image *img;
	struct vs_err *err;

	start(1, 0);
	raw(0, 'a');
	put(BLOCK + at->vmcoreinfo, BLOCK + 200, 8);
	put(BLOCK + at->vmcoreinfo + 8, sizeof(text) - 1, at->word);
	memcpy(file + BLOCK + 200, text, sizeof(text) - 1);
	img = open_made(end, &err);
	ok(img && img->n_notes == 1 && img->notes[0].desc_len == sizeof(text) - 1 &&
	   !memcmp(img->notes[0].desc, text, sizeof(text) - 1), "VMCOREINFO is found");
	vs_err_free(err);
	vs_image_destroy(img);
}

/* What is of neither machine is told as it is. */
static void test_neither(void)
{
	struct vs_source src = { .path = "made" };
	char path[] = "kdump-XXXXXX";
	struct vs_out out = { .quiet = true };
	struct vs_image *img = NULL;
	struct vs_err *err;

	start(1, 0);
	raw(0, 'a');
	put(at->block, 3000, 4);
	src.fd = mkstemp(path);
	src.size = end;
	if (src.fd < 0 || write(src.fd, file, end) != (ssize_t)end)
		exit(99);
	unlink(path);
	err = vs_image_open_sources(&src, 1, &out, &img);
	close(src.fd);
	ok(err && strstr(err->msg, "block size"), "a block of no size that one has is refused");
	vs_err_free(err);
	vs_image_destroy(img);
}

/* What the header calls the machine is not always what it is. */
static void test_machine(void)
{
	static const struct { const char *uts; unsigned int ram; } made[] = {
		{ "i686", 0 }, { "x86_64", 0 }, { "i586", 0 }, { "i686", 5000 },	// the last: as dumpers of old filled it in
	};

	at = &of_i386;
	for (unsigned int i = 0; i < sizeof(made) / sizeof(*made); i++) {
		struct vs_image *img;
		struct vs_err *err;

		start(1, 0);
		raw(0, 'a');
		memset(file + 12 + 4 * 65, 0, 65);
		memcpy(file + 12 + 4 * 65, made[i].uts, strlen(made[i].uts));
		for (unsigned int member = 1; made[i].ram && member <= 3; member++)
			put(at->max_mapnr + 4 * member, made[i].ram, 4);
		if (made[i].ram)
			put(at->max_mapnr, 1 << 13, 4);	// a power of two, as a block is
		img = open_made(end, &err);
		ok(img && img->machine == EM_386, "32-bit headers of \"%s\" are of i386", made[i].uts);
		vs_err_free(err);
		vs_image_destroy(img);
	}
}

int main(void)
{
	for (int narrow = 0; narrow < 2; narrow++) {
		at = narrow ? &of_i386 : &of_64;
		diag(narrow ? "as a 32-bit dumper writes it" : "as a 64-bit dumper writes it");
		test_pages();
		test_cut();
		test_split(6);
		test_split(2);
		test_vmcoreinfo();
		test_neither();
	}
	test_machine();
	return done();
}
