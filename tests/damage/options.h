/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that the programs of this folder share. */
#ifndef VS_TESTS_DAMAGE_OPTIONS_H
#define VS_TESTS_DAMAGE_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "score.h"

struct damage_options {
	uint64_t seed;
	unsigned int count;
	bool verbose;
	bool without_slab;	/* --no-slab */
};

/** Each folder on the command line to @p run; @p count is what --count is without it. */
static inline void damage_main(int argc, char **argv, const char *usage, unsigned int count,
			       void (*run)(const char *dir, const struct damage_options *o))
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'n' },
		{ "no-slab", no_argument, NULL, 'w' }, { "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct damage_options o = { .seed = 1, .count = count };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 's':
			o.seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			o.count = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'w':
			o.without_slab = true;
			break;
		case 'v':
			o.verbose = true;
			break;
		default:
			exit(99);
		}
	if (optind == argc)
		die(usage, NULL);
	for (int i = optind; i < argc; i++)
		run(argv[i], &o);
}

#endif
