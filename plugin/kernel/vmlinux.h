/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmlinux file: which kernel it is, its sections. Through libelf.
 */
#ifndef VS_KERNEL_VMLINUX_H
#define VS_KERNEL_VMLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_err;
struct vs_symbols;
struct vs_types;

#define VS_BUILD_ID_MAX 64

struct vs_build_id {
	unsigned char bytes[VS_BUILD_ID_MAX];
	size_t len;		/* 0: none */
};

/** Lower-case hexadecimal into @p buf, "none" for an empty one. */
void vs_build_id_str(const struct vs_build_id *id, char buf[2 * VS_BUILD_ID_MAX + 1]);

struct vs_vmlinux {
	char *path;
	int fd;
	void *elf;		/* Elf * */
	uint16_t machine;	/* e_machine */
	bool big_endian;
	uint8_t word;		/* 4 or 8, by its class */
	struct vs_build_id build_id;
};

/** Open a vmlinux; an error says what was expected and found. The caller destroys. */
struct vs_err *vs_vmlinux_open(const char *path, struct vs_vmlinux **ret);
/** As vs_vmlinux_open() for a file that is wanted for its types only: any ELF file. */
struct vs_err *vs_vmlinux_open_types(const char *path, struct vs_vmlinux **ret);
void vs_vmlinux_destroy(struct vs_vmlinux *v);

/** The bytes of section @p name; *data_ret is NULL if there is none. Borrowed. */
struct vs_err *vs_vmlinux_section(const struct vs_vmlinux *v, const char *name,
				  const void **data_ret, size_t *size_ret);

/** The file's bytes at link-time address @p addr, at most @p max of them; NULL if no section holds them. */
const void *vs_vmlinux_at(const struct vs_vmlinux *v, uint64_t addr, size_t *len_ret);

/** The symbols of its .symtab. They borrow from @p v. */
struct vs_err *vs_vmlinux_symbols(const struct vs_vmlinux *v, struct vs_symbols **ret);

/** The symbols of a System.map. The caller destroys. */
struct vs_err *vs_sysmap_create(const char *path, struct vs_symbols **ret);

/** Where distributions put the vmlinux of @p release and @p build_id; NULL if it is in none of them. The caller frees. */
char *vs_vmlinux_search(const char *release, const struct vs_build_id *build_id);

/** A symbol that a reduced vmlinux keeps. */
struct vs_named_addr {
	const char *name;
	uint64_t value;		/* link-time */
};

/**
 * Write a small vmlinux to @p path (which must not exist): @p types, which must be BTF,
 * .notes and these symbols, in an empty section that spans the kernel image, @p text to @p end.
 */
struct vs_err *vs_vmlinux_reduce(const struct vs_vmlinux *v, const struct vs_types *types,
				 const struct vs_named_addr *syms, size_t n, uint64_t text, uint64_t end,
				 const char *path);

#endif
