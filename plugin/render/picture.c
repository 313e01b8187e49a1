// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "check/crash.h"
#include "check/formula.h"
#include "render/maps.h"

/* vm_flags that only the picture looks at; unchanged since 2.6.32. */
#define VM_PFNMAP	UINT64_C(0x00000400)
#define VM_IO		UINT64_C(0x00004000)
#define VM_HUGETLB	UINT64_C(0x00400000)

#define MAX_THREADS	16			/* of a core: those that are marked */
#define RUN_MIN		8			/* fewer VMAs are drawn one by one */
#define RUN_GAP_MAX	(UINT64_C(64) << 20)	/* a larger gap ends a run */

char vs_pic_letter(enum vs_pic_kind kind)
{
	static const char letters[] = "CRDBHAMLSVEN";

	return kind < VS_N_KINDS ? letters[kind] : '?';
}

const char *vs_pic_word(enum vs_pic_kind kind)
{
	static const char *const words[] = {
		[VS_KIND_CODE] = "code", [VS_KIND_RODATA] = "read-only data", [VS_KIND_DATA] = "data",
		[VS_KIND_BSS] = "bss", [VS_KIND_HEAP] = "heap", [VS_KIND_ANON] = "anonymous",
		[VS_KIND_SHARED] = "shared memory", [VS_KIND_HUGE] = "large pages",
		[VS_KIND_STACK] = "stack", [VS_KIND_SPECIAL] = "vdso and its kin",
		[VS_KIND_DEVICE] = "device", [VS_KIND_NOACCESS] = "no access",
	};

	return kind < VS_N_KINDS ? words[kind] : "?";
}

const char *vs_pic_mark_name(enum vs_pic_mark mark)
{
	static const char *const names[] = {
		[VS_MARK_TASK_SIZE] = "task_size", [VS_MARK_ENV_END] = "env_end",
		[VS_MARK_ENV_START] = "env_start", [VS_MARK_ARG_END] = "arg_end",
		[VS_MARK_ARG_START] = "arg_start", [VS_MARK_START_STACK] = "start_stack",
		[VS_MARK_MMAP_BASE] = "mmap_base",
		[VS_MARK_MMAP_COMPAT_BASE] = "mmap_compat_base", [VS_MARK_BRK] = "brk",
		[VS_MARK_START_BRK] = "start_brk", [VS_MARK_END_DATA] = "end_data",
		[VS_MARK_START_DATA] = "start_data", [VS_MARK_END_CODE] = "end_code",
		[VS_MARK_START_CODE] = "start_code",
		[VS_MARK_FAULT] = "fault", [VS_MARK_SP] = "SP", [VS_MARK_PC] = "PC",
	};

	return mark < VS_N_MARKS ? names[mark] : "?";
}

void vs_picture_deinit(struct vs_picture *p)
{
	vs_vec_deinit(&p->rows);
	vs_vec_deinit(&p->runs);
	vs_vec_deinit(&p->totals);
	vs_vec_deinit(&p->counters);
}

/*
 * The program's bss: what brk begins behind, right after the data of its file.
 * Libraries have one as well, but nothing in the kernel tells it from a mapping
 * that happens to adjoin.
 */
static bool is_bss(const struct vs_space *s, const struct vs_vma *v, const struct vs_vma *below)
{
	return below && below->file && below->end == v->start && v->flags & VS_VM_WRITE &&
		s->f.end_data && s->f.end_data > below->start && s->f.end_data <= v->end &&
		v->start < s->f.start_brk;
}

enum vs_pic_kind vs_pic_kind_of(const struct vs_space *s, const struct vs_vma *v, uint32_t i,
				const struct vs_vma *below)
{
	const char *label = vs_vma_label(s, v, i);

	if (s->core && i != VS_NONE && s->core->vmas.v[i].stack_of != VS_NONE)
		return VS_KIND_STACK;
	if (v->flags & VS_VM_GROWSDOWN || (label && !strcmp(label, "[stack]")))
		return VS_KIND_STACK;
	if (label && !strcmp(label, "[heap]"))
		return VS_KIND_HEAP;
	if (label && *label == '[' && strncmp(label, "[anon", 5))
		return VS_KIND_SPECIAL;
	if (!(v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC)))
		return VS_KIND_NOACCESS;
	if (v->flags & (VM_IO | VM_PFNMAP))
		return VS_KIND_DEVICE;
	if (v->flags & VM_HUGETLB)
		return VS_KIND_HUGE;
	if (v->flags & VS_VM_EXEC)
		return VS_KIND_CODE;
	if (v->flags & VS_VM_MAYSHARE)
		return VS_KIND_SHARED;
	if (v->file)
		return v->flags & VS_VM_WRITE ? VS_KIND_DATA : VS_KIND_RODATA;
	return is_bss(s, v, below) ? VS_KIND_BSS : VS_KIND_ANON;
}

/* --- the rows, built from low to high and turned at the end --- */

struct mark {
	uint64_t addr;
	uint8_t mark;
	uint32_t thread;
};

struct painter {
	struct vs_picture *p;
	const struct vs_space *s;
	const struct vs_pic_env *env;
	const uint32_t *order;	/* VMAs by vm_start */
	size_t n;
	struct mark marks[VS_N_MARKS + 2 * MAX_THREADS];	/* by address, low to high; of equals the higher part last */
	unsigned int n_marks, at;	/* at: the next to be placed */
	uint64_t top;		/* everything below is drawn */
	bool collapse;
	bool failed;
};

static struct vs_pic_row *add(struct painter *a, enum vs_pic_what what, uint64_t start, uint64_t end)
{
	static struct vs_pic_row nowhere;
	struct vs_pic_row *r = vs_vec_push(&a->p->rows);

	if (!r) {
		a->failed = true;
		r = &nowhere;
	}
	*r = (struct vs_pic_row){ .start = start, .end = end, .vma = VS_NONE, .what = (uint8_t)what };
	return r;
}

/* Marks below @p limit; those at it as well if @p with. */
static void put_marks(struct painter *a, uint64_t limit, bool with, bool inside)
{
	while (a->at < a->n_marks &&
	       (a->marks[a->at].addr < limit || (with && a->marks[a->at].addr == limit))) {
		struct vs_pic_row *r = add(a, VS_PIC_MARK, a->marks[a->at].addr, a->marks[a->at].addr);

		r->run = a->marks[a->at].thread;
		r->mark = a->marks[a->at++].mark;
		r->inside = inside;
	}
}

/*
 * A row from @p start to @p end: first the marks on its lower edge, then those
 * inside, then itself; turned round, a row stands over the marks in it.
 */
static struct vs_pic_row *put(struct painter *a, enum vs_pic_what what, uint64_t start, uint64_t end)
{
	put_marks(a, start, true, false);
	if (end)
		put_marks(a, end, false, true);
	if (end > a->top)
		a->top = end;
	return add(a, what, start, end);
}

/* Free space up to @p next, which is @p v's start; or up to the end of user space. */
static void put_gap(struct painter *a, uint64_t next, const struct vs_vma *v)
{
	uint64_t guard = v ? vs_start_gap(a->s, v->start, v->flags) : next;

	if (a->top >= next)
		return;
	if (guard < a->top)
		guard = a->top;
	if (a->top < guard)
		put(a, VS_PIC_GAP, a->top, guard);
	if (guard < next)
		put(a, VS_PIC_GUARD, guard, next);
}

static unsigned int perm_bits(const struct vs_vma *v)
{
	return (unsigned int)(v->flags & 7) | (v->flags & VS_VM_MAYSHARE ? 8 : 0);
}

static const struct vs_vma *vma_at(const struct painter *a, size_t i)
{
	return &a->s->vmas.v[a->order[i]];
}

static enum vs_pic_kind kind_at(const struct painter *a, size_t i)
{
	return vs_pic_kind_of(a->s, vma_at(a, i), a->order[i], i ? vma_at(a, i - 1) : NULL);
}

/* Does a mark stand in [from, to], so that this VMA wants a row of its own? */
static bool is_marked(const struct painter *a, uint64_t from, uint64_t to)
{
	for (unsigned int i = 0; i < a->n_marks; i++)
		if (a->marks[i].addr >= from && a->marks[i].addr <= to)
			return true;
	return false;
}

/* Parts of one file, or anonymous memory whatever its permissions: one thing to a person. */
static bool alike(const struct painter *a, size_t i, size_t j)
{
	const struct vs_vma *x = vma_at(a, i), *y = vma_at(a, j);
	enum vs_pic_kind kx = kind_at(a, i), ky = kind_at(a, j);

	if (kx == VS_KIND_STACK || kx == VS_KIND_SPECIAL || kx == VS_KIND_BSS || ky == VS_KIND_BSS ||
	    kx == VS_KIND_HEAP || ky == VS_KIND_HEAP || ky == VS_KIND_STACK || ky == VS_KIND_SPECIAL)
		return kx == ky && kx != VS_KIND_SPECIAL;
	if (x->file && y->file && x->fact != VS_NONE && y->fact != VS_NONE) {
		const struct vs_fact *fx = &a->s->facts[x->fact], *fy = &a->s->facts[y->fact];

		return x->file == y->file || (!a->s->core && fx->dev == fy->dev && fx->ino == fy->ino);
	}
	return !x->file && !y->file && !(x->flags & VS_VM_MAYSHARE) == !(y->flags & VS_VM_MAYSHARE);
}

/* How many VMAs from @p i on can stand in one row. */
static size_t run_length(const struct painter *a, size_t i)
{
	size_t j = i;

	if (!a->collapse)
		return 1;
	while (j < a->n && !is_marked(a, vma_at(a, j)->start, vma_at(a, j)->end) &&
	       (j == i || (alike(a, i, j) && vma_at(a, j)->start >= vma_at(a, j - 1)->end &&
			   vma_at(a, j)->start - vma_at(a, j - 1)->end <= RUN_GAP_MAX)))
		j++;
	return j - i >= RUN_MIN ? j - i : 1;
}

static void put_run(struct painter *a, size_t i, size_t n)
{
	uint64_t of_kind[VS_N_KINDS] = { 0 };
	struct vs_pic_run *run = vs_vec_push(&a->p->runs);
	struct vs_pic_row *r = put(a, VS_PIC_RUN, vma_at(a, i)->start, vma_at(a, i + n - 1)->end);

	if (!run) {
		a->failed = true;
		return;
	}
	*run = (struct vs_pic_run){ .n = (uint32_t)n };
	for (size_t j = i; j < i + n; j++) {
		const struct vs_vma *v = vma_at(a, j);

		run->bytes += v->end - v->start;
		run->perms[perm_bits(v)]++;
		of_kind[kind_at(a, j)] += v->end - v->start;
		if (j > i && v->start > vma_at(a, j - 1)->end) {
			run->n_gaps++;
			run->gap_bytes += v->start - vma_at(a, j - 1)->end;
		}
	}
	for (unsigned int k = 0; k < VS_N_KINDS; k++)
		if (of_kind[k] > of_kind[r->kind])
			r->kind = (uint8_t)k;
	r->vma = a->order[i];
	r->run = (uint32_t)a->p->runs.n - 1;
	a->p->n_runs_vmas += n;
}

static void put_vmas(struct painter *a)
{
	for (size_t i = 0, n; i < a->n; i += n) {
		const struct vs_vma *v = vma_at(a, i);
		bool overlap = v->start < a->top;
		struct vs_pic_row *r;

		put_gap(a, v->start, v);
		n = run_length(a, i);
		if (n > 1) {
			put_run(a, i, n);
			continue;
		}
		r = put(a, VS_PIC_VMA, v->start, v->end);
		r->vma = a->order[i];
		r->kind = (uint8_t)kind_at(a, i);
		r->overlap = overlap;
	}
}

static void put_part(struct painter *a, const struct vs_kregion *r)
{
	struct vs_pic_row *row = put(a, VS_PIC_KERNEL, r->start, r->last + 1);

	row->name = r->name;
	row->depth = (uint8_t)r->depth;
}

/*
 * The kernel's parts, and what is right inside them: turned round, the outer one
 * stands above. The gate VMA is among them.
 */
static void put_kernel(struct painter *a)
{
	const struct vs_kmap *m = a->env->kmap;
	const struct vs_vma *gate = a->s->gate.end ? &a->s->gate : NULL;
	const struct vs_kregion *outer = NULL;
	const size_t n = m ? m->v.n : 0;

	for (size_t i = 0; i <= n; i++) {
		const struct vs_kregion *r = i < n ? &m->v.v[i] : NULL;

		// what is inside others is for iomem --virtual, but for the image itself
		if (r && r->depth && strcmp(r->name, "kernel image"))
			continue;
		if (outer && (!r || !r->depth)) {
			put_part(a, outer);
			outer = NULL;
		}
		if (gate && (!r || r->start >= gate->start)) {
			put(a, VS_PIC_VMA, gate->start, gate->end)->kind = VS_KIND_SPECIAL;
			gate = NULL;
		}
		if (r && r->depth)
			put_part(a, r);
		else if (r)
			outer = r;
	}
}

static int cmp_mark(const void *x, const void *y)
{
	const struct mark *a = x, *b = y;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (int)b->mark - (int)a->mark;	// the enum goes from high to low
}

static void collect_marks(struct painter *a)
{
	const struct vs_mm_fields *f = &a->s->f;
	const uint64_t at[VS_N_MARKS] = {
		[VS_MARK_TASK_SIZE] = f->task_size, [VS_MARK_ENV_END] = f->env_end,
		[VS_MARK_ENV_START] = f->env_start, [VS_MARK_ARG_END] = f->arg_end,
		[VS_MARK_ARG_START] = f->arg_start, [VS_MARK_START_STACK] = f->start_stack,
		[VS_MARK_MMAP_BASE] = f->mmap_base,
		// every process has one, those of 32 bits use it
		[VS_MARK_MMAP_COMPAT_BASE] = f->task_size >> 32 ? 0 : f->mmap_compat_base,
		[VS_MARK_BRK] = f->brk,
		[VS_MARK_START_BRK] = f->start_brk, [VS_MARK_END_DATA] = f->end_data,
		[VS_MARK_START_DATA] = f->start_data, [VS_MARK_END_CODE] = f->end_code,
		[VS_MARK_START_CODE] = f->start_code,
	};

	// 0: the kernel has set none, or has no such member
	for (unsigned int i = 0; i < VS_N_MARKS; i++)
		if (at[i])
			a->marks[a->n_marks++] = (struct mark){ at[i], (uint8_t)i };
	qsort(a->marks, a->n_marks, sizeof(*a->marks), cmp_mark);
}

static void add_mark(struct painter *a, enum vs_pic_mark mark, uint64_t addr, uint32_t thread)
{
	a->marks[a->n_marks++] = (struct mark){ addr, (uint8_t)mark, thread };
}

/* Where threads stand, and what one of them could not reach. */
static void collect_core_marks(struct painter *a)
{
	const struct vs_core *c = a->s->core;
	struct vs_crash crash;

	for (uint32_t i = 0; i < c->threads.n && i < MAX_THREADS; i++) {
		if (!c->threads.v[i].has_regs)
			continue;
		add_mark(a, VS_MARK_SP, c->threads.v[i].sp, i);
		add_mark(a, VS_MARK_PC, c->threads.v[i].pc, i);
	}
	vs_crash_explain(a->s, &crash);
	if (crash.has_addr)
		add_mark(a, VS_MARK_FAULT, crash.addr, 0);
	qsort(a->marks, a->n_marks, sizeof(*a->marks), cmp_mark);
}

static void turn_round(struct vs_picture *p)
{
	struct vs_pic_row *rows = p->rows.v;

	for (size_t i = 0, j = p->rows.n; i + 1 < j; i++) {
		struct vs_pic_row r = rows[--j];

		rows[j] = rows[i];
		rows[i] = r;
	}
}

static void put_rows(struct painter *a)
{
	const struct vs_pic_env *env = a->env;
	uint64_t limit = a->s->f.task_size && a->s->f.task_size < env->user_end ? a->s->f.task_size :
		env->user_end;

	put_vmas(a);
	if (a->s->core) {	// where its kernel ends user space, nobody says
		put_marks(a, UINT64_MAX, true, false);
		turn_round(a->p);
		return;
	}
	put_gap(a, limit, NULL);
	if (a->top < env->user_end)
		put(a, VS_PIC_BEYOND, a->top, env->user_end);
	if (!env->kernel_start) {
		put_marks(a, UINT64_MAX, true, false);
		turn_round(a->p);
		return;
	}
	if (env->kernel_start > a->top)
		put(a, VS_PIC_HOLE, a->top, env->kernel_start);
	put_marks(a, env->kernel_start, true, false);
	add(a, VS_PIC_EDGE, env->kernel_start, env->kernel_start);
	put_kernel(a);
	put_marks(a, UINT64_MAX, true, false);

	turn_round(a->p);
}

/* --- totals --- */

static bool put_totals(struct vs_picture *p, const struct vs_space *s, const struct painter *a)
{
	enum { PRIVATE, SHARED, FILES, ANON, EXEC, STACK, HEAP, NOACCESS, N };
	static const char *const names[N] = {
		[PRIVATE] = "private", [SHARED] = "shared", [FILES] = "file", [ANON] = "anonymous",
		[EXEC] = "executable", [STACK] = "stack", [HEAP] = "heap", [NOACCESS] = "no access",
	};
	struct vs_pic_total t[N];
	struct vs_sums sums = { { 0 } };
	uint64_t locked = 0;
	struct {
		const char *name;
		enum vs_sum which;
	} counters[] = {
		{ "total_vm", VS_SUM_TOTAL }, { "data_vm", VS_SUM_DATA }, { "exec_vm", VS_SUM_EXEC },
		{ "stack_vm", VS_SUM_STACK }, { "shared_vm", VS_SUM_SHARED },
	};

	for (unsigned int i = 0; i < N; i++)
		t[i] = (struct vs_pic_total){ .name = names[i] };
	for (size_t i = 0; i < a->n; i++) {
		const struct vs_vma *v = vma_at(a, i);
		const uint64_t bytes = v->end > v->start ? v->end - v->start : 0;
		const enum vs_pic_kind kind = kind_at(a, i);
		const bool is[N] = {
			[PRIVATE] = !(v->flags & VS_VM_MAYSHARE), [SHARED] = v->flags & VS_VM_MAYSHARE,
			[FILES] = v->file, [ANON] = !v->file, [EXEC] = v->flags & VS_VM_EXEC,
			[STACK] = kind == VS_KIND_STACK, [HEAP] = kind == VS_KIND_HEAP,
			[NOACCESS] = !(v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC)),
		};

		for (unsigned int k = 0; k < N; k++) {
			t[k].n += is[k];
			t[k].bytes += is[k] ? bytes : 0;
		}
		p->bytes += bytes;
		vs_sums_add(&sums, s->has, v->flags, v->file, bytes >> s->page_shift);
		if (v->flags & VS_VM_LOCKED)
			locked += bytes >> s->page_shift;
	}
	p->n_vmas = a->n;
	if (!vs_vec_reserve(&p->totals, N) || !vs_vec_reserve(&p->counters, VS_N_SUMS + 1))
		return false;
	for (unsigned int i = 0; i < N; i++)
		p->totals.v[p->totals.n++] = t[i];
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		struct vs_pic_counter c = { .name = counters[i].name, .exact = true };

		if (s->core || !vs_sums_counter(s, counters[i].which, &c.pages))
			continue;
		c.sum = sums.pages[counters[i].which];
		p->counters.v[p->counters.n++] = c;
	}
	if (!s->core)
		p->counters.v[p->counters.n++] = (struct vs_pic_counter){ "locked_vm", s->f.locked_vm, locked, false };
	return true;
}

/* Where a VMA stands, for sorting: a damaged vm_start puts it elsewhere than its walk did. */
struct place {
	uint64_t start;
	uint32_t rank, index;
};

static int cmp_place(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static bool sort_by_start(const struct vs_space *s, uint32_t *v, size_t n)
{
	_cleanup_free_ struct place *places = NULL;
	bool sorted = true;

	for (size_t i = 1; sorted && i < n; i++)
		sorted = s->vmas.v[v[i - 1]].start <= s->vmas.v[v[i]].start;
	if (sorted)
		return true;
	places = malloc(n * sizeof(*places));
	if (!places)
		return false;
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){ s->vmas.v[v[i]].start, (uint32_t)i, v[i] };
	qsort(places, n, sizeof(*places), cmp_place);
	for (size_t i = 0; i < n; i++)
		v[i] = places[i].index;
	return true;
}

bool vs_picture_init(struct vs_picture *p, const struct vs_space *s, const struct vs_pic_env *env)
{
	struct painter a = { .p = p, .s = s, .env = env };
	struct vs_order order = { 0 };
	bool good;

	*p = (struct vs_picture){ 0 };
	good = vs_space_order(s, &order) && sort_by_start(s, order.v.v, order.v.n);
	if (good) {
		a.order = order.v.v;
		a.n = order.v.n;
		a.collapse = env->max_rows && a.n > env->max_rows;
		p->source = order.source;
		p->kernel_start = env->kernel_start;
		collect_marks(&a);
		if (s->core)
			collect_core_marks(&a);
		put_rows(&a);
		good = !a.failed && put_totals(p, s, &a);
	}
	vs_order_deinit(&order);
	return good;
}
