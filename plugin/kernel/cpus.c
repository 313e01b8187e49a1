// SPDX-License-Identifier: GPL-2.0-or-later
/* per_cpu_ptr() of include/linux/percpu-defs.h: __per_cpu_offset[], one an index of nr_cpu_ids. */
#include "kernel/cpus.h"

#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"

#define MAX_CPUS 8192	/* NR_CPUS of the largest kernels that anybody builds */

void vs_cpus_deinit(struct vs_cpus *c)
{
	vs_vec_deinit(&c->v);
	c->known = c->absent = false;
}

static struct vs_err *add(struct vs_cpus *c, unsigned int nr, uint64_t offset)
{
	struct vs_cpu *cpu = vs_vec_push(&c->v);

	if (!cpu)
		return &vs_enomem;
	*cpu = (struct vs_cpu){ nr, offset };
	return NULL;
}

/* Is bit @p nr set in the bitmap of longs at @p mask? */
static bool test_bit(struct vs_kernel *k, uint64_t mask, unsigned int nr, bool *absent)
{
	const unsigned int word = k->mem.target.word;
	uint64_t v;

	if (!vs_kmem_ulong(&k->mem, mask + nr / (word * 8) * word, &v)) {
		*absent = true;
		return false;
	}
	return v >> nr % (word * 8) & 1;
}

/* How many there may be: nr_cpu_ids, an unsigned int; a constant in some builds, and no symbol then. */
static struct vs_err *count(struct vs_kernel *k, uint64_t *ret)
{
	const struct vs_type *mask;
	struct vs_err *err;
	uint64_t at;

	*ret = 0;
	if (vs_kernel_sym(k, VS_SYM_NR_CPU_IDS, &at)) {
		if (!vs_kmem_uint(&k->mem, at, 4, ret) || *ret > MAX_CPUS)
			*ret = 0;
		return NULL;
	}
	err = vs_types_find(k->types, VS_KIND_STRUCT, "cpumask", &mask);
	if (!err && mask && mask->size <= MAX_CPUS / 8)
		*ret = mask->size * 8;
	return err;
}

static struct vs_err *read_cpus(struct vs_kernel *k, struct vs_cpus *c)
{
	uint64_t offsets, mask, n, off;
	bool have_mask = vs_kernel_sym(k, VS_SYM_CPU_POSSIBLE_MASK, &mask);	// since 4.5
	struct vs_err *err;

	if (!vs_kernel_sym(k, VS_SYM_PER_CPU_OFFSET, &offsets))
		return add(c, 0, 0);		// no CONFIG_SMP: the variables themselves
	err = count(k, &n);
	c->absent = !n;
	for (unsigned int nr = 0; !err && !c->absent && nr < n; nr++) {
		if (have_mask && !test_bit(k, mask, nr, &c->absent))
			continue;
		if (vs_kmem_ulong(&k->mem, offsets + (uint64_t)nr * k->mem.target.word, &off))
			err = add(c, nr, off);
		else
			c->absent = true;
	}
	return err;
}

struct vs_err *vs_kernel_cpus(struct vs_kernel *k, const struct vs_cpus **ret)
{
	struct vs_err *err = NULL;

	if (!k->cpus.known) {
		vs_cpus_deinit(&k->cpus);
		err = read_cpus(k, &k->cpus);
		k->cpus.known = !err;
	}
	*ret = &k->cpus;
	return err;
}
