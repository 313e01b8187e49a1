// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One node of an interval tree with its neighbours and the way up to the root: that
 * costs by the height, however many processes map a file. Only where something
 * does not fit is more read, to tell which of two is wrong.
 */
#include "mm/itree.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define MAX_HEIGHT 128		/* twice what 2^64 nodes could need */
#define MAX_DELTA 64

struct raw {
	uint64_t parent, child[2], last;
};

enum vs_got vs_object_get(struct vs_kernel *k, uint64_t addr, void *buf, uint32_t size)
{
	const unsigned char *raw;
	enum vs_from from;

	if (!addr)
		return VS_GOT_NULL;
	if (!vs_vma_addr_ok(k, addr))
		return VS_GOT_WILD;
	raw = vs_kmem_peek(&k->mem, addr, size, &from);
	if (raw) {
		memcpy(buf, raw, size);
		return VS_GOT_OK;
	}
	from = vs_kmem_read(&k->mem, addr, buf, size, NULL);
	return vs_from_ok(from) ? VS_GOT_OK : from == VS_FROM_NOWHERE ? VS_GOT_WILD : VS_GOT_ABSENT;
}

static enum vs_got get(const struct vs_itree *t, uint64_t node, struct raw *ret)
{
	const struct vs_layout *l = &t->k->layout;
	const unsigned int word = t->k->mem.target.word;
	const bool be = t->k->mem.target.big_endian;
	unsigned char buf[MAX_DELTA + 8];
	const unsigned char *raw = buf;
	enum vs_from from;
	enum vs_got got;

	*ret = (struct raw){ 0 };
	if (t->delta > MAX_DELTA)
		return VS_GOT_ABSENT;
	if (vs_vma_addr_ok(t->k, node))
		raw = vs_kmem_peek(&t->k->mem, node, t->delta + word, &from);
	if (raw == buf || !raw) {	// nowhere, or in two pieces
		got = vs_object_get(t->k, node, buf, t->delta + word);
		if (got != VS_GOT_OK)
			return got;
		raw = buf;
	}
	ret->parent = vs_load(raw + l->rb.parent_color.off, word, be) & ~UINT64_C(3);
	ret->child[0] = vs_load(raw + l->rb.rb_left.off, word, be);
	ret->child[1] = vs_load(raw + l->rb.rb_right.off, word, be);
	ret->last = vs_load(raw + t->delta, word, be);
	return VS_GOT_OK;
}

static void note_absent(struct vs_objects *o, uint64_t addr)
{
	if (!o->absent++)
		o->first_absent = addr;
}

/**
 * The node that has @p node as a child, from the root down where ranges that begin like
 * its own can be; 0: none. *all_ret: all of that was seen.
 */
static uint64_t search(const struct vs_itree *t, uint64_t node, struct vs_objects *o, bool *all_ret)
{
	struct vs_itrange own, range;
	uint64_t stack[MAX_HEIGHT];
	unsigned int depth = 0;
	bool known = t->range(t, node, &own);

	*all_ret = false;
	if (t->root)
		stack[depth++] = t->root;
	while (depth) {
		uint64_t at = stack[--depth];
		struct raw r;

		if (at == node)
			continue;
		if (o->extra >= o->budget)
			return 0;
		o->extra += 2;
		if (get(t, at, &r) != VS_GOT_OK)
			continue;
		if (r.child[0] == node || r.child[1] == node)
			return at;
		if (!known || !t->range(t, at, &range))
			range.pgoff = own.pgoff = 0;
		if (r.child[1] && own.pgoff >= range.pgoff && depth < MAX_HEIGHT)
			stack[depth++] = r.child[1];
		if (r.child[0] && own.pgoff <= range.pgoff && depth < MAX_HEIGHT)
			stack[depth++] = r.child[0];
	}
	*all_ret = true;
	return 0;
}

/* What a node's child pointers tell of it, where a node names it as parent that is no child of it. */
enum doubt {
	FREE_PLACE,		/* one is NULL, the others are right: who knows */
	LINK_WRONG,		/* one leads nowhere, or to what does not know the node */
	LINKS_RIGHT,		/* both lead to nodes that have it as their parent */
	NO_KIN,			/* it is not of this tree at all */
};

static enum doubt doubt_of(const struct vs_itree *t, uint64_t node, struct vs_objects *o)
{
	enum doubt ret = LINKS_RIGHT;
	struct raw r, below;

	o->extra += 4;
	if (get(t, node, &r) != VS_GOT_OK || !t->kin(t, node))
		return NO_KIN;
	for (int c = 0; c < 2; c++) {
		if (!r.child[c])
			ret = FREE_PLACE;
		else if (get(t, r.child[c], &below) != VS_GOT_OK || below.parent != node)
			return LINK_WRONG;
	}
	return ret;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/** Whether rb_subtree_last of @p node, and what it should be, can be told; false if not. */
static bool last_of(const struct vs_itree *t, uint64_t node, struct raw *r, uint64_t *right_ret,
		    struct vs_itrange *range_ret)
{
	if (get(t, node, r) != VS_GOT_OK || !t->range(t, node, range_ret))
		return false;
	*right_ret = range_ret->last;
	for (int c = 0; c < 2; c++) {
		struct raw below;

		if (!r->child[c])
			continue;
		if (get(t, r->child[c], &below) != VS_GOT_OK || below.parent != node)
			return false;
		*right_ret = max(*right_ret, below.last);
	}
	return true;
}

/**
 * vm_pgoff with which the range would end at @p last, if anonymous memory has such: it is
 * the address; that of a stack was made at the end of user addresses, and stayed as it was
 * when the stack was moved. UINT64_MAX: it would not.
 */
static uint64_t natural_of(const struct vs_itrange *range, uint64_t last)
{
	const uint64_t pages = range->last - range->pgoff;
	uint64_t pgoff = range->natural;

	if (range->top)
		pgoff = range->top - 1 - pages;
	return pgoff != UINT64_MAX && pgoff != range->pgoff && pgoff + pages == last ? pgoff : UINT64_MAX;
}

/** A node is wrong above a wrong one: go down to where it begins. */
static void find_stale(const struct vs_itree *t, struct vs_itnode *n, struct vs_objects *o)
{
	uint64_t at = n->node, right;
	struct vs_itrange range;
	struct raw r;

	if (!last_of(t, at, &r, &right, &range) || r.last == right)
		return;
	for (unsigned int i = 0; i < MAX_HEIGHT && o->extra < 2 * o->budget; i++) {
		uint64_t next = 0;

		o->extra += 4;
		n->stale = at;
		n->stale_last = r.last;
		n->stale_right = right;
		n->stale_vma = range.vma;
		n->stale_pgoff = range.pgoff;
		n->stale_natural = natural_of(&range, r.last);
		for (int c = 0; c < 2 && !next; c++) {
			struct vs_itrange below_range;
			struct raw below;
			uint64_t below_right;

			if (r.child[c] && last_of(t, r.child[c], &below, &below_right, &below_range) &&
			    below.last != below_right)
				next = r.child[c];
		}
		if (!next || !last_of(t, next, &r, &right, &range))
			return;
		at = next;
	}
}

/** Something does not fit: read what tells who is wrong. */
static void look_closer(const struct vs_itree *t, struct vs_itnode *n, struct vs_objects *o)
{
	struct vs_kernel *k = t->k;
	unsigned char sem[256];
	struct raw r;

	bool all;

	if (!n->up_knows && n->parent) {
		enum doubt doubt = doubt_of(t, n->parent, o);

		n->up_wreck = doubt == NO_KIN && t->wreck(t, n->parent);
		n->searched = doubt == LINK_WRONG;
		if (!n->searched)
			n->found = search(t, n->node, o, &n->searched);
		// a parent that is one of this tree, and has room: rather the link down was cut
		n->searched |= doubt == FREE_PLACE && !n->found;
	} else if (!n->parent && n->root != n->node) {
		n->found = search(t, n->node, o, &n->searched);
	}
	if (n->broken) {
		enum doubt doubt = doubt_of(t, n->broken_parent, o);

		n->broken_wreck = doubt == NO_KIN && t->wreck(t, n->broken_parent);
		n->broken_found = n->broken == t->root || doubt == LINKS_RIGHT || doubt == NO_KIN ||
			(doubt == FREE_PLACE && search(t, n->broken, o, &all));
	}
	find_stale(t, n, o);
	n->root_sound = get(t, t->root, &r) == VS_GOT_OK && !r.parent && t->kin(t, t->root);
	n->top_kin = n->top && t->kin(t, n->top);
	for (int c = 0; c < 2; c++) {
		struct vs_itchild *ch = &n->child[c];

		if (ch->got != VS_GOT_OK || get(t, ch->node, &r) != VS_GOT_OK)
			continue;
		ch->kin = t->kin(t, ch->node);
		ch->wreck = !ch->kin && ch->parent != n->node && t->wreck(t, ch->node);
		ch->elsewhere = get(t, ch->parent, &r) == VS_GOT_OK &&
				(r.child[0] == ch->node || r.child[1] == ch->node);
	}
	if (t->lock && k->layout.rwsem.size <= sizeof(sem) &&
	    vs_object_get(k, t->lock, sem, k->layout.rwsem.size) == VS_GOT_OK) {
		struct vs_lock lock;

		vs_rwsem_read(k, sem, &lock);
		n->locked = lock.held == VS_LOCK_WRITE;
	}
}

/** From @p parent up to the top; where that breaks, or cannot be followed. */
static void climb(const struct vs_itree *t, struct vs_itnode *n, struct raw *above, struct vs_objects *o)
{
	uint64_t at = n->parent;
	struct raw up = *above;

	for (unsigned int i = 0; i < MAX_HEIGHT; i++) {
		struct raw next;
		enum vs_got got;

		if (!up.parent) {
			n->top = at;
			n->odd |= at != t->root;
			return;
		}
		got = get(t, up.parent, &next);
		if (got == VS_GOT_ABSENT) {
			note_absent(o, up.parent);
			return;
		}
		if (got != VS_GOT_OK || (next.child[0] != at && next.child[1] != at)) {
			n->broken = at;
			n->broken_parent = up.parent;
			n->odd = true;
			return;
		}
		at = up.parent;
		up = next;
	}
	n->odd = true;
}

void vs_itnode_read(const struct vs_itree *t, uint64_t node, uint64_t own_last, struct vs_itnode *ret,
		    struct vs_objects *o)
{
	uint64_t last = own_last;
	bool last_known = true;
	struct raw r, up;

	*ret = (struct vs_itnode){ .node = node, .root = t->root };
	if (get(t, node, &r) != VS_GOT_OK) {
		note_absent(o, node);
		return;
	}
	ret->parent = r.parent;
	ret->last = r.last;
	for (int c = 0; c < 2; c++) {
		struct vs_itchild *ch = &ret->child[c];
		struct raw below;

		ch->node = r.child[c];
		ch->got = get(t, ch->node, &below);
		ch->parent = below.parent;
		ch->last = below.last;
		if (ch->got == VS_GOT_OK)
			last = max(last, ch->last);
		else
			last_known &= ch->got == VS_GOT_NULL;
		if (ch->got == VS_GOT_ABSENT)
			note_absent(o, ch->node);
		ret->odd |= ch->got == VS_GOT_WILD || (ch->got == VS_GOT_OK && ch->parent != node);
	}
	ret->odd |= last_known && ret->last != last;
	ret->up = get(t, r.parent, &up);
	switch (ret->up) {
	case VS_GOT_NULL:
		ret->top = node;
		ret->odd |= t->root != node;
		break;
	case VS_GOT_OK:
		ret->up_knows = up.child[0] == node || up.child[1] == node;
		ret->odd |= !ret->up_knows;
		if (ret->up_knows)
			climb(t, ret, &up, o);
		break;
	case VS_GOT_ABSENT:
		note_absent(o, r.parent);
		break;
	case VS_GOT_WILD:
		ret->odd = true;
		break;
	}
	if (ret->odd)
		look_closer(t, ret, o);
}
