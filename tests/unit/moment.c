// SPDX-License-Identifier: GPL-2.0-or-later
/* Clocks that agree, and clocks of a machine that ran on while it was copied. */
#include <stdlib.h>

#include "base/err.h"
#include "fake.h"
#include "mm/mm.h"
#include "tap.h"

enum { CPU = 16, EXEC = 64, CLOCK = 8, CLK = 16, LAST = 24 };

#define OFFSETS		(FAKE_DIRECT + 0x1000)	/* __per_cpu_offset[] */
#define NR_CPUS		(FAKE_DIRECT + 0x2000)
#define MASK		(FAKE_DIRECT + 0x2100)
#define JIFFIES		(FAKE_DIRECT + 0x3000)
#define AREA(cpu)	(FAKE_DIRECT + 0x8000 + (cpu) * UINT64_C(0x4000))
#define TASK(i)		(FAKE_DIRECT + 0x20000 + (i) * UINT64_C(0x1000))
#define SECOND		UINT64_C(1000000000)

static struct fake *f;
static struct vs_tasks tasks;

/* Where the per-CPU variables are, as a percpu pointer: the areas begin at 0. */
static struct vs_err *find(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	static const struct { const char *name; uint64_t value; } known[] = {
		{ "jiffies_64", JIFFIES }, { "runqueues", 0x100 }, { "timer_bases", 0x200 },
		{ "tick_cpu_sched", 0x300 },
	};

	(void)sy;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < 4; j++)
			if (!strcmp(want[i].name, known[j].name)) {
				want[i].value = known[j].value;
				want[i].found = want[i].absolute = true;
			}
	return NULL;
}

/* Two CPUs at 100 s, jiffies 5,000, four tasks that ran a second ago. */
static void begin(void)
{
	static const struct vs_symbols_ops ops = { .find = find };
	static struct vs_symbols symbols = { .ops = &ops, .source = "made up" };

	if (f)
		fake_destroy(f);
	f = fake_create();
	f->k.symbols = &symbols;
	f->k.layout.thread.cpu = (struct vs_field){ CPU, 4 };
	f->k.layout.clock.exec_start = (struct vs_field){ EXEC, 8 };
	f->k.layout.clock.clock_task = (struct vs_field){ CLOCK, 8 };
	f->k.layout.clock.timer_clk = (struct vs_field){ CLK, 8 };
	f->k.layout.clock.last_jiffies = (struct vs_field){ LAST, 8 };
	fake_symbol(f, VS_SYM_PER_CPU_OFFSET, OFFSETS);
	fake_symbol(f, VS_SYM_NR_CPU_IDS, NR_CPUS);
	fake_symbol(f, VS_SYM_CPU_POSSIBLE_MASK, MASK);
	fake_put(f, NR_CPUS, 2, 4);
	fake_put(f, MASK, 3, 8);
	fake_put(f, JIFFIES, 5000, 8);
	for (unsigned int c = 0; c < 2; c++) {
		fake_put(f, OFFSETS + c * 8, AREA(c), 8);
		fake_put(f, AREA(c) + 0x100 + CLOCK, 100 * SECOND, 8);
		fake_put(f, AREA(c) + 0x200 + CLK, 5001, 8);
		fake_put(f, AREA(c) + 0x300 + LAST, 4990, 8);
	}
	vs_tasks_deinit(&tasks);
	for (int i = 0; i < 4; i++) {
		struct vs_task *t = vs_vec_push(&tasks.v);

		*t = (struct vs_task){ .addr = TASK((unsigned int)i), .pid = 10 + i };
		fake_put(f, t->addr + CPU, (unsigned int)i % 2, 4);
		fake_put(f, t->addr + EXEC, 99 * SECOND, 8);
	}
}

static void is(bool smeared, const char *words, const char *what)
{
	char buf[VS_MOMENT_WORDS] = "";
	struct vs_moment m;
	struct vs_err *err = vs_moment_read(&f->k, &tasks, &m);

	ok(!err && m.smeared == smeared, "%s: %s", what, smeared ? "smeared" : "of one moment");
	is_str(err ? "error" : vs_moment_words(&m, buf, sizeof(buf)), words, "%s: in words", what);
}

int main(void)
{
	begin();
	is(false, "", "clocks that agree");
	fake_put(f, TASK(0) + EXEC, 100 * SECOND + SECOND / 20, 8);
	fake_put(f, AREA(0) + 0x200 + CLK, 5020, 8);
	is(false, "", "what CPUs are apart when they are stopped");
	fake_put(f, TASK(1) + EXEC, 103 * SECOND, 8);
	is(false, "1 task ran later than the clock of the CPU shows, by up to 3.0 s (pid 11)", "one witness alone");
	fake_put(f, TASK(2) + EXEC, 104 * SECOND + SECOND / 2, 8);
	is(true, "2 tasks ran later than the clock of the CPU shows, by up to 4.5 s (pid 12)", "two of them");

	begin();
	fake_put(f, AREA(0) + 0x200 + CLK, 5100, 8);
	fake_put(f, AREA(1) + 0x300 + LAST, 5400, 8);
	is(true, "2 CPUs saw jiffies up to 400 ahead of what it is", "CPUs ahead of jiffies");

	begin();
	fake_put(f, AREA(1) + 0x200 + CLK, 5720, 8);
	is(false, "1 CPU saw jiffies up to 720 ahead of what it is", "one stamp alone");
	fake_put(f, AREA(1) + 0x300 + LAST, 5289, 8);
	is(true, "1 CPU saw jiffies up to 720 ahead of what it is", "two of one CPU");

	begin();
	fake_put(f, JIFFIES, 5000 - (UINT64_C(1) << 40), 8);
	fake_put(f, TASK(0) + EXEC, 0x6b6b6b6b6b6b6b6b, 8);
	fake_put(f, TASK(1) + EXEC, UINT64_MAX, 8);
	is(false, "", "clocks that make no sense");

	f->k.symbols = NULL;
	fake_destroy(f);
	vs_tasks_deinit(&tasks);
	return done();
}
