// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dump stops the machine anywhere. An mm whose lock is held may be half way
 * through an update, and then its structures do not agree, without any damage.
 *
 * What updates leave behind, seen in dumps that were stopped there:
 * - a VMA that hangs in one structure and not yet, or no longer, in another:
 *   pointers to VMAs of this mm or NULL, counts that differ;
 * - bounds that have moved while gaps, pivots and counters have not: all of them
 *   on page boundaries;
 * - counters that are behind: total_vm and one of its sisters, by the same pages.
 * Under the read lock only counters may be ahead of the VMAs (munmap after its
 * downgrade, stack growth), and the lower bound of a stack.
 *
 * No update leaves a wild pointer, a loop, a foreign vm_mm, a bound off its page,
 * an unknown flag, or a single counter, colour or gap that is wrong on its own.
 */
#include "check/torn.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* What kind of trace a finding is. */
enum trace {
	TRACE_NONE,	/* of no update */
	TRACE_LINK,	/* a pointer between VMAs, or their number by one of the structures */
	TRACE_BALANCE,	/* colours, heights, gaps: may be behind while something else is */
	TRACE_BOUND,	/* a bound, or a pivot against it */
	TRACE_SUM,	/* a counter */
	TRACE_STATE,	/* attached, write-locked: follows at once */
};

static const struct {
	const char *rule;
	enum trace trace;
} traces[] = {
	{ "list-start", TRACE_LINK }, { "list-next", TRACE_LINK }, { "list-prev", TRACE_LINK },
	{ "list-count", TRACE_LINK }, { "prev-count", TRACE_LINK },
	{ "rb-root", TRACE_LINK }, { "rb-child", TRACE_LINK }, { "rb-order", TRACE_LINK },
	{ "rb-parent", TRACE_LINK }, { "rb-count", TRACE_LINK }, { "rb-list", TRACE_LINK },
	{ "map-count", TRACE_LINK }, { "vmacache", TRACE_STATE },
	{ "rb-color", TRACE_BALANCE }, { "rb-black-height", TRACE_BALANCE }, { "rb-gap", TRACE_BALANCE },
	{ "highest-vm-end", TRACE_BALANCE },
	{ "vma-bounds", TRACE_BOUND }, { "vma-overlap", TRACE_BOUND },
	{ "total-vm", TRACE_SUM }, { "data-vm", TRACE_SUM }, { "exec-vm", TRACE_SUM },
	{ "stack-vm", TRACE_SUM }, { "shared-vm", TRACE_SUM },
	{ "vma-attached", TRACE_STATE },
	{ "maple-range", TRACE_BOUND }, { "maple-pivot", TRACE_BOUND }, { "maple-gap", TRACE_BALANCE },
	{ "maple-meta", TRACE_BALANCE }, { "maple-nulls", TRACE_BALANCE }, { "maple-slot", TRACE_LINK },
	{ "maple-count", TRACE_LINK }, { "maple-null", TRACE_LINK },
};

/* Objects that one update can have in hand at a time: a split and a rebalancing. */
#define MAX_LINKED 12

static enum trace trace_of(const struct vs_finding *f)
{
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		if (!strcmp(traces[i].rule, f->rule->id))
			return traces[i].trace;
	return TRACE_NONE;
}

static bool on_page(const struct vs_space *s, uint64_t v)
{
	uint64_t page = UINT64_C(1) << s->page_shift;

	return !(v & (page - 1)) || !((v + 1) & (page - 1));
}

/* NULL, or a VMA of this mm: what a pointer may hold at any moment. */
static bool is_link(const struct vs_space *s, uint64_t v)
{
	return !v || vs_space_find(s, v) != VS_NONE ||
		(s->rb_offset && vs_space_find(s, v - s->rb_offset) != VS_NONE);
}

struct tally {
	size_t link, balance, bound, sum, state;
	int64_t total, parts;	/* pages by which total_vm, and its sisters together, are ahead */
	bool has_total, one_bit;
};

static bool fits_write(const struct vs_space *s, const struct vs_finding *f, struct tally *t)
{
	int64_t ahead;

	switch (trace_of(f)) {
	case TRACE_LINK:
		t->link++;
		// counts have no pointer to look at
		return f->fmt != VS_VAL_HEX || !f->has_seen || is_link(s, f->seen);
	case TRACE_BALANCE:
		t->balance++;
		return f->fmt != VS_VAL_HEX || !f->has_seen || on_page(s, f->seen);
	case TRACE_BOUND:
		t->bound++;
		return !f->has_seen || on_page(s, f->seen);
	case TRACE_STATE:
		t->state++;
		return true;
	case TRACE_SUM:
		t->sum++;
		if (!f->has_seen || !f->has_expected)
			return true;
		ahead = (int64_t)(f->seen - f->expected);
		t->one_bit |= __builtin_popcountll(f->seen ^ f->expected) == 1;
		if (!strcmp(f->rule->id, "total-vm")) {
			t->has_total = true;
			t->total = ahead;
		} else {
			t->parts += ahead;
		}
		return true;
	case TRACE_NONE:
		break;
	}
	return false;
}

/* total_vm goes first, then the one sister that the VMA belongs to; never a sister alone. */
static bool sums_fit(const struct tally *t)
{
	if (!t->sum)
		return true;
	if (!t->has_total || (t->parts && (t->parts < 0) != (t->total < 0)))
		return false;
	if (t->parts < 0 ? t->parts < t->total : t->parts > t->total)
		return false;
	// alone, and off by one bit: a memory error explains it as well, and better
	return t->parts || t->link || t->bound || !t->one_bit;
}

static bool fits_read(const struct vs_space *s, const struct vs_finding *f, struct tally *t)
{
	if (!fits_write(s, f, t))
		return false;
	switch (trace_of(f)) {
	case TRACE_SUM:
		return f->has_seen && f->has_expected && f->seen > f->expected;
	case TRACE_BOUND:
	case TRACE_BALANCE:
		return f->vma != VS_NONE ? (s->vmas.v[f->vma].flags & VS_VM_GROWSDOWN) != 0 :
			f->object == VS_OBJ_NODE && t->bound != 0;
	default:
		return false;
	}
}

char *vs_lock_words(const struct vs_lock *lock)
{
	struct vs_buf b = VS_BUF_INIT;

	if (lock->held != VS_LOCK_WRITE && lock->held != VS_LOCK_READ)
		return NULL;
	vs_buf_puts(&b, lock->held == VS_LOCK_WRITE ? "mmap_lock is held for write by " :
		    "mmap_lock is held for read by ");
	if (lock->tid) {
		vs_buf_printf(&b, "pid %d (", lock->pid);
		vs_buf_put_clean(&b, lock->comm, strlen(lock->comm));
		vs_buf_puts(&b, ")");
		if (lock->tid != lock->pid)
			vs_buf_printf(&b, ", thread %d", lock->tid);
		vs_buf_printf(&b, ", state %c", lock->state);
	} else if (lock->task) {
		vs_buf_printf(&b, "the task at 0x%llx, which is not among the tasks of the dump",
			      (unsigned long long)lock->task);
	} else {
		vs_buf_puts(&b, "a task that left no name");
	}
	if (lock->readers > 1)
		vs_buf_printf(&b, " and %u more", lock->readers - 1);
	if (*lock->where)
		vs_buf_printf(&b, "; its stack has %s", lock->where);
	return vs_buf_steal(&b);
}

bool vs_torn_explains(const struct vs_space *s, const struct vs_report *r, char **why_ret)
{
	const bool write = s->lock.held == VS_LOCK_WRITE;
	struct tally t = { 0 };

	*why_ret = NULL;
	if (!write && s->lock.held != VS_LOCK_READ)
		return false;
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct vs_finding *f = &r->findings.v[i];

		if (f->severity != VS_SEV_ERROR)
			continue;
		if (!(write ? fits_write(s, f, &t) : fits_read(s, f, &t)))
			return false;
	}
	if (t.link > MAX_LINKED || !sums_fit(&t))
		return false;
	// balance and state follow something; alone they are damage
	if ((t.balance || t.state) && !t.link && !t.bound && !t.sum)
		return false;
	*why_ret = vs_lock_words(&s->lock);
	return true;
}
