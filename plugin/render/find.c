// SPDX-License-Identifier: GPL-2.0-or-later
/* What a dump says of one address. */
#include "render/find.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "check/formula.h"
#include "render/maps.h"

#define MAX_RUNS 40	/* of pages that are listed */

struct telling {
	struct vs_buf *b;
	const struct vs_space *s;
	const struct vs_spot *sp;
	const struct vs_text_style *st;
};

static void sgr(const struct telling *t, const char *how)
{
	vs_text_sgr(t->b, t->st, how);
}

const char *vs_pgwalk_words(enum vs_pgwalk_end end)
{
	static const char *const words[] = {
		[VS_PGWALK_MAPPED] = "mapped",
		[VS_PGWALK_NONE] = "nothing is mapped",
		[VS_PGWALK_SWAP] = "a page in swap",
		[VS_PGWALK_OTHER] = "no page and no swap: a page that migrates, is poisoned, or a mark",
		[VS_PGWALK_ABSENT] = "the table is not in the dump",
		[VS_PGWALK_LEAVES] = "the table would be where there is no memory",
		[VS_PGWALK_LOOP] = "the table has been passed on the way: the page tables loop",
		[VS_PGWALK_BAD] = "no kernel writes such an entry",
		[VS_PGWALK_NO_ROOT] = "the top table cannot be found",
	};

	return words[end];
}

/* "0 bytes", "123 bytes (0x7b)", "1.5 MiB (0x180000)" */
static void put_distance(const struct telling *t, uint64_t n)
{
	char size[VS_HUMAN_MAX];

	if (n < 10)
		vs_buf_printf(t->b, "%" PRIu64 " byte%s", n, n == 1 ? "" : "s");
	else if (n < 1024)
		vs_buf_printf(t->b, "%" PRIu64 " bytes (0x%" PRIx64 ")", n, n);
	else
		vs_buf_printf(t->b, "%s (0x%" PRIx64 ")", vs_human(size, n), n);
}

static void put_label(const struct telling *t, const char *label)
{
	vs_buf_printf(t->b, "  %-8s ", label);
}

/* A neighbour in columns that all lines of the block share. */
static void put_vma(const struct telling *t, uint32_t i)
{
	const struct vs_vma *v = &t->s->vmas.v[i];
	const size_t from = t->b->len;
	char perms[5];

	vs_text_perms(perms, v->flags);
	vs_buf_hex(t->b, v->start, 8);
	vs_buf_putc(t->b, '-');
	vs_buf_hex(t->b, v->end, 8);
	vs_buf_printf(t->b, " %s  ", perms);
	vs_text_name(t->b, t->s, v, i, "anonymous", t->st->width > 60 ? t->st->width - 11 - (unsigned int)(t->b->len - from) : 30,
		     t->st->utf8);
}

static void put_apart(const struct telling *t, const struct vs_apart *a)
{
	int width = 0;

	for (size_t i = 0; i < a->v.n; i++)
		if ((int)strlen(a->v.v[i].member) > width)
			width = (int)strlen(a->v.v[i].member);
	put_label(t, "");
	if (!a->v.n && a->incomplete)
		vs_buf_puts(t->b, "adjoins; what may keep them apart is not all in the dump\n");
	else if (!a->v.n)
		vs_buf_puts(t->b, "adjoins, and nothing keeps them apart: an mmap or mprotect may make them one\n");
	else
		vs_buf_printf(t->b, "adjoins; %s\n", a->v.v[0].soft ? "could be one, but for" : "kept apart by");
	for (size_t i = 0; i < a->v.n; i++) {
		put_label(t, "");
		vs_buf_printf(t->b, "  %-*s  ", width, a->v.v[i].member);
		vs_buf_put_clean(t->b, a->v.v[i].words, strlen(a->v.v[i].words));
		vs_buf_putc(t->b, '\n');
	}
}

static void put_neighbour(const struct telling *t, const char *label, uint32_t i, const struct vs_apart *a,
			  uint64_t gap)
{
	char size[VS_HUMAN_MAX];

	if (i == VS_NONE)
		return;
	put_label(t, label);
	put_vma(t, i);
	vs_buf_putc(t->b, '\n');
	if (a->adjoin) {
		put_apart(t, a);
		return;
	}
	put_label(t, "");
	if (!gap)
		vs_buf_puts(t->b, "adjoins\n");
	else
		vs_buf_printf(t->b, "%s of free addresses between\n", vs_human(size, gap));
}

/* Of a process core: whose stack, which module, and where in the file. */
static void put_core(const struct telling *t)
{
	const struct vs_spot *sp = t->sp;
	const struct vs_core *core = t->s->core;
	const struct vs_core_vma *c = &core->vmas.v[sp->vma];
	const uint64_t at = sp->addr - t->s->vmas.v[sp->vma].start;

	if (c->stack_of != VS_NONE || c->guard_of != VS_NONE) {
		put_label(t, "stack");
		vs_buf_printf(t->b, "%s thread %d\n", c->stack_of != VS_NONE ? "of" : "this guards that of",
			      core->threads.v[c->stack_of != VS_NONE ? c->stack_of : c->guard_of].tid);
	}
	if (c->module != VS_NONE) {
		put_label(t, "module");
		vs_buf_printf(t->b, "0x%" PRIx64 " from its first byte, 0x%" PRIx64 "\n",
			      sp->addr - core->modules.v[c->module].base, core->modules.v[c->module].base);
	}
	put_label(t, "core");
	if (at < c->have)
		vs_buf_printf(t->b, "byte 0x%" PRIx64 " of the file\n", c->off + at);
	else
		vs_buf_printf(t->b, "not in the file: %s\n", at < c->filesz ? "it is cut before" : c->left_out ?
			      c->left_out : "left out");
}

/* The mapping that holds the address. */
static void put_inside(const struct telling *t)
{
	const struct vs_spot *sp = t->sp;
	const struct vs_vma *v = &t->s->vmas.v[sp->vma];
	char size[VS_HUMAN_MAX];

	vs_render_maps_line(t->b, t->s, v, sp->vma, true);
	vs_buf_putc(t->b, '\n');
	if (!t->s->core) {
		put_label(t, "vma");
		vs_buf_printf(t->b, "0x%" PRIx64 "\n", v->addr);
	}
	put_label(t, "offset");
	put_distance(t, sp->addr - v->start);
	vs_buf_printf(t->b, " into %s", vs_human(size, v->end - v->start));
	if (v->file)
		vs_buf_printf(t->b, ", byte 0x%" PRIx64 " of the file",
			      (v->pgoff << t->s->page_shift) + (sp->addr - v->start));
	vs_buf_putc(t->b, '\n');
	if (t->s->core)
		put_core(t);
	if (sp->above != VS_NONE)
		put_neighbour(t, "above", sp->above, &sp->apart_above, t->s->vmas.v[sp->above].start - v->end);
	if (sp->below != VS_NONE)
		put_neighbour(t, "below", sp->below, &sp->apart_below, v->start - t->s->vmas.v[sp->below].end);
}

/* What the mm_struct or the kernel's rules say of a free address. */
static void put_gap_facts(const struct telling *t)
{
	const struct vs_space *s = t->s;
	const struct vs_spot *sp = t->sp;
	const struct vs_vma *above = sp->above == VS_NONE ? NULL : &s->vmas.v[sp->above];
	const struct vs_vma *below = sp->below == VS_NONE ? NULL : &s->vmas.v[sp->below];
	const uint64_t lo = below ? below->end : 0, hi = above ? above->start : s->limit;

	if (sp->addr >= s->limit && s->limit) {
		put_label(t, "");
		vs_buf_printf(t->b, "past the end of this process' user space, 0x%" PRIx64 "\n", s->limit);
		return;
	}
	if (above && sp->addr >= vs_start_gap(s, above->start, above->flags)) {
		put_label(t, "");
		vs_buf_printf(t->b, "in the guard gap below the stack: %s",
			      sp->addr + s->stack_guard_gap / 2 > above->start ? "the stack could not grow further\n" :
			      "nothing may be mapped so close to it\n");
	}
	if (sp->addr < 0x10000 && !below) {
		put_label(t, "");
		vs_buf_puts(t->b, "so small: most likely NULL plus an offset\n");
	}
	if (s->f.brk && s->f.brk >= lo && s->f.brk <= hi) {
		put_label(t, "");
		vs_buf_printf(t->b, "brk, where the heap ends, is 0x%" PRIx64 ": ", s->f.brk);
		put_distance(t, sp->addr > s->f.brk ? sp->addr - s->f.brk : s->f.brk - sp->addr);
		vs_buf_puts(t->b, sp->addr >= s->f.brk ? " below\n" : " above\n");
	}
	if (s->f.mmap_base && s->f.mmap_base >= lo && s->f.mmap_base <= hi) {
		put_label(t, "");
		vs_buf_printf(t->b, "mmap_base, where the mmap area begins, is 0x%" PRIx64 ": ", s->f.mmap_base);
		put_distance(t, sp->addr > s->f.mmap_base ? sp->addr - s->f.mmap_base : s->f.mmap_base - sp->addr);
		vs_buf_puts(t->b, sp->addr >= s->f.mmap_base ? " below\n" : " above\n");
	}
}

static void put_gap(const struct telling *t)
{
	const struct vs_spot *sp = t->sp;
	const struct vs_vma *above = sp->above == VS_NONE ? NULL : &t->s->vmas.v[sp->above];
	const struct vs_vma *below = sp->below == VS_NONE ? NULL : &t->s->vmas.v[sp->below];
	char size[VS_HUMAN_MAX];

	if (above && below)
		vs_buf_printf(t->b, "not mapped: in a gap of %s\n", vs_human(size, above->start - below->end));
	else
		vs_buf_printf(t->b, "not mapped: %s\n", above ? "below all mappings" : below ? "above all mappings" :
			      "there is no mapping at all");
	if (above) {
		put_label(t, "above");
		put_vma(t, sp->above);
		vs_buf_putc(t->b, '\n');
		put_label(t, "");
		put_distance(t, above->start - sp->addr);
		vs_buf_puts(t->b, " from here to its start\n");
	}
	if (below) {
		put_label(t, "below");
		put_vma(t, sp->below);
		vs_buf_putc(t->b, '\n');
		put_label(t, "");
		put_distance(t, sp->addr - below->end);
		vs_buf_puts(t->b, " from its end to here\n");
	}
	put_gap_facts(t);
}

/* --- the page tables --- */

static void put_steps(const struct telling *t, const struct vs_pgwalk *w)
{
	for (unsigned int i = 0; i < w->n_steps; i++) {
		const struct vs_pgwalk_step *st = &w->steps[i];

		vs_buf_printf(t->b, "  %s[%3u]  at 0x%012" PRIx64 "  0x%016" PRIx64 "  ", st->name, st->index, st->pa,
			      st->entry);
		sgr(t, VS_SGR_DIM);
		vs_buf_puts(t->b, st->words);
		sgr(t, VS_SGR_PLAIN);
		vs_buf_putc(t->b, '\n');
	}
}

static void put_swap(const struct telling *t, const struct vs_pgwalk *w)
{
	char n[VS_THOUSANDS_MAX];

	put_label(t, w->end == VS_PGWALK_SWAP ? "swap" : "entry");
	if (w->end == VS_PGWALK_SWAP) {
		vs_buf_printf(t->b, "page %s of swap area %u", vs_thousands(n, w->swap_offset), w->swap_type);
		if (w->swap_file) {
			vs_buf_puts(t->b, ", ");
			vs_text_fit(t->b, w->swap_file, strlen(w->swap_file), 40, t->st->utf8);
		}
	} else {
		vs_buf_printf(t->b, "%s (type %u of %u swap area%s, offset 0x%" PRIx64 ")",
			      vs_pgwalk_words(w->end), w->swap_type, w->n_swap_types, w->n_swap_types == 1 ? "" : "s",
			      w->swap_offset);
	}
	vs_buf_printf(t->b, "%s%s%s\n", w->exclusive ? ", exclusive" : "", w->soft_dirty ? ", soft-dirty" : "",
		      w->uffd_wp ? ", write-protected by userfaultfd" : "");
}

static void put_from(const struct telling *t, const char *what, const char *from)
{
	vs_buf_puts(t->b, what);
	if (from)
		vs_buf_printf(t->b, " (%s)", from);
	vs_buf_putc(t->b, '\n');
}

static void put_page(const struct telling *t, const struct vs_pgwalk *w)
{
	const uint64_t base = UINT64_C(1) << t->sp->page_shift;
	char size[VS_HUMAN_MAX];

	put_label(t, "physical");
	vs_buf_printf(t->b, "0x%" PRIx64 ", in a %s of %s", w->pa, w->page > base ? "huge page" : "page",
		      vs_human(size, w->page));
	if (w->zero)
		vs_buf_puts(t->b, ", the page of zeros that all share");
	else if (w->special)
		vs_buf_puts(t->b, ", special (nobody's page)");
	if (w->in_dump)
		put_from(t, "; in the dump", w->from);
	else if (w->in_memory)
		put_from(t, "; not in the dump", w->from);
	else if (!t->sp->astray)
		vs_buf_puts(t->b, "; outside the memory that the dump describes\n");
	else {
		sgr(t, VS_SGR_RED);
		vs_buf_puts(t->b, "; ! there is no such memory\n");
		sgr(t, VS_SGR_PLAIN);
	}
}

static void put_walk(const struct telling *t, const struct vs_pgwalk *w)
{
	sgr(t, VS_SGR_BOLD);
	vs_buf_printf(t->b, "page tables%s, %u levels", w->pgd ? "" : " of the kernel", w->levels);
	sgr(t, VS_SGR_PLAIN);
	if (w->end != VS_PGWALK_NO_ROOT)
		vs_buf_printf(t->b, ", root at physical 0x%" PRIx64, w->root);
	if (w->pgd)
		vs_buf_printf(t->b, " (pgd 0x%" PRIx64 ")", w->pgd);
	vs_buf_putc(t->b, '\n');
	put_steps(t, w);
	switch (w->end) {
	case VS_PGWALK_MAPPED:
		put_page(t, w);
		return;
	case VS_PGWALK_SWAP:
	case VS_PGWALK_OTHER:
		put_swap(t, w);
		return;
	case VS_PGWALK_NONE:
		put_label(t, "");
		vs_buf_printf(t->b, "%s\n", vs_pgwalk_words(w->end));
		return;
	default:
		put_label(t, "");
		sgr(t, VS_SGR_RED);
		if (w->n_steps > 0 && w->end != VS_PGWALK_BAD)
			vs_buf_printf(t->b, "! %s entry at 0x%" PRIx64 ": ", w->steps[w->n_steps - 1].name,
				      w->steps[w->n_steps - 1].pa);
		else
			vs_buf_puts(t->b, "! ");
		vs_buf_puts(t->b, vs_pgwalk_words(w->end));
		put_from(t, "", w->end == VS_PGWALK_ABSENT ? w->from : NULL);
		sgr(t, VS_SGR_PLAIN);
	}
}

static void put_pages(const struct telling *t, const struct vs_pages *p)
{
	char size[VS_HUMAN_MAX];
	bool first = true;

	sgr(t, VS_SGR_BOLD);
	vs_buf_puts(t->b, "pages of the mapping: ");
	sgr(t, VS_SGR_PLAIN);
	for (unsigned int i = 0; i < VS_N_PAGES; i++) {
		if (!p->bytes[i])
			continue;
		vs_buf_printf(t->b, "%s%s %s", first ? "" : ", ", vs_human(size, p->bytes[i]), vs_pages_word(i));
		first = false;
	}
	if (p->not_in_dump)
		vs_buf_printf(t->b, "; %s of it not in the dump", vs_human(size, p->not_in_dump));
	vs_buf_putc(t->b, '\n');
	for (size_t i = 0; i < p->runs.n && i < MAX_RUNS; i++) {
		const struct vs_pages_run *r = &p->runs.v[i];

		vs_buf_puts(t->b, "  ");
		vs_buf_hex(t->b, r->start, 8);
		vs_buf_putc(t->b, '-');
		vs_buf_hex(t->b, r->end, 8);
		vs_buf_printf(t->b, " %9s  %s", vs_human(size, r->end - r->start), vs_pages_word(r->state));
		if (r->state == VS_PAGES_PRESENT && r->page > UINT64_C(1) << t->sp->page_shift)
			vs_buf_printf(t->b, ", huge pages of %s", vs_human(size, r->page));
		vs_buf_putc(t->b, '\n');
	}
	if (p->runs.n > MAX_RUNS)
		vs_buf_printf(t->b, "  and %zu more runs; --format json has them all\n", p->runs.n - MAX_RUNS);
}

static void put_head(const struct telling *t)
{
	sgr(t, VS_SGR_BOLD);
	vs_text_users(t->b, t->s);
	sgr(t, VS_SGR_PLAIN);
	if (!t->s->core)
		vs_buf_printf(t->b, "  mm 0x%" PRIx64, t->s->mm);
	vs_buf_printf(t->b, "  address 0x%" PRIx64, t->sp->addr);
	if (t->sp->tag)
		vs_buf_printf(t->b, " (tag 0x%02" PRIx64 " taken off)", t->sp->tag);
	vs_buf_putc(t->b, '\n');
}

struct vs_err *vs_render_spot(struct vs_out *out, const struct vs_space *s, const struct vs_spot *sp,
			      const struct vs_text_style *style)
{
	const struct telling t = { &out->buf, s, sp, style };

	put_head(&t);
	if (sp->vma != VS_NONE)
		put_inside(&t);
	else
		put_gap(&t);
	if (sp->have_walk)
		put_walk(&t, &sp->walk);
	if (sp->have_walk && sp->vma == VS_NONE && sp->walk.end == VS_PGWALK_MAPPED) {
		sgr(&t, VS_SGR_RED);
		vs_buf_puts(t.b, "! a page is mapped where there is no VMA\n");
		sgr(&t, VS_SGR_PLAIN);
	}
	if (sp->have_pages)
		put_pages(&t, &sp->pages);
	return vs_out_tick(out);
}

void vs_render_spot_titles(struct vs_buf *b, const struct vs_text_style *style)
{
	vs_text_sgr(b, style, VS_SGR_BOLD);
	vs_buf_printf(b, "%7s %-15s %-29s %14s  %s\n", "PID", "COMM", "VMA", "PHYSICAL", "NAME");
	vs_text_sgr(b, style, VS_SGR_PLAIN);
}

struct vs_err *vs_render_spot_short(struct vs_out *out, const struct vs_space *s, const struct vs_spot *sp,
				    const struct vs_text_style *style)
{
	const struct vs_vma *v = &s->vmas.v[sp->vma];
	const struct vs_pgwalk *w = &sp->walk;
	struct vs_buf *b = &out->buf;
	char perms[5], range[40], pa[24];
	size_t from = b->len;

	vs_buf_printf(b, "%7d ", s->users.n ? s->users.v[0].tgid : 0);
	if (s->users.n)
		vs_buf_pad(b, ' ', 15 - vs_text_fit(b, s->users.v[0].comm, strlen(s->users.v[0].comm), 15,
						   style->utf8));
	vs_text_perms(perms, v->flags);
	snprintf(range, sizeof(range), "%08" PRIx64 "-%08" PRIx64 " %s", v->start, v->end, perms);
	snprintf(pa, sizeof(pa), "0x%" PRIx64, w->pa);
	vs_buf_printf(b, " %-29s %14s  ", range, w->end == VS_PGWALK_MAPPED ? pa :
		      w->end == VS_PGWALK_NONE ? "none" : w->end == VS_PGWALK_SWAP ? "swapped" :
		      w->end == VS_PGWALK_ABSENT ? "not in dump" : w->end == VS_PGWALK_OTHER ? "other" : "damaged");
	from = b->len - from;
	vs_text_name(b, s, v, sp->vma, "anonymous", style->width > from + 8 ? style->width - (unsigned int)from : 8,
		     style->utf8);
	vs_buf_putc(b, '\n');
	return vs_out_tick(out);
}

/* The regions around the address, the innermost first. */
static void put_regions(const struct telling *t, const struct vs_kmap *m)
{
	const struct vs_kregion *in = vs_kmap_find(m, t->sp->addr);
	char size[VS_HUMAN_MAX];
	size_t i = in ? (size_t)(in - m->v.v) + 1 : 0;
	unsigned int depth = in ? in->depth + 1 : 0;

	if (!in) {
		put_label(t, "region");
		vs_buf_puts(t->b, "none that is known here\n");
		return;
	}
	// those around it stand before it, each less deep
	while (i-- > 0) {
		const struct vs_kregion *r = &m->v.v[i];

		if (r->depth >= depth || t->sp->addr < r->start || t->sp->addr > r->last)
			continue;
		put_label(t, r == in ? "region" : "within");
		vs_buf_printf(t->b, "%0*" PRIx64 "-%0*" PRIx64 " %9s  %s", (int)m->digits, r->start, (int)m->digits, r->last,
			      vs_human(size, r->last - r->start + 1), r->name);
		sgr(t, VS_SGR_DIM);
		vs_buf_printf(t->b, "  (%s)", r->source);
		sgr(t, VS_SGR_PLAIN);
		vs_buf_putc(t->b, '\n');
		depth = r->depth;
	}
}

struct vs_err *vs_render_spot_kernel(struct vs_out *out, const struct vs_kmap *m, const struct vs_spot *sp,
				     const struct vs_text_style *style)
{
	const struct telling t = { &out->buf, NULL, sp, style };

	sgr(&t, VS_SGR_BOLD);
	vs_buf_printf(t.b, "0x%" PRIx64, sp->addr);
	sgr(&t, VS_SGR_PLAIN);
	if (sp->nowhere) {
		vs_buf_puts(t.b, "  no address: not canonical, neither in the user's half nor in the kernel's\n");
		return vs_out_tick(out);
	}
	if (*sp->symbol)
		vs_buf_printf(t.b, "  %s", sp->symbol);
	vs_buf_putc(t.b, '\n');
	put_regions(&t, m);
	if (sp->is_page) {
		put_label(&t, "page");
		vs_buf_printf(t.b, "struct page of frame 0x%" PRIx64 ", physical 0x%" PRIx64 "\n", sp->pfn,
			      sp->pfn << sp->page_shift);
	}
	if (sp->have_walk)
		put_walk(&t, &sp->walk);
	if (sp->direct && sp->direct != sp->addr) {
		put_label(&t, "also");
		vs_buf_printf(t.b, "0x%" PRIx64 " in the direct map\n", sp->direct);
	}
	return vs_out_tick(out);
}
