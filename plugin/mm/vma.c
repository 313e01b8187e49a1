// SPDX-License-Identifier: GPL-2.0-or-later
/* One vm_area_struct: read once, all that anybody here wants of it. */
#include "base/bytes.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

bool vs_vma_addr_ok(struct vs_kernel *k, uint64_t addr)
{
	return addr % k->mem.target.word == 0 && vs_kmem_is_kernel(&k->mem, addr);
}

/* vm_area_struct addresses stand for rb_node addresses in the snapshot. */
static inline uint64_t rb_vma(uint64_t node, int32_t vm_rb)
{
	uint64_t addr = node - (uint64_t)vm_rb;

	// A damaged pointer to the very offset of vm_rb is wild, not NULL.
	return !node ? 0 : addr ? addr : 1;
}

/*
 * Whether shared.rb is or was in a tree: it is all zero in a VMA that never had a file.
 * From 5.17 to 6.1 anon_name has the place of the parent pointer, which has a bit in it if black.
 */
static inline bool tree_used(const struct vs_kernel *k, const unsigned char *rb, uint64_t last)
{
	const struct vs_layout *l = &k->layout;
	const bool be = k->mem.target.big_endian, name = l->vma.anon_name.off == l->vma.shared_rb.off;
	uint64_t parent = vs_load(rb + l->rb.parent_color.off, k->mem.target.word, be);

	return last || (name ? parent & 1 : parent) ||
	       vs_load(rb + l->rb.rb_left.off, k->mem.target.word, be) ||
	       vs_load(rb + l->rb.rb_right.off, k->mem.target.word, be);
}

void vs_vma_read(struct vs_kernel *k, uint64_t addr, struct vs_vma *v)
{
	const struct vs_layout *l = &k->layout;
	const bool be = k->mem.target.big_endian;
	unsigned char buf[4096];
	const unsigned char *raw;
	enum vs_from from;

	raw = vs_kmem_peek(&k->mem, addr, l->vma.size, &from);
	if (!raw) {
		size_t got;
		size_t size = l->vma.size < sizeof(buf) ? l->vma.size : sizeof(buf);

		from = vs_kmem_read(&k->mem, addr, buf, size, &got);
		if (!vs_from_ok(from))
			v->absent = 1;
		raw = buf;
	}
	v->from = (uint8_t)from;
#define LD(m) (l->vma.m.off >= 0 ? vs_load(raw + l->vma.m.off, l->vma.m.size, be) : 0)
	v->start = LD(vm_start);
	v->end = LD(vm_end);
	v->flags = LD(vm_flags);
	v->pgoff = LD(vm_pgoff);
	v->mm = LD(vm_mm);
	v->next = LD(vm_next);
	v->prev = LD(vm_prev);
	v->subtree_gap = LD(rb_subtree_gap);
	v->file = LD(vm_file);
	v->ops = LD(vm_ops);
	v->private_data = LD(vm_private_data);
	v->anon_vma = LD(anon_vma);
	v->page_prot = LD(vm_page_prot);
	v->refcnt = (uint32_t)LD(vm_refcnt);
	v->lock_seq = (uint32_t)LD(vm_lock_seq);
	v->detached = LD(detached) != 0;
	v->hangs = 0;
	if (vs_has(l->vma.anon_vma_chain) &&
	    (vs_load(raw + l->vma.anon_vma_chain.off, k->mem.target.word, be) !=
		     addr + (uint64_t)l->vma.anon_vma_chain.off ||
	     vs_load(raw + l->vma.anon_vma_chain.off + k->mem.target.word, k->mem.target.word, be) !=
		     addr + (uint64_t)l->vma.anon_vma_chain.off))
		v->hangs |= VS_HANGS_CHAIN;
	if (vs_has(l->vma.shared_last) && tree_used(k, raw + l->vma.shared_rb.off, LD(shared_last)))
		v->hangs |= VS_HANGS_TREE;
#undef LD
	if (vs_has(l->vma.vm_rb)) {
		const unsigned char *rb = raw + l->vma.vm_rb.off;
		uint64_t pc = vs_load(rb + l->rb.parent_color.off, l->rb.parent_color.size, be);

		v->rb_left = rb_vma(vs_load(rb + l->rb.rb_left.off, l->rb.rb_left.size, be), l->vma.vm_rb.off);
		v->rb_right = rb_vma(vs_load(rb + l->rb.rb_right.off, l->rb.rb_right.size, be), l->vma.vm_rb.off);
		v->rb_parent = rb_vma(pc & ~UINT64_C(3), l->vma.vm_rb.off);
		v->rb_color = pc & 3;
	}
}
