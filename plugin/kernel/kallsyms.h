/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms: the symbols that a kernel keeps of itself (CONFIG_KALLSYMS), read out
 * of the dump. scripts/kallsyms.c of the kernel writes the tables:
 *
 *	names		for each symbol its length in tokens (one byte, since 6.1
 *			two where the first one's top bit is set), then the tokens; what
 *			they spell is the type letter and the name
 *	token_table	256 strings; token_index: where in it each begins
 *	offsets		for each symbol, by one of four encodings, its address
 *	markers		where every 256th symbol is in names
 */
#ifndef VS_KERNEL_KALLSYMS_H
#define VS_KERNEL_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>

struct vs_err;
struct vs_kmem;
struct vs_symbols;
struct vs_vmcoreinfo;

/** Where the tables are, virtual addresses; 0 is not known, or not there. */
struct vs_kallsyms_place {
	uint64_t num_syms, names, token_table, token_index;
	uint64_t offsets;	/* 32 bits a symbol */
	uint64_t addresses;	/* a word a symbol: instead of offsets, up to 4.5 and where asked for */
	uint64_t relative_base;	/* absent since 7.0: offsets are relative to their own places */
	uint64_t end;		/* none of the tables goes beyond */
	const char *how;	/* "VMCOREINFO": for people */
};

/** From VMCOREINFO, which has them since 6.0; false if it has not. */
bool vs_kallsyms_by_vmcoreinfo(const struct vs_vmcoreinfo *vi, uint64_t end, struct vs_kallsyms_place *ret);

/**
 * By their shape, in [start, end) of kernel memory. An error says how far it came. Where
 * the addresses are may stay open: the guesses are tried by vs_kallsyms_open().
 */
struct vs_err *vs_kallsyms_by_shape(struct vs_kmem *mem, uint64_t start, uint64_t end,
				    struct vs_kallsyms_place *ret);

/**
 * Symbols from the tables at @p at. @p stext is where _stext must come out: which
 * encoding it is shows by that. @p kaslr is taken away, so that symbols have link-time
 * addresses as a vmlinux has them. @p mem is not kept. The caller destroys.
 */
struct vs_err *vs_kallsyms_open(struct vs_kmem *mem, const struct vs_kallsyms_place *at, uint64_t stext,
				uint64_t kaslr, struct vs_symbols **ret);

#endif
