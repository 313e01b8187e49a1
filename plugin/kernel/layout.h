/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where members are in the kernel's structures: declared as a table (layout.c),
 * resolved once a session. Presence of a member decides, never a version.
 */
#ifndef VS_KERNEL_LAYOUT_H
#define VS_KERNEL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

struct vs_err;
struct vs_types;

/** A member: its offset in the outermost structure, -1 where the kernel has none. */
struct vs_field {
	int32_t off;
	uint32_t size;		/* bytes; of an array: all of it */
};

static inline bool vs_has(struct vs_field f)
{
	return f.off >= 0;
}

#define VS_VMA_MAX 4096		/* of a larger vm_area_struct only the beginning is read */

/**
 * An integer member as one load of 8 bytes that stays within its structure: at off, then
 * shifted right by what the byte order asks for, then masked. A member that is absent is
 * masked away.
 */
struct vs_pick {
	uint32_t off;
	uint8_t le_shift, be_shift;
	uint64_t mask;
};

/* Members of a vm_area_struct that each kernel has, as a rule of 64 bits: vs_layout.pick.plain. */
#define VS_PLAIN_MEMBERS(X) \
	X(vm_start) X(vm_end) X(vm_flags) X(vm_pgoff) X(vm_mm) X(vm_file) X(vm_ops) X(vm_private_data) X(anon_vma) \
	X(vm_page_prot) X(chain_next) X(chain_prev) X(shared_parent) X(shared_left) X(shared_right) X(shared_last)

/* Named after the kernel's structures and members. */
struct vs_layout {
	struct {
		uint32_t size;
		struct vs_field vm_start, vm_end, vm_flags, vm_pgoff, vm_mm, vm_next, vm_prev, vm_rb,
			rb_subtree_gap, vm_file, vm_ops, vm_private_data, anon_vma, vm_page_prot,
			detached, vm_refcnt, vm_lock_seq, vm_flags_union, anon_name, shared, vm_policy, userfaultfd_ctx, anon_vma_chain_next,
			anon_vma_chain_prev, shared_rb, shared_last, anon_vma_chain;
	} vma;
	struct {	/* of vma: what each vm_area_struct is asked for, a million times over */
		struct vs_pick vm_start, vm_end, vm_flags, vm_pgoff, vm_mm, vm_next, vm_prev, rb_subtree_gap,
			vm_file, vm_ops, vm_private_data, anon_vma, vm_page_prot, detached, vm_refcnt, vm_lock_seq,
			chain_next, chain_prev, shared_parent, shared_left, shared_right, shared_last,
			rb_parent, rb_left, rb_right;
		bool plain;	/* VS_PLAIN_MEMBERS are all there, and 64 bits wide */
	} pick;
	struct {
		uint32_t size;
		struct vs_field mmap, mm_rb, mm_mt, map_count, total_vm, locked_vm, pinned_vm, data_vm,
			exec_vm, stack_vm, shared_vm, highest_vm_end, task_size, mmap_base,
			start_code, end_code, start_data, end_data, start_brk, brk, start_stack,
			arg_start, arg_end, env_start, env_end, hiwater_vm, hiwater_rss,
			rss_stat, rss_count, pgtables_bytes, mm_users, mm_count, pgd, context_flags, asce_limit,
			mm_lock_seq, vmacache_seqnum, mmap_cache, mmap_lock, flags, get_unmapped_area, mmap_compat_base,
			exe_file;
	} mm;
	struct {
		uint32_t size;
		struct vs_field tasks, pid, tgid, comm, mm, active_mm, signal, fs, flags, state,
			exit_state, thread_node, thread_group, rss_count,
			vmacache, vmacache_seqnum, pid_link;
	} task;		/* pid_link: the hlist_node of PIDTYPE_PID */
	struct {
		struct vs_field tasks, numbers;
	} pid;
	struct {
		struct vs_field nr, ns, pid_chain;
	} upid;
	struct {
		struct vs_field head;
		bool is_xarray;		/* since 4.20; a radix tree before */
	} idr;		/* pid_namespace.idr, since 4.15 */
	struct {
		struct vs_field exec_start, clock_task, timer_clk, last_jiffies;
	} clock;	/* of task_struct.se, rq, timer_base, tick_sched */
	struct {
		struct vs_field slots;
	} xa_node;	/* radix_tree_node before 4.20 */
	struct {
		struct vs_field count, counters;
	} percpu_counter;
	struct {
		struct vs_field thread_head;
	} signal;
	struct {
		struct vs_field rb_left, rb_right, parent_color;
	} rb;
	struct {
		struct vs_field root_mnt, root_dentry;
	} fs;
	struct {
		uint32_t size;
		struct vs_field f_path_mnt, f_path_dentry, f_inode, f_mapping;
	} file;
	struct {
		struct vs_field i_mapping, i_data, i_ino, i_sb;
	} inode;
	struct {
		struct vs_field host, i_mmap, i_mmap_rwsem;
	} mapping;	/* address_space; i_mmap's rb_node */
	struct {
		uint32_t size;
		struct vs_field vma, anon_vma, same_vma, rb, rb_subtree_last, cached_vma_start,
			cached_vma_last;
	} avc;		/* anon_vma_chain */
	struct {
		struct vs_field root, parent, rb_root, rwsem;
	} anon_vma;	/* rb_root's rb_node */
	struct {
		struct vs_field s_dev;
	} super;
	struct {
		uint32_t size;
		struct vs_field d_parent, d_name_len, d_name_name, d_op, d_inode, d_hash_pprev, d_sb;
	} dentry;
	struct {
		struct vs_field d_dname;
	} dentry_ops;
	struct {
		struct vs_field mnt, mnt_parent, mnt_mountpoint;
	} mount;
	struct {
		struct vs_field mnt_root, mnt_sb;
	} vfsmount;
	struct {
		struct vs_field name, close;
	} vm_ops;
	struct {
		struct vs_field mode, flags, nodes, home_node;
	} mempolicy;
	struct {
		struct vs_field swap_file;
	} swap_info;	/* swap_info_struct */
	struct {
		struct vs_field name;
	} special;	/* vm_special_mapping */
	struct {
		struct vs_field ops, inum;
	} ns;		/* ns_common */
	struct {
		struct vs_field name;
	} ns_ops;	/* proc_ns_operations */
	struct {
		struct vs_field ma_root, ma_flags;
	} mtree;	/* maple_tree */
	struct {
		uint32_t size;
		struct vs_field parent, slot;
	} mnode;	/* maple_node; slot of a dense one */
	struct {
		struct vs_field pivot, slot, meta_end, meta_gap;
	} mrange;	/* maple_range_64 */
	struct {
		struct vs_field pivot, slot, gap, meta_end, meta_gap;
	} marange;	/* maple_arange_64 */
	struct {
		struct vs_field mode, user_path_mnt, user_path_dentry;
	} backing;	/* file.f_mode; backing_file since 6.8 */
	struct {
		struct vs_field name;
	} anon_vma_name;
	struct {
		uint32_t size;
		struct vs_field count, owner, rt_readers;
		bool owner_is_pointer;	/* before 5.3: the count has biases */
	} rwsem;	/* rw_semaphore; rwbase_rt.readers under PREEMPT_RT */
	struct {
		struct vs_field sp, stack, on_cpu, cpu, x19, pc, ra, s;
	} thread;	/* task_struct.thread.sp: the saved stack pointer of a sleeping task */
	struct {
		uint32_t size;
		struct vs_field r15, gprs, r14, r13, r12, si, di, bx, bp, ret_addr;
	} frame;	/* inactive_task_frame, at that pointer on x86 */
	struct {
		struct vs_field size, offset, oo, red_left_pad, cpu_slab, random, name;
	} kmem_cache;
	struct {
		struct vs_field freelist;
	} kmem_cache_cpu;
	struct {
		struct vs_field slab_cache, freelist;
	} slab;		/* struct slab, since 5.17 */
	struct {
		uint32_t size;
		struct vs_field slab_cache, freelist, compound_head;
	} page;
	int maple_type[5];	/* enum maple_type by enum vs_mtype; -1: this kernel has none such */
	struct {
		struct vs_field start, end, name, flags, parent, sibling, child;
	} resource;
	struct {
		struct vs_field addr_min, addr_max;
	} mod_tree;	/* mod_tree_root */
	const struct vs_type *vma_type, *mm_type;	/* for whoever shows every member */
};

/**
 * Resolve the table. An error names each structure or member that is needed and
 * missing.
 */
struct vs_err *vs_layout_init(struct vs_layout *l, struct vs_types *ts);

/** Work out l->pick from l->vma and l->rb: for who fills a layout in by hand. */
void vs_layout_pick(struct vs_layout *l);

#endif
