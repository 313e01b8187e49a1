/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The snapshot: one address space as a dump holds it. Plain host structs that
 * read nothing and know no kernel; mm/ (or usercore/) fills them, check/ judges
 * them, render/ prints them.
 *
 * Each vm_area_struct that any walk reached is in vmas[] once. The walks are
 * kept as they went: sequences of indices into vmas[], and how each ended.
 */
#ifndef VS_SPACE_SPACE_H
#define VS_SPACE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/from.h"
#include "base/map.h"
#include "base/vec.h"
#include "space/core.h"
#include "space/exhibit.h"
#include "space/lock.h"
#include "space/maple.h"
#include "space/moment.h"
#include "space/objects.h"

#define VS_NONE UINT32_MAX	/* no index */

/* Which walks reached a VMA. */
enum vs_seen {
	VS_SEEN_NEXT	= 1 << 0,	/* forward over vm_next */
	VS_SEEN_PREV	= 1 << 1,	/* backward over vm_prev */
	VS_SEEN_TREE	= 1 << 2,	/* the red-black tree over mm_rb */
	VS_SEEN_MAPLE	= 1 << 3,	/* the maple tree mm_mt */
	VS_SEEN_SLAB	= 1 << 4,	/* an allocated object of the slab, with this vm_mm */
	VS_SEEN_FREE	= 1 << 5,	/* a free object of the slab, whatever leads to it */
	VS_SEEN_LINK	= 1 << 6,	/* behind a break: a known VMA points to it, and it points back */
	VS_SEEN_FILE	= 1 << 7,	/* in the i_mmap tree of a file of this mm */
	VS_SEEN_ANON	= 1 << 8,	/* in the tree of an anon_vma of this mm */
};

/*
 * One vm_area_struct. Members that a kernel does not have are 0 and missing in
 * space->has; members whose bytes are not in the dump are 0 and marked absent.
 */
struct vs_vma {
	uint64_t addr;		/* of the vm_area_struct itself */
	uint64_t start, end;	/* vm_start, vm_end (exclusive), bytes */
	uint64_t flags;		/* vm_flags */
	uint64_t pgoff;		/* vm_pgoff, pages */
	uint64_t mm;		/* vm_mm */
	uint64_t next, prev;	/* vm_next, vm_prev */
	uint64_t rb_left, rb_right;	/* addresses of vm_area_structs (not of rb nodes), 0 = NULL */
	uint64_t rb_parent;	/* likewise; __rb_parent_color without its low bits */
	uint64_t subtree_gap;	/* rb_subtree_gap, bytes */
	uint64_t file;		/* vm_file */
	uint64_t ops;		/* vm_ops */
	uint64_t private_data;	/* vm_private_data */
	uint64_t anon_vma;
	uint64_t page_prot;	/* vm_page_prot */
	uint32_t refcnt;	/* vm_refcnt: 0 where detached */
	uint32_t lock_seq;	/* vm_lock_seq: that of the mm while a writer holds the VMA */
	uint32_t fact;		/* index into space->facts: path, dev, inode; VS_NONE before asked for */
	uint8_t rb_color;	/* low bits of __rb_parent_color: 0 red, 1 black, else damaged */
	uint16_t seen;		/* enum vs_seen */
	uint8_t absent;		/* some bytes of it are not in the dump */
	uint8_t from;		/* enum vs_from of its worst byte */
	uint8_t detached;
	uint8_t hangs;		/* enum vs_hangs */
};

/* What a VMA says of itself besides vm_file and anon_vma. */
enum vs_hangs {
	VS_HANGS_CHAIN	= 1 << 0,	/* anon_vma_chain is not empty */
	VS_HANGS_TREE	= 1 << 1,	/* shared.rb has been used, and is nothing else here */
	VS_HANGS_TOLD	= 1 << 2,	/* an interval tree tells its range as it has it: of links that were not kept */
};

/* Why a walk went no further at some pointer. */
enum vs_stop {
	VS_STOP_END,		/* NULL, where an end may be */
	VS_STOP_CYCLE,		/* the pointer leads to an object that this walk has been to */
	VS_STOP_ABSENT,		/* the object's bytes are not in the dump (excluded, truncated, damaged page) */
	VS_STOP_WILD,		/* no such memory at all */
	VS_STOP_FOREIGN,	/* readable, but not a VMA of this mm by any of its members */
	VS_STOP_BOUND,		/* more objects than there can be */
};

/* A pointer at which a walk stopped although it should not have. */
struct vs_break {
	enum vs_stop why;
	uint32_t vma;		/* the VMA that holds the pointer; VS_NONE: the mm itself */
	const char *member;	/* "vm_next", "rb_left", "mm_rb.rb_node", "mmap" */
	uint64_t value;		/* of the pointer (VMA addresses, not rb node addresses) */
	uint8_t from;		/* enum vs_from, for VS_STOP_ABSENT */
};

/* A walk: what it reached, in its own order, and where it broke off. */
struct vs_walk {
	bool walked;		/* there is such a structure, and it was followed */
	VS_VEC(uint32_t) order;	/* indices into vmas[]; for the tree, in-order */
	VS_VEC(struct vs_break) breaks;	/* at most one for a list; any number for a tree */
};

/* Which members this kernel has: what decides which rules apply. */
enum vs_has {
	VS_HAS_LIST		= 1 << 0,	/* mmap, vm_next */
	VS_HAS_PREV		= 1 << 1,	/* vm_prev */
	VS_HAS_RB		= 1 << 2,	/* mm_rb, vm_rb */
	VS_HAS_MAPLE		= 1 << 3,	/* mm_mt */
	VS_HAS_SUBTREE_GAP	= 1 << 4,	/* rb_subtree_gap */
	VS_HAS_HIGHEST_VM_END	= 1 << 5,
	VS_HAS_DATA_VM		= 1 << 6,	/* data_vm, exec_vm, stack_vm, exclusive (4.7+) */
	VS_HAS_SHARED_VM	= 1 << 7,	/* shared_vm (up to 4.6) */
	VS_HAS_STACK_GUARD_GAP	= 1 << 8,	/* symbol stack_guard_gap */
	VS_HAS_SHADOW_STACK	= 1 << 9,	/* VM_SHADOW_STACK counts as stack (6.6+) */
	VS_HAS_ANON_NAME	= 1 << 10,
	VS_HAS_DETACHED		= 1 << 11,	/* vm_area_struct.detached (6.4 to 6.14) */
	VS_HAS_REFCNT		= 1 << 12,	/* vm_refcnt (6.15+) */
	VS_HAS_STRICT_HEAP	= 1 << 14,	/* vma_is_initial_heap() wants more than a common edge (6.7+) */
	VS_HAS_PROT_MAP		= 1 << 15,	/* protection_map could be read */
	VS_HAS_LOCK_SEQ		= 1 << 13,	/* vm_lock_seq, mm_lock_seq (6.4+) */
	VS_HAS_USERS		= 1 << 17,	/* mm_users, mm_count, and the tasks are known */
	VS_HAS_VMACACHE		= 1 << 18,	/* task_struct.vmacache (3.15 to 6.0), read */
	VS_HAS_MMAP_CACHE	= 1 << 19,	/* mmap_cache (up to 3.14) */
	VS_HAS_FILE_TREE	= 1 << 20,	/* shared.rb, i_mmap as an interval tree (3.10+), read */
	VS_HAS_ANON_TREE	= 1 << 21,	/* anon_vma_chain with rb (3.8+), read */
	VS_HAS_LOCKED_VM	= 1 << 22,
	VS_HAS_LAYOUT		= 1 << 16,	/* start_code and its sisters, arg_start to env_end */

	/* Not of a kernel, but of a process core: space->core is there. */
	VS_HAS_CORE		= 1 << 27,
	VS_HAS_CORE_ALL		= 1 << 28,	/* the kernel has written it: what is not there was not mapped */
	VS_HAS_CORE_FILES	= 1 << 29,	/* NT_FILE */
	VS_HAS_CORE_AUXV	= 1 << 30,	/* NT_AUXV */
};

/* What the kernel says of a struct file, reduced to what /proc/PID/maps shows. */
struct vs_fact {
	uint64_t file;		/* struct file, the key */
	char *path;		/* as d_path() tells it from pid 1's root, not escaped; NULL if unreadable */
	size_t path_len;	/* names may hold any byte but NUL */
	uint64_t ino;
	uint32_t dev;		/* kernel dev_t: major << 20 | minor */
	char *problem;		/* why path, dev or ino could not be had; NULL */
};

/* A name which the kernel gives a mapping without a file; [heap], [vdso]. */
struct vs_name {
	uint64_t key;		/* vm_special_mapping or the like */
	char *name;
};

/* Who keeps a part of the rss counters for itself. */
enum vs_rss_of {
	VS_RSS_OF_NOBODY,
	VS_RSS_OF_TASKS,	/* task->rss_stat: 2.6.34 to 6.1 */
	VS_RSS_OF_CPUS,		/* percpu_counter: since 6.2 */
};

/*
 * What of the rss counters is not in the mm_struct itself: sums of all parts,
 * in pages. The mm's own counter is the sum without them.
 */
struct vs_rss_parts {
	enum vs_rss_of of;
	int64_t file, anon, shmem, swap;
	bool absent;		/* some part is not in the dump: the sums lack it */
};

/* The counters and layout members of the mm_struct that are compared or shown. */
struct vs_mm_fields {
	uint64_t mmap;			/* first VMA of the list */
	uint64_t rb_root;		/* mm_rb.rb_node, as a VMA address */
	uint64_t map_count;
	uint64_t total_vm, locked_vm, pinned_vm;	/* pages */
	uint64_t data_vm, exec_vm, stack_vm, shared_vm;	/* pages */
	uint64_t highest_vm_end;
	uint64_t task_size, mmap_base;
	uint64_t mmap_compat_base;	/* of 32-bit mappings; x86-64 */
	uint64_t start_code, end_code, start_data, end_data;
	uint64_t start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint64_t hiwater_vm, hiwater_rss;		/* pages */
	uint64_t rss_file, rss_anon, rss_shmem, swap_ents;	/* pages, true sums; negative ones clamped by status, not here */
	struct vs_rss_parts rss_parts;
	uint64_t pgtables_bytes;
	uint64_t mm_users, mm_count;
	uint64_t vmacache_seqnum;
	uint64_t mmap_cache;		/* the VMA that find_vma() found last */
	uint64_t pgd;
	uint64_t mm_lock_seq;
	uint64_t mm_flags;		/* its first word: MMF_... */
};

/* mm->flags; unchanged since 4.8. */
#define VS_MMF_UNSTABLE	(UINT64_C(1) << 22)	/* the OOM reaper was here, or a fork failed (6.12+) */

/* The rss counters as status shows them: pages, none below 0. */
struct vs_rss {
	uint64_t file, anon, shmem, swap;
	uint64_t total;		/* VmRSS: without swap */
};

/** With the parts that tasks or CPUs keep, or as the mm_struct alone has them. */
struct vs_rss vs_mm_rss(const struct vs_mm_fields *f, bool parts);

#define VS_VMACACHE_SIZE 4	/* unchanged from 3.15 to 6.0 */

/* A task that uses this mm (group leaders and threads). */
struct vs_space_user {
	uint64_t task;		/* task_struct */
	int32_t pid;		/* of the thread: the kernel's task->pid */
	int32_t tgid;
	bool kthread;		/* it has borrowed the mm */
	bool has_cache;		/* vmacache was read, and is that of this mm as it is now */
	bool cache_absent;	/* some of it is not in the dump */
	uint64_t cache[VS_VMACACHE_SIZE];
	uint64_t cache_start[VS_VMACACHE_SIZE];	/* vm_start of what is there; 0 if that is not to be had */
	char comm[16];		/* NUL-terminated; may hold control characters */
};

/* Which way the mmap area grows. */
enum vs_mmap_dir {
	VS_MMAP_UNKNOWN,
	VS_MMAP_DOWN,		/* from mmap_base towards the heap */
	VS_MMAP_UP,		/* the legacy layout */
};

struct vs_index;

struct vs_space {
	uint64_t mm;		/* address of the mm_struct */
	uint32_t has;		/* enum vs_has */
	uint8_t page_shift;
	uint8_t word;		/* bytes of a pointer */
	uint16_t rb_offset;	/* of vm_rb in vm_area_struct: what the dump's rb pointers are larger by */
	uint64_t prot_map[16], prot_mask;	/* protection_map; the bits in which its entries differ */
	uint64_t prot_exec;	/* those of them that what may be executed only has or has not */
	uint64_t stack_guard_gap;	/* bytes, from the dump */
	bool mm_absent;		/* the mm_struct itself is not (wholly) in the dump */
	uint8_t mm_from;	/* enum vs_from of its worst byte */
	uint64_t limit;		/* user addresses lie below: task_size, or the architecture's own limit if that is not sane */
	struct vs_mm_fields f;
	struct vs_lock lock;	/* mmap_lock */
	struct vs_moment moment;	/* of the dump, if anybody has asked for it */
	uint8_t mmap_dir;	/* enum vs_mmap_dir */
	const char *mmap_dir_source;	/* what tells it: "get_unmapped_area", "MMF_TOPDOWN" */

	VS_VEC(struct vs_vma) vmas;
	bool ascending;		/* vmas[] are in the order of their ranges, which do not overlap */
	struct vs_index *index;	/* owned; behind vs_space_find() */
	struct vs_walk next;	/* over vm_next from mm->mmap */
	struct vs_walk prev;	/* over vm_prev from the last VMA: high to low */
	struct vs_walk tree;	/* red-black or maple tree, in order */
	struct vs_maple maple;	/* the maple tree itself, where that is the tree */
	uint32_t prev_from;	/* where the backward walk began (index), VS_NONE */

	uint64_t n_absent;	/* reads that found no bytes, all causes */
	uint32_t absent_from;	/* which causes: bits 1 << enum vs_from */

	struct vs_objects objects;	/* if the check has asked for them */
	struct vs_exhibits exhibits;	/* of what has findings, if the check has asked for it */
	VS_VEC(struct vs_space_user) users;	/* leaders first */
	const struct vs_fact *facts;	/* borrowed: the session's, one a struct file */
	size_t n_facts;

	const struct vs_core *core;	/* of a process core, borrowed; else NULL */
	struct vs_vma gate;	/* the gate VMA ([vsyscall]); end == 0: none */
	const char **names;	/* names[i]: the kernel's name of vmas[i] without a file (vm_ops->name, arch), or NULL; owned array of borrowed strings */
	const char *gate_name;	/* borrowed */
};

struct vs_space *vs_space_create(void);
void vs_space_destroy(struct vs_space *s);

/** Forget everything but the room: the next address space goes into the same memory. */
void vs_space_reset(struct vs_space *s);

/**
 * The index of the VMA at address @p addr, or VS_NONE. What is sound never asks: the
 * index is made when somebody first does, and without memory for it all are gone through.
 */
uint32_t vs_space_find(const struct vs_space *s, uint64_t addr);

/** The same for one whose vm_start is known, which spares the index where they are in order. */
uint32_t vs_space_find_from(const struct vs_space *s, uint64_t addr, uint64_t start);

/** A new VMA, zeroed but for its address; NULL without memory. */
struct vs_vma *vs_space_add(struct vs_space *s, uint64_t addr);

/** Room for the name of each VMA in s->names, none of which is known; false without memory. */
bool vs_space_make_names(struct vs_space *s);

/** Take back the VMA that was added last, before anybody has asked for it. */
static inline void vs_space_drop(struct vs_space *s)
{
	s->vmas.n--;
}

static inline uint64_t vs_vma_pages(const struct vs_space *s, const struct vs_vma *v)
{
	return (v->end - v->start) >> s->page_shift;
}

/* vm_flags that the model itself knows; unchanged since 2.6.32. */
#define VS_VM_READ	UINT64_C(0x00000001)
#define VS_VM_WRITE	UINT64_C(0x00000002)
#define VS_VM_EXEC	UINT64_C(0x00000004)
#define VS_VM_SHARED	UINT64_C(0x00000008)
#define VS_VM_MAYREAD	UINT64_C(0x00000010)
#define VS_VM_MAYWRITE	UINT64_C(0x00000020)
#define VS_VM_MAYEXEC	UINT64_C(0x00000040)
#define VS_VM_MAYSHARE	UINT64_C(0x00000080)
#define VS_VM_GROWSDOWN	UINT64_C(0x00000100)
#define VS_VM_LOCKED	UINT64_C(0x00002000)
#define VS_VM_HUGETLB	UINT64_C(0x00400000)
#define VS_VM_SOFTDIRTY	UINT64_C(0x08000000)
#define VS_VM_SHADOW_STACK UINT64_C(0x2000000000)	/* x86-64, 6.6+ (VM_HIGH_ARCH_5) */

/**
 * The best order of the address space: the walk that is whole, else everything
 * that any walk vouches for, by address. Sequence of indices into vmas[].
 * Printing goes by it; the check takes it as the reference.
 */
struct vs_order {
	VS_VEC(uint32_t) v;
	const char *source;	/* "vm_next", "vm_prev", "vm_rb", "mm_mt"; "all walks" when put together */
	bool whole;		/* source is one walk that ended where it should */
};

void vs_order_deinit(struct vs_order *o);

/** Work out the best order; false without memory. */
bool vs_space_order(const struct vs_space *s, struct vs_order *ret);

#endif
