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
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/out.h"
#include "check/check.h"
#include "check/ctx.h"
#include "damage.h"
#include "mm/mm.h"

struct score {
	unsigned int done, detected, located, few, right;
};

struct run {
	struct vs_kernel *k;
	struct vs_out out;
	struct vs_space *space;
	struct sound *sound;	/* all address spaces */
	size_t n;
	size_t largest;
	struct score *scores;	/* [n_fields][N_KINDS] */
	double worst_reads;	/* damaged to sound */
	bool verbose;
};

struct options {
	uint64_t seed;
	unsigned int count;
	const char *field;	/* NULL: all */
	double detected, located;	/* percent, at least */
	bool verbose;
};

static void die(const char *what, const struct vs_err *err)
{
	printf("Bail out! %s%s%s\n", what, err ? ": " : "", err && err->msg ? err->msg : "");
	exit(99);
}

static void *must(void *p)
{
	if (!p)
		die("out of memory", NULL);
	return p;
}

static void *copy(const void *from, size_t n, size_t size)
{
	void *p = must(malloc((n + 1) * size));

	if (n)
		memcpy(p, from, n * size);
	return p;
}

static bool read_space(struct run *r, uint64_t mm)
{
	struct vs_err *err = vs_mm_read(r->k, mm, &r->out, r->space);

	if (err)
		die("reading an mm", err);
	return r->space->vmas.n;
}

/** Remember the address space in r->space, which has to be sound. */
static void keep(struct run *r, struct sound *s)
{
	const struct vs_space *sp = r->space;
	const struct vs_maple *m = &sp->maple;
	struct vs_report report;

	vs_check_slowly(sp, &report);
	if (report.verdict != VS_CONSISTENT || report.findings.n)
		die("an address space is not consistent before it is damaged", NULL);
	*s = (struct sound){ .mm = sp->mm, .has = sp->has, .word = sp->word, .f = sp->f };
	s->n_vmas = (uint32_t)report.order.v.n;
	s->vmas = must(malloc((s->n_vmas + 1) * sizeof(*s->vmas)));
	for (uint32_t i = 0; i < s->n_vmas; i++)
		s->vmas[i] = sp->vmas.v[report.order.v.v[i]];
	s->maple = *m;
	s->maple.nodes.v = copy(m->nodes.v, m->nodes.n, sizeof(*m->nodes.v));
	s->maple.words.v = copy(m->words.v, m->words.n, sizeof(*m->words.v));
	s->leaves = must(malloc((m->nodes.n + 1) * sizeof(*s->leaves)));
	s->inner = must(malloc((m->nodes.n + 1) * sizeof(*s->inner)));
	for (uint32_t i = 0; i < m->nodes.n; i++)
		if (m->nodes.v[i].leaf)
			s->leaves[s->n_leaves++] = i;
		else
			s->inner[s->n_inner++] = i;
	vs_report_deinit(&report);
}

static void read_all(struct run *r)
{
	struct vs_tasks tasks = { 0 };
	struct vs_err *err = vs_tasks_read(r->k, &r->out, &tasks);

	if (err)
		die("reading the tasks", err);
	r->sound = must(calloc(tasks.v.n + 1, sizeof(*r->sound)));
	for (size_t i = 0; i < tasks.v.n; i++) {
		uint64_t mm = tasks.v.v[i].mm, reads = r->k->img->n_reads;
		bool known = !mm;

		for (size_t j = 0; j < r->n; j++)
			known |= r->sound[j].mm == mm;
		if (known || !read_space(r, mm))
			continue;
		reads = r->k->img->n_reads - reads;
		keep(r, &r->sound[r->n]);
		r->sound[r->n].reads = reads;
		if (r->sound[r->n].n_vmas > r->sound[r->largest].n_vmas)
			r->largest = r->n;
		r->n++;
	}
	vs_tasks_deinit(&tasks);
	if (!r->n)
		die("no address space to damage", NULL);
}

/** The bytes in the dump; the file itself stays as it is, for the mapping is private. */
static unsigned char *writable(struct run *r, uint64_t va, unsigned int size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	enum vs_from from;
	unsigned char *p = (unsigned char *)(uintptr_t)vs_kmem_peek(&r->k->mem, va, size, &from);
	uintptr_t start = (uintptr_t)p & ~page;

	if (!p || from != VS_FROM_FILE ||
	    mprotect((void *)start, (uintptr_t)p + size - start, PROT_READ | PROT_WRITE))
		return NULL;
	return p;
}

static void store(const struct run *r, unsigned char *p, unsigned int size, uint64_t v)
{
	for (unsigned int i = 0; i < size; i++)
		p[r->k->mem.target.big_endian ? size - 1 - i : i] = (unsigned char)(v >> 8 * i);
}

static unsigned int count_named(const struct vs_report *r)
{
	uint64_t named[4];
	unsigned int n = 0;

	for (size_t i = 0; i < r->findings.n && n < 4; i++) {
		const struct vs_finding *f = &r->findings.v[i];
		unsigned int j = 0;

		if (f->consequence || f->severity != VS_SEV_ERROR)
			continue;
		while (j < n && named[j] != f->addr)
			j++;
		if (j == n)
			named[n++] = f->addr;
	}
	return n;
}

static void show(const struct run *r, const struct sound *s, const struct target *t, enum kind kind,
		 uint64_t old, uint64_t new, const struct vs_report *report)
{
	printf("# %s %s: %#" PRIx64 " in an mm of %u VMAs, index %u slot %u, was %#" PRIx64
	       ", is %#" PRIx64 ": %s\n", t->field->name, kind_names[kind], t->addr, s->n_vmas, t->index,
	       t->slot, old, new, vs_verdict_name(report->verdict));
	for (size_t i = 0; i < report->findings.n && i < 5; i++) {
		const struct vs_finding *f = &report->findings.v[i];

		printf("#   %s %s %#" PRIx64 " %s: %s\n", f->consequence ? "-" : "*", f->rule->id,
		       f->addr, f->member ? f->member : "", f->detail ? f->detail : "");
	}
	(void)r;
}

static uint64_t cut(uint64_t v, unsigned int size)
{
	return size == 8 ? v : v & ((UINT64_C(1) << 8 * size) - 1);
}

/** Judge the damaged address space. */
static void judge(struct run *r, const struct sound *s, const struct target *t, enum kind kind,
		  uint64_t old, uint64_t new)
{
	struct score *sc = &r->scores[(size_t)(t->field - fields) * N_KINDS + kind];
	uint64_t reads = r->k->img->n_reads;
	const struct vs_finding *first;
	struct vs_report report;
	bool detected, located;

	read_space(r, s->mm);
	reads = r->k->img->n_reads - reads;
	if (s->reads >= 10 && (double)reads / (double)s->reads > r->worst_reads)
		r->worst_reads = (double)reads / (double)s->reads;
	vs_check_space(r->space, &report);
	first = report.findings.n ? &report.findings.v[0] : NULL;
	detected = report.verdict == VS_CORRUPT && first;
	located = detected && first->addr == t->addr && !first->consequence;
	sc->done++;
	sc->detected += detected;
	sc->located += located;
	sc->few += detected && count_named(&report) <= 2;
	sc->right += located && first->has_expected && cut(first->expected, t->size) == old;
	if (r->verbose && !(located && count_named(&report) <= 2))
		show(r, s, t, kind, old, new, &report);
	vs_report_deinit(&report);
}

/** One damage; false if this kind does not go with this member. */
static bool damage(struct run *r, const struct sound *s, const struct sound *other, struct target *t,
		   enum kind kind, uint64_t *seed)
{
	uint64_t old, new, peer_old = 0;
	unsigned char *p, *q = NULL;
	struct target peer;

	p = writable(r, t->va, t->size);
	if (!p || !vs_kmem_uint(&r->k->mem, t->va, t->size, &old) ||
	    !invent(r->k, s, other, t, kind, old, seed, &new, &peer))
		return false;
	new = cut(new, t->size);
	if (new == old)
		return false;
	if (!contradicted(r->k, s, t, old, new) &&
	    !(peer.va && contradicted(r->k, s, &peer, new, old)))
		return false;
	if (peer.va) {
		q = writable(r, peer.va, peer.size);
		if (!q || !vs_kmem_uint(&r->k->mem, peer.va, peer.size, &peer_old))
			return false;
		store(r, q, peer.size, old);
	}
	store(r, p, t->size, new);
	judge(r, s, t, kind, old, new);
	store(r, p, t->size, old);
	if (q)
		store(r, q, peer.size, peer_old);
	return true;
}

/** Some structure that has the member; the root and the edges more often than chance has them. */
static bool pick(const struct run *r, const struct sound *s, const struct field *f, uint64_t rnd,
		 struct target *t)
{
	uint32_t n = f->object == OBJ_VMA ? s->n_vmas : f->object == OBJ_LEAF ? s->n_leaves : s->n_inner;
	uint32_t i;

	*t = (struct target){ .field = f, .object = f->object };
	if ((f->needs & s->has) != f->needs || (f->object != OBJ_MM && !n))
		return false;
	i = rnd % 10 == 0 ? 0 : rnd % 10 == 1 ? n - 1 : (uint32_t)((rnd >> 8) % (n ? n : 1));
	switch (f->object) {
	case OBJ_VMA:
		t->index = i;
		t->addr = s->vmas[i].addr;
		break;
	case OBJ_LEAF:
	case OBJ_INNER:
		t->index = f->object == OBJ_LEAF ? s->leaves[i] : s->inner[i];
		t->addr = s->maple.nodes.v[t->index].addr;
		break;
	default:
		t->addr = s->mm;
		break;
	}
	return f->find(r->k, s, rnd >> 40, t);
}

static struct score sum_of(const struct score *scores, unsigned int n)
{
	struct score all = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		all.done += scores[i].done;
		all.detected += scores[i].detected;
		all.located += scores[i].located;
		all.few += scores[i].few;
		all.right += scores[i].right;
	}
	return all;
}

static double percent(unsigned int n, const struct score *all)
{
	return all->done ? 100.0 * n / all->done : 0;
}

static void print_sum(const char *what, const struct score *all)
{
	printf("# %s: %u damages: detected %.2f %%, located %.2f %%, at most two objects named %.2f %%, "
	       "right value known %.2f %%\n", what, all->done, percent(all->detected, all),
	       percent(all->located, all), percent(all->few, all), percent(all->right, all));
}

static void print_table(const struct score *scores)
{
	printf("# %-18s", "located/done");
	for (int k = 0; k < N_KINDS; k++)
		printf("%10s", kind_names[k]);
	printf("\n");
	for (unsigned int f = 0; f < n_fields; f++) {
		if (!sum_of(scores + f * N_KINDS, N_KINDS).done)
			continue;
		printf("# %-18s", fields[f].name);
		for (int k = 0; k < N_KINDS; k++) {
			const struct score *sc = &scores[f * N_KINDS + k];
			char cell[40] = "";

			if (sc->done)
				snprintf(cell, sizeof(cell), "%u/%u%s", sc->located, sc->done,
					 sc->detected < sc->done ? "!" : "");
			printf("%10s", cell);
		}
		printf("\n");
	}
}

static unsigned int n_tests;

static void test(bool good, const char *name, const char *what, double how_much)
{
	printf("%s %u - %s: ", good ? "ok" : "not ok", ++n_tests, name);
	printf(what, how_much);
	printf("\n");
}

/** Open DIR/vmcore. */
static void open_dump(struct run *r, const char *dir)
{
	struct vs_open_opts opts = { 0 };
	char *path = NULL, *vmlinux = NULL;
	struct vs_image *img;
	struct vs_err *err;

	if (asprintf(&path, "%s/vmcore", dir) < 0 || asprintf(&vmlinux, "%s/vmlinux", dir) < 0)
		die("out of memory", NULL);
	opts.vmlinux = vmlinux;
	err = vs_image_open((const char *const *)&path, 1, &r->out, &img);
	if (!err)
		err = vs_kernel_open(img, &opts, &r->out, &r->k);
	if (err)
		die(dir, err);
	free(path);
	free(vmlinux);
}

static void close_dump(struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->sound[i].vmas);
		free(r->sound[i].maple.nodes.v);
		free(r->sound[i].maple.words.v);
		free(r->sound[i].leaves);
		free(r->sound[i].inner);
	}
	free(r->sound);
	free(r->scores);
	vs_space_destroy(r->space);
	vs_kernel_close(r->k);
	vs_buf_deinit(&r->out.buf);
}

/** Damage the dump in @p dir; its scores are added to @p total. */
static void run(const struct options *o, const char *dir, struct score *total)
{
	struct run r = { .verbose = o->verbose };
	const char *slash = strrchr(dir, '/');
	const char *name = slash && slash[1] ? slash + 1 : dir;
	uint64_t seed = o->seed;
	struct score all;

	open_dump(&r, dir);
	r.space = must(vs_space_create());
	r.scores = must(calloc((size_t)n_fields * N_KINDS, sizeof(*r.scores)));
	read_all(&r);
	for (unsigned int done = 0, tries = 0; done < o->count && tries < o->count * 1000; tries++) {
		uint64_t rnd = roll(&seed);
		// the largest is worth more than one of many, and takes most of the time
		const struct sound *s = &r.sound[rnd % 10 == 0 ? r.largest : (rnd >> 8) % r.n];
		const struct sound *other = &r.sound[(rnd >> 32) % r.n];
		const struct field *f = &fields[roll(&seed) % n_fields];
		struct target t;

		if ((o->field && strcmp(o->field, f->name)) || !pick(&r, s, f, roll(&seed), &t))
			continue;
		done += damage(&r, s, other == s ? NULL : other, &t, roll(&seed) % N_KINDS, &seed);
	}
	all = sum_of(r.scores, n_fields * N_KINDS);
	printf("# %s: %s, %zu address spaces, seed %" PRIu64 ", most reads %.2f times those without "
	       "damage\n", name, r.k->release, r.n, o->seed, r.worst_reads);
	print_sum(name, &all);
	test(percent(all.detected, &all) >= o->detected, name, "%.1f %% of damages are detected",
	     o->detected);
	test(percent(all.located, &all) >= o->located, name,
	     "the first finding names the damaged object in %.1f %%", o->located);
	test(percent(all.few, &all) >= o->located, name, "at most two objects are named in %.1f %%",
	     o->located);
	test(r.worst_reads < 3, name, "no damage takes %.0f times the reads", 3);
	for (unsigned int i = 0; i < n_fields * N_KINDS; i++) {
		total[i].done += r.scores[i].done;
		total[i].detected += r.scores[i].detected;
		total[i].located += r.scores[i].located;
		total[i].few += r.scores[i].few;
		total[i].right += r.scores[i].right;
	}
	close_dump(&r);
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
	printf("1..%u\n", n_tests);
	return 0;
}
