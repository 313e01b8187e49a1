// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the machine is stopped, no task has run later than the clock of its run queue
 * shows, and no CPU has seen a later jiffies than it is. What was copied page by page
 * from a machine that ran on shows both, unless nothing happened on it.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define LATE_NS		UINT64_C(100000000)	/* CPUs are not stopped at the very same time */
#define LATE_TICKS	25			/* 0.1 s at 250 a second */
#define SANE_TICKS	(UINT64_C(1) << 32)	/* more than that is damage, no clock */
#define SANE_NS		(UINT64_C(3600) * 1000000000)
#define MIN_WITNESSES	2			/* one may be damaged itself */

struct clocks {
	struct vs_symbol jiffies, runqueues, bases, sched;
};

static bool read_percpu(struct vs_kernel *k, const struct vs_symbol *s, uint64_t offset, struct vs_field f,
			uint64_t *ret)
{
	return s->found && vs_has(f) && f.size <= 8 &&
		vs_kmem_uint(&k->mem, s->value + offset + (uint64_t)f.off, f.size, ret);
}

/* What a CPU has seen of jiffies lately: where its timers are, when it went idle. */
static void ask_cpu(struct vs_kernel *k, const struct clocks *c, uint64_t offset, uint64_t jiffies,
		    struct vs_moment *m)
{
	const uint64_t mask = k->mem.target.word == 8 ? UINT64_MAX : UINT32_MAX;
	uint64_t seen[2] = { jiffies, jiffies }, most = 0;

	read_percpu(k, &c->bases, offset, k->layout.clock.timer_clk, &seen[0]);
	read_percpu(k, &c->sched, offset, k->layout.clock.last_jiffies, &seen[1]);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t ahead = (seen[i] - jiffies) & mask;

		// a CPU that was never idle has 0, which 32 bits come by five minutes after boot
		if (!(seen[i] & mask) || ahead <= LATE_TICKS || ahead >= SANE_TICKS || ahead >= mask / 2)
			continue;
		m->n_stamps++;
		most = ahead > most ? ahead : most;
	}
	m->n_cpus += most != 0;
	m->ahead_ticks = most > m->ahead_ticks ? most : m->ahead_ticks;
}

static void ask_task(struct vs_kernel *k, const struct vs_task *t, const struct clocks *c,
		     const struct vs_cpus *cpus, struct vs_moment *m)
{
	const struct vs_layout *l = &k->layout;
	uint64_t cpu, ran, now;

	if (!vs_has(l->clock.exec_start) || !vs_has(l->thread.cpu) ||
	    !vs_kmem_uint(&k->mem, t->addr + (uint64_t)l->thread.cpu.off, l->thread.cpu.size, &cpu) ||
	    !vs_kmem_uint(&k->mem, t->addr + (uint64_t)l->clock.exec_start.off, l->clock.exec_start.size, &ran))
		return;
	for (size_t i = 0; i < cpus->v.n; i++) {
		if (cpus->v.v[i].nr != cpu ||
		    !read_percpu(k, &c->runqueues, cpus->v.v[i].offset, l->clock.clock_task, &now) ||
		    ran <= now || ran - now < LATE_NS || ran - now > SANE_NS)
			continue;
		m->n_tasks++;
		if (ran - now > m->ahead_ns) {
			m->ahead_ns = ran - now;
			m->pid = t->pid;
		}
	}
}

struct vs_err *vs_moment_read(struct vs_kernel *k, const struct vs_tasks *tasks, struct vs_moment *ret)
{
	struct vs_symbol names[] = {
		{ .name = "jiffies_64" }, { .name = "runqueues" }, { .name = "timer_bases" },
		{ .name = "tick_cpu_sched" },
	};
	struct clocks c;
	const struct vs_cpus *cpus;
	uint64_t jiffies;
	struct vs_err *err = vs_kernel_find(k, names, sizeof(names) / sizeof(names[0]));

	*ret = (struct vs_moment){ 0 };
	if (!err)
		err = vs_kernel_cpus(k, &cpus);
	if (err)
		return err;
	c = (struct clocks){ names[0], names[1], names[2], names[3] };
	for (size_t i = 0; i < tasks->v.n; i++)
		ask_task(k, &tasks->v.v[i], &c, cpus, ret);
	if (c.jiffies.found && vs_kmem_uint(&k->mem, c.jiffies.value, 8, &jiffies))
		for (size_t i = 0; i < cpus->v.n; i++)
			ask_cpu(k, &c, cpus->v.v[i].offset, jiffies, ret);
	ret->smeared = ret->n_tasks + ret->n_stamps >= MIN_WITNESSES;
	return NULL;
}
