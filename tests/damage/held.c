// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A writer holds the lock of an mm, and all of it is consistent: then something in it is
 * damaged that no writer leaves behind. The verdict has to be corrupt, not torn.
 *
 *	held [--seed N] [--count N] [--verbose] DIR...
 *
 * Each DIR has vmcore and vmlinux in it, as scripts/lab torn leaves them in its held*
 * scenarios. The file itself is not written to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "mm/mm.h"
#include "options.h"
#include "score.h"
#include "../unit/tap.h"

/* One bit, and what no update writes. */
static const enum kind tried[] = { KIND_BIT, KIND_WILD, KIND_POISON, KIND_TEXT };
#define N_TRIED (sizeof(tried) / sizeof(tried[0]))

struct tally {
	unsigned int done[N_TRIED], corrupt[N_TRIED];
	unsigned int at;
};

static void count(void *arg, const struct target *t, enum kind kind, bool corrupt)
{
	struct tally *tl = arg;

	(void)t, (void)kind;
	tl->done[tl->at]++;
	tl->corrupt[tl->at] += corrupt;
}

static void run(const char *dir, const struct damage_options *o)
{
	uint64_t seed = o->seed;
	struct vs_open_opts opts = { 0 };
	struct vs_out out = { .quiet = true };
	struct vs_tasks tasks = { 0 };
	char *path = NULL, *vmlinux = NULL;
	struct vs_kernel *k = NULL;
	struct vs_image *img;
	struct tally tl = { .at = 0 };
	struct vs_err *err;
	struct run r;

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
	run_init(&r, k, 1);
	for (size_t i = 0; i < tasks.v.n && !r.n; i++) {
		if (!tasks.v.v[i].mm)
			continue;
		err = vs_mm_read(k, tasks.v.v[i].mm, &r.out, r.space);
		if (err)
			die(dir, err);
		if (r.space->lock.held == VS_LOCK_WRITE)
			run_add(&r, tasks.v.v[i].mm);
	}
	if (!ok(r.n, "%s: an mm is held for write, and consistent", dir))
		return;
	r.verbose = o->verbose;
	r.tasks = &tasks;
	r.also = count;
	r.also_arg = &tl;
	for (tl.at = 0; tl.at < N_TRIED; tl.at++) {
		for (unsigned int tries = 0; tl.done[tl.at] < o->count && tries < o->count * 200; tries++)
			run_damage(&r, r.sound, NULL, &fields[roll(&seed) % n_fields], tried[tl.at], &seed);
		printf("# %s: %s: %u of %u are corrupt\n", dir, kinds[tried[tl.at]].name, tl.corrupt[tl.at],
		       tl.done[tl.at]);
		ok(tl.done[tl.at] && tl.corrupt[tl.at] * 100 >= tl.done[tl.at] * 95,
		   "%s: %s in a held mm: corrupt", dir, kinds[tried[tl.at]].name);
	}
	vs_tasks_deinit(&tasks);
	run_deinit(&r);
	vs_kernel_close(k);
	free(path);
	free(vmlinux);
}

int main(int argc, char **argv)
{
	damage_main(argc, argv, "usage: held [--seed N] [--count N] [--verbose] DIR...", 500, run);
	return done();
}
