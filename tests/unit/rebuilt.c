// SPDX-License-Identifier: GPL-2.0-or-later
/* Putting an address space together: which VMAs, of two that overlap which one. */
#include "space/rebuilt.h"

#include "base/err.h"
#include "tap.h"

#define MM 0xffff888000001000

static struct vs_space *s;

/* A space without a walk that is whole. */
static void begin(void)
{
	vs_space_destroy(s);
	s = vs_space_create();
	s->mm = MM;
	s->page_shift = 12;
	s->word = 8;
	s->limit = 0x7ffffffff000;
	s->has = VS_HAS_LIST | VS_HAS_PREV | VS_HAS_RB;
	s->f.map_count = 100;
	s->next.walked = s->prev.walked = s->tree.walked = true;
}

/* VMA n, whose address is that of a page of its own. */
static uint32_t vma(unsigned int n, uint64_t start, uint64_t end, unsigned int seen)
{
	struct vs_vma *v = vs_space_add(s, 0xffff888000010000 + 0x1000ul * n);

	v->start = start;
	v->end = end;
	v->mm = MM;
	v->seen = (uint16_t)seen;
	v->refcnt = 1;
	return (uint32_t)(v - s->vmas.v);
}

/* "0 2 ! 3 !": the numbers of the VMAs, ! where it overlaps, ~ where the tree's range was taken. */
static void is(bool all_slab, const char *list, const char *left_out, const char *what)
{
	char buf[200] = "", out[200] = "";
	struct vs_rebuilt r;

	ok(vs_space_rebuild(s, all_slab, &r), "%s: there is memory", what);
	for (size_t i = 0; i < r.v.n; i++)
		sprintf(buf + strlen(buf), "%s%u%s%s", i ? " " : "", r.v.v[i].vma,
			r.v.v[i].with != VS_NONE ? "!" : "", r.v.v[i].from_tree ? "~" : "");
	for (size_t i = 0; i < r.out.n; i++)
		sprintf(out + strlen(out), "%s%u for %u", i ? ", " : "", r.out.v[i].vma, r.out.v[i].with);
	is_str(buf, list, "%s: what is listed", what);
	is_str(out, left_out, "%s: what is left out", what);
	vs_rebuilt_deinit(&r);
}

static void entry(uint32_t i, uint64_t first, uint64_t end)
{
	struct vs_mentry *e = vs_vec_push(&s->maple.entries);

	*e = (struct vs_mentry){ .first = first, .last = end - 1, .vma = i, .kind = VS_MENTRY_VMA };
	*(uint32_t *)vs_vec_push(&s->tree.order) = i;
}

int main(void)
{
	begin();
	vma(0, 0x5000, 0x6000, VS_SEEN_NEXT);
	vma(1, 0x1000, 0x3000, VS_SEEN_LINK);
	vma(2, 0x3000, 0x5000, VS_SEEN_FILE);
	is(false, "1 2 0", "", "by address, whoever vouches for them");
	is(true, "", "", "nothing that a whole slab does not know");
	s->vmas.v[0].seen |= VS_SEEN_SLAB;
	s->vmas.v[1].seen |= VS_SEEN_TREE;
	is(true, "1 0", "", "what two vouch for, or the slab");

	begin();
	vma(0, 0x1000, 0x3000, VS_SEEN_SLAB);
	vma(1, 0x2000, 0x4000, VS_SEEN_SLAB | VS_SEEN_NEXT);
	vma(2, 0x4000, 0x5000, VS_SEEN_SLAB);
	is(true, "1 2", "0 for 1", "the one for which more vouches stays");
	s->vmas.v[0].seen = VS_SEEN_SLAB | VS_SEEN_TREE;
	is(true, "0! 1! 2", "", "both, if that is equal");
	s->vmas.v[2].start = 0x1000;
	is(true, "0! 1!", "2 for 0", "one that overlaps two");

	begin();
	vma(0, 0x1000, 0x2000, VS_SEEN_NEXT | VS_SEEN_FREE);
	vma(1, 0x2000, 0x3000, VS_SEEN_NEXT);
	vma(2, 0x3000, 0x4000, VS_SEEN_NEXT);
	vma(3, 0x4000, 0x5001, VS_SEEN_NEXT);
	vma(4, 0x6000, 0x5000, VS_SEEN_NEXT);
	vma(5, 0x7000, 0x8000, VS_SEEN_NEXT);
	s->vmas.v[2].mm = MM + 8;
	s->vmas.v[5].absent = 1;
	is(false, "1", "", "nothing free, foreign, off a page, turned round or absent");
	s->has |= VS_HAS_REFCNT;
	s->vmas.v[1].refcnt = 0;
	is(false, "", "", "nothing without a reference");
	s->has = VS_HAS_DETACHED;
	is(false, "1", "", "where references are not counted");
	s->vmas.v[1].detached = 1;
	is(false, "", "", "nothing detached");

	begin();
	s->has = VS_HAS_MAPLE;
	s->next.walked = s->prev.walked = false;
	entry(vma(0, 0x1000, 0x2000, VS_SEEN_MAPLE), 0x1000, 0x2000);
	entry(vma(1, 0x2000, 0x1000, VS_SEEN_MAPLE), 0x2000, 0x4000);
	entry(vma(2, 0x4000, 0x9000, VS_SEEN_MAPLE), 0x4000, 0x5000);
	entry(vma(3, 0x6000, 0x7000, VS_SEEN_MAPLE), 0x6000, 0x7000);
	entry(vma(4, 0x8000, 0xa000, VS_SEEN_MAPLE), 0x8000, 0x9000);
	is(false, "0 1~ 2~ 3 4", "", "the tree's range, where its own cannot be or is in the way");
	s->f.map_count = 5;
	is(false, "0 1~ 2~ 3 4", "", "and so where the tree is whole");

	vs_space_destroy(s);
	return done();
}
