// SPDX-License-Identifier: GPL-2.0-or-later
/* What is written instead of a sound value, and which cause check should name then. */
#include <string.h>

#include "damage.h"
#include "mm/slot.h"

#define P (1u << SHAPE_POINTER)
#define ALL ((1u << N_SHAPES) - 1)
#define WIDE (ALL & ~(1u << SHAPE_SMALL))
#define EVER (1u << N_SHAPES)	/* only where each change is told: those beside change as well */
#define BITS(c) (1u << VS_CAUSE_##c)

const struct kind_row kinds[N_KINDS] = {
	[KIND_ZERO] = { "zero", "0", ALL, 0 },
	[KIND_SELF] = { "self", "the structure's own address", P, 0 },
	[KIND_WILD] = { "wild", "an address anywhere in memory", P, 0 },
	[KIND_RANDOM] = { "random", "random bits", ALL, 0 },
	[KIND_BIT] = { "bit", "the right value but for one bit", ALL, BITS(BIT) },
	[KIND_UP] = { "up", "a page, or one, more", ALL, 0 },
	[KIND_DOWN] = { "down", "a page, or one, less", ALL, 0 },
	[KIND_NEXT] = { "next's", "the same member of the structure or slot beside", ALL, BITS(COPY) },
	[KIND_OTHER] = { "other mm", "the same member in another address space", ALL, 0 },
	[KIND_MEMBER] = { "member", "another member of the same structure", ALL, BITS(COPY) },
	[KIND_POISON] = { "poison", "slab poison: 0x6b, 0x5a or 0xbb all over", WIDE, BITS(POISON) },
	[KIND_LIST] = { "list", "LIST_POISON1 or LIST_POISON2", P, BITS(LIST_POISON) },
	[KIND_TEXT] = { "text", "eight letters", WIDE, BITS(TEXT) },
	[KIND_SWAP] = { "swap", "exchanged with a member beside", ALL, BITS(COPY) | BITS(SWAP) },
	[KIND_ZEROS] = { "zeros", "a run of four words of zeros, two members or more", WIDE | EVER, BITS(ZEROS) },
	[KIND_FREED] = { "freed", "the freelist's pointer, in an object that is on the freelist", WIDE,
			 BITS(FREED) },
};

bool kind_fits(enum kind kind, const struct field *f)
{
	return kinds[kind].shapes >> f->shape & 1 && !(kinds[kind].shapes & EVER && f->told);
}

/** The same member of another structure of the address space @p s, or of the next slot. */
static bool same_of(const struct vs_kernel *k, const struct sound *s, const struct target *t,
		    uint64_t rnd, bool next, struct target *ret)
{
	const uint32_t n = field_count(s, t->field);
	bool node = t->object == OBJ_LEAF || t->object == OBJ_INNER;

	*ret = *t;
	if (node && next) {
		const struct vs_mnode *at = &s->maple.nodes.v[t->index];

		if (t->field->shape == SHAPE_SMALL || t->size != s->word || t->va == t->addr ||
		    t->slot >= at->end)
			return false;
		ret->slot++;
		ret->va += s->word;
		return true;
	}
	if (next && (t->object == OBJ_MM || t->index + 1 >= n))
		return false;
	if (!n || !field_object(s, t->field, next ? t->index + 1 : (uint32_t)(rnd % n), ret))
		return false;
	return field_find(k, s, t->field, rnd >> 16, ret);
}

/** Another member of the same structure. */
static bool beside(const struct vs_kernel *k, const struct sound *s, const struct target *t,
		   uint64_t rnd, struct target *ret)
{
	for (unsigned int i = 0; i < n_fields; i++) {
		const struct field *f = &fields[(rnd + i) % n_fields];

		*ret = *t;
		if (f->object == t->object && f != t->field && (f->needs & s->has) == f->needs &&
		    field_find(k, s, f, rnd >> 16, ret) && ret->size == t->size)
			return true;
	}
	return false;
}

static uint32_t object_size(const struct vs_kernel *k, enum object object)
{
	const struct vs_layout *l = &k->layout;

	switch (object) {
	case OBJ_VMA:
		return l->vma.size;
	case OBJ_LEAF:
	case OBJ_INNER:
		return l->mnode.size;
	case OBJ_MM:
		return l->mm.size;
	case OBJ_AVC:
		return l->avc.size;
	default:
		return 0;
	}
}

/** A run of zeros over the member and those about it; false if only one word would change. */
static bool zeros(struct vs_kernel *k, const struct sound *s, const struct target *t, struct damage *d)
{
	const uint64_t end = t->addr + object_size(k, t->object), len = 4U * s->word;
	unsigned int changed = 0;
	uint64_t word;

	d->new = 0;
	d->run_va = t->va / len * len < t->addr ? t->addr : t->va / len * len;
	d->run = d->run_va + len > end ? end - d->run_va : len;
	if (end <= t->addr || t->size != s->word)
		return false;
	for (uint64_t va = d->run_va; va + s->word <= d->run_va + d->run; va += s->word)
		changed += vs_kmem_ulong(&k->mem, va, &word) && word;
	return changed >= 2;
}

/** Put the object at the head of its slab's freelist, if the member is where the pointer then stands. */
static bool freed(struct vs_kernel *k, const struct target *t, struct damage *d)
{
	struct vs_slot slot;

	if (!vs_slot_read(k, t->addr, &slot) || slot.start != t->addr || t->va != t->addr + slot.offset)
		return false;
	d->new = vs_slot_encode(k, &slot, t->va, slot.head);
	d->head_va = slot.head_va;
	d->head = t->addr;
	return true;
}

static bool peek(struct vs_kernel *k, const struct target *t, uint64_t *ret)
{
	return vs_kmem_uint(&k->mem, t->va, t->size, ret);
}

bool invent(struct vs_kernel *k, const struct sound *s, const struct sound *other,
	    const struct target *t, enum kind kind, uint64_t old, uint64_t *seed, struct damage *d)
{
	static const uint8_t poisons[] = { 0x6b, 0x5a, 0xbb };
	const struct field *f = t->field;
	uint64_t step = f->shape == SHAPE_COUNT || f->shape == SHAPE_SMALL ||
			f->shape == SHAPE_FLAGS ? 1 : UINT64_C(1) << k->mem.target.page_shift;
	struct target peer;

	*d = (struct damage){ 0 };
	if (!kind_fits(kind, f))
		return false;
	switch (kind) {
	case KIND_ZERO:
		return true;
	case KIND_SELF:
		d->new = t->addr;
		return true;
	case KIND_WILD:
		d->new = k->mem.direct_start +
			 roll(seed) % (k->mem.direct_end - k->mem.direct_start) / 8 * 8;
		return true;
	case KIND_RANDOM:
		d->new = roll(seed);
		return true;
	case KIND_BIT:
		d->new = old ^ UINT64_C(1) << roll(seed) % (8 * t->size);
		return true;
	case KIND_UP:
		d->new = old + step;
		return true;
	case KIND_DOWN:
		d->new = old - step;
		return true;
	case KIND_NEXT:
		return same_of(k, s, t, roll(seed), true, &peer) && peek(k, &peer, &d->new);
	case KIND_OTHER:
		return other && (f->needs & other->has) == f->needs &&
		       same_of(k, other, t, roll(seed), false, &peer) && peek(k, &peer, &d->new);
	case KIND_MEMBER:
		return beside(k, s, t, roll(seed), &peer) && peek(k, &peer, &d->new);
	case KIND_POISON:
		memset(&d->new, poisons[roll(seed) % 3], sizeof(d->new));
		return true;
	case KIND_LIST:
		d->new = roll(seed) & 1 ? 0x100 : 0x122;
		if (k->mem.target.word == 8)	// POISON_POINTER_DELTA
			d->new |= UINT64_C(0xdead000000000000);
		return true;
	case KIND_TEXT:
		d->new = UINT64_C(0x6572617774666f73);
		return true;
	case KIND_SWAP:
		if (t->object == OBJ_VMA || t->object == OBJ_MM ||
		    !same_of(k, s, t, 0, true, &peer)) {
			if (!beside(k, s, t, roll(seed), &peer) || peer.field->shape != f->shape)
				return false;
		}
		d->peer = peer;
		return peek(k, &peer, &d->new);
	case KIND_ZEROS:
		return zeros(k, s, t, d);
	case KIND_FREED:
		return freed(k, t, d);
	default:
		return false;
	}
}
