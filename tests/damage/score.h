/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doing damage to address spaces in memory, and keeping the score: who is
 * accused by the first finding?
 */
#ifndef VS_TESTS_SCORE_H
#define VS_TESTS_SCORE_H

#include "base/out.h"
#include "cmd/session.h"
#include "damage.h"

struct score {
	unsigned int done, detected, located, few, right;
	unsigned int causes, cause_right;	/* damages that leave evidence, and what it was named */
};

struct run {
	struct vs_kernel *k;
	struct vs_out out;
	struct vs_space *space;
	struct vs_session *session;	/* NULL: address spaces are judged one by one, without tasks */
	struct sound *sound;	/* all address spaces */
	size_t n;
	struct score *scores;	/* [n_fields * N_KINDS] */
	double worst_reads;	/* damaged to sound, of one address space */
	unsigned int untold;	/* damages that a cut dump has not the memory to tell */
	uint64_t n_scans;	/* address spaces that were judged while they were read, too */
	uint64_t n_apart;	/* of them, those that were judged otherwise */
	uint64_t n_kept, n_kept_apart;	/* the same for those of which as little as possible was kept */
	bool verbose;
	bool everything;	/* also what nothing contradicts */
	/** Called, if set, while the damage is there: what the check says of it. */
	void (*also)(void *arg, const struct target *t, enum kind kind, bool corrupt);
	void *also_arg;
	const struct vs_tasks *tasks;	/* without a session: whoever holds the lock is named by them */
};

/* What check says of the dump, or of one address space, as it is. */
#define MAX_NAMED 8

struct verdict {
	enum vs_verdict verdict;
	double reads;			/* to those without damage, of the worst address space */
	unsigned int n_named;		/* objects that are not told as a consequence; up to MAX_NAMED are kept */
	uint64_t named[MAX_NAMED];
	struct vs_finding first;	/* .rule NULL: there is none */
	char text[2048];		/* the first findings, for people */
};

/** Leave a message and go: TAP's "Bail out!". */
_Noreturn void die(const char *what, const struct vs_err *err);
void *must(void *p);

/** A run over @p k with room for @p n address spaces. */
void run_init(struct run *r, struct vs_kernel *k, size_t n);
void run_deinit(struct run *r);

/** Read the address space of @p mm and remember it; it has to be sound. False: it has no VMA. */
bool run_add(struct run *r, uint64_t mm);

/** Judge all of the dump as check does; without a session only @p s. */
void run_judge(struct run *r, const struct sound *s, struct verdict *ret);

/**
 * Damage some structure of @p s that has @p f, judge the dump and undo it. False: this
 * kind does not go with that field, or changes nothing that anything contradicts.
 * @p other is an address space for KIND_OTHER; NULL: none.
 */
bool run_damage(struct run *r, const struct sound *s, const struct sound *other,
		const struct field *f, enum kind kind, uint64_t *seed);

/** As run_damage() does it, but without judging or undoing it. */
bool run_poke(struct run *r, const struct sound *s, const struct sound *other,
	      const struct field *f, enum kind kind, uint64_t *seed);

#define MAX_PUTS 4

/* What has been written over, to be put back. */
struct undo {
	struct target t;
	uint64_t old, new;
	uint64_t peer;		/* the structure that KIND_SWAP exchanged with; 0: none */
	struct {
		unsigned char *p, old[64];
		unsigned int size;
	} w[MAX_PUTS];
	unsigned int n;
};

bool poke(struct run *r, const struct sound *s, const struct sound *other, const struct field *f,
	  enum kind kind, uint64_t *seed, struct undo *u);
void undo(const struct undo *u);

/** The bytes of the dump at @p va, to be written to; the file itself stays as it is. NULL: not there. */
unsigned char *writable(struct run *r, uint64_t va, unsigned int size);

/* --- several.c --- */

/** Two or three damages at once, @p count times; false if any was taken for anything but corrupt. */
bool run_several(struct run *r, const char *name, unsigned int count, uint64_t seed);

/** Whole pages and whole mm_structs overwritten, @p count times; likewise. */
bool run_pages(struct run *r, const char *name, unsigned int count, uint64_t seed);

/* --- table.c --- */
struct score sum_of(const struct score *scores, unsigned int n);
void add_score(struct score *to, const struct score *s);
double percent(unsigned int n, const struct score *all);
void print_sum(const char *what, const struct score *all);
void print_table(const struct score *scores);
/** The table of fields x damages, for tests/damage/table. */
void print_list(void);
/** Whether the table is what the man page says that nothing tells. */
bool check_list(void);

#endif
