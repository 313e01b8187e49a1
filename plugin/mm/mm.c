// SPDX-License-Identifier: GPL-2.0-or-later
/* One address space: the mm_struct, then every walk that its kernel has. */
#include "mm/mm.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"

/* Which members this kernel has: what decides which rules apply. */
static uint32_t has_of(const struct vs_kernel *k)
{
	const struct vs_layout *l = &k->layout;
	uint32_t has = 0;

	if (vs_has(l->mm.mmap) && vs_has(l->vma.vm_next))
		has |= VS_HAS_LIST;
	if (has && vs_has(l->vma.vm_prev))
		has |= VS_HAS_PREV;
	if (vs_has(l->mm.mm_rb) && vs_has(l->vma.vm_rb))
		has |= VS_HAS_RB;
	if (vs_has(l->mm.mm_mt) && vs_has(l->mtree.ma_root))
		has |= VS_HAS_MAPLE;
	if (vs_has(l->vma.rb_subtree_gap))
		has |= VS_HAS_SUBTREE_GAP;
	if (vs_has(l->mm.highest_vm_end))
		has |= VS_HAS_HIGHEST_VM_END;
	if (vs_has(l->mm.data_vm))
		has |= VS_HAS_DATA_VM;
	if (vs_has(l->mm.shared_vm))
		has |= VS_HAS_SHARED_VM;
	if (k->sym[VS_SYM_STACK_GUARD_GAP].found)
		has |= VS_HAS_STACK_GUARD_GAP;
	// code leaves no trace in types; thread_group went away with the release that changed this
	if (!vs_has(l->task.thread_group) && vs_has(l->mm.mm_mt))
		has |= VS_HAS_STRICT_HEAP;
	if (vs_has(l->mm.start_code) && vs_has(l->mm.end_code) && vs_has(l->mm.start_data) &&
	    vs_has(l->mm.end_data) && vs_has(l->mm.arg_start) && vs_has(l->mm.arg_end) &&
	    vs_has(l->mm.env_start) && vs_has(l->mm.env_end))
		has |= VS_HAS_LAYOUT;
	if (vs_has(l->mm.locked_vm))
		has |= VS_HAS_LOCKED_VM;
	if (vs_has(l->vma.detached))
		has |= VS_HAS_DETACHED;
	if (vs_has(l->vma.vm_refcnt))
		has |= VS_HAS_REFCNT;
	if (vs_has(l->vma.vm_lock_seq) && vs_has(l->mm.mm_lock_seq))
		has |= VS_HAS_LOCK_SEQ;
	return has;
}

static void read_fields(struct vs_kernel *k, const unsigned char *raw, struct vs_mm_fields *f)
{
	const struct vs_layout *l = &k->layout;
	const bool be = k->mem.target.big_endian;

#define LD(m) f->m = vs_has(l->mm.m) ? vs_load(raw + l->mm.m.off, l->mm.m.size, be) : 0
	LD(mmap);
	LD(map_count);
	LD(total_vm);
	LD(locked_vm);
	LD(pinned_vm);
	LD(data_vm);
	LD(exec_vm);
	LD(stack_vm);
	LD(shared_vm);
	LD(highest_vm_end);
	LD(task_size);
	LD(mmap_base);
	LD(mmap_compat_base);
	LD(start_code);
	LD(end_code);
	LD(start_data);
	LD(end_data);
	LD(start_brk);
	LD(brk);
	LD(start_stack);
	LD(arg_start);
	LD(arg_end);
	LD(env_start);
	LD(env_end);
	LD(hiwater_vm);
	LD(hiwater_rss);
	LD(pgtables_bytes);
	LD(mm_users);
	LD(mm_count);
	LD(pgd);
	LD(mm_lock_seq);
	LD(vmacache_seqnum);
	LD(mmap_cache);
#undef LD
	if (vs_has(l->mm.flags))	// a bitmap since 6.18; its first word
		f->mm_flags = vs_load(raw + l->mm.flags.off, k->mem.target.word, be);
	if (vs_has(l->mm.mm_rb) && vs_has(l->vma.vm_rb)) {
		f->rb_root = vs_load(raw + l->mm.mm_rb.off, k->mem.target.word, be);
		if (f->rb_root)
			f->rb_root -= (uint64_t)l->vma.vm_rb.off;
	}
}

static void read_maple_root(struct vs_kernel *k, uint64_t mm, const unsigned char *raw, struct vs_maple *m)
{
	const struct vs_layout *l = &k->layout;
	const unsigned char *mt = raw + l->mm.mm_mt.off;
	const bool be = k->mem.target.big_endian;

	m->tree = mm + (uint64_t)l->mm.mm_mt.off;
	m->root = vs_load(mt + l->mtree.ma_root.off, l->mtree.ma_root.size, be);
	m->flags = vs_load(mt + l->mtree.ma_flags.off, l->mtree.ma_flags.size, be);
}

/* protection_map[16]: a pgprot_t for each combination of read, write, execute, shared. */
static void read_prot_map(struct vs_kernel *k, struct vs_space *s)
{
	const unsigned int size = k->layout.vma.vm_page_prot.size;
	unsigned char raw[16 * 8];
	uint64_t at;

	if (!vs_has(k->layout.vma.vm_page_prot) || size > 8 || !vs_kernel_sym(k, VS_SYM_PROTECTION_MAP, &at) ||
	    !vs_from_ok(vs_kmem_read(&k->mem, at, raw, 16 * size, NULL)))
		return;
	for (unsigned int i = 0; i < 16; i++) {
		s->prot_map[i] = vs_load(raw + i * size, size, k->mem.target.big_endian);
		s->prot_mask |= s->prot_map[i] ^ s->prot_map[0];
	}
	s->prot_exec = k->mem.arch->exec_only;
	s->has |= VS_HAS_PROT_MAP;
}

/* Page tables that grow with the process end below what it may have in all. */
static void limit_tables(struct vs_kernel *k, const unsigned char *raw_mm, struct vs_space *s)
{
	const struct vs_field f = k->layout.mm.asce_limit;
	uint64_t v;

	if (!vs_has(f) || s->mm_absent)
		return;
	v = vs_load(raw_mm + f.off, f.size, k->mem.target.big_endian);
	// a power of two, or all but a page; anything else is damaged
	if (v >> 31 && !(v & (v - 1)) && v < s->limit)
		s->limit = v;
}

/*
 * From 6.0 on i386 looks an entry of protection_map up as an unsigned long
 * (vm_get_page_prot()): under PAE the upper half, NX in it, gets lost. Which such a kernel
 * is, its VMAs show; no code is read here.
 */
static void settle_prot_map(struct vs_space *s)
{
	size_t kept = 0, lost = 0;

	if (s->word != 4 || !(s->has & VS_HAS_PROT_MAP))
		return;
	for (size_t i = 0; i < s->vmas.n; i++) {
		const struct vs_vma *v = &s->vmas.v[i];

		if (!(s->prot_map[v->flags & 15] >> 32))
			continue;
		if (v->page_prot >> 32)
			kept++;
		else
			lost++;
	}
	// the mask stays: that half is zero then, and nothing else
	for (unsigned int i = 0; lost > kept && i < 16; i++)
		s->prot_map[i] &= UINT32_MAX;
}

/* The gate VMA is a variable of the kernel, the same for all that may use it. */
static void read_gate(struct vs_kernel *k, const unsigned char *raw_mm, struct vs_space *s)
{
	const struct vs_layout *l = &k->layout;
	uint64_t gate, mode_at, mode;

	if (!vs_kernel_sym(k, VS_SYM_GATE_VMA, &gate))
		return;
	// MM_CONTEXT_HAS_VSYSCALL, bit 1 since 5.13 and before: a 64-bit process
	if (vs_has(l->mm.context_flags) &&
	    !(vs_load(raw_mm + l->mm.context_flags.off, l->mm.context_flags.size,
		      k->mem.target.big_endian) & 2))
		return;
	// EMULATE 0, XONLY 1, NONE 2: unchanged since 5.2, NONE since 3.0
	if (vs_kernel_sym(k, VS_SYM_VSYSCALL_MODE, &mode_at) && vs_kmem_uint(&k->mem, mode_at, 4, &mode) &&
	    mode == 2)
		return;
	vs_vma_read(k, gate, &s->gate);
	s->gate.addr = gate;
	if (s->gate.absent)
		s->gate.end = 0;
	s->gate_name = "[vsyscall]";	// gate_vma_name()
}

/* mm_get_unmapped_area(): a function of the mm, a flag of the mm since 6.10. */
static void read_mmap_dir(struct vs_kernel *k, const unsigned char *raw, struct vs_space *s)
{
	enum { MMF_TOPDOWN = 31 };
	const struct vs_field fn = k->layout.mm.get_unmapped_area, flags = k->layout.mm.flags;
	const bool be = k->mem.target.big_endian;
	uint64_t down, up;

	if (vs_has(fn)) {
		uint64_t at = vs_load(raw + fn.off, fn.size, be);

		if (vs_kernel_sym(k, VS_SYM_GET_UNMAPPED_AREA_TOPDOWN, &down) && at == down)
			s->mmap_dir = VS_MMAP_DOWN;
		else if (vs_kernel_sym(k, VS_SYM_GET_UNMAPPED_AREA, &up) && at == up)
			s->mmap_dir = VS_MMAP_UP;
		s->mmap_dir_source = "get_unmapped_area";
	} else if (vs_has(flags)) {
		uint64_t word = vs_load(raw + flags.off, k->mem.target.word, be);

		s->mmap_dir = word >> MMF_TOPDOWN & 1 ? VS_MMAP_DOWN : VS_MMAP_UP;
		s->mmap_dir_source = "MMF_TOPDOWN";
	}
}

/* The bytes of the mm_struct: borrowed from the dump, or in *buf_ret, which the caller frees. */
static struct vs_err *read_raw(struct vs_kernel *k, uint64_t mm, unsigned char **buf_ret,
			       const unsigned char **raw_ret, enum vs_from *from_ret)
{
	*raw_ret = vs_kmem_peek(&k->mem, mm, k->layout.mm.size, from_ret);
	if (*raw_ret)
		return NULL;
	*raw_ret = *buf_ret = malloc(k->layout.mm.size);
	if (!*buf_ret)
		return &vs_enomem;
	*from_ret = vs_kmem_read(&k->mem, mm, *buf_ret, k->layout.mm.size, NULL);
	return NULL;
}

struct vs_err *vs_mm_read_fields(struct vs_kernel *k, uint64_t mm, struct vs_mm_fields *ret)
{
	_cleanup_free_ unsigned char *buf = NULL;
	const unsigned char *raw;
	enum vs_from from;
	struct vs_err *err = read_raw(k, mm, &buf, &raw, &from);

	if (!err) {
		read_fields(k, raw, ret);
		err = vs_rss_read(k, raw, ret);
	}
	return err;
}

/* Room at once for what map_count promises, which is possible. It may lie: no room is no error yet. */
static void make_room(struct vs_space *s)
{
	const size_t n = s->f.map_count + 1;

	// a leaf has 15 pivots and 16 slots, and is half full at least
	if (vs_vec_reserve(&s->vmas, n) && s->has & VS_HAS_MAPLE && vs_vec_reserve(&s->tree.order, n) &&
	    vs_vec_reserve(&s->maple.entries, n) && vs_vec_reserve(&s->maple.nodes, n / 8))
		(void)vs_vec_reserve(&s->maple.words, n / 8 * 31);
}

struct vs_err *vs_mm_read_head(struct vs_kernel *k, uint64_t mm, struct vs_space *s)
{
	const struct vs_layout *l = &k->layout;
	_cleanup_free_ unsigned char *buf = NULL;
	const unsigned char *raw;
	enum vs_from from;
	struct vs_err *err;
	uint64_t at;

	vs_space_reset(s);
	k->img->absent_from = 0;
	s->mm = mm;
	s->has = has_of(k);
	s->page_shift = k->mem.target.page_shift;
	s->word = k->mem.target.word;
	s->rb_offset = vs_has(l->vma.vm_rb) ? (uint16_t)l->vma.vm_rb.off : 0;
	s->limit = k->mem.arch->user_end(&k->mem.pgt);
	s->prev_from = VS_NONE;
	if (k->functions_only) {
		// it cannot be read: what kernels are built with will do for a picture, not for a judgement
		s->stack_guard_gap = vs_page_size(&k->mem.target) * 256;
		s->has |= VS_HAS_STACK_GUARD_GAP;
		s->has &= ~(uint32_t)VS_HAS_SUBTREE_GAP;
	} else if (vs_kernel_sym(k, VS_SYM_STACK_GUARD_GAP, &at) &&
		   !vs_kmem_ulong(&k->mem, at, &s->stack_guard_gap))
		s->has &= ~(uint32_t)VS_HAS_STACK_GUARD_GAP & ~(uint32_t)VS_HAS_SUBTREE_GAP;
	err = read_raw(k, mm, &buf, &raw, &from);
	if (err)
		return err;
	s->mm_absent = !vs_from_ok(from);
	s->n_absent += s->mm_absent;
	s->mm_from = (uint8_t)from;
	read_fields(k, raw, &s->f);
	err = vs_rss_read(k, raw, &s->f);
	if (err)
		return err;
	if (!s->mm_absent)
		vs_lock_read(k, raw, &s->lock);
	if (s->f.task_size && s->f.task_size < s->limit && !(s->f.task_size & (vs_page_size(&k->mem.target) - 1)))
		s->limit = s->f.task_size;
	limit_tables(k, raw, s);
	read_gate(k, raw, s);
	read_prot_map(k, s);
	if (!s->mm_absent)
		read_mmap_dir(k, raw, s);
	if (s->has & VS_HAS_MAPLE)
		read_maple_root(k, mm, raw, &s->maple);
	return NULL;
}

size_t vs_mm_bound(const struct vs_kernel *k)
{
	return (size_t)(vs_image_held(k->img) / k->layout.vma.size) + 16;
}

struct vs_err *vs_mm_read(struct vs_kernel *k, uint64_t mm, struct vs_out *out, struct vs_space *s)
{
	struct vs_reader r = { .k = k, .out = out, .s = s };
	struct vs_err *err = vs_mm_read_head(k, mm, s);

	if (err)
		return err;
	r.bound = vs_mm_bound(k);
	if (s->f.map_count < r.bound)
		make_room(s);
	if (s->has & VS_HAS_MAPLE) {
		err = vs_walk_maple(&r);
		vs_map_deinit(&r.nodes);
	}
	if (!err && s->has & VS_HAS_LIST)
		err = vs_walk_list(&r);
	if (!err && !vs_walks_follow(&r)) {
		if (s->has & VS_HAS_RB)
			err = vs_walk_rbtree(&r);
		if (!err && s->has & VS_HAS_PREV)
			err = vs_walk_list_back(&r);
	}
	s->ascending = !r.astray;
	settle_prot_map(s);
	s->absent_from = k->img->absent_from;
	return err;
}
