/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slot of a slab that one address lies in: whose cache it is, and whether the
 * object there is allocated. For single objects; slab.c goes through all of them.
 */
#ifndef VS_MM_SLOT_H
#define VS_MM_SLOT_H

#include <stdbool.h>
#include <stdint.h>

struct vs_kernel;

struct vs_slot {
	uint64_t cache;		/* kmem_cache */
	char name[32];		/* of it; "" if not known */
	uint64_t start;		/* of the object that the address lies in */
	uint32_t size;		/* from one object to the next */
	uint32_t offset;	/* where a free object has the pointer to the next free one */
	uint64_t first, end;	/* the slab's memory, end exclusive */
	bool hardened;		/* CONFIG_SLAB_FREELIST_HARDENED: that pointer is mangled with: */
	uint64_t random;
	uint64_t head_va, head;	/* the slab's own freelist: where it stands, its first object */
	bool free;		/* the object is on a freelist */
};

/** False: @p addr is in no slab, or that cannot be told (its struct page is not in the dump). */
bool vs_slot_read(struct vs_kernel *k, uint64_t addr, struct vs_slot *ret);

/** The word that stands at @p at for a pointer to @p next, and back: it is the same both ways. */
uint64_t vs_slot_encode(const struct vs_kernel *k, const struct vs_slot *s, uint64_t at, uint64_t next);

#endif
