// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/flip.h"

#include <string.h>

#include "kernel/kernel.h"
#include "mm/mm.h"
#include "space/space.h"

#define MAX_HEIGHT 128

struct flip {
	struct vs_kernel *k;
	const struct vs_space *s;
	uint64_t addr;		/* of the object that holds the pointer */
	uint64_t top;		/* of the interval tree that it hangs in; 0: not known */
};

static bool word_at(struct vs_kernel *k, uint64_t va, struct vs_field f, uint64_t *ret)
{
	return vs_has(f) && vs_kmem_ulong(&k->mem, va + (uint64_t)f.off, ret);
}

/* The node without a parent that is above @p node; 0: none. */
static uint64_t top_of(struct vs_kernel *k, uint64_t node)
{
	for (unsigned int i = 0; i < MAX_HEIGHT; i++) {
		uint64_t parent;

		if (!vs_vma_addr_ok(k, node) || !word_at(k, node, k->layout.rb.parent_color, &parent))
			return 0;
		if (!(parent & ~UINT64_C(3)))
			return node;
		node = parent & ~UINT64_C(3);
	}
	return 0;
}

static bool is_child_node(const struct flip *f, uint64_t v)
{
	uint64_t parent;

	return word_at(f->k, vs_mte_node(v), f->k->layout.mnode.parent, &parent) &&
		vs_mte_node(parent) == f->addr;
}

/* A VMA of this mm to which nothing else leads. */
static bool is_vma(const struct flip *f, uint64_t v)
{
	uint64_t mm;

	return v % f->k->mem.target.word == 0 && vs_space_find(f->s, v) == VS_NONE &&
		word_at(f->k, v, f->k->layout.vma.vm_mm, &mm) && mm == f->s->mm;
}

static bool fits_slot(const struct flip *f, uint64_t v)
{
	return is_child_node(f, v) || is_vma(f, v);
}

static bool fits_root(const struct flip *f, uint64_t v)
{
	uint64_t parent;

	return word_at(f->k, vs_mte_node(v), f->k->layout.mnode.parent, &parent) &&
		(parent & ~UINT64_C(1)) == f->s->maple.tree;
}

static bool is_rb_child(const struct flip *f, uint64_t v, uint64_t node)
{
	uint64_t parent;

	return v % f->k->mem.target.word == 0 && word_at(f->k, v, f->k->layout.rb.parent_color, &parent) &&
		(parent & ~UINT64_C(3)) == node;
}

static bool fits_shared(const struct flip *f, uint64_t v)
{
	return is_rb_child(f, v, f->addr + (uint64_t)f->k->layout.vma.shared_rb.off);
}

static bool fits_avc(const struct flip *f, uint64_t v)
{
	return is_rb_child(f, v, f->addr + (uint64_t)f->k->layout.avc.rb.off);
}

static bool fits_anon(const struct flip *f, uint64_t v)
{
	uint64_t root;

	return f->top && v % f->k->mem.target.word == 0 && word_at(f->k, v, f->k->layout.anon_vma.rb_root, &root) &&
		root == f->top;
}

static bool fits_file(const struct flip *f, uint64_t v)
{
	uint64_t mapping, root;

	return f->top && v % f->k->mem.target.word == 0 && word_at(f->k, v, f->k->layout.file.f_mapping, &mapping) &&
		vs_vma_addr_ok(f->k, mapping) && word_at(f->k, mapping, f->k->layout.mapping.i_mmap, &root) &&
		root == f->top;
}

bool vs_flip_find(struct vs_kernel *k, const struct vs_space *s, uint64_t addr, const char *name,
		  uint64_t seen, uint64_t *ret)
{
	static const struct {
		const char *name;
		bool (*fits)(const struct flip *f, uint64_t v);
	} rows[] = {
		{ "slot[", fits_slot }, { "mm_mt.ma_root", fits_root },
		{ "shared.rb.rb_left", fits_shared }, { "shared.rb.rb_right", fits_shared },
		{ "rb.rb_left", fits_avc }, { "rb.rb_right", fits_avc },
		{ "anon_vma", fits_anon }, { "vm_file", fits_file },
	};
	struct flip f = { .k = k, .s = s, .addr = addr };
	unsigned int n = 0, row;

	for (row = 0; row < sizeof(rows) / sizeof(*rows); row++)
		if (row ? !strcmp(name, rows[row].name) : !strncmp(name, rows[row].name, 5))
			break;
	if (row == sizeof(rows) / sizeof(*rows))
		return false;
	if (rows[row].fits == fits_anon)
		f.top = top_of(k, addr + (uint64_t)k->layout.avc.rb.off);
	if (rows[row].fits == fits_file)
		f.top = top_of(k, addr + (uint64_t)k->layout.vma.shared_rb.off);
	for (unsigned int bit = 0; bit < 8u * k->mem.target.word; bit++) {
		uint64_t v = seen ^ UINT64_C(1) << bit;

		if (!vs_kmem_is_kernel(&k->mem, v) || !rows[row].fits(&f, v))
			continue;
		n++;
		*ret = v;
	}
	return n == 1;
}
