// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "render/find.h"
#include "render/json.h"
#include "render/maps.h"

static void put_name(struct vs_json *j, const struct vs_space *s, const struct vs_vma *v, uint32_t i)
{
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &s->facts[v->fact] : NULL;
	const char *label = vs_vma_label(s, v, i);

	if (!label && fact && fact->path)
		vs_json_bytes(j, "name", fact->path, fact->path_len);
	else
		vs_json_text(j, "name", label);
}

static void put_vma(struct vs_json *j, const char *key, const struct vs_space *s, uint32_t i,
		    const struct vs_apart *a)
{
	const struct vs_vma *v;
	char perms[5];

	if (i == VS_NONE) {
		vs_json_null(j, key);
		return;
	}
	v = &s->vmas.v[i];
	vs_text_perms(perms, v->flags);
	vs_json_open_object(j, key);
	vs_json_hex(j, "vma", v->addr);
	vs_json_hex(j, "start", v->start);
	vs_json_hex(j, "end", v->end);
	vs_json_str(j, "perms", perms);
	put_name(j, s, v, i);
	if (a) {
		vs_json_bool(j, "adjoins", a->adjoin);
		if (a->adjoin) {
			vs_json_bool(j, "complete", !a->incomplete);
			vs_json_open_array(j, "apart");
			for (size_t k = 0; k < a->v.n; k++) {
				vs_json_open_object(j, NULL);
				vs_json_str(j, "member", a->v.v[k].member);
				vs_json_bytes(j, "words", a->v.v[k].words, strlen(a->v.v[k].words));
				vs_json_bool(j, "soft", a->v.v[k].soft);
				vs_json_close_object(j);
			}
			vs_json_close_array(j);
		}
	}
	vs_json_close_object(j);
}

static void put_walk(struct vs_json *j, const struct vs_pgwalk *w)
{
	static const char *const ends[] = {
		[VS_PGWALK_MAPPED] = "mapped", [VS_PGWALK_NONE] = "none", [VS_PGWALK_SWAP] = "swap",
		[VS_PGWALK_OTHER] = "other", [VS_PGWALK_ABSENT] = "absent", [VS_PGWALK_LEAVES] = "leaves memory",
		[VS_PGWALK_LOOP] = "loop", [VS_PGWALK_BAD] = "bad", [VS_PGWALK_NO_ROOT] = "no root",
	};

	vs_json_open_object(j, "walk");
	vs_json_uint(j, "levels", w->levels);
	if (w->pgd)
		vs_json_hex(j, "pgd", w->pgd);
	vs_json_hex(j, "root", w->root);
	vs_json_open_array(j, "steps");
	for (unsigned int i = 0; i < w->n_steps; i++) {
		vs_json_open_object(j, NULL);
		vs_json_str(j, "level", w->steps[i].name);
		vs_json_uint(j, "index", w->steps[i].index);
		vs_json_hex(j, "physical", w->steps[i].pa);
		vs_json_hex(j, "entry", w->steps[i].entry);
		vs_json_str(j, "words", w->steps[i].words);
		vs_json_close_object(j);
	}
	vs_json_close_array(j);
	vs_json_str(j, "end", ends[w->end]);
	if (w->from)
		vs_json_str(j, "from", w->from);
	if (w->end == VS_PGWALK_MAPPED) {
		vs_json_hex(j, "address", w->pa);
		vs_json_uint(j, "page_bytes", w->page);
		vs_json_bool(j, "in_dump", w->in_dump);
		vs_json_bool(j, "in_memory", w->in_memory);
		vs_json_bool(j, "zero_page", w->zero);
		vs_json_bool(j, "special", w->special);
	}
	if (w->end == VS_PGWALK_SWAP || w->end == VS_PGWALK_OTHER) {
		vs_json_uint(j, "swap_type", w->swap_type);
		vs_json_uint(j, "swap_offset", w->swap_offset);
		if (w->swap_file)
			vs_json_bytes(j, "swap_file", w->swap_file, strlen(w->swap_file));
	}
	vs_json_close_object(j);
}

static void put_pages(struct vs_json *j, const struct vs_pages *p)
{
	vs_json_open_object(j, "pages");
	for (unsigned int i = 0; i < VS_N_PAGES; i++)
		vs_json_uint(j, vs_pages_word(i), p->bytes[i]);
	vs_json_uint(j, "not in the dump", p->not_in_dump);
	vs_json_open_array(j, "runs");
	for (size_t i = 0; i < p->runs.n; i++) {
		vs_json_open_object(j, NULL);
		vs_json_hex(j, "start", p->runs.v[i].start);
		vs_json_hex(j, "end", p->runs.v[i].end);
		vs_json_str(j, "state", vs_pages_word(p->runs.v[i].state));
		if (p->runs.v[i].state == VS_PAGES_PRESENT)
			vs_json_uint(j, "page_bytes", p->runs.v[i].page);
		vs_json_close_object(j);
	}
	vs_json_close_array(j);
	vs_json_close_object(j);
}

static void put_user(struct vs_json *j, const struct vs_space *s, const struct vs_spot *sp)
{
	const struct vs_vma *v = sp->vma == VS_NONE ? NULL : &s->vmas.v[sp->vma];

	vs_json_hex(j, "mm", s->mm);
	vs_json_open_array(j, "pids");
	for (size_t i = 0; i < s->users.n; i++)
		if (s->users.v[i].pid == s->users.v[i].tgid)
			vs_json_int(j, NULL, s->users.v[i].pid);
	vs_json_close_array(j);
	put_vma(j, "in", s, sp->vma, NULL);
	put_vma(j, "below", s, sp->below, v ? &sp->apart_below : NULL);
	put_vma(j, "above", s, sp->above, v ? &sp->apart_above : NULL);
	if (!v)
		return;
	vs_json_uint(j, "offset", sp->addr - v->start);
	if (v->file)
		vs_json_uint(j, "file_offset", (v->pgoff << s->page_shift) + (sp->addr - v->start));
}

static void put_kernel(struct vs_json *j, const struct vs_kmap *m, const struct vs_spot *sp)
{
	const struct vs_kregion *r = vs_kmap_find(m, sp->addr);

	vs_json_str(j, "region", r ? r->name : NULL);
	if (*sp->symbol)
		vs_json_str(j, "symbol", sp->symbol);
	if (sp->is_page)
		vs_json_hex(j, "frame", sp->pfn);
	if (sp->direct)
		vs_json_hex(j, "direct_map", sp->direct);
}

struct vs_err *vs_json_spot(struct vs_out *out, const struct vs_space *s, const struct vs_kmap *m,
			    const struct vs_spot *sp)
{
	struct vs_json *j = vs_json_begin("address");

	vs_json_hex(j, "address", sp->addr);
	vs_json_str(j, "half", sp->nowhere ? NULL : sp->kernel ? "kernel" : "user");
	if (s)
		put_user(j, s, sp);
	if (m)
		put_kernel(j, m, sp);
	if (sp->have_walk)
		put_walk(j, &sp->walk);
	if (sp->have_pages)
		put_pages(j, &sp->pages);
	return vs_json_end(j, out);
}
