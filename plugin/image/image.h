/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image: the bytes a dump holds, by physical address, and for each of them
 * where it came from. One row of image.c's probe table is one container.
 */
#ifndef VS_IMAGE_IMAGE_H
#define VS_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/from.h"

struct vs_err;
struct vs_out;

/** A run of bytes of one origin. */
struct vs_run {
	const unsigned char *data;	/* NULL unless vs_from_ok(from); borrowed, valid until the next call */
	uint64_t addr;			/* first address of the run: the one asked for */
	uint64_t len;			/* bytes, at least 1 */
	enum vs_from from;
};

struct vs_image;

/** One note of the container; all borrowed from the image. */
struct vs_note {
	const char *name;	/* owner, not necessarily terminated: name_len */
	size_t name_len;
	uint32_t type;
	const unsigned char *desc;
	size_t desc_len;
};

/** A range of physical memory that the container describes. */
struct vs_phys_range {
	uint64_t start, end;	/* end exclusive */
	uint64_t in_file;	/* how many bytes of that the file holds */
};

/** Whose memory it is: what the addresses of an image are. */
enum vs_image_kind {
	VS_IMAGE_KERNEL,	/* a machine's: physical addresses */
	VS_IMAGE_PROCESS,	/* a process core: the process's own addresses */
};

/** The headers of a process core, for usercore/: as they stand in the file, which is mapped. */
struct vs_elf_file {
	const unsigned char *map;
	uint64_t size;
	bool is64, big_endian;
	uint64_t phoff, phentsize, phnum;	/* phnum of them fit into the file */
	uint64_t shnum;		/* section headers; kernels write none, or one for PN_XNUM */
	uint64_t phnum_promised;	/* by the header, if that is more than phnum; else 0 */
	bool phnum_guessed;	/* the count was cut off; it is told by where the notes begin */
	bool phnum_wrong;	/* the notes begin where not so many of them have been */
};

/** One program header, whatever the class and the byte order. */
struct vs_segment {
	uint32_t type, flags;
	uint64_t off, vaddr, paddr, filesz, memsz, align;
};

/** Program header @p i, which must be below phnum. */
void vs_elf_segment(const struct vs_elf_file *f, uint64_t i, struct vs_segment *ret);

struct vs_image_ops {
	const char *name;	/* "ELF" */
	/** A run that holds @p addr. Never fails: what is not there is a run too. */
	void (*run)(struct vs_image *img, uint64_t addr, struct vs_run *ret);
	void (*destroy)(struct vs_image *img);
	/** For vs_image_count(); NULL: its ranges tell all. */
	void (*count)(struct vs_image *img, uint64_t bytes[VS_FROM_COUNT]);
};

struct vs_image {
	const struct vs_image_ops *ops;
	enum vs_image_kind kind;
	const struct vs_elf_file *elf;	/* VS_IMAGE_PROCESS; else NULL */
	char *path;		/* as given */
	char *what;		/* "ELF64 vmcore, little endian, x86-64, 65,784 program headers" */
	uint16_t machine;	/* e_machine, EM_NONE if the container does not say */
	bool big_endian;
	uint64_t file_size;	/* of a live target: its memory */
	uint64_t needed_size;	/* what the headers promise; more than file_size: truncated */
	struct vs_note *notes;
	size_t n_notes;
	struct vs_phys_range *ranges;	/* sorted, not overlapping */
	size_t n_ranges;
	int dump_level;		/* what makedumpfile -d was told; -1: not known */
	const char *compression;	/* of its pages, "zlib"; NULL: none */
	bool live;		/* of a running kernel: it moves while it is read */
	struct vs_run last;	/* the last run answered; serves neighbours without a search */

	/** Called for each page that is read, if set: extract cuts dumps with it. */
	void (*touched)(void *arg, uint64_t addr, uint64_t len);
	void *touched_arg;
	uint64_t n_reads;	/* structures read: tests compare clean and damaged dumps */
	uint32_t absent_from;	/* bits 1 << enum vs_from of reads that found no bytes; who asks clears it first */
	uint64_t n_damaged;	/* pages met so far that are in the file and cannot be decompressed */
	uint64_t first_damaged;	/* physical address of the first of them */
};

/**
 * Open a dump, whatever container it is. @p n is the number of its files: more than
 * 1 for a split dump. A file that is none gets an error which says what was expected
 * and what was found.
 */
struct vs_err *vs_image_open(const char *const *paths, size_t n, struct vs_out *out, struct vs_image **ret);
void vs_image_destroy(struct vs_image *img);

/** May a file that begins with these bytes (64, if it has them) be a dump? Cheap: nothing else is read. */
bool vs_image_is_known(const unsigned char *head, size_t len);

/** The run at physical address @p addr. */
void vs_image_run(struct vs_image *img, uint64_t addr, struct vs_run *ret);

/**
 * Copy @p len bytes from physical @p addr. Answers the worst origin met; where
 * that is not data the buffer's bytes from there on are unspecified and
 * @p got_ret (may be NULL) is the number of good ones before.
 */
enum vs_from vs_image_read(struct vs_image *img, uint64_t addr, void *buf, size_t len, size_t *got_ret);

/** How many bytes of the memory that it describes are of each origin, as far as can be told without reading them. */
void vs_image_count(struct vs_image *img, uint64_t bytes[VS_FROM_COUNT]);

/**
 * How many bytes of memory it can have at the most: no more objects can be met than fit into
 * these, whatever their pointers say. A file whose pages are compressed holds more than its size.
 */
uint64_t vs_image_held(const struct vs_image *img);

/** Is any byte of [start, end) held? */
bool vs_image_holds(const struct vs_image *img, uint64_t start, uint64_t end);

/** Let @p touched be called for each read from now on; NULL ends it. */
void vs_image_watch(struct vs_image *img, void (*touched)(void *, uint64_t, uint64_t), void *arg);

/** Tell the watcher that [addr, addr + len) is being used: for who reads through vs_image_run(). */
void vs_image_touch(struct vs_image *img, uint64_t addr, uint64_t len);

#endif
