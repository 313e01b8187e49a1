// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Break the task ring, the thread lists and the pid table of real dumps, in memory:
 * are all tasks found all the same, and nothing else?
 *
 *	tasks [--seed N] [--count N] [--verbose] DIR...
 *
 * Each DIR has vmcore and vmlinux in it, as scripts/lab and scripts/corpus leave
 * them. The file itself is not written to.
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
#include "wreck.h"
#include "../unit/tap.h"

struct job {
	struct vs_kernel *k;
	struct vs_out out;
	struct vs_tasks sound;
	struct wreck w;
	bool verbose;
};

/* One kind of damage. */
struct tally {
	unsigned int cases, whole, told;
	uint64_t lost, invented;
	double reads;		/* most, to those without damage */
};

static const struct vs_task *find(const struct vs_tasks *t, uint64_t addr)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i].addr == addr)
			return &t->v.v[i];
	return NULL;
}

static bool same(const struct vs_tasks *a, const struct vs_task *x, const struct vs_tasks *b, const struct vs_task *y)
{
	return x->pid == y->pid && x->mm == y->mm && x->n_threads == y->n_threads &&
		a->v.v[x->leader].addr == b->v.v[y->leader].addr;
}

/* The address spaces that neither a task nor the slab of mm_structs leads to. */
static unsigned int lost_mms(const struct job *j, const struct vs_tasks *t)
{
	unsigned int lost = 0;

	for (size_t i = 0; i < j->sound.v.n; i++) {
		uint64_t mm = j->sound.v.v[i].mm;
		bool found = !mm;

		for (size_t n = 0; !found && n < t->v.n; n++)
			found = t->v.v[n].mm == mm;
		for (size_t n = 0; !found && n < t->mms.n; n++)
			found = t->mms.v[n] == mm;
		lost += !found;
	}
	return lost;
}

/** Read the tasks as they are now, hold them against the sound ones, put back what was written. */
static void judge(struct job *j, const char *what, bool mms, struct tally *t)
{
	uint64_t reads = j->k->img->n_reads, sound_reads;
	struct vs_tasks now;
	unsigned int lost = 0, invented = 0;
	struct vs_err *err = vs_tasks_read(j->k, &j->out, &now);

	if (err)
		die(what, err);
	reads = j->k->img->n_reads - reads;
	for (size_t i = 0; i < j->sound.v.n; i++) {
		const struct vs_task *was = &j->sound.v.v[i], *is = find(&now, was->addr);

		lost += !is || !same(&j->sound, was, &now, is);
	}
	for (size_t i = 0; i < now.v.n; i++)
		invented += !find(&j->sound, now.v.v[i].addr);
	if (mms) {
		lost = lost_mms(j, &now);
		for (size_t i = 0; i < now.mms.n; i++) {
			bool known = false;

			for (size_t n = 0; !known && n < j->sound.v.n; n++)
				known = j->sound.v.v[n].mm == now.mms.v[i];
			invented += !known;
		}
	}
	t->cases++;
	t->whole += !lost && !invented;
	t->told += now.breaks.n != 0;
	t->lost += lost;
	t->invented += invented;
	if (j->verbose && (lost || invented))
		printf("# %s: %zu breaks, %zu tasks, %u of them by %s: %u lost or different, %u invented\n", what,
		       now.breaks.n, now.v.n, now.n_by_table, now.table ? now.table : "nothing", lost, invented);
	vs_tasks_deinit(&now);
	wreck_undo(&j->w);
	sound_reads = j->k->img->n_reads;
	err = vs_tasks_read(j->k, &j->out, &now);
	if (err || now.breaks.n)
		die("the dump is not as it was", err);
	vs_tasks_deinit(&now);
	sound_reads = j->k->img->n_reads - sound_reads;
	if (!mms && (double)reads / (double)sound_reads > t->reads)
		t->reads = (double)reads / (double)sound_reads;
}

static void tell(const char *name, const char *what, const struct tally *t)
{
	if (!t->cases)
		return;
	printf("# %-18s %-44s %4u cases, %4u whole, %4u told, %3" PRIu64 " lost, %2" PRIu64 " invented, reads %.2f\n",
	       name, what, t->cases, t->whole, t->told, t->lost, t->invented, t->reads);
	ok(t->whole == t->cases, "%s: %s: everything is found, and nothing else", name, what);
	ok(t->told == t->cases, "%s: %s: and it is told", name, what);
	ok(t->reads < 3, "%s: %s: less than three times the reads", name, what);
}

static uint64_t some_task(struct job *j)
{
	return j->sound.v.v[roll(&j->w.seed) % j->sound.v.n].addr;
}

static uint64_t some_leader(struct job *j, bool with_threads)
{
	for (unsigned int n = 0; n < 10000; n++) {
		const struct vs_task *t = &j->sound.v.v[roll(&j->w.seed) % j->sound.v.n];

		if (&j->sound.v.v[t->leader] == t && (!with_threads || t->n_threads > 1))
			return t->addr;
	}
	return 0;
}

/* Tasks that nothing leads to by mistake any more: the ring in several places, both ways. */
static void cut_ring(struct job *j, enum how how, unsigned int places)
{
	const unsigned int word = j->k->mem.target.word;
	const uint64_t tasks = (uint64_t)j->k->layout.task.tasks.off;

	for (unsigned int i = 0; i < places; i++) {
		wreck(&j->w, some_leader(j, false) + tasks, word, how);
		wreck(&j->w, some_leader(j, false) + tasks + word, word, how);
	}
}

static void run(const char *dir, const struct damage_options *o)
{
	unsigned int count = o->count;
	const char *slash = strrchr(dir, '/');
	const char *name = slash && slash[1] ? slash + 1 : dir;
	struct job j = { .out = { .quiet = true }, .w = { .seed = o->seed }, .verbose = o->verbose };
	struct tally one = { 0 }, ring = { 0 }, ends = { 0 }, threads = { 0 }, both = { 0 }, table = { 0 };
	struct vs_open_opts opts = { 0 };
	char words[VS_MOMENT_WORDS] = "";
	const struct vs_layout *l;
	struct vs_moment moment;
	char *path = NULL, *vmlinux = NULL;
	struct vs_image *img;
	struct vs_err *err;
	uint64_t init, ns = 0, cachep;
	unsigned int word;

	if (asprintf(&path, "%s/vmcore", dir) < 0 || asprintf(&vmlinux, "%s/vmlinux", dir) < 0)
		die("out of memory", NULL);
	opts.vmlinux = vmlinux;
	err = vs_image_open((const char *const *)&path, 1, &j.out, &img);
	if (!err)
		err = vs_kernel_open(img, &opts, &j.out, &j.k);
	if (!err)
		err = vs_tasks_read(j.k, &j.out, &j.sound);
	if (err)
		die(dir, err);
	j.w.k = j.k;
	l = &j.k->layout;
	word = j.k->mem.target.word;
	printf("# %s: %s, %zu tasks, seed %" PRIu64 "\n", name, j.k->release, j.sound.v.n, o->seed);
	ok(!j.sound.breaks.n, "%s: undamaged, nothing is broken", name);
	err = vs_moment_read(j.k, &j.sound, &moment);
	if (!ok(!err && !moment.n_tasks && !moment.n_cpus, "%s: its clocks agree: it is of one moment", name))
		diag("%s", vs_moment_words(&moment, words, sizeof(words)));
	if (!vs_kernel_sym(j.k, VS_SYM_INIT_TASK, &init) || !vs_kernel_sym(j.k, VS_SYM_INIT_PID_NS, &ns)) {
		ok(true, "%s: broken # SKIP its vmlinux has no init_pid_ns", name);
		count = 0;
	}
	for (unsigned int n = 0; n < count; n++) {
		const enum how how = n % N_HOWS;
		const uint64_t leader = some_leader(&j, true), tasks = (uint64_t)l->task.tasks.off;

		wreck(&j.w, some_leader(&j, false) + tasks + (n & 1 ? word : 0), word, how);
		judge(&j, "one pointer", false, &one);
		cut_ring(&j, how, 1 + n % 20);
		judge(&j, "ring", false, &ring);
		wreck(&j.w, init + tasks, 2 * word, how);
		judge(&j, "init_task.tasks", false, &ends);
		if (leader && vs_has(l->task.thread_node)) {
			wreck(&j.w, leader + (uint64_t)l->task.thread_node.off, word, how);
			judge(&j, "threads", false, &threads);
		}
		cut_ring(&j, how, 3);
		for (unsigned int i = 0; i < 5 && vs_has(l->task.thread_node); i++)
			wreck(&j.w, some_task(&j) + (uint64_t)l->task.thread_node.off, word, how);
		judge(&j, "ring and threads", false, &both);
	}
	if (count && vs_kernel_sym(j.k, VS_SYM_MM_CACHEP, &cachep))
		for (enum how how = 0; how < N_HOWS; how++) {
			cut_ring(&j, how, 20);
			wreck(&j.w, ns + (uint64_t)l->idr.head.off, word, how == HOW_ZERO ? HOW_POISON : how);
			judge(&j, "ring and pid table", true, &table);
		}
	tell(name, "one pointer of the ring", &one);
	tell(name, "2 to 40 of them", &ring);
	tell(name, "init_task.tasks", &ends);
	tell(name, "one pointer of a thread list", &threads);
	tell(name, "6 of the ring, 5 of thread lists", &both);
	tell(name, "40 of the ring and the pid table: the mms", &table);
	vs_tasks_deinit(&j.sound);
	vs_kernel_close(j.k);
	free(path);
	free(vmlinux);
}

int main(int argc, char **argv)
{
	damage_main(argc, argv, "usage: tasks [--seed N] [--count N] [--verbose] DIR...", 30, run);
	return done();
}
