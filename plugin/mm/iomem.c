// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of resources, kernel/resource.c: each has its first child and its next
 * sibling; what is in it lies within it, siblings rise.
 */
#include "mm/iomem.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/map.h"
#include "base/out.h"
#include "kernel/kernel.h"

#define MAX_DEPTH	32	/* a sound tree has five or six */
#define MAX_COUNT	(1 << 20)
#define MAX_NAME	1024

struct node {
	uint64_t addr, start, last, flags, name, parent, sibling, child;
};

struct walk {
	struct vs_kernel *k;
	struct vs_out *out;
	struct vs_iomem *io;
	struct vs_map seen;	/* address of a struct resource -> 0 */
};

static struct vs_err *broke(struct walk *w, enum vs_stop why, uint64_t resource, const char *member,
			    uint64_t value, enum vs_from from)
{
	struct vs_resource_break *b = vs_vec_push(&w->io->breaks);

	if (!b)
		return &vs_enomem;
	*b = (struct vs_resource_break){ why, resource, member, value, (uint8_t)from };
	return NULL;
}

/* Read the resource at @p addr; VS_STOP_END if one may be there, else why not. */
static enum vs_stop read_node(struct vs_kernel *k, uint64_t addr, struct node *n, enum vs_from *from_ret)
{
	const struct vs_layout *l = &k->layout;
	const struct vs_field *fields[] = {
		&l->resource.start, &l->resource.end, &l->resource.flags, &l->resource.name,
		&l->resource.parent, &l->resource.sibling, &l->resource.child,
	};
	uint64_t *to[] = { &n->start, &n->last, &n->flags, &n->name, &n->parent, &n->sibling, &n->child };

	*from_ret = VS_FROM_FILE;
	if (!vs_kmem_is_kernel(&k->mem, addr) || addr % k->mem.target.word)
		return VS_STOP_WILD;
	n->addr = addr;
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		unsigned char raw[8];

		if (fields[i]->size > sizeof(raw))
			return VS_STOP_FOREIGN;
		*from_ret = vs_kmem_read(&k->mem, addr + (uint64_t)fields[i]->off, raw, fields[i]->size, NULL);
		if (!vs_from_ok(*from_ret))
			return *from_ret == VS_FROM_NOWHERE ? VS_STOP_WILD : VS_STOP_ABSENT;
		*to[i] = vs_load(raw, fields[i]->size, k->mem.target.big_endian);
	}
	return VS_STOP_END;
}

static struct vs_err *keep(struct walk *w, const struct node *n, unsigned int depth)
{
	struct vs_resource *r = vs_vec_push(&w->io->v);
	char name[MAX_NAME];

	if (!r)
		return &vs_enomem;
	*r = (struct vs_resource){
		.addr = n->addr, .start = n->start, .last = n->last, .flags = n->flags, .depth = depth,
	};
	if (!n->name)
		return NULL;
	r->name_absent = !vs_kmem_string(&w->k->mem, n->name, name, sizeof(name));
	if (r->name_absent)
		return NULL;
	r->name = strdup(name);
	return r->name ? NULL : &vs_enomem;
}

/* What request_resource() and insert_resource() keep: else this is no resource any more. */
static struct vs_err *judge(struct walk *w, const struct node *n, const struct node *parent, uint64_t above)
{
	struct vs_err *err = NULL;

	if (n->parent != parent->addr)
		err = broke(w, VS_STOP_FOREIGN, n->addr, "parent", n->parent, VS_FROM_FILE);
	if (!err && (n->start < parent->start || n->start < above || n->start > n->last))
		err = broke(w, VS_STOP_FOREIGN, n->addr, "start", n->start, VS_FROM_FILE);
	if (!err && n->last > parent->last)
		err = broke(w, VS_STOP_FOREIGN, n->addr, "end", n->last, VS_FROM_FILE);
	return err;
}

static struct vs_err *walk_tree(struct walk *w, const struct node *root)
{
	struct node stack[MAX_DEPTH + 1];	// the ones above, the root first
	uint64_t above[MAX_DEPTH + 1];		// where the next child may begin
	unsigned int depth = 0;			// of the resource at addr
	uint64_t addr = root->child, holder = root->addr;
	const char *member = "child";
	struct vs_err *err;

	stack[0] = *root;
	above[0] = root->start;
	for (;;) {
		struct node n;
		enum vs_from from;
		enum vs_stop stop;

		if (!addr) {		// the last of its siblings: on behind its parent
			if (!depth)
				return NULL;
			holder = stack[depth].addr;
			addr = stack[depth--].sibling;
			member = "sibling";
			continue;
		}
		stop = read_node(w->k, addr, &n, &from);
		if (stop == VS_STOP_END && vs_map_get(&w->seen, addr) != VS_MAP_NONE)
			stop = VS_STOP_CYCLE;
		else if (stop == VS_STOP_END && (depth == MAX_DEPTH || w->io->v.n == MAX_COUNT))
			stop = VS_STOP_BOUND;
		// kernel memory that is no resource shows in both, its parent and its range
		if (stop == VS_STOP_END && n.parent != stack[depth].addr && n.start > n.last)
			stop = VS_STOP_FOREIGN;
		if (stop != VS_STOP_END) {
			err = broke(w, stop, holder, member, addr, from);
			addr = 0;
			if (err)
				return err;
			continue;
		}
		err = judge(w, &n, &stack[depth], above[depth]);
		if (!err)
			err = keep(w, &n, depth);
		if (!err && !vs_map_set(&w->seen, addr, 0))
			err = &vs_enomem;
		if (!err && w->io->v.n % 4096 == 0)
			err = vs_out_poll(w->out);
		if (err)
			return err;
		above[depth] = n.last + 1;
		stack[++depth] = n;
		above[depth] = n.start;
		holder = addr;
		addr = n.child;
		member = "child";
	}
}

struct vs_err *vs_iomem_read(struct vs_kernel *k, struct vs_out *out, struct vs_iomem *ret)
{
	const struct vs_layout *l = &k->layout;
	struct walk w = { .k = k, .out = out, .io = ret };
	struct node root;
	enum vs_from from;
	struct vs_err *err;
	uint64_t at;

	*ret = (struct vs_iomem){ 0 };
	if (!vs_has(l->resource.start) || !vs_has(l->resource.end) || !vs_has(l->resource.name) ||
	    !vs_has(l->resource.flags) || !vs_has(l->resource.parent) || !vs_has(l->resource.sibling) ||
	    !vs_has(l->resource.child))
		return vs_err_create(VS_ERR_NOT_FOUND, "%s: no struct resource as it is known here",
				     k->types->source);
	if (!vs_kernel_sym(k, VS_SYM_IOMEM_RESOURCE, &at))
		return vs_err_create(VS_ERR_NOT_FOUND, "no symbol iomem_resource: no way to the resources");
	if (read_node(k, at, &root, &from) != VS_STOP_END)
		return vs_err_create(VS_ERR_ABSENT, "iomem_resource at %#" PRIx64 " is not in the dump (%s)", at,
				     vs_from_name(from));
	ret->root_last = root.last;
	if (!vs_map_set(&w.seen, at, 0))
		return &vs_enomem;
	err = walk_tree(&w, &root);
	vs_map_deinit(&w.seen);
	return err;
}
