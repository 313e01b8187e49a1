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
#include "check/formula.h"

/* What kind of trace a finding is. */
enum trace {
	TRACE_NONE,	/* of no update */
	TRACE_LINK,	/* a pointer between VMAs, or their number by one of the structures */
	TRACE_BALANCE,	/* colours, heights, gaps: may be behind while something else is */
	TRACE_BOUND,	/* a bound, or a pivot against it */
	TRACE_MERGE,	/* a VMA that has grown over those which it is to take the place of */
	TRACE_SUM,	/* a counter: all of them are looked at together */
	TRACE_FLAGS,	/* flags that a counter would be right without */
	TRACE_NODE,	/* a maple node that has been, or is being, replaced */
	TRACE_LOCKED,	/* locked_vm: mlock() changes it and VM_LOCKED one after the other, and nothing else */
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
	{ "map-count", TRACE_LINK }, { "vmacache", TRACE_STATE }, { "locked-vm", TRACE_LOCKED },
	{ "file-tree", TRACE_STATE }, { "file-last", TRACE_STATE },
	{ "anon-chain", TRACE_STATE }, { "anon-vma", TRACE_STATE },
	{ "rb-color", TRACE_BALANCE }, { "rb-black-height", TRACE_BALANCE }, { "rb-gap", TRACE_BALANCE },
	{ "highest-vm-end", TRACE_BALANCE },
	{ "vma-bounds", TRACE_BOUND }, { "vma-overlap", TRACE_MERGE },
	{ "total-vm", TRACE_SUM }, { "data-vm", TRACE_SUM }, { "exec-vm", TRACE_SUM },
	{ "stack-vm", TRACE_SUM }, { "shared-vm", TRACE_SUM },
	{ "vma-flags", TRACE_FLAGS },
	{ "vma-attached", TRACE_STATE }, { "vma-prot", TRACE_STATE },
	{ "maple-parent", TRACE_NODE }, { "maple-dead", TRACE_NODE },
	{ "maple-range", TRACE_BOUND }, { "maple-pivot", TRACE_BOUND }, { "maple-gap", TRACE_BALANCE },
	{ "maple-meta-gap", TRACE_BALANCE }, { "maple-nulls", TRACE_BALANCE },
	{ "maple-end", TRACE_BALANCE }, { "locked-vm", TRACE_STATE },
};

/* mm_count without tasks that use the mm: CPUs and kernel threads that still have it loaded. */
#define MAX_LAZY 65536

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

/* A bound or the last address before one, of a VMA or of the hole above all of them. */
static bool could_be_bound(const struct vs_space *s, uint64_t v)
{
	return on_page(s, v) && (v <= s->limit || v == UINT64_MAX);
}

/* NULL, or a VMA of this mm: what a pointer may hold at any moment. */
static bool is_link(const struct vs_space *s, uint64_t v)
{
	return !v || vs_space_find(s, v) != VS_NONE ||
		(s->rb_offset && vs_space_find(s, v - s->rb_offset) != VS_NONE);
}

/* How far the counters are ahead of the sums over the VMAs, in pages. */
struct sums {
	int64_t total;		/* total_vm */
	int64_t parts;		/* its sisters together */
	unsigned int n_parts;	/* how many of those differ */
	bool one_bit;		/* the only one that differs does so by one bit */
};

struct tally {
	size_t link, balance, bound, sum, flags, state, node;
	struct sums sums;
	bool lone_count;	/* map_count is off by more than one */
	bool write;
	const struct vs_space *s;
};

static struct sums compare_sums(const struct vs_space *s, const struct vs_order *o)
{
	struct vs_sums seen = { 0 };
	struct sums ret = { 0 };
	unsigned int n = 0;

	for (size_t i = 0; i < o->v.n; i++) {
		const struct vs_vma *v = &s->vmas.v[o->v.v[i]];

		vs_sums_add(&seen, s->has, v->flags, v->file, vs_vma_pages(s, v));
	}
	for (enum vs_sum i = 0; i < VS_N_SUMS; i++) {
		uint64_t counter;

		if (!vs_sums_counter(s, i, &counter) || counter == seen.pages[i])
			continue;
		n++;
		ret.one_bit = n == 1 && __builtin_popcountll(counter ^ seen.pages[i]) == 1;
		if (i == VS_SUM_TOTAL) {
			ret.total = (int64_t)(counter - seen.pages[i]);
		} else {
			ret.parts += (int64_t)(counter - seen.pages[i]);
			ret.n_parts++;
		}
	}
	return ret;
}

/* Is a function of that kind on the holder's stack? */
static bool at_work(const struct tally *t, const char *what)
{
	return strstr(t->s->lock.where, what) != NULL;
}

/* Flags that could be: no access without its VM_MAY bit. A guess from the counters is no more than that. */
static bool flags_could_be(uint64_t flags)
{
	return !(flags & 7 & ~(flags >> 4));
}

/* Does the VMA, or its neighbour above, grow down? */
static bool near_stack(const struct tally *t, const struct vs_report *r, const struct vs_finding *f)
{
	for (size_t i = 0; i < r->order.v.n; i++) {
		if (r->order.v.v[i] != f->vma)
			continue;
		return t->s->vmas.v[f->vma].flags & VS_VM_GROWSDOWN ||
			(i + 1 < r->order.v.n && t->s->vmas.v[r->order.v.v[i + 1]].flags & VS_VM_GROWSDOWN);
	}
	return f->object == VS_OBJ_NODE;	// a pivot or a gap between them
}

/* Is the bound that does not fit the lower one of a stack, by a VMA or by a pivot? */
static bool is_stack_start(const struct tally *t, const struct vs_report *r, const struct vs_finding *f)
{
	if (f->object != VS_OBJ_NODE || f->fmt != VS_VAL_HEX || !f->has_expected)
		return near_stack(t, r, f);
	for (size_t i = 0; i < t->s->vmas.n; i++) {
		const struct vs_vma *v = &t->s->vmas.v[i];

		if (v->flags & VS_VM_GROWSDOWN && (v->start == f->expected + 1 || v->start == f->seen + 1))
			return true;
	}
	return false;
}

/*
 * A parent word as the kernel writes them: a node's address, the slot, and the bits
 * that say what kind of node. One that has been replaced points to itself.
 */
static bool is_parent_word(const struct tally *t, uint64_t v)
{
	const struct vs_maple *m = &t->s->maple;

	return (v & 7) == 6 && m->nodes.n && v >> 40 == m->nodes.v[0].addr >> 40;
}

/* The contents of a node that has been replaced are nobody's any more. */
static bool is_dead_node(const struct tally *t, const struct vs_finding *f)
{
	const struct vs_maple *m = &t->s->maple;

	for (size_t i = 0; f->object == VS_OBJ_NODE && i < m->nodes.n; i++)
		if (m->nodes.v[i].addr == f->addr)
			return vs_mnode_dead(&m->nodes.v[i]);
	return false;
}

/* A pointer that is right but for one bit: objects of a slab do not lie like that. */
static bool one_bit_off(const struct vs_finding *f)
{
	return f->has_expected && f->seen && f->expected && __builtin_popcountll(f->seen ^ f->expected) == 1;
}

/* A merge ends where the last of those that it swallows has ended, or begins where the first has begun. */
static bool overlaps_are_merges(const struct vs_space *s, const struct vs_order *o)
{
	for (size_t i = 1; i < o->v.n; i++) {
		const struct vs_vma *a = &s->vmas.v[o->v.v[i - 1]], *b = &s->vmas.v[o->v.v[i]];
		bool meets = false;

		if (a->end <= b->start)
			continue;
		for (size_t k = i; !meets && k < o->v.n && k < i + 4; k++)
			meets = s->vmas.v[o->v.v[k]].end == a->end;
		for (size_t k = i; !meets && k-- > 0 && k + 4 > i;)
			meets = s->vmas.v[o->v.v[k]].start == b->start;
		if (!meets)
			return false;
	}
	return true;
}

/* May @p f be what an update leaves behind? */
static bool fits(const struct vs_report *r, const struct vs_finding *f, struct tally *t)
{
	const bool hex = f->fmt == VS_VAL_HEX && f->has_seen;

	if (t->write && is_dead_node(t, f)) {
		t->node += 2;
		return true;
	}
	switch (trace_of(f)) {
	case TRACE_NODE:
		t->node++;
		return t->write && is_parent_word(t, f->seen);
	case TRACE_LINK:
		t->link++;
		if (!t->write)
			return false;
		if (hex)
			return is_link(t->s, f->seen) && !one_bit_off(f);
		// alone, map_count is one behind; a run that is unmapped shows in the sums as well
		t->lone_count |= !strcmp(f->rule->id, "map-count") && f->has_expected &&
			f->seen + 1 != f->expected && f->seen != f->expected + 1;
		return true;
	case TRACE_BALANCE:
		t->balance++;
		return (t->write || near_stack(t, r, f)) && (!hex || on_page(t->s, f->seen));
	case TRACE_BOUND:
		t->bound++;
		return !hex || could_be_bound(t->s, f->seen);
	case TRACE_MERGE:
		t->bound++;
		return t->write && overlaps_are_merges(t->s, &r->order);
	case TRACE_FLAGS:
		t->flags++;
		return t->write && f->has_expected && flags_could_be(f->seen) && flags_could_be(f->expected);
	case TRACE_LOCKED:	// no more pages than an address space has
		return f->has_seen && f->seen <= t->s->limit >> t->s->page_shift;
	case TRACE_STATE:
		t->state++;
		return t->write;
	case TRACE_SUM:
		t->sum++;
		return true;
	case TRACE_NONE:
		break;
	}
	return false;
}

/*
 * total_vm goes first, then the one sister that the mapping belongs to; none is
 * ever wrong on its own, but for mprotect(), which moves pages from one to another.
 */
static bool sums_fit(const struct tally *t)
{
	const struct sums *m = &t->sums;
	const int64_t most = (int64_t)(t->s->limit >> t->s->page_shift);

	if (m->total > most || m->total < -most || m->parts > most || m->parts < -most)
		return false;
	// under the read lock counters are only ever ahead; total_vm may be done first
	if (!t->write)
		return m->total >= 0 && m->parts >= 0 &&
			(m->parts <= m->total || at_work(t, "unmap") || at_work(t, "munmap"));
	if (!m->total)
		return !m->n_parts || at_work(t, "mprotect") || at_work(t, "vma_modify") || t->link;
	if (m->parts && (m->parts < 0) != (m->total < 0))
		return false;
	if (m->total < 0 ? m->parts < m->total : m->parts > m->total)
		return false;
	// alone, and off by one bit: a memory error explains it as well, and better
	return m->n_parts || t->link || t->bound || !m->one_bit;
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

/* Is one of the bounds that do not fit that of a stack? */
static bool is_stack_bound(const struct tally *t, const struct vs_report *r)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (trace_of(&r->findings.v[i]) == TRACE_BOUND && is_stack_start(t, r, &r->findings.v[i]))
			return true;
	return false;
}

/* Pages of different moments: whatever leads from one to another may be stale. */
static bool is_smeared(const struct vs_space *s, char **why_ret)
{
	if (!s->moment.smeared)
		return false;
	*why_ret = strdup("its pages are not of one moment: the machine ran on while they were written");
	return true;
}

/*
 * exit_mmap() frees the VMAs one by one and leaves the structures that led to them as
 * they are: nobody is to follow them any more.
 */
static bool is_going(const struct vs_space *s, char **why_ret)
{
	for (size_t i = 0; i < s->users.n; i++)
		if (!s->users.v[i].kthread)
			return false;
	if (!(s->has & VS_HAS_USERS) || s->mm_absent || s->f.mm_users || !s->f.mm_count ||
	    s->f.mm_count > s->users.n + MAX_LAZY)
		return false;
	*why_ret = strdup("mm_users is 0 and no task has this mm: its exit was under way (exit_mmap)");
	return true;
}

/* dup_mmap() that could not go on marks the place, and leaves the parent's VMAs behind it (6.8 to 6.18). */
static bool is_half_forked(const struct vs_space *s, char **why_ret)
{
	bool zero = false;

	for (size_t i = 0; i < s->maple.entries.n; i++)
		zero |= s->maple.entries.v[i].kind == VS_MENTRY_ZERO;
	if (!zero || !(s->f.mm_flags & VS_MMF_UNSTABLE))
		return false;
	*why_ret = strdup("a fork failed half way (MMF_UNSTABLE, and XA_ZERO_ENTRY where it was)");
	return true;
}

bool vs_torn_explains(const struct vs_space *s, const struct vs_report *r, char **why_ret)
{
	struct tally t = { .s = s, .write = s->lock.held == VS_LOCK_WRITE };

	*why_ret = NULL;
	if (is_smeared(s, why_ret) || is_going(s, why_ret) || is_half_forked(s, why_ret))
		return true;
	if (!t.write && s->lock.held != VS_LOCK_READ)
		return false;
	for (size_t i = 0; i < r->findings.n; i++)
		if (r->findings.v[i].severity == VS_SEV_ERROR && !fits(r, &r->findings.v[i], &t))
			return false;
	t.sums = compare_sums(s, &r->order);
	if (t.link > MAX_LINKED || !sums_fit(&t))
		return false;
	// Flags, balance and state follow something else; alone they are damage.
	if (t.flags && !t.link && !t.sums.total && !at_work(&t, "mprotect") && !at_work(&t, "vma_modify"))
		return false;
	if ((t.balance || t.state) && !t.link && !t.bound && !t.sum && !t.node)
		return false;
	if (t.lone_count && t.link == 1 && !t.sums.total && !t.sums.n_parts && !t.node && !t.balance)
		return false;
	// a node that is replaced has children: several say so, or one that is damaged
	if (t.node == 1)
		return false;
	/*
	 * A bound that has moved while the counters have not makes them differ, unless two
	 * VMAs share it. Only a stack has its counters raised before its lower bound.
	 */
	if (t.bound && !t.sums.total && (!t.write || (t.bound == 1 && !t.link && !t.node && !t.balance &&
						      !t.sums.n_parts)))
		if (!is_stack_bound(&t, r))
			return false;
	*why_ret = vs_lock_words(&s->lock);
	return true;
}
