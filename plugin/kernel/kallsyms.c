// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbols out of a dump's kallsyms. The tables are copied once; names are spelt
 * only as far as it takes to see that nobody asked for them: nearly all are turned
 * away by their first token.
 */
#include "kernel/kallsyms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/kmem.h"
#include "kernel/symbols.h"

#define N_TOKENS	256
#define SYMS_MAX	(UINT64_C(8) << 20)	/* real kernels have 100,000 to 250,000 */
#define NAMES_MAX	(UINT64_C(64) << 20)
#define NAME_MAX_LEN	1024			/* KSYM_NAME_LEN is 512 since 6.1 */

/* How an address is written: kallsyms_sym_address(). */
enum encoding {
	AS_ADDRESS,	/* a word: the address */
	AS_OFFSET,	/* unsigned, from relative_base (4.6 to 6.x, all but x86) */
	AS_PERCPU,	/* negative: from relative_base - 1 downwards; else absolute (x86, 4.6 to 6.14) */
	AS_DISTANCE,	/* signed, from where it stands (since 7.0) */
	N_ENCODINGS
};

struct kallsyms {
	struct vs_symbols sy;
	struct vs_target target;
	char *source;
	enum encoding enc;
	uint64_t base, offsets_at, kaslr;
	unsigned char *names, *offsets;
	size_t names_len, offsets_len;	/* as much as the dump has */
	size_t n;			/* symbols */
	char *tokens;
	size_t tokens_len;
	uint16_t index[N_TOKENS];
	size_t *marks;			/* where each 256th name begins; made by nearest() */
	char found[NAME_MAX_LEN];	/* the name that nearest() answered */
};

/* The name at *at: how many tokens, and where they begin; *at is set behind it. */
static const unsigned char *next_name(const struct kallsyms *ks, size_t *at, unsigned int *n_ret)
{
	const unsigned char *p;
	unsigned int n;
	size_t i = *at;

	if (i >= ks->names_len)
		return NULL;
	n = ks->names[i++];
	if (n & 0x80) {
		if (i >= ks->names_len)
			return NULL;
		n = (n & 0x7f) | (unsigned int)ks->names[i++] << 7;
	}
	if (n > ks->names_len - i)
		return NULL;
	p = ks->names + i;
	*at = i + n;
	*n_ret = n;
	return p;
}

static inline const char *token(const struct kallsyms *ks, unsigned char t)
{
	return ks->tokens + ks->index[t];	// terminated: load_tokens() has seen to it
}

/* Spell a name without its type letter into @p buf; false if it does not fit. */
static bool spell(const struct kallsyms *ks, const unsigned char *p, unsigned int n, char *buf, size_t size)
{
	bool skip = true;
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++) {
		for (const char *t = token(ks, p[i]); *t; t++) {
			if (skip) {
				skip = false;
				continue;
			}
			if (len + 1 >= size)
				return false;
			buf[len++] = *t;
		}
	}
	buf[len] = 0;
	return len > 0;
}

/* The address of symbol @p i as it runs; false if its entry is not there. */
static bool address(const struct kallsyms *ks, size_t i, uint64_t *ret, bool *absolute_ret)
{
	const unsigned int size = ks->enc == AS_ADDRESS ? ks->target.word : 4;
	int64_t off;
	uint64_t v;

	*absolute_ret = false;
	if ((i + 1) * size > ks->offsets_len)
		return false;
	v = vs_load(ks->offsets + i * size, size, ks->target.big_endian);
	off = vs_sign_extend(v, size);
	switch (ks->enc) {
	case AS_OFFSET:
		v += ks->base;
		break;
	case AS_PERCPU:
		*absolute_ret = off >= 0;
		v = off >= 0 ? v : ks->base - 1 - (uint64_t)off;
		break;
	case AS_DISTANCE:
		v = ks->offsets_at + i * 4 + (uint64_t)off;
		break;
	default:
		break;
	}
	*ret = ks->target.word == 4 ? (uint32_t)v : v;
	return true;
}

/* Which tokens a name that is asked for may have as its first, and as its second. */
struct filter {
	bool first[N_TOKENS];	/* holds the type letter and perhaps more */
	bool second[N_TOKENS];
};

static bool may_start(const struct vs_symbol *want, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		const char *a = want[i].name, *b = text;

		while (*a && *a == *b)
			a++, b++;
		if (!*b)
			return true;
	}
	return false;
}

static void make_filter(const struct kallsyms *ks, const struct vs_symbol *want, size_t n, struct filter *f)
{
	for (unsigned int t = 0; t < N_TOKENS; t++) {
		const char *text = token(ks, (unsigned char)t);

		f->first[t] = !*text || may_start(want, n, text + 1);
		f->second[t] = may_start(want, n, text);
	}
}

static struct vs_err *kallsyms_find(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	const struct kallsyms *ks = (const struct kallsyms *)sy;
	size_t at = 0, left = n;
	char name[NAME_MAX_LEN];
	struct filter f;

	make_filter(ks, want, n, &f);
	for (size_t i = 0; i < ks->n && left; i++) {
		unsigned int len;
		const unsigned char *p = next_name(ks, &at, &len);

		if (!p)
			break;
		if (!len || !f.first[p[0]] || (len > 1 && strlen(token(ks, p[0])) == 1 && !f.second[p[1]]) ||
		    !spell(ks, p, len, name, sizeof(name)))
			continue;
		for (size_t k = 0; k < n; k++) {
			if (want[k].found || strcmp(want[k].name, name) ||
			    !address(ks, i, &want[k].value, &want[k].absolute))
				continue;
			if (!want[k].absolute)
				want[k].value -= ks->kaslr;
			want[k].found = true;
			left--;
		}
	}
	return NULL;
}

static bool make_marks(struct kallsyms *ks)
{
	size_t at = 0, i;

	ks->marks = malloc((ks->n / N_TOKENS + 1) * sizeof(*ks->marks));
	if (!ks->marks)
		return false;
	for (i = 0; i < ks->n; i++) {
		unsigned int len;

		if (i % N_TOKENS == 0)
			ks->marks[i / N_TOKENS] = at;
		if (!next_name(ks, &at, &len))
			break;
	}
	ks->n = i;	// names that are not in the dump, nobody can ask for
	return true;
}

static bool name_of(const struct kallsyms *ks, size_t i, char *buf, size_t size)
{
	const unsigned char *p = NULL;
	size_t at = ks->marks[i / N_TOKENS];
	unsigned int len = 0;

	for (size_t k = i / N_TOKENS * N_TOKENS; k <= i; k++) {
		p = next_name(ks, &at, &len);
		if (!p)
			return false;
	}
	return p && spell(ks, p, len, buf, size);
}

static struct vs_err *kallsyms_nearest(struct vs_symbols *sy, uint64_t addr, const char **name_ret,
				       uint64_t *value_ret)
{
	struct kallsyms *ks = (struct kallsyms *)sy;
	const uint64_t want = addr + ks->kaslr;
	size_t lo = 0, hi;
	char name[NAME_MAX_LEN];
	uint64_t v, best;
	bool absolute;

	*name_ret = NULL;
	if (!ks->marks && !make_marks(ks))
		return &vs_enomem;
	// They stand in the order of their addresses.
	for (hi = ks->n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (address(ks, mid, &v, &absolute) && (absolute || v <= want))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || !address(ks, lo - 1, &best, &absolute) || absolute)
		return NULL;
	while (lo-- > 0 && address(ks, lo, &v, &absolute) && v == best) {
		if (!name_of(ks, lo, name, sizeof(name)) || !vs_symbol_may_name(name))
			continue;
		if (!*name_ret || strcmp(name, ks->found) < 0)
			memcpy(ks->found, name, sizeof(ks->found));
		*name_ret = ks->found;
		*value_ret = best - ks->kaslr;
	}
	return NULL;
}

static struct vs_err *kallsyms_each(struct vs_symbols *sy,
				    bool (*fn)(void *arg, const char *name, uint64_t value, bool absolute), void *arg)
{
	const struct kallsyms *ks = (const struct kallsyms *)sy;
	char name[NAME_MAX_LEN];
	size_t at = 0;

	for (size_t i = 0; i < ks->n; i++) {
		unsigned int len;
		const unsigned char *p = next_name(ks, &at, &len);
		uint64_t value;
		bool absolute;

		if (!p)
			break;
		if (!spell(ks, p, len, name, sizeof(name)) || !address(ks, i, &value, &absolute))
			continue;
		if (!fn(arg, name, absolute ? value : value - ks->kaslr, absolute))
			return &vs_enomem;
	}
	return NULL;
}

static void kallsyms_destroy(struct vs_symbols *sy)
{
	struct kallsyms *ks = (struct kallsyms *)sy;

	free(ks->source);
	free(ks->names);
	free(ks->offsets);
	free(ks->tokens);
	free(ks->marks);
	free(ks);
}

static const struct vs_symbols_ops kallsyms_ops = {
	.find = kallsyms_find,
	.nearest = kallsyms_nearest,
	.each = kallsyms_each,
	.destroy = kallsyms_destroy,
};

/* --- reading the tables --- */

static struct vs_err *absent(const char *what, uint64_t at, enum vs_from from)
{
	return vs_err_create(VS_ERR_ABSENT, "%s, at %#" PRIx64 ", is not in the dump (%s)", what, at,
			     vs_from_name(from));
}

/* As much of [at, at + len) as there is. */
static struct vs_err *load(struct vs_kmem *mem, const char *what, uint64_t at, size_t len, unsigned char **ret,
			   size_t *got_ret)
{
	enum vs_from from;

	*ret = malloc(len ? len : 1);
	if (!*ret)
		return &vs_enomem;
	from = vs_kmem_read(mem, at, *ret, len, got_ret);
	return *got_ret ? NULL : absent(what, at, from);
}

static struct vs_err *load_uint(struct vs_kmem *mem, const char *what, uint64_t at, unsigned int size, uint64_t *ret)
{
	unsigned char raw[8];
	enum vs_from from = vs_kmem_read(mem, at, raw, size, NULL);

	if (!vs_from_ok(from))
		return absent(what, at, from);
	*ret = vs_load(raw, size, mem->target.big_endian);
	return NULL;
}

static struct vs_err *load_tokens(struct kallsyms *ks, struct vs_kmem *mem, const struct vs_kallsyms_place *at)
{
	unsigned char raw[2 * N_TOKENS], *tokens;
	enum vs_from from = vs_kmem_read(mem, at->token_index, raw, sizeof(raw), NULL);
	struct vs_err *err;

	if (!vs_from_ok(from))
		return absent("kallsyms_token_index", at->token_index, from);
	// on all releases the index stands behind the table, and offsets in it have 16 bits
	if (at->token_index - at->token_table - 1 >= UINT16_MAX)
		return vs_err_create(VS_ERR_FORMAT,
			"kallsyms_token_index cannot be at %#" PRIx64 " with the table at %#" PRIx64,
			at->token_index, at->token_table);
	err = load(mem, "kallsyms_token_table", at->token_table, (size_t)(at->token_index - at->token_table), &tokens,
		   &ks->tokens_len);
	ks->tokens = (char *)tokens;
	if (err)
		return err;
	for (unsigned int t = 0; t < N_TOKENS; t++) {
		ks->index[t] = vs_load16(raw + 2 * t, ks->target.big_endian);
		if (ks->index[t] >= ks->tokens_len ||
		    !memchr(ks->tokens + ks->index[t], 0, ks->tokens_len - ks->index[t]))
			return vs_err_create(VS_ERR_FORMAT,
				"kallsyms_token_index at %#" PRIx64 ": token %u at %u, beyond the %zu bytes of the table",
				at->token_index, t, ks->index[t], ks->tokens_len);
	}
	return NULL;
}

/* The names go up to the next table at most; which one that is depends on the release. */
static uint64_t names_end(const struct vs_kallsyms_place *at)
{
	const uint64_t tables[] = { at->token_table, at->token_index, at->offsets, at->addresses,
				    at->relative_base, at->num_syms };
	uint64_t end = at->end > at->names ? at->end : at->names;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i] > at->names && tables[i] < end)
			end = tables[i];
	return end - at->names > NAMES_MAX ? at->names + NAMES_MAX : end;
}

static struct vs_err *load_names(struct kallsyms *ks, struct vs_kmem *mem, const struct vs_kallsyms_place *at)
{
	uint64_t n, end = names_end(at);
	struct vs_err *err = load_uint(mem, "kallsyms_num_syms", at->num_syms, 4, &n);

	if (err)
		return err;
	// each name has two bytes at least
	if (!n || n > SYMS_MAX || n > (end - at->names) / 2)
		return vs_err_create(VS_ERR_FORMAT,
			"kallsyms_num_syms at %#" PRIx64 " is %" PRIu64 "; expected at most %" PRIu64
			" (%" PRIu64 " bytes of names)", at->num_syms, n, SYMS_MAX, end - at->names);
	ks->n = (size_t)n;
	return load(mem, "kallsyms_names", at->names, (size_t)(end - at->names), &ks->names, &ks->names_len);
}

/* Where the addresses may be and how they may be written. */
struct guess {
	enum encoding enc;
	uint64_t at, base_at;	/* base_at 0: there is no base */
};

static struct vs_err *try_guess(struct kallsyms *ks, struct vs_kmem *mem, const struct guess *g)
{
	const unsigned int size = g->enc == AS_ADDRESS ? ks->target.word : 4;
	struct vs_err *err = NULL;

	free(ks->offsets);
	ks->offsets = NULL;
	ks->enc = g->enc;
	ks->offsets_at = g->at;
	ks->base = 0;
	if (g->base_at)
		err = load_uint(mem, "kallsyms_relative_base", g->base_at, ks->target.word, &ks->base);
	return err ? err : load(mem, "kallsyms_offsets", g->at, ks->n * size, &ks->offsets, &ks->offsets_len);
}

/* All guesses there are, best first. */
static size_t make_guesses(const struct kallsyms *ks, const struct vs_kallsyms_place *at, struct guess *g)
{
	const uint64_t word = ks->target.word, offs_len = (4 * ks->n + word - 1) & ~(word - 1);
	size_t n = 0;

	if (at->addresses) {
		g[n++] = (struct guess){ AS_ADDRESS, at->addresses, 0 };
	} else if (at->offsets && at->relative_base) {
		g[n++] = (struct guess){ AS_PERCPU, at->offsets, at->relative_base };
		g[n++] = (struct guess){ AS_OFFSET, at->offsets, at->relative_base };
	} else if (at->offsets) {
		g[n++] = (struct guess){ AS_DISTANCE, at->offsets, 0 };
	} else {
		// up to 6.4 in front of the names, since behind the tokens
		const uint64_t before = at->num_syms - word, after = at->token_index + 2 * N_TOKENS;

		g[n++] = (struct guess){ AS_PERCPU, before - offs_len, before };
		g[n++] = (struct guess){ AS_OFFSET, before - offs_len, before };
		g[n++] = (struct guess){ AS_ADDRESS, at->num_syms - word * ks->n, 0 };
		g[n++] = (struct guess){ AS_PERCPU, after, after + offs_len };
		g[n++] = (struct guess){ AS_OFFSET, after, after + offs_len };
		g[n++] = (struct guess){ AS_DISTANCE, after, 0 };
	}
	return n;
}

/* The encoding is the one by which _stext comes out where VMCOREINFO has it. */
static struct vs_err *load_addresses(struct kallsyms *ks, struct vs_kmem *mem, const struct vs_kallsyms_place *at,
				     uint64_t stext)
{
	struct vs_symbol s = { .name = "_stext" };
	_cleanup_err_ struct vs_err *why = NULL;
	uint64_t found = 0;
	struct guess g[8];
	size_t n = make_guesses(ks, at, g);

	for (size_t i = 0; i < n; i++) {
		vs_err_free(why);
		why = try_guess(ks, mem, &g[i]);
		if (why)
			continue;
		s.found = false;
		kallsyms_find(&ks->sy, &s, 1);
		// the base is the lowest address there is
		if (s.found && s.value + (s.absolute ? 0 : ks->kaslr) == stext && ks->base <= stext)
			return NULL;
		found = s.found ? s.value + ks->kaslr : found;
	}
	if (why)
		return no_cleanup_ptr(why);
	return found ? vs_err_create(VS_ERR_MISMATCH,
			"kallsyms has _stext at %#" PRIx64 ", VMCOREINFO at %#" PRIx64, found, stext) :
		vs_err_create(VS_ERR_FORMAT, "kallsyms has no _stext among %zu symbols%s", ks->n,
			      ks->names_len < 2 * ks->n ? ", most of which are not in the dump" : "");
}

struct vs_err *vs_kallsyms_open(struct vs_kmem *mem, const struct vs_kallsyms_place *at, uint64_t stext,
				uint64_t kaslr, struct vs_symbols **ret)
{
	struct kallsyms *ks = calloc(1, sizeof(*ks));
	struct vs_err *err;

	if (!ks)
		return &vs_enomem;
	ks->sy.ops = &kallsyms_ops;
	ks->target = mem->target;
	ks->kaslr = kaslr;
	err = load_tokens(ks, mem, at);
	if (!err)
		err = load_names(ks, mem, at);
	if (!err)
		err = load_addresses(ks, mem, at, stext);
	if (!err && asprintf(&ks->source, "the dump's own kallsyms (%zu symbols, found by %s)", ks->n, at->how) < 0) {
		ks->source = NULL;
		err = &vs_enomem;
	}
	if (err) {
		vs_symbols_destroy(&ks->sy);
		return err;
	}
	ks->sy.source = ks->source;
	*ret = &ks->sy;
	return NULL;
}
