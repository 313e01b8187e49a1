// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/space.h"

#include <stdlib.h>
#include <string.h>

struct vs_space *vs_space_create(void)
{
	struct vs_space *s = calloc(1, sizeof(*s));

	if (s)
		s->prev_from = VS_NONE;
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
	vs_map_deinit(&s->by_addr);
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
	s->by_addr = old.by_addr;
	// One large address space must not make all the small ones behind it dear.
	if (old.vmas.n < old.by_addr.mask / 16)
		vs_map_clear_keys(&s->by_addr, old.vmas.v ? &old.vmas.v->addr : NULL, old.vmas.n,
				  sizeof(*old.vmas.v));
	else
		vs_map_clear(&s->by_addr);
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
}

struct vs_vma *vs_space_add(struct vs_space *s, uint64_t addr)
{
	uint32_t index = (uint32_t)s->vmas.n;
	struct vs_vma *v;

	if (s->vmas.n >= VS_NONE - 1)
		return NULL;
	v = vs_vec_push(&s->vmas);
	if (!v)
		return NULL;
	if (!vs_map_set(&s->by_addr, addr, index)) {
		s->vmas.n--;
		return NULL;
	}
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
