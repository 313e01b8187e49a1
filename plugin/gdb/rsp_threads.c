// SPDX-License-Identifier: GPL-2.0-or-later
/* The tasks of a dump as the threads that GDB lists. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/rsp.h"

/* Characters of XML, and what is no UTF-8 or no printable character, by octal digits. */
static void put_xml(struct vs_buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f)
			vs_buf_printf(b, "\\%03o", c);
		else if (strchr("<>&\"'", c))
			vs_buf_printf(b, "&#%u;", c);
		else
			vs_buf_putc(b, (char)c);
	}
}

static const char *state_word(char state)
{
	switch (state) {
	case 'R': return "runnable";
	case 'S': return "sleeping";
	case 'D': return "in uninterruptible sleep";
	case 'T': return "stopped";
	case 't': return "traced";
	case 'X': return "dead";
	case 'Z': return "a zombie";
	case 'P': return "parked";
	case 'I': return "idle";
	default: return "in an unknown state";
	}
}

static struct vs_err *add(struct vs_rsp *r, const struct vs_task *t, int64_t id, int cpu)
{
	struct vs_rsp_thread *th;

	// no pid, or another task's: the protocol could not tell it from others
	if (id <= 0 || vs_map_get(&r->by_id, (uint64_t)id) != VS_MAP_NONE)
		return NULL;
	th = vs_vec_push(&r->threads);
	if (!th || !vs_map_set(&r->by_id, (uint64_t)id, (uint32_t)(r->threads.n - 1)))
		return &vs_enomem;
	*th = (struct vs_rsp_thread){ .task = t->addr, .mm = t->mm, .id = id, .cpu = cpu };
	vs_buf_printf(&r->xml, "<thread id=\"%" PRIx64 "\" name=\"", (uint64_t)id);
	put_xml(&r->xml, t->comm);
	if (cpu >= 0)
		vs_buf_printf(&r->xml, "\" core=\"%d", cpu);
	vs_buf_printf(&r->xml, "\">pid %d", t->pid);
	if (t->tgid != t->pid)
		vs_buf_printf(&r->xml, " of %d", t->tgid);
	if (cpu >= 0)
		vs_buf_printf(&r->xml, ", running on CPU %d", cpu);
	else
		vs_buf_printf(&r->xml, ", %s", state_word(vs_task_state(t)));
	vs_buf_puts(&r->xml, "</thread>");
	return NULL;
}

/* The CPU that @p task runs on, -1: it does not run. */
static int running_on(struct vs_kernel *k, uint64_t task)
{
	const struct vs_layout *l = &k->layout;
	uint64_t on, cpu;

	if (!vs_has(l->thread.on_cpu) || !vs_has(l->thread.cpu) ||
	    !vs_kmem_uint(&k->mem, task + (uint64_t)l->thread.on_cpu.off, l->thread.on_cpu.size, &on) || !on ||
	    !vs_kmem_uint(&k->mem, task + (uint64_t)l->thread.cpu.off, l->thread.cpu.size, &cpu) || cpu > 8191)
		return -1;
	return (int)cpu;
}

/* The idle task of each CPU is in no list: init_task, and those that idle_threads tells. */
static struct vs_err *add_idle(struct vs_rsp *r)
{
	struct vs_symbol sym = { .name = "idle_threads" };
	struct vs_kernel *k = r->k;
	const struct vs_cpus *cpus;
	struct vs_err *err = vs_kernel_cpus(k, &cpus);

	if (!err)
		err = vs_kernel_find(k, &sym, 1);
	for (size_t i = 0; !err && i < cpus->v.n; i++) {
		const unsigned int nr = cpus->v.v[i].nr;
		struct vs_task t = { 0 };
		uint64_t task = 0;

		if (!nr)
			vs_kernel_sym(k, VS_SYM_INIT_TASK, &task);
		else if (sym.found)
			vs_kmem_ulong(&k->mem, sym.value + cpus->v.v[i].offset, &task);
		t.addr = task;
		if (!task || !vs_kmem_string(&k->mem, task + (uint64_t)k->layout.task.comm.off, t.comm, sizeof(t.comm)) ||
		    strncmp(t.comm, "swapper", 7))
			continue;
		err = add(r, &t, VS_RSP_IDLE + (int64_t)nr, running_on(k, task));
	}
	return err;
}

/*
 * The NT_PRSTATUS notes are one a CPU, in their order. Where there are fewer than
 * CPUs some were offline, and which is not known: those past the last have none.
 */
static void find_notes(struct vs_rsp *r)
{
	struct vs_kernel *k = r->k;

	for (size_t i = 0; i < r->threads.n; i++) {
		struct vs_rsp_thread *t = &r->threads.v[i];
		int nr = 0;

		for (size_t n = 0; t->cpu >= 0 && !t->note && n < k->img->n_notes; n++) {
			const struct vs_note *note = &k->img->notes[n];

			if (note->type == NT_PRSTATUS && note->name_len == 4 && !memcmp(note->name, "CORE", 4) &&
			    nr++ == t->cpu)
				t->note = note;
		}
	}
}

/* The CPU that began the crash, -1: nobody says. */
static int crash_cpu(struct vs_kernel *k)
{
	struct vs_symbol syms[] = { { .name = "panic_cpu" }, { .name = "crashing_cpu" } };
	struct vs_err *err = vs_kernel_find(k, syms, 2);
	uint64_t cpu;

	if (err) {
		vs_err_free(err);
		return -1;
	}
	for (unsigned int i = 0; i < 2; i++)
		if (syms[i].found && vs_kmem_uint(&k->mem, syms[i].value, 4, &cpu) && cpu < 8192)
			return (int)cpu;
	return -1;
}

void vs_rsp_regs(const struct vs_rsp *r, const struct vs_rsp_thread *t, struct vs_regs *ret)
{
	*ret = (struct vs_regs){ 0 };
	if (t->note)
		vs_regs_prstatus(r->k, t->note->desc, t->note->desc_len, ret);
	else if (t->cpu < 0)
		vs_regs_saved(r->k, t->task, ret);
}

/*
 * GDB begins with the thread that crashed; else with one that ran, rather no idle
 * one; else with any. It must be known where it is.
 */
static size_t first_thread(struct vs_rsp *r)
{
	const struct vs_regs_shape *shape = vs_regs_shape(r->k);
	int crash = crash_cpu(r->k), score = -1;
	size_t best = 0;

	for (size_t i = 0; i < r->threads.n; i++) {
		const struct vs_rsp_thread *t = &r->threads.v[i];
		int s = t->cpu < 0 ? 0 : 2 + (t->id < VS_RSP_IDLE) + (t->cpu == crash) * 4;
		struct vs_regs regs;

		if (s <= score)
			continue;
		vs_rsp_regs(r, t, &regs);
		if (!(regs.known >> shape->pc & 1))
			continue;
		score = s;
		best = i;
	}
	return best;
}

struct vs_err *vs_rsp_init(struct vs_rsp *r, struct vs_kernel *k, const struct vs_tasks *tasks)
{
	struct vs_err *err;

	*r = (struct vs_rsp){ .k = k };
	pthread_mutex_init(&r->lock, NULL);
	r->arch = vs_regs_shape(k)->arch;
	vs_buf_puts(&r->xml, "<?xml version=\"1.0\"?><threads>");
	err = add_idle(r);
	for (size_t i = 0; !err && i < tasks->v.n; i++)
		err = add(r, &tasks->v.v[i], tasks->v.v[i].pid, running_on(k, tasks->v.v[i].addr));
	vs_buf_puts(&r->xml, "</threads>");
	if (!err && r->xml.failed)
		err = &vs_enomem;
	if (!err && !r->threads.n)
		err = vs_err_create(VS_ERR_ABSENT, "not even one task is in the dump");
	if (err) {
		vs_rsp_deinit(r);
		return err;
	}
	find_notes(r);
	r->first = r->current = first_thread(r);
	return NULL;
}

void vs_rsp_deinit(struct vs_rsp *r)
{
	vs_vec_deinit(&r->threads);
	vs_map_deinit(&r->by_id);
	vs_buf_deinit(&r->xml);
	pthread_mutex_destroy(&r->lock);
}
