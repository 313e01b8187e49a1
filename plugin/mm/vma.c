// SPDX-License-Identifier: GPL-2.0-or-later
/* One vm_area_struct: read once, all that anybody here wants of it. */
#include "base/bytes.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

bool vs_vma_addr_ok(struct vs_kernel *k, uint64_t addr)
{
	return !(addr & (k->mem.target.word - 1u)) && vs_kmem_is_kernel(&k->mem, addr);
}

/* vm_area_struct addresses stand for rb_node addresses in the snapshot. */
static inline uint64_t rb_vma(uint64_t node, int32_t vm_rb)
{
	uint64_t addr = node - (uint64_t)vm_rb;

	// A damaged pointer to the very offset of vm_rb is wild, not NULL.
	return !node ? 0 : addr ? addr : 1;
}

static inline __attribute__((always_inline)) uint64_t ld(const unsigned char *raw, struct vs_pick p, bool be)
{
	return vs_load64(raw + p.off, be) >> (be ? p.be_shift : p.le_shift) & p.mask;
}

/* LDW() takes no other member. */
#define IS_PLAIN(m) IS_PLAIN_##m,
enum { VS_PLAIN_MEMBERS(IS_PLAIN) };

/* The same where it is known to be all of 64 bits. */
static inline __attribute__((always_inline)) uint64_t ld_word(const unsigned char *raw, struct vs_pick p, bool be,
							      bool plain)
{
	return plain ? vs_load64(raw + p.off, be) : ld(raw, p, be);
}

/*
 * Whether shared.rb is or was in a tree: it is all zero in a VMA that never had a file.
 * From 5.17 to 6.1 anon_name has the place of the parent pointer, which has a bit in it if black.
 */
static inline __attribute__((always_inline)) bool tree_used(const struct vs_layout *l, const unsigned char *raw,
							    bool be, bool plain)
{
	const bool name = l->vma.anon_name.off == l->vma.shared_rb.off;
	uint64_t parent = ld_word(raw, l->pick.shared_parent, be, plain);

	return ld_word(raw, l->pick.shared_last, be, plain) | (name ? parent & 1 : parent) |
	       ld_word(raw, l->pick.shared_left, be, plain) | ld_word(raw, l->pick.shared_right, be, plain);
}

static inline __attribute__((always_inline)) void take(const struct vs_layout *l, const unsigned char *raw,
						       uint64_t addr, struct vs_vma *v, bool be, bool plain)
{
#define LD(m) ld(raw, l->pick.m, be)
#define LDW(m) ((void)IS_PLAIN_##m, ld_word(raw, l->pick.m, be, plain))
	v->start = LDW(vm_start);
	v->end = LDW(vm_end);
	v->flags = LDW(vm_flags);
	v->pgoff = LDW(vm_pgoff);
	v->mm = LDW(vm_mm);
	v->file = LDW(vm_file);
	v->ops = LDW(vm_ops);
	v->private_data = LDW(vm_private_data);
	v->anon_vma = LDW(anon_vma);
	v->page_prot = LDW(vm_page_prot);
	v->hangs = 0;
	if (vs_has(l->vma.anon_vma_chain)) {
		const uint64_t head = addr + (uint64_t)l->vma.anon_vma_chain.off;

		v->hangs |= ((LDW(chain_next) ^ head) | (LDW(chain_prev) ^ head)) ? VS_HANGS_CHAIN : 0;
	}
	if (vs_has(l->vma.shared_last) && tree_used(l, raw, be, plain))
		v->hangs |= VS_HANGS_TREE;
	if (vs_has(l->vma.vm_lock_seq) || vs_has(l->vma.detached) || vs_has(l->vma.vm_refcnt)) {
		v->refcnt = (uint32_t)LD(vm_refcnt);
		v->lock_seq = (uint32_t)LD(vm_lock_seq);
		v->detached = LD(detached) != 0;
	}
	if (vs_has(l->vma.vm_next)) {
		v->next = LD(vm_next);
		v->prev = LD(vm_prev);
		v->subtree_gap = LD(rb_subtree_gap);
	}
	if (vs_has(l->vma.vm_rb)) {
		const uint64_t pc = LD(rb_parent);

		v->rb_left = rb_vma(LD(rb_left), l->vma.vm_rb.off);
		v->rb_right = rb_vma(LD(rb_right), l->vma.vm_rb.off);
		v->rb_parent = rb_vma(pc & ~UINT64_C(3), l->vma.vm_rb.off);
		v->rb_color = pc & 3;
	}
#undef LDW
#undef LD
}

void vs_vma_read(struct vs_kernel *k, uint64_t addr, struct vs_vma *v)
{
	const struct vs_layout *l = &k->layout;
	unsigned char buf[VS_VMA_MAX];
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
	// once for each way to load: a million VMAs pay for every branch
	if (k->mem.target.big_endian)
		take(l, raw, addr, v, true, false);
	else if (l->pick.plain)
		take(l, raw, addr, v, false, true);
	else
		take(l, raw, addr, v, false, false);
}
