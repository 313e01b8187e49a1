// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The picture of an address space in a terminal: a column of memory with a
 * letter a row; left of it the addresses and what the mm_struct marks, right of
 * it what is there.
 *
 *   7ffed4381000-7ffed43a1000 │ S │  132 KiB rw-p  [stack]
 *    start_stack 7ffed439eed0▸│   │  ↓ the stack grows down
 */
#include "render/layout.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "render/core.h"
#include "render/crash.h"
#include "render/maps.h"

#define SIZE_COLUMNS	9
#define GAUGE		4	/* columns, of a process core */
#define STRIP_WIDTH	5

struct drawing {
	struct vs_buf *b;
	const struct vs_space *s;
	const struct vs_picture *p;
	const struct vs_text_style *st;
	unsigned int digits;		/* of an address */
	unsigned int gutter;		/* columns left of the strip */
	uint32_t kinds;			/* those that were drawn: the legend */
	bool kernel;
};

/* Black on a colour: the strip is to look like one thing, whatever the theme. */
static const char *const kind_sgr[VS_N_KINDS] = {
	[VS_KIND_CODE] = "\033[30;45m", [VS_KIND_RODATA] = "\033[30;46m",
	[VS_KIND_DATA] = "\033[30;43m", [VS_KIND_BSS] = "\033[30;103m",
	[VS_KIND_HEAP] = "\033[30;42m", [VS_KIND_ANON] = "\033[30;102m",
	[VS_KIND_SHARED] = "\033[30;44m", [VS_KIND_HUGE] = "\033[30;104m",
	[VS_KIND_STACK] = "\033[30;41m", [VS_KIND_SPECIAL] = "\033[30;105m",
	[VS_KIND_DEVICE] = "\033[30;101m", [VS_KIND_NOACCESS] = "\033[97;40m",
};

#define KERNEL_SGR "\033[97;100m"

static unsigned int hex_digits(uint64_t v)
{
	unsigned int n = 1;

	while (v >>= 4)
		n++;
	return n;
}

static void sgr(struct drawing *d, const char *how)
{
	vs_text_sgr(d->b, d->st, how);
}

static const char *pick(const struct drawing *d, const char *u, const char *ascii)
{
	return vs_text_pick(d->st, u, ascii);
}

static void put_size(struct drawing *d, uint64_t bytes)
{
	char buf[VS_HUMAN_MAX];

	vs_buf_printf(d->b, " %*s", SIZE_COLUMNS, vs_human(buf, bytes));
}

/* The strip of a mapping; @p letter ' ' for what stands under the row with the letter. */
static void put_strip(struct drawing *d, enum vs_pic_kind kind, char letter)
{
	if (d->st->color)
		vs_buf_printf(d->b, "%s  %c  " VS_SGR_PLAIN, kind_sgr[kind], letter);
	else
		vs_buf_printf(d->b, "%s %c %s", pick(d, "│", "|"), letter, pick(d, "│", "|"));
}

/* One that no memory is behind. */
static void put_hollow(struct drawing *d, char letter)
{
	sgr(d, VS_SGR_DIM);
	vs_buf_printf(d->b, "%s %c %s", pick(d, "┊", ":"), letter, pick(d, "┊", ":"));
	sgr(d, VS_SGR_PLAIN);
}

/* Columns of an address, padded with zeros to those of the others. */
static unsigned int digits_of(const struct drawing *d, uint64_t addr)
{
	const unsigned int n = hex_digits(addr);

	return n > d->digits ? n : d->digits;
}

static unsigned int range_width(const struct drawing *d, const struct vs_pic_row *r)
{
	return digits_of(d, r->start) + 1 + digits_of(d, r->end);
}

static void put_range(struct drawing *d, const struct vs_pic_row *r)
{
	const unsigned int width = range_width(d, r);

	if (width < d->gutter)
		vs_buf_pad(d->b, ' ', d->gutter - width);
	vs_buf_hex(d->b, r->start, d->digits);
	vs_buf_putc(d->b, '-');
	vs_buf_hex(d->b, r->end, d->digits);
	vs_buf_putc(d->b, ' ');
}

/* Columns that are left for a name behind size and permissions. */
static unsigned int name_width(const struct drawing *d)
{
	unsigned int used = d->gutter + 1 + STRIP_WIDTH + 1 + SIZE_COLUMNS + 1 + 4 + 2 + (d->s->core ? GAUGE + 2 : 0);

	return d->st->width > used + 8 ? d->st->width - used : 8;
}

/* How much of a mapping the core holds; x: bytes that are lost. */
static void put_gauge(struct drawing *d, uint32_t i)
{
	unsigned int full, lost;

	vs_core_gauge(d->s, i, GAUGE, &full, &lost);
	for (unsigned int c = 0; c < full; c++)
		vs_buf_puts(d->b, pick(d, "█", "#"));
	sgr(d, VS_SGR_RED);
	vs_buf_pad(d->b, 'x', lost);
	sgr(d, VS_SGR_PLAIN);
	for (unsigned int c = full + lost; c < GAUGE; c++)
		vs_buf_puts(d->b, pick(d, "░", "."));
	vs_buf_puts(d->b, "  ");
}

/* A mapping without a name that is a thread's stack, or guards one. */
static bool put_thread(struct drawing *d, uint32_t i)
{
	const struct vs_core_vma *c = &d->s->core->vmas.v[i];

	if (vs_vma_label(d->s, &d->s->vmas.v[i], i) || (c->stack_of == VS_NONE && c->guard_of == VS_NONE))
		return false;
	vs_render_core_name(d->b, d->s, i);
	return true;
}

static void put_vma(struct drawing *d, const struct vs_pic_row *r)
{
	const struct vs_vma *v = r->vma == VS_NONE ? &d->s->gate : &d->s->vmas.v[r->vma];
	char perms[5];

	put_range(d, r);
	put_strip(d, r->kind, vs_pic_letter(r->kind));
	if (r->end > r->start)
		put_size(d, r->end - r->start);
	else
		vs_buf_printf(d->b, " %*s", SIZE_COLUMNS, "no size");
	vs_text_perms(perms, v->flags);
	vs_buf_printf(d->b, " %s  ", perms);
	if (r->overlap) {
		sgr(d, VS_SGR_RED);
		vs_buf_puts(d->b, "overlaps ");
		sgr(d, VS_SGR_PLAIN);
	}
	if (d->s->core)
		put_gauge(d, r->vma);
	if (d->s->core && !v->file && put_thread(d, r->vma))
		return;
	if (!v->file && !vs_text_name(d->b, d->s, v, r->vma, NULL, name_width(d), d->st->utf8)) {
		sgr(d, VS_SGR_DIM);
		vs_buf_puts(d->b, vs_pic_word(r->kind));
		sgr(d, VS_SGR_PLAIN);
	} else if (v->file) {
		vs_text_name(d->b, d->s, v, r->vma, NULL, name_width(d), d->st->utf8);
	}
}

/* One more line of a row that needs it. */
static void put_more(struct drawing *d, const struct vs_pic_row *r)
{
	vs_buf_putc(d->b, '\n');
	vs_buf_pad(d->b, ' ', d->gutter + 1);
	put_strip(d, r->kind, ' ');
	vs_buf_puts(d->b, "  ");
}

static void put_run(struct drawing *d, const struct vs_pic_row *r)
{
	const struct vs_pic_run *run = &d->p->runs.v[r->run];
	char n[VS_THOUSANDS_MAX], size[VS_HUMAN_MAX];
	unsigned int shown = 0;

	put_range(d, r);
	put_strip(d, r->kind, vs_pic_letter(r->kind));
	put_size(d, run->bytes);
	vs_buf_printf(d->b, "       %s VMAs", vs_thousands(n, run->n));
	for (unsigned int bits = 0; bits < 16; bits++) {
		char perms[5];

		if (!run->perms[bits])
			continue;
		if (shown++ % 3 == 0)
			put_more(d, r);
		else
			vs_buf_puts(d->b, ", ");
		vs_text_perms(perms, (bits & 7) | (bits & 8 ? VS_VM_MAYSHARE : 0));
		vs_buf_printf(d->b, "%s %s", vs_thousands(n, run->perms[bits]), perms);
	}
	if (run->n_gaps) {
		put_more(d, r);
		vs_buf_printf(d->b, "%s gap%s, %s", vs_thousands(n, run->n_gaps), run->n_gaps == 1 ? "" : "s",
			      vs_human(size, run->gap_bytes));
	}
}

static void put_note(struct drawing *d, const struct vs_pic_row *r)
{
	const struct vs_mm_fields *f = &d->s->f;
	char size[VS_HUMAN_MAX];
	const char *down = pick(d, "↓ ", ""), *up = pick(d, "↑ ", "");

	switch ((enum vs_pic_mark)r->mark) {
	case VS_MARK_FAULT:
		vs_buf_puts(d->b, "the address that could not be accessed");
		break;
	case VS_MARK_SP:
	case VS_MARK_PC:
		vs_buf_printf(d->b, "thread %d%s", d->s->core->threads.v[r->run].tid, r->run ? "" : ", which died");
		break;
	case VS_MARK_TASK_SIZE:
		vs_buf_puts(d->b, "user space of this process ends");
		break;
	case VS_MARK_ENV_START:
		if (f->env_end > f->env_start)
			vs_buf_printf(d->b, "environment, %s", vs_human(size, f->env_end - f->env_start));
		break;
	case VS_MARK_ARG_START:
		if (f->arg_end > f->arg_start)
			vs_buf_printf(d->b, "arguments, %s", vs_human(size, f->arg_end - f->arg_start));
		break;
	case VS_MARK_START_STACK:
		vs_buf_printf(d->b, "%sthe stack grows down", down);
		break;
	case VS_MARK_MMAP_BASE:
		if (f->mmap_compat_base && !(f->task_size >> 32)) {
			vs_buf_puts(d->b, "of 64-bit mappings: not in use");
			break;
		}
		/* fall through */
	case VS_MARK_MMAP_COMPAT_BASE:
		if (d->s->mmap_dir == VS_MMAP_DOWN)
			vs_buf_printf(d->b, "%smmap area, from here down", down);
		else if (d->s->mmap_dir == VS_MMAP_UP)
			vs_buf_printf(d->b, "%smmap area, from here up", up);
		else
			vs_buf_puts(d->b, "mmap area");
		break;
	case VS_MARK_BRK:
		vs_buf_printf(d->b, "%sthe heap grows up", up);
		break;
	case VS_MARK_START_BRK:
		if (f->brk > f->start_brk)
			vs_buf_printf(d->b, "heap, %s", vs_human(size, f->brk - f->start_brk));
		else
			vs_buf_puts(d->b, "no heap yet");
		break;
	case VS_MARK_START_DATA:
		if (f->end_data > f->start_data)
			vs_buf_printf(d->b, "initialised data, %s", vs_human(size, f->end_data - f->start_data));
		break;
	case VS_MARK_START_CODE:
		if (f->end_code > f->start_code)
			vs_buf_printf(d->b, "code, %s", vs_human(size, f->end_code - f->start_code));
		break;
	default:
		break;
	}
}

/* "start_stack 7ffed439eed0" */
static unsigned int mark_width(const struct drawing *d, const struct vs_pic_row *r)
{
	const char *name = r->what == VS_PIC_EDGE ? "" : vs_pic_mark_name(r->mark);

	return (unsigned int)strlen(name) + 1 + digits_of(d, r->start);
}

/* @p in: the row that an inner mark stands in. */
static void put_mark(struct drawing *d, const struct vs_pic_row *r, const struct vs_pic_row *in)
{
	const char *name = r->what == VS_PIC_EDGE ? "" : vs_pic_mark_name(r->mark);
	unsigned int width = mark_width(d, r);
	bool mapped = in && (in->what == VS_PIC_VMA || in->what == VS_PIC_RUN);

	if (width < d->gutter)
		vs_buf_pad(d->b, ' ', d->gutter - width);
	sgr(d, VS_SGR_CYAN);
	vs_buf_printf(d->b, "%s ", name);
	vs_buf_hex(d->b, r->start, d->digits);
	vs_buf_puts(d->b, pick(d, "▸", ">"));
	sgr(d, VS_SGR_PLAIN);
	if (!r->inside)
		vs_buf_puts(d->b, pick(d, "├───┤", "+---+"));
	else if (mapped)
		put_strip(d, in->kind, ' ');
	else
		put_hollow(d, ' ');
	vs_buf_puts(d->b, "  ");
	sgr(d, VS_SGR_CYAN);
	if (r->what == VS_PIC_EDGE)
		vs_buf_puts(d->b, "kernel space begins");
	else
		put_note(d, r);
	sgr(d, VS_SGR_PLAIN);
}

static void put_void(struct drawing *d, const struct vs_pic_row *r, char letter, const char *what)
{
	vs_buf_pad(d->b, ' ', d->gutter + 1);
	put_hollow(d, letter);
	sgr(d, VS_SGR_DIM);
	put_size(d, r->end - r->start);
	vs_buf_printf(d->b, "       %s", what);
	sgr(d, VS_SGR_PLAIN);
}

static void put_kernel(struct drawing *d, const struct vs_pic_row *r)
{
	const unsigned int digits = hex_digits(r->start);

	if (digits < d->gutter)
		vs_buf_pad(d->b, ' ', d->gutter - digits);
	vs_buf_hex(d->b, r->start, 0);
	vs_buf_putc(d->b, ' ');
	if (d->st->color)
		vs_buf_puts(d->b, KERNEL_SGR "  K  " VS_SGR_PLAIN);
	else
		vs_buf_puts(d->b, pick(d, "│ K │", "| K |"));
	put_size(d, r->end - r->start);
	vs_buf_printf(d->b, "       %*s%s", 2 * r->depth, "", r->name);
}

static void put_row(struct drawing *d, const struct vs_pic_row *r, const struct vs_pic_row *in)
{
	switch ((enum vs_pic_what)r->what) {
	case VS_PIC_VMA:
		put_vma(d, r);
		break;
	case VS_PIC_RUN:
		put_run(d, r);
		break;
	case VS_PIC_GAP:
		put_void(d, r, ' ', "gap");
		break;
	case VS_PIC_GUARD:
		put_void(d, r, '!', "guard gap below the stack");
		break;
	case VS_PIC_BEYOND:
		put_void(d, r, ' ', "not for this process");
		break;
	case VS_PIC_HOLE:
		put_void(d, r, 'x', "not canonical: no addresses");
		break;
	case VS_PIC_KERNEL:
		put_kernel(d, r);
		break;
	case VS_PIC_MARK:
	case VS_PIC_EDGE:
		put_mark(d, r, in);
		break;
	}
	// notes and names may be empty; what they would stand behind is padding
	while (d->b->len && d->b->data[d->b->len - 1] == ' ')
		d->b->len--;
	vs_buf_putc(d->b, '\n');
}

static void put_head(struct drawing *d, const char *kernel)
{
	char n[VS_THOUSANDS_MAX], size[VS_HUMAN_MAX];
	const struct vs_picture *p = d->p;

	sgr(d, VS_SGR_BOLD);
	vs_text_users(d->b, d->s);
	sgr(d, VS_SGR_PLAIN);
	if (!d->s->core)
		vs_buf_printf(d->b, "  mm 0x%" PRIx64, d->s->mm);
	vs_buf_printf(d->b, "  %s VMA%s by %s, %s\n", vs_thousands(n, p->n_vmas),
		      p->n_vmas == 1 ? "" : "s", p->source, vs_human(size, p->bytes));
	sgr(d, VS_SGR_DIM);
	vs_buf_printf(d->b, "%s; high addresses on top\n", kernel);
	if (p->runs.n)
		vs_buf_printf(d->b, "%s of the VMAs in %zu row%s of like ones; --all draws each\n",
			      vs_thousands(n, p->n_runs_vmas), p->runs.n, p->runs.n == 1 ? "" : "s");
	sgr(d, VS_SGR_PLAIN);
}

/* A letter and its word; @p column is where the line has come to. */
static unsigned int put_key(struct drawing *d, unsigned int column, const char *color, char letter, const char *word)
{
	const unsigned int width = 3 + (d->st->color ? 4 : 2) + (unsigned int)strlen(word);

	if (column + width > d->st->width) {
		vs_buf_putc(d->b, '\n');
		column = 0;
	}
	vs_buf_puts(d->b, column ? "   " : "");
	if (d->st->color)
		vs_buf_printf(d->b, "%s %c " VS_SGR_PLAIN " ", color, letter);
	else
		vs_buf_printf(d->b, "%c ", letter);
	vs_buf_puts(d->b, word);
	return column + width;
}

static void put_legend(struct drawing *d)
{
	unsigned int column = 0;

	for (unsigned int k = 0; k < VS_N_KINDS; k++)
		if (d->kinds >> k & 1)
			column = put_key(d, column, kind_sgr[k], vs_pic_letter(k), vs_pic_word(k));
	if (d->kernel)
		put_key(d, column, KERNEL_SGR, 'K', "kernel");
	vs_buf_putc(d->b, '\n');
	if (d->s->core)
		vs_buf_printf(d->b, "%s in the core   x lost: the file is cut   %s not in the core\n", pick(d, "█", "#"),
			      pick(d, "░", "."));
}

static void put_counter(struct drawing *d, const struct vs_pic_counter *c)
{
	char size[VS_HUMAN_MAX];

	vs_buf_printf(d->b, "%-9s %9s", c->name, vs_human(size, c->pages << d->s->page_shift));
	if (c->pages == c->sum) {
		vs_buf_puts(d->b, "   = the VMAs");
		return;
	}
	sgr(d, c->exact ? VS_SGR_RED : VS_SGR_DIM);
	vs_buf_printf(d->b, "   VMAs: %s", vs_human(size, c->sum << d->s->page_shift));
	if (!strcmp(vs_human(size, c->sum << d->s->page_shift), vs_human((char[VS_HUMAN_MAX]){ 0 },
									  c->pages << d->s->page_shift)))
		vs_buf_printf(d->b, " (%+" PRId64 " pages)", (int64_t)(c->sum - c->pages));
	sgr(d, VS_SGR_PLAIN);
}

static void put_totals(struct drawing *d)
{
	const struct vs_picture *p = d->p;
	const size_t n = p->totals.n > p->counters.n ? p->totals.n : p->counters.n;
	char count[VS_THOUSANDS_MAX], size[VS_HUMAN_MAX];

	sgr(d, VS_SGR_BOLD);
	vs_buf_printf(d->b, "%-11s %8s %9s", "totals", "VMAs", "size");
	if (p->counters.n)
		vs_buf_printf(d->b, "  %s the mm_struct counts", pick(d, "│", "|"));
	vs_buf_putc(d->b, '\n');
	sgr(d, VS_SGR_PLAIN);
	for (size_t i = 0; i < n; i++) {
		if (i < p->totals.n)
			vs_buf_printf(d->b, "%-11s %8s %9s", p->totals.v[i].name,
				      vs_thousands(count, p->totals.v[i].n),
				      p->totals.v[i].n ? vs_human(size, p->totals.v[i].bytes) : "");
		else
			vs_buf_pad(d->b, ' ', 30);
		if (p->counters.n)
			vs_buf_printf(d->b, "  %s", pick(d, "│", "|"));
		if (i < p->counters.n) {
			vs_buf_putc(d->b, ' ');
			put_counter(d, &p->counters.v[i]);
		}
		vs_buf_putc(d->b, '\n');
	}
}

struct vs_err *vs_render_layout(struct vs_out *out, const struct vs_space *s, const struct vs_picture *p,
				const char *kernel, const struct vs_text_style *style)
{
	struct drawing d = { .b = &out->buf, .s = s, .p = p, .st = style, .digits = 8 };
	const struct vs_pic_row *in = NULL;
	struct vs_err *err = NULL;

	for (size_t i = 0; i < p->rows.n; i++) {
		const struct vs_pic_row *r = &p->rows.v[i];
		const bool mapping = r->what == VS_PIC_VMA || r->what == VS_PIC_RUN;

		if (mapping)
			d.kinds |= UINT32_C(1) << r->kind;
		d.kernel |= r->what == VS_PIC_KERNEL;
		// the kernel's half must not widen the column of all
		if (mapping && r->vma != VS_NONE && !(s->core && r->start >> 63) && hex_digits(r->end - 1) > d.digits)
			d.digits = hex_digits(r->end - 1);
	}
	d.gutter = 2 * d.digits + 1;
	for (size_t i = 0; i < p->rows.n; i++) {
		const struct vs_pic_row *r = &p->rows.v[i];
		const unsigned int width = r->what == VS_PIC_MARK ? mark_width(&d, r) :
			r->what == VS_PIC_VMA || r->what == VS_PIC_RUN ? range_width(&d, r) : 0;

		d.gutter = width > d.gutter && (r->start < p->kernel_start || !p->kernel_start) ? width : d.gutter;
	}
	put_head(&d, kernel);
	vs_buf_printf(d.b, "%*s %s\n", (int)d.gutter, s->word == 8 ? "ffffffffffffffff" : "ffffffff",
		      pick(&d, "┌───┐", "+---+"));
	for (size_t i = 0; !err && i < p->rows.n; i++) {
		const struct vs_pic_row *r = &p->rows.v[i];

		put_row(&d, r, in);
		if (r->what != VS_PIC_MARK && r->what != VS_PIC_EDGE)
			in = r;
		err = vs_out_tick(out);
	}
	if (err)
		return err;
	vs_buf_printf(d.b, "%*s %s\n", (int)d.gutter, "0", pick(&d, "└───┘", "+---+"));
	put_legend(&d);
	vs_buf_putc(d.b, '\n');
	put_totals(&d);
	if (s->core) {
		vs_buf_putc(d.b, '\n');
		vs_render_crash(d.b, s, style);
	}
	return vs_out_tick(out);
}
