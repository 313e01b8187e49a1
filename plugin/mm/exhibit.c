// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/exhibit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/flip.h"
#include "mm/slot.h"
#include "space/space.h"

#define MAX_BYTES 16384u	/* an object's pages; a task_struct is the largest */

/* Whether there was an error, which is of no interest: then less is known. */
static bool failed(struct vs_err *err)
{
	vs_err_free(err);
	return err;
}

/* sizeof(struct @p type), 0 if not known. */
static uint32_t size_of(struct vs_kernel *k, const char *type)
{
	const struct vs_type *t = NULL;

	return !failed(vs_types_find(k->types, VS_KIND_STRUCT, type, &t)) && t && t->size < MAX_BYTES ? (uint32_t)t->size : 0;
}

/* Whether what stands at @p at leads to NULL or to an object of the same slab, as a freelist's pointer does. */
static bool is_free_word(struct vs_kernel *k, const struct vs_slot *s, uint64_t at)
{
	uint64_t word, next;

	if (!vs_kmem_ulong(&k->mem, at, &word))
		return false;
	next = vs_slot_encode(k, s, at, word);
	// NULL that is not mangled may be anything
	return next ? next >= s->first && next < s->end && (next - s->first) % s->size == 0 : s->hardened;
}

static void read_slot(struct vs_kernel *k, struct vs_exhibit *e)
{
	struct vs_slot slot;

	if (!vs_slot_read(k, e->addr, &slot))
		return;
	e->slab = true;
	e->slot = slot.size;
	memcpy(e->cache, slot.name, sizeof(e->cache));
	e->inside = slot.start != e->addr;
	e->free = slot.free;
	e->free_at = slot.start + slot.offset;
	e->free_word = is_free_word(k, &slot, e->free_at);
}

struct vs_err *vs_exhibit_read(struct vs_kernel *k, const char *type, uint64_t addr, struct vs_exhibits *ret)
{
	const uint64_t page = vs_page_size(&k->mem.target);
	struct vs_exhibit *e;
	uint64_t end;
	size_t got;

	if (!vs_kmem_is_kernel(&k->mem, addr) || vs_exhibit_of(ret, addr))
		return NULL;
	e = vs_vec_push(&ret->v);
	if (!e)
		return &vs_enomem;
	*e = (struct vs_exhibit){ .addr = addr, .size = type ? size_of(k, type) : 0, .va = addr & ~(page - 1),
				   .page = (uint32_t)page, .big_endian = k->mem.target.big_endian,
				   .word = k->mem.target.word };
	end = (addr + (e->size ? e->size : 8) + page - 1) & ~(page - 1);
	e->n = end - e->va > MAX_BYTES && end - e->va > page ? (uint32_t)page : (uint32_t)(end - e->va);
	e->bytes = malloc(e->n);
	if (!e->bytes) {
		ret->v.n--;
		return &vs_enomem;
	}
	if (!vs_from_ok(vs_kmem_read(&k->mem, e->va, e->bytes, e->n, &got)))
		e->n = (uint32_t)got / (uint32_t)page * (uint32_t)page;
	if (type)
		read_slot(k, e);
	return NULL;
}

/* --- members --- */

/* Where the member is that findings call @p name: they leave out what is plain. */
static bool find_member(struct vs_kernel *k, const char *type, const char *name, struct vs_member *ret)
{
	const struct vs_type *t = NULL;
	const int head = (int)strcspn(name, ".");
	bool found = false;

	if (failed(vs_types_find(k->types, VS_KIND_STRUCT, type, &t)) || !t)
		return false;
	for (int way = 0; way < 4 && !found; way++) {
		char path[80];

		if (way == 0)
			snprintf(path, sizeof(path), "%s", name);
		else if (way == 1)
			snprintf(path, sizeof(path), "vm_rb.%s", name);
		else if (way == 2)	// rb_root_cached since 4.14
			snprintf(path, sizeof(path), "%.*s.rb_root%s", head, name, name + head);
		else
			snprintf(path, sizeof(path), "%s.vmas", name);
		if (failed(vs_type_member(k->types, t, path, ret, &found)))
			return false;
	}
	return found;
}

/* Likewise of a maple node: which of its members lie where depends on its type. */
static bool find_in_node(struct vs_kernel *k, const struct vs_space *s, uint64_t addr, const char *name,
			 uint32_t *at_ret)
{
	const struct vs_layout *l = &k->layout;
	const struct vs_mnode *n = NULL;
	struct vs_field f = { -1, 0 };
	unsigned int i = 0;

	for (size_t j = 0; j < s->maple.nodes.n && !n; j++)
		n = s->maple.nodes.v[j].addr == addr ? &s->maple.nodes.v[j] : NULL;
	if (!strcmp(name, "parent"))
		f = l->mnode.parent;
	else if (n && sscanf(name, "pivot[%u]", &i) == 1)
		f = n->has_gaps ? l->marange.pivot : l->mrange.pivot;
	else if (n && sscanf(name, "slot[%u]", &i) == 1)
		f = n->has_gaps ? l->marange.slot : l->mrange.slot;
	else if (n && n->has_gaps && sscanf(name, "gap[%u]", &i) == 1)
		f = l->marange.gap;
	if (!vs_has(f) || (i + 1) * k->mem.target.word > f.size)
		return false;
	*at_ret = (uint32_t)f.off + i * k->mem.target.word;
	return true;
}

struct vs_err *vs_exhibit_member(struct vs_kernel *k, const struct vs_space *s, const char *type,
				 const char *name, const uint64_t *seen, struct vs_exhibit *e)
{
	struct vs_exhibit_member *m;
	struct vs_member found;

	if (vs_exhibit_member_of(e, name))
		return NULL;
	m = vs_vec_push(&e->members);
	if (!m)
		return &vs_enomem;
	*m = (struct vs_exhibit_member){ .name = name };
	if (find_member(k, type, name, &found) && e->addr - e->va + found.offset + found.type->size <= e->n) {
		m->at = (uint32_t)(e->addr - e->va + found.offset);
		m->size = found.type->size > e->word ? e->word : (uint32_t)found.type->size;
	}
	if (!strcmp(type, "maple_node") && find_in_node(k, s, e->addr, name, &m->at)) {
		m->at += (uint32_t)(e->addr - e->va);
		m->size = e->word;
	}
	if (seen)
		m->has_flip = vs_flip_find(k, s, e->addr, name, *seen, &m->flip);
	return NULL;
}
