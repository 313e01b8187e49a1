/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a dump of one moment? One that was written while the machine ran on has pages
 * of different times, and in them clocks that contradict each other.
 */
#ifndef VS_SPACE_MOMENT_H
#define VS_SPACE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

struct vs_moment {
	bool smeared;		/* several clocks contradict: the machine ran on */
	uint32_t n_tasks;	/* tasks that ran later than the clock of their CPU is */
	int32_t pid;		/* the one that is furthest ahead */
	uint64_t ahead_ns;	/* by so much */
	uint32_t n_cpus;	/* CPUs that have seen a later jiffies than it is */
	uint32_t n_stamps;	/* members that say so */
	uint64_t ahead_ticks;	/* by so much, the one that is furthest ahead */
};

#define VS_MOMENT_WORDS 200

/** "24 tasks ran later than ...; 2 CPUs saw ...", into @p buf, which is returned. */
const char *vs_moment_words(const struct vs_moment *m, char *buf, unsigned int size);

#endif
