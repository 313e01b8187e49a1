// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What else leads to the VMAs of an address space when its own structures do not:
 * VMAs that are known point to others, files and anon_vmas keep trees of those that map
 * them, and all of them lie in the slab. A VMA counts only if its vm_mm says so.
 */
#include "mm/rebuild.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define MAX_NODES (1u << 20)	/* of one tree */
#define MAX_HEIGHT 128		/* more than the rb tree of 2^63 nodes has */
#define MAX_CHAIN 65536		/* anon_vma_chains of one VMA */
#define POLL_EVERY 4096

struct gather {
	struct vs_kernel *k;
	struct vs_out *out;
	struct vs_space *s;
	struct vs_map trees;	/* address_space or anon_vma that was gone through -> 0 */
	struct vs_map nodes;	/* tree nodes likewise */
	size_t n;		/* of them, for polling */
};

bool vs_rebuild_wanted(const struct vs_space *s, bool *ret)
{
	struct vs_order o = { 0 };

	if (!vs_space_order(s, &o))
		return false;
	*ret = s->mm_absent || s->n_absent || s->next.breaks.n || s->prev.breaks.n || s->tree.breaks.n ||
		!o.whole || !o.v.n || o.v.n != s->f.map_count;
	vs_order_deinit(&o);
	return true;
}

static bool plausible(const struct vs_space *s, const struct vs_vma *v)
{
	const uint64_t page = (UINT64_C(1) << s->page_shift) - 1;

	return v->mm == s->mm && v->start < v->end && v->end <= s->limit &&
		!((v->start | v->end) & page);
}

/* Taken out of its address space, and not given back yet. */
static bool detached(const struct vs_space *s, const struct vs_vma *v)
{
	return (s->has & VS_HAS_DETACHED && v->detached) || (s->has & VS_HAS_REFCNT && !v->refcnt);
}

/* Is there a VMA of this mm at @p addr? Then it is in *v. */
static bool read_ours(struct gather *g, uint64_t addr, struct vs_vma *v)
{
	uint64_t mm;

	*v = (struct vs_vma){ .addr = addr, .fact = VS_NONE };
	if (!vs_vma_addr_ok(g->k, addr) ||
	    !vs_kmem_ulong(&g->k->mem, addr + (uint64_t)g->k->layout.vma.vm_mm.off, &mm) || mm != g->s->mm)
		return false;
	vs_vma_read(g->k, addr, v);
	return !v->absent && plausible(g->s, v) && !detached(g->s, v);
}

static struct vs_err *add(struct gather *g, const struct vs_vma *v, enum vs_seen mark)
{
	struct vs_vma *slot = vs_space_add(g->s, v->addr);

	if (!slot)
		return &vs_enomem;
	*slot = *v;
	slot->seen = (uint16_t)mark;
	return NULL;
}

/* Something leads to a VMA at @p addr, which may be one of another mm. */
static struct vs_err *take(struct gather *g, uint64_t addr, enum vs_seen mark)
{
	uint32_t at = vs_space_find(g->s, addr);
	struct vs_vma v;

	if (at != VS_NONE) {
		g->s->vmas.v[at].seen |= (uint16_t)mark;
		return NULL;
	}
	return read_ours(g, addr, &v) ? add(g, &v, mark) : NULL;
}

/* --- pointers of VMAs that are known --- */

static bool points_to(const struct vs_vma *v, uint64_t addr)
{
	return v->next == addr || v->prev == addr || v->rb_left == addr || v->rb_right == addr ||
		v->rb_parent == addr;
}

/* The neighbours of VMA @p i that no walk came to: each has to point back. */
static struct vs_err *take_neighbours(struct gather *g, uint32_t i)
{
	const struct vs_vma v = g->s->vmas.v[i];
	const uint64_t to[] = { v.next, v.prev, v.rb_left, v.rb_right, v.rb_parent };

	for (size_t p = 0; p < sizeof(to) / sizeof(to[0]); p++) {
		struct vs_vma other;
		struct vs_err *err;

		if (!to[p] || vs_space_find(g->s, to[p]) != VS_NONE || !read_ours(g, to[p], &other) ||
		    !points_to(&other, v.addr))
			continue;
		err = add(g, &other, VS_SEEN_LINK);
		if (err)
			return err;
	}
	return NULL;
}

/* --- trees --- */

/* True the first time that @p key is met; false also without memory, which *err_ret tells. */
static bool first_time(struct vs_map *m, uint64_t key, struct vs_err **err_ret)
{
	if (vs_map_get(m, key) != VS_MAP_NONE)
		return false;
	if (vs_map_set(m, key, 0))
		return true;
	*err_ret = &vs_enomem;
	return false;
}

/*
 * All nodes of the tree below @p root. The VMA of a node lies @p offset before it;
 * where @p vma_at is given, a pointer to it lies there instead.
 */
static struct vs_err *walk_tree(struct gather *g, uint64_t root, int32_t offset, const int32_t *vma_at,
				enum vs_seen mark)
{
	const struct vs_layout *l = &g->k->layout;
	struct vs_kmem *mem = &g->k->mem;
	uint64_t stack[MAX_HEIGHT];
	unsigned int depth = 0, n = 0;
	struct vs_err *err = NULL;

	if (root)
		stack[depth++] = root;
	while (depth && !err && n++ < MAX_NODES) {
		uint64_t node = stack[--depth], object = node - (uint64_t)offset, child;

		if (!vs_vma_addr_ok(g->k, node) || !first_time(&g->nodes, node, &err))
			continue;
		if (!vma_at || vs_kmem_ulong(mem, object + (uint64_t)*vma_at, &object))
			err = take(g, object, mark);
		if (depth < MAX_HEIGHT && vs_kmem_ulong(mem, node + (uint64_t)l->rb.rb_left.off, &child) && child)
			stack[depth++] = child;
		if (depth < MAX_HEIGHT && vs_kmem_ulong(mem, node + (uint64_t)l->rb.rb_right.off, &child) && child)
			stack[depth++] = child;
		if (!err && ++g->n % POLL_EVERY == 0)
			err = vs_out_poll(g->out);
	}
	return err;
}

static struct vs_err *take_file(struct gather *g, uint64_t file)
{
	const struct vs_layout *l = &g->k->layout;
	struct vs_kmem *mem = &g->k->mem;
	struct vs_err *err = NULL;
	uint64_t mapping, root;

	if (!vs_has(l->vma.shared_rb) || !vs_has(l->file.f_mapping) || !vs_has(l->mapping.i_mmap) ||
	    !vs_vma_addr_ok(g->k, file) ||
	    !vs_kmem_ulong(mem, file + (uint64_t)l->file.f_mapping.off, &mapping) ||
	    !vs_vma_addr_ok(g->k, mapping) || !first_time(&g->trees, mapping, &err) ||
	    !vs_kmem_ulong(mem, mapping + (uint64_t)l->mapping.i_mmap.off, &root))
		return err;
	return walk_tree(g, root, l->vma.shared_rb.off, NULL, VS_SEEN_FILE);
}

static struct vs_err *take_anon_vma(struct gather *g, uint64_t anon_vma)
{
	const struct vs_layout *l = &g->k->layout;
	struct vs_err *err = NULL;
	uint64_t root;

	if (!vs_vma_addr_ok(g->k, anon_vma) || !first_time(&g->trees, anon_vma, &err) ||
	    !vs_kmem_ulong(&g->k->mem, anon_vma + (uint64_t)l->anon_vma.rb_root.off, &root))
		return err;
	return walk_tree(g, root, l->avc.rb.off, &l->avc.vma.off, VS_SEEN_ANON);
}

/* The anon_vmas of VMA @p i: the one it names, and those on its anon_vma_chain. */
static struct vs_err *take_anon(struct gather *g, uint32_t i)
{
	const struct vs_layout *l = &g->k->layout;
	const struct vs_vma v = g->s->vmas.v[i];
	struct vs_kmem *mem = &g->k->mem;
	uint64_t head, at;
	struct vs_err *err = NULL;

	if (!vs_has(l->anon_vma.rb_root) || !vs_has(l->avc.rb) || !vs_has(l->avc.vma))
		return NULL;
	if (v.anon_vma)
		err = take_anon_vma(g, v.anon_vma);
	if (err || !vs_has(l->vma.anon_vma_chain) || !vs_has(l->avc.same_vma) || !vs_has(l->avc.anon_vma) ||
	    !(v.hangs & VS_HANGS_CHAIN))
		return err;
	head = v.addr + (uint64_t)l->vma.anon_vma_chain.off;
	if (!vs_kmem_ulong(mem, head, &at))
		return NULL;
	for (unsigned int n = 0; !err && at != head && n < MAX_CHAIN && vs_vma_addr_ok(g->k, at); n++) {
		uint64_t avc = at - (uint64_t)l->avc.same_vma.off, anon_vma;

		if (vs_kmem_ulong(mem, avc + (uint64_t)l->avc.anon_vma.off, &anon_vma))
			err = take_anon_vma(g, anon_vma);
		if (!vs_kmem_ulong(mem, at, &at))
			break;
	}
	return err;
}

struct vs_err *vs_rebuild_add_kin(struct vs_kernel *k, struct vs_out *out, struct vs_space *s)
{
	struct gather g = { .k = k, .out = out, .s = s };
	struct vs_err *err = NULL;
	uint64_t exe;

	// task_size may be what is damaged
	s->limit = k->mem.arch->user_end(&k->mem.pgt);
	if (vs_has(k->layout.mm.exe_file) && vs_kmem_ulong(&k->mem, s->mm + (uint64_t)k->layout.mm.exe_file.off, &exe))
		err = take_file(&g, exe);
	// what is found is gone through in its turn
	for (uint32_t i = 0; !err && i < s->vmas.n; i++) {
		if (s->vmas.v[i].mm != s->mm)
			continue;
		if (s->has & VS_HAS_LIST)
			err = take_neighbours(&g, i);
		if (!err && s->vmas.v[i].file)
			err = take_file(&g, s->vmas.v[i].file);
		if (!err)
			err = take_anon(&g, i);
	}
	vs_map_deinit(&g.trees);
	vs_map_deinit(&g.nodes);
	return err;
}

struct vs_err *vs_rebuild_add_slab(struct vs_kernel *k, const struct vs_slab *slab, struct vs_out *out,
				   struct vs_space *s)
{
	struct gather g = { .k = k, .out = out, .s = s };

	s->limit = k->mem.arch->user_end(&k->mem.pgt);
	for (size_t i = 0; i < slab->objects.n; i++) {
		struct vs_err *err = i % 65536 ? NULL : vs_out_poll(out);

		if (!err)
			err = take(&g, slab->objects.v[i], VS_SEEN_SLAB);
		if (err)
			return err;
	}
	for (size_t i = 0; i < s->vmas.n; i++)
		if (vs_map_get(&slab->free, s->vmas.v[i].addr) != VS_MAP_NONE)
			s->vmas.v[i].seen |= VS_SEEN_FREE;
	return NULL;
}
