// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules. The order is the order in which they are asked; what is told first
 * is decided by the evidence. The manual's chapter is made from this table.
 */
#include "check/ctx.h"

#include <string.h>

#define KERNEL (VS_HAS_LIST | VS_HAS_RB | VS_HAS_MAPLE)
#define CORE VS_HAS_CORE
#define COUNTED (VS_HAS_DATA_VM | VS_HAS_SHARED_VM)

#define ERROR VS_SEV_ERROR
#define OWN VS_EVID_OWN
#define LINK VS_EVID_LINK
#define RELATION VS_EVID_RELATION
#define COUNT VS_EVID_COUNT

static const struct vs_rule rules[] = {
	{ "vma-mm", ERROR, OWN, VS_PART_VMA, 0, KERNEL, vs_rule_vma_mm,
	  "vm_mm of each VMA is the mm_struct that it hangs in" },
	{ "vma-lost", ERROR, OWN, VS_PART_VMA, 0, KERNEL, vs_rule_vma_lost,
	  "where several structures lead there is a VMA of this mm" },
	{ "vma-range", ERROR, OWN, VS_PART_VMA, 0, 0, vs_rule_vma_range,
	  "vm_start lies below vm_end" },
	{ "vma-align", ERROR, OWN, VS_PART_VMA, 0, 0, vs_rule_vma_align,
	  "vm_start and vm_end are page-aligned" },
	{ "vma-limit", ERROR, OWN, VS_PART_VMA, 0, 0, vs_rule_vma_limit,
	  "vm_end lies at or below the end of user addresses (task_size)" },
	{ "vma-flags", ERROR, OWN, VS_PART_VMA, 0, KERNEL, vs_rule_vma_flags,
	  "vm_flags holds no access without its VM_MAY bit, no unknown bit, and fits the counters" },
	{ "vma-prot", ERROR, OWN, VS_PART_VMA, VS_HAS_PROT_MAP, KERNEL, vs_rule_vma_prot,
	  "vm_page_prot is what protection_map has for the access bits of vm_flags" },
	{ "vma-kind", ERROR, OWN, VS_PART_VMA, 0, KERNEL, vs_rule_vma_kind,
	  "what grows down has no file and is not shared; what is shared or hugetlb has a file" },
	{ "vma-bounds", ERROR, RELATION, VS_PART_VMA, 0, 0, vs_rule_vma_bounds,
	  "vm_start and vm_end fit the neighbours, the gaps and total_vm" },
	{ "vma-overlap", ERROR, RELATION, VS_PART_VMA, 0, 0, vs_rule_vma_overlap,
	  "no VMA begins before its predecessor ends" },

	{ "list-start", ERROR, LINK, VS_PART_NEXT, VS_HAS_LIST, 0, vs_rule_list_start,
	  "mmap of the mm_struct is the lowest VMA (up to 6.0)" },
	{ "list-next", ERROR, LINK, VS_PART_NEXT, VS_HAS_LIST, 0, vs_rule_list_next,
	  "vm_next is the next higher VMA, NULL in the last (up to 6.0)" },
	{ "list-prev", ERROR, LINK, VS_PART_PREV, VS_HAS_PREV, 0, vs_rule_list_prev,
	  "vm_prev is the next lower VMA, NULL in the first (2.6.37 to 6.0)" },
	{ "list-count", ERROR, COUNT, VS_PART_NEXT, VS_HAS_LIST, 0, vs_rule_list_count,
	  "vm_next, from mmap on, reaches every VMA (up to 6.0)" },
	{ "prev-count", ERROR, COUNT, VS_PART_PREV, VS_HAS_PREV, 0, vs_rule_prev_count,
	  "vm_prev, from the highest VMA on, reaches every VMA (2.6.37 to 6.0)" },

	{ "rb-root", ERROR, LINK, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_root,
	  "mm_rb leads to the one node that has no parent (up to 6.0)" },
	{ "rb-order", ERROR, LINK, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_order,
	  "rb_left lies below its node and rb_right above it (up to 6.0)" },
	{ "rb-child", ERROR, LINK, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_child,
	  "rb_left and rb_right are the nodes that name this one as parent (up to 6.0)" },
	{ "rb-parent", ERROR, LINK, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_parent,
	  "the parent in __rb_parent_color is the node that has this one as child (up to 6.0)" },
	{ "rb-color", ERROR, LINK, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_color,
	  "the root is black, no red node has a red child, only bit 0 is a colour (up to 6.0)" },
	{ "rb-black-height", ERROR, RELATION, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_black_height,
	  "all paths down from a node pass as many black nodes (up to 6.0)" },
	{ "rb-gap", ERROR, RELATION, VS_PART_GAP, VS_HAS_RB | VS_HAS_SUBTREE_GAP, 0, vs_rule_rb_gap,
	  "rb_subtree_gap is the largest gap before any VMA of the subtree (3.8 to 6.0)" },
	{ "rb-count", ERROR, COUNT, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_count,
	  "the red-black tree reaches every VMA (up to 6.0)" },
	{ "rb-list", ERROR, COUNT, VS_PART_RB, VS_HAS_RB, 0, vs_rule_rb_list,
	  "the tree in order is the same sequence as the list (up to 6.0)" },

	{ "maple-root", ERROR, LINK, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_root,
	  "ma_root leads to the node whose parent is the tree, or is NULL without VMAs (6.1+)" },
	{ "maple-flags", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_flags,
	  "ma_flags tells the real height, that gaps are kept, and whose the lock is (6.1+)" },
	{ "maple-dead", ERROR, LINK, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_dead,
	  "no node is dead: parent is not the node itself (6.1+)" },
	{ "maple-slot", ERROR, LINK, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_slot,
	  "each slot leads to the child that names it, or to the VMA whose range it has (6.1+)" },
	{ "maple-parent", ERROR, LINK, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_parent,
	  "parent is the node and the slot that lead here (6.1+)" },
	{ "maple-range", ERROR, RELATION, VS_PART_VMA, VS_HAS_MAPLE, 0, vs_rule_maple_range,
	  "vm_start and vm_end - 1 are the range that the maple tree has for the VMA (6.1+)" },
	{ "maple-pivot", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_pivot,
	  "pivots rise, stay within those above, and are where VMAs end and begin (6.1+)" },
	{ "maple-end", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_end,
	  "meta.end is the last slot in use (6.1+)" },
	{ "maple-leftover", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_leftover,
	  "slots, pivots and gaps after the last in use are empty (6.1+)" },
	{ "maple-nulls", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_nulls,
	  "no two free ranges stand in a row, and none ends a leaf but the last (6.1+)" },
	{ "maple-gap", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_gap,
	  "each gap is the largest free range below its slot (6.1+)" },
	{ "maple-meta-gap", ERROR, RELATION, VS_PART_MAPLE, VS_HAS_MAPLE, 0, vs_rule_maple_meta_gap,
	  "meta.gap is a slot with the largest gap of its node (6.1+)" },
	{ "maple-fill", VS_SEV_NOTE, COUNT, 0, VS_HAS_MAPLE, 0, vs_rule_maple_fill,
	  "no node is short of slots, but the root and the right edge (6.1+)" },
	{ "maple-zero", VS_SEV_NOTE, COUNT, 0, VS_HAS_MAPLE, 0, vs_rule_maple_zero,
	  "XA_ZERO_ENTRY stands only where a fork failed (6.8 to 6.18)" },
	{ "vma-attached", ERROR, OWN, VS_PART_VMA, VS_HAS_MAPLE, VS_HAS_DETACHED | VS_HAS_REFCNT,
	  vs_rule_vma_attached,
	  "a VMA in the tree is not detached (6.4 to 6.14); its vm_refcnt is not 0 (6.15+)" },
	{ "vma-lock", VS_SEV_NOTE, COUNT, 0, VS_HAS_MAPLE | VS_HAS_REFCNT, 0, vs_rule_vma_lock,
	  "vm_refcnt has its writer bit only while a writer is at work (6.15+)" },
	{ "vma-lock-seq", VS_SEV_NOTE, COUNT, 0, VS_HAS_LOCK_SEQ, 0, vs_rule_lock_seq,
	  "vm_lock_seq is the mm's only while mmap_lock is held for write (6.4+)" },

	{ "map-count", ERROR, COUNT, VS_PART_COUNT, 0, KERNEL, vs_rule_map_count,
	  "map_count is the number of VMAs" },
	{ "highest-vm-end", ERROR, COUNT, VS_PART_TOTALS, VS_HAS_HIGHEST_VM_END, 0,
	  vs_rule_highest_vm_end, "highest_vm_end is where the last VMA ends (3.8 to 6.0)" },
	{ "total-vm", ERROR, COUNT, VS_PART_TOTALS, 0, KERNEL, vs_rule_total_vm,
	  "total_vm is the sum of the pages of all VMAs" },
	{ "data-vm", ERROR, COUNT, VS_PART_TOTALS, VS_HAS_DATA_VM, 0, vs_rule_data_vm,
	  "data_vm is the sum of the private writable VMAs that are no stack (4.7+)" },
	{ "exec-vm", ERROR, COUNT, VS_PART_TOTALS, 0, COUNTED, vs_rule_exec_vm,
	  "exec_vm is the sum of the executable VMAs that are not writable" },
	{ "stack-vm", ERROR, COUNT, VS_PART_TOTALS, 0, COUNTED, vs_rule_stack_vm,
	  "stack_vm is the sum of the VMAs that grow down" },
	{ "shared-vm", ERROR, COUNT, VS_PART_TOTALS, VS_HAS_SHARED_VM, 0, vs_rule_shared_vm,
	  "shared_vm is the sum of the VMAs with a file (up to 4.6)" },

	{ "locked-vm", ERROR, COUNT, VS_PART_TOTALS, VS_HAS_LOCKED_VM, 0, vs_rule_locked_vm,
	  "locked_vm is the sum of the VMAs with VM_LOCKED; more is a note: drivers pin memory" },

	{ "layout-order", ERROR, OWN, 0, VS_HAS_LAYOUT, 0, vs_rule_layout_order,
	  "code, data, heap, arguments and environment start at or below their ends" },
	{ "layout-limit", ERROR, OWN, 0, VS_HAS_LAYOUT, 0, vs_rule_layout_limit,
	  "these, and start_stack, lie below the end of user addresses" },
	{ "layout-heap", VS_SEV_NOTE, COUNT, 0, VS_HAS_LAYOUT, 0, vs_rule_layout_heap,
	  "VMAs cover start_brk to brk; a note: a process may unmap parts of its heap" },
	{ "layout-stack", VS_SEV_NOTE, COUNT, 0, VS_HAS_LAYOUT, 0, vs_rule_layout_stack,
	  "start_stack lies in a VMA; a note: a process may leave its stack and unmap it" },
	{ "layout-args", VS_SEV_NOTE, COUNT, 0, VS_HAS_LAYOUT, 0, vs_rule_layout_args,
	  "VMAs cover arguments and environment; a note: they may be unmapped too" },

	{ "mm-users", ERROR, COUNT, 0, VS_HAS_USERS, 0, vs_rule_mm_users,
	  "mm_users counts each task that uses the mm; more is a note: somebody is at work on it" },
	{ "mm-count", ERROR, COUNT, 0, VS_HAS_USERS, 0, vs_rule_mm_count,
	  "mm_count is above 0 while tasks use the mm" },
	{ "vmacache", ERROR, LINK, 0, 0, VS_HAS_VMACACHE | VS_HAS_MMAP_CACHE, vs_rule_vmacache,
	  "what tasks (3.15 to 6.0) or the mm (before) found last are VMAs of this mm" },

	{ "file-mapping", ERROR, OWN, 0, VS_HAS_FILE_TREE, 0, vs_rule_file_mapping,
	  "vm_file leads to a file with an address_space, and is there if shared.rb is in use" },
	{ "file-tree", ERROR, LINK, 0, VS_HAS_FILE_TREE, 0, vs_rule_file_tree,
	  "a VMA with a file hangs in its i_mmap tree, and its parent and children there know it" },
	{ "file-last", ERROR, RELATION, 0, VS_HAS_FILE_TREE, 0, vs_rule_file_last,
	  "shared.rb_subtree_last is the last page of the file that any VMA below maps" },
	{ "anon-chain", ERROR, LINK, 0, VS_HAS_ANON_TREE, 0, vs_rule_anon_chain,
	  "anon_vma_chain is a list, forward and back, of chains whose vma this is" },
	{ "anon-vma", ERROR, LINK, 0, VS_HAS_ANON_TREE, 0, vs_rule_anon_vma,
	  "anon_vma is one of those in anon_vma_chain, NULL if that is empty; all have one root" },
	{ "anon-tree", ERROR, LINK, 0, VS_HAS_ANON_TREE, 0, vs_rule_anon_tree,
	  "each chain hangs in the tree of its anon_vma, and its parent and children know it" },
	{ "anon-last", ERROR, RELATION, 0, VS_HAS_ANON_TREE, 0, vs_rule_anon_last,
	  "rb_subtree_last is the last page of any VMA below, cached_vma_* those of its own" },
	{ "objects-absent", VS_SEV_INCOMPLETE, COUNT, 0, 0, VS_HAS_FILE_TREE | VS_HAS_ANON_TREE |
	  VS_HAS_VMACACHE, vs_rule_objects_absent,
	  "files, anon_vmas and what else VMAs lead to are in the dump" },

	{ "task-ring", ERROR, LINK, 0, 0, 0, NULL,
	  "every task, and every thread of a task, is a task_struct that was not passed before" },
	{ "task-mm", ERROR, LINK, 0, 0, 0, NULL,
	  "mm of a task that is in user space is its active_mm, and an mm_struct" },

	{ "walk-broken", ERROR, LINK, 0, 0, 0, vs_rule_walk_broken,
	  "every pointer between VMAs leads to a VMA of the same mm" },
	{ "absent", VS_SEV_INCOMPLETE, COUNT, 0, 0, 0, vs_rule_absent,
	  "the mm_struct and every VMA are in the dump" },

	/* Process cores: these alone are asked of them, and of nothing else. */
	{ "core-cut", VS_SEV_INCOMPLETE, COUNT, 0, CORE, 0, vs_rule_core_cut,
	  "process core: the file has all bytes that its headers promise" },
	{ "core-zeros", VS_SEV_INCOMPLETE, COUNT, 0, CORE, 0, vs_rule_core_zeros,
	  "process core: the vdso and the main stack are not all zeros, as a filled-up tail is" },
	{ "core-notes", ERROR, OWN, 0, CORE, 0, vs_rule_core_notes,
	  "process core: notes end within their segment; there is at least one thread" },
	{ "core-range", ERROR, OWN, 0, CORE, 0, vs_rule_core_range,
	  "process core: a PT_LOAD is not empty, does not wrap, and p_filesz fits into p_memsz" },
	{ "core-align", ERROR, OWN, 0, CORE, 0, vs_rule_core_align,
	  "process core: p_vaddr and p_memsz are multiples of the page" },
	{ "core-order", ERROR, RELATION, 0, CORE, 0, vs_rule_core_order,
	  "process core: PT_LOADs stand in order of addresses, or all by size (core_sort_vma)" },
	{ "core-overlap", ERROR, RELATION, 0, CORE, 0, vs_rule_core_overlap,
	  "process core: no two PT_LOADs have an address in common" },
	{ "core-flags", ERROR, OWN, 0, CORE, 0, vs_rule_core_flags,
	  "process core: p_flags holds r, w, x and nothing else" },
	{ "core-files", ERROR, RELATION, 0, CORE | VS_HAS_CORE_ALL | VS_HAS_CORE_FILES, 0,
	  vs_rule_core_files,
	  "process core by the kernel: each range of NT_FILE is that of one PT_LOAD" },
	{ "core-auxv", ERROR, RELATION, 0, CORE | VS_HAS_CORE_AUXV, 0, vs_rule_core_auxv,
	  "process core: AT_PHDR and AT_ENTRY are mapped; AT_BASE, AT_EXECFN, AT_RANDOM, the vdso: a note" },
	{ "core-sp", ERROR, RELATION, 0, CORE, 0, vs_rule_core_sp,
	  "process core: stack pointers are in writable mappings; a note unless it is all threads" },
	{ "core-links", ERROR, LINK, 0, CORE, 0, vs_rule_core_links,
	  "process core: the chain of link_map ends, and all of it is mapped" },
	{ "core-build", ERROR, RELATION, 0, CORE, 0, vs_rule_core_build,
	  "process core: build-ids are those of the files (--exe, --sysroot, --files)" },
	{ "core-filter", VS_SEV_NOTE, COUNT, 0, CORE, 0, vs_rule_core_filter,
	  "process core: nothing was left out by coredump_filter or MADV_DONTDUMP" },
};

_Static_assert(sizeof(rules) / sizeof(*rules) <= VS_RULES_MAX, "struct vs_rule_filter is too small");

int vs_rule_find(const char *id, size_t len)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (strlen(rules[i].id) == len && !memcmp(rules[i].id, id, len))
			return (int)i;
	return -1;
}

const struct vs_rule *vs_rules(size_t *n_ret)
{
	*n_ret = sizeof(rules) / sizeof(*rules);
	return rules;
}
