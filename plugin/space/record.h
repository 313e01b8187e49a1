/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A structure of the kernel told member by member: what `mm`, `show` and `info`
 * print. Values and their words are worked out where memory can be read; this
 * only holds them.
 */
#ifndef VS_SPACE_RECORD_H
#define VS_SPACE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

enum vs_record_fmt {
	VS_REC_HEX,
	VS_REC_DEC,
	VS_REC_SDEC,	/* signed, 64 bits */
	VS_REC_TEXT,	/* only words */
	VS_REC_LIST,	/* words of an array: "[1, 2]" */
};

struct vs_record_field {
	char *name;		/* "vm_start", "vm_rb.rb_left" */
	char *type;		/* as C spells it; NULL where there is none */
	int64_t offset;		/* bytes in the structure, -1: not a member */
	enum vs_record_fmt fmt;
	uint64_t value;
	char *words;		/* what the value means; NULL: nothing to add */
	bool absent;		/* its bytes are not in the dump: see the record's from */
};

struct vs_record {
	char *kind;		/* "vm_area_struct" */
	uint64_t addr;		/* 0: not at an address */
	uint64_t size;
	uint8_t from;		/* enum vs_from of its worst byte */
	VS_VEC(struct vs_record_field) v;
};

void vs_record_deinit(struct vs_record *r);

/** A new field; @p name and @p type are copied. NULL without memory. */
struct vs_record_field *vs_record_add(struct vs_record *r, const char *name, const char *type,
				      int64_t offset);

/** Words only: for info. False without memory. */
bool vs_record_say(struct vs_record *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
