/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes about a damaged object, and whether its slab takes it for allocated:
 * what tells what probably did it. Read for objects that have findings only.
 */
#ifndef VS_SPACE_EXHIBIT_H
#define VS_SPACE_EXHIBIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* A member of it that has a finding. */
struct vs_exhibit_member {
	const char *name;	/* as the finding has it; borrowed */
	uint32_t at, size;	/* in bytes[]; size 0: not known where it is */
	bool has_flip;		/* one bit of the value, if it is turned, makes it lead to what points back: */
	uint64_t flip;		/* the value then */
};

struct vs_exhibit {
	uint64_t addr;		/* of the object */
	uint32_t size;		/* of it, 0: not known */
	uint64_t va;		/* of bytes[0]: the start of the page that the object begins in */
	uint32_t n;		/* how many bytes there are: whole pages, up to the object's last; 0: none */
	unsigned char *bytes;	/* owned */
	bool big_endian;
	uint8_t word;		/* bytes of a pointer */
	uint32_t page;		/* bytes */

	VS_VEC(struct vs_exhibit_member) members;

	bool slab;		/* the object lies in a slab: */
	uint32_t slot;		/* bytes from one object to the next */
	char cache[32];		/* name of its kmem_cache; "" if not known */
	bool free;		/* it is on a freelist */
	bool inside;		/* no object begins at addr */
	uint64_t free_at;	/* where a free object has the pointer to the next free one */
	bool free_word;		/* what stands there is such a pointer: NULL or an object of the same slab */
};

struct vs_exhibits {
	VS_VEC(struct vs_exhibit) v;
};

/** Empty it, keep the room for rows. */
void vs_exhibits_reset(struct vs_exhibits *e);
void vs_exhibits_deinit(struct vs_exhibits *e);

/** That of the object at @p addr, NULL if there is none. */
struct vs_exhibit *vs_exhibit_of(const struct vs_exhibits *e, uint64_t addr);

/** What is known of the member called @p name, NULL if nothing. */
const struct vs_exhibit_member *vs_exhibit_member_of(const struct vs_exhibit *e, const char *name);

#endif
