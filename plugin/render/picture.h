/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The textbook picture of an address space as rows from high to low addresses:
 * mappings, gaps, what the mm_struct marks, what lies above user space; and the
 * totals beside the kernel's counters. Text and JSON are drawn from it.
 */
#ifndef VS_RENDER_PICTURE_H
#define VS_RENDER_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "space/kmap.h"
#include "space/space.h"

enum vs_pic_what {
	VS_PIC_VMA,
	VS_PIC_RUN,		/* several VMAs that are alike, drawn as one row */
	VS_PIC_GAP,
	VS_PIC_GUARD,		/* the gap that is kept below a stack */
	VS_PIC_BEYOND,		/* user addresses past this process' TASK_SIZE */
	VS_PIC_HOLE,		/* no addresses at all: not canonical */
	VS_PIC_KERNEL,		/* a part of the kernel's half */
	VS_PIC_MARK,		/* an address that a member of mm_struct holds */
	VS_PIC_EDGE,		/* where kernel space begins */
};

/* What a mapping is, each with a letter. */
enum vs_pic_kind {
	VS_KIND_CODE,
	VS_KIND_RODATA,		/* of a file, private, read only */
	VS_KIND_DATA,		/* of a file, private, writable */
	VS_KIND_BSS,
	VS_KIND_HEAP,
	VS_KIND_ANON,
	VS_KIND_SHARED,
	VS_KIND_HUGE,		/* hugetlb */
	VS_KIND_STACK,
	VS_KIND_SPECIAL,	/* [vdso], [vvar], ... */
	VS_KIND_DEVICE,
	VS_KIND_NOACCESS,
	VS_N_KINDS
};

char vs_pic_letter(enum vs_pic_kind kind);
/** "code", "data", ... */
const char *vs_pic_word(enum vs_pic_kind kind);

enum vs_pic_mark {
	VS_MARK_TASK_SIZE, VS_MARK_ENV_END, VS_MARK_ENV_START, VS_MARK_ARG_END, VS_MARK_ARG_START,
	VS_MARK_START_STACK, VS_MARK_MMAP_BASE, VS_MARK_MMAP_COMPAT_BASE, VS_MARK_BRK, VS_MARK_START_BRK, VS_MARK_END_DATA,
	VS_MARK_START_DATA, VS_MARK_END_CODE, VS_MARK_START_CODE,
	/* Of a process core; the row's .run is the thread. */
	VS_MARK_FAULT, VS_MARK_SP, VS_MARK_PC,
	VS_N_MARKS
};

/** The member's name: "start_brk". */
const char *vs_pic_mark_name(enum vs_pic_mark mark);

struct vs_pic_row {
	uint64_t start, end;	/* exclusive; of a mark both its address; end 0: 2^64 */
	const char *name;	/* of a kernel part; borrowed */
	uint32_t vma;		/* index, of a run its lowest; VS_NONE: the gate, or no VMA */
	uint32_t run;		/* index into runs */
	uint8_t what;		/* enum vs_pic_what */
	uint8_t kind;		/* enum vs_pic_kind of VS_PIC_VMA and RUN */
	uint8_t mark;		/* enum vs_pic_mark */
	uint8_t depth;		/* of a kernel part: within how many others */
	bool inside;		/* a mark: in the midst of the row above it, else on an edge */
	bool overlap;		/* a VMA: reaches into the one above it */
};

/* What a run is made of. */
struct vs_pic_run {
	uint32_t n;		/* VMAs */
	uint32_t n_gaps;
	uint64_t bytes, gap_bytes;
	uint32_t perms[16];	/* how many have these: bits 0-2 read, write, execute, 3 shared */
};

/* A row of the totals. */
struct vs_pic_total {
	const char *name;	/* "private" */
	uint64_t n, bytes;
};

/* A counter of the kernel, and what its rule gives over the VMAs. */
struct vs_pic_counter {
	const char *name;	/* "total_vm" */
	uint64_t pages, sum;
	bool exact;		/* the kernel keeps them equal, always */
};

/* What lies around it: facts of the session. */
struct vs_pic_env {
	uint64_t user_end;	/* first address above the lower half */
	uint64_t kernel_start;	/* first of the upper half; 0: the kernel has an address space of its own */
	const struct vs_kmap *kmap;	/* the kernel's half; may be NULL */
	size_t max_rows;	/* runs are made only above this; 0: never */
};

struct vs_picture {
	VS_VEC(struct vs_pic_row) rows;		/* from high to low addresses */
	VS_VEC(struct vs_pic_run) runs;
	VS_VEC(struct vs_pic_total) totals;
	VS_VEC(struct vs_pic_counter) counters;
	size_t n_vmas;
	uint64_t bytes;		/* of all VMAs */
	size_t n_runs_vmas;	/* VMAs that stand in runs */
	const char *source;	/* the walk that gave the VMAs */
	uint64_t kernel_start;	/* of the env */
};

/** Draw @p s; false without memory. The picture is the caller's in either case. */
bool vs_picture_init(struct vs_picture *p, const struct vs_space *s, const struct vs_pic_env *env);
void vs_picture_deinit(struct vs_picture *p);

/** What @p v (index @p i, VS_NONE: the gate) is. @p below: the next lower VMA, or NULL. */
enum vs_pic_kind vs_pic_kind_of(const struct vs_space *s, const struct vs_vma *v, uint32_t i,
				const struct vs_vma *below);

#endif
