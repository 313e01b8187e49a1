// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The check against damage on purpose: sound address spaces have no finding;
 * then one member of one structure is changed, and the first finding has to
 * name that structure. Prints how often it does, by member and by kind.
 */
#include "check/check.h"

#include <stdlib.h>
#include <time.h>

#include "check/ctx.h"
#include "synth.h"
#include "tap.h"

enum field {
	F_START, F_END, F_FLAGS, F_MM, F_NEXT, F_PREV, F_LEFT, F_RIGHT, F_PARENT, F_COLOR, F_GAP,
	F_MMAP, F_ROOT, F_COUNT, F_HIGHEST, F_TOTAL, F_DATA, F_EXEC, F_STACK,
	N_FIELDS
};

static const char *const field_names[] = {
	"vm_start", "vm_end", "vm_flags", "vm_mm", "vm_next", "vm_prev", "rb_left", "rb_right",
	"rb parent", "rb colour", "subtree_gap", "mm.mmap", "mm.mm_rb", "map_count",
	"highest_vm_end", "total_vm", "data_vm", "exec_vm", "stack_vm",
};

enum kind {
	K_ZERO, K_SELF, K_WILD, K_BIT, K_PAGE_UP, K_PAGE_DOWN, K_NEIGHBOUR, K_MEMBER, K_POISON,
	K_TEXT, K_FOREIGN, K_SKIP, K_SWAP,
	N_KINDS
};

static const char *const kind_names[] = {
	"zero", "self", "wild", "bit", "up", "down", "next's", "member", "poison", "text",
	"foreign", "skip", "swap",
};

struct score {
	unsigned int done, detected, located, few;
	unsigned int right;	/* the value expected is the one that was there */
};

static unsigned int n_disagree;	/* the quick pass and the rules do not say the same */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static struct score scores[N_FIELDS][N_KINDS];
static bool verbose;

static bool is_pointer(enum field f)
{
	return f == F_MM || (f >= F_NEXT && f <= F_PARENT) || f == F_MMAP || f == F_ROOT;
}

static bool is_rb(enum field f)
{
	return f == F_LEFT || f == F_RIGHT || f == F_PARENT || f == F_ROOT;
}

static bool is_mm(enum field f)
{
	return f >= F_MMAP;
}

static uint64_t *member(struct synth *y, uint32_t i, enum field f)
{
	struct vs_vma *v = y->n ? &y->v[i] : NULL;

	switch (f) {
	case F_START:
		return &v->start;
	case F_END:
		return &v->end;
	case F_FLAGS:
		return &v->flags;
	case F_MM:
		return &v->mm;
	case F_NEXT:
		return &v->next;
	case F_PREV:
		return &v->prev;
	case F_LEFT:
		return &v->rb_left;
	case F_RIGHT:
		return &v->rb_right;
	case F_PARENT:
		return &v->rb_parent;
	case F_GAP:
		return &v->subtree_gap;
	case F_MMAP:
		return &y->f.mmap;
	case F_ROOT:
		return &y->f.rb_root;
	case F_COUNT:
		return &y->f.map_count;
	case F_HIGHEST:
		return &y->f.highest_vm_end;
	case F_TOTAL:
		return &y->f.total_vm;
	case F_DATA:
		return &y->f.data_vm;
	case F_EXEC:
		return &y->f.exec_vm;
	case F_STACK:
		return &y->f.stack_vm;
	default:
		return NULL;
	}
}

static unsigned int bucket(uint64_t flags)
{
	return (flags & 0x106) == 4 ? 1 : flags & 0x100 ? 2 : (flags & 0x10a) == 2 ? 3 : 0;
}

/**
 * What nothing else in list, tree and counters tells: vm_flags, as long as the
 * VMA stays with the same counter and no bit needs one that is missing.
 */
static bool contradicted(enum field f, uint64_t old, uint64_t new)
{
	if (f != F_FLAGS)
		return true;
	return bucket(old) != bucket(new) || (old ^ new) & 0x100 || vs_flags_bad(new);
}

/** Damage one member; false if that kind does not go with it, or changes nothing. */
static bool damage(struct synth *y, uint32_t i, enum field f, enum kind k, uint64_t *seed)
{
	uint64_t *m = member(y, i, f), old, new;
	struct vs_vma *v = y->n ? &y->v[i] : NULL;

	if (f == F_COLOR) {
		if (k != K_BIT)
			return false;
		v->rb_color ^= 1 << synth_random(seed) % 2;
		return true;
	}
	if (k == K_SWAP) {
		uint64_t *other = f == F_START ? &v->end : f == F_LEFT ? &v->rb_right :
				  f == F_NEXT ? &v->prev : NULL;

		if (!other || *other == *m)
			return false;
		old = *m;
		*m = *other;
		*other = old;
		return true;
	}
	old = *m;
	if (is_rb(f) && old)
		old += SYNTH_RB_OFFSET;
	switch (k) {
	case K_ZERO:
		new = 0;
		break;
	case K_SELF:
		if (!is_pointer(f))
			return false;
		new = is_mm(f) ? y->mm : v->addr + (is_rb(f) ? SYNTH_RB_OFFSET : 0);
		break;
	case K_WILD:
		new = synth_random(seed);
		if (is_pointer(f) && new & 1)
			new = UINT64_C(0xffff888000000000) | (new & UINT64_C(0x7ffffffff8));
		break;
	case K_BIT:
		new = old ^ UINT64_C(1) << synth_random(seed) % (f == F_FLAGS ? 9 : f == F_COUNT ? 31 : 64);
		if (f == F_PARENT && (old ^ new) < 4)
			return false;	// those are colour bits
		break;
	case K_PAGE_UP:
		new = old + (f >= F_TOTAL || f == F_COUNT ? 1 : 4096);
		break;
	case K_PAGE_DOWN:
		new = old - (f >= F_TOTAL || f == F_COUNT ? 1 : 4096);
		break;
	case K_NEIGHBOUR:
		if (is_mm(f) || i + 1 >= y->n)
			return false;
		new = *member(y, i + 1, f);
		if (is_rb(f) && new)
			new += SYNTH_RB_OFFSET;
		break;
	case K_MEMBER:
		if (is_mm(f))
			new = f == F_MMAP ? y->f.rb_root : f == F_ROOT ? 0 : f == F_COUNT ?
			      y->f.total_vm : *member(y, i, f - 1);
		else
			new = f == F_START ? v->end : f == F_GAP ? v->rb_left : *member(y, i, f == F_FLAGS ? F_START : f - 1);
		break;
	case K_POISON:
		new = UINT64_C(0x6b6b6b6b6b6b6b6b);
		break;
	case K_TEXT:
		new = UINT64_C(0x6572617774666f73);
		break;
	case K_FOREIGN:
		if (!is_pointer(f))
			return false;
		new = f == F_MM ? y->other_mm : y->v[y->n + synth_random(seed) % (y->n_all - y->n)].addr +
		      (is_rb(f) ? SYNTH_RB_OFFSET : 0);
		break;
	case K_SKIP:
		if (f == F_NEXT && i + 2 < y->n)
			new = y->v[i + 2].addr;
		else if (f == F_PREV && i >= 2)
			new = y->v[i - 2].addr;
		else
			return false;
		break;
	default:
		return false;
	}
	if (f == F_COUNT)
		new = (uint32_t)new;	// an int
	if (f == F_PARENT)
		new &= ~UINT64_C(3);
	if (new == old || !contradicted(f, old, new))
		return false;
	// as mm/ takes the node's place off: a node at that very offset is no NULL
	if (is_rb(f) && new)
		new = new == SYNTH_RB_OFFSET ? 1 : new - SYNTH_RB_OFFSET;
	*m = new;
	return true;
}

static unsigned int count_named(const struct vs_report *r)
{
	uint64_t named[4];
	unsigned int n = 0;

	for (size_t i = 0; i < r->findings.n && n < 4; i++) {
		const struct vs_finding *f = &r->findings.v[i];
		unsigned int j = 0;

		if (f->consequence)
			continue;
		while (j < n && named[j] != f->addr)
			j++;
		if (j == n)
			named[n++] = f->addr;
	}
	return n;
}

static void show(const struct vs_report *r)
{
	for (size_t i = 0; i < r->findings.n && i < 8; i++) {
		const struct vs_finding *f = &r->findings.v[i];

		diag("  %s %s %#llx %s: seen %#llx expected %s%#llx: %s (%s)",
		     f->consequence ? "-" : "*", f->rule->id, (unsigned long long)f->addr,
		     f->member ? f->member : "", (unsigned long long)f->seen,
		     f->has_expected ? "" : "?", (unsigned long long)f->expected,
		     f->detail ? f->detail : "", f->cause ? f->cause : "");
	}
}

static bool right_value(const struct synth *sound, uint32_t i, enum field f,
			const struct vs_finding *found)
{
	struct synth y = *sound;

	if (f == F_COLOR)
		return found->has_expected && (found->expected & 1) == y.v[i].rb_color;
	return found->has_expected && found->expected == *member(&y, i, f);
}

static void try(const struct synth *sound, struct vs_space *s, uint32_t i, enum field f, enum kind k,
		uint64_t *seed)
{
	struct score *sc = &scores[f][k];
	struct vs_report r;
	struct synth y;
	uint64_t addr;
	bool detected, located;

	synth_copy(&y, sound);
	if (!damage(&y, i, f, k, seed)) {
		synth_free(&y);
		return;
	}
	addr = is_mm(f) ? y.mm : y.v[i].addr;
	synth_read(&y, s);
	vs_check_slowly(s, &r);
	if (vs_quick_clean(s, &r.order) && n_disagree++ < 5)
		diag("the quick pass lets %s of %s pass", kind_names[k], field_names[f]);
	detected = r.verdict == VS_CORRUPT && r.findings.n;
	located = detected && r.findings.v[0].addr == addr && !r.findings.v[0].consequence;
	sc->done++;
	sc->detected += detected;
	sc->located += located;
	sc->right += located && right_value(sound, i, f, &r.findings.v[0]);
	sc->few += detected && count_named(&r) <= 2;
	if (verbose && !(located && count_named(&r) <= 2)) {
		diag("n %u, VMA %u (%#llx) %s %s: %s", y.n, i, (unsigned long long)addr,
		     field_names[f], kind_names[k], detected ? "named another" : "not detected");
		show(&r);
	}
	vs_report_deinit(&r);
	synth_free(&y);
}

static void damage_all(uint32_t n, enum synth_kind kind, uint64_t seed, unsigned int samples)
{
	struct vs_space *s = vs_space_create();
	struct synth y;

	synth_make(&y, n, kind, seed);
	for (unsigned int j = 0; j < samples; j++) {
		uint32_t i = j == 0 ? y.root : j == 1 ? 0 : j == 2 ? n - 1 :
			     (uint32_t)(synth_random(&seed) % n);

		if (samples >= n)
			i = j % n;
		for (int f = 0; f < N_FIELDS; f++)
			for (int k = 0; k < N_KINDS; k++)
				if (!is_mm(f) || j < 12)
					try(&y, s, i, f, k, &seed);
	}
	synth_free(&y);
	vs_space_destroy(s);
}

static void print_table(struct score *all)
{
	char line[256];
	int at;

	*all = (struct score){ 0 };
	at = snprintf(line, sizeof(line), "%-15s", "located/done");
	for (int k = 0; k < N_KINDS; k++)
		at += snprintf(line + at, sizeof(line) - at, "%10s", kind_names[k]);
	diag("%s", line);
	for (int f = 0; f < N_FIELDS; f++) {
		at = snprintf(line, sizeof(line), "%-15s", field_names[f]);
		for (int k = 0; k < N_KINDS; k++) {
			const struct score *sc = &scores[f][k];
			char cell[32];

			all->done += sc->done;
			all->detected += sc->detected;
			all->located += sc->located;
			all->few += sc->few;
			all->right += sc->right;
			snprintf(cell, sizeof(cell), "%u/%u%s", sc->located, sc->done,
				 sc->detected < sc->done ? "!" : "");
			at += snprintf(line + at, sizeof(line) - at, "%10s",
				       sc->done ? cell : "");
		}
		diag("%s", line);
	}
	diag("%u damages: detected %u (%.2f %%), located %u (%.2f %%), at most two objects named "
	     "%u (%.2f %%), right value known %u (%.2f %%)", all->done, all->detected,
	     100.0 * all->detected / all->done, all->located, 100.0 * all->located / all->done,
	     all->few, 100.0 * all->few / all->done, all->right, 100.0 * all->right / all->done);
}

static void test_sound(void)
{
	static const uint32_t sizes[] = { 0, 1, 2, 3, 4, 5, 10, 17, 100, 1000, 20000 };
	struct vs_space *s = vs_space_create();
	bool clean = true, quick = true;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (int kind = 0; kind < 2; kind++)
			for (uint64_t seed = 1; seed < 6; seed++) {
				struct vs_report r;
				struct synth y;

				synth_make(&y, sizes[i], kind, seed);
				synth_read(&y, s);
				vs_check_slowly(s, &r);
				if (r.findings.n || r.verdict != VS_CONSISTENT) {
					clean = false;
					diag("n %u, kind %d, seed %d", sizes[i], kind, (int)seed);
					show(&r);
				}
				quick = quick && vs_quick_clean(s, &r.order);
				vs_report_deinit(&r);
				synth_free(&y);
			}
	ok(clean, "a sound address space breaks no rule");
	ok(quick, "the quick pass finds a sound address space sound");
	vs_space_destroy(s);
}

/** VMAs whose bytes are missing accuse nobody, and are not accused. */
static void test_absent(void)
{
	struct vs_space *s = vs_space_create();
	unsigned int wrong = 0, done = 0;
	uint64_t seed = 5;

	for (uint32_t n = 1; n <= 300; n = n * 2 + 1) {
		struct synth sound;

		synth_make(&sound, n, n & 2 ? SYNTH_USUAL : SYNTH_DENSE, n);
		for (unsigned int i = 0; i < 200; i++) {
			unsigned int m = 1 + i % 5;
			struct vs_report r;
			struct synth y;

			synth_copy(&y, &sound);
			if (i % 10 == 9)	// a page of them
				for (uint64_t j = 0, page = synth_random(&seed) % (n / 20 + 1); j < 20; j++)
					y.absent[page * 20 + j < n ? page * 20 + j : 0] = 1;
			else
				while (m--)
					y.absent[synth_random(&seed) % n] = 1;
			synth_read(&y, s);
			vs_check_slowly(s, &r);
			if ((r.verdict != VS_INCOMPLETE || vs_quick_clean(s, &r.order)) && wrong++ < 5) {
				diag("n %u, try %u: %s", n, i, vs_verdict_name(r.verdict));
				show(&r);
			}
			done++;
			vs_report_deinit(&r);
			synth_free(&y);
		}
		synth_free(&sound);
	}
	ok(!wrong, "missing VMAs make an address space incomplete, not corrupt (%u of %u wrong)", wrong,
	   done);
	vs_space_destroy(s);
}

/** Damage in many places at once, and bytes missing besides: an end is reached, damage is told. */
static void test_heavy(uint64_t seed, unsigned int rounds)
{
	struct vs_space *s = vs_space_create();
	unsigned int missed = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		uint32_t n = 1 + (uint32_t)(synth_random(&seed) % 80);
		unsigned int m = 1 << i % 8, hits = 0;
		struct vs_report r;
		struct synth y;

		synth_make(&y, n, i & 1, seed);
		for (unsigned int j = 0; j < m; j++) {
			uint64_t d = synth_random(&seed);

			hits += damage(&y, d % n, (d >> 16) % N_FIELDS, (d >> 24) % N_KINDS, &seed);
		}
		if (i % 3 == 0)
			y.absent[synth_random(&seed) % n] = 1;
		synth_read(&y, s);
		vs_check_space(s, &r);
		if (hits == 1 && i % 3 && r.verdict != VS_CORRUPT)
			missed++;
		for (size_t j = 0; j < r.findings.n; j++)
			if (!r.findings.v[j].rule || (!j && r.findings.v[j].consequence))
				missed++;
		vs_report_deinit(&r);
		synth_free(&y);
	}
	ok(!missed, "damage in many places is told (%u missed)", missed);
	vs_space_destroy(s);
}

/** Garbage in every member of every VMA of a large address space, in bounded time. */
static void test_garbage(void)
{
	struct vs_space *s = vs_space_create();
	unsigned int bad = 0;
	double worst = 0;
	uint64_t seed = 9;

	for (int f = 0; f <= F_MMAP; f++) {
		struct vs_report r;
		struct synth y;
		double t;

		synth_make(&y, 60000, SYNTH_DENSE, 3);
		for (uint32_t i = 0; i < y.n; i++)
			for (int g = 0; g < F_MMAP; g++)
				if (g != F_COLOR && (g == f || f == F_MMAP))
					*member(&y, i, g) = is_pointer(g) ?
						y.v[synth_random(&seed) % y.n].addr : synth_random(&seed);
		synth_read(&y, s);
		t = seconds();
		vs_check_space(s, &r);
		t = seconds() - t;
		worst = t > worst ? t : worst;
		bad += f != F_COLOR && r.verdict != VS_CORRUPT;
		vs_report_deinit(&r);
		synth_free(&y);
	}
	diag("60,000 VMAs of garbage: %.0f ms at most", worst * 1e3);
	ok(!bad, "garbage is corrupt");
	ok(worst < 20, "garbage is judged in bounded time");
	vs_space_destroy(s);
}

static void measure(uint32_t n, enum synth_kind kind)
{
	struct vs_space *s = vs_space_create();
	struct vs_report r;
	struct synth y;
	double best = 1e9, t, slow;

	synth_make(&y, n, kind, 7);
	synth_read(&y, s);
	for (int i = 0; i < 20; i++) {
		t = seconds();
		vs_check_space(s, &r);
		t = seconds() - t;
		best = t < best ? t : best;
		vs_report_deinit(&r);
	}
	t = seconds();
	vs_check_slowly(s, &r);
	slow = seconds() - t;
	vs_report_deinit(&r);
	diag("%u VMAs: %.1f ns a VMA; by the rules %.1f ns", n, best / n * 1e9, slow / n * 1e9);
	synth_free(&y);
	vs_space_destroy(s);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20;
	struct score all;
	double t = seconds();

	bool full = argc > 2 && !strcmp(argv[2], "full");

	verbose = argc > 3;
	test_sound();
	test_absent();
	test_heavy(seed, rounds_of(20000));
	test_garbage();
	measure(60000, SYNTH_DENSE);
	measure(60000, SYNTH_USUAL);
	for (int kind = 0; kind < 2; kind++) {
		damage_all(1, kind, seed, 3);
		damage_all(2, kind, seed, 4);
		damage_all(3, kind, seed, 6);
		damage_all(10, kind, seed, 30);
		damage_all(60, kind, seed, rounds_of(120));
		damage_all(1000, kind, seed, rounds_of(full ? 900 : 60));
	}
	print_table(&all);
	diag("%.2f s", seconds() - t);
	ok(!n_disagree, "the quick pass lets nothing through that a rule finds");
	// Measured over seeds 1 to 9: 100 %, 99.6 to 99.8 %, 100 %.
	ok(all.detected == all.done, "every damage is detected");
	ok(all.located >= all.done * 0.995, "the first finding names the damaged object");
	ok(all.few == all.done, "at most two objects are named as the damaged one");
	return done();
}
