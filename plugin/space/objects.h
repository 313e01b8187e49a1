/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hangs on the VMAs of an address space: their place in the i_mmap trees of
 * files, their anon_vmas. As read, for the rules; only the check asks for it.
 *
 * Addresses of tree nodes are those of rb_nodes, as the dump's pointers have them.
 */
#ifndef VS_SPACE_OBJECTS_H
#define VS_SPACE_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* Where a pointer led. */
enum vs_got {
	VS_GOT_NULL,
	VS_GOT_OK,
	VS_GOT_ABSENT,		/* to a page that the dump lacks */
	VS_GOT_WILD,		/* to no memory, or where no such object can be */
};

/* A child of a node, and what it says itself. */
struct vs_itchild {
	uint64_t node;		/* 0: none */
	uint64_t parent;
	uint64_t last;		/* its rb_subtree_last */
	uint8_t got;		/* enum vs_got */
	bool kin;		/* if odd: by its other members it belongs to the same tree */
	bool elsewhere;		/* if odd: the parent it names has it as a child */
	bool wreck;		/* if odd: it has been overwritten */
};

/*
 * A node of an interval tree (mm/interval_tree.c), with its neighbours and the way
 * up. What is marked "if odd" is read only where something does not fit.
 */
struct vs_itnode {
	uint64_t node, parent;	/* rb_node addresses */
	uint64_t last;		/* rb_subtree_last: the last page of any range below */
	uint64_t root;		/* where the tree's owner says that it begins */
	uint64_t top;		/* the node without parent that the way up ends at; 0: it does not */
	uint64_t broken;	/* the node above at which the way up breaks: its parent has no such child; 0 */
	uint64_t broken_parent;	/* what that has as its parent */
	uint64_t found;		/* if odd: the node that has this one as a child, by a search from the root; 0: none */
	/* If odd: the lowest node from here down whose rb_subtree_last is not what its children and its range ask for. */
	uint64_t stale, stale_last, stale_right;
	uint64_t stale_vma, stale_pgoff;	/* the VMA there, its vm_pgoff */
	uint64_t stale_natural;	/* vm_pgoff with which it would fit, and anonymous memory has; UINT64_MAX: none */
	struct vs_itchild child[2];	/* left, right */
	uint8_t up;		/* enum vs_got of the parent */
	bool up_knows;		/* the parent has this node as a child */
	bool odd;		/* something does not fit */
	bool searched;		/* if odd: all of the tree was searched */
	bool broken_found;	/* if odd: another node has the broken one as its child */
	bool up_wreck, broken_wreck;	/* if odd: parent, broken_parent has been overwritten */
	bool root_sound;	/* if odd: what root leads to has no parent, and belongs to this tree */
	bool top_kin;		/* if odd: the top belongs to this tree by its other members */
	bool locked;		/* if odd: a writer has the tree's lock: it may be half way through */
};

/* A VMA with a file, or one that hangs in an i_mmap tree without. */
struct vs_file_link {
	uint32_t vma;		/* index */
	uint8_t got;		/* enum vs_got: file and its mapping */
	bool mapping_ok;	/* if the tree is odd: its inode says that this is an address_space */
	uint64_t mapping;	/* file->f_mapping */
	struct vs_itnode tree;
};

/* An anon_vma_chain: what joins a VMA and an anon_vma. */
struct vs_avc {
	uint64_t addr;
	uint64_t vma, anon_vma;
	uint64_t prev_next;	/* if its same_vma.prev is not where we came from: what is there as next */
	uint64_t prev;		/* same_vma.prev */
	uint64_t came_from;	/* the list_head whose next led here */
	uint64_t root, parent;	/* anon_vma->root, ->parent */
	bool root_ok;		/* that is an anon_vma whose root is itself; and it is this one if it has no parent */
	uint64_t cached_start, cached_last;	/* CONFIG_DEBUG_VM_RB */
	uint8_t anon_got;	/* enum vs_got of the anon_vma */
	struct vs_itnode tree;
};

/* The anon_vma_chain list of one VMA. */
struct vs_anon_link {
	uint32_t vma;		/* index */
	uint32_t first, n;	/* its anon_vma_chains, in objects.avcs */
	uint64_t head;		/* address of vma->anon_vma_chain */
	uint64_t next, prev;	/* as the head has them */
	uint64_t end_holder;	/* where the list ended: the list_head whose next is no good; head if it came round */
	uint64_t end;		/* and what that next is */
	uint8_t stop;		/* enum vs_got of that: OK if it came round */
	/*
	 * Where the list, gone backward from the head, meets the end of the way forward: what
	 * that should have as its next. 0: it does not, or nobody asked, as nothing is wrong.
	 */
	uint64_t met;
};

/**
 * How many pages the range of a node has by its tree, if rb_subtree_last of the node goes beyond that
 * of its children: the range from @p pgoff on ends there. 0: it does not tell.
 */
static inline uint64_t vs_itnode_told(const struct vs_itnode *n, uint64_t pgoff)
{
	if (n->locked || n->last < pgoff)
		return 0;
	for (int c = 0; c < 2; c++)
		if (n->child[c].node && (n->child[c].got != VS_GOT_OK || n->child[c].last >= n->last))
			return 0;
	return n->last - pgoff + 1;
}

#define VS_KEPT_LINKS 65536

struct vs_objects {
	VS_VEC(struct vs_file_link) files;
	VS_VEC(struct vs_anon_link) anons;
	VS_VEC(struct vs_avc) avcs;
	uint32_t shared_rb;	/* of shared.rb in vm_area_struct */
	uint32_t chain;		/* of anon_vma_chain in it */
	uint32_t avc_rb, avc_list;	/* of rb and same_vma in anon_vma_chain */
	bool has_cached;	/* cached_vma_start, cached_vma_last */
	bool has_parent;	/* anon_vma.parent (4.0+) */
	/*
	 * So many are kept, clean or not; past them only those that are not (0: VS_KEPT_LINKS). What is
	 * damaged is found all the same; a cause that only neighbours would tell may stay untold.
	 */
	size_t keep;
	uint64_t extra, budget;	/* nodes read since something did not fit, and how many may be */
	uint64_t absent;	/* objects that are not in the dump */
	uint64_t first_absent;	/* the first such pointer */
};

#endif
