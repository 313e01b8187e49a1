// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about the red-black tree: mm_rb, vm_rb, rb_subtree_gap. */
#include "check/ctx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/** Where a tree pointer leads, as a position; VS_NONE if to no VMA of the order. */
static uint32_t to(const struct vs_check_ctx *ctx, uint64_t addr)
{
	return vs_ctx_pos(ctx, addr);
}

/** How the walk over the tree ended at this pointer; VS_STOP_END if it went on. */
static enum vs_stop stop_at(const struct vs_check_ctx *ctx, uint32_t vma, uint64_t value)
{
	const struct vs_walk *w = &ctx->s->tree;

	for (size_t i = 0; i < w->breaks.n && i < 64; i++)
		if (w->breaks.v[i].vma == vma && w->breaks.v[i].value == value)
			return w->breaks.v[i].why;
	return VS_STOP_END;
}

static const char *where(const struct vs_check_ctx *ctx, uint32_t vma, uint64_t value)
{
	switch (stop_at(ctx, vma, value)) {
	case VS_STOP_WILD:
		return ", where there is no memory";
	case VS_STOP_FOREIGN:
		return ", which is no VMA of this mm";
	case VS_STOP_CYCLE:
		return ", which hangs elsewhere";
	case VS_STOP_ABSENT:
		return ", which is not in the dump";
	default:
		break;
	}
	if (vma != VS_NONE && value == ctx->s->vmas.v[vma].addr)
		return ", itself";
	return "";
}

void vs_rule_rb_root(struct vs_check_ctx *ctx)
{
	uint64_t seen = ctx->s->f.rb_root;
	struct vs_finding *f;

	if (ctx->s->mm_absent || vs_ctx_is_absent(ctx, seen))
		return;
	if (ctx->shape.whole || !ctx->n) {
		uint64_t expected = vs_ctx_addr(ctx, ctx->shape.root);

		if (seen == expected ||
		    (ctx->partial && to(ctx, seen) == VS_NONE &&
		     stop_at(ctx, VS_NONE, seen) == VS_STOP_END))
			return;
		f = vs_found_mm(ctx, "mm_rb.rb_node", VS_VAL_HEX, seen);
		vs_finding_expect(f, expected);
		vs_finding_say(ctx, f, "mm_rb leads to %#" PRIx64 "%s; the root is %#" PRIx64, seen,
			       where(ctx, VS_NONE, seen), expected);
	} else if (to(ctx, seen) == VS_NONE && !ctx->partial) {
		f = vs_found_mm(ctx, "mm_rb.rb_node", VS_VAL_HEX, seen);
		vs_finding_say(ctx, f, "mm_rb leads to %#" PRIx64 "%s", seen,
			       where(ctx, VS_NONE, seen));
	}
}

/** Left and right exchanged, or a child that lies on the wrong side of its node. */
static bool sides_wrong(const struct vs_check_ctx *ctx, uint32_t p)
{
	const struct vs_vma *v = vs_ctx_vma(ctx, p);
	uint32_t l = to(ctx, v->rb_left), r = to(ctx, v->rb_right);

	if (ctx->shape.whole) {
		uint64_t left = vs_ctx_addr(ctx, ctx->shape.left[p]);
		uint64_t right = vs_ctx_addr(ctx, ctx->shape.right[p]);

		return (left || right) && left != right && v->rb_left == right &&
		       v->rb_right == left;
	}
	return (l != VS_NONE && l >= p) || (r != VS_NONE && r <= p);
}

void vs_rule_rb_order(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		struct vs_finding *f;

		if (v->absent || !sides_wrong(ctx, p))
			continue;
		f = vs_found_vma(ctx, p, "rb_left", VS_VAL_HEX, v->rb_left);
		if (ctx->shape.whole) {
			vs_finding_expect(f, vs_ctx_addr(ctx, ctx->shape.left[p]));
			vs_finding_say(ctx, f, "rb_left %#" PRIx64 " lies above the node and rb_right %#"
				       PRIx64 " below it: they are exchanged", v->rb_left, v->rb_right);
			f = vs_found_vma(ctx, p, "rb_right", VS_VAL_HEX, v->rb_right);
			vs_finding_expect(f, vs_ctx_addr(ctx, ctx->shape.right[p]));
			vs_finding_say(ctx, f, "rb_right is %#" PRIx64 "; %#" PRIx64 " is right",
				       v->rb_right, v->rb_left);
		} else {
			vs_finding_say(ctx, f, "rb_left %#" PRIx64 " or rb_right %#" PRIx64
				       " lies on the wrong side of the node", v->rb_left, v->rb_right);
		}
	}
}

/**
 * Where the tree could not be made out as a whole, a child pointer is wrong only
 * if it leads nowhere, or to a node that hangs elsewhere with both ends agreed.
 */
static bool child_wrong(const struct vs_check_ctx *ctx, uint32_t p, uint64_t child)
{
	uint32_t c = to(ctx, child);

	if (!child || vs_ctx_is_absent(ctx, child))
		return false;
	if (c == VS_NONE)
		return !ctx->partial ||
		       stop_at(ctx, ctx->order[p], child) == VS_STOP_WILD ||
		       stop_at(ctx, ctx->order[p], child) == VS_STOP_FOREIGN;
	return ctx->shape.parent[c] != p && ctx->shape.parent[c] != VS_NONE;
}

static void check_child(struct vs_check_ctx *ctx, uint32_t p, bool left)
{
	const struct vs_vma *v = vs_ctx_vma(ctx, p);
	uint64_t seen = left ? v->rb_left : v->rb_right, expected = 0;
	const char *member = left ? "rb_left" : "rb_right";
	struct vs_finding *f;

	if (ctx->shape.whole) {
		expected = vs_ctx_addr(ctx, left ? ctx->shape.left[p] : ctx->shape.right[p]);
		if (seen == expected)
			return;
		if (ctx->partial && !child_wrong(ctx, p, seen))
			return;
	} else if (!child_wrong(ctx, p, seen)) {
		return;
	}
	f = vs_found_vma(ctx, p, member, VS_VAL_HEX, seen);
	if (!f)
		return;
	if (ctx->shape.whole) {
		vs_finding_expect(f, expected);
		if (!seen)
			vs_finding_say(ctx, f, "%s is NULL; %#" PRIx64 " belongs there", member,
				       expected);
		else if (expected)
			vs_finding_say(ctx, f, "%s is %#" PRIx64 "%s; %#" PRIx64 " belongs there",
				       member, seen, where(ctx, ctx->order[p], seen), expected);
		else
			vs_finding_say(ctx, f, "%s is %#" PRIx64 "%s; there is no VMA on that side",
				       member, seen, where(ctx, ctx->order[p], seen));
	} else {
		vs_finding_say(ctx, f, "%s is %#" PRIx64 "%s", member, seen,
			       where(ctx, ctx->order[p], seen));
	}
}

void vs_rule_rb_child(struct vs_check_ctx *ctx)
{
	for (uint32_t p = 0; p < ctx->n; p++) {
		if (vs_ctx_vma(ctx, p)->absent || sides_wrong(ctx, p))
			continue;
		check_child(ctx, p, true);
		check_child(ctx, p, false);
	}
}

void vs_rule_rb_parent(struct vs_check_ctx *ctx)
{
	const struct vs_shape *sh = &ctx->shape;

	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		uint64_t seen = v->rb_parent, expected;
		struct vs_finding *f;

		// A node whose place could not be made out says nothing wrong that is known.
		if (v->absent || vs_ctx_is_absent(ctx, seen) ||
		    (!sh->whole && sh->parent[p] == VS_NONE) ||
		    (ctx->partial && seen && to(ctx, seen) == VS_NONE))
			continue;
		expected = vs_ctx_addr(ctx, sh->parent[p]);
		if (seen == expected)
			continue;
		f = vs_found_vma(ctx, p, "__rb_parent_color", VS_VAL_HEX, seen);
		vs_finding_expect(f, expected);
		if (expected)
			vs_finding_say(ctx, f, "the parent is %#" PRIx64 "%s; %#" PRIx64
				       " has this node as its child", seen,
				       seen == v->addr ? ", itself" : "", expected);
		else
			vs_finding_say(ctx, f, "the parent is %#" PRIx64
				       "; this node is the root and has none", seen);
	}
}

void vs_rule_rb_color(struct vs_check_ctx *ctx)
{
	const struct vs_shape *sh = &ctx->shape;
	bool judged = sh->whole && !ctx->partial;

	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		const struct vs_belief *b = &ctx->belief[p];
		uint32_t q = sh->parent[p];
		struct vs_finding *f;

		if (v->absent)
			continue;
		if (v->rb_color > 1) {
			f = vs_found_vma(ctx, p, "__rb_parent_color", VS_VAL_HEX, v->rb_color);
			vs_finding_expect(f, b->color);
			vs_finding_say(ctx, f, "the low bits of __rb_parent_color are %#x; only bit 0 "
				       "means something", v->rb_color);
			if (f)
				f->evidence = VS_EVID_OWN;
		} else if (b->wrong & VS_WRONG_COLOR) {
			f = vs_found_vma(ctx, p, "__rb_parent_color", VS_VAL_COLOR, v->rb_color);
			vs_finding_expect(f, b->color);
			vs_finding_say(ctx, f, "the node is %s; were it %s, the tree would be balanced",
				       v->rb_color ? "black" : "red", b->color ? "black" : "red");
		}
		if (!judged || (v->rb_color & 1))
			continue;
		if (q == VS_NONE || !(vs_ctx_vma(ctx, q)->rb_color & 1)) {
			if (q == VS_NONE && (b->wrong & VS_WRONG_COLOR))
				continue;	// told above, of the same node
			f = vs_found_vma(ctx, p, "__rb_parent_color", VS_VAL_COLOR, v->rb_color);
			if (!f)
				continue;
			f->consequence = b->color || (q != VS_NONE && ctx->belief[q].color);
			vs_finding_say(ctx, f, q == VS_NONE ? "the root is red" :
				       "the node is red below a red parent");
		}
	}
}

void vs_rule_rb_black_height(struct vs_check_ctx *ctx)
{
	const struct vs_shape *sh = &ctx->shape;
	uint32_t *seen, *believed;

	if (!sh->whole || ctx->partial || !ctx->n)
		return;
	seen = calloc(2 * (size_t)ctx->n, sizeof(*seen));
	if (!seen) {
		ctx->r->failed = true;
		return;
	}
	believed = seen + ctx->n;
	for (uint32_t i = 0; i < ctx->n; i++) {
		uint32_t p = sh->post[i], l = sh->left[p], r = sh->right[p];
		uint32_t sl = l == VS_NONE ? 0 : seen[l], sr = r == VS_NONE ? 0 : seen[r];
		uint32_t bl = l == VS_NONE ? 0 : believed[l], br = r == VS_NONE ? 0 : believed[r];

		seen[p] = (sl > sr ? sl : sr) + (vs_ctx_vma(ctx, p)->rb_color & 1);
		believed[p] = (bl > br ? bl : br) + ctx->belief[p].color;
		if (sl != sr) {
			struct vs_finding *f = vs_found_vma(ctx, p, NULL, VS_VAL_NONE, 0);

			if (f)
				f->consequence = bl == br;
			vs_finding_say(ctx, f, "%u black nodes down the left side, %u down the right",
				       sl, sr);
			// told once, not again of every node above
			if (bl == br)
				seen[p] = bl + (vs_ctx_vma(ctx, p)->rb_color & 1);
		}
	}
	free(seen);
}

void vs_rule_rb_gap(struct vs_check_ctx *ctx)
{
	if (!ctx->gaps_known)
		return;
	for (uint32_t p = 0; p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);
		const struct vs_belief *b = &ctx->belief[p];
		struct vs_finding *f;

		if (!(b->wrong & VS_WRONG_GAP))
			continue;
		f = vs_found_vma(ctx, p, "rb_subtree_gap", VS_VAL_HEX, v->subtree_gap);
		vs_finding_expect(f, b->gap);
		vs_finding_say(ctx, f, "rb_subtree_gap is %#" PRIx64 "; the largest gap of the subtree "
			       "is %#" PRIx64, v->subtree_gap, b->gap);
	}
}

void vs_rule_rb_count(struct vs_check_ctx *ctx)
{
	const struct vs_walk *w = &ctx->s->tree;
	char seen[VS_THOUSANDS_MAX], all[VS_THOUSANDS_MAX];
	const struct vs_finding *why;
	struct vs_finding *f;

	if (!w->walked || w->order.n == ctx->n || ctx->incomplete || ctx->lost.n)
		return;
	why = vs_ctx_cause(ctx, (const char *const[3]){ "rb-child", "rb-order", "rb-root" });
	f = vs_found_index(ctx, why ? why->vma : VS_NONE, NULL, VS_VAL_DEC, w->order.n);
	if (!f)
		return;
	vs_finding_expect(f, ctx->n);
	f->consequence = why;
	vs_finding_say(ctx, f, "vm_rb reaches %s of %s VMAs", vs_thousands(seen, w->order.n),
		       vs_thousands(all, ctx->n));
}

void vs_rule_rb_list(struct vs_check_ctx *ctx)
{
	const struct vs_walk *w = &ctx->s->tree;
	const struct vs_finding *why;
	char place[VS_THOUSANDS_MAX];
	struct vs_finding *f;
	size_t i = 0;

	if (!w->walked || w->order.n != ctx->n || ctx->incomplete)
		return;
	while (i < ctx->n && w->order.v[i] == ctx->order[i])
		i++;
	if (i == ctx->n)
		return;
	why = vs_ctx_cause(ctx, (const char *const[3]){ "rb-child", "rb-order" });
	f = vs_found_index(ctx, why ? why->vma : w->order.v[i], NULL, VS_VAL_NONE, 0);
	if (!f)
		return;
	f->consequence = why;
	vs_finding_say(ctx, f, "VMA number %s is %#" PRIx64 " by vm_rb, %#" PRIx64 " by %s",
		       vs_thousands(place, i + 1), ctx->s->vmas.v[w->order.v[i]].addr,
		       vs_ctx_addr(ctx, (uint32_t)i), ctx->r->order.source);
}
