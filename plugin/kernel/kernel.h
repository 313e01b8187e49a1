/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel in a dump: which one it is, where it lies, its symbols and types,
 * and its memory.
 */
#ifndef VS_KERNEL_KERNEL_H
#define VS_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/cpus.h"
#include "kernel/kallsyms.h"
#include "kernel/kmem.h"
#include "kernel/layout.h"
#include "kernel/open.h"
#include "kernel/symbols.h"
#include "kernel/types.h"
#include "kernel/vmcoreinfo.h"
#include "kernel/vmlinux.h"

struct vs_out;

/* The symbols that the engine asks for, all looked up in one pass (kernel.c: names). */
enum vs_sym {
	VS_SYM_INIT_TASK,
	VS_SYM_TEXT,			/* _text */
	VS_SYM_STEXT,			/* _stext */
	VS_SYM_END,			/* _end */
	VS_SYM_ETEXT,			/* _etext */
	VS_SYM_LINUX_BANNER,
	VS_SYM_PAGE_OFFSET_BASE,
	VS_SYM_INIT_TOP_PGT,
	VS_SYM_PROTECTION_MAP,
	VS_SYM_PER_CPU_OFFSET,
	VS_SYM_NR_CPU_IDS,
	VS_SYM_CPU_POSSIBLE_MASK,
	VS_SYM_IOMEM_RESOURCE,
	VS_SYM_STACK_GUARD_GAP,
	VS_SYM_GATE_VMA,
	VS_SYM_VSYSCALL_MODE,
	VS_SYM_SPECIAL_MAPPING_NAME,
	VS_SYM_GATE_VMA_NAME,
	VS_SYM_VM_AREA_CACHEP,
	VS_SYM_MM_CACHEP,
	VS_SYM_INIT_PID_NS,
	VS_SYM_PID_HASH,		/* up to 4.14 */
	VS_SYM_PIDHASH_SHIFT,
	VS_SYM_EMPTY_ZERO_PAGE,
	VS_SYM_HUGE_ZERO_PFN,
	VS_SYM_SWAP_INFO,
	VS_SYM_NR_SWAPFILES,
	VS_SYM_GET_UNMAPPED_AREA,
	VS_SYM_GET_UNMAPPED_AREA_TOPDOWN,
	/* d_dname functions: names of files that are in no directory */
	VS_SYM_SIMPLE_DNAME,
	VS_SYM_ANON_INODEFS_DNAME,
	VS_SYM_PIPEFS_DNAME,
	VS_SYM_SOCKFS_DNAME,
	VS_SYM_NS_DNAME,
	VS_SYM_DMABUFFS_DNAME,
	/* the kernel's own types */
	VS_SYM_START_BTF,
	VS_SYM_STOP_BTF,
	VS_SYM_COUNT
};

struct vs_kernel {
	struct vs_image *img;		/* owned */
	struct vs_vmcoreinfo vi;
	struct vs_vmlinux *vmlinux;	/* NULL: there is none, the dump brings it all */
	char *vmlinux_how;		/* "given", "found by build-id"; or why there is none */
	struct vs_vmlinux *types_file;	/* --types, where it is an ELF */
	struct vs_kallsyms_place kallsyms;	/* in the dump, once they were looked for */
	uint64_t btf_at, btf_size;	/* likewise; 0: not looked for */
	bool alone_symbols, alone_types;	/* the dump's own */
	bool functions_only;		/* its kallsyms names no variables: some were found by their shape */
	struct vs_symbols *symbols;
	struct vs_types *types;
	struct vs_layout layout;
	struct vs_kmem mem;
	struct vs_symbol sym[VS_SYM_COUNT];	/* values where they are in the dump, KASLR added */
	char release[128];		/* OSRELEASE */
	struct vs_build_id build_id;	/* of the dump */
	bool forced;			/* --force: a vmlinux of another build was allowed */
	const char *identity;		/* how the vmlinux was found to be the right one */
	const char *order_source;	/* what the byte order comes from: byte_order.c */
	uint64_t kaslr;			/* added to link-time addresses */
	const char *kaslr_source;
	const char *direct_source;	/* where the base of the direct map came from */
	bool direct_checked;		/* the page tables agree with it */
	bool direct_bolted;		/* it is in none of them: nothing to hold it against */
	struct vs_cpus cpus;		/* for vs_kernel_cpus() */
	struct {
		bool asked;
		uint64_t pages, direct;
	} vmemmap;			/* for vs_kmap_struct_pages() */
};

/**
 * Find the kernel in @p img, which is taken over also on error. @p opts is not kept.
 */
struct vs_err *vs_kernel_open(struct vs_image *img, const struct vs_open_opts *opts,
			      struct vs_out *out, struct vs_kernel **ret);
void vs_kernel_close(struct vs_kernel *k);

/** Read again what opening read: for whoever watches the image. */
struct vs_err *vs_kernel_reread(struct vs_kernel *k);

/** Address of a symbol in the dump; false if the kernel has none of that name. */
static inline bool vs_kernel_sym(const struct vs_kernel *k, enum vs_sym s, uint64_t *ret)
{
	if (k->sym[s].found)
		*ret = k->sym[s].value;
	return k->sym[s].found;
}

/** Look symbols up that are not among those above; KASLR is added. */
struct vs_err *vs_kernel_find(struct vs_kernel *k, struct vs_symbol *want, size_t n);

/**
 * "special_mapping_vmops" or "name+0x10" for a kernel address, into @p buf; false
 * if no symbol is near.
 */
bool vs_kernel_symbolize(struct vs_kernel *k, uint64_t addr, char *buf, size_t size);

/* --- place.c --- */

/** Work out where the kernel lies: KASLR, physical base, direct map, page tables. */
struct vs_err *vs_kernel_place(struct vs_kernel *k);

/**
 * As far as VMCOREINFO alone goes: enough to read the kernel's image, from _stext
 * (answered) on. For who looks for symbols in it; vs_kernel_place() then starts anew.
 */
struct vs_err *vs_kernel_place_alone(struct vs_kernel *k, uint64_t *stext_ret);

/* --- byte_order.c --- */

/**
 * Settle k->mem.target.big_endian by all that is known by now: VMCOREINFO's own note in
 * memory, vmlinux, the container. An error if they contradict each other or the machine.
 */
struct vs_err *vs_kernel_byte_order(struct vs_kernel *k);

/* --- alone.c --- */

/** Symbols from the dump's own kallsyms. The caller destroys. */
struct vs_err *vs_kernel_alone_symbols(struct vs_kernel *k, struct vs_symbols **ret);

/** Types from the dump's own BTF. The kernel is placed, its symbols are there. The caller destroys. */
struct vs_err *vs_kernel_alone_types(struct vs_kernel *k, struct vs_types **ret);

/* --- discover.c --- */

/**
 * Find, by their shape, the variables among k->sym[] that are indispensable and that
 * the dump's own kallsyms does not name. The kernel is placed, its types are there.
 */
void vs_kernel_discover(struct vs_kernel *k);

/** The same from what was known before: nothing is searched, the places are read again. */
void vs_kernel_rediscover(struct vs_kernel *k, const struct vs_symbol known[VS_SYM_COUNT]);

/* --- own_vmlinux.c --- */

/**
 * Write into the empty file @p fd, which messages call @p path, a vmlinux out of k->symbols
 * and of k->types, which must be BTF, for debuggers and for ourselves: .BTF, the same as
 * DWARF, .symtab, build-id; no code.
 */
struct vs_err *vs_kernel_make_vmlinux(struct vs_kernel *k, int fd, const char *path);

/* --- sources.c --- */

/** Where symbols come from: k->vmlinux if there is one, k->symbols. */
struct vs_err *vs_kernel_open_symbols(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out);

/** Where types come from, and the layout of them: k->types, k->layout. The kernel is placed. */
struct vs_err *vs_kernel_open_types(struct vs_kernel *k, const struct vs_open_opts *opts);

/** Read again what these two read of the dump: for whoever watches the image. */
void vs_kernel_reread_sources(struct vs_kernel *k);

#endif
