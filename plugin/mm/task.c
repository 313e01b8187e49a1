// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks: the ring init_task.tasks of group leaders, and each group's threads
 * over signal->thread_head. The ring is walked forward; where that breaks, what
 * lies behind the break is reached backward. Where anything is broken, the pid
 * table is asked for the rest; and should that be broken as well, the slab of
 * mm_structs for address spaces that nobody is known to use.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"
#include "mm/pids.h"
#include "mm/slab.h"

#define PID_MAX_LIMIT (4 * 1024 * 1024)	/* unchanged since 2.5 */

struct ring {
	struct vs_kernel *k;
	struct vs_out *out;
	struct vs_tasks *tasks;
	struct vs_map seen;	/* task address -> 0 */
};

static uint64_t ld(struct vs_kernel *k, const unsigned char *raw, struct vs_field f)
{
	return vs_has(f) ? vs_load(raw + f.off, f.size, k->mem.target.big_endian) : 0;
}

/* Read a task; where @p raw_ret's bytes are not all there the answer says why. */
static enum vs_stop read_task(struct vs_kernel *k, uint64_t addr, struct vs_task *t, uint8_t *from_ret,
			      uint64_t *next_ret, uint64_t *prev_ret, uint64_t *thread_next_ret)
{
	const struct vs_layout *l = &k->layout;
	unsigned char buf[16384];
	const unsigned char *raw;
	enum vs_from from;

	if (!vs_kmem_is_kernel(&k->mem, addr) || addr % k->mem.target.word)
		return VS_STOP_WILD;
	raw = vs_kmem_peek(&k->mem, addr, l->task.size, &from);
	if (!raw && l->task.size <= sizeof(buf)) {
		from = vs_kmem_read(&k->mem, addr, buf, l->task.size, NULL);
		raw = buf;
	}
	*from_ret = (uint8_t)from;
	if (!raw || !vs_from_ok(from))
		return from == VS_FROM_NOWHERE ? VS_STOP_WILD : VS_STOP_ABSENT;
	*t = (struct vs_task){
		.addr = addr,
		.pid = (int32_t)ld(k, raw, l->task.pid),
		.tgid = (int32_t)ld(k, raw, l->task.tgid),
		.mm = ld(k, raw, l->task.mm),
		.active_mm = ld(k, raw, l->task.active_mm),
		.signal = ld(k, raw, l->task.signal),
		.fs = ld(k, raw, l->task.fs),
		.flags = ld(k, raw, l->task.flags),
		.state = ld(k, raw, l->task.state),
		.exit_state = ld(k, raw, l->task.exit_state),
		.n_threads = 1,
	};
	for (unsigned int i = 0; vs_has(l->task.rss_count) && i < 4 && 4 * (i + 1) <= l->task.rss_count.size; i++)
		t->rss[i] = (int32_t)vs_load32(raw + l->task.rss_count.off + 4 * i, k->mem.target.big_endian);
	memcpy(t->comm, raw + l->task.comm.off, sizeof(t->comm) - 1);
	*next_ret = vs_load(raw + l->task.tasks.off, k->mem.target.word, k->mem.target.big_endian);
	*prev_ret = vs_load(raw + l->task.tasks.off + k->mem.target.word, k->mem.target.word,
			    k->mem.target.big_endian);
	*thread_next_ret = vs_has(l->task.thread_node) ?
		vs_load(raw + l->task.thread_node.off, k->mem.target.word, k->mem.target.big_endian) : 0;
	if (t->pid < 0 || t->pid > PID_MAX_LIMIT || t->tgid < 0 || t->tgid > PID_MAX_LIMIT ||
	    !memchr(t->comm, 0, sizeof(t->comm)))
		return VS_STOP_FOREIGN;
	return VS_STOP_END;
}

static struct vs_err *broke(struct ring *r, enum vs_stop why, uint64_t task, const char *member,
			    uint64_t value, uint8_t from)
{
	struct vs_task_break *b = vs_vec_push(&r->tasks->breaks);

	if (!b)
		return &vs_enomem;
	*b = (struct vs_task_break){ .why = why, .task = task, .member = member, .value = value, .from = from };
	return NULL;
}

/* The ring came from @p from_task to @p task, whose pointer the other way is @p back. */
static struct vs_err *check_back(struct ring *r, uint64_t from_task, uint64_t task, uint64_t back)
{
	struct vs_err *err;

	if (back == from_task + (uint64_t)r->k->layout.task.tasks.off)
		return NULL;
	err = broke(r, VS_STOP_FOREIGN, task, "tasks.prev", back, 0);
	if (!err)
		r->tasks->breaks.v[r->tasks->breaks.n - 1].one_way = true;
	return err;
}

/* The threads of the leader at @p leader (an index), which are not leaders themselves. */
static struct vs_err *read_threads(struct ring *r, uint32_t leader, uint64_t next)
{
	struct vs_kernel *k = r->k;
	const struct vs_layout *l = &k->layout;
	uint64_t head, from_task = r->tasks->v.v[leader].addr;
	uint64_t signal = r->tasks->v.v[leader].signal;

	if (!vs_has(l->task.thread_node) || !vs_has(l->signal.thread_head) || !signal)
		return NULL;
	head = signal + (uint64_t)l->signal.thread_head.off;
	while (next != head) {
		uint64_t addr = next - (uint64_t)l->task.thread_node.off, ring_next, ring_prev, n;
		struct vs_task t, *slot;
		uint8_t from = 0;
		enum vs_stop stop;

		if (addr == r->tasks->v.v[leader].addr) {	// the leader need not be the first
			stop = vs_kmem_ulong(&k->mem, next, &n) ? VS_STOP_END : VS_STOP_ABSENT;
			if (stop != VS_STOP_END || n == next)
				return broke(r, stop == VS_STOP_END ? VS_STOP_CYCLE : stop, from_task,
					     "thread_node.next", next, from);
			from_task = addr;
			next = n;
			// a list that comes by the leader again would go on for ever
			if (vs_map_get(&r->seen, addr + 1) != VS_MAP_NONE)
				return broke(r, VS_STOP_CYCLE, from_task, "thread_node.next", next, from);
			if (!vs_map_set(&r->seen, addr + 1, 0))
				return &vs_enomem;
			continue;
		}
		stop = read_task(k, addr, &t, &from, &ring_next, &ring_prev, &n);
		if (stop == VS_STOP_END && t.signal != signal)
			stop = VS_STOP_FOREIGN;
		if (stop == VS_STOP_END && vs_map_get(&r->seen, addr) != VS_MAP_NONE)
			stop = VS_STOP_CYCLE;
		if (stop != VS_STOP_END)
			return broke(r, stop, from_task, "thread_node.next", next, from);
		slot = vs_vec_push(&r->tasks->v);
		if (!slot || !vs_map_set(&r->seen, addr, 0))
			return &vs_enomem;
		*slot = t;
		slot->leader = leader;
		r->tasks->v.v[leader].n_threads++;
		from_task = addr;
		next = n;
	}
	return NULL;
}

/* Follow the ring from @p from_task over @p member until the head or a break. */
static struct vs_err *read_ring(struct ring *r, bool backward, bool *closed_ret)
{
	struct vs_kernel *k = r->k;
	const struct vs_layout *l = &k->layout;
	const char *member = backward ? "tasks.prev" : "tasks.next";
	uint64_t init = 0, next, from_task;
	unsigned int word = k->mem.target.word;

	vs_kernel_sym(k, VS_SYM_INIT_TASK, &init);
	from_task = init;
	*closed_ret = false;
	if (!vs_kmem_ulong(&k->mem, init + (uint64_t)l->task.tasks.off + (backward ? word : 0), &next))
		return backward ? NULL : broke(r, VS_STOP_ABSENT, init, member, 0, VS_FROM_EXCLUDED);
	while (next - (uint64_t)l->task.tasks.off != init) {
		uint64_t addr = next - (uint64_t)l->task.tasks.off, fwd, bwd, thread_next;
		struct vs_task t, *slot;
		uint8_t from = 0;
		uint32_t leader;
		enum vs_stop stop;
		struct vs_err *err = vs_out_poll(r->out);

		if (err)
			return err;
		stop = read_task(k, addr, &t, &from, &fwd, &bwd, &thread_next);
		if (stop == VS_STOP_END && vs_map_get(&r->seen, addr) != VS_MAP_NONE) {
			// going backward this is where the forward walk had come to: all are known
			if (backward)
				return NULL;
			stop = VS_STOP_CYCLE;
		}
		if (stop != VS_STOP_END)
			return broke(r, stop, from_task, member, next, from);
		if (!backward)
			err = check_back(r, from_task, addr, bwd);
		slot = vs_vec_push(&r->tasks->v);
		if (err || !slot || !vs_map_set(&r->seen, addr, 0))
			return err ? err : &vs_enomem;
		*slot = t;
		leader = slot->leader = (uint32_t)(r->tasks->v.n - 1);
		err = read_threads(r, leader, thread_next);
		if (err)
			return err;
		from_task = addr;
		next = backward ? bwd : fwd;
	}
	*closed_ret = true;
	if (!backward && vs_kmem_ulong(&k->mem, init + (uint64_t)l->task.tasks.off + word, &next))
		return check_back(r, from_task, init, next);
	return NULL;
}

/* The group that @p t, found by itself, belongs to; its own index @p self where that is not known. */
static uint32_t find_leader(const struct vs_tasks *tasks, const struct vs_task *t, uint32_t self)
{
	for (uint32_t i = 0; i < tasks->v.n && t->pid != t->tgid; i++)
		if (tasks->v.v[i].leader == i && i != self && tasks->v.v[i].pid == t->tgid)
			return i;
	return self;
}

/* Add the tasks that only the pid table leads to. */
static struct vs_err *ask_table(struct ring *r)
{
	struct vs_tasks *tasks = r->tasks;
	const size_t first = tasks->v.n;
	struct vs_pids pids;
	struct vs_err *err = vs_pids_read(r->k, r->out, &pids);

	for (size_t i = 0; !err && i < pids.v.n; i++) {
		const struct vs_pid *p = &pids.v.v[i];
		uint64_t fwd, bwd, thread_next;
		uint8_t from = 0;
		struct vs_task t, *slot;

		if (vs_map_get(&r->seen, p->task) != VS_MAP_NONE)
			continue;
		if (read_task(r->k, p->task, &t, &from, &fwd, &bwd, &thread_next) != VS_STOP_END ||
		    t.pid != p->nr) {
			pids.broken++;
			continue;
		}
		slot = vs_vec_push(&tasks->v);
		if (slot)
			*slot = t;
		if (!slot || !vs_map_set(&r->seen, p->task, 0))
			err = &vs_enomem;
	}
	// leaders may come after their threads
	for (size_t i = first; !err && i < tasks->v.n; i++)
		tasks->v.v[i].leader = (uint32_t)i;
	for (size_t i = first; !err && i < tasks->v.n; i++) {
		struct vs_task *t = &tasks->v.v[i];

		t->leader = find_leader(tasks, t, (uint32_t)i);
		if (t->leader != i)
			tasks->v.v[t->leader].n_threads++;
	}
	tasks->table = pids.problem ? NULL : pids.source;
	tasks->table_problem = pids.problem;
	tasks->table_broken = pids.broken;
	tasks->n_by_table = (uint32_t)(tasks->v.n - first);
	vs_pids_deinit(&pids);
	return err;
}

/* mm_structs that somebody uses while no task is known that does. */
static struct vs_err *ask_slab(struct ring *r)
{
	const struct vs_layout *l = &r->k->layout;
	struct vs_kmem *mem = &r->k->mem;
	struct vs_map known = { 0 };
	struct vs_slab slab = { 0 };
	struct vs_err *err = NULL;
	uint64_t cachep;

	if (!vs_kernel_sym(r->k, VS_SYM_MM_CACHEP, &cachep) || !vs_has(l->mm.mm_users))
		return NULL;
	vs_out_say(r->out, "searching the slab of mm_structs ...");
	for (size_t i = 0; !err && i < r->tasks->v.n; i++)
		if (r->tasks->v.v[i].mm && !vs_map_set(&known, r->tasks->v.v[i].mm, 0))
			err = &vs_enomem;
	if (!err)
		err = vs_slab_read(r->k, cachep, l->mm.size, r->out, &slab);
	r->tasks->mms_searched = !err && !slab.problem && slab.n_pages;
	for (size_t i = 0; !err && i < slab.objects.n; i++) {
		uint64_t mm = slab.objects.v[i], users, count, pgd, *slot;

		if (vs_map_get(&known, mm) != VS_MAP_NONE ||
		    !vs_kmem_uint(mem, mm + (uint64_t)l->mm.mm_users.off, l->mm.mm_users.size, &users) || !users ||
		    // one without VMAs is the kernel's own, to patch its text through
		    !vs_kmem_uint(mem, mm + (uint64_t)l->mm.map_count.off, l->mm.map_count.size, &count) || !count ||
		    !vs_kmem_ulong(mem, mm + (uint64_t)l->mm.pgd.off, &pgd) || !vs_vma_addr_ok(r->k, pgd))
			continue;
		slot = vs_vec_push(&r->tasks->mms);
		if (!slot)
			err = &vs_enomem;
		else
			*slot = mm;
	}
	vs_slab_deinit(&slab);
	vs_map_deinit(&known);
	return err;
}

struct vs_err *vs_tasks_read(struct vs_kernel *k, struct vs_out *out, struct vs_tasks *ret)
{
	struct ring r = { .k = k, .out = out, .tasks = ret };
	struct vs_err *err;
	uint64_t init;
	bool closed;

	*ret = (struct vs_tasks){ .word = k->mem.target.word };
	if (!vs_kernel_sym(k, VS_SYM_INIT_TASK, &init))
		return vs_err_create(VS_ERR_NOT_FOUND, "no symbol init_task: no way to the tasks");
	err = read_ring(&r, false, &closed);
	if (!err && !closed)
		err = read_ring(&r, true, &closed);
	if (!err && ret->breaks.n)
		err = ask_table(&r);
	if (!err)
		vs_task_mms_settle(k, ret);
	if (!err && vs_tasks_doubtful(ret))
		err = ask_slab(&r);
	if (!err && !ret->v.n && !ret->mms.n)
		err = vs_err_create(VS_ERR_ABSENT, "no way to the tasks: init_task at %#" PRIx64 " leads to none, "
				    "nor does %s", init, ret->table ? ret->table : "a table of pids");
	vs_map_deinit(&r.seen);
	if (err)
		vs_tasks_deinit(ret);
	return err;
}
