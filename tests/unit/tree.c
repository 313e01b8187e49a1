// SPDX-License-Identifier: GPL-2.0-or-later
/* The drawn trees: each node once whatever the pointers say, damage where it sits. */
#include "render/tree.h"

#include <stdlib.h>

#include "sink.h"
#include "synth.h"
#include "tap.h"

struct tally {
	const struct vs_space *s;
	unsigned int *drawn;		/* by VMA: how often */
	unsigned int lines, breaks, strays, more;
	bool order;			/* depths go down one at a time */
	uint32_t depth;
};

static struct vs_err *count(void *arg, const struct vs_tree_line *l)
{
	struct tally *t = arg;

	t->lines++;
	switch ((enum vs_twig)l->twig) {
	case VS_TWIG_STRAY:
		t->strays++;
		/* fall through */
	case VS_TWIG_NODE:
		t->drawn[l->index]++;
		break;
	case VS_TWIG_ENTRY:
		if (t->s->maple.entries.v[l->index].vma != VS_NONE)
			t->drawn[t->s->maple.entries.v[l->index].vma]++;
		break;
	case VS_TWIG_MORE:
		t->more += l->count;
		break;
	case VS_TWIG_BREAK:
		t->breaks++;
		break;
	default:
		break;
	}
	t->order = t->order && l->depth <= t->depth + 1;
	t->depth = l->twig == VS_TWIG_STRAY ? t->depth : l->depth;
	return NULL;
}

/* Are all VMAs of @p s drawn once, or counted in what is left out? */
static bool all_once(const struct vs_space *s, uint32_t depth, struct tally *ret)
{
	static const struct vs_report none;
	struct vs_tree_findings f = { .r = &none };
	struct tally t = { .s = s, .order = true };
	unsigned int once = 0, twice = 0;

	t.drawn = calloc(s->vmas.n + 1, sizeof(*t.drawn));
	if (!t.drawn || vs_tree_lines(s, &f, depth, count, &t))
		exit(99);
	for (size_t i = 0; i < s->vmas.n; i++) {
		once += t.drawn[i] == 1;
		twice += t.drawn[i] > 1;
	}
	free(t.drawn);
	*ret = t;
	return !twice && once + t.more == s->vmas.n && t.order;
}

static void sound(struct vs_space *s)
{
	struct tally t;
	struct synth y;

	synth_make(&y, 1000, SYNTH_USUAL, 7);
	synth_read(&y, s);
	ok(all_once(s, VS_TREE_ALL, &t) && t.lines == 1000, "1,000 VMAs make 1,000 lines");
	ok(all_once(s, 3, &t) && t.lines <= 15 + 16 && t.more >= 1000 - 15,
	   "four levels of them at most 15, the others are counted");
	ok(all_once(s, 0, &t) && t.lines == 3 && t.more == 999, "no level below the root: the root");
	synth_free(&y);
}

/* Any pointer of the tree to anywhere. */
static void damaged(struct vs_space *s)
{
	unsigned int good = 0, told = 0, n = 2000;
	uint64_t seed = 42;
	struct synth sane;

	synth_make(&sane, 300, SYNTH_USUAL, 3);
	for (unsigned int k = 0; k < n; k++) {
		uint32_t i = (uint32_t)(synth_random(&seed) % sane.n), j = (uint32_t)(synth_random(&seed) % sane.n);
		const uint64_t values[] = { sane.v[i].addr, sane.v[j].addr, sane.v[sane.root].addr,
					    0x5a5a5a5a5a5a5a5a, 8, sane.v[j].addr + 8 };
		uint64_t *at[] = { NULL, NULL, NULL };
		struct tally t;
		struct synth y;

		synth_copy(&y, &sane);
		at[0] = &y.v[i].rb_left;
		at[1] = &y.v[i].rb_right;
		at[2] = &y.f.rb_root;
		*at[synth_random(&seed) % 3] = values[synth_random(&seed) % 6];
		if (synth_random(&seed) % 4 == 0)
			y.absent[j] = 1;
		synth_read(&y, s);
		good += all_once(s, VS_TREE_ALL, &t) && t.lines <= s->vmas.n + 2 + s->tree.breaks.n;
		told += t.breaks || t.strays || t.lines == 300;
		good -= !all_once(s, (uint32_t)(synth_random(&seed) % 8), &t);
		synth_free(&y);
	}
	synth_free(&sane);
	ok(good == n, "a pointer to anywhere: still every VMA once, %u of %u times", good, n);
	ok(told == n, "and what is not as it was has its line, %u of %u times", told, n);
}

static void chain(struct vs_space *s)
{
	const struct vs_text_style style = { .width = 80, .utf8 = true, .color = true };
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct vs_report r = { 0 };
	struct tally t;
	struct synth y;

	// all on one side: as deep as there are nodes
	synth_make(&y, 5000, SYNTH_DENSE, 1);
	for (uint32_t i = 0; i < y.n; i++) {
		y.v[i].rb_left = 0;
		y.v[i].rb_right = y.v[i].next;
	}
	y.f.rb_root = y.f.mmap;
	synth_read(&y, s);
	ok(all_once(s, VS_TREE_ALL, &t), "a tree that is a chain of 5,000");
	vs_check_space(s, &r);
	vs_err_free(vs_render_tree(&out, s, &r, VS_TREE_ALL, &style));
	sink_text(&out, &text);
	ok(text.len < 5000 * 500, "is drawn in %zu bytes", text.len);
	vs_report_deinit(&r);
	synth_free(&y);
}

static void drawing(struct vs_space *s)
{
	const struct vs_text_style style = { .width = 80 };
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct vs_report r = { 0 };
	const char *t;
	struct synth y;

	synth_make(&y, 40, SYNTH_USUAL, 5);
	y.v[y.root].subtree_gap = 0x3000;
	synth_read(&y, s);
	vs_check_space(s, &r);
	vs_err_free(vs_render_tree(&out, s, &r, 1, &style));
	t = sink_text(&out, &text);
	ok(strstr(t, "    12 KiB  B ") && strstr(t, "! rb-gap  rb_subtree_gap is 0x3000") && strstr(t, "corrupt"),
	   "a wrong gap is marked at its node, with the rule");
	if (strstr(t, "not in the tree"))
		diag("%s", t);
	vs_report_deinit(&r);
	out = sink_out(&text);
	vs_check_space(s, &r);
	vs_err_free(vs_json_tree(&out, s, &r, VS_TREE_ALL));
	t = sink_text(&out, &text);
	ok(strstr(t, "\"color\":\"black\",\"gap\":12288,\"findings\":[{\"rule\":\"rb-gap\""), "as data too");
	vs_report_deinit(&r);
	synth_free(&y);
}

/* --- maple --- */

static uint32_t add_node(struct vs_maple *m, struct vs_mnode n, const uint64_t *words, size_t n_words)
{
	n.data = (uint32_t)m->words.n;
	for (size_t i = 0; i < n_words; i++)
		*vs_vec_push(&m->words) = words[i];
	*vs_vec_push(&m->nodes) = n;
	return (uint32_t)m->nodes.n - 1;
}

static void add_entry(struct vs_space *s, uint32_t node, uint8_t slot, uint64_t first, uint64_t last)
{
	struct vs_vma *v = vs_space_add(s, 0xffff888000100000 + s->vmas.n * 0x100);

	v->start = first;
	v->end = last + 1;
	v->flags = VS_VM_READ | VS_VM_MAYREAD;
	v->seen = VS_SEEN_MAPLE;
	v->mm = s->mm;
	*vs_vec_push(&s->maple.entries) = (struct vs_mentry){
		.first = first, .last = last, .raw = v->addr, .vma = (uint32_t)s->vmas.n - 1, .node = node, .slot = slot,
	};
	*vs_vec_push(&s->tree.order) = (uint32_t)s->vmas.n - 1;
}

/* An arange node over two leaves of four slots each; the second cannot be read if @p broken. */
static void make_maple(struct vs_space *s, bool broken)
{
	const uint64_t root[] = { 0x4fff, UINT64_MAX, 0, /* slots */ 0xffff88800000010c, 0xffff88800000020c, 0, 0,
				  /* gaps */ 0x1000, 0xffffffffffffa000, 0, 0 };
	const uint64_t leaf1[] = { 0xfff, 0x2fff, 0x4fff, /* slots */ 0, 1, 1, 0 };
	const uint64_t leaf2[] = { 0x5fff, UINT64_MAX, 0, /* slots */ 1, 0, 0, 0 };
	struct vs_mnode n = { .addr = 0xffff888000000000, .enode = 0xffff88800000001e, .parent_word = 1, .max = UINT64_MAX,
			      .parent = VS_NONE, .type = VS_MT_ARANGE_64, .n_pivots = 3, .n_slots = 4, .end = 1,
			      .has_gaps = true };
	struct vs_maple *m = &s->maple;

	vs_space_reset(s);
	s->mm = 0xffff888000200000;
	s->has = VS_HAS_MAPLE;
	s->page_shift = 12;
	s->word = 8;
	s->limit = 0x7ffffffff000;
	s->tree.walked = true;
	s->f.map_count = broken ? 2 : 3;
	m->root = n.enode;
	m->flags = 0x30b;
	add_node(m, n, root, 11);
	n = (struct vs_mnode){ .addr = 0xffff888000000100, .enode = 0xffff88800000010c, .parent_word = 0xffff888000000006,
			       .max = 0x4fff, .parent = 0, .slot = 0, .type = VS_MT_LEAF_64, .depth = 1, .n_pivots = 3,
			       .n_slots = 4, .end = 2, .leaf = true };
	add_node(m, n, leaf1, 7);
	add_entry(s, 1, 1, 0x1000, 0x2fff);
	add_entry(s, 1, 2, 0x3000, 0x4fff);
	if (broken) {
		*vs_vec_push(&m->breaks) = (struct vs_mbreak){ .why = VS_MW_TYPE, .stop = VS_STOP_FOREIGN, .slot = 1,
							       .node = 0, .value = 0xffff8880000002fc };
		return;
	}
	n.addr = 0xffff888000000200;
	n.enode = 0xffff88800000020c;
	n.parent_word = 0xffff88800000000e;
	n.min = 0x5000;
	n.max = UINT64_MAX;
	n.slot = 1;
	n.end = 1;
	add_node(m, n, leaf2, 7);
	add_entry(s, 2, 0, 0x5000, 0x5fff);
}

static void maple(struct vs_space *s)
{
	static const char expected[] =
		"no task of the dump  mm 0xffff888000200000  consistent\n"
		"maple tree of 3 entries in 3 nodes, height 2, ma_flags 0x30b, ma_root 0xffff88800000001e\n"
		"vma or node              gap  slot, range by the pivots (both ends), VMA\n"
		"0xffff888000000000            arange_64 0..ffffffffffffffff  2 of 4 slots\n"
		"0xffff888000000100     4 KiB  +0  leaf_64 0..4fff  3 of 4 slots\n"
		"                       4 KiB  | +0  0..fff  free\n"
		"0xffff888000100000            | +1  00001000-00003000 r--p\n"
		"0xffff888000100100            | `2  00003000-00005000 r--p\n"
		"0xffff888000000200  15.9 EiB  `1  leaf_64 5000..ffffffffffffffff  2 of 4 slots\n"
		"0xffff888000100200              +0  00005000-00006000 r--p\n"
		"                    15.9 EiB    `1  6000..ffffffffffffffff  free\n";
	const struct vs_text_style style = { .width = 80 };
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	const struct vs_report none = { 0 };
	struct vs_out out = sink_out(&text);
	struct tally t;

	make_maple(s, false);
	ok(all_once(s, VS_TREE_ALL, &t), "a maple tree: each entry once");
	vs_err_free(vs_render_tree(&out, s, &none, VS_TREE_ALL, &style));
	if (!ok(!strcmp(sink_text(&out, &text), expected), "is drawn as it was"))
		printf("%s", vs_buf_str(&text));
	all_once(s, 0, &t);
	ok(t.lines == 2 && t.more == 5, "without levels: the root, and how many nodes and entries are below");

	make_maple(s, true);
	out = sink_out(&text);
	vs_err_free(vs_render_tree(&out, s, &none, VS_TREE_ALL, &style));
	ok(strstr(sink_text(&out, &text),
		  "0xffff8880000002fc  15.9 EiB  ` ! slot[1] is encoded as no type of node that this kernel has\n"),
	   "a node of no known type is a line, with the reason");

	s->maple.entries.v[1].first = 0x3800;
	out = sink_out(&text);
	vs_err_free(vs_render_tree(&out, s, &none, VS_TREE_ALL, &style));
	ok(strstr(sink_text(&out, &text), "00003000-00005000 r--p  ! the tree has it at 3800..4fff\n"),
	   "a VMA that the tree has elsewhere is told");

	vs_space_reset(s);
	s->has = VS_HAS_MAPLE;
	s->tree.walked = true;
	out = sink_out(&text);
	vs_err_free(vs_render_tree(&out, s, &none, VS_TREE_ALL, &style));
	ok(strstr(sink_text(&out, &text), "maple tree of 0 entries in 0 nodes") && strstr(vs_buf_str(&text), "(empty)\n"),
	   "an empty tree says so");
}

int main(void)
{
	struct vs_space *s = vs_space_create();

	if (!s)
		return 99;
	sound(s);
	damaged(s);
	chain(s);
	drawing(s);
	maple(s);
	vs_space_destroy(s);
	return done();
}
