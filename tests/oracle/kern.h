/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own maple tree, compiled for user space from a linux-source
 * package (kern.c), behind functions that need none of its headers.
 */
#ifndef VS_TESTS_ORACLE_KERN_H
#define VS_TESTS_ORACLE_KERN_H

#include <stdbool.h>
#include <stddef.h>

/* Where things are: what debug information would say. Offsets and sizes in bytes. */
struct kern_layout {
	size_t tree_size, root, flags;
	size_t node_size, parent, slot;
	size_t rpivot, rpivot_size, rslot, rslot_size, rmeta_end, rmeta_gap;
	size_t apivot, apivot_size, aslot, aslot_size, agap, agap_size, ameta_end, ameta_gap;
	int types[4];		/* dense, leaf_64, range_64, arange_64 */
};

struct kern_range {
	unsigned long first, last;	/* inclusive */
	void *entry;
};

/* All that the shared object kern.c gives away, as its symbol `kern`. */
struct kern {
	void (*layout)(struct kern_layout *ret);
	/** Nodes are taken from [@p arena, @p arena + @p size). */
	void (*init)(void *arena, size_t size);
	/** Forget all nodes. */
	void (*reset)(void);
	/** Begin a tree as mm_init() does; @p rcu as kernels with per-VMA locks have it. */
	void (*tree_init)(void *tree, bool rcu);
	/** Store @p entry (NULL: erase) over [first, last]. */
	void (*store)(void *tree, unsigned long first, unsigned long last, void *entry);
	/** A second tree with other entries in the same ranges, as fork makes it. */
	void (*fork)(void *to, void *from, void *(*twin)(void *arg, void *entry), void *arg);
	/** What mas_for_each() goes through; how many. */
	size_t (*for_each)(void *tree, struct kern_range *ret, size_t max);
	/** mt_validate(): how many of its checks fail. May crash or never end: for a child process. */
	unsigned int (*validate)(void *tree);
	/** Free what readers might still look at. */
	void (*quiesce)(void);
};

#endif
