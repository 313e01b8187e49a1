// SPDX-License-Identifier: GPL-2.0-or-later
/* The snapshot: its room, and the best order when the walks disagree. */
#include "space/space.h"

#include "synth.h"
#include "tap.h"

/** Whether the order is all VMAs by address, or all but the one at @p missing. */
static bool is_order(const struct synth *y, const struct vs_space *s, const struct vs_order *o,
		     uint32_t missing)
{
	size_t at = 0;

	for (uint32_t i = 0; i < y->n; i++) {
		if (i == missing)
			continue;
		if (at == o->v.n || s->vmas.v[o->v.v[at]].addr != y->v[i].addr)
			return false;
		at++;
	}
	return at == o->v.n;
}

static void order(const struct synth *y, const char *source, bool whole, const char *what)
{
	struct vs_space *s = vs_space_create();
	struct vs_order o;

	synth_read(y, s);
	if (!ok(vs_space_order(s, &o) && is_order(y, s, &o, VS_NONE) && o.whole == whole &&
		!strcmp(o.source, source), "%s: the order is that of %s", what, source))
		diag("%zu VMAs from %s, %swhole", o.v.n, o.source, o.whole ? "" : "not ");
	vs_order_deinit(&o);
	vs_space_destroy(s);
}

static void test_order(void)
{
	struct synth sound, y;

	synth_make(&sound, 100, SYNTH_USUAL, 4);
	order(&sound, "vm_next", true, "sound");

#define DAMAGED(what, source, whole, ...) \
	do { \
		synth_copy(&y, &sound); \
		{ \
			__VA_ARGS__; \
		} \
		order(&y, source, whole, what); \
		synth_free(&y); \
	} while (0)

	DAMAGED("vm_next leads to itself", "vm_rb", true, y.v[50].next = y.v[50].addr);
	DAMAGED("vm_next is NULL", "vm_rb", true, y.v[50].next = 0);
	DAMAGED("vm_next leaves one out", "vm_rb", true, y.v[50].next = y.v[52].addr);
	DAMAGED("vm_next of the first is NULL", "vm_rb", true, y.v[0].next = 0);
	DAMAGED("mmap is NULL", "vm_rb", true, y.f.mmap = 0);
	DAMAGED("vm_prev is NULL", "vm_next", true, y.v[50].prev = 0);
	DAMAGED("the root's children are exchanged", "vm_next", true,
		uint64_t left = y.v[y.root].rb_left;
		y.v[y.root].rb_left = y.v[y.root].rb_right;
		y.v[y.root].rb_right = left);
	DAMAGED("rb_left of the root is NULL", "vm_next", true, y.v[y.root].rb_left = 0);
	DAMAGED("mm_rb is NULL", "vm_next", true, y.f.rb_root = 0);
	DAMAGED("vm_start is out of order", "vm_next", true, y.v[50].start = 0x1000);
	DAMAGED("map_count is wrong", "vm_next", true, y.f.map_count = 3);
	DAMAGED("vm_next is cut and the tree too", "vm_prev", true, y.v[50].next = 0;
		y.v[y.root].rb_left = 0);
	DAMAGED("all three are cut", "all walks", false, y.v[70].next = 0x1238;
		y.v[y.root].rb_left = 0x1238; y.v[20].prev = 0x1238);
#undef DAMAGED
	synth_free(&sound);
}

static void test_room(void)
{
	struct vs_space *s = vs_space_create();
	bool found = true, fresh = true, kept = true;
	struct synth large, small;
	const void *room;

	synth_make(&large, 5000, SYNTH_DENSE, 1);
	synth_make(&small, 20, SYNTH_USUAL, 2);
	synth_read(&large, s);
	room = s->vmas.v;
	for (int i = 0; i < 3; i++) {
		synth_read(&small, s);
		kept = kept && s->vmas.v == room;
		for (uint32_t j = 0; j < small.n; j++)
			found = found && vs_space_find(s, small.v[j].addr) == j;
		for (uint32_t j = small.n; j < large.n; j++)
			if (vs_map_get(&small.by_addr, large.v[j].addr) == VS_MAP_NONE)
				fresh = fresh && vs_space_find(s, large.v[j].addr) == VS_NONE;
	}
	ok(kept, "a space keeps its room");
	ok(found, "the next address space is found in it");
	ok(fresh, "nothing of the last one is");
	synth_free(&small);
	synth_free(&large);
	vs_space_destroy(s);
	vs_space_destroy(NULL);
}

static void test_nothing(void)
{
	struct vs_space *s = vs_space_create();
	struct vs_order o;

	ok(vs_space_order(s, &o) && !o.v.n, "no walk, no VMA: an empty order");
	vs_order_deinit(&o);
	vs_space_add(s, 16)->start = 0x2000;
	s->vmas.v[0].end = 0x3000;
	vs_space_add(s, 8)->start = 0x1000;
	s->vmas.v[1].end = 0x2000;
	s->page_shift = 12;
	ok(vs_space_order(s, &o) && o.v.n == 2 && o.v.v[0] == 1 && o.v.v[1] == 0 && o.whole,
	   "segments without a walk are put in order");
	vs_order_deinit(&o);
	vs_space_destroy(s);
}

int main(void)
{
	test_nothing();
	test_room();
	test_order();
	return done();
}
