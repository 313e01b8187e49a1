/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel symbols at their link-time addresses, whatever they come from.
 */
#ifndef VS_KERNEL_SYMBOLS_H
#define VS_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_buf;
struct vs_err;

struct vs_symbol {
	const char *name;	/* in: what is looked for */
	uint64_t value;		/* out: link-time address */
	bool found;
	bool absolute;		/* not moved by KASLR: an absolute or per-cpu symbol */
};

struct vs_symbols;

struct vs_symbols_ops {
	/** Look all of @p want up in one pass. */
	struct vs_err *(*find)(struct vs_symbols *sy, struct vs_symbol *want, size_t n);
	/**
	 * The symbol at or below @p addr, the nearest one; *name_ret is NULL if
	 * there is none. Borrowed.
	 */
	struct vs_err *(*nearest)(struct vs_symbols *sy, uint64_t addr, const char **name_ret,
				  uint64_t *value_ret);
	/** All of them in their order, at link-time addresses; @p fn answers false where there is no memory. */
	struct vs_err *(*each)(struct vs_symbols *sy,
			       bool (*fn)(void *arg, const char *name, uint64_t value, bool absolute), void *arg);
	void (*destroy)(struct vs_symbols *sy);
};

struct vs_symbols {
	const struct vs_symbols_ops *ops;
	const char *source;	/* "vmlinux .symtab" */
	/** Called for each symbol that an answer named, if set: extract keeps those. */
	void (*used)(void *arg, const char *name, uint64_t value);
	void *used_arg;
};

void vs_symbols_destroy(struct vs_symbols *sy);

struct vs_err *vs_symbols_find(struct vs_symbols *sy, struct vs_symbol *want, size_t n);

/**
 * May @p name stand for an address? Not what assemblers and linkers leave, "$x", ".L1".
 * Of several names of one address the first of the alphabet is told, whatever
 * the source of the symbols.
 */
bool vs_symbol_may_name(const char *name);

struct vs_err *vs_symbols_nearest(struct vs_symbols *sy, uint64_t addr, const char **name_ret,
				  uint64_t *value_ret);

/**
 * Symbols from an array of Elf64_Sym in this machine's byte order and their
 * strings, whose last byte is NUL; both are taken over. The caller destroys.
 */
struct vs_err *vs_symtab_create(struct vs_buf *syms, struct vs_buf *strs, const char *source, struct vs_symbols **ret);

#endif
