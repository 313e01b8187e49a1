// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of a change nothing else in the dump tells. Each answer comes from what is
 * stored twice, not from what the check finds; in words it stands in check/unseen.c,
 * from where the man page has it.
 */
#include <string.h>

#include "check/formula.h"
#include "damage.h"
#include "mm/mm.h"

static const struct vs_vma *vma_of(const struct change *c)
{
	return &c->s->vmas[c->t->index];
}

/* --- vm_area_struct --- */

static unsigned int bucket(uint64_t flags, bool shadow)
{
	uint64_t stack = VS_VM_GROWSDOWN | (shadow ? VS_VM_SHADOW_STACK : 0);

	return (flags & (VS_VM_EXEC | VS_VM_WRITE | VS_VM_GROWSDOWN)) == VS_VM_EXEC ? 1 :
	       flags & stack ? 2 : (flags & (VS_VM_WRITE | VS_VM_SHARED)) == VS_VM_WRITE ? 3 : 0;
}

/* Whether the access bits of @p flags do not make @p prot. */
static bool prot_differs(const struct sound *s, uint64_t flags, uint64_t prot)
{
	const unsigned int access = flags & 15;

	if (!(s->has & VS_HAS_PROT_MAP) || !((prot ^ s->prot_map[access]) & s->prot_mask))
		return false;
	// shared, but write-protected to notice writes: as if private
	return !(access & VS_VM_SHARED) ||
		((prot ^ s->prot_map[access & ~(unsigned int)VS_VM_SHARED]) & s->prot_mask);
}

bool told_flags(const struct change *c)
{
	const bool shadow = c->s->has & VS_HAS_SHADOW_STACK;

	return bucket(c->old, shadow) != bucket(c->new, shadow) ||
	       (c->s->has & VS_HAS_SUBTREE_GAP && (c->old ^ c->new) & VS_VM_GROWSDOWN) ||
	       vs_flags_bad(c->new) || vs_kind_bad(c->new, vma_of(c)->file) ||
	       prot_differs(c->s, c->new, vma_of(c)->page_prot);
}

bool told_prot(const struct change *c)
{
	// a word of it is changed; with PAE it has another one
	const uint64_t other = c->s->word == 8 ? 0 : vma_of(c)->page_prot & ~(uint64_t)UINT32_MAX;

	return prot_differs(c->s, vma_of(c)->flags, other | c->new);
}

static bool mapping_of(const struct change *c, uint64_t file, uint64_t *ret)
{
	return file && vs_vma_addr_ok(c->k, file) &&
		vs_kmem_ulong(&c->k->mem, file + (uint64_t)c->k->layout.file.f_mapping.off, ret);
}

bool told_file(const struct change *c)
{
	uint64_t was, is;

	return !mapping_of(c, c->old, &was) || !mapping_of(c, c->new, &is) || was != is;
}

static bool word_at(const struct change *c, uint64_t va, uint64_t *ret)
{
	return vs_vma_addr_ok(c->k, va) && vs_kmem_ulong(&c->k->mem, va, ret);
}

/* Whether a range that ends at page @p old may not end at @p new for the node at @p node of an interval tree. */
static bool node_tells(const struct change *c, uint64_t node, uint64_t delta, uint64_t old, uint64_t new)
{
	const struct vs_layout *l = &c->k->layout;
	const int32_t children[] = { l->rb.rb_left.off, l->rb.rb_right.off };
	uint64_t last, child, below;

	if (!word_at(c, node + delta, &last))
		return false;
	if (new > last)
		return true;
	if (old != last)
		return false;
	for (int i = 0; i < 2; i++)
		if (word_at(c, node + (uint64_t)children[i], &child) && child &&
		    word_at(c, child + delta, &below) && below == last)
			return false;
	return true;
}

bool told_pgoff(const struct change *c)
{
	const struct vs_layout *l = &c->k->layout;
	const struct vs_vma *v = vma_of(c);
	const uint64_t pages = ((v->end - v->start) >> c->s->page_shift) - 1;

	if (v->file && node_tells(c, v->addr + (uint64_t)l->vma.shared_rb.off,
				  (uint64_t)(l->vma.shared_last.off - l->vma.shared_rb.off), c->old + pages,
				  c->new + pages))
		return true;
	for (uint32_t i = 0; i < c->s->n_avcs; i++)
		if (c->s->avcs[i].vma == c->t->index &&
		    node_tells(c, c->s->avcs[i].addr + (uint64_t)l->avc.rb.off,
			       (uint64_t)(l->avc.rb_subtree_last.off - l->avc.rb.off), c->old + pages,
			       c->new + pages))
			return true;
	return false;
}

bool told_parent(const struct change *c)
{
	return (c->old ^ c->new) & ~UINT64_C(3);
}

/* The parent is any other of the anon_vmas that a VMA hangs in, which have one root. */
bool told_anon_parent(const struct change *c)
{
	const struct vs_layout *l = &c->k->layout;
	uint64_t root, other;

	return !word_at(c, c->t->addr + (uint64_t)l->anon_vma.root.off, &root) || c->new == c->t->addr ||
	       !word_at(c, c->new + (uint64_t)l->anon_vma.root.off, &other) || other != root ||
	       root == c->t->addr;
}

bool told_refcnt(const struct change *c)
{
	return !(uint32_t)c->new || (c->new & 0xbfffffff) > (1u << 22) + 1;
}

/* --- maple tree --- */

bool told_ma_flags(const struct change *c)
{
	return c->s->has & (VS_HAS_DETACHED | VS_HAS_REFCNT) || (c->old ^ c->new) & ~UINT64_C(2);
}

bool told_meta_gap(const struct change *c)
{
	const struct vs_mnode *n = &c->s->maple.nodes.v[c->t->index];
	const uint64_t *gaps = vs_mnode_gaps(&c->s->maple, n);
	uint64_t most = 0;

	for (unsigned int i = 0; i <= n->end; i++)
		most = gaps[i] > most ? gaps[i] : most;
	if (c->new > n->end)
		return most || (c->new != 15 && c->new != 31);
	return gaps[c->new] != most;
}

/* The other leaves tell, where there are enough. */
bool told_leaf_meta(const struct change *c)
{
	return c->s->n_leaves > 4;
}

/* --- mm_struct --- */

bool told_layout(const struct change *c)
{
	const struct vs_mm_fields *f = &c->s->f;
	const struct {
		const char *start, *end;
		uint64_t from, to;
	} pairs[] = {
		{ "start_code", "end_code", f->start_code, f->end_code },
		{ "start_data", "end_data", f->start_data, f->end_data },
		{ "start_brk", "brk", f->start_brk, f->brk },
		{ "arg_start", "arg_end", f->arg_start, f->arg_end },
		{ "env_start", "env_end", f->env_start, f->env_end },
	};

	if (c->new > c->s->limit)
		return true;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (!strcmp(c->t->field->name, pairs[i].start))
			return c->new > pairs[i].to;
		if (!strcmp(c->t->field->name, pairs[i].end))
			return c->new < pairs[i].from;
	}
	return false;
}

bool told_stack(const struct change *c)
{
	return c->new > c->s->limit;
}

bool told_users(const struct change *c)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < c->s->n_users; i++)
		n += !c->s->users[i].kthread;
	return n && (c->new < n || c->new > 1u << 22);
}

bool told_mm_count(const struct change *c)
{
	return c->s->n_users && (!c->new || c->new > 1u << 30);
}

bool told_locked(const struct change *c)
{
	return c->new < c->old || c->new > c->s->limit >> c->s->page_shift;
}

/* --- task_struct --- */

bool told_vmacache(const struct change *c)
{
	for (uint32_t i = 0; i < c->s->n_vmas; i++)
		if (c->s->vmas[i].addr == c->new)
			return false;
	return c->new;
}

bool told_task_mm(const struct change *c)
{
	const struct vs_layout *l = &c->k->layout;
	uint64_t state;

	if (c->s->users[c->t->index].kthread)
		return false;
	// what has no mm at all runs in the kernel, and borrows one only while it runs
	return c->new || (vs_kmem_uint(&c->k->mem, c->t->addr + (uint64_t)l->task.state.off, l->task.state.size,
				       &state) && state);
}

/* Does @p va lead into memory that there is, but which the dump leaves out? */
static bool left_out(struct vs_kernel *k, uint64_t va)
{
	enum vs_from from = VS_FROM_FILE;
	unsigned char byte;

	if (vs_kmem_is_kernel(&k->mem, va))
		from = vs_kmem_read(&k->mem, va, &byte, 1, NULL);
	return !vs_from_ok(from) && from != VS_FROM_NOWHERE;
}

bool contradicted(struct vs_kernel *k, const struct sound *s, const struct target *t, uint64_t old,
		  uint64_t new)
{
	const struct change c = { k, s, t, old, new };

	// into pages that the dump leaves out only what is stored twice leads: lists and rb trees
	if (t->field->shape == SHAPE_POINTER && !(t->field->needs & (VS_HAS_LIST | VS_HAS_PREV | VS_HAS_RB)) &&
	    left_out(k, new))
		return false;
	return !t->field->told || t->field->told(&c);
}
