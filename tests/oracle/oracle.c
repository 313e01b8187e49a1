// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own maple tree against ours. Random address spaces grow and
 * shrink in a tree that is the kernel's code; our walk has to reach what
 * mas_for_each() does, and our check has to find nothing. Then one member of one
 * node is damaged: what mt_validate() calls invalid (or crashes on, or never
 * ends with), our check has to call corrupt.
 *
 *	oracle [--trees N] [--damages N] [--seed N] [--verbose] KERN.so
 *
 * KERN.so is made by tests/oracle/run out of a linux-source package.
 */
#include <dlfcn.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../damage/score.h"
#include "../unit/tap.h"
#include "base/err.h"
#include "check/ctx.h"
#include "kern.h"
#include "mm/mm.h"

#define PAGE		4096UL
#define TOP		(1UL << 47)
#define ARENA_SIZE	(256UL << 20)
#define MAX_VMAS	20000u
#define MODEL_ROOM	(4UL << 20)	/* of the arena: mm_structs and VMAs */
#define TIME_LIMIT	2	/* seconds for mt_validate() */

/* Members of our own mm_struct and vm_area_struct; the tree follows the former. */
enum { MM_MAP_COUNT = 0, MM_USERS = 4, MM_TOTAL = 8, MM_TREE = 64, MM_SIZE = 256 };
struct vma {
	unsigned long start, end, flags, mm;
};

/* The address space that the tree should hold. */
struct model {
	unsigned char *mm;
	struct vma **v;		/* low to high */
	size_t n;
	struct vma *free;	/* .mm chains them */
	struct vma *next, *end;
	uint64_t seed;
	bool rcu;
};

static const struct kern *kern;
static unsigned char *arena;
static bool verbose;

static uint64_t rnd(struct model *m)
{
	return roll(&m->seed);
}

/* The kernel in our memory. */

static void image_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	uint64_t start = (uintptr_t)arena;

	(void)img;
	*ret = (struct vs_run){ .addr = addr, .len = 1, .from = VS_FROM_NOWHERE };
	if (addr < start || addr >= start + ARENA_SIZE)
		return;
	ret->len = start + ARENA_SIZE - addr;
	ret->data = (const unsigned char *)(uintptr_t)addr;
	ret->from = VS_FROM_FILE;
}

static void image_destroy(struct vs_image *img)
{
	(void)img;
}

static uint64_t user_end(const struct vs_pgtable *pt)
{
	(void)pt;
	return TOP;
}

/* Our own addresses stand for a kernel's: whatever is not the first page may be one. */
static bool is_kernel(const struct vs_pgtable *pt, uint64_t va)
{
	(void)pt;
	return va >= PAGE && va < TOP;
}

static const struct vs_arch arch = {
	.name = "this process", .word = 8, .user_end = user_end, .is_kernel = is_kernel,
};

#define FIELD(off, size) ((struct vs_field){ (int32_t)(off), (uint32_t)(size) })

static struct vs_kernel *make_kernel(void)
{
	static const struct vs_image_ops ops = { .name = "memory", .run = image_run,
						 .destroy = image_destroy };
	struct vs_kernel *k = must(calloc(1, sizeof(*k)));
	struct vs_image *img = must(calloc(1, sizeof(*img)));
	struct vs_layout *l = &k->layout;
	static struct vs_types types;
	static struct vs_phys_range range;
	struct kern_layout kl;

	kern->layout(&kl);
	img->ops = &ops;
	img->file_size = ARENA_SIZE;
	range = (struct vs_phys_range){ (uintptr_t)arena, (uintptr_t)arena + ARENA_SIZE, ARENA_SIZE };
	img->ranges = &range;
	img->n_ranges = 1;
	k->img = img;
	k->types = &types;
	k->mem = (struct vs_kmem){
		.img = img, .arch = &arch, .target = { false, 8, 12 },
		.direct_start = (uintptr_t)arena, .direct_end = (uintptr_t)arena + ARENA_SIZE,
		.direct_pa = (uintptr_t)arena,
	};
	memset(l, 0xff, sizeof(*l));	// no member anywhere
	l->vma.size = sizeof(struct vma);
	l->vma.vm_start = FIELD(offsetof(struct vma, start), 8);
	l->vma.vm_end = FIELD(offsetof(struct vma, end), 8);
	l->vma.vm_flags = FIELD(offsetof(struct vma, flags), 8);
	l->vma.vm_mm = FIELD(offsetof(struct vma, mm), 8);
	vs_layout_pick(l);
	l->mm.size = MM_SIZE;
	l->mm.map_count = FIELD(MM_MAP_COUNT, 4);
	l->mm.mm_users = FIELD(MM_USERS, 4);
	l->mm.total_vm = FIELD(MM_TOTAL, 8);
	l->mm.mm_mt = FIELD(MM_TREE, kl.tree_size);
	l->mtree.ma_root = FIELD(kl.root, 8);
	l->mtree.ma_flags = FIELD(kl.flags, 4);
	l->mnode.size = (uint32_t)kl.node_size;
	l->mnode.parent = FIELD(kl.parent, 8);
	l->mnode.slot = FIELD(kl.slot, kl.node_size - kl.slot);
	l->mrange.pivot = FIELD(kl.rpivot, kl.rpivot_size);
	l->mrange.slot = FIELD(kl.rslot, kl.rslot_size);
	l->mrange.meta_end = FIELD(kl.rmeta_end, 1);
	l->mrange.meta_gap = FIELD(kl.rmeta_gap, 1);
	l->marange.pivot = FIELD(kl.apivot, kl.apivot_size);
	l->marange.slot = FIELD(kl.aslot, kl.aslot_size);
	l->marange.gap = FIELD(kl.agap, kl.agap_size);
	l->marange.meta_end = FIELD(kl.ameta_end, 1);
	l->marange.meta_gap = FIELD(kl.ameta_gap, 1);
	for (int i = 0; i < 4; i++)
		l->maple_type[i] = kl.types[i];
	return k;
}

/* Address spaces. */

static void *tree_of(const struct model *m)
{
	return m->mm + MM_TREE;
}

static struct vma *new_vma(struct model *m, unsigned long start, unsigned long end)
{
	struct vma *v = m->free;

	if (v)
		m->free = (struct vma *)v->mm;
	else
		v = m->next++;
	if (v >= m->end)
		die("too many VMAs", NULL);
	*v = (struct vma){ start, end, 0x73, (uintptr_t)m->mm };
	return v;
}

static void free_vma(struct model *m, struct vma *v)
{
	v->mm = (uintptr_t)m->free;
	m->free = v;
}

/** The first VMA that ends above @p at. */
static size_t find(const struct model *m, unsigned long at)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->v[mid]->end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void insert_at(struct model *m, size_t i, struct vma *v)
{
	memmove(m->v + i + 1, m->v + i, (m->n - i) * sizeof(*m->v));
	m->v[i] = v;
	m->n++;
}

/** __split_vma(): what is at and above @p at becomes a VMA of its own. */
static void split(struct model *m, size_t i, unsigned long at)
{
	struct vma *v = m->v[i], *w = new_vma(m, at, v->end);

	v->end = at;
	insert_at(m, i + 1, w);
	kern->store(tree_of(m), w->start, w->end - 1, w);
}

/** Take everything in [start, end) out of the model: what begins and ends in there. */
static void cut(struct model *m, unsigned long start, unsigned long end)
{
	size_t i = find(m, start), j;

	if (i < m->n && m->v[i]->start < start)
		split(m, i++, start);
	j = find(m, end);
	if (j < m->n && m->v[j]->start < end)
		split(m, j++, end);
	for (size_t k = i; k < j; k++)
		free_vma(m, m->v[k]);
	memmove(m->v + i, m->v + j, (m->n - j) * sizeof(*m->v));
	m->n -= j - i;
}

static void change(struct model *m)
{
	uint64_t kind = rnd(m) % 16;
	unsigned long pages = rnd(m) % 4 ? 1 + rnd(m) % 16 : 1 + rnd(m) % 5000;
	unsigned long start = (16 + rnd(m) % (rnd(m) % 3 ? 4000000 : TOP / PAGE - 6000)) * PAGE;
	unsigned long end = start + pages * PAGE;
	size_t i = m->n ? rnd(m) % m->n : 0;
	struct vma *v;

	if (kind < 10 || !m->n) {			// mmap, MAP_FIXED or beside another
		if (kind < 5 && m->n && m->v[i]->end + pages * PAGE < TOP) {
			start = m->v[i]->end + (kind < 3 ? 0 : PAGE);
			end = start + pages * PAGE;
			if (end >= TOP)
				return;
		}
		if (m->n + 4 > MAX_VMAS)
			return;
		cut(m, start, end);
		v = new_vma(m, start, end);
		insert_at(m, find(m, start), v);
		kern->store(tree_of(m), start, end - 1, v);
	} else if (kind < 13) {				// munmap
		if (kind == 10) {
			start = m->v[i]->start;
			end = m->v[i]->end;
		} else if (kind == 11) {
			start = m->v[i]->start;
			end = m->v[(i + rnd(m) % 8) % m->n]->end;
			if (end <= start)
				return;
		}
		cut(m, start, end);
		kern->store(tree_of(m), start, end - 1, NULL);
	} else if (kind < 15) {				// mprotect: split
		v = m->v[i];
		if (v->end - v->start > PAGE && m->n + 4 < MAX_VMAS)
			split(m, i, v->start + (1 + rnd(m) % ((v->end - v->start) / PAGE - 1)) * PAGE);
	} else {					// brk: grow or shrink
		unsigned long limit = i + 1 < m->n ? m->v[i + 1]->start : TOP - PAGE;

		v = m->v[i];
		if (rnd(m) % 2 && limit > v->end) {
			v->end += (1 + rnd(m) % ((limit - v->end) / PAGE)) * PAGE;
			kern->store(tree_of(m), v->start, v->end - 1, v);
		} else if (v->end - v->start > PAGE) {
			unsigned long old = v->end;

			v->end = v->start + (1 + rnd(m) % ((v->end - v->start) / PAGE - 1)) * PAGE;
			kern->store(tree_of(m), v->end, old - 1, NULL);
		}
	}
}

struct twins {
	struct model *child;
	size_t i;
};

static void *twin(void *arg, void *entry)
{
	struct twins *t = arg;
	const struct vma *old = entry;
	struct vma *v = new_vma(t->child, old->start, old->end);

	insert_at(t->child, t->i++, v);
	return v;
}

static void count(struct model *m)
{
	uint64_t pages = 0;
	uint32_t n = (uint32_t)m->n;

	for (size_t i = 0; i < m->n; i++)
		pages += (m->v[i]->end - m->v[i]->start) / PAGE;
	memcpy(m->mm + MM_MAP_COUNT, &n, 4);
	memcpy(m->mm + MM_TOTAL, &pages, 8);
}

static void begin(struct model *m, unsigned int which, bool rcu, uint64_t seed)
{
	size_t room = MM_SIZE + MAX_VMAS * sizeof(struct vma);
	uint32_t users = 1;

	m->mm = arena + PAGE + which * room;
	m->next = (struct vma *)(m->mm + MM_SIZE);
	m->end = m->next + MAX_VMAS;
	m->free = NULL;
	m->n = 0;
	m->seed = seed;
	m->rcu = rcu;
	memset(m->mm, 0, MM_SIZE);
	memcpy(m->mm + MM_USERS, &users, 4);
	if (!m->v)
		m->v = must(malloc((MAX_VMAS + 1) * sizeof(*m->v)));
}

/* Comparing. */

static bool same_walk(const struct vs_space *s, void *tree)
{
	static struct kern_range ranges[MAX_VMAS];
	size_t n = kern->for_each(tree, ranges, MAX_VMAS);

	if (s->maple.breaks.n || s->maple.entries.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct vs_mentry *e = &s->maple.entries.v[i];

		if (e->first != ranges[i].first || e->last != ranges[i].last ||
		    e->raw != (uintptr_t)ranges[i].entry || e->kind != VS_MENTRY_VMA)
			return false;
	}
	return true;
}

/** Does mt_validate() call the tree invalid? */
static bool invalid(void *tree)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", NULL);
	if (!pid) {
		alarm(TIME_LIMIT);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(99);
		_exit(kern->validate(tree) ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid", NULL);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

/* By field: both say so, only we do, only the kernel does, nobody. */
struct tally {
	unsigned int both, stricter, laxer, none;
};

struct versus {
	struct model *m;
	struct tally *fields;	/* [n_fields] */
};

static void compare(void *arg, const struct target *t, enum kind kind, bool corrupt)
{
	struct versus *v = arg;
	struct tally *tally = &v->fields[t->field - fields];
	bool bad = invalid(tree_of(v->m));

	tally->both += bad && corrupt;
	tally->stricter += !bad && corrupt;
	tally->laxer += bad && !corrupt;
	tally->none += !bad && !corrupt;
	if (bad && !corrupt && verbose)
		diag("laxer: %s %s of %#llx, slot %u", t->field->name, kinds[kind].name,
		     (unsigned long long)t->addr, t->slot);
}

static bool is_tree_field(const struct field *f)
{
	return (f->needs & VS_HAS_MAPLE) && strcmp(f->name, "ma_flags");
}

struct counts {
	unsigned int looks, walks, clean, quick, valid, damages;
	uint64_t vmas, changes;
};

/** Hold the tree, as it is now, against the kernel's own word. */
static void look(struct vs_kernel *k, struct vs_space *s, struct model *m, struct counts *n)
{
	struct vs_out out = { 0 };
	struct vs_report r;

	kern->quiesce();
	count(m);
	if (vs_mm_read(k, (uintptr_t)m->mm, &out, s))
		die("reading", NULL);
	n->looks++;
	n->walks += same_walk(s, tree_of(m)) && s->maple.entries.n == m->n;
	n->valid += !invalid(tree_of(m));
	vs_check_slowly(s, &r);
	n->clean += r.verdict == VS_CONSISTENT && !r.findings.n;
	n->quick += vs_quick_clean(s, &r.order);
	if (r.findings.n && verbose)
		diag("%zu VMAs: %s %s: %s", m->n, r.findings.v[0].rule->id,
		     r.findings.v[0].member ? r.findings.v[0].member : "", r.findings.v[0].detail);
	vs_report_deinit(&r);
	vs_buf_deinit(&out.buf);
}

/** A random address space; it is in @p parent, or in @p child if it has forked. */
static struct model *grow(struct vs_kernel *k, struct vs_space *s, struct model *parent,
			  struct model *child, uint64_t *seed, struct counts *n)
{
	unsigned int ops = roll(seed) % 4 ? 1 + roll(seed) % 600 : 1 + roll(seed) % 8000;
	unsigned int at_fork = roll(seed) % 3 ? UINT32_MAX : ops / 2;
	struct model *m = parent;

	kern->reset();
	begin(m, 0, roll(seed) % 2, roll(seed));
	kern->tree_init(tree_of(m), m->rcu);
	for (unsigned int op = 0; op < ops; op++) {
		bool stop = op + 1 == ops || op == at_fork || roll(seed) % 1000 == 0;

		change(m);
		n->changes++;
		if (op == at_fork) {
			struct twins t = { child, 0 };

			begin(child, 1, m->rcu, m->seed);
			kern->fork(tree_of(child), tree_of(m), twin, &t);
			m = child;
		}
		if (stop)
			look(k, s, m, n);
	}
	n->vmas += m->n;
	return m;
}

/** Damage it until @p want damages have been done in all. */
static void harm(struct vs_kernel *k, struct model *m, struct tally *tallies, unsigned int want,
		 uint64_t *seed, struct counts *n)
{
	struct versus versus = { m, tallies };
	struct run r;

	run_init(&r, k, 1);
	r.everything = true;
	r.also = compare;
	r.also_arg = &versus;
	if (run_add(&r, (uintptr_t)m->mm))
		for (unsigned int tries = 0; n->damages < want && tries < 1000; tries++) {
			const struct field *f = &fields[roll(seed) % n_fields];

			if (is_tree_field(f))
				n->damages += run_damage(&r, &r.sound[0], NULL, f, roll(seed) % N_KINDS,
							 seed);
		}
	run_deinit(&r);
}

static unsigned int print_tallies(const struct tally *tallies)
{
	struct tally all = { 0 };

	diag("%-20s %8s %8s %8s %8s", "damaged", "both", "we alone", "kernel", "nobody");
	for (unsigned int f = 0; f < n_fields; f++) {
		const struct tally *t = &tallies[f];

		if (!(t->both + t->stricter + t->laxer + t->none))
			continue;
		diag("%-20s %8u %8u %8u %8u", fields[f].name, t->both, t->stricter, t->laxer, t->none);
		all.both += t->both;
		all.stricter += t->stricter;
		all.laxer += t->laxer;
		all.none += t->none;
	}
	diag("%-20s %8u %8u %8u %8u", "all", all.both, all.stricter, all.laxer, all.none);
	return all.laxer;
}

static void load_kern(const char *path)
{
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	kern = so ? dlsym(so, "kern") : NULL;
	if (!kern)
		die(dlerror(), NULL);
	arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		die("mmap", NULL);
	kern->init(arena + MODEL_ROOM, ARENA_SIZE - MODEL_ROOM);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "trees", required_argument, NULL, 't' }, { "damages", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' }, { "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct tally *tallies = must(calloc(n_fields, sizeof(*tallies)));
	struct vs_space *s = must(vs_space_create());
	struct model parent = { 0 }, child = { 0 };
	unsigned int trees = 1000, damages = 1000, laxer;
	struct counts n = { 0 };
	uint64_t seed = 1, first_seed;
	struct vs_kernel *k;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 't':
			trees = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'd':
			damages = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 99;
		}
	if (argc - optind != 1)
		die("usage: oracle [--trees N] [--damages N] [--seed N] [--verbose] KERN.so", NULL);
	load_kern(argv[optind]);
	first_seed = seed;
	k = make_kernel();

	for (unsigned int i = 0; i < trees; i++) {
		struct model *m = grow(k, s, &parent, &child, &seed, &n);

		harm(k, m, tallies, n.damages + (damages - n.damages) / (trees - i), &seed, &n);
	}
	diag("%u trees of %.0f VMAs on average, %llu changes, looked at %u times; seed %llu", trees,
	     trees ? (double)n.vmas / trees : 0, (unsigned long long)n.changes, n.looks,
	     (unsigned long long)first_seed);
	ok(n.valid == n.looks, "mt_validate() finds the trees valid");
	ok(n.walks == n.looks, "the walk goes through what mas_for_each() does (%u of %u)", n.walks, n.looks);
	ok(n.clean == n.looks, "the check finds them consistent (%u of %u)", n.clean, n.looks);
	ok(n.quick == n.looks, "so does the quick pass (%u of %u)", n.quick, n.looks);
	laxer = print_tallies(tallies);
	ok(!laxer, "what mt_validate() calls invalid, the check calls corrupt");
	ok(n.damages == damages, "%u damages were done", damages);
	return done();
}
