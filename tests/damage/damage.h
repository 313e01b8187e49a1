/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damage on purpose: which members of which structures, what is written into
 * them, and which of that nothing else in a dump contradicts.
 */
#ifndef VS_TESTS_DAMAGE_H
#define VS_TESTS_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/check.h"
#include "kernel/kernel.h"
#include "space/space.h"

enum object {
	OBJ_VMA,
	OBJ_LEAF,		/* a maple node with VMAs */
	OBJ_INNER,		/* one with nodes below */
	OBJ_MM,
	OBJ_TASK,		/* of those that use the mm */
	OBJ_AVC,		/* an anon_vma_chain */
	OBJ_ANON,		/* an anon_vma */
	OBJ_MAPPING,		/* an address_space */
	N_OBJECTS
};

extern const char *const object_names[N_OBJECTS];

/* What the member is: decides which damages make sense. */
enum shape {
	SHAPE_POINTER,
	SHAPE_ADDRESS,		/* of the process: a bound, a pivot */
	SHAPE_BYTES,		/* a size in bytes: a gap */
	SHAPE_COUNT,		/* of pages or VMAs */
	SHAPE_FLAGS,
	SHAPE_SMALL,		/* a byte: metadata, a colour */
	N_SHAPES
};

enum kind {
	KIND_ZERO, KIND_SELF, KIND_WILD, KIND_RANDOM, KIND_BIT, KIND_UP, KIND_DOWN, KIND_NEXT,
	KIND_OTHER, KIND_MEMBER, KIND_POISON, KIND_LIST, KIND_TEXT, KIND_SWAP, KIND_ZEROS, KIND_FREED,
	N_KINDS
};

struct kind_row {
	const char *name;
	const char *what;	/* is written */
	uint32_t shapes;	/* 1 << enum shape: where that makes sense */
	uint32_t causes;	/* 1 << enum vs_cause: any of them is right; 0: it leaves no evidence */
};

extern const struct kind_row kinds[N_KINDS];

/* What hangs on the VMAs of one address space, by the same index as struct vs_objects has it. */
struct hanging {
	uint32_t vma;		/* index into sound.vmas */
	uint64_t addr;
};

/* A copy of what a sound address space has, taken before the damage. */
struct sound {
	uint64_t mm;
	uint32_t has;
	unsigned int word;
	unsigned int page_shift;
	uint64_t limit;
	uint64_t prot_map[16], prot_mask;
	struct vs_mm_fields f;
	struct vs_vma *vmas;	/* in the order of addresses */
	uint32_t n_vmas;
	struct vs_maple maple;
	uint32_t *leaves, *inner;	/* indices of nodes */
	uint32_t n_leaves, n_inner;
	struct vs_space_user *users;
	uint32_t n_users;
	struct hanging *avcs, *anons, *mappings;
	uint32_t n_avcs, n_anons, n_mappings;
	uint64_t reads;
};

/* One member of one structure. */
struct target {
	const struct field *field;
	enum object object;
	uint32_t index;		/* of the VMA, node, user or hanging object in struct sound */
	unsigned int slot;	/* of an array */
	uint64_t addr;		/* of the structure */
	uint64_t va;		/* of the member */
	unsigned int size;	/* bytes */
};

/* A change of a member, for whoever says whether something contradicts it. */
struct change {
	struct vs_kernel *k;
	const struct sound *s;
	const struct target *t;
	uint64_t old, new;
};

/*
 * A row of the table of fields. Where it is: @at and @sub are offsets of struct
 * vs_field in struct vs_layout, the second is of a member of the first; @find for
 * what has no place there.
 */
struct field {
	const char *name;
	enum object object;
	enum shape shape;
	uint32_t needs;		/* enum vs_has */
	size_t at, sub;
	unsigned int words;	/* an array of so many words; 0: not one */
	bool once;		/* nothing tells what is right, only that something is wrong */
	/* False if this structure has none. rnd picks the slot of an array. */
	bool (*find)(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t);
	/* Is this change contradicted by something in the dump? NULL: each is. */
	bool (*told)(const struct change *c);
};

extern const struct field fields[];
extern const unsigned int n_fields;

/* The row that vs_unseen() of check/unseen.h has of the field, by these names. */
const char *field_type(const struct field *f);
const char *field_member(const struct field *f);

/** Does that kind of damage make sense for the field? */
bool kind_fits(enum kind kind, const struct field *f);

uint64_t roll(uint64_t *seed);

/** Find the member in the structure t->addr. */
bool field_find(const struct vs_kernel *k, const struct sound *s, const struct field *f, uint64_t rnd,
		struct target *t);

/** The structure number @p i of those that have @p f; false if there are not as many. */
bool field_object(const struct sound *s, const struct field *f, uint32_t i, struct target *t);
uint32_t field_count(const struct sound *s, const struct field *f);

/* What is to be written. */
struct damage {
	uint64_t new;		/* instead of the member's value */
	struct target peer;	/* .va != 0: a second member, that gets the old value (KIND_SWAP) */
	uint64_t run;		/* bytes of zeros from run_va on, besides (KIND_ZEROS) */
	uint64_t run_va;
	uint64_t head_va, head;	/* head_va != 0: a word that gets this value (KIND_FREED) */
};

/**
 * What to write instead of @p old; false if this kind does not go with the field.
 * @p other is the address space beside.
 */
bool invent(struct vs_kernel *k, const struct sound *s, const struct sound *other,
	    const struct target *t, enum kind kind, uint64_t old, uint64_t *seed, struct damage *ret);

/**
 * Does anything in the dump contradict @p new? The answer comes from what is
 * stored twice, not from what the check finds.
 */
bool contradicted(struct vs_kernel *k, const struct sound *s, const struct target *t, uint64_t old,
		  uint64_t new);

/* --- told.c: for the table --- */
bool told_flags(const struct change *c);
bool told_prot(const struct change *c);
bool told_file(const struct change *c);
bool told_pgoff(const struct change *c);
bool told_parent(const struct change *c);
bool told_refcnt(const struct change *c);
bool told_anon_parent(const struct change *c);
bool told_ma_flags(const struct change *c);
bool told_meta_gap(const struct change *c);
bool told_leaf_meta(const struct change *c);
bool told_layout(const struct change *c);
bool told_stack(const struct change *c);
bool told_users(const struct change *c);
bool told_mm_count(const struct change *c);
bool told_locked(const struct change *c);
bool told_vmacache(const struct change *c);
bool told_task_mm(const struct change *c);

#endif
