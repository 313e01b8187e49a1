/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of the kernel's C code, whatever debug information they come from.
 * A provider (btf.c, dwarf.c) makes them as they are asked for; members of a
 * structure are read when somebody looks into it.
 */
#ifndef VS_KERNEL_TYPES_H
#define VS_KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_err;
struct vs_vmlinux;

enum vs_kind {
	VS_KIND_VOID,
	VS_KIND_INT,
	VS_KIND_BOOL,
	VS_KIND_CHAR,
	VS_KIND_FLOAT,
	VS_KIND_ENUM,
	VS_KIND_PTR,
	VS_KIND_ARRAY,
	VS_KIND_STRUCT,
	VS_KIND_UNION,
	VS_KIND_FUNC,
	VS_KIND_INCOMPLETE,	/* declared only */
};

struct vs_type;

struct vs_type_member {
	const char *name;	/* NULL: anonymous struct or union */
	const struct vs_type *type;
	uint64_t bit_offset;
	uint32_t bits;		/* width of a bit field, else 0 */
};

struct vs_enumerator {
	const char *name;
	int64_t value;
};

struct vs_type {
	enum vs_kind kind;
	bool is_signed;
	const char *name;	/* as C spells it: "struct file", "atomic_t", "unsigned long"; NULL for pointers, arrays, anonymous ones */
	uint64_t size;		/* bytes */
	const struct vs_type *target;	/* of a pointer, of an array's element; NULL: void */
	uint64_t n_elem;	/* of an array */
	bool complete;		/* members and enumerators below are there */
	struct vs_type_member *members;
	size_t n_members;
	struct vs_enumerator *enums;
	size_t n_enums;
	uintptr_t id;		/* the provider's own */
};

struct vs_types;

struct vs_types_ops {
	/** Struct, union, enum or typedef called @p name (without "struct"); NULL if there is none. */
	struct vs_err *(*find)(struct vs_types *ts, enum vs_kind kind, const char *name,
			       const struct vs_type **ret);
	/** Read members or enumerators of @p t. */
	struct vs_err *(*complete)(struct vs_types *ts, struct vs_type *t);
	void (*destroy)(struct vs_types *ts);
};

struct vs_types {
	const struct vs_types_ops *ops;
	const char *kind;	/* "BTF", "DWARF" */
	char *source;		/* "vmlinux .BTF": for people */
};

void vs_types_destroy(struct vs_types *ts);

/** A struct or union by its tag; *ret is NULL if there is none. */
struct vs_err *vs_types_find(struct vs_types *ts, enum vs_kind kind, const char *name,
			     const struct vs_type **ret);

/** Make sure that members or enumerators of @p t are there. */
struct vs_err *vs_type_complete(struct vs_types *ts, const struct vs_type *t);

/** A member that was looked up. */
struct vs_member {
	uint64_t offset;	/* bytes from the start of the outer structure */
	const struct vs_type *type;
};

/**
 * The member @p path ("vm_rb", "d_name.len", through anonymous members as C
 * does) of @p t. *found_ret says whether it is there; bit fields are not.
 */
struct vs_err *vs_type_member(struct vs_types *ts, const struct vs_type *t, const char *path,
			      struct vs_member *ret, bool *found_ret);

/** How C would declare a thing of this type, "struct file *", "char [16]"; into @p buf. */
void vs_type_spell(const struct vs_type *t, char *buf, size_t size);

/* --- providers --- */

/**
 * Types from raw BTF of @p size bytes (not kept). @p word is the target's pointer
 * size. The caller destroys.
 */
struct vs_err *vs_btf_create(const void *data, size_t size, unsigned int word,
			     const char *source, struct vs_types **ret);

/**
 * Types from the DWARF of a vmlinux, which is kept. Structures are found as they are
 * asked for: what is nowhere may cost going through the whole file once. Of
 * several with one tag it is the first that is met. The caller destroys.
 */
struct vs_err *vs_dwarf_create(const struct vs_vmlinux *v, struct vs_types **ret);

#endif
