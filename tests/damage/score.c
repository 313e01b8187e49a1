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
#include "cmd/causes.h"
#include "cmd/sound.h"
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

/** The address space of @p mm, read anew: into the session's space if there is one. */
static const struct vs_space *read_space(struct run *r, uint64_t mm)
{
	struct vs_err *err;

	if (r->session) {
		r->session->space_mm = r->session->objects_mm = 0;
		err = vs_session_space(r->session, mm, false, &r->out);
		if (!err)
			err = vs_session_objects(r->session, &r->out);
	} else {
		err = vs_mm_read(r->k, mm, &r->out, r->space);
	}
	if (err)
		die("reading an mm", err);
	return r->session ? r->session->space : r->space;
}

/** Objects that hang on VMAs, each once. */
static void add_hanging(struct hanging **v, uint32_t *n, uint32_t vma, uint64_t addr)
{
	for (uint32_t i = 0; i < *n; i++)
		if ((*v)[i].addr == addr)
			return;
	if (!(*n & (*n - 1)))
		*v = must(realloc(*v, (*n ? 2 * *n : 1) * sizeof(**v)));
	(*v)[(*n)++] = (struct hanging){ vma, addr };
}

#define MAX_HANGING 2000	/* of one kind: the largest address space has its share */

static void keep_objects(const struct vs_space *sp, const uint32_t *pos, struct sound *s)
{
	const struct vs_objects *o = &sp->objects;

	for (size_t i = 0; i < o->anons.n && s->n_avcs < MAX_HANGING; i++)
		for (uint32_t j = 0; j < o->anons.v[i].n; j++) {
			const struct vs_avc *c = &o->avcs.v[o->anons.v[i].first + j];

			add_hanging(&s->avcs, &s->n_avcs, pos[o->anons.v[i].vma], c->addr);
			add_hanging(&s->anons, &s->n_anons, pos[o->anons.v[i].vma], c->anon_vma);
		}
	for (size_t i = 0; i < o->files.n && s->n_mappings < MAX_HANGING; i++)
		add_hanging(&s->mappings, &s->n_mappings, pos[o->files.v[i].vma], o->files.v[i].mapping);
}

/** Remember the address space in @p sp, which has to be sound. */
static void keep(const struct vs_space *sp, struct sound *s)
{
	const struct vs_maple *m = &sp->maple;
	struct vs_report report;
	uint32_t *pos;

	vs_check_slowly(sp, &report);
	if (report.verdict != VS_CONSISTENT || report.findings.n)
		die("an address space is not consistent before it is damaged", NULL);
	*s = (struct sound){ .mm = sp->mm, .has = sp->has, .word = sp->word, .page_shift = sp->page_shift,
			     .limit = sp->limit, .prot_mask = sp->prot_mask, .f = sp->f };
	memcpy(s->prot_map, sp->prot_map, sizeof(s->prot_map));
	s->n_vmas = (uint32_t)report.order.v.n;
	s->vmas = must(malloc((s->n_vmas + 1) * sizeof(*s->vmas)));
	pos = must(calloc(sp->vmas.n + 1, sizeof(*pos)));
	for (uint32_t i = 0; i < s->n_vmas; i++) {
		s->vmas[i] = sp->vmas.v[report.order.v.v[i]];
		pos[report.order.v.v[i]] = i;
	}
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
	s->n_users = (uint32_t)sp->users.n;
	s->users = copy(sp->users.v, sp->users.n, sizeof(*sp->users.v));
	keep_objects(sp, pos, s);
	free(pos);
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
		free(r->sound[i].users);
		free(r->sound[i].avcs);
		free(r->sound[i].anons);
		free(r->sound[i].mappings);
	}
	free(r->sound);
	free(r->scores);
	vs_space_destroy(r->space);
	vs_buf_deinit(&r->out.buf);
}

bool run_add(struct run *r, uint64_t mm)
{
	uint64_t reads = r->k->img->n_reads;
	const struct vs_space *sp;

	for (size_t i = 0; i < r->n; i++)
		if (r->sound[i].mm == mm)
			return false;
	sp = read_space(r, mm);
	if (!sp->vmas.n)
		return false;
	reads = r->k->img->n_reads - reads;
	keep(sp, &r->sound[r->n]);
	r->sound[r->n++].reads = reads;
	return true;
}

unsigned char *writable(struct run *r, uint64_t va, unsigned int size)
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

/* --- judging --- */

static void name(struct verdict *v, uint64_t addr)
{
	for (unsigned int i = 0; i < v->n_named; i++)
		if (v->named[i] == addr)
			return;
	if (v->n_named < MAX_NAMED)
		v->named[v->n_named++] = addr;
}

static void note(struct verdict *v, const struct vs_report *r)
{
	v->verdict = vs_verdict_worse(v->verdict, r->verdict);
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct vs_finding *f = &r->findings.v[i];
		size_t len = strlen(v->text);

		if (i < 4 && len < sizeof(v->text))
			snprintf(v->text + len, sizeof(v->text) - len, "#   %s %s %#" PRIx64 " %s: %s%s%s\n",
				 f->consequence ? "-" : "*", f->rule->id, f->addr, f->member ? f->member : "",
				 f->detail ? f->detail : "", f->cause ? "; likely " : "",
				 f->cause ? f->cause : "");
		if (f->severity != VS_SEV_ERROR || f->consequence)
			continue;
		if (!v->first.rule) {
			v->first = *f;
			v->first.detail = v->first.cause = NULL;
		}
		name(v, f->addr);
	}
}

/**
 * check judges an address space while it reads it (vs_mm_scan()), and by its rules only if that
 * does not call it clean: the two have to agree, damaged or not.
 */
static bool scan_is_clean(struct run *r, uint64_t mm)
{
	struct vs_space *sp = r->session ? r->session->space : r->space;
	struct vs_err *err = r->session ? vs_session_head(r->session, mm) : vs_mm_read_head(r->k, mm, sp);
	const struct vs_sound how = { .objects = true };
	uint64_t n;
	bool clean;

	if (!err)
		err = vs_sound_scan_space(r->k, &r->out, sp, &how, &n, &clean);
	if (err)
		die("going over an mm", err);
	return clean;
}

static void compare(struct run *r, uint64_t mm, bool quick, const struct vs_report *report)
{
	// which map of protections a kernel with PAE has is not known before all VMAs are
	const bool pae = r->k->mem.target.word == 4 && r->k->layout.vma.vm_page_prot.size == 8;
	const bool clean = scan_is_clean(r, mm), sound = !report->findings.n && report->verdict == VS_CONSISTENT;

	r->n_scans++;
	r->n_apart += (clean && !sound) || (clean != quick && !(pae && quick));
}

/** Of many links to what hangs on VMAs only those that are not clean are kept: that changes no first finding. */
static void compare_kept(struct run *r, uint64_t mm, const struct vs_report *report)
{
	struct vs_report few;
	bool alike;

	if (!r->session || report->verdict == VS_CONSISTENT)
		return;
	r->session->space->objects.keep = 1;
	vs_check_space(read_space(r, mm), &few);
	r->session->space->objects.keep = 0;
	alike = few.verdict == report->verdict && !few.findings.n == !report->findings.n &&
		(!few.findings.n || (few.findings.v[0].rule == report->findings.v[0].rule &&
				     few.findings.v[0].addr == report->findings.v[0].addr));
	r->n_kept++;
	r->n_kept_apart += !alike;
	vs_report_deinit(&few);
}

static void judge_mm(struct run *r, uint64_t mm, uint64_t sound_reads, struct verdict *v)
{
	uint64_t reads = r->k->img->n_reads, slab;
	const struct vs_space *sp = read_space(r, mm);
	struct vs_report report;

	if (r->tasks)
		vs_lock_name(r->k, r->tasks, &r->space->lock);
	reads = r->k->img->n_reads - reads;
	// whether an object is free is asked of its slab, whose list is as long as a large page allows
	slab = (vs_page_size(&r->k->mem.target) - 4096) / 64;
	reads -= reads < slab ? reads : slab;
	if (sound_reads >= 10 && (double)reads / (double)sound_reads > v->reads)
		v->reads = (double)reads / (double)sound_reads;
	if (v->reads > r->worst_reads)
		r->worst_reads = v->reads;
	vs_check_space(sp, &report);
	if (r->session)
		vs_causes_find(r->k, (struct vs_space *)(uintptr_t)sp, &report);
	note(v, &report);
	compare(r, mm, vs_quick_clean(sp, &report.order), &report);
	compare_kept(r, mm, &report);
	vs_report_deinit(&report);
}

/** What the check command goes through: the tasks, then each address space. */
static void judge_dump(struct run *r, struct verdict *v)
{
	const struct vs_args args = { .cmd = NULL };
	struct vs_target_mm *mms;
	struct vs_report tasks;
	struct vs_err *err;
	size_t n;

	vs_session_forget(r->session);
	err = vs_session_tasks(r->session, &r->out);
	if (!err)
		err = vs_select_mms(r->session, &args, &r->out, &mms, &n);
	if (err)
		die("the tasks", err);
	vs_check_tasks(&r->session->tasks, &tasks);
	note(v, &tasks);
	vs_report_deinit(&tasks);
	for (size_t i = 0; i < n; i++) {
		uint64_t reads = 0;

		for (size_t j = 0; j < r->n && !reads; j++)
			reads = r->sound[j].mm == mms[i].mm ? r->sound[j].reads : 0;
		judge_mm(r, mms[i].mm, reads, v);
	}
	free(mms);
}

void run_judge(struct run *r, const struct sound *s, struct verdict *ret)
{
	*ret = (struct verdict){ .verdict = VS_CONSISTENT };
	if (r->session)
		judge_dump(r, ret);
	else
		judge_mm(r, s->mm, s->reads, ret);
}

static void show(const struct sound *s, const struct undo *u, enum kind kind, const struct verdict *v)
{
	printf("# %s.%s %s: %#" PRIx64 " in an mm of %u VMAs, index %u slot %u, was %#" PRIx64
	       ", is %#" PRIx64 ": %s, %u named, %.1f reads\n%s", object_names[u->t.object], u->t.field->name,
	       kinds[kind].name, u->t.addr, s->n_vmas, u->t.index, u->t.slot, u->old, u->new,
	       vs_verdict_name(v->verdict), v->n_named, v->reads, v->text);
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

/**
 * Does the value tell which kind of damage it was? Of a bit, only where it is known what is
 * right; of copies, not where the same value is in many objects, or little, or NULL.
 */
static bool leaves_evidence(const struct undo *u, enum kind kind)
{
	const struct field *f = u->t.field;
	const bool rare = f->shape == SHAPE_POINTER || f->shape == SHAPE_ADDRESS || f->shape == SHAPE_BYTES;

	if (!kinds[kind].causes)
		return false;
	switch (kind) {
	case KIND_NEXT:
		return u->new > 65535 && rare && !f->once && u->t.object <= OBJ_INNER;
	case KIND_MEMBER:
		return u->new > 65535;
	case KIND_SWAP:
		return u->new > 65535 && rare && !f->once && u->t.object <= OBJ_MM;
	case KIND_BIT:
		// a count that is off by little was rather miscounted; a byte has few bits to differ in
		return f->shape != SHAPE_SMALL && !f->once &&
			(f->shape != SHAPE_COUNT || (u->old ^ u->new) > 255);
	case KIND_POISON:
	case KIND_TEXT:
		// of 32 bits it is an address that a process may have
		return u->t.size >= 4 && !(u->t.size == 4 && f->shape == SHAPE_ADDRESS);
	case KIND_LIST:
		// of 32 bits it is a small number, which may be one bit from NULL
		return u->t.size >= 4 && __builtin_popcountll((u->old & ~UINT64_C(3)) ^ u->new) > 1;
	default:
		return u->t.size >= 4;
	}
}

/** Judge the damaged dump. The quick pass has to say no where the rules do. */
static void judge(struct run *r, const struct sound *s, const struct undo *u, enum kind kind)
{
	struct score *sc = &r->scores[(size_t)(u->t.field - fields) * N_KINDS + kind];
	bool detected, located, cause_right = true;
	struct verdict v;

	run_judge(r, s, &v);
	detected = v.verdict == VS_CORRUPT && v.first.rule;
	// of two members exchanged either is
	located = detected && (v.first.addr == u->t.addr || (u->peer && v.first.addr == u->peer));
	// Of a pointer into memory that a cut dump has left out, incomplete is the right word.
	if (v.verdict == VS_INCOMPLETE && is_cut(r->k->img)) {
		r->untold++;
		return;
	}
	sc->done++;
	sc->detected += detected;
	sc->located += located;
	sc->few += detected && v.n_named <= 2;
	sc->right += located && v.first.has_expected && cut(v.first.expected, u->t.size) == u->old;
	if (r->verbose && v.reads >= 3)
		show(s, u, kind, &v);
	if (r->session && leaves_evidence(u, kind)) {
		cause_right = located && kinds[kind].causes >> v.first.why & 1;
		sc->causes++;
		sc->cause_right += cause_right;
	}
	if (r->also)
		r->also(r->also_arg, &u->t, kind, v.verdict == VS_CORRUPT);
	if (r->verbose && !(located && v.n_named <= 2 && cause_right))
		show(s, u, kind, &v);
}

/* --- doing it --- */

/** Some structure that has the member; the root and the edges more often than chance has them. */
static bool pick(const struct run *r, const struct sound *s, const struct field *f, uint64_t rnd,
		 struct target *t)
{
	uint32_t n = field_count(s, f);

	*t = (struct target){ .field = f };
	if ((f->needs & s->has) != f->needs || !n)
		return false;
	return field_object(s, f, rnd % 10 == 0 ? 0 : rnd % 10 == 1 ? n - 1 : (uint32_t)((rnd >> 8) % n), t) &&
		field_find(r->k, s, f, rnd >> 40, t);
}

static bool put(struct run *r, struct undo *u, uint64_t va, const void *bytes, unsigned int size)
{
	unsigned char *p = writable(r, va, size);

	if (!p || u->n == MAX_PUTS || size > sizeof(u->w[0].old))
		return false;
	u->w[u->n].p = p;
	u->w[u->n].size = size;
	memcpy(u->w[u->n++].old, p, size);
	memcpy(p, bytes, size);
	return true;
}

static bool put_word(struct run *r, struct undo *u, uint64_t va, unsigned int size, uint64_t v)
{
	unsigned char bytes[8];

	for (unsigned int i = 0; i < size && i < 8; i++)
		bytes[r->k->mem.target.big_endian ? size - 1 - i : i] = (unsigned char)(v >> 8 * i);
	return put(r, u, va, bytes, size);
}

void undo(const struct undo *u)
{
	for (unsigned int i = u->n; i--;)
		memcpy(u->w[i].p, u->w[i].old, u->w[i].size);
}

bool poke(struct run *r, const struct sound *s, const struct sound *other, const struct field *f,
	  enum kind kind, uint64_t *seed, struct undo *u)
{
	static const unsigned char zeros[64];
	struct damage d;
	bool ok;

	u->n = 0;
	if (!pick(r, s, f, roll(seed), &u->t) || u->t.size > 8 ||
	    !vs_kmem_uint(&r->k->mem, u->t.va, u->t.size, &u->old) ||
	    !invent(r->k, s, other, &u->t, kind, u->old, seed, &d))
		return false;
	u->new = cut(d.new, u->t.size);
	if (u->new == u->old)
		return false;
	if (!r->everything && !contradicted(r->k, s, &u->t, u->old, u->new) &&
	    !(d.peer.va && contradicted(r->k, s, &d.peer, u->new, u->old)))
		return false;
	u->peer = d.peer.va ? d.peer.addr : 0;
	ok = put_word(r, u, u->t.va, u->t.size, u->new);
	if (ok && d.peer.va)
		ok = put_word(r, u, d.peer.va, d.peer.size, u->old);
	if (ok && d.run)
		ok = put(r, u, d.run_va, zeros, (unsigned int)d.run);
	if (ok && d.head_va)
		ok = put_word(r, u, d.head_va, r->k->mem.target.word, d.head);
	if (!ok)
		undo(u);
	return ok;
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
	judge(r, s, &u, kind);
	undo(&u);
	return true;
}
