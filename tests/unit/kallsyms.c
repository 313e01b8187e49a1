// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms tables made here as scripts/kallsyms.c of each release makes them, read
 * back, found by their shape, and damaged.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "fake.h"
#include "kernel/kallsyms.h"
#include "tap.h"

#define N_SYMS		900
#define KASLR		UINT64_C(0x1000000)
#define STEXT		(FAKE_DIRECT + 0x1000)	/* as it runs */
#define TABLES		0x20000			/* offset of the tables in memory */

enum encoding { ADDRESS, OFFSET, PERCPU, DISTANCE };

struct kind {
	const char *name;
	enum encoding enc;
	bool big_endian;
	uint8_t word;
	bool last;		/* the addresses stand behind the tokens (since 6.5) */
	unsigned int marker;	/* bytes of a marker */
	bool long_names;	/* names of more than 127 tokens: two bytes of length (since 6.1) */
};

static const struct kind kinds[] = {
	{ "4.4: addresses, markers of a word", ADDRESS, false, 8, false, 8, false },
	{ "5.10 x86-64", PERCPU, false, 8, false, 4, false },
	{ "5.10 arm64", OFFSET, false, 8, false, 4, false },
	{ "5.10 s390x: big endian", OFFSET, true, 8, false, 4, false },
	{ "5.10 i386: 32 bits", OFFSET, false, 4, false, 4, false },
	{ "5.10 powerpc: 32 bits, big endian, addresses", ADDRESS, true, 4, false, 4, false },
	{ "6.12 x86-64", PERCPU, false, 8, true, 4, true },
	{ "6.12 arm64", OFFSET, false, 8, true, 4, true },
	{ "7.2: place-relative", DISTANCE, false, 8, true, 4, true },
	{ "7.2 s390x: place-relative, big endian", DISTANCE, true, 8, true, 4, true },
};

struct made {
	struct fake *f;
	const struct kind *kind;
	struct vs_kallsyms_place at;
	char names[N_SYMS][400];
	uint64_t values[N_SYMS];	/* as they run */
	bool absolute[N_SYMS];
	uint64_t pos;			/* offset in memory of what is written next */
};

static const char *const pairs[] = { "tT", "in", "it", "_task", "sym_", "DT", "t_", "TT" };

static void put(struct made *m, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		m->f->ram[m->pos + (m->kind->big_endian ? size - 1 - i : i)] = (unsigned char)(value >> 8 * i);
	m->pos += size;
}

static uint64_t align(struct made *m)
{
	m->pos = (m->pos + m->kind->word - 1) & ~(uint64_t)(m->kind->word - 1);
	return FAKE_DIRECT + m->pos;
}

/* Token t spells itself where it is a character of names, else one of the pairs or nothing. */
static const char *token(unsigned int t)
{
	static char self[2];

	if (t >= 0x80 && t < 0x80 + sizeof(pairs) / sizeof(pairs[0]))
		return pairs[t - 0x80];
	if ((t >= '0' && t <= '9') || (t >= 'a' && t <= 'z') || (t >= 'A' && t <= 'Z') || t == '_' || t == '.') {
		self[0] = (char)t;
		return self;
	}
	return "";
}

static void make_symbols(struct made *m)
{
	const bool percpu = m->kind->enc == PERCPU;
	unsigned int n = 0;

	if (percpu) {
		for (; n < 5; n++) {
			snprintf(m->names[n], sizeof(m->names[n]), "AD_per_cpu_%u", n);
			m->values[n] = n * 64;
			m->absolute[n] = true;
		}
	}
	for (unsigned int first = n; n < N_SYMS; n++) {
		snprintf(m->names[n], sizeof(m->names[n]), "tsym_%u", n);
		m->values[n] = STEXT + (uint64_t)(n - first) * 16;
	}
	strcpy(m->names[5], "T_text");
	strcpy(m->names[6], "T_stext");
	m->values[6] = m->values[5] = STEXT;
	strcpy(m->names[300], "Dinit_task");
	strcpy(m->names[301], "Dinit_task2");
	strcpy(m->names[302], "Dan_alias");
	m->values[301] = m->values[302] = m->values[300];
	strcpy(m->names[N_SYMS - 1], "B_end");
	if (m->kind->long_names) {
		m->names[400][0] = 't';
		memset(m->names[400] + 1, 'q', 300);
	}
	if (!percpu)
		for (n = 0; n < 5; n++)
			m->values[n] = STEXT - 0x800 + n * 16;
}

static void put_offsets(struct made *m)
{
	uint64_t base = STEXT - 0x800;

	align(m);
	if (m->kind->enc == ADDRESS)
		m->at.addresses = FAKE_DIRECT + m->pos;
	else
		m->at.offsets = FAKE_DIRECT + m->pos;
	for (unsigned int i = 0; i < N_SYMS; i++) {
		switch (m->kind->enc) {
		case ADDRESS:
			put(m, m->values[i], m->kind->word);
			break;
		case OFFSET:
			put(m, m->values[i] - base, 4);
			break;
		case PERCPU:
			put(m, m->absolute[i] ? m->values[i] : base - 1 - m->values[i], 4);
			break;
		case DISTANCE:
			put(m, m->values[i] - (FAKE_DIRECT + m->pos), 4);
			break;
		}
	}
	if (m->kind->enc != OFFSET && m->kind->enc != PERCPU)
		return;
	m->at.relative_base = align(m);
	put(m, base, m->kind->word);
}

/* One name; the longest token that fits each time, as good as any. */
static void put_name(struct made *m, const char *name)
{
	unsigned char out[512];
	unsigned int n = 0;

	while (*name) {
		unsigned int best = (unsigned char)*name;
		size_t len = 1;

		for (unsigned int p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++)
			if (strlen(pairs[p]) > len && !strncmp(name, pairs[p], strlen(pairs[p]))) {
				best = 0x80 + p;
				len = strlen(pairs[p]);
			}
		out[n++] = (unsigned char)best;
		name += len;
	}
	if (n > 127) {
		put(m, (n & 0x7f) | 0x80, 1);
		put(m, n >> 7, 1);
	} else {
		put(m, n, 1);
	}
	for (unsigned int i = 0; i < n; i++)
		put(m, out[i], 1);
}

static struct made *make(const struct kind *kind)
{
	struct made *m = calloc(1, sizeof(*m));
	uint64_t marks[N_SYMS / 256 + 1], names, offsets[256];

	if (!m)
		exit(99);
	m->f = fake_create();
	m->kind = kind;
	m->f->k.mem.target.big_endian = kind->big_endian;
	m->f->k.mem.target.word = kind->word;
	if (kind->word == 4) {	// where addresses end up that are cut off
		m->f->k.mem.direct_start = (uint32_t)FAKE_DIRECT;
		m->f->k.mem.direct_end = m->f->k.mem.direct_start + FAKE_SIZE;
	}
	m->pos = TABLES;
	make_symbols(m);
	if (!kind->last)
		put_offsets(m);
	m->at.num_syms = align(m);
	put(m, N_SYMS, 4);
	m->at.names = names = align(m);
	for (unsigned int i = 0; i < N_SYMS; i++) {
		if (i % 256 == 0)
			marks[i / 256] = FAKE_DIRECT + m->pos - names;
		put_name(m, m->names[i]);
	}
	align(m);
	for (unsigned int i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		put(m, marks[i], kind->marker);
	m->at.token_table = align(m);
	for (unsigned int t = 0; t < 256; t++) {
		const char *s = token(t);

		offsets[t] = FAKE_DIRECT + m->pos - m->at.token_table;
		memcpy(m->f->ram + m->pos, s, strlen(s) + 1);
		m->pos += strlen(s) + 1;
	}
	m->at.token_index = align(m);
	for (unsigned int t = 0; t < 256; t++)
		put(m, offsets[t], 2);
	if (kind->last)
		put_offsets(m);
	m->at.end = FAKE_DIRECT + FAKE_SIZE;
	m->at.how = "made";
	return m;
}

static void destroy(struct made *m)
{
	fake_destroy(m->f);
	free(m);
}

/* Addresses are 32 bits wide there: what is above is cut off. */
static uint64_t narrow(const struct made *m, uint64_t v)
{
	return m->kind->word == 4 ? (uint32_t)v : v;
}

static struct vs_err *open_made(struct made *m, const struct vs_kallsyms_place *at, struct vs_symbols **ret)
{
	return vs_kallsyms_open(&m->f->k.mem, at, narrow(m, STEXT), KASLR, ret);
}

static bool says(struct vs_err *err, const char *words)
{
	bool good = err && strstr(err->msg, words);

	if (!good)
		diag("%s", err ? err->msg : "no error");
	vs_err_free(err);
	return good;
}

static void test_answers(struct made *m, struct vs_symbols *sy, const char *how)
{
	char longest[302];
	struct vs_symbol want[] = {
		{ .name = "init_task" }, { .name = "_end" }, { .name = "sym_77" }, { .name = "sym_899999" },
		{ .name = "init" }, { .name = longest }, { .name = "D_per_cpu_3" },
	};
	const char *name;
	uint64_t value;
	struct vs_err *err;

	memset(longest, 'q', 300);
	longest[300] = 0;
	err = vs_symbols_find(sy, want, sizeof(want) / sizeof(want[0]));
	ok(!err && want[0].found && narrow(m, want[0].value + KASLR) == narrow(m, m->values[300]) &&
	   want[1].found && narrow(m, want[1].value + KASLR) == narrow(m, m->values[N_SYMS - 1]) &&
	   want[2].found && narrow(m, want[2].value + KASLR) == narrow(m, m->values[77]),
	   "%s, %s: names lead to addresses", m->kind->name, how);
	ok(!want[3].found && !want[4].found, "%s, %s: names that are not there, and parts of others, to none",
	   m->kind->name, how);
	ok(want[5].found == m->kind->long_names, "%s, %s: a name of 300 letters", m->kind->name, how);
	ok(want[6].found == (m->kind->enc == PERCPU) && (!want[6].found || (want[6].absolute && want[6].value == 192)),
	   "%s, %s: per-cpu symbols are absolute", m->kind->name, how);
	if (m->kind->word == 4)
		return;		// addresses of 64 bits do not fit
	err = vs_symbols_nearest(sy, m->values[300] + 7 - KASLR, &name, &value);
	ok(!err && name && !strcmp(name, "an_alias") && value == m->values[300] - KASLR,
	   "%s, %s: the nearest name, of three at one address the first of the alphabet", m->kind->name, how);
	err = vs_symbols_nearest(sy, STEXT - 0x900 - KASLR, &name, &value);
	ok(!err && !name, "%s, %s: below the first one there is none", m->kind->name, how);
}

static void test_kind(const struct kind *kind)
{
	struct made *m = make(kind);
	struct vs_symbols *sy = NULL;
	struct vs_kallsyms_place at;
	struct vs_err *err = open_made(m, &m->at, &sy);

	if (ok(!err, "%s: the tables can be read", kind->name))
		test_answers(m, sy, "told where");
	else
		says(err, "");
	vs_symbols_destroy(sy);
	sy = NULL;
	err = vs_kallsyms_by_shape(&m->f->k.mem, FAKE_DIRECT, FAKE_DIRECT + FAKE_SIZE, &at);
	if (ok(!err && at.names == m->at.names && at.num_syms == m->at.num_syms && at.token_table == m->at.token_table &&
	       at.token_index == m->at.token_index, "%s: the tables are found by their shape", kind->name))
		err = open_made(m, &at, &sy);
	if (ok(!err, "%s: and so is how the addresses are written", kind->name))
		test_answers(m, sy, "by shape");
	else
		says(err, "");
	vs_symbols_destroy(sy);
	destroy(m);
}

static void test_damage(void)
{
	struct made *m = make(&kinds[1]);
	struct vs_symbols *sy = NULL;
	struct vs_kallsyms_place at;
	struct vs_symbol s = { .name = "_stext" };

	fake_put(m->f, m->at.num_syms, 0xffffffff, 4);
	ok(says(open_made(m, &m->at, &sy), "expected at most"), "a count that the names cannot have");
	fake_put(m->f, m->at.num_syms, 0, 4);
	ok(says(open_made(m, &m->at, &sy), "kallsyms_num_syms"), "a count of 0");
	fake_put(m->f, m->at.num_syms, N_SYMS, 4);
	fake_put(m->f, m->at.token_index + 2 * 'x', 0xffff, 2);
	ok(says(open_made(m, &m->at, &sy), "token 120 at 65535"), "a token beyond the table");
	destroy(m);

	m = make(&kinds[1]);
	at = m->at;
	fake_put(m->f, at.relative_base, 0, 8);
	ok(says(open_made(m, &at, &sy), "kallsyms has _stext at"), "_stext comes out elsewhere");
	destroy(m);

	m = make(&kinds[1]);
	m->f->excluded[(m->at.token_index - FAKE_DIRECT) >> 12] = true;
	ok(says(open_made(m, &m->at, &sy), "is not in the dump (excluded"), "the tokens are not in the dump");
	ok(says(vs_kallsyms_by_shape(&m->f->k.mem, FAKE_DIRECT, FAKE_DIRECT + FAKE_SIZE, &at),
		"are not in the dump"), "nor can they be found, which says that pages are missing");
	destroy(m);

	m = make(&kinds[1]);
	memset(m->f->ram + (m->at.names - FAKE_DIRECT) + 3000, 0xff, 8);
	ok(says(vs_kallsyms_by_shape(&m->f->k.mem, FAKE_DIRECT, FAKE_DIRECT + FAKE_SIZE, &at),
		"no names are in front of it"), "names that miss the markers");
	ok(!open_made(m, &m->at, &sy) && !vs_symbols_find(sy, &s, 1) && s.found,
	   "names in front of broken ones are found all the same");
	vs_symbols_destroy(sy);
	destroy(m);

	m = make(&kinds[1]);
	memset(m->f->ram, 0, FAKE_SIZE);
	ok(says(vs_kallsyms_by_shape(&m->f->k.mem, FAKE_DIRECT, FAKE_DIRECT + FAKE_SIZE, &at),
		"no kallsyms token table"), "a kernel without kallsyms");
	destroy(m);
}

/* Whatever the bytes are: an answer or an error, under a sanitizer without a word from it. */
static void test_random(void)
{
	static const char *const wanted[] = { "init_task", "_end", "sym_500", "zzz" };
	unsigned int opened = 0, refused = 0;
	uint64_t rnd = 20;

	for (unsigned int i = 0; i < 600; i++) {
		struct made *m = make(&kinds[i % (sizeof(kinds) / sizeof(kinds[0]))]);
		struct vs_kallsyms_place at = m->at;
		struct vs_symbols *sy = NULL;
		struct vs_symbol want[4];
		const char *name;
		uint64_t value;

		for (unsigned int n = 0; n < 1 + i % 40; n++) {
			rnd = rnd * UINT64_C(6364136223846793005) + 1442695040888963407;
			m->f->ram[TABLES + (rnd >> 33) % (m->pos - TABLES)] = (unsigned char)(rnd >> 25);
		}
		if (i % 7 == 0)
			m->f->excluded[(TABLES >> 12) + (rnd >> 40) % 8] = true;
		if (i % 3 == 0)
			vs_err_free(vs_kallsyms_by_shape(&m->f->k.mem, FAKE_DIRECT, FAKE_DIRECT + FAKE_SIZE, &at));
		for (unsigned int k = 0; k < 4; k++)
			want[k] = (struct vs_symbol){ .name = wanted[k] };
		struct vs_err *err = open_made(m, &at, &sy);

		opened += !err;
		refused += err != NULL;
		vs_err_free(err);
		if (sy) {
			vs_err_free(vs_symbols_find(sy, want, 4));
			for (unsigned int k = 0; k < 20; k++)
				vs_err_free(vs_symbols_nearest(sy, STEXT - KASLR + k * 700, &name, &value));
		}
		vs_symbols_destroy(sy);
		destroy(m);
	}
	ok(opened > 50 && refused > 50, "600 tables damaged at random: %u opened, %u refused", opened, refused);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		test_kind(&kinds[i]);
	test_damage();
	test_random();
	return done();
}
