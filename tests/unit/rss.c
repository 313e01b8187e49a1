// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters of resident pages that are kept in parts. */
#include <stdlib.h>

#include "base/err.h"
#include "fake.h"
#include "mm/mm.h"
#include "tap.h"

/* An mm_struct with rss_stat at 64: four percpu_counters of 40 bytes, as on 6.12. */
enum { RSS = 64, STRIDE = 40, COUNT = 8, COUNTERS = 32, MM_SIZE = RSS + 4 * STRIDE };

#define OFFSETS		(FAKE_DIRECT + 0x1000)	/* __per_cpu_offset[] */
#define NR_CPUS		(FAKE_DIRECT + 0x2000)
#define MASK		(FAKE_DIRECT + 0x2100)
#define AREA(cpu)	(FAKE_DIRECT + 0x8000 + (cpu) * UINT64_C(0x4000))
#define PERCPU		UINT64_C(0x1000)	/* what percpu pointers begin with */

static struct fake *f;
static unsigned char raw[MM_SIZE];

static void put_raw(unsigned int off, uint64_t v, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		raw[off + i] = (unsigned char)(v >> 8 * i);
}

static void start(unsigned int cpus)
{
	static const int64_t count[4] = { 10, 20, 30, 40 };

	f = fake_create();
	memset(raw, 0, sizeof(raw));
	f->k.layout.mm.rss_stat = (struct vs_field){ RSS, 4 * STRIDE };
	f->k.layout.percpu_counter.count = (struct vs_field){ COUNT, 8 };
	f->k.layout.percpu_counter.counters = (struct vs_field){ COUNTERS, 8 };
	fake_symbol(f, VS_SYM_PER_CPU_OFFSET, OFFSETS);
	fake_symbol(f, VS_SYM_NR_CPU_IDS, NR_CPUS);
	fake_symbol(f, VS_SYM_CPU_POSSIBLE_MASK, MASK);
	fake_put(f, NR_CPUS, cpus, 4);
	for (unsigned int c = 0; c < cpus; c++)
		fake_put(f, OFFSETS + c * 8, AREA(c) - PERCPU, 8);
	fake_put(f, MASK, (UINT64_C(1) << cpus) - 1, 8);
	for (unsigned int i = 0; i < 4; i++) {
		put_raw(RSS + i * STRIDE + COUNT, (uint64_t)count[i], 8);
		put_raw(RSS + i * STRIDE + COUNTERS, PERCPU + i * 4, 8);
	}
}

/* What @p cpu has for counter @p i. */
static void part(unsigned int cpu, unsigned int i, int32_t v)
{
	fake_put(f, AREA(cpu) + i * 4, (uint32_t)v, 4);
}

static void is_rss(const struct vs_mm_fields *m, bool parts, uint64_t file, uint64_t anon, uint64_t swap,
		   uint64_t shmem, const char *what)
{
	struct vs_rss r = vs_mm_rss(m, parts);

	if (!ok(r.file == file && r.anon == anon && r.swap == swap && r.shmem == shmem &&
		r.total == file + anon + shmem, "%s", what))
		diag("file %llu, anon %llu, swap %llu, shmem %llu", (unsigned long long)r.file,
		     (unsigned long long)r.anon, (unsigned long long)r.swap, (unsigned long long)r.shmem);
}

static struct vs_mm_fields read_rss(void)
{
	struct vs_mm_fields m = { 0 };
	struct vs_err *err = vs_rss_read(&f->k, raw, &m);

	if (err)
		exit(99);
	return m;
}

static void test_cpus(void)
{
	struct vs_mm_fields m;

	start(3);
	part(0, 0, 5);
	part(1, 0, -7);
	part(2, 1, -100);
	part(2, 3, 3);
	m = read_rss();
	ok(m.rss_parts.of == VS_RSS_OF_CPUS && !m.rss_parts.absent, "parts are the CPUs'");
	is_rss(&m, true, 8, 0, 30, 43, "sums; what is negative is 0");
	is_rss(&m, false, 10, 20, 30, 40, "without the CPUs");

	f->k.cpus.known = false;
	fake_put(f, MASK, 5, 8);
	m = read_rss();
	is_rss(&m, true, 15, 0, 30, 43, "a CPU that is not possible does not count");

	f->k.cpus.known = false;
	f->excluded[(AREA(2) - FAKE_DIRECT) >> 12] = true;
	m = read_rss();
	ok(m.rss_parts.absent, "a CPU's memory that is not in the dump is told");
	is_rss(&m, true, 15, 20, 30, 40, "and the others count");

	f->k.cpus.known = false;
	f->excluded[1] = true;
	m = read_rss();
	ok(m.rss_parts.absent, "no __per_cpu_offset in the dump");
	is_rss(&m, true, 10, 20, 30, 40, "then the counts alone");

	f->k.cpus.known = false;
	f->excluded[1] = false;
	fake_put(f, NR_CPUS, 0x5a5a5a5a, 4);
	m = read_rss();
	ok(m.rss_parts.absent, "a number of CPUs that cannot be");
	fake_destroy(f);
}

static void test_one_cpu(void)
{
	struct vs_mm_fields m;

	start(1);
	part(0, 1, 2);
	f->k.sym[VS_SYM_PER_CPU_OFFSET].found = false;	// no CONFIG_SMP
	f->k.layout.percpu_counter.counters.off = -1;
	m = read_rss();
	ok(m.rss_parts.of == VS_RSS_OF_NOBODY && !m.rss_parts.absent, "without CONFIG_SMP there are no parts");
	is_rss(&m, true, 10, 20, 30, 40, "and the counts are the sums");
	fake_destroy(f);
}

static void test_tasks(void)
{
	struct vs_task t[3] = {
		{ .mm = 1, .rss = { 1, 2, 3, 4 } },
		{ .mm = 2, .rss = { 1000, 1000, 1000, 1000 } },
		{ .mm = 1, .rss = { -20, 0, 0, 0 } },
	};
	struct vs_tasks tasks = { .v = { .v = t, .n = 3 } };
	struct vs_mm_fields m;

	start(1);
	f->k.layout.mm.rss_count = (struct vs_field){ 0, 32 };
	f->k.layout.task.rss_count = (struct vs_field){ 0, 16 };
	for (unsigned int i = 0; i < 4; i++)
		put_raw(i * 8, i == 2 ? (uint64_t)-5 : 100 + i, 8);
	m = read_rss();
	ok(m.rss_parts.of == VS_RSS_OF_TASKS, "parts are the tasks'");
	is_rss(&m, true, 100, 101, 0, 103, "the counts; what is negative is 0");
	ok(vs_tasks_index(&tasks), "tasks by their mm");
	vs_rss_add_tasks(&tasks, 1, &m);
	free(tasks.by_mm);
	is_rss(&m, true, 81, 103, 0, 107, "with those of its tasks");
	is_rss(&m, false, 100, 101, 0, 103, "and without");
	fake_destroy(f);
}

int main(void)
{
	test_cpus();
	test_one_cpu();
	test_tasks();
	return done();
}
