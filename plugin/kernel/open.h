/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person may say about opening the kernel of a dump. It goes from the
 * command line down to kernel.c as one piece.
 */
#ifndef VS_KERNEL_OPEN_H
#define VS_KERNEL_OPEN_H

#include <stdbool.h>
#include <stddef.h>

/* Where the layout of the kernel's structures comes from. */
enum vs_types_from {
	VS_TYPES_AUTO,		/* .BTF if vmlinux has it and it can be used, else .debug_info */
	VS_TYPES_BTF,
	VS_TYPES_DWARF,
};

/* Whether debuginfod servers may be asked for a vmlinux. */
enum vs_debuginfod {
	VS_DEBUGINFOD_AUTO,	/* if DEBUGINFOD_URLS is set and a person sees the progress */
	VS_DEBUGINFOD_ALWAYS,
	VS_DEBUGINFOD_NEVER,
};

struct vs_open_opts {
	const char *vmlinux;	/* NULL: it is looked for; then the dump itself has to do */
	const char *types;	/* a file of raw BTF, or an ELF file with .BTF or DWARF; NULL: as vmlinux has them */
	const char *symbols;	/* a System.map; NULL: as vmlinux has them */
	enum vs_debuginfod debuginfod;
	bool alone;		/* look for no vmlinux */
	bool force;		/* take that vmlinux even if it is another kernel's */
	enum vs_types_from types_from;
	const char *const *parts;	/* further files of a split dump */
	size_t n_parts;
};

#endif
