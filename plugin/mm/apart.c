// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why two neighbouring VMAs are two: is_mergeable_vma(), is_mergeable_anon_vma() and
 * vma_merge() of mm/mmap.c, since 6.12 mm/vma.c. What they compare is the same
 * since 3.x; members that a release does not have do not count.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/spot.h"
#include "space/vmflags.h"

/* VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_MIXEDMAP: such are never merged. Unchanged since 3.x. */
#define VM_SPECIAL	UINT64_C(0x10044400)

struct pair {
	struct vs_kernel *k;
	const struct vs_space *s;
	const struct vs_vma *below, *above;
	struct vs_apart *ret;
	bool failed;
};

__attribute__((format(printf, 4, 5)))
static void because(struct pair *p, const char *member, bool soft, const char *fmt, ...)
{
	struct vs_apart_why *w = vs_vec_push(&p->ret->v);
	char text[256];
	va_list ap;

	if (!w) {
		p->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*w = (struct vs_apart_why){ .member = member, .words = strdup(text), .soft = soft };
	p->failed |= !w->words;
}

static void compare_flags(struct pair *p)
{
	const uint64_t differ = (p->below->flags ^ p->above->flags) & ~VS_VM_SOFTDIRTY,
		special = (p->below->flags | p->above->flags) & VM_SPECIAL;
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	if (differ) {
		vs_vmflags_names(&b, differ);
		because(p, "vm_flags", false, "differ in %s", vs_buf_str(&b));
	}
	b.len = 0;
	if (special) {
		vs_vmflags_names(&b, special);
		because(p, "vm_flags", false, "%s is never merged", vs_buf_str(&b));
	}
}

static void compare_place(struct pair *p)
{
	const uint64_t next = p->below->pgoff + vs_vma_pages(p->s, p->below);

	if (p->below->file != p->above->file)
		because(p, "vm_file", false, !p->below->file ? "only the upper has a file" :
			!p->above->file ? "only the lower has a file" : "are two: opened twice, or two files");
	else if (p->above->pgoff != next)
		because(p, "vm_pgoff", false, "of the upper is %#" PRIx64 ", the lower would go on at %#" PRIx64,
			p->above->pgoff, next);
}

/* A VMA whose end somebody has to be told of is not taken away. */
static void compare_close(struct pair *p)
{
	const struct vs_field at = p->k->layout.vm_ops.close;
	uint64_t fn = 0;
	char name[160];

	if (!vs_has(at) || !p->above->ops || p->below->file != p->above->file)
		return;
	if (!vs_kmem_ulong(&p->k->mem, p->above->ops + (uint64_t)at.off, &fn)) {
		p->ret->incomplete = true;
		return;
	}
	if (fn)
		because(p, "vm_ops->close", false, "is %s",
			vs_kernel_symbolize(p->k, fn, name, sizeof(name)) ? name : "set");
}

/* A member of the VMA that is a pointer; false if there is no such member or no such bytes. */
static bool pointer(struct pair *p, const struct vs_vma *v, struct vs_field f, uint64_t *ret)
{
	if (!vs_has(f))
		return false;
	if (vs_kmem_ulong(&p->k->mem, v->addr + (uint64_t)f.off, ret))
		return true;
	p->ret->incomplete = true;
	return false;
}

/* list_is_singular(&vma->anon_vma_chain): not cloned by fork(). */
static bool is_singular(struct pair *p, const struct vs_vma *v)
{
	const struct vs_layout *l = &p->k->layout;
	uint64_t next, prev;

	return !pointer(p, v, l->vma.anon_vma_chain_next, &next) ||
		!pointer(p, v, l->vma.anon_vma_chain_prev, &prev) || next == prev;
}

static void compare_anon(struct pair *p)
{
	const uint64_t below = p->below->anon_vma, above = p->above->anon_vma;
	const struct vs_vma *with = below ? p->below : p->above;

	if (below == above)
		return;
	if (below && above)
		because(p, "anon_vma", false, "are two: each has been written to by itself");
	else if (!is_singular(p, with))
		because(p, "anon_vma", false, "only the %s has one, and that came through a fork",
			below ? "lower" : "upper");
	else
		because(p, "anon_vma", true,
			"only the %s has one; up to 6.15 it could take in the other, not be taken in",
			below ? "lower" : "upper");
}

/* mpol_equal() of two that are not the same one. */
static bool policies_differ(struct pair *p, uint64_t below, uint64_t above)
{
	const struct vs_layout *l = &p->k->layout;
	const struct vs_field parts[] = { l->mempolicy.mode, l->mempolicy.flags, l->mempolicy.nodes,
					  l->mempolicy.home_node };

	if (!below || !above)
		return true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct vs_field f = parts[i];
		unsigned char x[128], y[128];

		if (!vs_has(f) || f.size > sizeof(x))
			continue;
		if (!vs_from_ok(vs_kmem_read(&p->k->mem, below + (uint64_t)f.off, x, f.size, NULL)) ||
		    !vs_from_ok(vs_kmem_read(&p->k->mem, above + (uint64_t)f.off, y, f.size, NULL)))
			p->ret->incomplete = true;
		else if (memcmp(x, y, f.size))
			return true;
	}
	return false;
}

static void compare_policy(struct pair *p)
{
	const struct vs_field f = p->k->layout.vma.vm_policy;
	uint64_t below, above;

	if (pointer(p, p->below, f, &below) && pointer(p, p->above, f, &above) && below != above &&
	    policies_differ(p, below, above))
		because(p, "vm_policy", false, "the policies of memory nodes differ");
}

static void compare_ctx(struct pair *p)
{
	const struct vs_field f = p->k->layout.vma.userfaultfd_ctx;
	uint64_t below, above;

	if (!pointer(p, p->below, f, &below) || !pointer(p, p->above, f, &above) || below == above)
		return;
	if (below && above)
		because(p, "vm_userfaultfd_ctx", false, "are two");
	else
		because(p, "vm_userfaultfd_ctx", false, "only the %s is watched", below ? "lower" : "upper");
}

static void compare_name(struct pair *p)
{
	const char *below = p->s->names ? p->s->names[p->below - p->s->vmas.v] : NULL;
	const char *above = p->s->names ? p->s->names[p->above - p->s->vmas.v] : NULL;

	below = below && !strncmp(below, "[anon", 5) ? below : NULL;
	above = above && !strncmp(above, "[anon", 5) ? above : NULL;
	if (below || above)
		if (!below || !above || strcmp(below, above))
			because(p, "anon_name", false, "%s and %s", below ? below : "none", above ? above : "none");
}

/* What would do for one way of merging is no reason where others stand. */
static void drop_soft(struct vs_apart *a)
{
	bool hard = false;
	size_t n = 0;

	for (size_t i = 0; i < a->v.n; i++)
		hard = hard || !a->v.v[i].soft;
	for (size_t i = 0; i < a->v.n; i++) {
		if (hard && a->v.v[i].soft)
			free(a->v.v[i].words);
		else
			a->v.v[n++] = a->v.v[i];
	}
	a->v.n = n;
}

struct vs_err *vs_apart_read(struct vs_kernel *k, const struct vs_space *s, uint32_t below, uint32_t above,
			     struct vs_apart *ret)
{
	struct pair p = { .k = k, .s = s, .below = &s->vmas.v[below], .above = &s->vmas.v[above], .ret = ret };

	*ret = (struct vs_apart){ .adjoin = p.below->end == p.above->start };
	if (!ret->adjoin)
		return NULL;
	compare_flags(&p);
	compare_place(&p);
	compare_close(&p);
	compare_anon(&p);
	compare_policy(&p);
	compare_ctx(&p);
	compare_name(&p);
	drop_soft(ret);
	return p.failed ? &vs_enomem : NULL;
}
