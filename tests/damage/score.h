/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doing damage to address spaces in memory, and keeping the score: who is
 * accused by the first finding?
 */
#ifndef VS_TESTS_SCORE_H
#define VS_TESTS_SCORE_H

#include "base/out.h"
#include "damage.h"

struct score {
	unsigned int done, detected, located, few, right;
};

struct run {
	struct vs_kernel *k;
	struct vs_out out;
	struct vs_space *space;
	struct sound *sound;	/* all address spaces */
	size_t n;
	struct score *scores;	/* [n_fields * N_KINDS] */
	double worst_reads;	/* damaged to sound */
	unsigned int untold;	/* damages that a cut dump has not the memory to tell */
	bool verbose;
	bool everything;	/* also what nothing contradicts */
	/** Called, if set, while the damage is there: what the check says of it. */
	void (*also)(void *arg, const struct target *t, enum kind kind, bool corrupt);
	void *also_arg;
	const struct vs_tasks *tasks;	/* if set: whoever holds the lock is named by them */
};

/** Leave a message and go: TAP's "Bail out!". */
_Noreturn void die(const char *what, const struct vs_err *err);
void *must(void *p);

/** A run over @p k with room for @p n address spaces. */
void run_init(struct run *r, struct vs_kernel *k, size_t n);
void run_deinit(struct run *r);

/** Read the address space of @p mm and remember it; it has to be sound. False: it has no VMA. */
bool run_add(struct run *r, uint64_t mm);

/**
 * Damage some structure of @p s that has @p f, judge the address space and undo
 * it. False: this kind does not go with that field, or changes nothing that
 * anything contradicts. @p other is an address space for KIND_OTHER; NULL: none.
 */
bool run_damage(struct run *r, const struct sound *s, const struct sound *other,
		const struct field *f, enum kind kind, uint64_t *seed);

/** As run_damage() does it, but without judging or undoing it. */
bool run_poke(struct run *r, const struct sound *s, const struct sound *other,
	      const struct field *f, enum kind kind, uint64_t *seed);

struct score sum_of(const struct score *scores, unsigned int n);
double percent(unsigned int n, const struct score *all);
void print_sum(const char *what, const struct score *all);
void print_table(const struct score *scores);

#endif
