/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO: the lines KEY=VALUE that a kernel leaves for readers of its dump.
 */
#ifndef VS_KERNEL_VMCOREINFO_H
#define VS_KERNEL_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_vmcoreinfo {
	char *text;		/* NULL: there is none */
	size_t len;
	char *source;		/* "an ELF note", "memory, at physical 0x3000 (there is no note)" */
	bool made;		/* by guess.c, for want of one: no kernel wrote it */
	const char *kaslr_how;	/* if made: what its KERNELOFFSET comes from */
	bool has_order, big_endian;	/* by the header of its note in memory, at note_pa */
	uint64_t note_pa;
};

/** Keep copies of @p text and @p source. False without memory. */
bool vs_vmcoreinfo_init(struct vs_vmcoreinfo *vi, const void *text, size_t len, const char *source);
void vs_vmcoreinfo_deinit(struct vs_vmcoreinfo *vi);

/** The value of @p key ("OSRELEASE", "NUMBER(phys_base)") up to its line's end; NULL if it is not there. Borrowed. */
const char *vs_vmcoreinfo_get(const struct vs_vmcoreinfo *vi, const char *key, size_t *len_ret);

/** A value as a string of at most @p size - 1 bytes; false if the key is not there. */
bool vs_vmcoreinfo_str(const struct vs_vmcoreinfo *vi, const char *key, char *buf, size_t size);

/** Hexadecimal without 0x, as KERNELOFFSET and SYMBOL() are; false unless the whole value is a number. */
bool vs_vmcoreinfo_hex(const struct vs_vmcoreinfo *vi, const char *key, uint64_t *ret);

/** As NUMBER() is: signed decimal (a negative phys_base under KASLR), with 0x hexadecimal (arm64, riscv). */
bool vs_vmcoreinfo_dec(const struct vs_vmcoreinfo *vi, const char *key, int64_t *ret);

#endif
