// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Destroy the structures of real dumps, in memory, and put the address spaces
 * together again: what comes out is held against what there was before.
 *
 *	rebuild [--seed N] [--count N] [--no-slab] [--verbose] DIR...
 *
 * Each DIR has vmcore and vmlinux in it, as scripts/lab and scripts/corpus leave
 * them. --count is the number of cases of each kind in each dump; 0: for maple trees
 * every node of every tree, else 100. Where the dump has no slab that can be searched,
 * only those kinds are tried that leave one structure whole. --no-slab tells what comes back
 * where it is there and may not be asked. The file itself is not written to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "check/check.h"
#include "mm/mm.h"
#include "mm/rebuild.h"
#include "options.h"
#include "score.h"
#include "space/rebuilt.h"
#include "wreck.h"
#include "../unit/tap.h"

struct job {
	struct run r;
	struct vs_slab slab;
	struct wreck w;
	unsigned int too_many;	/* checks that read too much */
	bool have_slab, without, verbose;	/* without: the slab is not asked though it is there */
};

/* Up to 16 objects of an address space are looked up in their slab, by a dozen reads each. */
#define SLAB_LOOKS 200

/* One kind of destruction. */
struct tally {
	unsigned int cases, whole;
	uint64_t vmas, lost, invented;
	double worst;		/* percent of the VMAs of one case that came back */
};

static int cmp_addr(const void *a, const void *b)
{
	uint64_t x = ((const struct vs_vma *)a)->addr, y = ((const struct vs_vma *)b)->addr;

	return x < y ? -1 : x > y;
}

/** What rebuild makes of the address space @p s as it is now. */
static void rebuild(struct job *j, const struct sound *s, bool force, struct vs_rebuilt *ret)
{
	struct vs_space *space = j->r.space;
	bool wanted = true;
	struct vs_err *err = vs_mm_read(j->r.k, s->mm, &j->r.out, space);

	if (!err && !force && !vs_rebuild_wanted(space, &wanted))
		err = &vs_enomem;
	if (!err && wanted)
		err = vs_rebuild_add_kin(j->r.k, &j->r.out, space);
	if (!err && wanted && j->have_slab && !j->without)
		err = vs_rebuild_add_slab(j->r.k, &j->slab, &j->r.out, space);
	if (!err && !vs_space_rebuild(space, wanted && j->have_slab && !j->without && !j->slab.n_absent, ret))
		err = &vs_enomem;
	if (err)
		die("rebuild", err);
}

/** Rebuild and hold it against what there was; put back what was written. */
static void judge(struct job *j, const struct sound *s, const char *what, struct tally *t)
{
	struct vs_vma *truth = must(malloc((s->n_vmas + 1) * sizeof(*truth)));
	size_t right = 0, invented = 0;
	struct vs_rebuilt r;
	double back;

	memcpy(truth, s->vmas, s->n_vmas * sizeof(*truth));
	qsort(truth, s->n_vmas, sizeof(*truth), cmp_addr);
	rebuild(j, s, !j->w.n, &r);
	for (size_t i = 0; i < r.v.n; i++) {
		const struct vs_rebuilt_vma *v = &r.v.v[i];
		const struct vs_vma *is = bsearch(&j->r.space->vmas.v[v->vma], truth, s->n_vmas,
						  sizeof(*truth), cmp_addr);

		right += is && is->start == v->start && is->end == v->end && v->with == VS_NONE;
		invented += !is;
	}
	back = 100.0 * (double)right / s->n_vmas;
	if (!t->cases++ || back < t->worst)
		t->worst = back;
	t->whole += right == s->n_vmas && !invented;
	t->vmas += s->n_vmas;
	t->lost += s->n_vmas - right;
	t->invented += invented;
	if (j->verbose && (right != s->n_vmas || invented))
		printf("# %s: mm %#" PRIx64 ": %zu of %u came back, %zu invented, by %s\n", what, s->mm, right,
		       s->n_vmas, invented, r.source);
	vs_rebuilt_deinit(&r);
	free(truth);
	wreck_undo(&j->w);
}

static void tell(const struct job *j, const char *name, const char *what, const struct tally *t, double least)
{
	if (j->without && least < 100)
		least = 0;
	if (!t->cases)
		return;
	printf("# %-18s %-34s %6u cases, %6u whole, %9" PRIu64 " VMAs, %6" PRIu64 " lost, %3" PRIu64
	       " invented, worst case %6.2f %%, back %6.2f %%\n", name, what, t->cases, t->whole, t->vmas,
	       t->lost, t->invented, t->worst, 100.0 - 100.0 * (double)t->lost / (double)t->vmas);
	ok(t->worst >= least && !t->invented, "%s: %s: at least %.0f %%, none invented", name, what, least);
}

/** The check lives through it, within its bounds. */
static void check(struct job *j, const struct sound *s)
{
	struct vs_space *space = j->r.space;
	uint64_t reads = j->r.k->img->n_reads;
	struct vs_err *err = vs_mm_read(j->r.k, s->mm, &j->r.out, space);
	struct vs_report report;

	reads = j->r.k->img->n_reads - reads;
	if (reads > 3 * s->reads + SLAB_LOOKS) {
		j->too_many++;
		printf("# %" PRIu64 " reads instead of %" PRIu64 " for the %u VMAs of mm %#" PRIx64 ", with", reads,
		       s->reads, s->n_vmas, s->mm);
		for (unsigned int i = 0; i < j->w.n; i++)
			printf(" %zu bytes at %#" PRIx64 ",", j->w.w[i].len, j->w.w[i].va);
		printf(" written over\n");
	}
	if (!err)
		err = vs_objects_read(j->r.k, &j->r.out, space, NULL);
	if (err)
		die("check", err);
	vs_check_space(space, &report);
	vs_report_deinit(&report);
}

static const struct sound *some_space(struct job *j, unsigned int n)
{
	size_t large = 0;

	for (size_t i = 1; i < j->r.n; i++)
		if (j->r.sound[i].n_vmas > j->r.sound[large].n_vmas)
			large = i;
	return &j->r.sound[n % 5 ? roll(&j->w.seed) % j->r.n : large];
}

static uint64_t member(uint64_t object, struct vs_field f)
{
	return object + (uint64_t)f.off;
}

static uint64_t some_vma(struct job *j, const struct sound *s)
{
	return s->vmas[roll(&j->w.seed) % s->n_vmas].addr;
}

/* Cut the list in several places, both ways. */
static void cut_list(struct job *j, const struct sound *s, enum how how, unsigned int places)
{
	const struct vs_layout *l = &j->r.k->layout;

	if (places > 1)
		wreck(&j->w, member(s->mm, l->mm.mmap), s->word, how);
	for (unsigned int i = 0; i < places; i++) {
		wreck(&j->w, member(some_vma(j, s), l->vma.vm_next), s->word, how);
		if (vs_has(l->vma.vm_prev))
			wreck(&j->w, member(some_vma(j, s), l->vma.vm_prev), s->word, how);
	}
}

static void cut_tree(struct job *j, const struct sound *s, enum how how, unsigned int places)
{
	const struct vs_layout *l = &j->r.k->layout;

	wreck(&j->w, member(s->mm, l->mm.mm_rb), s->word, how);
	for (unsigned int i = 0; i < places; i++)
		wreck(&j->w, member(some_vma(j, s), l->vma.vm_rb), 3 * s->word, how);
}

/*
 * Whole structures of every kind, up to a dozen at once: nothing to expect but that it ends,
 * and that nothing is made up. The check has to live through the same.
 */
static void chaos(struct job *j, const char *name, unsigned int count)
{
	const struct vs_layout *l = &j->r.k->layout;
	struct tally t = { 0 };

	for (unsigned int n = 0; n < count; n++) {
		const struct sound *s = some_space(j, n);

		for (unsigned int i = 0; i < 2 + n % 11; i++) {
			const enum how how = roll(&j->w.seed) % N_HOWS;
			uint64_t vma = some_vma(j, s), at;

			switch (roll(&j->w.seed) % 6) {
			case 0:
				wreck(&j->w, vma, l->vma.size, how);
				break;
			case 1:
				if (s->maple.nodes.n)
					wreck(&j->w, s->maple.nodes.v[roll(&j->w.seed) % s->maple.nodes.n].addr,
					      l->mnode.size, how);
				break;
			case 2:
				wreck(&j->w, s->mm + roll(&j->w.seed) % l->mm.size / 8 * 8, 8, how);
				break;
			case 3:
				if (vs_kmem_ulong(&j->r.k->mem, member(vma, l->vma.vm_file), &at) && at)
					wreck(&j->w, at, l->file.size, how);
				break;
			case 4:
				if (vs_has(l->vma.anon_vma) &&
				    vs_kmem_ulong(&j->r.k->mem, member(vma, l->vma.anon_vma), &at) && at)
					wreck(&j->w, at, 64, how);
				break;
			default:
				wreck(&j->w, vma & ~UINT64_C(4095), 4096, how);
				break;
			}
		}
		check(j, s);
		judge(j, s, "chaos", &t);
	}
	tell(j, name, "2 to 12 whole structures", &t, 0);
}

/* Up to 6.0: list and tree. */
static void list_kernel(struct job *j, const char *name, unsigned int count)
{
	struct tally one = { 0 }, list = { 0 }, tree = { 0 }, both = { 0 }, mm = { 0 };

	for (unsigned int n = 0; n < count; n++) {
		const struct sound *s = some_space(j, n);
		const enum how how = n % N_HOWS;

		cut_list(j, s, how, 1);
		judge(j, s, "one pointer each way", &one);
		cut_list(j, s, how, 15);
		judge(j, s, "list", &list);
		cut_tree(j, s, how, 15);
		judge(j, s, "tree", &tree);
		if (!j->have_slab)
			continue;
		cut_list(j, s, how, 5);
		cut_tree(j, s, how, 5);
		judge(j, s, "both", &both);
		if (wreck(&j->w, s->mm, j->r.k->layout.mm.size, how))
			judge(j, s, "mm_struct", &mm);
	}
	tell(j, name, "vm_next and vm_prev, once each", &one, 100);
	tell(j, name, "the list in 31 places", &list, 100);
	tell(j, name, "the tree's root and 15 nodes", &tree, 100);
	tell(j, name, "list in 11, tree in 6 places", &both, 99);
	tell(j, name, "all of the mm_struct", &mm, 99);
}

/* Since 6.1: each node in turn. */
static void maple_kernel(struct job *j, const char *name, unsigned int count)
{
	struct tally inner[N_HOWS] = { 0 }, leaf[N_HOWS] = { 0 }, root[N_HOWS] = { 0 }, mm = { 0 }, some = { 0 };
	const struct vs_layout *l = &j->r.k->layout;
	unsigned int n_inner = 0;
	char what[64];

	for (size_t i = 0; i < j->r.n; i++)
		n_inner += j->r.sound[i].n_inner;
	for (size_t i = 0; i < j->r.n && j->have_slab; i++) {
		const struct sound *s = &j->r.sound[i];

		for (enum how how = 0; how < N_HOWS; how++) {
			for (uint32_t n = 0; n < s->n_inner; n++) {
				// the root always
				if (n && count && roll(&j->w.seed) % n_inner >= count)
					continue;
				if (wreck(&j->w, s->maple.nodes.v[s->inner[n]].addr, l->mnode.size, how))
					judge(j, s, "inner node", &inner[how]);
			}
			for (uint32_t n = 0; n < s->n_leaves; n++) {
				if (roll(&j->w.seed) % s->n_leaves >= (count ? 1 : 10))
					continue;
				if (wreck(&j->w, s->maple.nodes.v[s->leaves[n]].addr, l->mnode.size, how))
					judge(j, s, "leaf", &leaf[how]);
			}
			if (wreck(&j->w, member(s->mm, l->mm.mm_mt) + (uint64_t)l->mtree.ma_root.off, s->word, how))
				judge(j, s, "root", &root[how]);
		}
		if (wreck(&j->w, s->mm, l->mm.size, i % N_HOWS))
			judge(j, s, "mm_struct", &mm);
		for (uint32_t n = 0; n < 20 && s->maple.nodes.n; n++)
			wreck(&j->w, s->maple.nodes.v[roll(&j->w.seed) % s->maple.nodes.n].addr, l->mnode.size,
				  n % N_HOWS);
		if (j->w.n)
			judge(j, s, "nodes", &some);
	}
	for (enum how how = 0; how < N_HOWS; how++) {
		snprintf(what, sizeof(what), "an inner node %s", hows[how]);
		tell(j, name, what, &inner[how], 99);
		snprintf(what, sizeof(what), "a leaf %s", hows[how]);
		tell(j, name, what, &leaf[how], 99);
		snprintf(what, sizeof(what), "ma_root %s", hows[how]);
		tell(j, name, what, &root[how], 99);
	}
	tell(j, name, "20 nodes at once", &some, 99);
	tell(j, name, "all of the mm_struct", &mm, 99);
}

static void open_dump(struct job *j, const char *dir)
{
	struct vs_tasks tasks = { 0 };
	struct vs_open_opts opts = { 0 };
	struct vs_kernel *k = NULL;
	char *path = NULL, *vmlinux = NULL;
	struct vs_image *img;
	struct vs_err *err;
	uint64_t cachep;

	if (asprintf(&path, "%s/vmcore", dir) < 0 || asprintf(&vmlinux, "%s/vmlinux", dir) < 0)
		die("out of memory", NULL);
	opts.vmlinux = vmlinux;
	err = vs_image_open((const char *const *)&path, 1, &j->r.out, &img);
	if (!err)
		err = vs_kernel_open(img, &opts, &j->r.out, &k);
	if (!err)
		err = vs_tasks_read(k, &j->r.out, &tasks);
	if (err)
		die(dir, err);
	run_init(&j->r, k, tasks.v.n);
	j->w.k = k;
	for (size_t i = 0; i < tasks.v.n; i++)
		if (tasks.v.v[i].mm)
			run_add(&j->r, tasks.v.v[i].mm);
	vs_tasks_deinit(&tasks);
	if (vs_kernel_sym(k, VS_SYM_VM_AREA_CACHEP, &cachep)) {
		err = vs_slab_read(k, cachep, k->layout.vma.size, &j->r.out, &j->slab);
		if (err)
			die(dir, err);
		j->have_slab = !j->slab.problem && j->slab.objects.n;
	}
	free(path);
	free(vmlinux);
}

static void run(const char *dir, const struct damage_options *o)
{
	const char *slash = strrchr(dir, '/');
	const char *name = slash && slash[1] ? slash + 1 : dir;
	struct job j = { .w = { .seed = o->seed }, .without = o->without_slab, .verbose = o->verbose };
	struct tally sound = { 0 };

	open_dump(&j, dir);
	printf("# %s: %s, %zu address spaces, %zu VMAs in the slab, seed %" PRIu64 "\n", name, j.r.k->release,
	       j.r.n, j.slab.objects.n, o->seed);
	for (size_t i = 0; i < j.r.n; i++)
		judge(&j, &j.r.sound[i], "undamaged", &sound);
	tell(&j, name, "nothing, all sources asked", &sound, 100);
	if (!j.have_slab)
		ok(true, "%s: without the slab # SKIP it is not in this dump", name);
	if (j.r.sound[0].has & VS_HAS_MAPLE)
		maple_kernel(&j, name, o->count);
	else
		list_kernel(&j, name, o->count ? o->count : 100);
	chaos(&j, name, o->count ? o->count : 300);
	ok(!j.too_many, "%s: no walk over them takes three times the reads", name);
	vs_slab_deinit(&j.slab);
	vs_kernel_close(j.r.k);
	run_deinit(&j.r);
}

int main(int argc, char **argv)
{
	damage_main(argc, argv, "usage: rebuild [--seed N] [--count N] [--no-slab] [--verbose] DIR...", 10, run);
	return done();
}
