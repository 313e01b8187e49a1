// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree for a person: addresses and gaps in columns, the branches to the
 * right of them.
 *
 *   0xffff8cd09fa25d80  15.9 TiB  B 00401000-00492000 r-xp  /bin/specimen
 *   0xffff8cd09fa25e40   1.0 MiB  ├l R 00400000-00401000 r--p  /bin/specimen
 *                                 │    ! rb-color  red under a red parent
 */
#include "render/tree.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"

#define MAX_DRAWN	32	/* levels that are drawn as branches; deeper ones are told by number */
#define MAX_FINDINGS	4	/* of one node */
#define COLUMNS_GAP	12	/* of a gap, with the blanks around it */

struct canvas {
	struct vs_out *out;
	struct vs_buf *b;
	const struct vs_space *s;
	const struct vs_report *r;
	const struct vs_text_style *st;
	const struct vs_tree_findings *f;
	bool more[MAX_DRAWN + 1];	/* siblings follow at this depth */
	size_t line;			/* where the line begins in the buffer */
	bool strays;
};

static void sgr(struct canvas *c, const char *how)
{
	vs_text_sgr(c->b, c->st, how);
}

static const char *pick(const struct canvas *c, const char *u, const char *ascii)
{
	return vs_text_pick(c->st, u, ascii);
}

/* Branches from the root to depth @p depth (exclusive), two columns each. Returns the columns. */
static unsigned int put_trunk(struct canvas *c, uint32_t depth)
{
	const uint32_t from = depth > MAX_DRAWN ? 0 : depth;
	char deep[24];

	if (depth > MAX_DRAWN) {
		snprintf(deep, sizeof(deep), "(%u deep) ", depth);
		vs_buf_puts(c->b, deep);
		return (unsigned int)strlen(deep);
	}
	for (uint32_t i = 1; i < from; i++)
		vs_buf_puts(c->b, c->more[i] ? pick(c, "│ ", "| ") : "  ");
	return from ? 2 * (from - 1) : 0;
}

/* Of an address of the kernel, with its 0x. */
static unsigned int address_columns(const struct canvas *c)
{
	return 2 + 2u * c->s->word;
}

/* Address and gap. */
static unsigned int columns_left(const struct canvas *c)
{
	return address_columns(c) + COLUMNS_GAP;
}

static void put_address(struct canvas *c, uint64_t addr)
{
	vs_buf_printf(c->b, "0x%0*" PRIx64, 2 * c->s->word, addr);
}

/* The branch that leads to a line. Returns the columns. */
static unsigned int put_branch(struct canvas *c, const struct vs_tree_line *l)
{
	unsigned int columns;

	sgr(c, VS_SGR_DIM);
	columns = put_trunk(c, l->depth);
	if (l->depth && l->depth <= MAX_DRAWN) {
		c->more[l->depth] = !l->last_child;
		vs_buf_puts(c->b, l->last_child ? pick(c, "└", "`") : pick(c, "├", "+"));
		columns++;
	}
	sgr(c, VS_SGR_PLAIN);
	return columns;
}

/* Address of the object, and the gap that is kept for it. */
static void put_columns(struct canvas *c, uint64_t addr, const struct vs_tree_line *l)
{
	char size[VS_HUMAN_MAX];

	if (addr)
		put_address(c, addr);
	else
		vs_buf_pad(c->b, ' ', address_columns(c));
	sgr(c, VS_SGR_DIM);
	vs_buf_printf(c->b, " %9s  ", l->has_gap ? vs_human(size, l->gap) : "");
	sgr(c, VS_SGR_PLAIN);
}

static void put_range(struct canvas *c, const struct vs_vma *v)
{
	char perms[5];

	vs_text_perms(perms, v->flags);
	vs_buf_hex(c->b, v->start, 8);
	vs_buf_putc(c->b, '-');
	vs_buf_hex(c->b, v->end, 8);
	vs_buf_printf(c->b, " %s", perms);
}

/* Columns of a range as put_range() writes it. */
static unsigned int range_columns(const struct vs_vma *v)
{
	unsigned int start = 1, end = 1;

	while (start < 16 && v->start >> 4 * start)
		start++;
	while (end < 16 && v->end >> 4 * end)
		end++;
	return (start < 8 ? 8 : start) + (end < 8 ? 8 : end) + 1 + 5;
}

/* The name, or of a path that does not fit its last part. */
static void put_name(struct canvas *c, const struct vs_vma *v, uint32_t i, unsigned int used)
{
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &c->s->facts[v->fact] : NULL;
	const char *path = fact ? fact->path : NULL, *base;

	if (used + 2 + 8 > c->st->width)
		return;		// better none than a stump
	used += 2;
	vs_buf_puts(c->b, "  ");
	base = path && fact->path_len > c->st->width - used ? strrchr(path, '/') : NULL;
	if (base && strlen(base) > 1)
		vs_text_fit(c->b, base + 1, strlen(base + 1), c->st->width - used, c->st->utf8);
	else if (!vs_text_name(c->b, c->s, v, i, NULL, c->st->width - used, c->st->utf8))
		c->b->len -= 2;
}

static size_t n_findings(const struct canvas *c, uint64_t addr)
{
	size_t n;

	vs_tree_findings_of(c->f, addr, &n);
	return n;
}

static void put_node(struct canvas *c, const struct vs_tree_line *l)
{
	const struct vs_vma *v = &c->s->vmas.v[l->index];
	const bool bad = n_findings(c, v->addr);
	unsigned int columns = columns_left(c);

	put_columns(c, v->addr, l);
	columns += put_branch(c, l);
	if (l->depth) {
		vs_buf_printf(c->b, "%c ", l->slot ? 'r' : 'l');
		columns += 2;
	}
	if (bad)
		sgr(c, VS_SGR_RED);
	else if (v->rb_color == 0)
		sgr(c, "\033[31m");
	vs_buf_printf(c->b, "%c ", v->rb_color == 1 ? 'B' : v->rb_color == 0 ? 'R' : '?');
	if (!bad)
		sgr(c, VS_SGR_PLAIN);
	put_range(c, v);
	sgr(c, VS_SGR_PLAIN);
	put_name(c, v, l->index, columns + 2 + range_columns(v));
}

static void put_mnode(struct canvas *c, const struct vs_tree_line *l)
{
	const struct vs_mnode *n = &c->s->maple.nodes.v[l->index];
	const bool bad = n_findings(c, n->addr);

	put_columns(c, n->addr, l);
	put_branch(c, l);
	if (l->depth)
		vs_buf_printf(c->b, "%-2u ", l->slot);
	if (bad)
		sgr(c, VS_SGR_RED);
	else
		sgr(c, VS_SGR_CYAN);
	vs_buf_printf(c->b, "%s ", vs_mtype_name(n->type));
	vs_buf_hex(c->b, n->min, 0);
	vs_buf_puts(c->b, "..");
	vs_buf_hex(c->b, n->max, 0);
	sgr(c, VS_SGR_PLAIN);
	if (n->end < n->n_slots)
		vs_buf_printf(c->b, "  %u of %u slots", n->end + 1, n->n_slots);
	else
		vs_buf_printf(c->b, "  no end in its %u slots", n->n_slots);
	if (vs_mnode_dead(n))
		vs_buf_puts(c->b, ", dead");
}

static void put_entry(struct canvas *c, const struct vs_tree_line *l)
{
	const struct vs_mentry *e = &c->s->maple.entries.v[l->index];
	const struct vs_vma *v = e->vma == VS_NONE ? NULL : &c->s->vmas.v[e->vma];
	bool differs = v && (e->first != v->start || e->last + 1 != v->end);
	unsigned int columns = columns_left(c);

	put_columns(c, v ? v->addr : 0, l);
	columns += put_branch(c, l);
	if (l->depth) {
		vs_buf_printf(c->b, "%-2u ", l->slot);
		columns += 3;
	}
	if (!v) {
		sgr(c, VS_SGR_RED);
		vs_buf_printf(c->b, "%" PRIx64 "..%" PRIx64 "  %s 0x%" PRIx64, e->first, e->last,
			      e->kind == VS_MENTRY_ZERO ? "XA_ZERO_ENTRY" : "! no VMA:", e->raw);
		sgr(c, VS_SGR_PLAIN);
		return;
	}
	if (differs || n_findings(c, v->addr))
		sgr(c, VS_SGR_RED);
	put_range(c, v);
	if (differs)
		vs_buf_printf(c->b, "  ! the tree has it at %" PRIx64 "..%" PRIx64, e->first, e->last);
	sgr(c, VS_SGR_PLAIN);
	if (!differs)
		put_name(c, v, e->vma, columns + range_columns(v));
}

static void put_free(struct canvas *c, const struct vs_tree_line *l)
{
	put_columns(c, 0, l);
	put_branch(c, l);
	vs_buf_printf(c->b, "%-2u ", l->slot);
	sgr(c, VS_SGR_DIM);
	if (l->has_gap)
		vs_buf_printf(c->b, "%" PRIx64 "..%" PRIx64 "  free", l->first, l->last);
	else
		vs_buf_puts(c->b, "free");
	sgr(c, VS_SGR_PLAIN);
}

/* The pointer's name: rb_left, slot[3]. */
static void put_pointer(struct canvas *c, const struct vs_tree_line *l)
{
	if (!(c->s->has & VS_HAS_MAPLE))
		vs_buf_puts(c->b, l->parent == VS_NONE ? "mm_rb" : l->slot ? "rb_right" : "rb_left");
	else if (l->parent == VS_NONE)
		vs_buf_puts(c->b, "ma_root");
	else
		vs_buf_printf(c->b, "slot[%u]", l->slot);
}

static void put_break(struct canvas *c, const struct vs_tree_line *l)
{
	put_columns(c, l->value, l);
	put_branch(c, l);
	if (l->depth)
		vs_buf_putc(c->b, ' ');
	sgr(c, VS_SGR_RED);
	vs_buf_puts(c->b, "! ");
	put_pointer(c, l);
	vs_buf_printf(c->b, " %s", vs_tree_why(l));
	if (l->stop == VS_STOP_ABSENT)
		vs_buf_printf(c->b, " (%s)", vs_from_name(l->from));
	if (!(c->s->has & VS_HAS_MAPLE) && l->stop == VS_STOP_CYCLE && l->index != VS_NONE) {
		vs_buf_puts(c->b, ": ");
		put_range(c, &c->s->vmas.v[l->index]);
	}
	sgr(c, VS_SGR_PLAIN);
}

static void put_more(struct canvas *c, const struct vs_tree_line *l)
{
	char n[VS_THOUSANDS_MAX];

	put_columns(c, 0, l);
	put_branch(c, l);
	sgr(c, VS_SGR_DIM);
	vs_buf_printf(c->b, "%s %s more", pick(c, "┄", "..."), vs_thousands(n, l->count));
	sgr(c, VS_SGR_PLAIN);
	if (!l->index)
		return;
	sgr(c, VS_SGR_RED);
	vs_buf_printf(c->b, ", %s damaged", vs_thousands(n, l->index));
	sgr(c, VS_SGR_PLAIN);
}

static void put_stray(struct canvas *c, const struct vs_tree_line *l)
{
	const struct vs_vma *v = &c->s->vmas.v[l->index];

	if (!c->strays)
		vs_buf_printf(c->b, "not in the tree, but known to %s:\n",
			      v->seen & VS_SEEN_NEXT ? "vm_next" : "vm_prev");
	c->strays = true;
	sgr(c, VS_SGR_RED);
	put_address(c, v->addr);
	vs_buf_pad(c->b, ' ', COLUMNS_GAP);
	vs_buf_puts(c->b, "! ");
	put_range(c, v);
	sgr(c, VS_SGR_PLAIN);
	put_name(c, v, l->index, columns_left(c) + 2 + range_columns(v));
}

/* What the check says of the object of a line, under it. */
static void put_findings(struct canvas *c, const struct vs_tree_line *l, uint64_t addr)
{
	size_t n;
	const uint32_t *f = vs_tree_findings_of(c->f, addr, &n);
	// what hangs under this node goes past the findings
	const bool parent = l->twig == VS_TWIG_MNODE || (l->twig == VS_TWIG_NODE &&
		(c->s->vmas.v[l->index].rb_left || c->s->vmas.v[l->index].rb_right));

	for (size_t i = 0; i < n && i < MAX_FINDINGS; i++) {
		const struct vs_finding *fi = &c->r->findings.v[f[i]];

		vs_buf_pad(c->b, ' ', columns_left(c));
		sgr(c, VS_SGR_DIM);
		put_trunk(c, l->depth + 1);
		if (l->depth < MAX_DRAWN)
			vs_buf_puts(c->b, parent ? pick(c, "│", "|") : " ");
		sgr(c, VS_SGR_PLAIN);
		vs_buf_puts(c->b, l->depth ? "    " : "  ");
		sgr(c, VS_SGR_RED);
		vs_buf_printf(c->b, "! %s", fi->rule->id);
		sgr(c, VS_SGR_PLAIN);
		vs_buf_printf(c->b, "  %s\n", fi->detail ? fi->detail : fi->rule->doc);
	}
	if (n > MAX_FINDINGS) {
		vs_buf_pad(c->b, ' ', columns_left(c));
		put_trunk(c, l->depth + 1);
		vs_buf_printf(c->b, "    ! and %zu more\n", n - MAX_FINDINGS);
	}
}

static struct vs_err *put_line(void *arg, const struct vs_tree_line *l)
{
	struct canvas *c = arg;

	switch ((enum vs_twig)l->twig) {
	case VS_TWIG_NODE:
		put_node(c, l);
		break;
	case VS_TWIG_MNODE:
		put_mnode(c, l);
		break;
	case VS_TWIG_ENTRY:
		put_entry(c, l);
		break;
	case VS_TWIG_FREE:
		put_free(c, l);
		break;
	case VS_TWIG_BREAK:
		put_break(c, l);
		break;
	case VS_TWIG_MORE:
		put_more(c, l);
		break;
	case VS_TWIG_STRAY:
		put_stray(c, l);
		break;
	}
	vs_buf_putc(c->b, '\n');
	if (l->twig != VS_TWIG_STRAY)
		put_findings(c, l, vs_tree_line_addr(c->s, l));
	return vs_out_tick(c->out);
}

/* How deep the tree is, and of a maple tree how many nodes. */
static void put_kind(struct canvas *c)
{
	const struct vs_maple *m = &c->s->maple;
	char n[VS_THOUSANDS_MAX];

	if (!(c->s->has & VS_HAS_MAPLE)) {
		vs_buf_printf(c->b, "red-black tree of %s VMA%s\n", vs_thousands(n, c->s->tree.order.n),
			      c->s->tree.order.n == 1 ? "" : "s");
		return;
	}
	vs_buf_printf(c->b, "maple tree of %s entr%s", vs_thousands(n, m->entries.n),
		      m->entries.n == 1 ? "y" : "ies");
	vs_buf_printf(c->b, " in %s node%s, height %u", vs_thousands(n, m->nodes.n), m->nodes.n == 1 ? "" : "s",
		      (unsigned int)VS_MAPLE_HEIGHT(m->flags));
	vs_buf_printf(c->b, ", ma_flags %#" PRIx64 ", ma_root %#" PRIx64 "\n", m->flags, m->root);
}

static void put_head(struct canvas *c)
{
	const bool good = c->r->verdict == VS_CONSISTENT;
	size_t n;
	const uint32_t *f;

	sgr(c, VS_SGR_BOLD);
	vs_text_users(c->b, c->s);
	sgr(c, VS_SGR_PLAIN);
	vs_buf_printf(c->b, "  mm 0x%" PRIx64 "  ", c->s->mm);
	sgr(c, good ? "\033[32m" : VS_SGR_RED);
	vs_buf_printf(c->b, "%s\n", vs_verdict_name(c->r->verdict));
	sgr(c, VS_SGR_PLAIN);
	put_kind(c);
	f = vs_tree_findings_of(c->f, c->s->mm, &n);
	for (size_t i = 0; i < n; i++) {
		const struct vs_finding *fi = &c->r->findings.v[f[i]];

		sgr(c, VS_SGR_RED);
		vs_buf_printf(c->b, "! %s", fi->rule->id);
		sgr(c, VS_SGR_PLAIN);
		vs_buf_printf(c->b, "  %s\n", fi->detail ? fi->detail : fi->rule->doc);
	}
	sgr(c, VS_SGR_DIM);
	const bool maple = c->s->has & VS_HAS_MAPLE;

	// what is wider than its column takes from the next
	const int first = maple ? 11 : (int)address_columns(c) - 2;

	vs_buf_printf(c->b, "%-*s%*s  %s\n", first, maple ? "vma or node" : "vma",
		      (int)columns_left(c) - 2 - first, maple ? "gap" : "subtree gap",
		      maple ? "slot, range by the pivots (both ends), VMA" : "l, r: left, right child; B, R: black, red");
	sgr(c, VS_SGR_PLAIN);
}

struct vs_err *vs_render_tree(struct vs_out *out, const struct vs_space *s, const struct vs_report *r,
			      uint32_t depth, const struct vs_text_style *style)
{
	struct vs_tree_findings f;
	struct canvas c = { .out = out, .b = &out->buf, .s = s, .r = r, .st = style, .f = &f };
	struct vs_err *err;

	if (!vs_tree_findings_init(&f, r))
		return &vs_enomem;
	put_head(&c);
	err = vs_tree_lines(s, &f, depth, put_line, &c);
	vs_vec_deinit(&f.v);
	if (!err && !(s->has & VS_HAS_MAPLE ? s->maple.root : s->f.rb_root))
		vs_buf_puts(&out->buf, "(empty)\n");
	return err;
}
