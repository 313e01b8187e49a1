// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "render/text.h"
#include "check/torn.h"

/* About a screen, unless all is asked for. */
#define MAX_SHOWN 6		/* objects, and findings of each */
#define ID_WIDTH 15		/* of the longest rule id */

#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define GREEN "\033[32m"
#define YELLOW "\033[1;33m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static void paint(struct vs_buf *b, const struct vs_report_style *style, const char *how)
{
	if (style->color)
		vs_buf_puts(b, how);
}

static void put_count(struct vs_buf *b, uint64_t n)
{
	char buf[VS_THOUSANDS_MAX];

	vs_buf_puts(b, vs_thousands(buf, n));
}

static void put_plural(struct vs_buf *b, uint64_t n, const char *noun)
{
	put_count(b, n);
	vs_buf_printf(b, " %s%s", noun, n == 1 ? "" : "s");
}

static void put_verdict(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r,
			const struct vs_report_style *style)
{
	static const char *const upper[] = {
		[VS_CONSISTENT] = "consistent", [VS_CORRUPT] = "CORRUPT",
		[VS_UNREADABLE] = "UNREADABLE", [VS_TORN] = "TORN", [VS_INCOMPLETE] = "INCOMPLETE",
	};

	paint(b, style, r->verdict == VS_CONSISTENT ? GREEN : r->verdict == VS_CORRUPT ? RED : YELLOW);
	vs_buf_puts(b, upper[r->verdict]);
	paint(b, style, PLAIN);
	vs_buf_puts(b, "  ");
	if (s->users.n) {
		vs_text_users(b, s);
		vs_buf_puts(b, "  ");
	}
	if (s->has & VS_HAS_CORE)
		vs_buf_puts(b, "process core");
	else
		vs_buf_printf(b, "mm 0x%" PRIx64, s->mm);
	if (r->verdict == VS_CONSISTENT) {
		vs_buf_puts(b, "  ");
		put_plural(b, r->n_vmas, "VMA");
	}
	vs_buf_putc(b, '\n');
}

/* Who was at work, where that explains what is broken, or where it is said that it does not. */
static void put_lock(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r)
{
	char *words;

	if (r->verdict == VS_TORN) {
		vs_buf_printf(b, "  %s\n", r->torn ? r->torn : "a writer was at work");
	} else if (r->verdict == VS_CORRUPT && s->lock.held == VS_LOCK_WRITE) {
		words = vs_lock_words(&s->lock);
		if (words)
			vs_buf_printf(b, "  %s; but no update leaves this behind\n", words);
		free(words);
	}
}

static void put_object(struct vs_buf *b, const struct vs_space *s, const struct vs_finding *f,
		       const struct vs_report_style *style)
{
	static const char *const kinds[] = {
		[VS_OBJ_MM] = "mm", [VS_OBJ_VMA] = "vma", [VS_OBJ_NODE] = "maple node",
		[VS_OBJ_DUMP] = "dump",
	};

	vs_buf_puts(b, "  ");
	paint(b, style, BOLD);
	if (!(s->has & VS_HAS_CORE))
		vs_buf_printf(b, "%s 0x%" PRIx64, f->object == VS_OBJ_OTHER ? f->type : kinds[f->object],
			      f->addr);
	else if (f->object == VS_OBJ_OTHER && f->addr <= UINT32_MAX)
		vs_buf_printf(b, "%s %" PRIu64, f->type, f->addr);
	else if (f->object == VS_OBJ_OTHER)
		vs_buf_printf(b, "%s 0x%" PRIx64, f->type, f->addr);
	else
		vs_buf_puts(b, f->object == VS_OBJ_VMA ? "mapping" : "the file");
	paint(b, style, PLAIN);
	if (f->object == VS_OBJ_VMA && f->vma != VS_NONE) {
		const struct vs_vma *v = &s->vmas.v[f->vma];

		vs_buf_puts(b, "  ");
		vs_buf_hex(b, v->start, 8);
		vs_buf_putc(b, '-');
		vs_buf_hex(b, v->end, 8);
		vs_buf_printf(b, " %c%c%c%c", v->flags & VS_VM_READ ? 'r' : '-',
			      v->flags & VS_VM_WRITE ? 'w' : '-', v->flags & VS_VM_EXEC ? 'x' : '-',
			      v->flags & VS_VM_MAYSHARE ? 's' : 'p');
		if (s->has & VS_HAS_CORE) {	// what a kernel's VMA is called is read for maps only
			vs_buf_puts(b, "  ");
			vs_text_name(b, s, v, f->vma, "anonymous", 60, true);
		}
	}
	vs_buf_putc(b, '\n');
}

static void put_finding(struct vs_buf *b, const struct vs_finding *f,
			const struct vs_report_style *style, bool told)
{
	const int width = ID_WIDTH;

	if (f->consequence)
		paint(b, style, DIM);
	vs_buf_printf(b, "    %-*s ", width, f->rule->id);
	if (f->detail) {
		vs_buf_puts(b, f->detail);
	} else {
		vs_buf_puts(b, f->member ? f->member : f->rule->doc);
		if (f->has_seen && f->member)
			vs_buf_printf(b, " is 0x%" PRIx64, f->seen);
		if (f->has_expected && f->member)
			vs_buf_printf(b, ", 0x%" PRIx64 " is right", f->expected);
	}
	if (f->consequence)
		paint(b, style, PLAIN);
	vs_buf_putc(b, '\n');
	if (f->cause && !told)
		vs_buf_printf(b, "    %-*s likely %s\n", width, "", f->cause);
}

/** Has an earlier finding of the same object, from findings[@p from] on, the cause of findings[@p i]? */
static bool cause_told(const struct vs_report *r, size_t from, size_t i)
{
	const char *cause = r->findings.v[i].cause;

	for (size_t j = from; cause && j < i; j++)
		if (r->findings.v[j].cause && !strcmp(r->findings.v[j].cause, cause))
			return true;
	return false;
}

/** Where the findings of the object of findings[i] end. */
static size_t object_end(const struct vs_report *r, size_t i)
{
	size_t end = i + 1;

	while (end < r->findings.n && r->findings.v[end].addr == r->findings.v[i].addr &&
	       r->findings.v[end].object == r->findings.v[i].object)
		end++;
	return end;
}

static void put_findings(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r,
			 const struct vs_report_style *style)
{
	const size_t max = style->verbose ? SIZE_MAX : style->max ? style->max : MAX_SHOWN;
	size_t objects = 0, hidden_objects = 0, hidden = 0;

	for (size_t i = 0, end; i < r->findings.n; i = end) {
		size_t last;

		end = object_end(r, i);
		last = end - i > max ? i + max : end;
		if (objects++ >= max) {
			hidden_objects++;
			hidden += end - i;
			continue;
		}
		put_object(b, s, &r->findings.v[i], style);
		for (size_t j = i; j < last; j++)
			put_finding(b, &r->findings.v[j], style, cause_told(r, i, j));
		hidden += end - last;
	}
	for (size_t i = 0; i < r->more.n; i++)
		hidden += r->more.v[i].n;
	if (!hidden)
		return;
	vs_buf_puts(b, "  and ");
	put_plural(b, hidden, "more finding");
	if (hidden_objects) {
		vs_buf_puts(b, ", on ");
		put_plural(b, hidden_objects, "more object");
	}
	vs_buf_puts(b, style->verbose ? " that are not kept\n" : ": --verbose\n");
}

/** The structures that agree with each other, and whether all VMAs are known. */
static void put_intact(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r)
{
	// the VMAs' own members are told by their findings, not as a structure
	uint32_t intact = r->held & ~r->broken & ~(uint32_t)VS_PART_VMA;
	bool first = true;

	if ((r->verdict != VS_CORRUPT && r->verdict != VS_TORN) || s->has & VS_HAS_CORE)
		return;
	if (!r->n_vmas && (s->f.map_count || s->users.n)) {
		vs_buf_puts(b, "  no walk leads to any VMA; rebuild looks for them elsewhere, too\n");
		return;
	}
	vs_buf_puts(b, "  intact: ");
	for (uint32_t part = 1; part <= intact; part <<= 1) {
		if (!(intact & part))
			continue;
		vs_buf_printf(b, "%s%s", first ? "" : ", ", vs_part_name(part));
		first = false;
	}
	if (first)
		vs_buf_puts(b, "nothing that could be held against another");
	vs_buf_puts(b, ". ");
	if (r->order.whole) {
		vs_buf_puts(b, "All ");
		put_plural(b, r->n_vmas, "VMA");
		vs_buf_printf(b, " are known by %s", r->order.source);
	} else {
		put_plural(b, r->n_vmas, "VMA");
		vs_buf_printf(b, " %s known, put together from what each walk reaches",
			      r->n_vmas == 1 ? "is" : "are");
	}
	vs_buf_putc(b, '\n');
}

/* "vmascope mm vmcore 134": a command about this address space, to be typed. */
static void put_command(struct vs_buf *b, const struct vs_space *s, const struct vs_report_style *style,
			const char *name)
{
	vs_buf_printf(b, "%s %s %s%s", style->cmd, name, style->dump ? style->dump : "",
		      style->dump ? " " : "");
	if (s->users.n)
		vs_buf_printf(b, "%d\n", s->users.v[0].pid);
	else
		vs_buf_printf(b, "mm=0x%" PRIx64 "\n", s->mm);
}

static void put_next(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r,
		     const struct vs_report_style *style)
{
	const uint32_t links = VS_PART_NEXT | VS_PART_PREV | VS_PART_RB | VS_PART_MAPLE;
	const struct vs_finding *f = r->findings.n ? &r->findings.v[0] : NULL;

	if (!style->cmd || !f || r->verdict == VS_CONSISTENT || r->verdict == VS_INCOMPLETE)
		return;
	vs_buf_puts(b, "  see: ");
	if (s->has & VS_HAS_CORE) {
		vs_buf_printf(b, "%s info%s%s\n", style->cmd, style->dump ? " " : "", style->dump ? style->dump : "");
		return;
	}
	if (f->object == VS_OBJ_VMA)
		vs_buf_printf(b, "%s show 0x%" PRIx64 "%s%s\n", style->cmd, f->addr,
			      style->dump ? " " : "", style->dump ? style->dump : "");
	else
		put_command(b, s, style, f->object == VS_OBJ_NODE ? "tree" : "mm");
	if (r->verdict == VS_CORRUPT && r->broken & links) {
		vs_buf_puts(b, "       ");
		put_command(b, s, style, "rebuild");
	}
}

void vs_render_report(struct vs_buf *b, const struct vs_space *s, const struct vs_report *r,
		      const struct vs_report_style *style)
{
	if (r->verdict == VS_CONSISTENT && !style->verbose)
		return;
	put_verdict(b, s, r, style);
	put_lock(b, s, r);
	put_findings(b, s, r, style);
	put_intact(b, s, r);
	if (r->failed)
		vs_buf_puts(b, "  out of memory: this is not all\n");
	put_next(b, s, r, style);
}

static const char *severity_name(enum vs_severity severity)
{
	return severity == VS_SEV_ERROR ? "error" :
	       severity == VS_SEV_INCOMPLETE ? "incomplete" : "note";
}

void vs_render_rules(struct vs_buf *b)
{
	const struct vs_rule *rules;
	int width = 0;
	size_t n;

	rules = vs_rules(&n);
	for (size_t i = 0; i < n; i++) {
		int len = (int)strlen(rules[i].id);

		width = len > width ? len : width;
	}
	for (size_t i = 0; i < n; i++)
		vs_buf_printf(b, "%-*s  %-10s  %s\n", width, rules[i].id,
			      severity_name(rules[i].severity), rules[i].doc);
}
