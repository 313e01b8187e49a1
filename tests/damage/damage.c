// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damage a real dump on purpose, in memory: one member of one structure is
 * overwritten, the dump is judged as the check command does, and the first finding
 * has to name that structure. Prints the score by member and kind of damage; TAP
 * for `make check`.
 *
 *	damage [--seed N] [--count N] [--field NAME] [--kind NAME] [--verbose]
 *		[--detected PERCENT] [--located PERCENT] [--cause PERCENT]
 *		[--several N] [--pages N] DIR...
 *	damage --list
 *
 * Each DIR has vmcore and vmlinux in it, as scripts/lab and scripts/corpus leave
 * them. The file itself is not written to. --several does two or three damages at
 * once, N times; --pages overwrites whole pages. --list prints the table of fields
 * and damages, which is tests/damage/table.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "mm/kmap.h"
#include "score.h"
#include "../unit/tap.h"

struct options {
	uint64_t seed;
	unsigned int count, several, pages;
	const char *field, *kind;	/* NULL: all */
	double detected, located, cause;	/* percent, at least */
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
	struct vs_out out = { 0 };
	struct vs_open_opts opts = { 0 };
	struct vs_session *session = must(vs_session_create());
	char *path = NULL, *vmlinux = NULL;
	uint64_t vmemmap, direct;
	struct vs_err *err;

	if (asprintf(&path, "%s/vmcore", dir) < 0 || asprintf(&vmlinux, "%s/vmlinux", dir) < 0)
		die("out of memory", NULL);
	opts.vmlinux = vmlinux;
	err = vs_session_open(session, path, &opts, &out);
	if (!err)
		err = vs_session_tasks(session, &out);
	if (err)
		die(dir, err);
	run_init(r, session->k, session->tasks.v.n);
	r->session = session;
	// what is learned once a dump, by whoever asks first, is no damage's cost
	vs_kmap_struct_pages(session->k, &vmemmap, &direct);
	for (size_t i = 0; i < session->tasks.v.n; i++)
		if (session->tasks.v.v[i].mm)
			run_add(r, session->tasks.v.v[i].mm);
	if (!r->n)
		die("no address space to damage", NULL);
	free(path);
	free(vmlinux);
}

static void close_dump(struct run *r)
{
	run_deinit(r);
	vs_session_destroy(r->session);
}

static bool wanted(const struct options *o, const struct field *f, enum kind kind)
{
	return (!o->field || !strcmp(o->field, f->name)) && (!o->kind || !strcmp(o->kind, kinds[kind].name));
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
		enum kind kind = roll(&seed) % N_KINDS;

		if (wanted(o, f, kind))
			n += run_damage(&r, s, other == s ? NULL : other, f, kind, &seed);
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
	ok(100.0 * all.cause_right >= o->cause * all.causes,
	   "%s: what left evidence is called by its name in %.1f %%", name, o->cause);
	ok(r.worst_reads < 3, "%s: no damage takes three times the reads", name);
	ok(r.n_scans && !r.n_apart, "%s: while it is read, each address space is judged alike (%" PRIu64 " of %" PRIu64
	   " are not)", name, r.n_apart, r.n_scans);
	ok(r.n_kept && !r.n_kept_apart, "%s: and by as few links as can be kept (%" PRIu64 " of %" PRIu64 " are not)", name,
	   r.n_kept_apart, r.n_kept);
	if (o->several)
		ok(run_several(&r, name, o->several, o->seed),
		   "%s: several structures damaged at once are never taken for sound", name);
	if (o->pages)
		ok(run_pages(&r, name, o->pages, o->seed),
		   "%s: whole pages and mm_structs overwritten are never taken for sound", name);
	for (unsigned int i = 0; i < n_fields * N_KINDS; i++)
		add_score(&total[i], &r.scores[i]);
	fflush(stdout);
	close_dump(&r);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'n' },
		{ "field", required_argument, NULL, 'f' }, { "kind", required_argument, NULL, 'k' },
		{ "verbose", no_argument, NULL, 'v' }, { "detected", required_argument, NULL, 'd' },
		{ "located", required_argument, NULL, 'l' }, { "cause", required_argument, NULL, 'c' },
		{ "several", required_argument, NULL, 'm' }, { "pages", required_argument, NULL, 'p' },
		{ "list", no_argument, NULL, 'L' }, { NULL, 0, NULL, 0 },
	};
	struct options o = { .seed = 1, .count = 1000, .detected = 99.5, .located = 98, .cause = 95 };
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
		case 'k':
			o.kind = optarg;
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
		case 'c':
			o.cause = strtod(optarg, NULL);
			break;
		case 'm':
			o.several = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'p':
			o.pages = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'L':
			print_list();
			free(total);
			return 0;
		default:
			return 99;
		}
	if (optind == argc)
		die("usage: damage [--seed N] [--count N] [--field NAME] [--verbose] DIR...", NULL);
	ok(check_list(), "what the table says is told only in part, the man page does");
	for (int i = optind; i < argc; i++)
		run(&o, argv[i], total);
	print_table(total);
	all = sum_of(total, n_fields * N_KINDS);
	print_sum("all", &all);
	free(total);
	return done();
}
