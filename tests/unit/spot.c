// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What mm/ finds out about an address: walks over page tables made by hand, sound
 * and damaged, and what keeps two neighbours apart.
 */
#include "mm/spot.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/out.h"
#include "fake.h"
#include "tap.h"

#define PA(n)	(FAKE_PA + (n) * UINT64_C(0x1000))	/* of the nth page */
#define VA(n)	(FAKE_DIRECT + (n) * UINT64_C(0x1000))
#define USER	UINT64_C(0x7f1234567000)
#define TABLE	UINT64_C(0x67)
#define PAGE	UINT64_C(0x8000000000000067)

static struct fake *f;

/* Types that know of nothing but PG_anon_exclusive. */
static struct vs_enumerator flags[] = { { "PG_locked", 0 }, { "PG_anon_exclusive", 17 } };
static struct vs_type pageflags = { .kind = VS_KIND_ENUM, .name = "pageflags", .complete = true, .enums = flags,
				    .n_enums = 2 };

static struct vs_err *find_type(struct vs_types *ts, enum vs_kind kind, const char *name, const struct vs_type **ret)
{
	(void)ts;
	*ret = kind == VS_KIND_ENUM && !strcmp(name, "pageflags") ? &pageflags : NULL;
	return NULL;
}

static const struct vs_types_ops types_ops = { .find = find_type };

static unsigned int index_at(unsigned int level)
{
	return (unsigned int)(USER >> (12 + 9 * level) & 511);
}

static void put(unsigned int page, unsigned int index, uint64_t entry)
{
	fake_put(f, VA(page) + index * 8, entry, 8);
}

/* Tables in the pages 1 to 4; the PTE of USER leads to page 5. */
static void start(void)
{
	f = fake_create();
	f->types.ops = &types_ops;
	for (unsigned int level = 3; level > 0; level--)
		put(4 - level, index_at(level), PA(5 - level) | TABLE);
	put(4, index_at(0), PA(5) | PAGE);
}

static struct vs_pgwalk walk(void)
{
	struct vs_pgwalk w;
	struct vs_err *err = vs_pgwalk_read(&f->k, NULL, VA(1), USER | 0x123, &w);

	if (err)
		exit(99);
	return w;
}

static void ends(enum vs_pgwalk_end end, unsigned int steps, const char *what)
{
	struct vs_pgwalk w = walk();

	if (!ok(w.end == end && w.n_steps == steps, "%s", what))
		diag("end %d after %u steps, expected %d after %u", w.end, w.n_steps, end, steps);
	vs_pgwalk_deinit(&w);
}

static void tables(void)
{
	struct vs_pgwalk w;
	bool good = true;

	start();
	w = walk();
	for (unsigned int i = 0; i < w.n_steps; i++)
		good = good && w.steps[i].index == index_at(3 - i) && w.steps[i].pa == PA(i + 1) + index_at(3 - i) * 8 &&
			w.steps[i].words;
	ok(w.end == VS_PGWALK_MAPPED && w.n_steps == 4 && good && w.root == PA(1), "four levels, each with its index");
	ok(w.pa == PA(5) + 0x123 && w.page == 4096 && w.in_dump && w.in_memory && !w.zero && !w.special && !w.from,
	   "a page, in the dump");
	vs_pgwalk_deinit(&w);

	put(4, index_at(0), (PA(5) | PAGE) & ~UINT64_C(1));
	ends(VS_PGWALK_SWAP, 4, "not present, and nobody knows how many swap areas there are: swap");
	put(4, index_at(0), PA(5) | PAGE | 0x200);
	w = walk();
	ok(w.special, "nobody's page");
	vs_pgwalk_deinit(&w);
	fake_symbol(f, VS_SYM_EMPTY_ZERO_PAGE, VA(5));
	w = walk();
	ok(w.zero, "the page of zeros");
	vs_pgwalk_deinit(&w);

	f->excluded[5] = true;
	w = walk();
	ok(w.end == VS_PGWALK_MAPPED && !w.in_dump && w.in_memory && w.from, "a page that was excluded");
	vs_pgwalk_deinit(&w);
	f->excluded[4] = true;
	ends(VS_PGWALK_ABSENT, 4, "a table that was excluded");
	f->excluded[1] = true;
	ends(VS_PGWALK_ABSENT, 1, "the top table was excluded");
	fake_destroy(f);

	start();
	put(4, index_at(0), UINT64_C(0x123456000) | PAGE);
	w = walk();
	ok(w.end == VS_PGWALK_MAPPED && !w.in_dump && !w.in_memory, "a page outside memory");
	vs_pgwalk_deinit(&w);
	put(3, index_at(1), UINT64_C(0x123456000) | TABLE);
	ends(VS_PGWALK_LEAVES, 4, "a table outside memory");
	put(3, index_at(1), 0);
	ends(VS_PGWALK_NONE, 3, "no table");
	put(3, index_at(1), UINT64_C(0x123600000) | PAGE | 0x80);
	w = walk();
	ok(w.end == VS_PGWALK_MAPPED && w.page == 2 << 20 && w.pa == UINT64_C(0x123600000) + (USER & 0x1ff000) + 0x123,
	   "a huge page");
	vs_pgwalk_deinit(&w);
	put(3, index_at(1), PA(2) | TABLE);
	ends(VS_PGWALK_LOOP, 4, "a table that leads back to the one above it");
	put(2, index_at(2), PA(2) | TABLE);
	ends(VS_PGWALK_LOOP, 3, "a table that leads to itself");
	put(1, index_at(3), PA(1) | TABLE);
	ends(VS_PGWALK_LOOP, 2, "a top table that leads to itself");
	put(1, index_at(3), PA(2) | TABLE | 0x80);
	ends(VS_PGWALK_BAD, 1, "a page as large as no page is");
	w = (struct vs_pgwalk){ 0 };
	vs_err_free(vs_pgwalk_read(&f->k, NULL, UINT64_C(0xffffc90000000000), USER, &w));
	ok(w.end == VS_PGWALK_NO_ROOT && !w.n_steps, "a pgd that is mapped nowhere");
	fake_destroy(f);
}

static void swap(void)
{
	const uint64_t entry = UINT64_C(1) << 59 | (~UINT64_C(0x12345) << 14 >> 5) | 8;
	struct vs_pgwalk w;

	start();
	fake_symbol(f, VS_SYM_NR_SWAPFILES, VA(10));
	fake_put(f, VA(10), 2, 4);
	put(4, index_at(0), entry);
	w = walk();
	ok(w.end == VS_PGWALK_SWAP && w.swap_type == 1 && w.swap_offset == 0x12345 && w.exclusive && !w.soft_dirty &&
	   !w.swap_file, "a page in swap");
	vs_pgwalk_deinit(&w);
	pageflags.n_enums = 1;
	w = walk();
	ok(!w.exclusive, "before 5.19 that bit says nothing");
	vs_pgwalk_deinit(&w);
	pageflags.n_enums = 2;
	fake_put(f, VA(10), 1, 4);
	ends(VS_PGWALK_OTHER, 4, "a type past the swap areas is no swap");
	fake_destroy(f);
}

static void pages(void)
{
	struct vs_out out = fake_out();
	struct vs_pages p;

	start();
	fake_symbol(f, VS_SYM_NR_SWAPFILES, VA(10));
	fake_put(f, VA(10), 1, 4);
	fake_symbol(f, VS_SYM_EMPTY_ZERO_PAGE, VA(6));
	put(4, index_at(0) + 1, PA(7) | PAGE);
	put(4, index_at(0) + 2, PA(6) | PAGE | 0x200);
	put(4, index_at(0) + 3, PA(8) | PAGE | 0x200);
	put(4, index_at(0) + 4, ~UINT64_C(5) << 14 >> 5);
	put(4, index_at(0) + 5, UINT64_C(0xf) << 59);
	f->excluded[7] = true;
	vs_err_free(vs_pages_read(&f->k, VA(1), USER, USER + (UINT64_C(1) << 30), &out, &p));
	ok(p.bytes[VS_PAGES_PRESENT] == 8192 && p.bytes[VS_PAGES_ZERO] == 4096 && p.bytes[VS_PAGES_SPECIAL] == 4096 &&
	   p.bytes[VS_PAGES_SWAP] == 4096 && p.bytes[VS_PAGES_OTHER] == 4096 && p.not_in_dump == 4096 &&
	   p.bytes[VS_PAGES_NONE] == (UINT64_C(1) << 30) - 6 * 4096, "pages of a range, by what they are");
	ok(p.runs.n == 6 && p.runs.v[0].end == USER + 8192 && p.runs.v[5].end == USER + (UINT64_C(1) << 30),
	   "in %zu runs", p.runs.n);
	vs_pages_deinit(&p);

	put(3, index_at(1), PA(2) | TABLE);
	f->excluded[4] = true;
	put(3, index_at(1) + 1, PA(4) | TABLE);
	vs_err_free(vs_pages_read(&f->k, VA(1), USER, (USER & ~UINT64_C(0x1fffff)) + (4 << 20), &out, &p));
	ok(p.bytes[VS_PAGES_BAD] == 0x200000 - (USER & 0x1fffff) && p.bytes[VS_PAGES_ABSENT] == 0x200000,
	   "tables that loop, tables that are not there");
	vs_pages_deinit(&p);
	vs_buf_deinit(&out.buf);
	fake_destroy(f);
}

/* --- neighbours --- */

enum { POLICY = 8, CTX = 16, CHAIN = 24, CLOSE = 8, MODE = 0, NODES = 8 };

static struct vs_space *two(void)
{
	struct vs_space *s = vs_space_create();

	f = fake_create();
	f->k.layout.vma.vm_policy = (struct vs_field){ POLICY, 8 };
	f->k.layout.vma.userfaultfd_ctx = (struct vs_field){ CTX, 8 };
	f->k.layout.vma.anon_vma_chain_next = (struct vs_field){ CHAIN, 8 };
	f->k.layout.vma.anon_vma_chain_prev = (struct vs_field){ CHAIN + 8, 8 };
	f->k.layout.vm_ops.close = (struct vs_field){ CLOSE, 8 };
	f->k.layout.mempolicy.mode = (struct vs_field){ MODE, 2 };
	f->k.layout.mempolicy.nodes = (struct vs_field){ NODES, 128 };
	if (!s)
		exit(99);
	s->page_shift = 12;
	for (unsigned int i = 0; i < 2; i++) {
		struct vs_vma *v = vs_space_add(s, VA(1) + i * 0x100);

		v->start = USER + i * 0x4000;
		v->end = v->start + 0x4000;
		v->pgoff = v->start >> 12;
		v->flags = VS_VM_READ | VS_VM_WRITE;
	}
	return s;
}

/* What keeps the two apart: "vm_flags vm_file", with "!" where something is missing. */
static void apart(const struct vs_space *s, const char *expected, const char *what)
{
	char told[128] = "";
	struct vs_apart a;
	struct vs_err *err = vs_apart_read(&f->k, s, 0, 1, &a);

	for (size_t i = 0; !err && i < a.v.n; i++)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s%s", i ? " " : "",
			 a.v.v[i].soft ? "~" : "", a.v.v[i].member);
	if (a.incomplete)
		strcat(told, "!");
	if (!a.adjoin)
		strcat(told, "gap");
	is_str(told, expected, "%s", what);
	vs_apart_deinit(&a);
}

static void neighbours(void)
{
	struct vs_space *s = two();
	struct vs_vma *a = &s->vmas.v[0], *b = &s->vmas.v[1];

	apart(s, "", "nothing");
	b->flags |= VS_VM_SOFTDIRTY;
	apart(s, "", "soft-dirty does not count");
	b->flags |= VS_VM_LOCKED;
	apart(s, "vm_flags", "flags");
	a->flags = b->flags |= UINT64_C(0x4000);
	apart(s, "vm_flags", "VM_IO in both");
	a->flags = b->flags = VS_VM_READ;
	b->pgoff++;
	apart(s, "vm_pgoff", "a mapping that was moved");
	b->pgoff--;
	b->file = 1;
	apart(s, "vm_file", "only one has a file");
	a->file = 1;
	apart(s, "", "parts of one file, one behind the other");
	b->ops = VA(3);
	fake_put(f, VA(3) + CLOSE, FAKE_DIRECT, 8);
	apart(s, "vm_ops->close", "somebody wants to know when it goes");
	f->excluded[3] = true;
	apart(s, "!", "whether somebody does is not in the dump");
	a->file = b->file = b->ops = 0;

	a->anon_vma = 1;
	b->anon_vma = 2;
	apart(s, "anon_vma", "two anon_vmas");
	b->anon_vma = 0;
	fake_put(f, a->addr + CHAIN, 5, 8);
	fake_put(f, a->addr + CHAIN + 8, 5, 8);
	apart(s, "~anon_vma", "one of them has pages of its own");
	fake_put(f, a->addr + CHAIN + 8, 6, 8);
	apart(s, "anon_vma", "and got them by a fork");
	b->flags |= VS_VM_LOCKED;
	fake_put(f, a->addr + CHAIN + 8, 5, 8);
	apart(s, "vm_flags", "the weaker reason is not told beside a stronger one");
	b->flags &= ~VS_VM_LOCKED;
	a->anon_vma = 0;

	fake_put(f, a->addr + POLICY, VA(4), 8);
	apart(s, "vm_policy", "only one has a policy");
	fake_put(f, b->addr + POLICY, VA(4) + 0x100, 8);
	fake_put(f, VA(4) + NODES + 120, 1, 8);
	apart(s, "vm_policy", "policies of different nodes");
	fake_put(f, VA(4) + 0x100 + NODES + 120, 1, 8);
	apart(s, "", "two policies that say the same");
	f->excluded[4] = true;
	apart(s, "!", "policies that are not in the dump");
	f->excluded[4] = false;

	fake_put(f, a->addr + CTX, 7, 8);
	apart(s, "vm_userfaultfd_ctx", "one is watched by userfaultfd");
	fake_put(f, b->addr + CTX, 7, 8);
	apart(s, "", "both by the same");

	s->names = calloc(2, sizeof(*s->names));
	s->names[0] = "[anon:a]";
	apart(s, "anon_name", "a name");
	s->names[1] = "[anon:a]";
	apart(s, "", "the same name");
	s->names[1] = "[anon:b]";
	apart(s, "anon_name", "two names");

	b->start += 0x1000;
	apart(s, "gap", "not neighbours");
	vs_space_destroy(s);
	fake_destroy(f);
}

int main(void)
{
	tables();
	swap();
	pages();
	neighbours();
	return done();
}
