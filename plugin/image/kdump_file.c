// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/kdump_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/vec.h"
#include "image/unpack.h"

#define OFF_VERSION	8
#define OFF_MACHINE	(12 + 4 * 65)	/* utsname.machine */

/*
 * struct disk_dump_header, unchanged since it was diskdump's, and struct kdump_sub_header, as the
 * compiler of a 64-bit machine and that of i386 lay them out. What is an unsigned long there is
 * `word` bytes wide.
 */
struct vs_kdump_layout {
	uint8_t word;
	uint16_t status, block, sub_size, bitmap, max_mapnr;
	struct {
		uint8_t dump_level;	/* since version 1 */
		uint8_t split, start_pfn, end_pfn;	/* since version 2 */
		uint8_t vmcoreinfo;	/* since version 3: where it is, 64 bits, and a word of its size */
		uint8_t note;		/* since version 4, likewise */
		uint8_t start_pfn64, end_pfn64, max_mapnr64;	/* since version 6 */
	} sub;
};

static const struct vs_kdump_layout layout64 = {
	8, 424, 428, 432, 436, 440, { 8, 12, 16, 24, 32, 48, 80, 88, 96 },
}, layout32 = {
	4, 412, 416, 420, 424, 428, { 4, 8, 12, 16, 20, 32, 56, 64, 72 },
};

/* struct page_desc */
#define DESC_SIZE	24

#define RANK_PAGES	512u		/* 64 bytes of bitmap */
#define SOME		64u		/* descriptors that are looked at to judge all */

static bool block_ok(uint32_t block)
{
	return block >= 512 && block <= 1 << 20 && !(block & (block - 1));
}

const unsigned char *vs_kdump_file_at(const struct vs_kdump_file *f, uint64_t off, uint64_t len)
{
	return off > f->size || len > f->size - off ? NULL : f->map + off;
}

static uint32_t head32(const struct vs_kdump_file *f, unsigned int off)
{
	return vs_load32(f->map + off, f->big_endian);
}

static uint64_t sub64(const struct vs_kdump_file *f, unsigned int off)
{
	return vs_load64(f->map + f->block + off, f->big_endian);
}

static uint64_t sub_word(const struct vs_kdump_file *f, unsigned int off)
{
	return vs_load(f->map + f->block + off, f->layout->word, f->big_endian);
}

const unsigned char *vs_kdump_file_piece(const struct vs_kdump_file *f, enum vs_kdump_piece what, uint64_t *len_ret)
{
	const unsigned int off = what == VS_KDUMP_VMCOREINFO ? f->layout->sub.vmcoreinfo : f->layout->sub.note;
	const uint64_t at = sub64(f, off);

	*len_ret = sub_word(f, off + 8);
	return at && *len_ret ? vs_kdump_file_at(f, at, *len_ret) : NULL;
}

static bool bit(const unsigned char *bits, uint64_t n)
{
	return bits[n / 8] >> n % 8 & 1;
}

/* Bits set in 8 bytes; without an instruction for it __builtin_popcount is a call. */
static unsigned int weigh(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	v -= v >> 1 & UINT64_C(0x5555555555555555);
	v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
	v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned int)(v * UINT64_C(0x0101010101010101) >> 56);
}

/* Pages held below @p pfn, of those that the file is about. */
static uint64_t rank(const struct vs_kdump_file *f, uint64_t pfn)
{
	uint64_t group, at, n;

	if (pfn <= f->first)
		return 0;
	group = pfn / RANK_PAGES - f->first / RANK_PAGES;
	at = group ? (f->first / RANK_PAGES + group) * RANK_PAGES : f->first;
	n = f->ranks[group];
	for (; at < pfn && at % 64; at++)
		n += bit(f->held, at);
	for (; at + 64 <= pfn; at += 64)
		n += weigh(f->held + at / 8);
	for (; at < pfn; at++)
		n += bit(f->held, at);
	return n;
}

static struct vs_err *count_pages(struct vs_kdump_file *f)
{
	uint64_t first = f->first / RANK_PAGES, groups = f->end / RANK_PAGES - first + 1;

	// four bytes for 64 bytes of a bitmap that has been found in the file
	f->ranks = calloc(groups, sizeof(*f->ranks));
	if (!f->ranks)
		return &vs_enomem;
	for (uint64_t g = 0; g + 1 < groups; g++) {
		uint64_t end = (first + g + 1) * RANK_PAGES;

		f->ranks[g + 1] = (uint32_t)rank(f, end - 1) + bit(f->held, end - 1);
	}
	f->n_pages = rank(f, f->end);
	return NULL;
}

uint64_t vs_kdump_file_count(const struct vs_kdump_file *f, uint64_t first, uint64_t end)
{
	first = first > f->first ? first : f->first;
	end = end < f->end ? end : f->end;
	return first < end ? rank(f, end) - rank(f, first) : 0;
}

uint64_t vs_kdump_file_next(const struct vs_kdump_file *f, const unsigned char *bits, uint64_t pfn, bool set)
{
	const uint64_t none = set ? 0 : UINT64_MAX;
	uint64_t word;

	while (pfn < f->max_pfn) {
		// whole words as far as the bitmap has them
		if (!(pfn % 64) && pfn + 64 <= f->max_pfn) {
			memcpy(&word, bits + pfn / 8, sizeof(word));
			if (word == none) {
				pfn += 64;
				continue;
			}
		}
		if (bit(bits, pfn) == set)
			return pfn;
		pfn++;
	}
	return f->max_pfn;
}

/* Of what is in the file: has it been written? */
static bool is_there(const struct vs_kdump_file *f, uint64_t off, uint64_t len)
{
	return vs_extents_from(f->gaps ? &f->written : NULL, off, len) == len;
}

bool vs_kdump_file_is_ram(const struct vs_kdump_file *f, uint64_t pfn)
{
	return pfn < f->max_pfn && bit(f->ram, pfn);
}

static void load_desc(const struct vs_kdump_file *f, uint64_t i, struct vs_kdump_page *ret)
{
	const unsigned char *p = f->map + f->table + i * DESC_SIZE;

	ret->off = vs_load64(p, f->big_endian);
	ret->size = vs_load32(p + 8, f->big_endian);
	ret->flags = vs_load32(p + 12, f->big_endian);
}

/* How many descriptors are in the file. */
static uint64_t n_descs(const struct vs_kdump_file *f)
{
	uint64_t n = f->table < f->size ? (f->size - f->table) / DESC_SIZE : 0;

	return n < f->n_pages ? n : f->n_pages;
}

static bool desc_ok(const struct vs_kdump_file *f, const struct vs_kdump_page *p)
{
	// what is compressed is smaller than a page, or was written as it is; twice is leave for other dumpers
	return p->size && p->size <= 2 * f->block && p->off >= f->table && p->off + p->size > p->off;
}

enum vs_from vs_kdump_file_find(const struct vs_kdump_file *f, uint64_t pfn, struct vs_kdump_page *ret)
{
	struct vs_kdump_page p;
	uint64_t i;

	if (pfn < f->first || pfn >= f->end || !bit(f->held, pfn))
		return VS_FROM_EXCLUDED;
	i = rank(f, pfn);
	if (i >= n_descs(f) || !is_there(f, f->table + i * DESC_SIZE, DESC_SIZE))
		return VS_FROM_TRUNCATED;
	load_desc(f, i, &p);
	if (!desc_ok(f, &p) || p.flags & ~(uint32_t)VS_PACKED_ANY)
		return VS_FROM_DAMAGED;
	// of a file that ends in its table it is not known how far it went
	if (!vs_kdump_file_at(f, p.off, p.size))
		return p.off + p.size <= f->needed || n_descs(f) < f->n_pages ? VS_FROM_TRUNCATED : VS_FROM_DAMAGED;
	if (!is_there(f, p.off, p.size))
		return VS_FROM_TRUNCATED;
	*ret = p;
	return VS_FROM_FILE;
}

uint64_t vs_kdump_file_lost(const struct vs_kdump_file *f)
{
	const uint64_t n = n_descs(f);
	uint64_t lost = f->n_pages - n;

	if (f->needed <= f->size && !f->gaps)
		return 0;
	for (uint64_t i = 0; i < n; i++) {
		struct vs_kdump_page p;

		if (!is_there(f, f->table + i * DESC_SIZE, DESC_SIZE)) {
			lost++;
			continue;
		}
		load_desc(f, i, &p);
		lost += desc_ok(f, &p) && (!vs_kdump_file_at(f, p.off, p.size) || !is_there(f, p.off, p.size));
	}
	return lost;
}

uint64_t vs_kdump_file_all(const struct vs_kdump_file *f)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < f->max_pfn / 64; i++)
		n += weigh(f->held + i * 8);
	for (uint64_t i = f->max_pfn & ~UINT64_C(63); i < f->max_pfn; i++)
		n += bit(f->held, i);
	return n;
}

/*
 * How long the file was: pages were written one behind the other, so the last descriptor that
 * begins where the one before it ends tells. A single one that points anywhere tells nothing.
 */
static void find_end(struct vs_kdump_file *f)
{
	uint64_t n = n_descs(f), held = 0;

	f->needed = f->size;
	if (n < f->n_pages) {
		f->needed = f->table + f->n_pages * DESC_SIZE;	// and pages behind it
		return;
	}
	for (uint64_t i = n; i > 1 && held < SOME; i--, held++) {
		struct vs_kdump_page a, b;

		load_desc(f, i - 2, &a);
		load_desc(f, i - 1, &b);
		if (!desc_ok(f, &a) || !desc_ok(f, &b) || a.off + a.size != b.off || b.off + b.size <= f->needed)
			continue;
		f->needed = b.off + b.size;
		return;
	}
}

/*
 * The bytes of pages begin behind the table: if they do not, the bitmap has more or fewer pages
 * than the table, and a page would be taken for another. Each file of a split set has room
 * for the pages of all.
 */
static struct vs_err *check_count(const struct vs_kdump_file *f)
{
	const uint64_t n = n_descs(f), all = f->split ? vs_kdump_file_all(f) : 0;
	const uint64_t behind = f->table + f->n_pages * DESC_SIZE;
	const uint64_t block = (behind + f->block - 1) & ~(uint64_t)(f->block - 1);	// where QEMU begins
	uint64_t lowest = UINT64_MAX;

	if (n < f->n_pages || !n || !is_there(f, f->table, n * DESC_SIZE))
		return NULL;
	for (uint64_t i = 0; i < n && i < SOME; i++) {
		struct vs_kdump_page p;

		load_desc(f, i, &p);
		if (desc_ok(f, &p) && p.off < lowest)
			lowest = p.off;
	}
	// in front of all others may stand the page of zeros, which none of the first ones has to be
	if (lowest == UINT64_MAX || lowest == behind || lowest == behind + f->block || lowest == block ||
	    lowest == block + f->block || (f->split && lowest >= behind && lowest <= f->table + (all + 1) * DESC_SIZE))
		return NULL;
	return vs_err_create(VS_ERR_FORMAT,
		"broken kdump: its bitmap has %" PRIu64 " pages, but the first of their bytes are at %" PRIu64
		", expected at %" PRIu64 ": which page is which cannot be told", f->n_pages, lowest, behind);
}

static struct vs_err *read_sub(struct vs_kdump_file *f, uint64_t bits)
{
	const bool new = f->version >= 6;
	const unsigned char *sub = vs_kdump_file_at(f, f->block, VS_KDUMP_SUB);

	f->first = 0;
	f->end = f->max_pfn;
	f->dump_level = -1;
	if (!f->version)
		return NULL;
	if (!sub)
		return vs_err_create(VS_ERR_FORMAT, "cut in its sub header: %" PRIu64 " bytes, expected %" PRIu64
				     " at least", f->size, (uint64_t)f->block + VS_KDUMP_SUB);
	f->dump_level = (int)vs_load32(sub + f->layout->sub.dump_level, f->big_endian);
	if (new)
		f->max_pfn = sub64(f, f->layout->sub.max_mapnr64);
	if (!f->max_pfn || f->max_pfn > bits)
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: %" PRIu64
				     " pages of memory; its bitmap has %" PRIu64 " bits", f->max_pfn, bits);
	f->end = f->max_pfn;
	f->split = f->version >= 2 && vs_load32(sub + f->layout->sub.split, f->big_endian);
	if (!f->split)
		return NULL;
	f->first = new ? sub64(f, f->layout->sub.start_pfn64) : sub_word(f, f->layout->sub.start_pfn);
	f->end = new ? sub64(f, f->layout->sub.end_pfn64) : sub_word(f, f->layout->sub.end_pfn);
	if (f->first >= f->end || f->first >= f->max_pfn)
		return vs_err_create(VS_ERR_FORMAT, "broken kdump sub header: of a split set, with pages %" PRIu64
				     " to %" PRIu64 " of %" PRIu64, f->first, f->end, f->max_pfn);
	f->end = f->end < f->max_pfn ? f->end : f->max_pfn;
	return NULL;
}

static struct vs_err *read_bitmaps(struct vs_kdump_file *f)
{
	uint64_t sub = head32(f, f->layout->sub_size), blocks = head32(f, f->layout->bitmap), at, len, bits;
	struct vs_err *err;

	// 32 bits each, times a block of 1 MiB at most: no overflow
	at = (1 + sub) * f->block;
	len = blocks * f->block;
	if (!blocks || !vs_kdump_file_at(f, at, len))
		return vs_err_create(VS_ERR_FORMAT, "cut in its bitmaps, or a broken header: %" PRIu64
				     " blocks of %u bytes at %" PRIu64 " do not fit into %" PRIu64 " bytes",
				     blocks, f->block, at, f->size);
	if (!is_there(f, 0, at + len))
		return vs_err_create(VS_ERR_FORMAT, "cut before all of its headers and bitmaps, %" PRIu64 " bytes, were written",
				     at + len);
	f->table = at + len;
	f->max_pfn = head32(f, f->layout->max_mapnr);
	bits = len * 8;
	err = read_sub(f, bits);
	if (err)
		return err;
	if (!f->max_pfn || f->max_pfn > bits)
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: %" PRIu64
				     " pages of memory; its bitmap has %" PRIu64 " bits", f->max_pfn, bits);
	f->ram = f->held = f->map + at;
	if (f->max_pfn <= bits / 2)	// the second is missing in full dumps of old
		f->held += len / 2;
	err = count_pages(f);
	if (!err)
		err = check_count(f);
	if (!err)
		find_end(f);
	return err;
}

/* Could this be how the header is laid out? What one says, the other has in members that are no such numbers. */
static bool plausible(const struct vs_kdump_file *f, const struct vs_kdump_layout *l)
{
	const uint64_t block = head32(f, l->block), blocks = head32(f, l->bitmap);

	return block_ok((uint32_t)block) && head32(f, l->sub_size) && head32(f, l->sub_size) <= 1 << 20 && blocks &&
	       head32(f, l->max_mapnr) <= blocks * block * 8;
}

bool vs_kdump_file_is_i386(const struct vs_kdump_file *f)
{
	return f->machine[0] == 'i' && f->machine[1] && !strcmp(f->machine + 2, "86");
}

/* Of i386 the one is tried first, else the other: old dumpers filled all members. */
static const struct vs_kdump_layout *layout_of(const struct vs_kdump_file *f)
{
	const struct vs_kdump_layout *first = vs_kdump_file_is_i386(f) ? &layout32 : &layout64;
	const struct vs_kdump_layout *other = first == &layout32 ? &layout64 : &layout32;

	return plausible(f, first) || !plausible(f, other) ? first : other;
}

bool vs_kdump_file_is_32bit(const struct vs_kdump_file *f)
{
	return f->layout == &layout32;
}

struct vs_err *vs_kdump_file_init(struct vs_kdump_file *f, const struct vs_source *src)
{
	void *map;

	*f = (struct vs_kdump_file){ .size = src->size, .gaps = src->written };
	if (f->gaps) {		// taken over
		f->written = *src->written;
		*src->written = (struct vs_extents){ 0 };
	}
	if (f->size < VS_KDUMP_HEADER)
		return vs_err_create(VS_ERR_FORMAT, "cut in its header: %" PRIu64 " bytes, expected %u at least",
				     f->size, VS_KDUMP_HEADER);
	map = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, src->fd, 0);
	if (map == MAP_FAILED)
		return vs_err_os(errno, "cannot map it");
	f->map = map;
	// the version is a small number in the right order only
	f->big_endian = vs_load32(f->map + OFF_VERSION, false) > 0xffff;
	f->version = head32(f, OFF_VERSION);
	memcpy(f->machine, f->map + OFF_MACHINE, 64);
	if (!strcmp(f->machine, "Unknown"))	// QEMU, of what is no x86
		f->machine[0] = 0;
	f->layout = layout_of(f);
	f->status = head32(f, f->layout->status);
	f->block = head32(f, f->layout->block);
	if (!block_ok(f->block))
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: block size %u, expected a power of 2 from 512 on",
				     f->block);
	if (f->version > 0xffff)
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: version %u, expected 1 to 6", f->version);
	return read_bitmaps(f);
}

void vs_kdump_file_deinit(struct vs_kdump_file *f)
{
	if (f->map)
		munmap((void *)f->map, f->size);
	free(f->ranks);
	vs_vec_deinit(&f->written);
	*f = (struct vs_kdump_file){ 0 };
}
