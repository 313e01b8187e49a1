// SPDX-License-Identifier: GPL-2.0-or-later
/* The page tables of a process or of the kernel, level by level and page by page. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/spot.h"

#define POLL_EVERY 4096

/* Is there such an enumerator? What a release does with an entry leaves no other trace in types. */
static bool has_page_flag(struct vs_kernel *k, const char *name)
{
	const struct vs_type *t = NULL;
	struct vs_err *err = vs_types_find(k->types, VS_KIND_ENUM, "pageflags", &t);
	bool found = false;

	if (!err && t)
		err = vs_type_complete(k->types, t);
	for (size_t i = 0; !err && t && i < t->n_enums; i++)
		found = found || (t->enums[i].name && !strcmp(t->enums[i].name, name));
	vs_err_free(err);
	return found;
}

/* The tables of @p pgd; false if they cannot be found. */
static bool tables(struct vs_kernel *k, uint64_t pgd, struct vs_pgtable *ret)
{
	uint64_t root, len;

	*ret = k->mem.pgt;
	ret->swp_exclusive = has_page_flag(k, "PG_anon_exclusive");
	// the release that brought these names taught it to all architectures
	ret->swp_exclusive_all = ret->swp_exclusive && vs_has(k->layout.vma.vm_flags_union);
	if (!pgd)
		return ret->root != 0;
	if (!vs_kmem_phys(&k->mem, pgd, &root, &len))
		return false;
	vs_pgtable_move(ret, root);
	return true;
}

/* How many entries the table of step @p i has. */
static uint64_t n_entries(const struct vs_pgtable *pt, const struct vs_xlat *x, unsigned int i)
{
	return i ? x->steps[i - 1].span / x->steps[i].span : UINT64_C(1) << pt->top_bits;
}

/* Does it say that there is nothing? 0 does on all that we know, on some another value as well. */
static bool is_none(const struct vs_pgtable *pt, uint64_t entry)
{
	struct vs_swap_entry e = { 0 };

	if (entry && pt->arch->swap)
		pt->arch->swap(pt, entry, &e);
	return !entry || e.none;
}

static struct vs_err *keep_steps(const struct vs_pgtable *pt, const struct vs_xlat *x, uint64_t addr,
				 bool loop, struct vs_pgwalk *ret)
{
	for (unsigned int i = 0; i < x->n_steps; i++) {
		const struct vs_pgstep *from = &x->steps[i];
		const bool last = i == x->n_steps - 1;
		struct vs_pgwalk_step *st = &ret->steps[ret->n_steps++];
		_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

		*st = (struct vs_pgwalk_step){
			.name = from->name, .pa = from->pa, .entry = from->entry, .span = from->span,
			.index = (unsigned int)(addr / from->span & (n_entries(pt, x, i) - 1)),
		};
		if (last && x->end == VS_PG_ABSENT)
			vs_buf_puts(&b, "not read");
		else if (last && loop)
			vs_buf_puts(&b, "not followed");
		else if (last && x->end == VS_PG_NONE)
			vs_buf_puts(&b, is_none(pt, from->entry) ? "none" : "not present");
		else if (last && pt->arch->prot_words)
			pt->arch->prot_words(from->entry, &b);
		else if (!last && pt->arch->table_words)
			pt->arch->table_words(from->entry, &b);
		st->words = vs_buf_steal(&b);
		if (!st->words)
			return &vs_enomem;
	}
	return NULL;
}

/* The step whose table has been passed before; n_steps: there is none. Small tables share pages. */
static unsigned int find_loop(const struct vs_pgtable *pt, const struct vs_xlat *x)
{
	const uint64_t page = vs_page_size(pt->target);

	for (unsigned int i = 1; i < x->n_steps; i++) {
		const uint64_t size = 8 * n_entries(pt, x, i), part = size < page ? size : page;

		for (unsigned int k = 0; k < i; k++)
			if (x->steps[i].pa / part == x->steps[k].pa / part)
				return i;
	}
	return x->n_steps;
}

/* An entry that is no page: which area of swap, if it is one. */
static struct vs_err *tell_swap(struct vs_kernel *k, struct vs_files *files, const struct vs_pgtable *pt,
				uint64_t entry, struct vs_pgwalk *ret)
{
	const struct vs_layout *l = &k->layout;
	struct vs_swap_entry e = { 0 };
	uint64_t at, n = 0, info, file;
	uint32_t fact;
	struct vs_err *err;

	pt->arch->swap(pt, entry, &e);
	if (e.none)
		return NULL;
	ret->swap_type = e.type;
	ret->swap_offset = e.offset;
	ret->exclusive = e.exclusive;
	ret->soft_dirty = e.soft_dirty;
	ret->uffd_wp = e.uffd_wp;
	if (!vs_kernel_sym(k, VS_SYM_NR_SWAPFILES, &at) || !vs_kmem_uint(&k->mem, at, 4, &n)) {
		ret->end = VS_PGWALK_SWAP;	// as far as can be told
		return NULL;
	}
	ret->n_swap_types = (unsigned int)n;
	ret->end = e.type < n ? VS_PGWALK_SWAP : VS_PGWALK_OTHER;
	if (e.type >= n || !files || !vs_kernel_sym(k, VS_SYM_SWAP_INFO, &at) || !vs_has(l->swap_info.swap_file) ||
	    !vs_kmem_ulong(&k->mem, at + (uint64_t)e.type * k->mem.target.word, &info) ||
	    !vs_kmem_ulong(&k->mem, info + (uint64_t)l->swap_info.swap_file.off, &file) || !file)
		return NULL;
	err = vs_files_fact(files, k, file, &fact);
	if (err || !files->facts.v[fact].path)
		return err;
	ret->swap_file = strdup(files->facts.v[fact].path);
	return ret->swap_file ? NULL : &vs_enomem;
}

/* Why the bytes are not just those of the file, or not there; NULL: there is no more to say. */
static const char *from_words(enum vs_from from)
{
	return from == VS_FROM_FILE || from == VS_FROM_NOWHERE ? NULL : vs_from_name(from);
}

static enum vs_from from_of(struct vs_kernel *k, uint64_t pa)
{
	struct vs_run run;

	vs_image_run(k->img, pa, &run);
	return run.from;
}

/*
 * Could there be memory? A dump may leave out pages that lie among others: QEMU's with
 * paging has none that the kernel itself does not map, such as those of memfd_secret().
 */
static bool is_memory(const struct vs_kernel *k, uint64_t pa, enum vs_from from)
{
	return from != VS_FROM_NOWHERE || pa - k->mem.direct_pa < k->mem.direct_end - k->mem.direct_start;
}

static bool is_zero_page(struct vs_kernel *k, uint64_t pa, uint64_t page)
{
	uint64_t at, len, zero, pfn;

	if (vs_kernel_sym(k, VS_SYM_EMPTY_ZERO_PAGE, &at) && vs_kmem_phys(&k->mem, at, &zero, &len) &&
	    zero >> k->mem.target.page_shift == pa >> k->mem.target.page_shift)
		return true;
	// the huge one is made when it is first wanted; ~0 until then
	return page > vs_page_size(&k->mem.target) && vs_kernel_sym(k, VS_SYM_HUGE_ZERO_PFN, &at) &&
		vs_kmem_ulong(&k->mem, at, &pfn) && pfn == (pa & ~(page - 1)) >> k->mem.target.page_shift;
}

struct vs_err *vs_pgwalk_read(struct vs_kernel *k, struct vs_files *files, uint64_t pgd, uint64_t addr,
			      struct vs_pgwalk *ret)
{
	struct vs_pgtable pt;
	struct vs_xlat x;
	enum vs_from from;
	unsigned int loop;
	bool loops;
	struct vs_err *err;

	*ret = (struct vs_pgwalk){ .pgd = pgd, .levels = k->mem.pgt.levels, .end = VS_PGWALK_NO_ROOT };
	if (!tables(k, pgd, &pt))
		return NULL;
	ret->root = pt.root;
	ret->levels = pt.levels;
	pt.arch->walk(&pt, addr, &x);
	loop = find_loop(&pt, &x);
	loops = loop < x.n_steps;
	if (loops) {
		x.n_steps = loop + 1;
		x.end = VS_PG_BAD;
	}
	err = keep_steps(&pt, &x, addr, loops, ret);
	if (err)
		return err;
	switch (x.end) {
	case VS_PG_MAPPED:
		ret->end = VS_PGWALK_MAPPED;
		ret->pa = x.pa;
		ret->page = x.len;
		from = from_of(k, x.pa);
		ret->from = from_words(from);
		ret->in_dump = vs_from_ok(from);
		ret->in_memory = is_memory(k, x.pa, from);
		ret->special = x.steps[x.n_steps - 1].entry & pt.arch->special;
		ret->zero = is_zero_page(k, x.pa, x.len);
		return NULL;
	case VS_PG_NONE:
		ret->end = VS_PGWALK_NONE;
		if (x.steps[x.n_steps - 1].entry && pt.arch->swap)
			return tell_swap(k, files, &pt, x.steps[x.n_steps - 1].entry, ret);
		return NULL;
	case VS_PG_ABSENT:
		from = from_of(k, x.steps[x.n_steps - 1].pa);
		ret->from = from_words(from);
		ret->end = is_memory(k, x.steps[x.n_steps - 1].pa, from) ? VS_PGWALK_ABSENT : VS_PGWALK_LEAVES;
		return NULL;
	case VS_PG_BAD:
	case VS_PG_NONCANONICAL:
		ret->end = loops ? VS_PGWALK_LOOP : VS_PGWALK_BAD;
		return NULL;
	}
	return NULL;
}

/* --- page by page --- */

static enum vs_pages_state state_of(struct vs_kernel *k, const struct vs_pgtable *pt, const struct vs_xlat *x,
				    uint64_t n_swap)
{
	const uint64_t entry = x->n_steps ? x->steps[x->n_steps - 1].entry : 0;
	struct vs_swap_entry e = { 0 };
	uint64_t pa;

	if (find_loop(pt, x) < x->n_steps)
		return VS_PAGES_BAD;
	switch (x->end) {
	case VS_PG_MAPPED:
		// the zero page is special as well
		return is_zero_page(k, x->pa, x->len) ? VS_PAGES_ZERO :
			entry & pt->arch->special ? VS_PAGES_SPECIAL : VS_PAGES_PRESENT;
	case VS_PG_NONE:
		if (!entry || !pt->arch->swap)
			return VS_PAGES_NONE;
		pt->arch->swap(pt, entry, &e);
		return e.none ? VS_PAGES_NONE : e.type < n_swap ? VS_PAGES_SWAP : VS_PAGES_OTHER;
	case VS_PG_ABSENT:
		pa = x->steps[x->n_steps - 1].pa;
		return is_memory(k, pa, from_of(k, pa)) ? VS_PAGES_ABSENT : VS_PAGES_BAD;
	default:
		return VS_PAGES_BAD;
	}
}

struct vs_err *vs_pages_read(struct vs_kernel *k, uint64_t pgd, uint64_t start, uint64_t end,
			     struct vs_out *out, struct vs_pages *ret)
{
	uint64_t n_swap = UINT64_MAX, at;
	struct vs_pgtable pt;
	struct vs_err *err = NULL;
	size_t n = 0;

	*ret = (struct vs_pages){ 0 };
	if (!tables(k, pgd, &pt))
		return NULL;
	if (vs_kernel_sym(k, VS_SYM_NR_SWAPFILES, &at))
		vs_kmem_uint(&k->mem, at, 4, &n_swap);
	for (uint64_t va = start, next; !err && va < end; va = next) {
		struct vs_pages_run *last = ret->runs.n ? &ret->runs.v[ret->runs.n - 1] : NULL;
		enum vs_pages_state state;
		struct vs_xlat x;

		pt.arch->walk(&pt, va, &x);
		state = state_of(k, &pt, &x, n_swap);
		next = x.va + x.len > va && x.va + x.len < end ? x.va + x.len : end;
		ret->bytes[state] += next - va;
		if (state == VS_PAGES_PRESENT && !vs_from_ok(from_of(k, x.pa)))
			ret->not_in_dump += next - va;
		if (last && last->state == state && (last->page == x.len || state != VS_PAGES_PRESENT)) {
			last->end = next;
		} else {
			last = vs_vec_push(&ret->runs);
			if (!last)
				return &vs_enomem;
			*last = (struct vs_pages_run){ va, next, x.len, state };
		}
		if (++n % POLL_EVERY == 0)
			err = vs_out_poll(out);
	}
	return err;
}
