// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/unseen.h"

#include <string.h>

#define VMA "vm_area_struct"
#define NODE "maple_node"
#define MM "mm_struct"
#define TASK "task_struct"

static const struct vs_unseen rows[] = {
	{ VMA, "vm_flags", false,
	  "bits that neither the counters go by nor vm_page_prot, and that need no others: VM_MAYREAD "
	  "and its sisters where they are not in use, VM_DONTCOPY, VM_ACCOUNT, VM_LOCKED taken away and so on" },
	{ VMA, "vm_page_prot", false,
	  "bits that protection_map does not vary: caching, keys, encryption" },
	{ VMA, "vm_file", false, "another struct file of the same address_space" },
	{ VMA, "vm_pgoff", false,
	  "a change that leaves the last page of every subtree of the interval trees as it was" },
	{ VMA, "shared.rb.__rb_parent_color", false, "the colour, in i_mmap trees" },
	{ VMA, "vm_refcnt", false, "a number that tasks at work could make up: 1 to 2^22" },
	{ VMA, "vm_ops, vm_private_data, vm_policy, vm_userfaultfd_ctx, anon_name, vm_lock, vm_lock_seq, "
	  "swap_readahead_info, numab_state", true, "no other member has them" },
	{ NODE, "leaf meta.gap", false, "in address spaces of four leaves or less: the kernel does not read it" },
	{ NODE, "leaf around meta", false, "the bytes about the metadata, likewise" },
	{ NODE, "inner meta.gap", false, "a slot with as large a gap; 15 where there is no gap at all" },
	{ MM, "mm_mt.ma_flags", false, "MT_FLAGS_USE_RCU, before 6.4" },
	{ MM, "locked_vm", false, "more pages than the VMAs with VM_LOCKED have: drivers pin memory" },
	{ MM, "mm_users", false, "more users than tasks: somebody may be at work on it" },
	{ MM, "mm_count", false, "any number that is neither 0 nor negative" },
	{ MM, "start_code, end_code, start_data, end_data, start_brk, brk, arg_start, arg_end, env_start, env_end",
	  false, "an address of the process that keeps start and end in order" },
	{ MM, "start_stack", false, "any address of the process" },
	{ MM, "pinned_vm, task_size, mmap_base, mmap_legacy_base, get_unmapped_area, def_flags, flags, "
	  "hiwater_rss, hiwater_vm, rss_stat, pgtables_bytes, pgd, exe_file, owner, mmap_lock, vmacache_seqnum, "
	  "mm_lock_seq", true, "no other member has them, or only page tables do" },
	{ TASK, "mm, active_mm", false, "those of kernel threads, and mm set to NULL while the task runs" },
	{ TASK, "vmacache", false, "NULL, another VMA of the mm, and all while the sequence number is old" },
	{ "anon_vma_chain", "rb.__rb_parent_color", false, "the colour" },
	{ "anon_vma", "parent", false, "another anon_vma of the same root" },
	{ "anon_vma", "refcount, degree, num_children, num_active_vmas", true,
	  "they are counted over VMAs of all processes" },
	{ "address_space", "all but i_mmap", true, "no VMA tells them" },
};

const struct vs_unseen *vs_unseen(size_t *n_ret)
{
	*n_ret = sizeof(rows) / sizeof(*rows);
	return rows;
}

/** Is @p member one of those in @p list? */
static bool names(const char *list, const char *member)
{
	size_t len = strlen(member);

	for (const char *p = list; p; p = strstr(p, ", "), p = p ? p + 2 : NULL)
		if (!strncmp(p, member, len) && (!p[len] || p[len] == ','))
			return true;
	return false;
}

const struct vs_unseen *vs_unseen_find(const char *type, const char *member)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].type, type) && names(rows[i].members, member))
			return &rows[i];
	return NULL;
}
