/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a node of an interval tree, and who is to blame for it. */
#ifndef VS_CHECK_ITREE_H
#define VS_CHECK_ITREE_H

#include "check/ctx.h"

/** How the tree's nodes and its owner are called; one of its nodes is being judged. */
struct vs_itwords {
	const char *type;	/* "anon_vma_chain"; NULL: vm_area_struct */
	uint32_t off;		/* of the rb_node in it */
	const char *left, *right, *parent, *last;
	const char *owner_type, *root;
	uint64_t owner;
	const char *key;	/* the member that leads to the owner: "vm_file" */
	uint64_t key_seen;
};

/** Told by the rule at work: links between the node, its neighbours and the owner. */
void vs_itnode_links(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w);

/**
 * Likewise rb_subtree_last; @p own is the last page of the node's range as believed.
 * @p own_pgoff: that is wrong since vm_pgoff is, and should be this; NULL: no sign of that.
 */
void vs_itnode_last(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w,
		    uint64_t own, const uint64_t *own_pgoff);

/** Whether the rule at work has told of the object at @p addr. */
bool vs_ctx_told(const struct vs_check_ctx *ctx, uint64_t addr);

#endif
