// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/space.h"

#include <stdlib.h>
#include <string.h>

/* vm_area_struct address -> index of the first @n VMAs; a snapshot that is only looked at may still add the rest. */
struct vs_index {
	struct vs_map map;
	size_t n;
};

struct vs_space *vs_space_create(void)
{
	struct vs_space *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->prev_from = VS_NONE;
	s->index = calloc(1, sizeof(*s->index));
	if (!s->index) {
		free(s);
		return NULL;
	}
	return s;
}

static void walk_deinit(struct vs_walk *w)
{
	vs_vec_deinit(&w->order);
	vs_vec_deinit(&w->breaks);
}

void vs_space_destroy(struct vs_space *s)
{
	if (!s)
		return;
	vs_vec_deinit(&s->vmas);
	vs_map_deinit(&s->index->map);
	free(s->index);
	walk_deinit(&s->next);
	walk_deinit(&s->prev);
	walk_deinit(&s->tree);
	vs_maple_deinit(&s->maple);
	vs_vec_deinit(&s->users);
	vs_vec_deinit(&s->objects.files);
	vs_vec_deinit(&s->objects.anons);
	vs_vec_deinit(&s->objects.avcs);
	vs_exhibits_deinit(&s->exhibits);
	free(s->names);
	free(s);
}

/** Empty @p to but for the room of its arrays. */
static void walk_reset(struct vs_walk *w)
{
	w->walked = false;
	w->order.n = 0;
	w->breaks.n = 0;
}

void vs_space_reset(struct vs_space *s)
{
	struct vs_space old = *s;

	free(s->names);
	memset(s, 0, sizeof(*s));
	s->prev_from = VS_NONE;

	s->vmas = old.vmas;
	s->vmas.n = 0;
	s->index = old.index;
	// One large address space must not make all the small ones behind it dear.
	if (old.index->n < old.index->map.mask / 16)
		vs_map_clear_keys(&s->index->map, old.vmas.v ? &old.vmas.v->addr : NULL, old.index->n,
				  sizeof(*old.vmas.v));
	else
		vs_map_clear(&s->index->map);
	s->index->n = 0;
	s->next = old.next;
	s->prev = old.prev;
	s->tree = old.tree;
	s->maple = old.maple;
	vs_maple_reset(&s->maple);
	walk_reset(&s->next);
	walk_reset(&s->prev);
	walk_reset(&s->tree);
	s->users = old.users;
	s->users.n = 0;
	s->exhibits = old.exhibits;
	vs_exhibits_reset(&s->exhibits);
	s->objects.files = old.objects.files;
	s->objects.anons = old.objects.anons;
	s->objects.avcs = old.objects.avcs;
	s->objects.files.n = s->objects.anons.n = s->objects.avcs.n = 0;
	s->objects.keep = old.objects.keep;
}

uint32_t vs_space_find(const struct vs_space *s, uint64_t addr)
{
	struct vs_index *x = s->index;

	if (x->n < s->vmas.n && vs_map_reserve(&x->map, s->vmas.n))
		for (; x->n < s->vmas.n; x->n++)
			vs_map_set(&x->map, s->vmas.v[x->n].addr, (uint32_t)x->n);
	if (x->n == s->vmas.n)
		return vs_map_get(&x->map, addr);
	for (size_t i = 0; i < s->vmas.n; i++)
		if (s->vmas.v[i].addr == addr)
			return (uint32_t)i;
	return VS_NONE;
}

uint32_t vs_space_find_from(const struct vs_space *s, uint64_t addr, uint64_t start)
{
	size_t lo = 0, hi = s->ascending ? s->vmas.n : 0;

	while (lo < hi) {	// the first that does not begin before
		size_t mid = lo + (hi - lo) / 2;

		if (s->vmas.v[mid].start < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->vmas.n && s->vmas.v[lo].addr == addr ? (uint32_t)lo : vs_space_find(s, addr);
}

bool vs_space_make_names(struct vs_space *s)
{
	free(s->names);
	s->names = calloc(s->vmas.n ? s->vmas.n : 1, sizeof(*s->names));
	return s->names;
}

struct vs_vma *vs_space_add(struct vs_space *s, uint64_t addr)
{
	struct vs_vma *v;

	if (s->vmas.n >= VS_NONE - 1)
		return NULL;
	v = vs_vec_push(&s->vmas);
	if (!v)
		return NULL;
	memset(v, 0, sizeof(*v));
	v->addr = addr;
	v->fact = VS_NONE;
	return v;
}

static uint64_t positive(uint64_t v)
{
	return (int64_t)v < 0 ? 0 : v;
}

struct vs_rss vs_mm_rss(const struct vs_mm_fields *f, bool parts)
{
	struct vs_rss_parts less = { 0 };
	struct vs_rss r;

	if (!parts)
		less = f->rss_parts;
	r.file = positive(f->rss_file - (uint64_t)less.file);
	r.anon = positive(f->rss_anon - (uint64_t)less.anon);
	r.shmem = positive(f->rss_shmem - (uint64_t)less.shmem);
	r.swap = positive(f->swap_ents - (uint64_t)less.swap);
	r.total = r.file + r.anon + r.shmem;
	return r;
}
