/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What BTF alone can answer of types: all of them at once, for other formats.
 */
#ifndef VS_KERNEL_BTF_H
#define VS_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_buf;
struct vs_err;
struct vs_types;

/** The raw BTF behind types that vs_btf_create() made, in the order it came in; NULL for others. Borrowed. */
const void *vs_btf_raw(const struct vs_types *ts, size_t *size_ret);

/** A variable that a debugger is to know with its type. */
struct vs_typed_var {
	const char *name;
	const char *tag;	/* of its struct */
	uint64_t addr;
};

/** Debug information of one compilation unit, version 4. */
struct vs_dwarf_out {
	struct vs_buf *info, *abbrev, *str;	/* appended to: .debug_info, .debug_abbrev, .debug_str */
	bool big_endian;
};

/**
 * All types of @p ts, which vs_btf_create() made, as DWARF for debuggers that read no BTF.
 * @p word is the size of a pointer. A variable whose struct there is none is left out.
 */
struct vs_err *vs_btf_to_dwarf(const struct vs_types *ts, unsigned int word, const struct vs_typed_var *vars,
			       size_t n_vars, const struct vs_dwarf_out *out);

#endif
