// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What probably did it, by the bytes about the damaged member and by what the slab
 * says of the object. The larger the damage that explains the finding, the stronger:
 * a page, the object, a run over several members, one value.
 */
#include "check/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIN_TEXT 6	/* bytes in a row: fewer come by chance */
#define NOWHERE UINT32_MAX

/* One finding and what is known of its object. */
struct scene {
	const struct vs_space *s;
	const struct vs_report *r;
	const struct vs_exhibit *e;
	struct vs_finding *f;
	uint32_t start, end;	/* of the object in e->bytes */
	uint32_t at;		/* of the damaged word there; NOWHERE */
	uint64_t raw;		/* that word */
};

static uint64_t load(const struct vs_exhibit *e, uint32_t at, unsigned int size)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < size; i++)
		v = v << 8 | e->bytes[at + (e->big_endian ? i : size - 1 - i)];
	return v;
}

/** Is @p raw what the finding tells as @p v? Pointers in rb trees are told as those of VMAs. */
static bool is_value(const struct scene *c, uint64_t raw, uint64_t v)
{
	return raw == v || (raw & ~UINT64_C(3)) == v || raw - c->s->rb_offset == v ||
		(raw & ~UINT64_C(3)) - c->s->rb_offset == v;
}

/** Where the value stands that the finding tells, if its member's place is not known. */
static uint32_t search_value(const struct scene *c)
{
	uint32_t found = NOWHERE;

	for (uint32_t at = c->start; c->f->has_seen && at + c->e->word <= c->end; at += c->e->word) {
		if (!is_value(c, load(c->e, at, c->e->word), c->f->seen))
			continue;
		if (found != NOWHERE)
			return NOWHERE;
		found = at;
	}
	return found;
}

static void find_place(struct scene *c, const char *member)
{
	const struct vs_exhibit_member *m = vs_exhibit_member_of(c->e, member);

	c->at = m && m->size == c->e->word ? m->at : m && m->size ? NOWHERE : search_value(c);
	if (c->at != NOWHERE && c->at + c->e->word > c->e->n)
		c->at = NOWHERE;
	c->raw = c->at == NOWHERE ? c->f->seen : load(c->e, c->at, c->e->word);
}

/* --- pages --- */

/** The bytes of the page from @p at on are all of one kind: 0, a byte of poison, text. */
static const char *page_of(const struct vs_exhibit *e, uint32_t at, char *buf, size_t size)
{
	const unsigned char *p = e->bytes + at;
	bool same = true, text = true;

	for (uint32_t i = 0; i < e->page && (same || text); i++) {
		same &= p[i] == p[0];
		text &= vs_is_text(p[i]);
	}
	if (same && !p[0])
		return "zeros";
	if (same && vs_poison_words(p[0]))
		return vs_poison_words(p[0]);
	if (same)
		snprintf(buf, size, "bytes %#x", p[0]);
	if (same || !text)
		return same ? buf : NULL;
	strcpy(buf, "text, \"");
	vs_text_put(buf + 7, size - 12, p, 20);
	strcat(buf, "...\"");
	return buf;
}

static bool by_page(struct scene *c)
{
	char buf[80];

	for (uint32_t at = 0; at + c->e->page <= c->e->n; at += c->e->page) {
		const char *what = page_of(c->e, at, buf, sizeof(buf));

		if (what)
			return vs_cause_say(c->f, VS_CAUSE_PAGE, "all of the page at %#" PRIx64 " overwritten: %s",
					    c->e->va + at, what);
	}
	return true;
}

/** What a pointer leads to has been overwritten, with all of its page. */
static bool by_target(struct scene *c)
{
	const struct vs_exhibit *t = c->f->has_seen ?
		vs_exhibit_of(&c->s->exhibits, c->f->seen & ~(uint64_t)(c->e->page - 1)) : NULL;
	const char *what;
	char buf[80];

	if (!t || t->n < t->page || t->addr != t->va)
		return true;
	what = page_of(t, 0, buf, sizeof(buf));
	return !what || vs_cause_say(c->f, VS_CAUSE_PAGE, "all of the page that it leads to overwritten, %#" PRIx64
				     ": %s", t->va, what);
}

/* --- the object --- */

static bool by_object(struct scene *c)
{
	const unsigned char *p = c->e->bytes + c->start;
	const uint32_t size = c->e->size;
	uint32_t n = 0;

	if (c->end - c->start < size || !size)
		return true;
	while (n < size && p[n] == p[0])
		n++;
	// the last byte of poison is 0xa5, and a free object has a pointer in it
	if (vs_poison_words(p[0]) && n >= 32)
		return vs_cause_say(c->f, VS_CAUSE_POISON, "%s (%u of its %u bytes)", vs_poison_words(p[0]), n, size);
	if (n == size && !p[0])
		return vs_cause_say(c->f, VS_CAUSE_ZEROS, "a run of zeros: all %u bytes of it", size);
	for (n = 0; n < size && vs_is_text(p[n]); n++)
		;
	return n < size || vs_cause_say(c->f, VS_CAUSE_TEXT, "text all over it: written beyond a buffer");
}

static bool by_slab(struct scene *c)
{
	const struct vs_exhibit *e = c->e;
	const bool pointer = c->at != NOWHERE && e->va + c->at == e->free_at && e->free_word;

	if (!e->slab || e->inside || (!e->free && !pointer))
		return true;
	return vs_cause_say(c->f, VS_CAUSE_FREED, "use after free: %s%s%s%s", e->free ?
			    "this object is on the freelist of its slab" : "the value is a freelist's pointer, slab",
			    *e->cache ? e->free ? ", " : " " : "", e->cache,
			    e->free && pointer ? "; the value is the freelist's pointer" : "");
}

/* --- runs --- */

static bool by_text(struct scene *c)
{
	const struct vs_exhibit *e = c->e;
	uint32_t from, to, best = 0, best_from = 0;
	char words[48];

	// the longest run of text that has a byte of the word
	for (uint32_t i = c->at; i < c->at + e->word; i = to + 1) {
		for (from = i; from && vs_is_text(e->bytes[from - 1]); from--)
			;
		for (to = i; to < e->n && vs_is_text(e->bytes[to]); to++)
			;
		if (to > i && to - from > best) {
			best = to - from;
			best_from = from;
		}
	}
	to = best_from + best;
	for (from = best_from; from < to && e->bytes[from] == e->bytes[best_from]; from++)
		;
	if (from == to)		// one letter over and over is poison, or no text
		return true;
	// letters that fill the word only in part come by chance, unless a string ends there
	if (best < MIN_TEXT || (to < c->at + e->word && e->bytes[to]) || (to < c->at + 4))
		return true;
	vs_text_put(words, sizeof(words), e->bytes + best_from, best);
	return vs_cause_say(c->f, VS_CAUSE_TEXT, "text, \"%s\"%s, %u bytes from %#" PRIx64 " on: written beyond a buffer",
			    words, best > 40 ? "..." : "", best, e->va + best_from);
}

/** Another object of the kind at @p addr: has it a 0 where this one has the word @p at? */
static void ask_other(const struct scene *c, uint64_t addr, uint32_t at, uint32_t *others, uint32_t *zeros)
{
	const uint64_t va = addr + at - c->start;

	if (addr == c->e->addr || va < c->e->va || va + c->e->word > c->e->va + c->e->n)
		return;
	(*others)++;
	*zeros += !load(c->e, (uint32_t)(va - c->e->va), c->e->word);
}

/** Is the word @p at bytes into the page 0 in no more than a few of the objects beside? */
static bool seldom_zero(const struct scene *c, uint32_t at)
{
	const struct vs_exhibit *e = c->e;
	const struct vs_objects *o = &c->s->objects;
	uint32_t others = 0, zeros = 0;

	// without slabs in the dump, those that are known anyway
	for (size_t i = 0; !e->slab && c->f->object == VS_OBJ_VMA && i < c->s->vmas.n; i++)
		ask_other(c, c->s->vmas.v[i].addr, at, &others, &zeros);
	for (size_t i = 0; !e->slab && c->f->object == VS_OBJ_NODE && i < c->s->maple.nodes.n; i++)
		ask_other(c, c->s->maple.nodes.v[i].addr, at, &others, &zeros);
	for (size_t i = 0; !e->slab && c->f->object == VS_OBJ_OTHER && i < o->avcs.n; i++)
		if (!strcmp(c->f->type, "anon_vma_chain"))
			ask_other(c, o->avcs.v[i].addr, at, &others, &zeros);
	if (!e->slab)
		return others && zeros * 4 <= others;
	if (!e->slot || e->inside)
		return false;
	for (uint32_t i = at % e->slot; i + e->word <= e->n; i += e->slot) {
		if (i == at)
			continue;
		others++;
		zeros += !load(e, i, e->word);
	}
	return others && zeros * 4 <= others;
}

/** How many members of the object have a finding that tells of a 0, or of a word that is one. */
static unsigned int zeros_told(const struct scene *c)
{
	unsigned int n = 0;

	for (size_t i = 0; i < c->r->findings.n; i++) {
		const struct vs_finding *f = &c->r->findings.v[i];
		bool again = false;

		if (f->addr != c->e->addr || !f->has_seen || f->seen || f->severity != VS_SEV_ERROR)
			continue;
		for (size_t j = 0; j < i && !again; j++)
			again = c->r->findings.v[j].addr == f->addr && c->r->findings.v[j].member && f->member &&
				!strcmp(c->r->findings.v[j].member, f->member);
		n += !again;
	}
	return n;
}

/**
 * A run of zeros over two words or more that are no zeros in the objects beside, or that
 * have findings. Without a word to begin with, the longest run of the object.
 */
static bool by_zeros(struct scene *c)
{
	const uint32_t word = c->e->word;
	uint32_t best_from = 0, best_to = 0;
	unsigned int best = 0;

	for (uint32_t from = c->start, to; from + word <= c->end; from = to + word) {
		unsigned int strange = 0;

		for (to = from; to + word <= c->end && !load(c->e, to, word); to += word)
			strange += to == c->at || seldom_zero(c, to);
		if (strange > best && (c->at == NOWHERE || (from <= c->at && c->at < to))) {
			best = strange;
			best_from = from;
			best_to = to;
		}
	}
	if (best_to - best_from < 2 * word || (best < 2 && zeros_told(c) < 2))
		return true;
	return vs_cause_say(c->f, VS_CAUSE_ZEROS, "a run of zeros: %u bytes from %#" PRIx64 " on", best_to - best_from,
			    c->e->va + best_from);
}

/* --- single values --- */

/** What the word that is known in place should be; false if not known. */
static bool expected_raw(const struct scene *c, uint64_t *ret)
{
	const bool rb = c->at != NOWHERE && c->raw != c->f->seen && c->f->has_seen &&
		(c->raw & ~UINT64_C(3)) - c->s->rb_offset == c->f->seen;

	*ret = c->f->expected && rb ? c->f->expected + c->s->rb_offset : c->f->expected;
	return c->f->has_expected;
}

static bool by_bit(struct scene *c)
{
	const struct vs_exhibit_member *m = vs_exhibit_member_of(c->e, c->f->member);
	uint64_t right;

	if (m && m->has_flip) {
		vs_finding_expect(c->f, m->flip);
		return vs_cause_say(c->f, VS_CAUSE_BIT, "one bit flipped (bit %d): memory error; with it turned the "
				    "pointer, %#" PRIx64 ", leads to what points back",
				    __builtin_ctzll(m->flip ^ c->f->seen), m->flip);
	}
	if (c->f->has_seen && !c->f->has_expected && c->f->fmt == VS_VAL_HEX && __builtin_popcountll(c->raw) == 1)
		return vs_cause_say(c->f, VS_CAUSE_BIT, "one bit flipped (bit %d) in what was NULL: memory error",
				    __builtin_ctzll(c->raw));
	if (!expected_raw(c, &right))
		return true;
	if (c->f->member && strstr(c->f->member, "parent_color"))
		right |= c->raw & 3;	// the colour is not told
	if (__builtin_popcountll(c->raw ^ right) != 1 || c->at == NOWHERE)
		return true;
	return vs_cause_say(c->f, VS_CAUSE_BIT, "one bit flipped (bit %d): memory error",
			    __builtin_ctzll(c->raw ^ right));
}

/** What the word that a finding of this object is about is, and what it should be; false if not known. */
static bool raw_of(const struct scene *c, const struct vs_finding *g, uint64_t *raw_ret, uint64_t *right_ret)
{
	const struct vs_exhibit_member *m = vs_exhibit_member_of(c->e, g->member);

	if (!m || m->size != c->e->word || !g->has_seen || !g->has_expected)
		return false;
	*raw_ret = load(c->e, m->at, m->size);
	*right_ret = g->expected && *raw_ret != g->seen && (*raw_ret & ~UINT64_C(3)) != g->seen ?
		g->expected + c->s->rb_offset : g->expected;
	return true;
}

/** Another finding has what this one misses, and the other way round. */
static bool by_swap(struct scene *c)
{
	struct vs_finding *f = c->f;
	uint64_t raw, right, other, other_right;

	if (!raw_of(c, f, &raw, &right) || raw == right)
		return true;
	for (size_t i = 0; i < c->r->findings.n; i++) {
		const struct vs_finding *g = &c->r->findings.v[i];

		if (g->addr == f->addr && raw_of(c, g, &other, &other_right) && other == right &&
		    other_right == raw && strcmp(g->member, f->member))
			return vs_cause_say(f, VS_CAUSE_SWAP, "exchanged with %s", g->member);
	}
	return true;
}

static bool by_copy(struct scene *c)
{
	const struct vs_exhibit *e = c->e;

	if (c->raw <= UINT16_MAX)
		return true;
	for (uint32_t i = c->start; i + e->word <= c->end && c->at != NOWHERE; i += e->word)
		if (i != c->at && load(e, i, e->word) == c->raw)
			return vs_cause_say(c->f, VS_CAUSE_COPY, "misdirected write: the same value stands %u bytes into it, "
					    "too", i - c->start);
	if (c->at == NOWHERE || !e->slab || !e->slot || e->inside)
		return true;
	for (uint32_t i = c->at % e->slot; i + e->word <= e->n; i += e->slot)
		if (i != c->at && load(e, i, e->word) == c->raw)
			return vs_cause_say(c->f, VS_CAUSE_COPY, "misdirected write: the value of the object beside, at %#"
					    PRIx64, e->addr + i - c->at);
	return true;
}

/** Nothing was told of the value, or it is only some bits of the word: tell it by that. */
static bool by_raw(struct scene *c)
{
	const bool whole = c->f->has_seen && is_value(c, c->raw, c->f->seen);

	if (c->at == NOWHERE || (whole && c->f->why))
		return true;
	c->f->why = VS_CAUSE_NONE;
	free(c->f->cause);
	c->f->cause = NULL;
	return vs_cause_by_value(c->f, c->raw, c->e->word, 0, false);
}

static bool tell_at(struct scene *c)
{
	struct vs_finding *f = c->f;
	bool ok = true;

	ok = by_raw(c);
	if (ok && c->at != NOWHERE && (!f->why || f->why == VS_CAUSE_TEXT))
		ok = by_text(c);
	// one bit may make a 0; that several members are 0 is more
	if (ok && (!f->why || (f->why == VS_CAUSE_BIT && !c->raw)))
		ok = by_zeros(c);
	if (ok && !f->why)
		ok = by_bit(c);
	if (ok && (!f->why || f->why == VS_CAUSE_COPY))
		ok = by_swap(c);
	return ok && (f->why || by_copy(c));
}

static bool tell(const struct vs_space *s, const struct vs_report *r, const struct vs_exhibit *e,
		 struct vs_finding *f)
{
	struct scene c = { .s = s, .r = r, .e = e, .f = f };
	const char *left = f->member && !f->has_seen ? strstr(f->member, "rb_left") : NULL;
	bool ok;

	c.start = (uint32_t)(e->addr - e->va);
	c.end = c.start + e->size > e->n ? e->n : c.start + e->size;
	if (c.start >= e->n)
		return true;
	ok = by_page(&c);
	if (ok && f->why != VS_CAUSE_PAGE)
		ok = by_object(&c);
	find_place(&c, f->member);
	if (ok && f->why != VS_CAUSE_PAGE && f->why != VS_CAUSE_POISON)
		ok = by_slab(&c);
	if (ok && !f->why)
		ok = by_target(&c);
	if (ok && f->why != VS_CAUSE_PAGE && f->why != VS_CAUSE_FREED)
		ok = tell_at(&c);
	// one of two pointers is meant, and it was not the left
	if (ok && !f->why && left) {
		char right[40];

		snprintf(right, sizeof(right), "%.*srb_right", (int)(left - f->member), f->member);
		find_place(&c, right);
		ok = tell_at(&c);
	}
	return ok;
}

void vs_causes_tell(const struct vs_space *s, struct vs_report *r)
{
	for (size_t i = 0; i < r->findings.n; i++) {
		struct vs_finding *f = &r->findings.v[i];
		const struct vs_exhibit *e = vs_exhibit_of(&s->exhibits, f->addr);

		if (e && f->severity == VS_SEV_ERROR && !f->consequence && !tell(s, r, e, f))
			r->failed = true;
	}
}
