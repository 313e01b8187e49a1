/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the bytes of a dump came from, or why they are not there. Everything from
 * image/ to render/ speaks of it in these words.
 */
#ifndef VS_BASE_FROM_H
#define VS_BASE_FROM_H

#include <stdbool.h>
#include <stdint.h>

/** The worse, the further down. Only VS_FROM_FILE and VS_FROM_ZERO are data. */
enum vs_from {
	VS_FROM_FILE,		/* the dump holds it */
	VS_FROM_ZERO,		/* the dumper saw a page of zeros and recorded that */
	VS_FROM_EXCLUDED,	/* the dumper's filter left it out */
	VS_FROM_TRUNCATED,	/* the file ends before it */
	VS_FROM_ELSEWHERE,	/* in a file of a split dump that was not given */
	VS_FROM_DAMAGED,	/* there, but it cannot be decompressed */
	VS_FROM_NOWHERE,	/* no such address: not RAM, or not mapped */
	VS_FROM_COUNT
};

/** "excluded from the dump", "damaged in the file", ... ; never NULL. */
const char *vs_from_name(enum vs_from from);

/** "excluded", "damaged", ...: for machines; never NULL. */
const char *vs_from_id(enum vs_from from);

/** Are there bytes to believe? */
static inline bool vs_from_ok(enum vs_from from)
{
	return from <= VS_FROM_ZERO;
}

/** Room for vs_from_names() of all of them. */
#define VS_FROM_NAMES_MAX 256

/** The names of a set of bits 1 << from: "excluded from the dump; damaged in the file"; "" for none. */
const char *vs_from_names(uint32_t set, char buf[VS_FROM_NAMES_MAX]);

#endif
