// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interval trees, i_mmap and that of an anon_vma, hold VMAs of many mms. A node
 * is judged with its neighbours; each of two that disagree is asked for a witness.
 */
#include "check/itree.h"

#include <inttypes.h>

bool vs_ctx_told(const struct vs_check_ctx *ctx, uint64_t addr)
{
	const struct vs_report *r = ctx->r;

	for (size_t i = 0; i < ctx->n_kept && i < r->findings.n; i++) {
		const struct vs_finding *f = &r->findings.v[r->findings.n - 1 - i];

		if (f->rule == ctx->rule && f->addr == addr)
			return true;
	}
	return false;
}

static bool in_space(const struct vs_check_ctx *ctx, const struct vs_itwords *w, uint64_t node)
{
	if (!w->type)
		return vs_space_find(ctx->s, node - w->off) != VS_NONE;
	for (size_t i = 0; i < ctx->s->objects.avcs.n; i++)
		if (ctx->s->objects.avcs.v[i].addr == node - w->off)
			return true;
	return false;
}

/** A finding about what the node is a member of; NULL if it has been told. */
static struct vs_finding *found_node(struct vs_check_ctx *ctx, const struct vs_itwords *w, uint64_t node,
				     const char *member, enum vs_valfmt fmt, uint64_t seen)
{
	uint64_t addr = node - w->off;
	uint32_t i;

	if (vs_ctx_told(ctx, addr))
		return NULL;
	if (w->type)
		return vs_found_other(ctx, w->type, addr, member, fmt, seen);
	i = vs_space_find(ctx->s, addr);
	return i == VS_NONE ? vs_found_addr(ctx, addr, member, fmt, seen) :
		vs_found_index(ctx, i, member, fmt, seen);
}

static void wrong_root(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w)
{
	struct vs_finding *f;

	if (vs_ctx_told(ctx, w->owner))
		return;
	f = vs_found_other(ctx, w->owner_type, w->owner, w->root, VS_VAL_HEX, n->root);
	vs_finding_expect(f, n->top);
	vs_finding_say(ctx, f, "%s is %#" PRIx64 "; the tree's top is at %#" PRIx64, w->root, n->root, n->top);
}

/** What a pointer leads to is such a node by its slab, but nothing in it is. */
static void told_wreck(struct vs_check_ctx *ctx, const struct vs_itwords *w, uint64_t node)
{
	struct vs_finding *f = found_node(ctx, w, node, NULL, VS_VAL_NONE, 0);

	vs_finding_say(ctx, f, "a tree leads here, and the slab has this object, but what is here is none: it has "
		       "been overwritten");
}

/** The parent pointer of the node itself. */
static void own_parent(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w)
{
	struct vs_finding *f;

	if (n->up_wreck) {
		told_wreck(ctx, w, n->parent);
		return;
	}
	if (n->parent && n->root == n->node && !n->up_knows) {
		f = found_node(ctx, w, n->node, w->parent, VS_VAL_HEX, n->parent);
		vs_finding_expect(f, 0);
		vs_finding_say(ctx, f, "this is the root of the tree, but the parent in %s is %#" PRIx64,
			       w->parent, n->parent);
		return;
	}
	if (!n->parent ? n->root == n->node : n->up == VS_GOT_ABSENT || n->up_knows)
		return;
	if (!n->parent && !n->found && !n->root_sound) {
		wrong_root(ctx, n, w);
		return;
	}
	if (n->parent && n->up == VS_GOT_OK && !n->found && n->searched) {
		// nobody has this node as a child: not its pointer is wrong, the link to it is lost
		f = found_node(ctx, w, n->parent, w->left, VS_VAL_NONE, 0);
		vs_finding_expect(f, n->node);
		vs_finding_say(ctx, f, "neither %s nor %s is the node at %#" PRIx64
			       ", which has this one as its parent", w->left, w->right, n->node);
		return;
	}
	f = found_node(ctx, w, n->node, w->parent, VS_VAL_HEX, n->parent);
	if (n->found)
		vs_finding_expect(f, n->found);
	if (n->parent)
		vs_finding_say(ctx, f, "the parent in %s, %#" PRIx64 ", has no such child", w->parent,
			       n->parent);
	else
		vs_finding_say(ctx, f, "%s has no parent, but the root of the tree is %#" PRIx64, w->parent,
			       n->root);
}

static void own_child(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w, int c)
{
	const struct vs_itchild *ch = &n->child[c];
	const char *member = c ? w->right : w->left;
	struct vs_finding *f;

	if (ch->wreck) {
		told_wreck(ctx, w, ch->node);
		return;
	}
	if (ch->got == VS_GOT_WILD || (ch->got == VS_GOT_OK && ch->parent != n->node &&
				       (!ch->kin || ch->elsewhere))) {
		f = found_node(ctx, w, n->node, member, VS_VAL_HEX, ch->node);
		vs_finding_say(ctx, f, "%s is %#" PRIx64 ", which is no child of this node", member, ch->node);
	} else if (ch->got == VS_GOT_OK && ch->parent != n->node) {
		f = found_node(ctx, w, ch->node, w->parent, VS_VAL_HEX, ch->parent);
		vs_finding_expect(f, n->node);
		vs_finding_say(ctx, f, "the parent in %s is %#" PRIx64 ", not the node that has this one as child",
			       w->parent, ch->parent);
	}
}

/** The way up: a break far above is told once, of the node where it is. */
static void way_up(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w)
{
	struct vs_finding *f;

	if (n->broken && n->broken_wreck) {
		told_wreck(ctx, w, n->broken_parent);
	} else if (n->broken) {
		uint64_t node = n->broken_found ? n->broken : n->broken_parent;

		f = found_node(ctx, w, node, n->broken_found ? w->parent : w->left, VS_VAL_NONE, 0);
		if (!n->broken_found || n->broken == n->root)
			vs_finding_expect(f, n->broken_found ? 0 : n->broken);
		vs_finding_say(ctx, f, n->broken_found ? "its parent has no such child, %#" PRIx64 :
			       "it has not the child that has it as its parent, %#" PRIx64, n->broken);
	} else if (n->top && n->top != n->root && n->top_kin && !n->root_sound) {
		wrong_root(ctx, n, w);
	} else if (n->top && n->top != n->root && n->top_kin) {
		if (in_space(ctx, w, n->top))
			return;
		f = found_node(ctx, w, n->top, w->parent, VS_VAL_HEX, 0);
		vs_finding_say(ctx, f, "%s has no parent, but the root of the tree is %#" PRIx64, w->parent,
			       n->root);
	} else if (n->top != n->root) {
		f = found_node(ctx, w, n->node, w->key, VS_VAL_HEX, w->key_seen);
		vs_finding_say(ctx, f, "the node hangs in another tree than that which %s leads to (%s %#" PRIx64
			       ")", w->key, w->owner_type, w->owner);
	}
}

void vs_itnode_links(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w)
{
	if (!n->odd || n->locked)
		return;
	own_parent(ctx, n, w);
	own_child(ctx, n, w, 0);
	own_child(ctx, n, w, 1);
	if (n->parent && n->up_knows)
		way_up(ctx, n, w);
}

void vs_itnode_last(struct vs_check_ctx *ctx, const struct vs_itnode *n, const struct vs_itwords *w,
		    uint64_t own, const uint64_t *own_pgoff)
{
	uint64_t right = own;
	struct vs_finding *f;

	if (!n->odd || n->locked || !n->stale)
		return;
	if (n->stale != n->node) {
		right = n->stale_right;
	} else {
		for (int c = 0; c < 2; c++)
			if (n->child[c].got == VS_GOT_OK && n->child[c].last > right)
				right = n->child[c].last;
	}
	if (n->stale_last == right)
		return;		// it is with what is believed of its range
	if (n->stale_natural != UINT64_MAX || (own_pgoff && n->stale == n->node)) {
		uint32_t i = vs_space_find(ctx->s, n->stale_vma);

		if (vs_ctx_told(ctx, n->stale_vma))
			return;
		f = i == VS_NONE ? vs_found_addr(ctx, n->stale_vma, "vm_pgoff", VS_VAL_HEX, n->stale_pgoff) :
			vs_found_index(ctx, i, "vm_pgoff", VS_VAL_HEX, n->stale_pgoff);
		vs_finding_expect(f, n->stale_natural != UINT64_MAX ? n->stale_natural : *own_pgoff);
		vs_finding_say(ctx, f, "vm_pgoff is %#" PRIx64 "; %s of its tree is right with %#" PRIx64,
			       n->stale_pgoff, w->last,
			       n->stale_natural != UINT64_MAX ? n->stale_natural : *own_pgoff);
		return;
	}
	f = found_node(ctx, w, n->stale, w->last, VS_VAL_HEX, n->stale_last);
	vs_finding_expect(f, right);
	vs_finding_say(ctx, f, "%s is page %#" PRIx64 "; the ranges below end at page %#" PRIx64, w->last,
		       n->stale_last, right);
}
