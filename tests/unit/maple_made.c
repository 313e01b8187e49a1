// SPDX-License-Identifier: GPL-2.0-or-later
#include "maple_made.h"

#include <stdlib.h>
#include <string.h>

#include "space/maple.h"

#define PAGE	4096
#define SLOTS	16	/* of a leaf: MAPLE_RANGE64_SLOTS */
#define ASLOTS	10	/* of an inner node: MAPLE_ARANGE64_SLOTS */

/* Where the members are: what matters is only that they do not overlap. */
enum { VM_START = 0, VM_END = 8, VM_FLAGS = 16, VM_MM = 24, VM_FILE = 32, VM_DETACHED = 40,
       VM_REFCNT = 44, VMA_SIZE = 48 };
enum { MM_MT_LOCK = 0, MM_MT_FLAGS = 4, MM_MT_ROOT = 8, MM_MAP_COUNT = 16, MM_USERS = 20,
       MM_TOTAL = 24, MM_DATA = 32, MM_EXEC = 40, MM_STACK = 48, MM_TASK_SIZE = 56, MM_SIZE = 64 };
enum { LEAF_PIVOT = 8, LEAF_SLOT = 8 + 8 * (SLOTS - 1), LEAF_META = LEAF_SLOT + 8 * (SLOTS - 1) };
enum { INNER_PIVOT = 8, INNER_SLOT = 8 + 8 * (ASLOTS - 1), INNER_GAP = INNER_SLOT + 8 * ASLOTS,
       INNER_META = INNER_GAP + 8 * ASLOTS };

/* A piece of a tree: a VMA, a free range, or a node that has been made. */
struct piece {
	uint64_t last, gap;	/* gap: the largest free range in it */
	uint64_t value;		/* what a slot has for it */
};

struct row {
	struct piece *v;
	unsigned int n;
};

static uint64_t roll(struct made *m)
{
	uint64_t z = m->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void *must(void *p)
{
	if (!p)
		exit(99);
	return p;
}

static uint64_t take(struct made *m, unsigned int size, unsigned int align)
{
	uint64_t at = (m->next + align - 1) / align * align;

	m->next = at + size;
	if (m->next > FAKE_DIRECT + FAKE_SIZE)
		exit(99);
	return at;
}

void made_kernel(struct made *m, enum era era, uint64_t seed)
{
	struct fake *f = fake_create();
	struct vs_layout *l = &f->k.layout;

	*m = (struct made){ .f = f, .era = era, .seed = seed, .next = FAKE_DIRECT + PAGE };
	f->img.file_size = FAKE_SIZE;
	l->vma.size = VMA_SIZE;
	l->vma.vm_start = (struct vs_field){ VM_START, 8 };
	l->vma.vm_end = (struct vs_field){ VM_END, 8 };
	l->vma.vm_flags = (struct vs_field){ VM_FLAGS, 8 };
	l->vma.vm_mm = (struct vs_field){ VM_MM, 8 };
	l->vma.vm_file = (struct vs_field){ VM_FILE, 8 };
	if (era == ERA_6_4)
		l->vma.detached = (struct vs_field){ VM_DETACHED, 1 };
	if (era == ERA_6_15)
		l->vma.vm_refcnt = (struct vs_field){ VM_REFCNT, 4 };
	vs_layout_pick(l);
	l->mm.size = MM_SIZE;
	l->mm.mm_mt = (struct vs_field){ MM_MT_LOCK, 16 };
	l->mm.map_count = (struct vs_field){ MM_MAP_COUNT, 4 };
	l->mm.mm_users = (struct vs_field){ MM_USERS, 4 };
	l->mm.total_vm = (struct vs_field){ MM_TOTAL, 8 };
	l->mm.data_vm = (struct vs_field){ MM_DATA, 8 };
	l->mm.exec_vm = (struct vs_field){ MM_EXEC, 8 };
	l->mm.stack_vm = (struct vs_field){ MM_STACK, 8 };
	l->mm.task_size = (struct vs_field){ MM_TASK_SIZE, 8 };
	l->mtree.ma_flags = (struct vs_field){ MM_MT_FLAGS, 4 };
	l->mtree.ma_root = (struct vs_field){ MM_MT_ROOT, 8 };
	l->mnode.size = 256;
	l->mnode.parent = (struct vs_field){ 0, 8 };
	l->mnode.slot = (struct vs_field){ 8, 8 * 31 };
	l->mrange.pivot = (struct vs_field){ LEAF_PIVOT, 8 * (SLOTS - 1) };
	l->mrange.slot = (struct vs_field){ LEAF_SLOT, 8 * SLOTS };
	l->mrange.meta_end = (struct vs_field){ LEAF_META, 1 };
	l->mrange.meta_gap = (struct vs_field){ LEAF_META + 1, 1 };
	l->marange.pivot = (struct vs_field){ INNER_PIVOT, 8 * (ASLOTS - 1) };
	l->marange.slot = (struct vs_field){ INNER_SLOT, 8 * ASLOTS };
	l->marange.gap = (struct vs_field){ INNER_GAP, 8 * ASLOTS };
	l->marange.meta_end = (struct vs_field){ INNER_META, 1 };
	l->marange.meta_gap = (struct vs_field){ INNER_META + 1, 1 };
	for (int i = 0; i < 4; i++)
		l->maple_type[i] = i;
}

static void push(struct row *r, uint64_t last, uint64_t gap, uint64_t value)
{
	if (!(r->n & (r->n + 1)))
		r->v = must(realloc(r->v, 2 * (r->n + 1) * sizeof(*r->v)));
	r->v[r->n++] = (struct piece){ last, gap, value };
}

/* Programs have pages side by side, holes of one page between, and large ones. */
static void make_vmas(struct made *m, uint64_t mm, unsigned int n, struct row *cells)
{
	static const uint64_t flags[] = { 0x71, 0x73, 0x75, 0x70, 0xfb };
	uint64_t sums[4] = { 0 }, at = 0x400000;
	struct fake *f = m->f;

	for (unsigned int i = 0; i < n; i++) {
		bool stack = i && i + 1 == n;
		uint64_t addr = take(m, VMA_SIZE, 16), kind = roll(m) % 8;
		uint64_t pages = roll(m) % 4 ? 1 + roll(m) % 8 : 1 + roll(m) % 2000;
		uint64_t fl = stack ? 0x100173 : flags[roll(m) % 5];
		uint64_t start = at + (i ? kind < 4 ? 0 : kind < 6 ? PAGE : roll(m) % 100000 * PAGE : 0);

		if (start != at || !i)
			push(cells, start - 1, i ? start - at : start, 0);
		at = start + pages * PAGE;
		push(cells, at - 1, 0, addr);
		fake_put(f, addr + VM_START, start, 8);
		fake_put(f, addr + VM_END, at, 8);
		fake_put(f, addr + VM_FLAGS, fl, 8);
		fake_put(f, addr + VM_MM, mm, 8);
		if (fl & 8)
			fake_put(f, addr + VM_FILE, mm + PAGE, 8);	// some file: shared memory has one
		if (m->era == ERA_6_15)
			fake_put(f, addr + VM_REFCNT, 1, 4);
		sums[0] += pages;
		if ((fl & 0x106) == 4)
			sums[2] += pages;
		else if (fl & 0x100)
			sums[3] += pages;
		else if ((fl & 0xa) == 2)
			sums[1] += pages;
	}
	push(cells, UINT64_MAX, UINT64_MAX - at + 1, 0);
	fake_put(f, mm + MM_MAP_COUNT, n, 4);
	fake_put(f, mm + MM_TOTAL, sums[0], 8);
	fake_put(f, mm + MM_DATA, sums[1], 8);
	fake_put(f, mm + MM_EXEC, sums[2], 8);
	fake_put(f, mm + MM_STACK, sums[3], 8);
}

/* How many of the pieces from @p at on go into one node: no leaf but the last ends free. */
static unsigned int portion(struct made *m, const struct row *r, unsigned int at, bool leaf)
{
	unsigned int max = leaf ? SLOTS : ASLOTS, min = max / 2 - 1, left = r->n - at, n;

	if (left <= max)
		return left;
	n = min + 1 + (unsigned int)(roll(m) % (max - min));
	if (left - n < 2)
		n -= 2;
	if (leaf && !r->v[at + n - 1].value)
		n--;
	return n;
}

/* One node of pieces [at, at + n); they learn that it is their parent. */
static struct piece make_node(struct made *m, const struct row *r, unsigned int at, unsigned int n,
			      bool leaf)
{
	struct fake *f = m->f;
	uint64_t addr = take(m, 256, 256), gap = 0;
	unsigned int n_pivots = (leaf ? SLOTS : ASLOTS) - 1, largest = m->era == ERA_6_1 ? 15 : 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct piece *p = &r->v[at + i];

		if (i < n_pivots)
			fake_put(f, addr + (leaf ? LEAF_PIVOT : INNER_PIVOT) + 8 * i, p->last, 8);
		fake_put(f, addr + (leaf ? LEAF_SLOT : INNER_SLOT) + 8 * i, p->value, 8);
		if (!leaf) {
			fake_put(f, addr + INNER_GAP + 8 * i, p->gap, 8);
			fake_put(f, p->value & ~UINT64_C(255), addr | i << 3 | 6, 8);
		}
		if (p->gap > gap) {
			gap = p->gap;
			largest = i;
		}
	}
	if (!leaf || n < SLOTS)
		fake_put(f, addr + (leaf ? LEAF_META : INNER_META), n - 1, 1);
	if (!leaf)
		fake_put(f, addr + INNER_META + 1, largest, 1);
	return (struct piece){ r->v[at + n - 1].last, gap,
			       addr | (leaf ? VS_MT_LEAF_64 : VS_MT_ARANGE_64) << 3 | 4 };
}

uint64_t made_space(struct made *m, unsigned int n)
{
	uint64_t mm = take(m, MM_SIZE, 64), root;
	unsigned int height = 0;
	struct row r = { 0 };
	bool leaf = true;

	fake_put(m->f, mm + MM_USERS, 1, 4);
	fake_put(m->f, mm + MM_TASK_SIZE, UINT64_C(0x7ffffffff000), 8);
	make_vmas(m, mm, n, &r);
	do {
		struct row up = { 0 };

		for (unsigned int at = 0, k; at < r.n; at += k) {
			struct piece p;

			k = portion(m, &r, at, leaf);
			p = make_node(m, &r, at, k, leaf);
			push(&up, p.last, p.gap, p.value);
		}
		free(r.v);
		r = up;
		leaf = false;
		height++;
	} while (r.n > 1);
	root = r.v[0].value;
	free(r.v);
	fake_put(m->f, root & ~UINT64_C(255), mm | 1, 8);
	fake_put(m->f, mm + MM_MT_ROOT, root | 2, 8);
	fake_put(m->f, mm + MM_MT_FLAGS, 0x303 | height << 2, 4);
	return mm;
}
