/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filling snapshots from a kernel.
 */
#ifndef VS_MM_MM_H
#define VS_MM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"
#include "space/space.h"
#include "space/tasks.h"

struct vs_err;
struct vs_kernel;
struct vs_out;

/** Read all tasks. What is broken is in ret->breaks; an error only where there are none at all. */
struct vs_err *vs_tasks_read(struct vs_kernel *k, struct vs_out *out, struct vs_tasks *ret);

/** Settle which mm each task has where its mm and active_mm differ: vs_task.odd. For vs_tasks_read(). */
void vs_task_mms_settle(struct vs_kernel *k, struct vs_tasks *tasks);

/**
 * Read the address space of the mm_struct at @p mm into @p s (which is reset first): the mm, its
 * VMAs, and every walk that its kernel has. Damage and absence are in the
 * snapshot; errors are for what stops the command.
 */
struct vs_err *vs_mm_read(struct vs_kernel *k, uint64_t mm, struct vs_out *out, struct vs_space *s);

/**
 * The mm_struct alone into @p s (which is reset first): what vs_mm_read() reads before the
 * first VMA.
 */
struct vs_err *vs_mm_read_head(struct vs_kernel *k, uint64_t mm, struct vs_space *s);

/** How many VMAs the dump could hold. */
size_t vs_mm_bound(const struct vs_kernel *k);

/* --- scan.c --- */

/** Who is shown what a scan reads, while it is read. Each answers false to end it. */
struct vs_scan {
	void *arg;
	/** The last of s->maple.nodes; those that lead to it are there, and no others. */
	bool (*node)(void *arg, const struct vs_space *s);
	/** The next VMA, which is gone afterwards; in a maple tree, slot @p slot of node number @p node, else VS_NONE. */
	bool (*vma)(void *arg, const struct vs_space *s, const struct vs_vma *v, uint32_t node, unsigned int slot);
	/** What hangs on the same VMA: s->objects. Only where anything does. NULL: it is not read. */
	bool (*objects)(void *arg, const struct vs_space *s);
};

/**
 * Go over the VMAs of @p s, in which are the mm_struct (vs_mm_read_head()), its users and what
 * they remember (vs_objects_start()), in their order: by vm_next or by the maple tree. Each is read
 * once with what hangs on it, and none is kept: however many there are, the scan takes no memory for
 * them. Whoever is shown them has to end what goes in a circle; else it goes on to what the dump could
 * hold. *whole_ret: it came to the end, nothing broke it, and nobody has ended it. Afterwards @p s has
 * the mm_struct and its users as before, no VMA, and of what broke it nothing that means anything.
 */
struct vs_err *vs_mm_scan(struct vs_kernel *k, struct vs_out *out, struct vs_space *s, const struct vs_scan *scan,
			  bool *whole_ret);

/** Only the counters and layout members of the mm_struct at @p mm; what is absent is 0. */
struct vs_err *vs_mm_read_fields(struct vs_kernel *k, uint64_t mm, struct vs_mm_fields *ret);

/* --- objects.c --- */

/**
 * Read what hangs on the address space in @p s besides its VMAs: what the tasks that use it, which
 * are in s->users, remember of it, its place in the i_mmap trees of files, its anon_vmas. Sets the bits
 * of s->has that the rules about this need. @p clean says whether what is in s->objects from these
 * numbers on is: past s->objects.keep that is not kept. NULL: everything is.
 */
struct vs_err *vs_objects_read(struct vs_kernel *k, struct vs_out *out, struct vs_space *s,
			       bool (*clean)(const struct vs_space *s, size_t file, size_t anon));

/** Its first part: all but what hangs on VMAs. */
void vs_objects_start(struct vs_kernel *k, struct vs_space *s);

/** What hangs on VMA number @p i. */
struct vs_err *vs_objects_of(struct vs_kernel *k, struct vs_space *s, uint32_t i);

/* --- rss.c --- */

/** The rss counters in the bytes of an mm_struct, with the parts that CPUs keep. */
struct vs_err *vs_rss_read(struct vs_kernel *k, const unsigned char *raw_mm, struct vs_mm_fields *f);

/** Where tasks keep parts of them: add those of all tasks of @p mm. Once for each @p f. */
void vs_rss_add_tasks(const struct vs_tasks *tasks, uint64_t mm, struct vs_mm_fields *f);

/* --- vma.c --- */

/** Read one vm_area_struct; members without bytes are 0 and v->absent is set. */
void vs_vma_read(struct vs_kernel *k, uint64_t addr, struct vs_vma *v);

/** Could a vm_area_struct be at @p addr: aligned, in the kernel's half? */
bool vs_vma_addr_ok(struct vs_kernel *k, uint64_t addr);

/** Was there a vm_area_struct at @p addr that has been overwritten? By its slab; false if it has an mm. */
bool vs_vma_is_wreck(struct vs_kernel *k, uint64_t addr);

/* --- walk.c: the walks of one address space --- */

/** State shared by the walks of one address space. */
struct vs_reader {
	struct vs_kernel *k;
	struct vs_out *out;
	struct vs_space *s;
	size_t bound;		/* no more VMAs than this: what the dump could hold */
	uint64_t end;		/* vm_end of the last VMA, as long as each began where those before had ended */
	bool astray;		/* one did not: what a pointer leads to may be known already */
	struct vs_map nodes;	/* maple nodes that were read: address -> index */
	unsigned int foreign;	/* VMAs of other mms that it has led to */
	unsigned int slots;	/* objects that the slab has been asked about */
	const struct vs_scan *scan;	/* nothing is kept: it is shown to this */
	size_t n_scanned;	/* VMAs and nodes */
	bool refused;		/* it has ended */
};

/* For a scan: what is read goes here, to be shown. */
struct vs_err *vs_scan_vma(struct vs_reader *r, uint64_t addr, uint32_t node, unsigned int slot);
struct vs_err *vs_scan_node(struct vs_reader *r);

/**
 * What pointer @p addr leads to: without its tag where the kernel tags no
 * pointers, which that to the mm shows. There a tag is damage, for the rules to see.
 */
uint64_t vs_reader_untag(const struct vs_reader *r, uint64_t addr);

/** What a sound VMA would say, seen from the pointer that led to it; 0: nothing to hold it against. */
struct vs_expect {
	uint64_t link;		/* the VMA that it would point back to */
	uint64_t start, end;	/* the range that the tree has for it */
	bool sure;		/* the node that leads there is known to be one of this tree */
};

/**
 * The VMA at @p addr, read now or known already: its index in *idx_ret.
 * *stop_ret is VS_STOP_END when there is such a VMA, else why not.
 */
struct vs_err *vs_reader_reach(struct vs_reader *r, uint64_t addr, const struct vs_expect *expect,
			       uint32_t *idx_ret, enum vs_stop *stop_ret, uint8_t *from_ret);

struct vs_err *vs_walk_list(struct vs_reader *r);
struct vs_err *vs_walk_list_back(struct vs_reader *r);
struct vs_err *vs_walk_rbtree(struct vs_reader *r);

/**
 * Once the list has been walked, all of its VMAs are read, and with them their vm_prev and
 * their links in the tree. Where each of these is what the list's order asks for, the two
 * other walks are known without making them: they lead to the same VMAs in this order. False,
 * and nothing is changed: they are to be made.
 */
bool vs_walks_follow(struct vs_reader *r);

/* --- maple.c --- */
struct vs_err *vs_walk_maple(struct vs_reader *r);

/* --- moment.c --- */

/** Whether the clocks in the dump contradict each other: it was written while the machine ran on. */
struct vs_err *vs_moment_read(struct vs_kernel *k, const struct vs_tasks *tasks, struct vs_moment *ret);

/* --- lock.c --- */

/** Decode mmap_lock out of the bytes of an mm_struct. */
void vs_lock_read(struct vs_kernel *k, const unsigned char *raw_mm, struct vs_lock *ret);

/** Decode any rw_semaphore out of its bytes. */
void vs_rwsem_read(struct vs_kernel *k, const unsigned char *sem, struct vs_lock *ret);

/** Say who holds @p lock, and where in the kernel that task is as far as its stack tells. */
void vs_lock_name(struct vs_kernel *k, const struct vs_tasks *tasks, struct vs_lock *lock);

/* --- files.c --- */

/** Facts of files and names of mappings, each worked out once a session. */
struct vs_files {
	VS_VEC(struct vs_fact) facts;
	struct vs_map by_file;
	VS_VEC(struct vs_name) names;
	struct vs_map by_name;
	uint64_t root_mnt, root_dentry;	/* the reader's root: pid 1's */
	bool have_root;
};

void vs_files_init(struct vs_files *f, struct vs_kernel *k, const struct vs_tasks *tasks);
void vs_files_deinit(struct vs_files *f);

/**
 * Fill s->facts, each VMA's .fact and s->names: what /proc/PID/maps shows behind
 * the ranges. The facts are borrowed until the next call.
 */
struct vs_err *vs_files_name(struct vs_files *f, struct vs_kernel *k, struct vs_out *out,
			     struct vs_space *s);

/** The same for VMA number @p i, for which s->names has room. */
struct vs_err *vs_files_name_one(struct vs_files *f, struct vs_kernel *k, struct vs_space *s, uint32_t i);

/** The fact of one struct file. */
struct vs_err *vs_files_fact(struct vs_files *f, struct vs_kernel *k, uint64_t file, uint32_t *idx_ret);

/* --- path.c --- */

/**
 * The path of @p file as d_path() tells it to a reader whose root is (@p root_mnt,
 * @p root_dentry). *path_ret is NULL with the reason in *problem_ret where it cannot be had; the
 * caller frees both.
 */
struct vs_err *vs_path_of_file(struct vs_kernel *k, const struct vs_files *f, uint64_t file,
			       char **path_ret, size_t *len_ret, char **problem_ret);

/** The path that the user opened, where @p file only stands for it (overlayfs since 6.8); false: it is f_path. */
bool vs_file_user_path(struct vs_kernel *k, uint64_t file, uint64_t *mnt_ret, uint64_t *dentry_ret);

#endif
