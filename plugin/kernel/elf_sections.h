/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing an ELF file that has sections and nothing else, as a vmlinux for debuggers is.
 */
#ifndef VS_KERNEL_ELF_SECTIONS_H
#define VS_KERNEL_ELF_SECTIONS_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_buf;
struct vs_err;

/** One section; the first has index 1. Bytes are in the target's order already. */
struct vs_elf_section {
	const char *name;
	uint32_t type, link, info;
	uint64_t flags, addr, align, entsize;
	const void *data;	/* NULL: none, as for SHT_NOBITS */
	size_t size;
};

/** Create @p path, which must not exist yet. The caller closes, and unlinks what did not become whole. */
struct vs_err *vs_elf_file_create(const char *path, int *fd_ret);

/**
 * Write @p n sections and their names into the empty file @p fd, which messages call
 * @p path: an executable for @p machine, of the @p word (4 or 8 bytes) and byte order told.
 */
struct vs_err *vs_elf_sections_write(int fd, const char *path, uint16_t machine, unsigned int word,
				     bool big_endian, const struct vs_elf_section *sections, size_t n);

/** Append @p s to what becomes the data of a .symtab; each takes vs_elf_sym_size(). */
void vs_elf_put_sym(struct vs_buf *b, const Elf64_Sym *s, unsigned int word, bool big_endian);
static inline size_t vs_elf_sym_size(unsigned int word)
{
	return word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}
/** Append the header of a note to what becomes the data of a SHT_NOTE section. */
void vs_elf_put_nhdr(struct vs_buf *b, const Elf64_Nhdr *n, bool big_endian);

#endif
