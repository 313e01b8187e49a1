// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about what hangs on VMAs: their places in i_mmap trees, their anon_vmas. */
#include "check/itree.h"

#include <inttypes.h>

static const struct vs_vma *vma_of(const struct vs_check_ctx *ctx, uint32_t i)
{
	return &ctx->s->vmas.v[i];
}

/** The last page of the VMA in what it maps, by what is believed of its bounds. */
static uint64_t last_page(const struct vs_check_ctx *ctx, uint32_t i)
{
	const struct vs_vma *v = vma_of(ctx, i);
	uint32_t p = ctx->pos[i];
	uint64_t start = p == VS_NONE ? v->start : ctx->belief[p].start;
	uint64_t end = p == VS_NONE ? v->end : ctx->belief[p].end;

	return v->pgoff + ((end - start) >> ctx->s->page_shift) - 1;
}

/** Does the VMA follow, or precede, its neighbour's piece of the same file with vm_pgoff @p pgoff? */
static bool even_with(const struct vs_check_ctx *ctx, uint32_t p, uint64_t pgoff)
{
	const unsigned int shift = ctx->s->page_shift;
	const struct vs_vma *v = vs_ctx_vma(ctx, p), *w;

	if (p) {
		w = vs_ctx_vma(ctx, p - 1);
		if (w->file == v->file && ctx->belief[p - 1].end == ctx->belief[p].start &&
		    pgoff == w->pgoff + ((ctx->belief[p - 1].end - ctx->belief[p - 1].start) >> shift))
			return true;
	}
	if (p + 1 < ctx->n) {
		w = vs_ctx_vma(ctx, p + 1);
		if (w->file == v->file && ctx->belief[p].end == ctx->belief[p + 1].start &&
		    w->pgoff == pgoff + ((ctx->belief[p].end - ctx->belief[p].start) >> shift))
			return true;
	}
	return false;
}

/**
 * Would another vm_pgoff, with which the VMA ends at page @p last, fit its neighbours, and
 * that which it has does not?
 */
static bool pgoff_wrong(const struct vs_check_ctx *ctx, uint32_t i, uint64_t last, uint64_t *ret)
{
	const struct vs_vma *v = vma_of(ctx, i);
	const uint32_t p = ctx->pos[i];

	*ret = last + v->pgoff - last_page(ctx, i);
	return p != VS_NONE && v->file && *ret != v->pgoff && even_with(ctx, p, *ret) &&
	       !even_with(ctx, p, v->pgoff);
}

/** Whether the VMA's own bounds are damaged beyond knowing. */
static bool bounds_unknown(const struct vs_check_ctx *ctx, uint32_t i)
{
	uint32_t p = ctx->pos[i];

	return p == VS_NONE || ctx->belief[p].unknown & (VS_WRONG_START | VS_WRONG_END);
}

/** The judged ones of a VMA's chain: the last is none of its own if the way was lost there. */
static uint32_t n_judged(const struct vs_space *s, const struct vs_anon_link *a)
{
	const struct vs_avc *last = a->n ? &s->objects.avcs.v[a->first + a->n - 1] : NULL;

	return a->n - (last && a->stop == VS_GOT_WILD && a->end == last->addr + s->objects.avc_list &&
		       last->prev != last->came_from);
}

static bool avc_clean(const struct vs_space *s, const struct vs_avc *c, const struct vs_vma *v)
{
	const struct vs_objects *o = &s->objects;

	if (o->has_cached && (c->cached_start != v->pgoff ||
			      c->cached_last != v->pgoff + vs_vma_pages(s, v) - 1))
		return false;
	return c->vma == v->addr && c->prev == c->came_from && c->anon_got == VS_GOT_OK &&
	       c->root_ok && !c->tree.odd;
}

#define MAX_PARENTS 1024	/* a chain of so many generations is not asked for its parents */

/**
 * The parent of an anon_vma is that of the process that this one was forked off, in which
 * the VMA hangs as well (anon_vma_fork()); that of the root is itself (since 4.0).
 */
static bool parent_known(const struct vs_objects *o, const struct vs_anon_link *a, uint32_t j)
{
	const struct vs_avc *c = &o->avcs.v[a->first + j];

	if (!o->has_parent || a->n > MAX_PARENTS || c->parent == c->anon_vma)
		return true;
	for (uint32_t i = 0; i < a->n; i++)
		if (o->avcs.v[a->first + i].anon_vma == c->parent)
			return true;
	return false;
}

static bool anon_clean(const struct vs_space *s, const struct vs_anon_link *a)
{
	const struct vs_vma *v = &s->vmas.v[a->vma];
	bool known = false;

	if (a->stop != VS_GOT_OK || !a->n || !v->anon_vma || a->prev != a->end_holder)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const struct vs_avc *c = &s->objects.avcs.v[a->first + i];

		if (!avc_clean(s, c, v) || c->root != s->objects.avcs.v[a->first].root ||
		    !parent_known(&s->objects, a, i) || (c->parent == c->anon_vma) != (c->root == c->anon_vma))
			return false;
		known |= c->anon_vma == v->anon_vma;
	}
	return known;
}

bool vs_objects_clean_from(const struct vs_space *s, size_t file, size_t anon)
{
	const struct vs_objects *o = &s->objects;

	for (size_t i = file; i < o->files.n; i++)
		if (o->files.v[i].got != VS_GOT_OK || o->files.v[i].tree.odd)
			return false;
	for (size_t i = anon; i < o->anons.n; i++)
		if (!anon_clean(s, &o->anons.v[i]))
			return false;
	return true;
}

/* --- files --- */

static struct vs_itwords file_words(const struct vs_check_ctx *ctx, const struct vs_file_link *f)
{
	return (struct vs_itwords){
		.off = ctx->s->objects.shared_rb,
		.left = "shared.rb.rb_left", .right = "shared.rb.rb_right",
		.parent = "shared.rb.__rb_parent_color", .last = "shared.rb_subtree_last",
		.owner_type = "address_space", .root = "i_mmap.rb_root.rb_node", .owner = f->mapping,
		.key = "vm_file", .key_seen = vma_of(ctx, f->vma)->file,
	};
}

void vs_rule_file_mapping(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->files.n; i++) {
		const struct vs_file_link *l = &o->files.v[i];
		uint64_t file = vma_of(ctx, l->vma)->file;
		struct vs_finding *f;

		if (l->got == VS_GOT_ABSENT || (l->got == VS_GOT_OK && l->mapping_ok))
			continue;
		f = vs_found_index(ctx, l->vma, "vm_file", VS_VAL_HEX, file);
		vs_finding_say(ctx, f, file ? "vm_file %#" PRIx64 " leads to no file with an address_space" :
			       "vm_file is NULL (%#" PRIx64 "), but shared.rb says that it had one", file);
	}
}

void vs_rule_file_tree(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->files.n; i++) {
		struct vs_itwords w = file_words(ctx, &o->files.v[i]);

		// what is no address_space has no tree: told by file-mapping
		if (o->files.v[i].mapping_ok)
			vs_itnode_links(ctx, &o->files.v[i].tree, &w);
	}
}

void vs_rule_file_last(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->files.n; i++) {
		const struct vs_file_link *l = &o->files.v[i];
		struct vs_itwords w = file_words(ctx, l);

		uint64_t pgoff;

		if (!bounds_unknown(ctx, l->vma))
			vs_itnode_last(ctx, &l->tree, &w, last_page(ctx, l->vma),
				       pgoff_wrong(ctx, l->vma, l->tree.last, &pgoff) ? &pgoff : NULL);
	}
}

/* --- anon_vmas --- */

/** A finding about the VMA or the anon_vma_chain that a list_head is a member of. */
static struct vs_finding *found_list(struct vs_check_ctx *ctx, const struct vs_anon_link *a, uint64_t list,
				     bool prev, uint64_t seen)
{
	if (list == a->head)
		return vs_found_index(ctx, a->vma, prev ? "anon_vma_chain.prev" : "anon_vma_chain.next",
				      VS_VAL_HEX, seen);
	return vs_found_other(ctx, "anon_vma_chain", list - ctx->s->objects.avc_list,
			      prev ? "same_vma.prev" : "same_vma.next", VS_VAL_HEX, seen);
}

/** Where the list goes wrong: a next, the prev of the head, or what both of them lead to. */
static void chain_end(struct vs_check_ctx *ctx, const struct vs_anon_link *a)
{
	const struct vs_objects *o = &ctx->s->objects;
	struct vs_finding *f;

	if (a->stop == VS_GOT_ABSENT || (a->stop == VS_GOT_OK && a->prev == a->end_holder))
		return;
	if (a->stop != VS_GOT_OK && a->met && a->met == a->end) {
		f = vs_found_other(ctx, "anon_vma_chain", a->end - o->avc_list, NULL, VS_VAL_NONE, 0);
		vs_finding_say(ctx, f, "the list leads here forward and backward, but what is here is no "
			       "anon_vma_chain of this VMA: it has been overwritten or freed");
	} else if (a->stop != VS_GOT_OK || (a->met && a->met != a->head)) {
		f = found_list(ctx, a, a->end_holder, false, a->end);
		if (a->met)
			vs_finding_expect(f, a->met);
		vs_finding_say(ctx, f, a->stop == VS_GOT_OK ?
			       "next is %#" PRIx64 ", the end, but prev leads to more of this VMA" :
			       "next is %#" PRIx64 ", not the next anon_vma_chain of this VMA", a->end);
	} else {
		f = found_list(ctx, a, a->head, true, a->prev);
		vs_finding_expect(f, a->end_holder);
		vs_finding_say(ctx, f, "next ends at %#" PRIx64 ", prev is %#" PRIx64, a->end_holder, a->prev);
	}
}

void vs_rule_anon_chain(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->anons.n; i++) {
		const struct vs_anon_link *a = &o->anons.v[i];
		uint64_t addr = vma_of(ctx, a->vma)->addr;
		uint32_t n = n_judged(ctx->s, a);

		for (uint32_t j = 0; j < n; j++) {
			const struct vs_avc *c = &o->avcs.v[a->first + j];
			struct vs_finding *f;

			if (c->prev != c->came_from) {
				f = found_list(ctx, a, c->addr + o->avc_list, true, c->prev);
				vs_finding_expect(f, c->came_from);
				vs_finding_say(ctx, f, "prev is %#" PRIx64 "; next of %#" PRIx64 " leads here",
					       c->prev, c->came_from);
			}
			if (c->vma != addr) {
				f = vs_found_other(ctx, "anon_vma_chain", c->addr, "vma", VS_VAL_HEX, c->vma);
				vs_finding_expect(f, addr);
				vs_finding_say(ctx, f, "vma is %#" PRIx64 ", but it hangs on the VMA at %#" PRIx64,
					       c->vma, addr);
			}
		}
		chain_end(ctx, a);
	}
}

/** Whether the VMA's anon_vma is that of one of its chains. */
static bool vma_anon_known(const struct vs_check_ctx *ctx, const struct vs_anon_link *a)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (uint32_t j = 0; j < n_judged(ctx->s, a); j++)
		if (o->avcs.v[a->first + j].anon_vma == vma_of(ctx, a->vma)->anon_vma)
			return true;
	return false;
}

/**
 * The chain's anon_vma is not what it says: no anon_vma at all; or not one in whose
 * tree it hangs, while the VMA's own is named by none of its chains.
 */
static bool avc_strays(const struct vs_check_ctx *ctx, const struct vs_anon_link *a, const struct vs_avc *c)
{
	if (c->anon_got != VS_GOT_OK)
		return c->anon_got != VS_GOT_ABSENT;
	if (!c->tree.odd || !c->root_ok)
		return c->tree.odd;	// a lock in what is no anon_vma means nothing
	return !c->tree.locked && c->tree.top && c->tree.top != c->tree.root && !vma_anon_known(ctx, a);
}

/** The root that most of the VMA's anon_vmas name. */
static uint64_t common_root(const struct vs_objects *o, const struct vs_anon_link *a, uint32_t n)
{
	uint64_t root = 0;
	uint32_t votes = 0;

	// one that has no parent is the root, whatever it says; first those that say so
	for (int says = 1; says >= 0; says--)
		for (uint32_t j = 0; j < n && o->has_parent; j++) {
			const struct vs_avc *c = &o->avcs.v[a->first + j];

			if (c->anon_got == VS_GOT_OK && !c->tree.odd && c->parent == c->anon_vma &&
			    (!says || c->root == c->anon_vma))
				return c->anon_vma;
		}
	// the oldest is the root itself, unless it has been split off and used again
	for (uint32_t j = 0; j < n; j++)
		if (o->avcs.v[a->first + j].anon_got == VS_GOT_OK &&
		    o->avcs.v[a->first + j].root == o->avcs.v[a->first + j].anon_vma &&
		    !o->avcs.v[a->first + j].tree.odd)
			return o->avcs.v[a->first + j].root;

	for (uint32_t j = 0; j < n; j++) {
		const struct vs_avc *c = &o->avcs.v[a->first + j];

		if (c->tree.odd || c->anon_got != VS_GOT_OK)
			continue;	// who knows whose tree that is, or what its root would be
		if (!votes)
			root = c->root;
		votes = c->root == root ? votes + 1 : votes - 1;
	}
	return root;
}

/** The parents of the anon_vmas, where nothing else is wrong with this chain. */
static void anon_parents(struct vs_check_ctx *ctx, const struct vs_anon_link *a, uint32_t n)
{
	const struct vs_objects *o = &ctx->s->objects;

	if (a->stop != VS_GOT_OK || n != a->n || a->prev != a->end_holder || !o->has_parent)
		return;
	for (uint32_t j = 0; j < n; j++)
		if (o->avcs.v[a->first + j].anon_got != VS_GOT_OK || o->avcs.v[a->first + j].tree.odd || vs_ctx_told(ctx, o->avcs.v[a->first + j].anon_vma))
			return;
	for (uint32_t j = 0; j < n; j++) {
		const struct vs_avc *c = &o->avcs.v[a->first + j];
		const bool root = c->root == c->anon_vma;
		struct vs_finding *f;

		if (root ? c->parent == c->anon_vma : c->parent != c->anon_vma && parent_known(o, a, j))
			continue;
		f = vs_found_other(ctx, "anon_vma", c->anon_vma, "parent", VS_VAL_HEX, c->parent);
		if (root)
			vs_finding_expect(f, c->anon_vma);
		vs_finding_say(ctx, f, "parent is %#" PRIx64 ", which is %s", c->parent, root ?
			       "not itself, though it is the root" : "no other anon_vma that this VMA hangs in");
	}
}

/** Is @p anon one of those that the VMA hangs in? Then it is judged itself. */
static bool in_chain(const struct vs_objects *o, const struct vs_anon_link *a, uint32_t n, uint64_t anon)
{
	for (uint32_t j = 0; j < n; j++)
		if (o->avcs.v[a->first + j].anon_vma == anon)
			return true;
	return false;
}

static void vma_anon(struct vs_check_ctx *ctx, const struct vs_anon_link *a, uint32_t n)
{
	const struct vs_objects *o = &ctx->s->objects;
	uint64_t seen = vma_of(ctx, a->vma)->anon_vma;
	const struct vs_avc *only = n == 1 ? &o->avcs.v[a->first] : NULL;
	struct vs_finding *f;

	for (uint32_t j = 0; j < n; j++)
		if (o->avcs.v[a->first + j].anon_vma == seen || o->avcs.v[a->first + j].anon_got != VS_GOT_OK)
			return;
	// where the list is cut, or a chain hangs in no tree of its anon_vma, that is the damage
	if (a->stop != VS_GOT_OK || (!n && a->prev != a->head) ||
	    (only && (only->anon_got != VS_GOT_OK || only->tree.odd)))
		return;
	f = vs_found_index(ctx, a->vma, "anon_vma", VS_VAL_HEX, seen);
	if (only || !n)
		vs_finding_expect(f, only ? only->anon_vma : 0);
	// of several, the one that it was but for a bit
	for (uint32_t j = 0; j < n && !only; j++)
		if (__builtin_popcountll(o->avcs.v[a->first + j].anon_vma ^ seen) == 1)
			vs_finding_expect(f, o->avcs.v[a->first + j].anon_vma);
	vs_finding_say(ctx, f, n ? "anon_vma %#" PRIx64 " is none of those in anon_vma_chain" :
		       "anon_vma is %#" PRIx64 ", but anon_vma_chain is empty", seen);
}

void vs_rule_anon_vma(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->anons.n; i++) {
		const struct vs_anon_link *a = &o->anons.v[i];
		uint32_t n = n_judged(ctx->s, a);
		uint64_t root = common_root(o, a, n);

		for (uint32_t j = 0; j < n; j++) {
			const struct vs_avc *c = &o->avcs.v[a->first + j];
			struct vs_finding *f;

			if (avc_strays(ctx, a, c)) {
				f = vs_found_other(ctx, "anon_vma_chain", c->addr, "anon_vma", VS_VAL_HEX,
						   c->anon_vma);
				vs_finding_say(ctx, f, "anon_vma %#" PRIx64 " leads to no anon_vma, or to that of others",
					       c->anon_vma);
			} else if (c->anon_got == VS_GOT_OK && (c->root != root || !(c->root_ok || in_chain(o, a, n, root))) &&
				   !c->tree.odd && !vs_ctx_told(ctx, c->anon_vma)) {
				f = vs_found_other(ctx, "anon_vma", c->anon_vma, "root", VS_VAL_HEX, c->root);
				if (c->root != root)
					vs_finding_expect(f, root);
				vs_finding_say(ctx, f, "root is %#" PRIx64 ", which is not the root of the others "
					       "of this VMA, or no root", c->root);
			}
		}
		vma_anon(ctx, a, n);
		anon_parents(ctx, a, n);
	}
}

static struct vs_itwords avc_words(const struct vs_check_ctx *ctx, const struct vs_avc *c)
{
	return (struct vs_itwords){
		.type = "anon_vma_chain", .off = ctx->s->objects.avc_rb,
		.left = "rb.rb_left", .right = "rb.rb_right",
		.parent = "rb.__rb_parent_color", .last = "rb_subtree_last",
		.owner_type = "anon_vma", .root = "rb_root.rb_node", .owner = c->anon_vma,
		.key = "anon_vma", .key_seen = c->anon_vma,
	};
}

void vs_rule_anon_tree(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->anons.n; i++)
		for (uint32_t j = 0; j < n_judged(ctx->s, &o->anons.v[i]); j++) {
			const struct vs_avc *c = &o->avcs.v[o->anons.v[i].first + j];
			struct vs_itwords w = avc_words(ctx, c);

			// what is no anon_vma has no tree: told by anon-vma
			if (!avc_strays(ctx, &o->anons.v[i], c))
				vs_itnode_links(ctx, &c->tree, &w);
		}
}

void vs_rule_anon_last(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;

	for (size_t i = 0; i < o->anons.n; i++) {
		const struct vs_anon_link *a = &o->anons.v[i];
		const struct vs_vma *v = vma_of(ctx, a->vma);

		for (uint32_t j = 0; j < n_judged(ctx->s, a) && !bounds_unknown(ctx, a->vma); j++) {
			const struct vs_avc *c = &o->avcs.v[a->first + j];
			struct vs_itwords w = avc_words(ctx, c);
			uint64_t last = last_page(ctx, a->vma), pgoff;
			struct vs_finding *f;

			vs_itnode_last(ctx, &c->tree, &w, last,
				       pgoff_wrong(ctx, a->vma, c->tree.last, &pgoff) ? &pgoff : NULL);
			if (!o->has_cached || c->tree.locked || (c->cached_start == v->pgoff &&
								 c->cached_last == last))
				continue;
			f = vs_found_other(ctx, "anon_vma_chain", c->addr, "cached_vma_last", VS_VAL_HEX,
					   c->cached_last);
			vs_finding_say(ctx, f, "cached_vma_start, cached_vma_last are %#" PRIx64 ", %#" PRIx64
				       "; the VMA has pages %#" PRIx64 " to %#" PRIx64, c->cached_start,
				       c->cached_last, v->pgoff, last);
		}
	}
}

void vs_rule_objects_absent(struct vs_check_ctx *ctx)
{
	const struct vs_objects *o = &ctx->s->objects;
	char why[VS_FROM_NAMES_MAX];
	struct vs_finding *f;

	if (!o->absent)
		return;
	f = vs_found_mm(ctx, NULL, VS_VAL_NONE, 0);
	vs_from_names(ctx->s->absent_from, why);
	vs_finding_say(ctx, f, "%" PRIu64 " of the files, anon_vmas and other objects that VMAs lead to %s not in "
		       "the dump (%s%#" PRIx64 "%s%s)", o->absent, o->absent == 1 ? "is" : "are",
		       o->absent == 1 ? "" : "the first at ", o->first_absent, *why ? "; " : "", why);
}
