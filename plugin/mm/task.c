// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks: the ring init_task.tasks of group leaders, and each group's threads
 * over signal->thread_head. The ring is walked forward; where that breaks, what
 * lies behind the break is reached backward.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

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
	*b = (struct vs_task_break){ why, task, member, value, from };
	return NULL;
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
		return vs_err_create(VS_ERR_ABSENT, "init_task at %#" PRIx64 " is not in the dump: no way to the tasks",
				     init);
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
		slot = vs_vec_push(&r->tasks->v);
		if (!slot || !vs_map_set(&r->seen, addr, 0))
			return &vs_enomem;
		*slot = t;
		leader = slot->leader = (uint32_t)(r->tasks->v.n - 1);
		err = read_threads(r, leader, thread_next);
		if (err)
			return err;
		from_task = addr;
		next = backward ? bwd : fwd;
	}
	*closed_ret = true;
	return NULL;
}

struct vs_err *vs_tasks_read(struct vs_kernel *k, struct vs_out *out, struct vs_tasks *ret)
{
	struct ring r = { .k = k, .out = out, .tasks = ret };
	struct vs_err *err;
	uint64_t init;
	bool closed;

	*ret = (struct vs_tasks){ 0 };
	if (!vs_kernel_sym(k, VS_SYM_INIT_TASK, &init))
		return vs_err_create(VS_ERR_NOT_FOUND, "no symbol init_task: no way to the tasks");
	err = read_ring(&r, false, &closed);
	if (!err && !closed)
		err = read_ring(&r, true, &closed);
	vs_map_deinit(&r.seen);
	if (err)
		vs_tasks_deinit(ret);
	return err;
}
