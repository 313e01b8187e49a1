// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF dumps of each class and byte order, made here; extents; what a page of zeros is called. */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/out.h"
#include "image/probe.h"
#include "tap.h"

static unsigned char file[16384];

static void put(size_t at, uint64_t v, unsigned int size, bool be)
{
	for (unsigned int i = 0; i < size; i++)
		file[at + (be ? size - 1 - i : i)] = (unsigned char)(v >> 8 * i);
}

struct load {
	uint64_t off, pa, filesz, memsz;
};

/* A header, its program headers: 1 PT_NOTE with one note of 8 bytes at 0x800, and @p loads. */
static size_t make_elf(bool is64, bool be, uint16_t machine, const struct load *loads, unsigned int n)
{
	const unsigned int head = is64 ? 64 : 52, size = is64 ? 56 : 32;

	memset(file, 0, sizeof(file));
	memcpy(file, ELFMAG, 4);
	file[4] = is64 ? ELFCLASS64 : ELFCLASS32;
	file[5] = be ? ELFDATA2MSB : ELFDATA2LSB;
	file[6] = 1;
	put(16, ET_CORE, 2, be);
	put(18, machine, 2, be);
	put(is64 ? 32 : 28, head, is64 ? 8 : 4, be);
	put(is64 ? 54 : 42, size, 2, be);
	put(is64 ? 56 : 44, n + 1, 2, be);
	put(head, PT_NOTE, 4, be);
	put(head + (is64 ? 8 : 4), 0x800, is64 ? 8 : 4, be);
	put(head + (is64 ? 32 : 16), 12 + 8 + 8, is64 ? 8 : 4, be);
	put(0x800, 5, 4, be);
	put(0x804, 8, 4, be);
	put(0x808, 77, 4, be);
	memcpy(file + 0x80c, "HERE", 5);
	memcpy(file + 0x814, "the desc", 8);
	for (unsigned int i = 0; i < n; i++) {
		size_t p = head + (i + 1) * size;

		put(p, PT_LOAD, 4, be);
		if (is64) {
			put(p + 8, loads[i].off, 8, be);
			put(p + 24, loads[i].pa, 8, be);
			put(p + 32, loads[i].filesz, 8, be);
			put(p + 40, loads[i].memsz, 8, be);
		} else {
			put(p + 4, loads[i].off, 4, be);
			put(p + 12, loads[i].pa, 4, be);
			put(p + 16, loads[i].filesz, 4, be);
			put(p + 20, loads[i].memsz, 4, be);
		}
	}
	for (unsigned int i = 0x1000; i < sizeof(file); i++)
		file[i] = (unsigned char)(i >> 4);
	return sizeof(file);
}

static struct vs_image *open_made(size_t size, struct vs_extents *written, struct vs_err **err_ret)
{
	char path[] = "image-XXXXXX";
	struct vs_source src = { .path = "made", .fd = mkstemp(path), .size = size, .written = written };
	struct vs_out out = { .quiet = true };
	struct vs_image *img = NULL;

	if (src.fd < 0 || write(src.fd, file, size) != (ssize_t)size)
		exit(99);
	unlink(path);
	*err_ret = vs_image_open_sources(&src, 1, &out, &img);
	close(src.fd);
	return img;
}

static void is_from(struct vs_image *img, uint64_t pa, enum vs_from expected, int byte, const char *what)
{
	unsigned char b = 0;
	enum vs_from from = vs_image_read(img, pa, &b, 1, NULL);

	if (!ok(from == expected && (byte < 0 || b == byte), "%s: %#" PRIx64 " is %s", what, pa, vs_from_name(expected)))
		diag("found %s, byte %#x", vs_from_name(from), b);
}

static void test_shapes(void)
{
	// the second lies in the memory of the first where that has no bytes, and on
	static const struct load loads[] = {
		{ 0x1000, 0x10000, 0x800, 0x1000 }, { 0x1800, 0x10c00, 0x1000, 0x2000 }, { 0x3000, 0x80000, 0x2000, 0x2000 },
	};

	for (int shape = 0; shape < 4; shape++) {
		const bool is64 = shape & 1, be = shape & 2;
		struct vs_err *err;
		struct vs_image *img = open_made(make_elf(is64, be, 243, loads, 3), NULL, &err);
		char what[40];

		snprintf(what, sizeof(what), "ELF%d, %s endian", is64 ? 64 : 32, be ? "big" : "little");
		if (!ok(!err, "%s: opened", what)) {
			diag("%s", err->msg);
			vs_err_free(err);
			continue;
		}
		ok(!strncmp(img->what, what, 5) && strstr(img->what, what + 7), "%s: %s", what, img->what);
		ok(img->n_ranges == 2 && img->ranges[0].start == 0x10000 && img->ranges[0].end == 0x12c00 &&
		   img->ranges[0].in_file == 0x1800, "%s: its memory", what);
		ok(img->machine == 243 && img->big_endian == be, "%s: of a RISC-V", what);
		ok(img->n_notes == 1 && img->notes[0].type == 77 && img->notes[0].desc_len == 8 &&
		   !memcmp(img->notes[0].desc, "the desc", 8), "%s: its note", what);
		is_from(img, 0xfff0, VS_FROM_NOWHERE, -1, what);
		is_from(img, 0x10010, VS_FROM_FILE, 0x01, what);
		is_from(img, 0x10810, VS_FROM_EXCLUDED, -1, what);
		is_from(img, 0x10c10, VS_FROM_FILE, 0x81, what);
		is_from(img, 0x11010, VS_FROM_FILE, 0xc1, what);
		is_from(img, 0x12000, VS_FROM_EXCLUDED, -1, what);
		is_from(img, 0x80010, VS_FROM_FILE, 0x01, what);
		is_from(img, 0x81010, VS_FROM_TRUNCATED, -1, what);
		is_from(img, 0x82000, VS_FROM_NOWHERE, -1, what);
		ok(img->needed_size == 0x5000, "%s: %" PRIu64 " bytes are wanted", what, img->needed_size);
		vs_image_destroy(img);
	}
}

static void test_lies(void)
{
	static const struct load past[] = { { 0x1000, UINT64_C(0xfffffffffffff000), 0x800, UINT64_C(1) << 60 },
					    { 0x1800, 0x2000, 0x800, UINT64_MAX } };
	static const struct { unsigned int at, size; uint64_t v; const char *what; } lies[] = {
		{ 4, 1, 3, "class" }, { 5, 1, 0, "byte order" }, { 32, 8, 8, "in the header itself" },
		{ 32, 8, UINT64_MAX - 8, "cut in its program headers" }, { 54, 2, 55, "expected 56" },
		{ 56, 2, 0, "no program headers" }, { 56, 2, 0xffff, "no program headers" }, { 56, 2, 0xfffe, "do not fit" },
	};
	struct vs_err *err;
	struct vs_image *img;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		size_t size = make_elf(true, false, EM_X86_64, &(struct load){ 0x1000, 0x1000, 16, 16 }, 1);

		put(lies[i].at, lies[i].v, lies[i].size, false);
		img = open_made(size, NULL, &err);
		if (!ok(err && strstr(err->msg, lies[i].what), "a lie: says %s", lies[i].what))
			diag("%s", err ? err->msg : "no error");
		vs_err_free(err);
		vs_image_destroy(img);
	}
	img = open_made(make_elf(true, false, EM_X86_64, past, 2), NULL, &err);
	ok(!err, "sizes that lead past the end of memory");
	if (img) {
		is_from(img, UINT64_C(0xfffffffffffff010), VS_FROM_FILE, 0x01, "its bytes");
		is_from(img, 0x2010, VS_FROM_FILE, 0x81, "and those of the next");
	}
	vs_err_free(err);
	vs_image_destroy(img);
}

static bool same(const struct vs_extents *e, const char *expected)
{
	char buf[200] = "";

	for (size_t i = 0; i < e->n; i++)
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%" PRIu64 "-%" PRIu64 " ", e->v[i].start, e->v[i].end);
	return is_str(buf, expected, "extents %s", expected);
}

static void test_extents(void)
{
	struct vs_extents e = { 0 };
	struct vs_image *img;
	struct vs_err *err;

	ok(vs_extents_from(NULL, 5, 10) == 10 && !vs_extents_from(&e, 5, 10), "no extents known: all; none: nothing");
	vs_extents_add(&e, 10, 20);
	vs_extents_add(&e, 30, 40);
	vs_extents_add(&e, 50, 60);
	vs_extents_add(&e, 5, 5);
	same(&e, "10-20 30-40 50-60 ");
	vs_extents_add(&e, 40, 45);
	vs_extents_add(&e, 0, 3);
	same(&e, "0-3 10-20 30-45 50-60 ");
	ok(vs_extents_from(&e, 12, 3) == 3 && vs_extents_from(&e, 12, 100) == 8 && !vs_extents_from(&e, 20, 1) &&
	   !vs_extents_from(&e, 9, 5) && vs_extents_from(&e, 59, 5) == 1 && !vs_extents_from(&e, 60, 1), "what is there");
	vs_extents_add(&e, 15, 55);
	same(&e, "0-3 10-60 ");
	vs_extents_add(&e, 0, 100);
	same(&e, "0-100 ");

	// of a file put in order, which was cut: only its first page came
	e.n = 0;
	vs_extents_add(&e, 0, 0x1100);
	img = open_made(make_elf(true, false, EM_X86_64, &(struct load){ 0x1000, 0x1000, 0x1000, 0x1000 }, 1), &e, &err);
	ok(!err, "opened");
	if (img) {
		is_from(img, 0x1010, VS_FROM_FILE, 0x01, "what came");
		is_from(img, 0x1110, VS_FROM_TRUNCATED, -1, "what did not, and reads as something");
	}
	vs_err_free(err);
	vs_image_destroy(img);
	free(e.v);
}

int main(void)
{
	test_shapes();
	test_lies();
	test_extents();
	return done();
}
