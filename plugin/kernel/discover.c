// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Variables that kallsyms does not name: a kernel without CONFIG_KALLSYMS_ALL keeps
 * functions only. What the rest of the program cannot do without is found in the
 * image by what must stand in it, and proven by what points back.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "kernel/kernel.h"

struct hunt {
	struct vs_kernel *k;
	char text[192];		/* what is looked for */
	size_t len;
	bool (*prove)(struct hunt *h, uint64_t at);
	uint64_t found;
};

static bool window(void *arg, uint64_t base, const unsigned char *data, size_t len)
{
	struct hunt *h = arg;
	const unsigned char *p = data;

	while ((p = memmem(p, len - (size_t)(p - data), h->text, h->len))) {
		if (h->prove(h, base + (size_t)(p - data)))
			return true;
		p++;
	}
	return false;
}

static bool hunt(struct hunt *h)
{
	uint64_t missing;

	return vs_kmem_search(&h->k->mem, h->k->mem.image_start, h->k->mem.image_end, sizeof(h->text), window, h,
			      &missing);
}

static void set(struct vs_kernel *k, enum vs_sym s, uint64_t value)
{
	k->sym[s].found = true;
	k->sym[s].value = value;
}

static bool any(struct hunt *h, uint64_t at)
{
	h->found = at;
	return true;
}

static void find_banner(struct vs_kernel *k)
{
	struct hunt h = { .k = k, .prove = any };
	int n = snprintf(h.text, sizeof(h.text), "Linux version %s (", k->release);

	h.len = (size_t)n;
	if (*k->release && n > 0 && h.len < sizeof(h.text) && hunt(&h))
		set(k, VS_SYM_LINUX_BANNER, h.found);
}

static bool ulong_at(struct vs_kernel *k, uint64_t at, struct vs_field f, uint64_t *ret)
{
	return vs_has(f) && vs_kmem_uint(&k->mem, at + (uint64_t)f.off, f.size < 8 ? f.size : 8, ret);
}

/* A task without mm called "swapper", pid 0, whose neighbour in the list of tasks points back at it. */
static bool prove_init_task(struct hunt *h, uint64_t at)
{
	struct vs_kernel *k = h->k;
	const struct vs_layout *l = &k->layout;
	const uint64_t task = at - (uint64_t)l->task.comm.off, word = k->mem.target.word;
	uint64_t pid, mm, next, prev, back;

	if (!ulong_at(k, task, l->task.pid, &pid) || pid || !ulong_at(k, task, l->task.mm, &mm) || mm)
		return false;
	if (!vs_kmem_ulong(&k->mem, task + (uint64_t)l->task.tasks.off, &next) ||
	    !vs_kmem_ulong(&k->mem, task + (uint64_t)l->task.tasks.off + word, &prev))
		return false;
	// one of the two will do: the ring may be damaged
	if (!(vs_kmem_ulong(&k->mem, next + word, &back) && back == task + (uint64_t)l->task.tasks.off) &&
	    !(vs_kmem_ulong(&k->mem, prev, &back) && back == task + (uint64_t)l->task.tasks.off))
		return false;
	h->found = task;
	return true;
}

static void find_init_task(struct vs_kernel *k)
{
	// what follows the name differs: "/0" where there may be more processors
	struct hunt h = { .k = k, .text = "swapper", .len = 7, .prove = prove_init_task };

	if (vs_has(k->layout.task.comm) && vs_has(k->layout.task.tasks) && hunt(&h))
		set(k, VS_SYM_INIT_TASK, h.found);
}

/* The root of the resources: from 0 to all ones, no parent, and its child knows it. */
static bool prove_iomem(struct hunt *h, uint64_t at)
{
	struct vs_kernel *k = h->k;
	const struct vs_layout *l = &k->layout;
	const uint64_t r = at - (uint64_t)l->resource.name.off;
	uint64_t start, end, parent, child, back;

	if (at % k->mem.target.word || !ulong_at(k, r, l->resource.start, &start) || start ||
	    !ulong_at(k, r, l->resource.end, &end) || (end & 0xffffff) != 0xffffff ||
	    !ulong_at(k, r, l->resource.parent, &parent) || parent ||
	    !ulong_at(k, r, l->resource.child, &child) || !ulong_at(k, child, l->resource.parent, &back) || back != r)
		return false;
	h->found = r;
	return true;
}

/* Its name is at @p at: who points there? */
static bool prove_iomem_name(struct hunt *h, uint64_t at)
{
	struct vs_kernel *k = h->k;
	const unsigned int word = k->mem.target.word;
	struct hunt who = { .k = k, .len = word, .prove = prove_iomem };

	for (unsigned int i = 0; i < word; i++)
		who.text[i] = (char)(at >> 8 * (k->mem.target.big_endian ? word - 1 - i : i));
	if (!hunt(&who))
		return false;
	h->found = who.found;
	return true;
}

static void find_iomem(struct vs_kernel *k)
{
	struct hunt h = { .k = k, .text = "PCI mem", .len = 8, .prove = prove_iomem_name };

	if (vs_has(k->layout.resource.name) && hunt(&h))
		set(k, VS_SYM_IOMEM_RESOURCE, h.found);
}

void vs_kernel_discover(struct vs_kernel *k)
{
	// what every kernel has, and in its data
	k->functions_only = !k->sym[VS_SYM_INIT_TASK].found;
	if (!k->functions_only)
		return;
	if (!k->sym[VS_SYM_LINUX_BANNER].found)
		find_banner(k);
	if (!k->sym[VS_SYM_INIT_TASK].found)
		find_init_task(k);
	if (!k->sym[VS_SYM_IOMEM_RESOURCE].found)
		find_iomem(k);
}

void vs_kernel_rediscover(struct vs_kernel *k, const struct vs_symbol known[VS_SYM_COUNT])
{
	static const enum vs_sym these[] = { VS_SYM_LINUX_BANNER, VS_SYM_INIT_TASK, VS_SYM_IOMEM_RESOURCE };
	char text[sizeof(((struct hunt *)NULL)->text)];
	uint64_t name;

	for (size_t i = 0; i < sizeof(these) / sizeof(these[0]); i++) {
		if (k->sym[these[i]].found || !known[these[i]].found)
			continue;
		set(k, these[i], known[these[i]].value);
		vs_kmem_read(&k->mem, known[these[i]].value, text, sizeof(text), NULL);
		if (these[i] == VS_SYM_IOMEM_RESOURCE &&	// known by its name, which nobody else reads
		    ulong_at(k, known[these[i]].value, k->layout.resource.name, &name))
			vs_kmem_read(&k->mem, name, text, 8, NULL);
	}
}
