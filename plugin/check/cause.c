// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What probably did it: told only where the value seen is evidence. What the bytes
 * about it tell, and the slab, comes in a second pass: cause_bytes.c.
 */
#include "check/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *doc;
} causes[VS_N_CAUSES] = {
	[VS_CAUSE_BIT] = { "bit", "the value differs in one bit from the right one, or from one that leads to "
		"what points back: memory error" },
	[VS_CAUSE_POISON] = { "poison", "what the allocator fills memory with that is not to be used: 0x6b, 0x5a, "
		"0xbb, 0xcc, 0xaa" },
	[VS_CAUSE_LIST_POISON] = { "list-poison", "LIST_POISON1, LIST_POISON2: the object was taken off a list" },
	[VS_CAUSE_TEXT] = { "text", "letters: written beyond a buffer" },
	[VS_CAUSE_ZEROS] = { "zeros", "a run of zeros over members that are none in the objects beside" },
	[VS_CAUSE_PAGE] = { "page", "all of the page is the same: zeros, poison, text" },
	[VS_CAUSE_FREED] = { "freed", "the object is on a freelist of its slab, or the value is a freelist's "
		"pointer: use after free" },
	[VS_CAUSE_COPY] = { "copy", "the value of another member, or of the object beside: misdirected write" },
	[VS_CAUSE_SWAP] = { "swap", "two members are exchanged" },
};

const char *vs_cause_name(enum vs_cause c)
{
	return c < VS_N_CAUSES ? causes[c].name : NULL;
}

const char *vs_cause_doc(enum vs_cause c)
{
	return c < VS_N_CAUSES ? causes[c].doc : NULL;
}

bool vs_cause_say(struct vs_finding *f, enum vs_cause why, const char *fmt, ...)
{
	va_list ap;
	char *words;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&words, fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	free(f->cause);
	f->cause = words;
	f->why = why;
	return true;
}

/* Bytes with which the kernel fills memory that is not to be used. */
static const struct {
	uint8_t byte;
	const char *words;
} poisons[] = {
	{ 0x6b, "slab poison 0x6b: use after free" },
	{ 0x5a, "slab poison 0x5a: never initialised" },
	{ 0xbb, "slab red zone 0xbb: written beyond an object" },
	{ 0xcc, "slab red zone 0xcc: written beyond an object" },
	{ 0xaa, "page poison 0xaa: use after free" },
};

const char *vs_poison_words(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(poisons) / sizeof(*poisons); i++)
		if (poisons[i].byte == byte)
			return poisons[i].words;
	return NULL;
}

/** All of @p v, of @p size bytes, is one kind of poison. */
static const char *poison_of(uint64_t v, unsigned int size)
{
	uint64_t mask = size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;

	for (size_t i = 0; i < sizeof(poisons) / sizeof(*poisons); i++) {
		uint64_t all = UINT64_C(0x0101010101010101) * poisons[i].byte & mask;

		// A pointer's low bits may have been taken off, and the last poison byte is 0xa5.
		if (((v ^ all) & ~UINT64_C(0xff)) == 0 && size > 2)
			return poisons[i].words;
	}
	return NULL;
}

bool vs_is_text(unsigned char c)
{
	return (c >= 0x20 && c <= 0x7e) || c == '\n' || c == '\t';
}

void vs_text_put(char *ret, size_t size, const unsigned char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n && len + 5 < size; i++)
		len += (size_t)snprintf(ret + len, size - len, p[i] == '\n' ? "\\n" : p[i] == '\t' ? "\\t" :
					p[i] == '"' || p[i] == '\\' ? "\\%c" : "%c", p[i]);
}

/** All bytes printable, as a string in the order of memory. */
static bool text(uint64_t v, unsigned int size, char *ret, size_t ret_size)
{
	unsigned char bytes[8] = { 0 };

	for (unsigned int i = 0; i < size; i++) {
		bytes[i] = (unsigned char)(v >> 8 * i);
		if (!vs_is_text(bytes[i]))
			return false;
	}
	vs_text_put(ret, ret_size, bytes, size);
	return size >= 4;
}

/** The value of one of a VMA's members, by the kernel's name; false for others. */
static bool member_of(const struct vs_vma *v, unsigned int i, const char **name_ret, uint64_t *ret)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "vm_start", v->start }, { "vm_end", v->end },	   { "vm_next", v->next },
		{ "vm_prev", v->prev },	  { "rb_left", v->rb_left }, { "rb_right", v->rb_right },
		{ "__rb_parent_color", v->rb_parent },
		{ "vm_mm", v->mm },	  { "vm_flags", v->flags },  { "vm_file", v->file },
		{ "vm_ops", v->ops },	  { "anon_vma", v->anon_vma }, { "vm_page_prot", v->page_prot },
		{ "vm_private_data", v->private_data }, { "rb_subtree_gap", v->subtree_gap },
		{ "vm_pgoff", v->pgoff },
	};

	if (i >= sizeof(members) / sizeof(*members))
		return false;
	*name_ret = members[i].name;
	*ret = members[i].value;
	return true;
}

/** The name of another member of the same VMA that holds this value. */
static const char *twin(const struct vs_vma *v, const char *member, uint64_t value)
{
	const char *name;
	uint64_t has;

	for (unsigned int i = 0; member_of(v, i, &name, &has); i++)
		if (has == value && strcmp(name, member))
			return name;
	return NULL;
}

/** The VMA before or behind the one at @p p whose member is @p value; 0: neither. */
static uint64_t neighbour(const struct vs_check_ctx *ctx, uint32_t p, const char *member, uint64_t value)
{
	for (int side = -1; side <= 1; side += 2) {
		const struct vs_vma *v;
		const char *name;
		uint64_t has;

		if ((side < 0 && !p) || (side > 0 && p + 1 >= ctx->n))
			continue;
		v = vs_ctx_vma(ctx, p + (uint32_t)side);
		for (unsigned int i = 0; member_of(v, i, &name, &has); i++)
			if (has == value && !strcmp(name, member))
				return v->addr;
	}
	return 0;
}

/** A value as it stands in memory: pointers in the tree lead to vm_rb, not to the VMA. */
static uint64_t in_memory(const struct vs_check_ctx *ctx, const struct vs_finding *f, uint64_t v)
{
	bool rb = f->object != VS_OBJ_OTHER && f->member &&
		  (!strncmp(f->member, "rb_", 3) || !strncmp(f->member, "__rb", 4) ||
		   !strncmp(f->member, "mm_rb", 5)) &&
		  strcmp(f->member, "rb_subtree_gap") && strcmp(f->member, "rb_subtree_last");

	return rb && v ? v + ctx->s->rb_offset : v;
}

/** Bytes of the member: what is known of it here. */
static unsigned int size_of(const struct vs_check_ctx *ctx, const struct vs_finding *f, uint64_t seen)
{
	static const char *const ints[] = { "map_count", "mm_users", "mm_count", "vm_refcnt", "mm_mt.ma_flags" };

	for (size_t i = 0; i < sizeof(ints) / sizeof(*ints); i++)
		if (f->member && !strcmp(f->member, ints[i]))
			return seen >> 32 ? 8 : 4;
	return f->member && !strncmp(f->member, "meta.", 5) ? 1 : ctx->s->word ? ctx->s->word : 8;
}

/*
 * LIST_POISON1, LIST_POISON2: POISON_POINTER_DELTA, of ppc64 and of the other 64-bit kernels,
 * and what is added to it. 32-bit ones add it to 0.
 */
static bool is_list_poison(uint64_t v, unsigned int size)
{
	static const uint64_t deltas[] = { UINT64_C(0xdead000000000000), UINT64_C(0x5deadbeef0000000), 0 };

	for (unsigned int i = 0; i < 3; i++)
		if ((size == 8) == (deltas[i] != 0) &&
		    // the low bits of a parent pointer are the colour
		    (v == deltas[i] + 0x100 || (v & ~UINT64_C(3)) == deltas[i] + 0x120))
			return true;
	return false;
}

bool vs_cause_by_value(struct vs_finding *f, uint64_t seen, unsigned int size, uint64_t right, bool has_right)
{
	const char *poison = poison_of(seen, size);
	const uint64_t diff = seen ^ right;
	// a small number may be many things
	const bool bit = has_right && __builtin_popcountll(diff) == 1;
	char words[40];

	if (is_list_poison(seen, size) && (size == 8 || (size == 4 && (f->fmt == VS_VAL_HEX || !f->has_seen) && !bit)))
		return vs_cause_say(f, VS_CAUSE_LIST_POISON, "list poison: the object was taken off a list");
	if (poison)
		return vs_cause_say(f, VS_CAUSE_POISON, "%s", poison);
	if (text(seen, size, words, sizeof(words)))
		return vs_cause_say(f, VS_CAUSE_TEXT, "text, \"%s\": written beyond a buffer", words);
	// A count that is off by little was rather miscounted.
	if (bit && (f->fmt == VS_VAL_HEX || diff > 255))
		return vs_cause_say(f, VS_CAUSE_BIT, "one bit flipped (bit %d): memory error",
				    __builtin_ctzll(diff));
	return true;
}

static bool by_twins(const struct vs_check_ctx *ctx, struct vs_finding *f)
{
	const uint32_t p = ctx->pos[f->vma];
	const char *name = twin(&ctx->s->vmas.v[f->vma], f->member, f->seen);
	uint64_t beside;

	if (name)
		return vs_cause_say(f, VS_CAUSE_COPY, "the value of %s", name);
	// that those beside lead here is how it should be
	beside = p == VS_NONE || f->seen == ctx->s->vmas.v[f->vma].addr ? 0 : neighbour(ctx, p, f->member, f->seen);
	return !beside || vs_cause_say(f, VS_CAUSE_COPY, "%s of the VMA at %#" PRIx64 " beside it: misdirected write",
				       f->member, beside);
}

void vs_cause_guess(const struct vs_check_ctx *ctx, struct vs_finding *f)
{
	const uint32_t p = f->vma == VS_NONE ? VS_NONE : ctx->pos[f->vma];
	bool ok = true;

	if (f->consequence || !f->has_seen || f->severity != VS_SEV_ERROR ||
	    (f->fmt != VS_VAL_HEX && f->fmt != VS_VAL_DEC && f->fmt != VS_VAL_PAGES))
		return;
	// Two members exchanged differ by what they differ: no bit was flipped.
	if (p != VS_NONE && (ctx->belief[p].wrong & (VS_WRONG_START | VS_WRONG_END)) ==
				    (VS_WRONG_START | VS_WRONG_END)) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);

		// the finding itself says so
		if (ctx->belief[p].start == v->end && ctx->belief[p].end == v->start)
			f->why = VS_CAUSE_SWAP;
	} else {
		const uint64_t seen = in_memory(ctx, f, f->seen);

		ok = vs_cause_by_value(f, seen, size_of(ctx, f, seen), in_memory(ctx, f, f->expected),
				       f->has_expected);
		if (ok && !f->cause && f->vma != VS_NONE && f->member && f->seen)
			ok = by_twins(ctx, f);
	}
	ctx->r->failed |= !ok;
}
