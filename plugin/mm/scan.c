// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One address space, VMA by VMA, none of them kept: for who only wants to know whether
 * all of it is sound. A list of a million VMAs costs the reading of it, and no memory.
 */
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define POLL_EVERY 4096

/* One more of something: there is an end to what a dump can hold, and people may have enough of it. */
static struct vs_err *count(struct vs_reader *r)
{
	r->refused = ++r->n_scanned > r->bound;
	return r->n_scanned % POLL_EVERY ? NULL : vs_out_poll(r->out);
}

struct vs_err *vs_scan_node(struct vs_reader *r)
{
	struct vs_err *err = count(r);

	r->refused = r->refused || !r->scan->node(r->scan->arg, r->s);
	return err;
}

struct vs_err *vs_scan_vma(struct vs_reader *r, uint64_t addr, uint32_t node, unsigned int slot)
{
	const struct vs_scan *scan = r->scan;
	struct vs_space *s = r->s;
	struct vs_objects *o = &s->objects;
	struct vs_vma *v = &s->vmas.v[0];
	struct vs_err *err = count(r);

	if (r->k->mem.arch->untag)
		addr = vs_reader_untag(r, addr);
	v->addr = addr;
	if (vs_vma_addr_ok(r->k, addr))
		vs_vma_read(r->k, addr, v);
	else
		v->absent = 1;
	if (node == VS_NONE)		// the list knows one address ahead
		vs_kmem_prefetch(&r->k->mem, v->next, r->k->layout.vma.size);
	r->refused = r->refused || v->absent || !scan->vma(scan->arg, s, v, node, slot);
	// most VMAs have neither a file nor an anon_vma
	if (err || r->refused || !scan->objects || !(v->file | v->anon_vma | v->hangs))
		return err;
	o->files.n = o->anons.n = o->avcs.n = 0;
	err = vs_objects_of(r->k, s, 0);
	if (!err && (o->files.n || o->anons.n))
		r->refused = !scan->objects(scan->arg, s);
	return err;
}

static struct vs_err *scan_list(struct vs_reader *r)
{
	const struct vs_vma *v = &r->s->vmas.v[0];
	struct vs_err *err = NULL;

	for (uint64_t addr = r->s->f.mmap; addr && !err && !r->refused; addr = v->next)
		err = vs_scan_vma(r, addr, VS_NONE, 0);
	return err;
}

/* Which of two protection maps a 32-bit kernel has, all of its VMAs tell: mm.c, settle_prot_map(). */
static bool prot_map_is_plain(const struct vs_space *s)
{
	for (unsigned int i = 0; s->word == 4 && i < 16; i++)
		if (s->prot_map[i] >> 32)
			return false;
	return true;
}

struct vs_err *vs_mm_scan(struct vs_kernel *k, struct vs_out *out, struct vs_space *s, const struct vs_scan *scan,
			  bool *whole_ret)
{
	struct vs_reader r = { .k = k, .out = out, .s = s, .scan = scan };
	struct vs_err *err;

	*whole_ret = false;
	if (s->mm_absent || !(s->has & (VS_HAS_LIST | VS_HAS_MAPLE)) || !prot_map_is_plain(s))
		return NULL;
	if (!vs_space_add(s, 0))
		return &vs_enomem;
	r.bound = 2 * vs_mm_bound(k);
	err = s->has & VS_HAS_MAPLE ? vs_walk_maple(&r) : scan_list(&r);
	*whole_ret = !err && !r.refused && !s->maple.breaks.n && !s->objects.absent;
	vs_space_drop(s);
	s->maple.nodes.n = s->maple.words.n = 0;
	s->objects.files.n = s->objects.anons.n = s->objects.avcs.n = 0;
	return err;
}
