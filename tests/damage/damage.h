/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damage on purpose: which members of which structures, what is written into
 * them, and which of that nothing else in a dump contradicts.
 */
#ifndef VS_TESTS_DAMAGE_H
#define VS_TESTS_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "space/space.h"

enum object {
	OBJ_VMA,
	OBJ_LEAF,		/* a maple node with VMAs */
	OBJ_INNER,		/* one with nodes below */
	OBJ_MM,
	N_OBJECTS
};

/* What the member is: decides which damages make sense. */
enum shape {
	SHAPE_POINTER,
	SHAPE_ADDRESS,		/* of the process: a bound, a pivot */
	SHAPE_BYTES,		/* a size in bytes: a gap */
	SHAPE_COUNT,		/* of pages or VMAs */
	SHAPE_FLAGS,
	SHAPE_SMALL,		/* a byte: metadata, a colour */
};

enum kind {
	KIND_ZERO, KIND_SELF, KIND_WILD, KIND_RANDOM, KIND_BIT, KIND_UP, KIND_DOWN, KIND_NEXT,
	KIND_OTHER, KIND_MEMBER, KIND_POISON, KIND_TEXT, KIND_SWAP,
	N_KINDS
};

extern const char *const kind_names[N_KINDS];

/* A copy of what a sound address space has, taken before the damage. */
struct sound {
	uint64_t mm;
	uint32_t has;
	unsigned int word;
	struct vs_mm_fields f;
	struct vs_vma *vmas;	/* in the order of addresses */
	uint32_t n_vmas;
	struct vs_maple maple;
	uint32_t *leaves, *inner;	/* indices of nodes */
	uint32_t n_leaves, n_inner;
	uint64_t reads;
};

/* One member of one structure. */
struct target {
	const struct field *field;
	enum object object;
	uint32_t index;		/* of the VMA or node in struct sound */
	unsigned int slot;	/* of an array */
	uint64_t addr;		/* of the structure */
	uint64_t va;		/* of the member */
	unsigned int size;	/* bytes */
};

struct field {
	const char *name;
	enum object object;
	enum shape shape;
	uint32_t needs;		/* enum vs_has */
	/* Where it is; false if this structure has none. rnd picks the slot of an array. */
	bool (*find)(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t);
};

extern const struct field fields[];
extern const unsigned int n_fields;

uint64_t roll(uint64_t *seed);

/**
 * What to write instead of @p old; false if this kind does not go with the field.
 * @p other is the address space beside, @p peer_ret a second member that gets
 * the old value (KIND_SWAP), its .va 0 else.
 */
bool invent(const struct vs_kernel *k, const struct sound *s, const struct sound *other,
	    const struct target *t, enum kind kind, uint64_t old, uint64_t *seed, uint64_t *new_ret,
	    struct target *peer_ret);

/**
 * Does anything in the dump contradict @p new? The answer comes from what is
 * stored twice, not from what the check finds:
 *
 *	vm_flags	only by the counters, if the VMA then counts elsewhere, by bits
 *			that need others, and by bits without a meaning
 *	vm_refcnt	only 0, or more than there can be tasks
 *	ma_flags	MT_FLAGS_USE_RCU not before per-VMA locks (6.4)
 *	meta.gap	not if that slot has as large a gap, or there is none at all
 *	slots, ma_root	not where a maple tree leads into pages that the dump leaves out
 *	leaf meta	the kernel does not read what lies around meta.end in a leaf: told
 *			by the other leaves, where there are enough
 */
bool contradicted(const struct vs_kernel *k, const struct sound *s, const struct target *t,
		  uint64_t old, uint64_t new);

#endif
