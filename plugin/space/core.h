/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process core has besides mappings: who wrote it, threads, the signal, the
 * auxiliary vector, modules; and of each mapping what is known of it, and how. Read
 * by usercore/, which has looked at all bytes that matter, so that rules and
 * renderers need not.
 */
#ifndef VS_SPACE_CORE_H
#define VS_SPACE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/** How a field is known. */
enum vs_known {
	VS_KNOWN,		/* the core says so */
	VS_INFERRED,		/* it follows from something else: see the reason */
	VS_UNKNOWN,		/* a core does not hold it: what is printed is a filler */
};

/** Fields of a line of maps that can be other than known. */
enum vs_core_field {
	VS_CF_PERMS,		/* r, w, x */
	VS_CF_SHARED,		/* p or s */
	VS_CF_OFFSET,
	VS_CF_PATH,		/* path, or the kernel's name in brackets */
	VS_N_CORE_FIELDS
};

/** "perms", "shared", ... */
const char *vs_core_field_name(enum vs_core_field f);

enum vs_producer {
	VS_BY_UNKNOWN,
	VS_BY_KERNEL,		/* fs/coredump.c: one PT_LOAD a VMA, in order, none left out */
	VS_BY_GCORE,		/* GDB: some VMAs left out */
	VS_BY_QEMU,		/* qemu-user: VMAs merged, no names */
	VS_BY_CREATEDUMP,	/* .NET */
	VS_N_PRODUCERS
};

/** "the kernel", "GDB (gcore)", ... */
const char *vs_producer_name(enum vs_producer p);

/** Of one mapping, by the index of its vs_vma. */
struct vs_core_vma {
	uint64_t segment;	/* program header, UINT64_MAX: only NT_FILE tells of it */
	uint64_t off;		/* of its bytes in the core file */
	uint64_t filesz;	/* bytes that the core says to hold */
	uint64_t have;		/* that are in the file: less where it is cut */
	const char *why[VS_N_CORE_FIELDS];	/* reason of what is not known; static words */
	uint8_t known[VS_N_CORE_FIELDS];	/* enum vs_known */
	const char *left_out;	/* why bytes beyond filesz were not written; NULL: nothing is left out, or nobody knows */
	uint32_t stack_of;	/* the thread whose stack it is; VS_NONE */
	uint32_t guard_of;	/* the thread whose stack it guards; VS_NONE */
	uint32_t module;	/* VS_NONE */
	bool named;		/* path and offset by the link map and the module's headers, not by NT_FILE */
	bool named_only;	/* the path alone, by AT_EXECFN */
	bool file_differs;	/* NT_FILE has its range in another way than the PT_LOAD */
};

struct vs_core_thread {
	int32_t tid;
	int16_t sig;		/* pr_cursig */
	bool has_regs;		/* sp and pc are known for this machine */
	uint64_t sp, pc;
	uint32_t sp_vma, pc_vma;	/* VS_NONE: in no mapping */
};

/** One file mapped, or the vdso. */
struct vs_core_module {
	const char *path;	/* borrowed from the facts; not necessarily printable */
	size_t path_len;
	uint64_t start, end;	/* of all its mappings */
	uint64_t base;		/* where its first byte is mapped; start if that is not */
	uint8_t id[64];
	uint8_t id_len;		/* 0: no build-id found */
	bool elf;		/* there is an ELF header at base */
	bool header_absent;	/* its first page is not in the core */
	bool executable;	/* has an executable mapping */
	/* Held against a file, if that was asked for. */
	enum vs_module_file {
		VS_MF_NOT_ASKED,
		VS_MF_SAME,
		VS_MF_OTHER,	/* of another build */
		VS_MF_NO_FILE,
		VS_MF_NO_ID,	/* one of the two has none */
	} file;
	uint8_t file_id[64];
	uint8_t file_id_len;
	char *file_path;	/* owned */
	char *problem;		/* why the file could not be used; owned */
};

/** An entry of the chain that the dynamic linker keeps. */
struct vs_core_link {
	uint64_t addr;		/* of the link_map */
	uint64_t l_addr, l_ld;
	char *name;		/* "" for the program; NULL: not in the core; owned */
	uint32_t vma;		/* that holds l_ld; VS_NONE */
};

/** Where the walk over the link map ended. */
enum vs_links_end {
	VS_LINKS_NONE,		/* no dynamic program, or its headers are not in the core */
	VS_LINKS_WHOLE,
	VS_LINKS_NOT_YET,	/* r_debug is not filled in: died before main() */
	VS_LINKS_ABSENT,	/* bytes that were not dumped */
	VS_LINKS_CUT,		/* bytes that are lost: the file is cut */
	VS_LINKS_CYCLE,
	VS_LINKS_WILD,		/* a pointer to no mapping */
	VS_LINKS_BOUND,		/* too many */
};

/* AT_* that are looked at, by what they must point to. */
struct vs_core_aux {
	uint64_t phdr, phent, phnum, entry, base, execfn, random, vdso, pagesz;
	bool has_phdr, has_entry, has_base, has_execfn, has_random, has_vdso;
};

/** What was probed of the bytes: a zero-filled tail has the right size. */
struct vs_core_zero {
	bool vdso_zero, stack_zero;
	uint64_t tail;		/* bytes of zeros at the end of the file, if any probe failed */
};

struct vs_core {
	enum vs_producer producer;
	const char *producer_why;
	uint16_t machine;
	bool is64, big_endian;
	uint8_t word;
	bool phnum_guessed, phnum_wrong;	/* as vs_elf_file has them */
	uint64_t phnum_promised, phnum;
	uint32_t kernel;	/* LINUX_VERSION_CODE by the note of the vdso; 0: not known */

	uint64_t file_size, needed_size;
	uint64_t n_segments;	/* PT_LOADs */
	bool by_sections;	/* gcore of a target that tells no mappings: PT_LOADs are parts of them */
	bool sorted_by_size;	/* core_sort_vma: their order tells nothing */
	uint64_t odd_flags;	/* PT_LOADs with p_flags other than r, w, x */
	uint64_t notes_cut;	/* bytes of notes beyond the end of the file */
	bool notes_broken;	/* a note that reaches out of its segment */
	bool file_broken;	/* NT_FILE cannot be taken apart */
	uint64_t n_files_only, first_file_only;	/* entries of NT_FILE that no PT_LOAD has */
	bool has_file, has_auxv, has_siginfo, has_psinfo;

	int32_t pid;		/* 0: not known */
	int32_t ppid;
	char comm[17];
	char args[81];

	VS_VEC(struct vs_core_thread) threads;	/* the one that died first */
	int32_t sig_no, sig_code;	/* si_signo, si_code */
	uint64_t sig_addr;	/* of signals that have one */
	int32_t sig_pid, sig_uid;	/* of signals that somebody sends */

	struct vs_core_aux aux;
	struct vs_core_zero zero;
	VS_VEC(struct vs_core_vma) vmas;	/* as space->vmas */
	VS_VEC(uint32_t) order;		/* all VMAs by start */
	VS_VEC(struct vs_core_module) modules;
	VS_VEC(struct vs_core_link) links;
	enum vs_links_end links_end;
	uint64_t links_at;	/* the address where the walk ended, if not whole */

	/* coredump_filter: which bits the mappings show to have been set, which not; the others nothing tells. */
	uint32_t filter_on, filter_off;
	uint64_t n_left_out, bytes_left_out;	/* not written, by the filter or by MADV_DONTDUMP */
	uint64_t n_cut, bytes_cut;		/* VMAs that have lost bytes to the end of the file */

	uint32_t exe;		/* module of the program; VS_NONE */
	uint32_t stack_vma;	/* [stack], VS_NONE */
	bool asked_files;	/* modules have been held against files */
	bool asked_exe;		/* the program's file was named: that it cannot be compared is no answer */
};

void vs_core_deinit(struct vs_core *c);

struct vs_space;

/** The VMA of @p s (a core's) that holds @p addr, or VS_NONE: binary search over c->order. */
uint32_t vs_core_find(const struct vs_space *s, uint64_t addr);

#endif
