// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damage a real dump on purpose, in memory: one member of one structure is
 * overwritten, the address space is read and judged as the check command does,
 * and the first finding has to name that structure. Prints the score by member
 * and kind of damage; TAP for `make check`.
 *
 *	damage [--seed N] [--count N] [--field NAME] [--verbose]
 *		[--detected PERCENT] [--located PERCENT] DIR...
 *
 * Each DIR has vmcore and vmlinux in it, as scripts/lab and scripts/corpus leave
 * them. The file itself is not written to.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "mm/mm.h"
#include "score.h"
#include "../unit/tap.h"

struct options {
	uint64_t seed;
	unsigned int count;
	const char *field;	/* NULL: all */
	double detected, located;	/* percent, at least */
	bool verbose;
};

static size_t largest(const struct run *r)
{
	size_t at = 0;

	for (size_t i = 1; i < r->n; i++)
		if (r->sound[i].n_vmas > r->sound[at].n_vmas)
			at = i;
	return at;
}

/** Open DIR/vmcore and remember all of its address spaces. */
static void open_dump(struct run *r, const char *dir)
{
	struct vs_tasks tasks = { 0 };
	struct vs_out out = { 0 };
	struct vs_kernel *k = NULL;
	struct vs_open_opts opts = { 0 };
	char *path = NULL, *vmlinux = NULL;
	struct vs_image *img;
	struct vs_err *err;

	if (asprintf(&path, "%s/vmcore", dir) < 0 || asprintf(&vmlinux, "%s/vmlinux", dir) < 0)
		die("out of memory", NULL);
	opts.vmlinux = vmlinux;
	err = vs_image_open((const char *const *)&path, 1, &out, &img);
	if (!err)
		err = vs_kernel_open(img, &opts, &out, &k);
	if (!err)
		err = vs_tasks_read(k, &out, &tasks);
	if (err)
		die(dir, err);
	run_init(r, k, tasks.v.n);
	for (size_t i = 0; i < tasks.v.n; i++)
		if (tasks.v.v[i].mm)
			run_add(r, tasks.v.v[i].mm);
	if (!r->n)
		die("no address space to damage", NULL);
	vs_tasks_deinit(&tasks);
	free(path);
	free(vmlinux);
}

/** Damage the dump in @p dir; its scores are added to @p total. */
static void run(const struct options *o, const char *dir, struct score *total)
{
	struct run r;
	const char *slash = strrchr(dir, '/');
	const char *name = slash && slash[1] ? slash + 1 : dir;
	uint64_t seed = o->seed;
	struct score all;
	size_t large;

	open_dump(&r, dir);
	r.verbose = o->verbose;
	large = largest(&r);
	for (unsigned int n = 0, tries = 0; n < o->count && tries < o->count * 1000; tries++) {
		uint64_t rnd = roll(&seed);
		// the largest is worth more than one of many, and takes most of the time
		const struct sound *s = &r.sound[rnd % 10 == 0 ? large : (rnd >> 8) % r.n];
		const struct sound *other = &r.sound[(rnd >> 32) % r.n];
		const struct field *f = &fields[roll(&seed) % n_fields];

		if (!o->field || !strcmp(o->field, f->name))
			n += run_damage(&r, s, other == s ? NULL : other, f, roll(&seed) % N_KINDS,
					   &seed);
	}
	all = sum_of(r.scores, n_fields * N_KINDS);
	printf("# %s: %s, %zu address spaces, seed %" PRIu64 ", most reads %.2f times those without "
	       "damage\n", name, r.k->release, r.n, o->seed, r.worst_reads);
	print_sum(name, &all);
	if (r.untold)
		printf("# %u more lead into memory that the dump lacks, and are incomplete\n", r.untold);
	ok(percent(all.detected, &all) >= o->detected, "%s: %.1f %% of damages are detected", name,
	   o->detected);
	ok(percent(all.located, &all) >= o->located,
	   "%s: the first finding names the damaged object in %.1f %%", name, o->located);
	ok(percent(all.few, &all) >= o->located, "%s: at most two objects are named in %.1f %%", name,
	   o->located);
	ok(r.worst_reads < 3, "%s: no damage takes three times the reads", name);
	for (unsigned int i = 0; i < n_fields * N_KINDS; i++) {
		total[i].done += r.scores[i].done;
		total[i].detected += r.scores[i].detected;
		total[i].located += r.scores[i].located;
		total[i].few += r.scores[i].few;
		total[i].right += r.scores[i].right;
	}
	vs_kernel_close(r.k);
	run_deinit(&r);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'n' },
		{ "field", required_argument, NULL, 'f' }, { "verbose", no_argument, NULL, 'v' },
		{ "detected", required_argument, NULL, 'd' },
		{ "located", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 },
	};
	struct options o = { .seed = 1, .count = 1000, .detected = 99.5, .located = 98 };
	struct score *total = must(calloc((size_t)n_fields * N_KINDS, sizeof(*total))), all;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 's':
			o.seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			o.count = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'f':
			o.field = optarg;
			break;
		case 'v':
			o.verbose = true;
			break;
		case 'd':
			o.detected = strtod(optarg, NULL);
			break;
		case 'l':
			o.located = strtod(optarg, NULL);
			break;
		default:
			return 99;
		}
	if (optind == argc)
		die("usage: damage [--seed N] [--count N] [--field NAME] [--verbose] DIR...", NULL);
	for (int i = optind; i < argc; i++)
		run(&o, argv[i], total);
	print_table(total);
	all = sum_of(total, n_fields * N_KINDS);
	print_sum("all", &all);
	free(total);
	return done();
}
