// SPDX-License-Identifier: GPL-2.0-or-later
#include "score.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "check/ctx.h"
#include "mm/mm.h"

void die(const char *what, const struct vs_err *err)
{
	printf("Bail out! %s%s%s\n", what, err ? ": " : "", err && err->msg ? err->msg : "");
	exit(99);
}

void *must(void *p)
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

void run_init(struct run *r, struct vs_kernel *k, size_t n)
{
	*r = (struct run){ .k = k, .space = must(vs_space_create()),
			   .sound = must(calloc(n + 1, sizeof(*r->sound))),
			   .scores = must(calloc((size_t)n_fields * N_KINDS, sizeof(*r->scores))) };
}

void run_deinit(struct run *r)
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
	vs_buf_deinit(&r->out.buf);
}

bool run_add(struct run *r, uint64_t mm)
{
	uint64_t reads = r->k->img->n_reads;

	for (size_t i = 0; i < r->n; i++)
		if (r->sound[i].mm == mm)
			return false;
	if (!read_space(r, mm))
		return false;
	reads = r->k->img->n_reads - reads;
	keep(r, &r->sound[r->n]);
	r->sound[r->n++].reads = reads;
	return true;
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

/* Was memory left out of the dump? */
static bool is_cut(const struct vs_image *img)
{
	for (size_t i = 0; i < img->n_ranges; i++)
		if (img->ranges[i].in_file < img->ranges[i].end - img->ranges[i].start)
			return true;
	return false;
}

/** Judge the damaged address space. The quick pass has to say no where the rules do. */
static void judge(struct run *r, const struct sound *s, const struct target *t, enum kind kind,
		  uint64_t old, uint64_t new)
{
	struct score *sc = &r->scores[(size_t)(t->field - fields) * N_KINDS + kind];
	uint64_t reads = r->k->img->n_reads;
	const struct vs_finding *first;
	struct vs_report report;
	bool detected, located;

	read_space(r, s->mm);
	if (r->tasks)
		vs_lock_name(r->k, r->tasks, &r->space->lock);
	reads = r->k->img->n_reads - reads;
	if (s->reads >= 10 && (double)reads / (double)s->reads > r->worst_reads)
		r->worst_reads = (double)reads / (double)s->reads;
	vs_check_space(r->space, &report);
	first = report.findings.n ? &report.findings.v[0] : NULL;
	detected = report.verdict == VS_CORRUPT && first;
	located = detected && first->addr == t->addr && !first->consequence;
	// Of a pointer into memory that a cut dump has left out, incomplete is the right word.
	if (report.verdict == VS_INCOMPLETE && is_cut(r->k->img)) {
		r->untold++;
		vs_report_deinit(&report);
		return;
	}
	sc->done++;
	sc->detected += detected;
	sc->located += located;
	sc->few += detected && count_named(&report) <= 2;
	sc->right += located && first->has_expected && cut(first->expected, t->size) == old;
	if (r->also)
		r->also(r->also_arg, t, kind, report.verdict == VS_CORRUPT);
	if (r->verbose && !(located && count_named(&report) <= 2))
		show(r, s, t, kind, old, new, &report);
	vs_report_deinit(&report);
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

/* What has been written over, to be put back. */
struct undo {
	struct target t, peer;
	unsigned char *p, *q;
	uint64_t old, new, peer_old;
};

static bool poke(struct run *r, const struct sound *s, const struct sound *other,
		 const struct field *f, enum kind kind, uint64_t *seed, struct undo *u)
{
	if (!pick(r, s, f, roll(seed), &u->t))
		return false;
	u->p = writable(r, u->t.va, u->t.size);
	u->q = NULL;
	if (!u->p || !vs_kmem_uint(&r->k->mem, u->t.va, u->t.size, &u->old) ||
	    !invent(r->k, s, other, &u->t, kind, u->old, seed, &u->new, &u->peer))
		return false;
	u->new = cut(u->new, u->t.size);
	if (u->new == u->old)
		return false;
	if (!r->everything && !contradicted(r->k, s, &u->t, u->old, u->new) &&
	    !(u->peer.va && contradicted(r->k, s, &u->peer, u->new, u->old)))
		return false;
	if (u->peer.va) {
		u->q = writable(r, u->peer.va, u->peer.size);
		if (!u->q || !vs_kmem_uint(&r->k->mem, u->peer.va, u->peer.size, &u->peer_old))
			return false;
		store(r, u->q, u->peer.size, u->old);
	}
	store(r, u->p, u->t.size, u->new);
	return true;
}

bool run_poke(struct run *r, const struct sound *s, const struct sound *other,
	      const struct field *f, enum kind kind, uint64_t *seed)
{
	struct undo u;

	return poke(r, s, other, f, kind, seed, &u);
}

bool run_damage(struct run *r, const struct sound *s, const struct sound *other,
		const struct field *f, enum kind kind, uint64_t *seed)
{
	struct undo u;

	if (!poke(r, s, other, f, kind, seed, &u))
		return false;
	judge(r, s, &u.t, kind, u.old, u.new);
	store(r, u.p, u.t.size, u.old);
	if (u.q)
		store(r, u.q, u.peer.size, u.peer_old);
	return true;
}

struct score sum_of(const struct score *scores, unsigned int n)
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

double percent(unsigned int n, const struct score *all)
{
	return all->done ? 100.0 * n / all->done : 0;
}

void print_sum(const char *what, const struct score *all)
{
	printf("# %s: %u damages: detected %.2f %%, located %.2f %%, at most two objects named %.2f %%, "
	       "right value known %.2f %%\n", what, all->done, percent(all->detected, all),
	       percent(all->located, all), percent(all->few, all), percent(all->right, all));
}

void print_table(const struct score *scores)
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

