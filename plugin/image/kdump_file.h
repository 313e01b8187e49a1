/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file of a kdump-compressed dump (makedumpfile, QEMU): its headers, its bitmaps and
 * its table of pages. Every number in it is checked here; nothing is allocated by them
 * but what the file's own bytes can answer for.
 *
 *	block 0			struct disk_dump_header
 *	block 1			struct kdump_sub_header, VMCOREINFO, notes
 *	1 + sub_hdr_size	a bitmap of memory, a bitmap of the pages that are here
 *	+ bitmap_blocks		struct page_desc for each of these
 *	behind			their bytes; pages of zeros share the first
 */
#ifndef VS_IMAGE_KDUMP_FILE_H
#define VS_IMAGE_KDUMP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/probe.h"

struct vs_err;

/* Bytes of struct disk_dump_header and struct kdump_sub_header that are looked at. */
#define VS_KDUMP_HEADER	464
#define VS_KDUMP_SUB	104

struct vs_kdump_layout;

struct vs_kdump_file {
	const unsigned char *map;	/* the file, mapped */
	uint64_t size;
	const struct vs_kdump_layout *layout;	/* of its headers: a 64-bit machine's, or i386's */
	bool big_endian;
	uint32_t version;
	uint32_t status;		/* VS_PACKED_*: what the dumper meant to compress by */
	uint32_t block;			/* bytes of a page, and of what the header counts in */
	int dump_level;			/* -1: too old to say */
	char machine[66];		/* utsname.machine; "" where it was not told */
	uint64_t max_pfn;		/* page numbers are below this */
	uint64_t first, end;		/* page numbers that this file is about: all but in a split set */
	bool split;
	const unsigned char *ram, *held;	/* bitmaps; the same where there is but one */
	uint32_t *ranks;		/* pages held before each group of RANK_PAGES, from first on */
	uint64_t n_pages;		/* held by this file */
	uint64_t table;			/* where the descriptors are */
	uint64_t needed;		/* bytes that the file had; more than size: it has been cut */
	bool gaps;			/* not all of size is there: see written */
	struct vs_extents written;
};

/* struct page_desc. */
struct vs_kdump_page {
	uint64_t off;
	uint32_t size, flags;
};

/** Map it, check it. The error says what is wrong with it; then, too, the caller deinits. */
struct vs_err *vs_kdump_file_init(struct vs_kdump_file *f, const struct vs_source *src);
void vs_kdump_file_deinit(struct vs_kdump_file *f);

/** Does it say that its machine is an i386, i486, i586 or i686? */
bool vs_kdump_file_is_i386(const struct vs_kdump_file *f);

/** Were its headers written by, or for, a 32-bit machine? */
bool vs_kdump_file_is_32bit(const struct vs_kdump_file *f);

/** @p len bytes at @p off, or NULL if they are not all in the file. */
const unsigned char *vs_kdump_file_at(const struct vs_kdump_file *f, uint64_t off, uint64_t len);

/** Is page @p pfn memory? */
bool vs_kdump_file_is_ram(const struct vs_kdump_file *f, uint64_t pfn);

/**
 * Where page @p pfn is. VS_FROM_EXCLUDED: it is not held; VS_FROM_TRUNCATED, VS_FROM_DAMAGED: its
 * descriptor or its bytes are not in the file. Only VS_FROM_FILE sets *ret.
 */
enum vs_from vs_kdump_file_find(const struct vs_kdump_file *f, uint64_t pfn, struct vs_kdump_page *ret);

/** How many of the pages [first, end) it holds. */
uint64_t vs_kdump_file_count(const struct vs_kdump_file *f, uint64_t first, uint64_t end);

/** How many of its pages were cut off. Goes through the table of pages of a file that has been cut. */
uint64_t vs_kdump_file_lost(const struct vs_kdump_file *f);

/** How many pages all files of the set hold. Goes through the bitmap. */
uint64_t vs_kdump_file_all(const struct vs_kdump_file *f);

/** The next page number from @p pfn on whose bit in @p bits is @p set; max_pfn if there is none. */
uint64_t vs_kdump_file_next(const struct vs_kdump_file *f, const unsigned char *bits, uint64_t pfn, bool set);

enum vs_kdump_piece { VS_KDUMP_VMCOREINFO, VS_KDUMP_NOTE };

/** What the sub header says of where VMCOREINFO or the notes are; NULL: there are none, or not in the file. */
const unsigned char *vs_kdump_file_piece(const struct vs_kdump_file *f, enum vs_kdump_piece what, uint64_t *len_ret);

#endif
