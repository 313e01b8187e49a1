// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What probably did it: told only where the value seen is evidence.
 */
#include "check/ctx.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static bool poisoned(uint64_t v, unsigned int i)
{
	uint64_t all = UINT64_C(0x0101010101010101) * poisons[i].byte;

	// A pointer's low bits may have been taken off, and the last poison byte is 0xa5.
	return ((v ^ all) & ~UINT64_C(0xff)) == 0;
}

/** Eight printable characters, as a string in the order of memory (little endian). */
static bool text(uint64_t v, char *ret)
{
	for (unsigned int i = 0; i < 8; i++) {
		ret[i] = (char)(v >> 8 * i);
		if (ret[i] < 0x20 || ret[i] > 0x7e)
			return false;
	}
	ret[8] = 0;
	return true;
}

/** The name of another member of the same VMA that holds this value. */
static const char *twin(const struct vs_vma *v, const char *member, uint64_t value)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "vm_start", v->start }, { "vm_end", v->end },	   { "vm_next", v->next },
		{ "vm_prev", v->prev },	  { "rb_left", v->rb_left }, { "rb_right", v->rb_right },
		{ "vm_mm", v->mm },	  { "vm_flags", v->flags },  { "vm_file", v->file },
		{ "vm_ops", v->ops },	  { "anon_vma", v->anon_vma },
		{ "vm_private_data", v->private_data },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (members[i].value == value && strcmp(members[i].name, member))
			return members[i].name;
	return NULL;
}

/** A value as it stands in memory: pointers in the tree lead to vm_rb, not to the VMA. */
static uint64_t in_memory(const struct vs_check_ctx *ctx, const struct vs_finding *f, uint64_t v)
{
	bool rb = f->member && (!strncmp(f->member, "rb_", 3) || !strncmp(f->member, "__rb", 4) ||
				!strncmp(f->member, "mm_rb", 5)) &&
		  strcmp(f->member, "rb_subtree_gap") && strcmp(f->member, "rb_subtree_last");

	return rb && v ? v + ctx->s->rb_offset : v;
}

void vs_cause_guess(const struct vs_check_ctx *ctx, struct vs_finding *f)
{
	uint64_t seen = in_memory(ctx, f, f->seen), diff = seen ^ in_memory(ctx, f, f->expected);
	char words[9];
	int n = 0;

	// Two members exchanged differ by what they differ: no bit was flipped.
	if (f->vma != VS_NONE && ctx->pos[f->vma] != VS_NONE &&
	    (ctx->belief[ctx->pos[f->vma]].wrong & (VS_WRONG_START | VS_WRONG_END)) ==
		    (VS_WRONG_START | VS_WRONG_END))
		return;
	if (f->consequence || !f->has_seen || f->severity != VS_SEV_ERROR ||
	    (f->fmt != VS_VAL_HEX && f->fmt != VS_VAL_DEC && f->fmt != VS_VAL_PAGES))
		return;
	if (seen == UINT64_C(0xdead000000000100) || seen == UINT64_C(0xdead000000000122)) {
		n = asprintf(&f->cause, "list poison: the object was taken off a list");
	} else if (text(seen, words)) {
		n = asprintf(&f->cause, "text, \"%s\": written beyond a buffer", words);
	} else {
		for (unsigned int i = 0; i < sizeof(poisons) / sizeof(*poisons); i++)
			if (!f->cause && poisoned(seen, i))
				n = asprintf(&f->cause, "%s", poisons[i].words);
	}
	// A count that is off by little was rather miscounted.
	if (!f->cause && n >= 0 && f->has_expected && __builtin_popcountll(diff) == 1 &&
	    (f->fmt == VS_VAL_HEX || diff > 255))
		n = asprintf(&f->cause, "one bit flipped (bit %d): memory error",
			     __builtin_ctzll(diff));
	if (!f->cause && n >= 0 && f->vma != VS_NONE && f->member && f->seen) {
		const char *name = twin(&ctx->s->vmas.v[f->vma], f->member, f->seen);

		if (name)
			n = asprintf(&f->cause, "the value of %s", name);
	}
	if (n < 0) {
		f->cause = NULL;
		ctx->r->failed = true;
	}
}
