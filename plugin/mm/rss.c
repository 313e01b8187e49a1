// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters of resident pages. They never were one number: since 2.6.34 tasks
 * (SPLIT_RSS_COUNTING), since 6.2 CPUs (struct percpu_counter) count for
 * themselves and add what they have to the mm's own counter now and then.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

/* MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES: the last since 4.5. */
enum { NR_MM_COUNTERS = 4 };

static void set(struct vs_mm_fields *f, const uint64_t *count)
{
	f->rss_file = count[0];
	f->rss_anon = count[1];
	f->swap_ents = count[2];
	f->rss_shmem = count[3];
}

static void add(struct vs_mm_fields *f, const int64_t *part)
{
	f->rss_file += (uint64_t)part[0];
	f->rss_anon += (uint64_t)part[1];
	f->swap_ents += (uint64_t)part[2];
	f->rss_shmem += (uint64_t)part[3];
	f->rss_parts.file += part[0];
	f->rss_parts.anon += part[1];
	f->rss_parts.swap += part[2];
	f->rss_parts.shmem += part[3];
}

/* mm_rss_stat.count[] of atomic_long_t. */
static void read_array(const struct vs_kernel *k, const unsigned char *raw, struct vs_mm_fields *f)
{
	const struct vs_field count = k->layout.mm.rss_count;
	const unsigned int word = k->mem.target.word;
	uint64_t v[NR_MM_COUNTERS] = { 0 };

	for (unsigned int i = 0; i < NR_MM_COUNTERS && (i + 1) * word <= count.size; i++)
		v[i] = (uint64_t)vs_sign_extend(vs_load(raw + count.off + i * word, word,
							k->mem.target.big_endian), word);
	set(f, v);
	f->rss_parts.of = vs_has(k->layout.task.rss_count) ? VS_RSS_OF_TASKS : VS_RSS_OF_NOBODY;
}

/* rss_stat[] of struct percpu_counter: s64 count, and an s32 for each CPU. */
static struct vs_err *read_percpu(struct vs_kernel *k, const unsigned char *raw, struct vs_mm_fields *f)
{
	const struct vs_layout *l = &k->layout;
	const bool be = k->mem.target.big_endian;
	const uint32_t stride = l->mm.rss_stat.size / NR_MM_COUNTERS;
	uint64_t count[NR_MM_COUNTERS], delta;
	const struct vs_cpus *cpus;
	struct vs_err *err;

	if ((uint32_t)l->percpu_counter.count.off + l->percpu_counter.count.size > stride)
		return NULL;
	for (unsigned int i = 0; i < NR_MM_COUNTERS; i++)
		count[i] = vs_load(raw + l->mm.rss_stat.off + i * stride + l->percpu_counter.count.off,
				   l->percpu_counter.count.size, be);
	set(f, count);
	if (!vs_has(l->percpu_counter.counters) ||	// no CONFIG_SMP
	    (uint32_t)l->percpu_counter.counters.off + l->percpu_counter.counters.size > stride)
		return NULL;
	err = vs_kernel_cpus(k, &cpus);
	if (err)
		return err;
	f->rss_parts.of = VS_RSS_OF_CPUS;
	f->rss_parts.absent = cpus->absent;
	for (size_t c = 0; c < cpus->v.n; c++) {
		int64_t part[NR_MM_COUNTERS] = { 0 };

		for (unsigned int i = 0; i < NR_MM_COUNTERS; i++) {
			uint64_t at = vs_load(raw + l->mm.rss_stat.off + i * stride +
					      l->percpu_counter.counters.off, l->percpu_counter.counters.size, be);

			if (!at)	// not set up, or taken down
				continue;
			if (vs_kmem_uint(&k->mem, at + cpus->v.v[c].offset, 4, &delta))
				part[i] = vs_sign_extend(delta, 4);
			else
				f->rss_parts.absent = true;
		}
		add(f, part);
	}
	return NULL;
}

struct vs_err *vs_rss_read(struct vs_kernel *k, const unsigned char *raw_mm, struct vs_mm_fields *f)
{
	f->rss_parts = (struct vs_rss_parts){ 0 };
	if (vs_has(k->layout.mm.rss_count))
		read_array(k, raw_mm, f);
	else if (vs_has(k->layout.mm.rss_stat) && vs_has(k->layout.percpu_counter.count))
		return read_percpu(k, raw_mm, f);
	return NULL;
}

void vs_rss_add_tasks(const struct vs_tasks *tasks, uint64_t mm, struct vs_mm_fields *f)
{
	const uint32_t *of;
	size_t n;

	if (f->rss_parts.of != VS_RSS_OF_TASKS)
		return;
	of = vs_tasks_of(tasks, mm, &n);
	for (size_t i = 0; i < n; i++) {
		const struct vs_task *t = &tasks->v.v[of[i]];
		const int64_t part[NR_MM_COUNTERS] = { t->rss[0], t->rss[1], t->rss[2], t->rss[3] };

		add(f, part);
	}
}
