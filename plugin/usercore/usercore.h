/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process core as a source of an address space: PT_LOADs and notes become the
 * same snapshot that mm/ makes of a kernel's mm_struct.
 */
#ifndef VS_USERCORE_USERCORE_H
#define VS_USERCORE_USERCORE_H

#include "image/image.h"
#include "space/core.h"
#include "space/space.h"
#include "space/tasks.h"

struct vs_err;
struct vs_out;

/** What stands for the address of the mm_struct, which a core has not. */
#define VS_CORE_MM UINT64_C(1)

/** One entry of NT_FILE. */
struct vs_core_file {
	uint64_t start, end;
	uint64_t off;		/* bytes */
	uint32_t fact;		/* index: its path */
};

/** The program's own program headers, as they are in its memory. */
struct vs_core_program {
	bool known;
	uint64_t bias;		/* what is added to addresses of the file */
	uint64_t end;		/* of its last PT_LOAD, rounded up to pages: where brk may begin */
	uint64_t dynamic;	/* address of PT_DYNAMIC, 0: none */
	bool interp;
};

struct vs_usercore {
	struct vs_image *img;	/* owned */
	const struct vs_elf_file *f;
	struct vs_core core;
	VS_VEC(struct vs_core_file) files;	/* by start */
	VS_VEC(struct vs_fact) facts;	/* one a path */
	struct vs_core_program prog;
	uint64_t page;		/* bytes */
	bool file_by_bytes;	/* NT_FILE counts bytes, not pages: gcore */
	uint8_t first_notes[4];	/* their types: the order tells who wrote them */
	bool gdb_note;
};

/**
 * Read all of the process core @p img that the commands need into @p s, which stays
 * the caller's and borrows from what is returned. Takes @p img over, also where it
 * fails. A core with damage is no failure: what is wrong is noted for the check.
 */
struct vs_err *vs_usercore_open(struct vs_image *img, struct vs_space *s, struct vs_usercore **ret);
void vs_usercore_close(struct vs_usercore *u);

/** The threads as tasks: one leader, whose mm is VS_CORE_MM. */
struct vs_err *vs_usercore_tasks(const struct vs_usercore *u, struct vs_tasks *ret);

/** How modules are held against files. */
struct vs_core_files_from {
	const char *exe;	/* the program's file; NULL: by its own path */
	const char *sysroot;	/* prefix of all other paths; NULL: none */
};

/** Find the build-ids of the files of all modules, and compare. */
struct vs_err *vs_usercore_compare(struct vs_usercore *u, const struct vs_core_files_from *from);

/* --- within this room --- */

/** Memory of the process: how many of the @p len bytes at @p addr the core holds. */
size_t vs_usercore_read(const struct vs_usercore *u, uint64_t addr, void *buf, size_t len, enum vs_from *from_ret);

/** A pointer or unsigned long; false where the core does not hold it. */
bool vs_usercore_word(const struct vs_usercore *u, uint64_t addr, uint64_t *ret, enum vs_from *from_ret);

/** Is all of the page at @p addr there, and zero? */
bool vs_usercore_is_zero(const struct vs_usercore *u, uint64_t addr);

struct vs_err *vs_core_read_notes(struct vs_usercore *u);	/* notes.c */
void vs_core_find_producer(struct vs_usercore *u);		/* producer.c */
struct vs_err *vs_core_fill(struct vs_usercore *u, struct vs_space *s);	/* fill.c */
/** Without NT_FILE: name mappings by the link map and the ELF headers in memory. */
struct vs_err *vs_core_name_files(struct vs_usercore *u, struct vs_space *s);	/* names.c */
void vs_core_infer(struct vs_usercore *u, struct vs_space *s);	/* infer.c */
void vs_core_label(struct vs_usercore *u, struct vs_space *s);	/* label.c */
struct vs_err *vs_core_read_modules(struct vs_usercore *u, struct vs_space *s);	/* modules.c */
/** One program header of an ELF file in the memory of the process, at @p addr. */
bool vs_core_read_phdr(const struct vs_usercore *u, uint64_t addr, struct vs_segment *ret);	/* links.c */
/** A string of the process, of at most 4095 bytes; NULL: not there, or no memory. The caller frees it. */
char *vs_core_read_string(const struct vs_usercore *u, uint64_t addr);	/* links.c */
void vs_core_read_program(struct vs_usercore *u, const struct vs_space *s);	/* links.c */
struct vs_err *vs_core_read_links(struct vs_usercore *u, const struct vs_space *s);	/* links.c */

/**
 * The GNU build-id in the notes of an ELF file whose first @p len bytes are at @p p:
 * its length, 0: none. Program headers and notes must lie within.
 */
size_t vs_core_build_id(const unsigned char *p, size_t len, uint8_t ret[64]);

/** Where SP and PC are in pr_reg of @p machine; false: not known. */
struct vs_core_regs {
	uint8_t size;		/* of a register */
	uint8_t sp, pc;		/* which */
	uint64_t pc_mask;
};
bool vs_core_regs_of(uint16_t machine, bool is64, uint32_t e_flags, struct vs_core_regs *ret);

#endif
