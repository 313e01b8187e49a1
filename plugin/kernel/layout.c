// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/layout.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/types.h"

enum { NEEDED, OPTIONAL };

struct row {
	size_t where;		/* of the vs_field in vs_layout */
	const char *tag;
	const char *member;
	int optional;
};

#define F(group, field, tag, member, opt) { offsetof(struct vs_layout, group.field), tag, member, opt }
#define VMA(m, opt) F(vma, m, "vm_area_struct", #m, opt)
#define MM(m, opt) F(mm, m, "mm_struct", #m, opt)
#define TASK(m, opt) F(task, m, "task_struct", #m, opt)

static const struct row rows[] = {
	VMA(vm_start, NEEDED),
	VMA(vm_end, NEEDED),
	VMA(vm_flags, NEEDED),
	VMA(vm_pgoff, NEEDED),
	VMA(vm_mm, NEEDED),
	VMA(vm_next, OPTIONAL),		// up to 6.0
	VMA(vm_prev, OPTIONAL),		// 2.6.38 to 6.0
	VMA(vm_rb, OPTIONAL),		// up to 6.0
	VMA(rb_subtree_gap, OPTIONAL),	// 3.8 to 6.0
	VMA(vm_file, NEEDED),
	VMA(vm_ops, NEEDED),
	VMA(vm_private_data, NEEDED),
	VMA(anon_vma, OPTIONAL),
	VMA(vm_page_prot, OPTIONAL),
	VMA(anon_name, OPTIONAL),	// since 5.17; shares its place with shared up to 6.1
	VMA(shared, OPTIONAL),
	VMA(vm_policy, OPTIONAL),	// CONFIG_NUMA
	F(vma, userfaultfd_ctx, "vm_area_struct", "vm_userfaultfd_ctx.ctx", OPTIONAL),	// CONFIG_USERFAULTFD
	F(vma, anon_vma_chain_next, "vm_area_struct", "anon_vma_chain.next", OPTIONAL),
	F(vma, anon_vma_chain_prev, "vm_area_struct", "anon_vma_chain.prev", OPTIONAL),
	F(vma, shared_rb, "vm_area_struct", "shared.rb", OPTIONAL),	// since 3.10
	F(vma, shared_last, "vm_area_struct", "shared.rb_subtree_last", OPTIONAL),
	F(vma, shared_rb, "vm_area_struct", "shared.linear.rb", OPTIONAL),	// to 3.19
	F(vma, shared_last, "vm_area_struct", "shared.linear.rb_subtree_last", OPTIONAL),
	VMA(anon_vma_chain, OPTIONAL),
	VMA(detached, OPTIONAL),	// 6.4 to 6.14
	VMA(vm_refcnt, OPTIONAL),	// since 6.15
	VMA(vm_lock_seq, OPTIONAL),	// since 6.4, CONFIG_PER_VMA_LOCK
	F(vma, vm_flags_union, "vm_area_struct", "__vm_flags", OPTIONAL),	// 6.3 to 6.19
	F(vma, vm_flags_union, "vm_area_struct", "flags", OPTIONAL),	// since 7.0

	MM(mmap, OPTIONAL),		// up to 6.0; in an anonymous struct since 4.20
	MM(mm_rb, OPTIONAL),
	MM(mm_mt, OPTIONAL),		// since 6.1
	MM(map_count, NEEDED),
	MM(total_vm, OPTIONAL),
	MM(locked_vm, OPTIONAL),
	MM(pinned_vm, OPTIONAL),
	MM(data_vm, OPTIONAL),		// since 4.7
	MM(exec_vm, OPTIONAL),
	MM(stack_vm, OPTIONAL),
	MM(shared_vm, OPTIONAL),	// up to 4.6
	MM(highest_vm_end, OPTIONAL),	// 3.8 to 6.0
	MM(task_size, OPTIONAL),
	MM(mmap_base, OPTIONAL),
	MM(mmap_compat_base, OPTIONAL),	// since 4.12
	MM(start_code, OPTIONAL),
	MM(end_code, OPTIONAL),
	MM(start_data, OPTIONAL),
	MM(end_data, OPTIONAL),
	MM(start_brk, NEEDED),
	MM(brk, NEEDED),
	MM(start_stack, NEEDED),
	MM(arg_start, OPTIONAL),
	MM(arg_end, OPTIONAL),
	MM(env_start, OPTIONAL),
	MM(env_end, OPTIONAL),
	MM(hiwater_vm, OPTIONAL),
	MM(hiwater_rss, OPTIONAL),
	MM(rss_stat, OPTIONAL),		// struct with count[] to 6.1, percpu_counter[] since 6.2
	F(mm, rss_count, "mm_struct", "rss_stat.count", OPTIONAL),
	MM(pgtables_bytes, OPTIONAL),	// since 4.15
	MM(mm_users, OPTIONAL),
	MM(mm_count, OPTIONAL),
	MM(pgd, NEEDED),
	F(mm, context_flags, "mm_struct", "context.flags", OPTIONAL),	// x86, since 5.6 or so
	F(mm, asce_limit, "mm_struct", "context.asce_limit", OPTIONAL),	// s390x, since 4.0
	MM(flags, OPTIONAL),
	F(mm, mmap_lock, "mm_struct", "mmap_lock", OPTIONAL),	// since 5.8
	F(mm, mmap_lock, "mm_struct", "mmap_sem", OPTIONAL),	// before; el8 has both names for one
	MM(mm_lock_seq, OPTIONAL),	// since 6.4; a seqcount_t since 6.13
	MM(vmacache_seqnum, OPTIONAL),	// 3.15 to 6.0
	MM(mmap_cache, OPTIONAL),	// up to 3.14
	MM(get_unmapped_area, OPTIONAL),	// up to 6.9
	MM(exe_file, OPTIONAL),

	TASK(tasks, NEEDED),
	TASK(pid, NEEDED),
	TASK(tgid, NEEDED),
	TASK(comm, NEEDED),
	TASK(mm, NEEDED),
	TASK(active_mm, OPTIONAL),
	TASK(signal, NEEDED),
	TASK(fs, NEEDED),
	TASK(flags, OPTIONAL),
	F(task, state, "task_struct", "__state", OPTIONAL),	// since 5.14
	F(task, state, "task_struct", "state", OPTIONAL),	// before
	TASK(exit_state, OPTIONAL),
	TASK(thread_node, OPTIONAL),	// since 3.14
	TASK(thread_group, OPTIONAL),	// up to 6.6
	F(task, rss_count, "task_struct", "rss_stat.count", OPTIONAL),	// 2.6.34 to 6.1: not yet in the mm's
	TASK(vmacache, OPTIONAL),	// 3.15 to 4.10: the array itself
	TASK(vmacache_seqnum, OPTIONAL),
	F(task, vmacache, "task_struct", "vmacache.vmas", OPTIONAL),	// 4.11 to 6.0
	F(task, vmacache_seqnum, "task_struct", "vmacache.seqnum", OPTIONAL),
	F(task, pid_link, "task_struct", "pid_links", OPTIONAL),	// since 4.19
	F(task, pid_link, "task_struct", "pids", OPTIONAL),	// before: of struct pid_link, which begins with it
	F(pid, tasks, "pid", "tasks", OPTIONAL),
	F(pid, numbers, "pid", "numbers", OPTIONAL),
	F(upid, nr, "upid", "nr", OPTIONAL),
	F(upid, ns, "upid", "ns", OPTIONAL),
	F(upid, pid_chain, "upid", "pid_chain", OPTIONAL),	// up to 4.14
	F(idr, head, "pid_namespace", "idr.idr_rt.xa_head", OPTIONAL),	// since 4.20
	F(idr, head, "pid_namespace", "idr.idr_rt.rnode", OPTIONAL),	// since 4.15
	F(xa_node, slots, "xa_node", "slots", OPTIONAL),
	F(xa_node, slots, "radix_tree_node", "slots", OPTIONAL),	// up to 4.19
	F(clock, exec_start, "task_struct", "se.exec_start", OPTIONAL),
	F(clock, clock_task, "rq", "clock_task", OPTIONAL),
	F(clock, timer_clk, "timer_base", "clk", OPTIONAL),	// since 4.8
	F(clock, last_jiffies, "tick_sched", "last_jiffies", OPTIONAL),
	F(percpu_counter, count, "percpu_counter", "count", OPTIONAL),
	F(percpu_counter, counters, "percpu_counter", "counters", OPTIONAL),
	F(signal, thread_head, "signal_struct", "thread_head", OPTIONAL),

	F(rb, rb_left, "rb_node", "rb_left", NEEDED),
	F(rb, rb_right, "rb_node", "rb_right", NEEDED),
	F(rb, parent_color, "rb_node", "__rb_parent_color", NEEDED),

	F(fs, root_mnt, "fs_struct", "root.mnt", NEEDED),
	F(fs, root_dentry, "fs_struct", "root.dentry", NEEDED),
	F(file, f_path_mnt, "file", "f_path.mnt", NEEDED),
	F(file, f_path_dentry, "file", "f_path.dentry", NEEDED),
	F(file, f_inode, "file", "f_inode", NEEDED),
	F(file, f_mapping, "file", "f_mapping", OPTIONAL),
	F(mapping, host, "address_space", "host", OPTIONAL),
	F(mapping, i_mmap, "address_space", "i_mmap.rb_node", OPTIONAL),	// 3.7 to 4.13
	F(mapping, i_mmap, "address_space", "i_mmap.rb_root.rb_node", OPTIONAL),	// since 4.14
	F(mapping, i_mmap_rwsem, "address_space", "i_mmap_rwsem", OPTIONAL),	// since 3.19
	F(avc, vma, "anon_vma_chain", "vma", OPTIONAL),
	F(avc, anon_vma, "anon_vma_chain", "anon_vma", OPTIONAL),
	F(avc, same_vma, "anon_vma_chain", "same_vma", OPTIONAL),
	F(avc, rb, "anon_vma_chain", "rb", OPTIONAL),	// since 3.7
	F(avc, rb_subtree_last, "anon_vma_chain", "rb_subtree_last", OPTIONAL),
	F(avc, cached_vma_start, "anon_vma_chain", "cached_vma_start", OPTIONAL),
	F(avc, cached_vma_last, "anon_vma_chain", "cached_vma_last", OPTIONAL),
	F(anon_vma, root, "anon_vma", "root", OPTIONAL),
	F(anon_vma, parent, "anon_vma", "parent", OPTIONAL),	// since 4.0
	F(anon_vma, rb_root, "anon_vma", "rb_root.rb_node", OPTIONAL),	// 3.7 to 4.13
	F(anon_vma, rb_root, "anon_vma", "rb_root.rb_root.rb_node", OPTIONAL),	// since 4.14
	F(anon_vma, rwsem, "anon_vma", "rwsem", OPTIONAL),	// since 3.9
	F(inode, i_mapping, "inode", "i_mapping", OPTIONAL),
	F(inode, i_data, "inode", "i_data", OPTIONAL),
	F(inode, i_ino, "inode", "i_ino", NEEDED),
	F(inode, i_sb, "inode", "i_sb", NEEDED),
	F(super, s_dev, "super_block", "s_dev", NEEDED),
	F(dentry, d_parent, "dentry", "d_parent", NEEDED),
	F(dentry, d_name_len, "dentry", "d_name.len", NEEDED),
	F(dentry, d_name_name, "dentry", "d_name.name", NEEDED),
	F(dentry, d_op, "dentry", "d_op", NEEDED),
	F(dentry, d_inode, "dentry", "d_inode", NEEDED),
	F(dentry, d_hash_pprev, "dentry", "d_hash.pprev", NEEDED),
	F(dentry, d_sb, "dentry", "d_sb", OPTIONAL),
	F(dentry_ops, d_dname, "dentry_operations", "d_dname", NEEDED),
	F(mount, mnt, "mount", "mnt", NEEDED),
	F(mount, mnt_parent, "mount", "mnt_parent", NEEDED),
	F(mount, mnt_mountpoint, "mount", "mnt_mountpoint", NEEDED),
	F(vfsmount, mnt_root, "vfsmount", "mnt_root", NEEDED),
	F(vfsmount, mnt_sb, "vfsmount", "mnt_sb", OPTIONAL),
	F(vm_ops, name, "vm_operations_struct", "name", OPTIONAL),
	F(vm_ops, close, "vm_operations_struct", "close", OPTIONAL),
	F(mempolicy, mode, "mempolicy", "mode", OPTIONAL),
	F(mempolicy, flags, "mempolicy", "flags", OPTIONAL),
	F(mempolicy, nodes, "mempolicy", "nodes", OPTIONAL),	// since 5.14
	F(mempolicy, nodes, "mempolicy", "v.nodes", OPTIONAL),	// before
	F(mempolicy, home_node, "mempolicy", "home_node", OPTIONAL),	// since 5.17
	F(swap_info, swap_file, "swap_info_struct", "swap_file", OPTIONAL),
	F(special, name, "vm_special_mapping", "name", OPTIONAL),
	F(ns, ops, "ns_common", "ops", OPTIONAL),
	F(ns, inum, "ns_common", "inum", OPTIONAL),
	F(ns_ops, name, "proc_ns_operations", "name", OPTIONAL),
	F(kmem_cache, size, "kmem_cache", "size", OPTIONAL),
	F(kmem_cache, offset, "kmem_cache", "offset", OPTIONAL),
	F(kmem_cache, oo, "kmem_cache", "oo.x", OPTIONAL),
	F(kmem_cache, red_left_pad, "kmem_cache", "red_left_pad", OPTIONAL),
	F(kmem_cache, cpu_slab, "kmem_cache", "cpu_slab", OPTIONAL),	// up to 6.18 or so
	F(kmem_cache, random, "kmem_cache", "random", OPTIONAL),	// CONFIG_SLAB_FREELIST_HARDENED
	F(kmem_cache, name, "kmem_cache", "name", OPTIONAL),
	F(kmem_cache_cpu, freelist, "kmem_cache_cpu", "freelist", OPTIONAL),
	F(slab, slab_cache, "slab", "slab_cache", OPTIONAL),
	F(slab, freelist, "slab", "freelist", OPTIONAL),
	F(page, slab_cache, "page", "slab_cache", OPTIONAL),	// up to 5.16
	F(page, freelist, "page", "freelist", OPTIONAL),
	F(page, compound_head, "page", "compound_head", OPTIONAL),
	F(page, compound_head, "page", "compound_info", OPTIONAL),	// since 7.1
	F(rwsem, count, "rw_semaphore", "count", OPTIONAL),
	F(rwsem, owner, "rw_semaphore", "owner", OPTIONAL),
	F(rwsem, rt_readers, "rw_semaphore", "rwbase.readers", OPTIONAL),	// PREEMPT_RT, since 5.15
	F(thread, sp, "task_struct", "thread.sp", OPTIONAL),	// x86, riscv
	F(thread, sp, "task_struct", "thread.cpu_context.sp", OPTIONAL),	// arm64
	F(thread, sp, "task_struct", "thread.ksp", OPTIONAL),	// s390x, ppc64
	F(thread, stack, "task_struct", "stack", OPTIONAL),
	F(thread, on_cpu, "task_struct", "on_cpu", OPTIONAL),
	F(thread, cpu, "task_struct", "cpu", OPTIONAL),
	F(thread, cpu, "task_struct", "thread_info.cpu", OPTIONAL),
	F(thread, x19, "task_struct", "thread.cpu_context.x19", OPTIONAL),	// arm64
	F(thread, pc, "task_struct", "thread.cpu_context.pc", OPTIONAL),
	F(thread, ra, "task_struct", "thread.ra", OPTIONAL),	// riscv
	F(thread, s, "task_struct", "thread.s", OPTIONAL),
	F(frame, gprs, "stack_frame", "gprs", OPTIONAL),	// s390x
	F(frame, r15, "inactive_task_frame", "r15", OPTIONAL),	// x86-64, since 4.9
	F(frame, r14, "inactive_task_frame", "r14", OPTIONAL),
	F(frame, r13, "inactive_task_frame", "r13", OPTIONAL),
	F(frame, r12, "inactive_task_frame", "r12", OPTIONAL),
	F(frame, si, "inactive_task_frame", "si", OPTIONAL),	// i386
	F(frame, di, "inactive_task_frame", "di", OPTIONAL),
	F(frame, bx, "inactive_task_frame", "bx", OPTIONAL),
	F(frame, bp, "inactive_task_frame", "bp", OPTIONAL),
	F(frame, ret_addr, "inactive_task_frame", "ret_addr", OPTIONAL),
	F(anon_vma_name, name, "anon_vma_name", "name", OPTIONAL),

	F(resource, start, "resource", "start", OPTIONAL),
	F(resource, end, "resource", "end", OPTIONAL),
	F(resource, name, "resource", "name", OPTIONAL),
	F(resource, flags, "resource", "flags", OPTIONAL),
	F(resource, parent, "resource", "parent", OPTIONAL),
	F(resource, sibling, "resource", "sibling", OPTIONAL),
	F(resource, child, "resource", "child", OPTIONAL),
	F(mod_tree, addr_min, "mod_tree_root", "addr_min", OPTIONAL),
	F(mod_tree, addr_max, "mod_tree_root", "addr_max", OPTIONAL),

	F(mtree, ma_root, "maple_tree", "ma_root", OPTIONAL),	// since 6.1; before ma_flags up to 6.5
	F(mtree, ma_flags, "maple_tree", "ma_flags", OPTIONAL),
	F(mnode, parent, "maple_node", "parent", OPTIONAL),
	F(mnode, slot, "maple_node", "slot", OPTIONAL),
	F(mrange, pivot, "maple_range_64", "pivot", OPTIONAL),
	F(mrange, slot, "maple_range_64", "slot", OPTIONAL),
	F(mrange, meta_end, "maple_range_64", "meta.end", OPTIONAL),
	F(mrange, meta_gap, "maple_range_64", "meta.gap", OPTIONAL),
	F(marange, pivot, "maple_arange_64", "pivot", OPTIONAL),
	F(marange, slot, "maple_arange_64", "slot", OPTIONAL),
	F(marange, gap, "maple_arange_64", "gap", OPTIONAL),
	F(marange, meta_end, "maple_arange_64", "meta.end", OPTIONAL),
	F(marange, meta_gap, "maple_arange_64", "meta.gap", OPTIONAL),
	F(backing, mode, "file", "f_mode", OPTIONAL),
	F(backing, user_path_mnt, "backing_file", "user_path.mnt", OPTIONAL),
	F(backing, user_path_dentry, "backing_file", "user_path.dentry", OPTIONAL),
};

static const struct {
	size_t where;
	const char *tag;
} sizes[] = {
	{ offsetof(struct vs_layout, vma.size), "vm_area_struct" },
	{ offsetof(struct vs_layout, mm.size), "mm_struct" },
	{ offsetof(struct vs_layout, task.size), "task_struct" },
	{ offsetof(struct vs_layout, file.size), "file" },
	{ offsetof(struct vs_layout, dentry.size), "dentry" },
};

/* No kernel structure that we read is larger: offsets in lying debug information end here. */
#define STRUCT_MAX (1 << 20)

/* enum maple_type: its values in the order of enum vs_mtype. */
static struct vs_err *resolve_maple(struct vs_layout *l, struct vs_types *ts)
{
	static const char *const names[] = {
		"maple_dense", "maple_leaf_64", "maple_range_64", "maple_arange_64", "maple_copy",
	};
	const struct vs_type *t;
	struct vs_err *err = vs_types_find(ts, VS_KIND_STRUCT, "maple_node", &t);

	l->mnode.size = !err && t ? (uint32_t)t->size : 0;
	if (!err)
		err = vs_types_find(ts, VS_KIND_ENUM, "maple_type", &t);
	if (!err && t)
		err = vs_type_complete(ts, t);
	for (size_t i = 0; !err && t && i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t e = 0; e < t->n_enums; e++)
			if (t->enums[e].name && !strcmp(t->enums[e].name, names[i]))
				l->maple_type[i] = (int)t->enums[e].value;
	return err;
}

/* Sizes that may be missing, and what a member's type tells: since 5.3 the rwsem's owner is a number. */
static struct vs_err *resolve_others(struct vs_layout *l, struct vs_types *ts)
{
	const struct vs_type *t;
	struct vs_member m;
	bool found = false;
	struct vs_err *err = vs_types_find(ts, VS_KIND_STRUCT, "rw_semaphore", &t);

	if (!err && t)
		err = vs_type_member(ts, t, "owner", &m, &found);
	l->page.size = l->avc.size = l->frame.size = 0;
	l->idr.is_xarray = false;
	l->rwsem.size = !err && t ? (uint32_t)t->size : 0;
	l->rwsem.owner_is_pointer = !err && found && m.type->kind == VS_KIND_PTR;
	if (!err)
		err = vs_types_find(ts, VS_KIND_STRUCT, "xa_node", &t);
	if (!err)
		l->idr.is_xarray = t != NULL;
	if (!err)
		err = vs_types_find(ts, VS_KIND_STRUCT, "anon_vma_chain", &t);
	if (!err && t && t->size <= 256)
		l->avc.size = (uint32_t)t->size;
	if (!err)
		err = vs_types_find(ts, VS_KIND_STRUCT, "inactive_task_frame", &t);
	if (!err && t && t->size <= 256)
		l->frame.size = (uint32_t)t->size;
	if (!err)
		err = vs_types_find(ts, VS_KIND_STRUCT, "page", &t);
	if (!err && t && t->size <= UINT32_MAX)
		l->page.size = (uint32_t)t->size;
	return err;
}

/* The member @p f, @p more bytes behind its offset, of a structure of @p size bytes. */
static struct vs_pick pick(uint32_t size, struct vs_field f, struct vs_field more)
{
	uint32_t at, back;

	if (!vs_has(f) || !vs_has(more) || size < 8 || (more.size != 1 && more.size != 2 && more.size != 4 &&
							 more.size != 8))
		return (struct vs_pick){ 0 };
	at = (uint32_t)f.off + (uint32_t)more.off;
	if (at + more.size > size)
		return (struct vs_pick){ 0 };
	back = at + 8 > size ? at + 8 - size : 0;
	return (struct vs_pick){
		.off = at - back,
		.le_shift = (uint8_t)(8 * back),
		.be_shift = (uint8_t)(64 - 8 * (back + more.size)),
		.mask = UINT64_MAX >> (64 - 8 * more.size),
	};
}

/* All of 64 bits, with nothing to be shifted or masked. */
static bool is_plain(const struct vs_pick *p)
{
	return !p->le_shift && p->mask == UINT64_MAX;
}

void vs_layout_pick(struct vs_layout *l)
{
	const uint32_t size = l->vma.size < VS_VMA_MAX ? l->vma.size : VS_VMA_MAX;

#define PICK(m) l->pick.m = pick(size, l->vma.m, (struct vs_field){ 0, l->vma.m.size })
	PICK(vm_start);
	PICK(vm_end);
	PICK(vm_flags);
	PICK(vm_pgoff);
	PICK(vm_mm);
	PICK(vm_next);
	PICK(vm_prev);
	PICK(rb_subtree_gap);
	PICK(vm_file);
	PICK(vm_ops);
	PICK(vm_private_data);
	PICK(anon_vma);
	PICK(vm_page_prot);
	PICK(detached);
	PICK(vm_refcnt);
	PICK(vm_lock_seq);
	PICK(shared_last);
#undef PICK
	l->pick.chain_next = pick(size, l->vma.anon_vma_chain, (struct vs_field){ 0, l->vma.anon_vma_chain.size / 2 });
	l->pick.chain_prev = pick(size, l->vma.anon_vma_chain, (struct vs_field){
		(int32_t)(l->vma.anon_vma_chain.size / 2), l->vma.anon_vma_chain.size / 2 });
	l->pick.shared_parent = pick(size, l->vma.shared_rb, l->rb.parent_color);
	l->pick.shared_left = pick(size, l->vma.shared_rb, l->rb.rb_left);
	l->pick.shared_right = pick(size, l->vma.shared_rb, l->rb.rb_right);
	l->pick.rb_parent = pick(size, l->vma.vm_rb, l->rb.parent_color);
	l->pick.rb_left = pick(size, l->vma.vm_rb, l->rb.rb_left);
	l->pick.rb_right = pick(size, l->vma.vm_rb, l->rb.rb_right);
#define AND_PLAIN(m) && is_plain(&l->pick.m)
	l->pick.plain = true VS_PLAIN_MEMBERS(AND_PLAIN);
#undef AND_PLAIN
}

struct vs_err *vs_layout_init(struct vs_layout *l, struct vs_types *ts)
{
	_cleanup_buf_ struct vs_buf missing = VS_BUF_INIT;
	const struct vs_type *t = NULL;
	const char *tag = "";
	struct vs_err *err;

	memset(l, 0xff, sizeof(*l));	// every field absent
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct vs_field *f = (struct vs_field *)((char *)l + r->where);
		struct vs_member m;
		bool found = false;

		if (strcmp(tag, r->tag)) {
			tag = r->tag;
			err = vs_types_find(ts, VS_KIND_STRUCT, tag, &t);
			if (err)
				return err;
		}
		if (t) {
			err = vs_type_member(ts, t, r->member, &m, &found);
			if (err)
				return err;
		}
		if (found && m.offset + m.type->size <= STRUCT_MAX) {
			f->off = (int32_t)m.offset;
			f->size = (uint32_t)m.type->size;
		} else if (!r->optional) {
			vs_buf_printf(&missing, "%s%s.%s", missing.len ? ", " : "", r->tag, r->member);
		}
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		err = vs_types_find(ts, VS_KIND_STRUCT, sizes[i].tag, &t);
		if (err)
			return err;
		if (!t || t->size > STRUCT_MAX || !t->size)
			vs_buf_printf(&missing, "%ssizeof(%s)", missing.len ? ", " : "", sizes[i].tag);
		else
			*(uint32_t *)((char *)l + sizes[i].where) = (uint32_t)t->size;
	}
	vs_layout_pick(l);
	err = resolve_maple(l, ts);
	if (!err)
		err = resolve_others(l, ts);
	if (err)
		return err;
	if (missing.len)
		return vs_err_create(VS_ERR_NOT_FOUND, "%s: not a kernel's types: no %s", ts->source,
				     vs_buf_str(&missing));
	if (!vs_has(l->mm.mm_mt) && !vs_has(l->mm.mm_rb) && !vs_has(l->mm.mmap))
		return vs_err_create(VS_ERR_NOT_FOUND,
			"%s: mm_struct has neither mm_mt nor mm_rb nor mmap: nothing leads to its VMAs",
			ts->source);
	err = vs_types_find(ts, VS_KIND_STRUCT, "vm_area_struct", &l->vma_type);
	return err ? err : vs_types_find(ts, VS_KIND_STRUCT, "mm_struct", &l->mm_type);
}
