// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compiled against tools/testing/radix-tree of a linux-source package, which is
 * fetched when the test runs and is no part of this repository.
 */
#define CONFIG_DEBUG_MAPLE_TREE
#define CONFIG_MAPLE_SEARCH
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>
#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/init.h>

/* Nodes are freed when nobody is at work, not by a thread at any time. */
struct deferred {
	struct deferred *next;
	struct rcu_head *head;
	void (*func)(struct rcu_head *head);
};
static struct deferred *deferred;

static void defer(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct deferred *d = malloc(sizeof(*d));

	if (!d)
		abort();
	*d = (struct deferred){ deferred, head, func };
	deferred = d;
}
#undef call_rcu
#define call_rcu(head, func) defer(head, func)

#define module_init(x)
#define module_exit(x)
#define MODULE_AUTHOR(x)
#define MODULE_LICENSE(x)
#define dump_stack() do { } while (0)
#ifndef WARN_ON
#define WARN_ON(x) (x)
#endif

#include "lib/maple_tree.c"

#include "kern.h"

/* What linux.c and slab.c of the test suite have; here all objects are in one arena. */
int nr_allocated, preempt_count, test_verbose, kmalloc_verbose;

static char *arena, *arena_end, *arena_next;

struct kmem_cache {
	unsigned int size, align;
	void *free;
};

void *kmalloc(size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

void kfree(void *p)
{
	free(p);
}

int lockdep_is_held(const void *lock)
{
	return 1;
}

void kmem_cache_set_non_kernel(struct kmem_cache *c, unsigned int val)
{
}

unsigned long kmem_cache_get_alloc(struct kmem_cache *c)
{
	return 0;
}

unsigned int kmem_cache_nr_allocated(struct kmem_cache *c)
{
	return 0;
}

unsigned int kmem_cache_nr_tallocated(struct kmem_cache *c)
{
	return 0;
}

void kmem_cache_zero_nr_tallocated(struct kmem_cache *c)
{
}

void kmem_cache_set_callback(struct kmem_cache *c, void (*callback)(void *))
{
}

void kmem_cache_set_private(struct kmem_cache *c, void *private)
{
}

#ifdef KERN_CACHE_ARGS
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, unsigned int flags)
{
	struct kmem_cache *c = calloc(1, sizeof(*c));

	c->size = size;
	c->align = args->align;
	return c;
}
#endif

#ifndef kmem_cache_create
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *))
{
	struct kmem_cache *c = calloc(1, sizeof(*c));

	c->size = size;
	c->align = align;
	return c;
}
#endif

void *kmem_cache_alloc_lru(struct kmem_cache *c, struct list_lru *lru, int gfp)
{
	void *p = c->free;

	if (p) {
		c->free = *(void **)p;
	} else {
		p = arena_next = (char *)(((uintptr_t)arena_next + c->align - 1) / c->align * c->align);
		arena_next += c->size;
		if (arena_next > arena_end)
			abort();
		memset(p, 0xa5, c->size);
	}
	if (gfp & __GFP_ZERO)
		memset(p, 0, c->size);
	return p;
}

void kmem_cache_free(struct kmem_cache *c, void *p)
{
	// freed memory keeps its bytes, as it does in a kernel
	*(void **)p = c->free;
	c->free = p;
}

void kmem_cache_free_bulk(struct kmem_cache *c, size_t n, void **list)
{
	for (size_t i = 0; i < n; i++)
		kmem_cache_free(c, list[i]);
}

int kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **list)
{
	for (size_t i = 0; i < n; i++)
		list[i] = kmem_cache_alloc_lru(c, NULL, gfp);
	return n;
}

static void kern_layout(struct kern_layout *l)
{
	*l = (struct kern_layout){
		.tree_size = sizeof(struct maple_tree),
		.root = offsetof(struct maple_tree, ma_root),
		.flags = offsetof(struct maple_tree, ma_flags),
		.node_size = sizeof(struct maple_node),
		.parent = offsetof(struct maple_node, parent),
		.slot = offsetof(struct maple_node, slot),
		.rpivot = offsetof(struct maple_range_64, pivot),
		.rpivot_size = sizeof(((struct maple_range_64 *)0)->pivot),
		.rslot = offsetof(struct maple_range_64, slot),
		.rslot_size = sizeof(((struct maple_range_64 *)0)->slot),
		.rmeta_end = offsetof(struct maple_range_64, meta.end),
		.rmeta_gap = offsetof(struct maple_range_64, meta.gap),
		.apivot = offsetof(struct maple_arange_64, pivot),
		.apivot_size = sizeof(((struct maple_arange_64 *)0)->pivot),
		.aslot = offsetof(struct maple_arange_64, slot),
		.aslot_size = sizeof(((struct maple_arange_64 *)0)->slot),
		.agap = offsetof(struct maple_arange_64, gap),
		.agap_size = sizeof(((struct maple_arange_64 *)0)->gap),
		.ameta_end = offsetof(struct maple_arange_64, meta.end),
		.ameta_gap = offsetof(struct maple_arange_64, meta.gap),
		.types = { maple_dense, maple_leaf_64, maple_range_64, maple_arange_64 },
	};
}

static void kern_init(void *mem, size_t size)
{
	arena = arena_next = mem;
	arena_end = arena + size;
	maple_tree_init();
}

static void kern_quiesce(void)
{
	while (deferred) {
		struct deferred *d = deferred;

		deferred = d->next;
		d->func(d->head);
		free(d);
	}
}

static void kern_reset(void)
{
	kern_quiesce();
	arena_next = arena;
	maple_node_cache->free = NULL;
}

static void kern_tree_init(void *tree, bool rcu)
{
	mt_init_flags(tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN | (rcu ? MT_FLAGS_USE_RCU : 0));
}

static void kern_store(void *tree, unsigned long first, unsigned long last, void *entry)
{
	MA_STATE(mas, tree, first, last);

	if (mas_store_gfp(&mas, entry, GFP_KERNEL))
		abort();
}

static void kern_fork(void *to, void *from, void *(*twin)(void *arg, void *entry), void *arg)
{
	struct maple_tree *old = from, *new = to;
	bool rcu = old->ma_flags & MT_FLAGS_USE_RCU;
	MA_STATE(mas, new, 0, 0);
	void *entry;

	// dup_mmap(): the copy is made without readers, in bulk
	kern_tree_init(new, rcu);
#ifdef KERN_HAS_DUP
	if (__mt_dup(old, new, GFP_KERNEL))
		abort();
	mt_clear_in_rcu(new);
	mas_for_each(&mas, entry, ULONG_MAX)
		mas_store(&mas, twin(arg, entry));
#else
	mt_clear_in_rcu(new);
	{
		MA_STATE(old_mas, old, 0, 0);
		unsigned long n = 0;

		mas_for_each(&old_mas, entry, ULONG_MAX)
			n++;
		if (mas_expected_entries(&mas, n))
			abort();
		mas_set(&old_mas, 0);
		mas_for_each(&old_mas, entry, ULONG_MAX) {
			mas.index = old_mas.index;
			mas.last = old_mas.last;
			mas_store(&mas, twin(arg, entry));
		}
	}
#endif
	mas_destroy(&mas);
	if (rcu)
		mt_set_in_rcu(new);
}

static size_t kern_for_each(void *tree, struct kern_range *ret, size_t max)
{
	MA_STATE(mas, tree, 0, 0);
	size_t n = 0;
	void *entry;

	mas_for_each(&mas, entry, ULONG_MAX) {
		if (n < max)
			ret[n] = (struct kern_range){ mas.index, mas.last, entry };
		n++;
	}
	return n;
}

static unsigned int kern_validate(void *tree)
{
	unsigned int failed = maple_tree_tests_run - maple_tree_tests_passed;

	mt_validate(tree);
	return maple_tree_tests_run - maple_tree_tests_passed - failed;
}

const struct kern kern = {
	.layout = kern_layout, .init = kern_init, .reset = kern_reset, .tree_init = kern_tree_init,
	.store = kern_store, .fork = kern_fork, .for_each = kern_for_each,
	.validate = kern_validate, .quiesce = kern_quiesce,
};
