// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What hangs on an address space besides its VMAs: what tasks remember of it, its
 * place in the i_mmap trees of files, its anon_vmas. Only the check asks for it.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/itree.h"
#include "mm/mm.h"
#include "mm/slot.h"

#define MAX_CHAIN 65536		/* anon_vma_chains of one VMA: one a generation of forks */
#define POLL_EVERY 1024

/*
 * The VMAs that a task has found lately. They count only while the task's
 * sequence number is that of the mm (vmacache_valid()); a kernel thread's never do.
 */
static void read_vmacache(struct vs_kernel *k, uint64_t seqnum, struct vs_space_user *u)
{
	const struct vs_layout *l = &k->layout;
	const unsigned int word = k->mem.target.word;
	uint64_t seen;

	if (u->kthread || !u->task)
		return;
	if (!vs_kmem_uint(&k->mem, u->task + (uint64_t)l->task.vmacache_seqnum.off,
			  l->task.vmacache_seqnum.size, &seen)) {
		u->cache_absent = true;
		return;
	}
	if (seen != seqnum)
		return;
	u->has_cache = true;
	for (unsigned int i = 0; i < VS_VMACACHE_SIZE && (i + 1) * word <= l->task.vmacache.size; i++) {
		if (!vs_kmem_ulong(&k->mem, u->task + (uint64_t)l->task.vmacache.off + i * word,
				   &u->cache[i]))
			u->cache_absent = true;
		else if (vs_vma_addr_ok(k, u->cache[i]))
			vs_kmem_ulong(&k->mem, u->cache[i] + (uint64_t)l->vma.vm_start.off, &u->cache_start[i]);
	}
}

static void note_absent(struct vs_objects *o, uint64_t addr)
{
	if (!o->absent++)
		o->first_absent = addr;
}

static uint64_t last_page(const struct vs_kernel *k, uint64_t start, uint64_t end, uint64_t pgoff)
{
	return pgoff + ((end - start) >> k->mem.target.page_shift) - 1;
}

/* The range of the VMA at @p vma, in pages of what it maps. */
static bool vma_range(struct vs_kernel *k, uint64_t vma, uint64_t top, struct vs_itrange *ret)
{
	bool anon, stack;
	struct vs_vma v;

	if (!vs_vma_addr_ok(k, vma))
		return false;
	v = (struct vs_vma){ .addr = vma };
	vs_vma_read(k, vma, &v);
	anon = !v.file && !v.ops && !(v.flags & VS_VM_SHARED);
	stack = anon && v.flags & VS_VM_GROWSDOWN;
	*ret = (struct vs_itrange){
		.last = last_page(k, v.start, v.end, v.pgoff), .vma = vma, .pgoff = v.pgoff,
		.natural = anon && !stack ? v.start >> k->mem.target.page_shift : UINT64_MAX,
		.top = stack ? top : 0,
	};
	return !v.absent;
}

/* --- i_mmap --- */

/* file->f_mapping, and what i_mmap leads to. */
static enum vs_got get_mapping(struct vs_kernel *k, uint64_t file, uint64_t *mapping_ret, uint64_t *root_ret)
{
	const struct vs_layout *l = &k->layout;
	unsigned char buf[8];
	enum vs_got got = vs_object_get(k, file, buf, 1);

	if (got == VS_GOT_OK && !vs_kmem_ulong(&k->mem, file + (uint64_t)l->file.f_mapping.off, mapping_ret))
		got = VS_GOT_ABSENT;
	if (got == VS_GOT_OK)
		got = vs_object_get(k, *mapping_ret, buf, 1);
	if (got == VS_GOT_OK &&
	    !vs_kmem_ulong(&k->mem, *mapping_ret + (uint64_t)l->mapping.i_mmap.off, root_ret))
		got = VS_GOT_ABSENT;
	return got == VS_GOT_NULL ? VS_GOT_WILD : got;
}

/* Something in the tree does not fit: is @p mapping an address_space at all? Its inode knows it. */
static bool is_mapping(struct vs_kernel *k, uint64_t mapping)
{
	const struct vs_layout *l = &k->layout;
	uint64_t host, back;

	if (!vs_has(l->mapping.host) || !vs_has(l->inode.i_mapping) || !vs_has(l->inode.i_data))
		return true;
	return vs_kmem_ulong(&k->mem, mapping + (uint64_t)l->mapping.host.off, &host) &&
	       vs_vma_addr_ok(k, host) &&
	       vs_kmem_ulong(&k->mem, host + (uint64_t)l->inode.i_mapping.off, &back) &&
	       (back == mapping || host + (uint64_t)l->inode.i_data.off == mapping);
}

static bool file_kin(const struct vs_itree *t, uint64_t node)
{
	const struct vs_layout *l = &t->k->layout;
	uint64_t vma = node - (uint64_t)l->vma.shared_rb.off, file, mapping, root;

	return node && vs_vma_addr_ok(t->k, vma) &&
	       vs_kmem_ulong(&t->k->mem, vma + (uint64_t)l->vma.vm_file.off, &file) &&
	       get_mapping(t->k, file, &mapping, &root) == VS_GOT_OK && mapping == t->owner;
}

static bool file_range(const struct vs_itree *t, uint64_t node, struct vs_itrange *ret)
{
	return vma_range(t->k, node - (uint64_t)t->k->layout.vma.shared_rb.off, t->top, ret);
}

/* The page where 64-bit processes end, and where their stacks are made; 0: this is none. */
static uint64_t stack_top(const struct vs_kernel *k, const struct vs_space *s)
{
	const uint64_t end = k->mem.arch->user_end(&k->mem.pgt), size = s->f.task_size;

	return size <= end && end - size <= vs_page_size(&k->mem.target) ? size >> k->mem.target.page_shift : 0;
}

static bool file_wreck(const struct vs_itree *t, uint64_t node)
{
	return vs_vma_is_wreck(t->k, node - (uint64_t)t->k->layout.vma.shared_rb.off);
}

static struct vs_err *read_file(struct vs_kernel *k, struct vs_space *s, uint32_t i)
{
	const struct vs_layout *l = &k->layout;
	const struct vs_vma *v = &s->vmas.v[i];
	struct vs_file_link *f = vs_vec_push(&s->objects.files);
	struct vs_itree t = { .k = k, .kin = file_kin, .range = file_range, .wreck = file_wreck };

	if (!f)
		return &vs_enomem;
	*f = (struct vs_file_link){ .vma = i };
	if (!v->file)
		return NULL;
	f->got = get_mapping(k, v->file, &f->mapping, &t.root);
	if (f->got == VS_GOT_ABSENT)
		note_absent(&s->objects, v->file);
	if (f->got != VS_GOT_OK)
		return NULL;
	t.owner = f->mapping;
	t.top = stack_top(k, s);
	t.delta = (uint32_t)(l->vma.shared_last.off - l->vma.shared_rb.off);
	t.lock = vs_has(l->mapping.i_mmap_rwsem) ? f->mapping + (uint64_t)l->mapping.i_mmap_rwsem.off : 0;
	vs_itnode_read(&t, v->addr + (uint64_t)l->vma.shared_rb.off,
		       last_page(k, v->start, v->end, v->pgoff), &f->tree, &s->objects);
	f->mapping_ok = !f->tree.odd || is_mapping(k, f->mapping);
	return NULL;
}

/* --- anon_vma --- */

static bool avc_kin(const struct vs_itree *t, uint64_t node)
{
	const struct vs_layout *l = &t->k->layout;
	uint64_t anon;

	return node && vs_vma_addr_ok(t->k, node) &&
	       vs_kmem_ulong(&t->k->mem, node + (uint64_t)(l->avc.anon_vma.off - l->avc.rb.off), &anon) &&
	       anon == t->owner;
}

static bool avc_range(const struct vs_itree *t, uint64_t node, struct vs_itrange *ret)
{
	const struct vs_layout *l = &t->k->layout;
	uint64_t vma;

	return vs_kmem_ulong(&t->k->mem, node + (uint64_t)(l->avc.vma.off - l->avc.rb.off), &vma) &&
	       vma_range(t->k, vma, t->top, ret);
}

static bool avc_wreck(const struct vs_itree *t, uint64_t node)
{
	const struct vs_layout *l = &t->k->layout;
	const uint64_t addr = node - (uint64_t)l->avc.rb.off;
	struct vs_slot slot;
	uint64_t vma;

	return vs_vma_addr_ok(t->k, addr) && vs_kmem_ulong(&t->k->mem, addr + (uint64_t)l->avc.vma.off, &vma) &&
		(!vma || !vs_vma_addr_ok(t->k, vma)) && vs_slot_read(t->k, addr, &slot) && slot.start == addr &&
		!slot.free && !strcmp(slot.name, "anon_vma_chain");
}

/*
 * The root of an anon_vma is its own root; and an anon_vma that is its own parent is
 * a root (since 4.0, anon_vma_alloc()).
 */
static bool root_ok(struct vs_kernel *k, const struct vs_avc *a, struct vs_objects *o)
{
	const struct vs_layout *l = &k->layout;
	uint64_t parent, root;
	unsigned char buf[8];
	enum vs_got got;

	if (vs_has(l->anon_vma.parent) &&
	    vs_kmem_ulong(&k->mem, a->anon_vma + (uint64_t)l->anon_vma.parent.off, &parent) &&
	    parent == a->anon_vma && a->root != a->anon_vma)
		return false;
	got = vs_object_get(k, a->root + (uint64_t)l->anon_vma.root.off, buf, k->mem.target.word);
	if (got == VS_GOT_ABSENT) {
		note_absent(o, a->root);
		return true;
	}
	root = vs_load(buf, k->mem.target.word, k->mem.target.big_endian);
	return got == VS_GOT_OK && root == a->root;
}

/* The anon_vma of an anon_vma_chain, and the chain's place in its tree. */
static void read_anon_vma(struct vs_kernel *k, struct vs_space *s, const struct vs_vma *v, struct vs_avc *a)
{
	const struct vs_layout *l = &k->layout;
	struct vs_itree t = { .k = k, .kin = avc_kin, .range = avc_range, .wreck = avc_wreck, .owner = a->anon_vma };
	unsigned char buf[8];

	a->anon_got = vs_object_get(k, a->anon_vma, buf, 1);
	if (a->anon_got == VS_GOT_OK &&
	    (!vs_kmem_ulong(&k->mem, a->anon_vma + (uint64_t)l->anon_vma.root.off, &a->root) ||
	     !vs_kmem_ulong(&k->mem, a->anon_vma + (uint64_t)l->anon_vma.rb_root.off, &t.root)))
		a->anon_got = VS_GOT_ABSENT;
	if (a->anon_got == VS_GOT_ABSENT)
		note_absent(&s->objects, a->anon_vma);
	if (a->anon_got != VS_GOT_OK)
		return;
	a->root_ok = root_ok(k, a, &s->objects);
	if (s->objects.has_parent &&
	    !vs_kmem_ulong(&k->mem, a->anon_vma + (uint64_t)l->anon_vma.parent.off, &a->parent))
		a->parent = 0;
	t.delta = (uint32_t)(l->avc.rb_subtree_last.off - l->avc.rb.off);
	t.top = stack_top(k, s);
	t.lock = vs_has(l->anon_vma.rwsem) && vs_vma_addr_ok(k, a->root) ?
		a->root + (uint64_t)l->anon_vma.rwsem.off : 0;
	vs_itnode_read(&t, a->addr + (uint64_t)l->avc.rb.off, last_page(k, v->start, v->end, v->pgoff),
		       &a->tree, &s->objects);
}

/*
 * The list is broken at n->end_holder: go backward from the head until what that
 * should lead to. An anon_vma_chain that lost its members is met from both sides.
 */
static void meet(struct vs_kernel *k, const struct vs_vma *v, struct vs_anon_link *n)
{
	const struct vs_layout *l = &k->layout;
	const unsigned int word = k->mem.target.word;
	const uint64_t list = (uint64_t)l->avc.same_vma.off;
	uint64_t at = n->head, prev = n->prev, vma;
	unsigned char buf[8];
	// something is there, if not what should be
	const bool real = n->stop == VS_GOT_WILD && vs_object_get(k, n->end - list, buf, 1) == VS_GOT_OK;

	for (uint32_t i = 0; i <= n->n + 64; i++) {
		if (prev == n->end_holder || (real && prev == n->end)) {
			n->met = prev == n->end_holder ? at : prev;
			return;
		}
		if (!prev || prev == n->head || vs_object_get(k, prev - list, buf, 1) != VS_GOT_OK ||
		    !vs_kmem_ulong(&k->mem, prev - list + (uint64_t)l->avc.vma.off, &vma) || vma != v->addr)
			return;
		at = prev;
		if (!vs_kmem_ulong(&k->mem, at + word, &prev))
			return;
	}
}

/*
 * The anon_vma_chains of one VMA, by next. A list that leads into another, or into
 * itself, shows it by a prev that is not where we came from.
 */
static struct vs_err *follow_chain(struct vs_kernel *k, struct vs_space *s, uint32_t i)
{
	const struct vs_layout *l = &k->layout;
	const struct vs_vma *v = &s->vmas.v[i];
	const unsigned int word = k->mem.target.word;
	const bool be = k->mem.target.big_endian;
	const uint64_t list = (uint64_t)l->avc.same_vma.off;
	struct vs_anon_link *n = vs_vec_push(&s->objects.anons);
	unsigned char buf[256];
	uint64_t at, from;

	if (!n)
		return &vs_enomem;
	*n = (struct vs_anon_link){ .vma = i, .first = (uint32_t)s->objects.avcs.n,
				    .head = v->addr + (uint64_t)l->vma.anon_vma_chain.off };
	if (!vs_kmem_ulong(&k->mem, n->head, &n->next) || !vs_kmem_ulong(&k->mem, n->head + word, &n->prev)) {
		n->stop = VS_GOT_ABSENT;
		note_absent(&s->objects, n->head);
		return NULL;
	}
	for (from = n->head, at = n->next; at != n->head;) {
		struct vs_avc *a;

		n->end_holder = from;
		n->end = at;
		n->stop = (uint8_t)vs_object_get(k, at ? at - list : 0, buf, l->avc.size);
		if (n->stop == VS_GOT_ABSENT)
			note_absent(&s->objects, at);
		if (n->stop != VS_GOT_OK)
			return NULL;
		if (n->n >= MAX_CHAIN)
			return NULL;
		a = vs_vec_push(&s->objects.avcs);
		if (!a)
			return &vs_enomem;
#define LD(m) (vs_has(l->avc.m) ? vs_load(buf + l->avc.m.off, word, be) : 0)
		*a = (struct vs_avc){ .addr = at - list, .vma = LD(vma), .anon_vma = LD(anon_vma),
				      .came_from = from, .cached_start = LD(cached_vma_start),
				      .cached_last = LD(cached_vma_last) };
#undef LD
		a->prev = vs_load(buf + list + word, word, be);
		n->n++;
		if (a->prev != from) {
			unsigned char other[16];

			if (vs_object_get(k, a->prev, other, word) == VS_GOT_OK)
				a->prev_next = vs_load(other, word, be);
			// somebody else's, or one further on: the way is lost
			if (a->vma != v->addr || a->prev_next == at) {
				n->stop = VS_GOT_WILD;
				return NULL;
			}
		}
		read_anon_vma(k, s, v, a);
		from = at;
		at = vs_load(buf + list, word, be);
	}
	n->end_holder = from;
	n->end = at;
	n->stop = VS_GOT_OK;
	return NULL;
}

static struct vs_err *read_anon(struct vs_kernel *k, struct vs_space *s, uint32_t i)
{
	struct vs_err *err = follow_chain(k, s, i);
	struct vs_anon_link *n = s->objects.anons.n ? &s->objects.anons.v[s->objects.anons.n - 1] : NULL;

	if (!err && n && (n->stop == VS_GOT_WILD || n->stop == VS_GOT_NULL || n->prev != n->end_holder))
		meet(k, &s->vmas.v[i], n);
	return err;
}

static void set_has(struct vs_kernel *k, struct vs_space *s)
{
	const struct vs_layout *l = &k->layout;

	if (vs_has(l->mm.mm_users) && vs_has(l->mm.mm_count))
		s->has |= VS_HAS_USERS;
	if (vs_has(l->mm.mmap_cache))
		s->has |= VS_HAS_USERS | VS_HAS_MMAP_CACHE;
	if (vs_has(l->mm.vmacache_seqnum) && vs_has(l->task.vmacache) && vs_has(l->task.vmacache_seqnum))
		s->has |= VS_HAS_VMACACHE;
	// an mm that nobody uses any more is being taken apart (exit_mmap(), free_pgtables())
	if (vs_has(l->mm.mm_users) && !s->f.mm_users)
		return;
	if (vs_has(l->vma.shared_rb) && vs_has(l->vma.shared_last) && vs_has(l->file.f_mapping) &&
	    vs_has(l->mapping.i_mmap) && l->vma.shared_last.off > l->vma.shared_rb.off)
		s->has |= VS_HAS_FILE_TREE;
	if (l->avc.size && vs_has(l->vma.anon_vma) && vs_has(l->vma.anon_vma_chain) && vs_has(l->avc.vma) &&
	    vs_has(l->avc.anon_vma) && vs_has(l->avc.same_vma) && vs_has(l->avc.rb) &&
	    vs_has(l->avc.rb_subtree_last) && vs_has(l->anon_vma.root) && vs_has(l->anon_vma.rb_root) &&
	    l->avc.rb_subtree_last.off > l->avc.rb.off)
		s->has |= VS_HAS_ANON_TREE;
}

void vs_objects_start(struct vs_kernel *k, struct vs_space *s)
{
	const struct vs_layout *l = &k->layout;

	set_has(k, s);
	s->objects.shared_rb = vs_has(l->vma.shared_rb) ? (uint32_t)l->vma.shared_rb.off : 0;
	s->objects.chain = vs_has(l->vma.anon_vma_chain) ? (uint32_t)l->vma.anon_vma_chain.off : 0;
	s->objects.avc_rb = vs_has(l->avc.rb) ? (uint32_t)l->avc.rb.off : 0;
	s->objects.avc_list = vs_has(l->avc.same_vma) ? (uint32_t)l->avc.same_vma.off : 0;
	s->objects.has_parent = vs_has(l->anon_vma.parent);
	s->objects.has_cached = vs_has(l->avc.cached_vma_start) && vs_has(l->avc.cached_vma_last);
	for (size_t i = 0; i < s->users.n && s->has & VS_HAS_VMACACHE; i++) {
		read_vmacache(k, s->f.vmacache_seqnum, &s->users.v[i]);
		if (s->users.v[i].cache_absent)
			note_absent(&s->objects, s->users.v[i].task);
	}
}

struct vs_err *vs_objects_of(struct vs_kernel *k, struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v = &s->vmas.v[i];
	struct vs_err *err = NULL;

	if (s->has & VS_HAS_FILE_TREE && (v->file || v->hangs & VS_HANGS_TREE))
		err = read_file(k, s, i);
	if (!err && s->has & VS_HAS_ANON_TREE && (v->anon_vma || v->hangs & VS_HANGS_CHAIN))
		err = read_anon(k, s, i);
	return err;
}

/* Take back what was read of VMA number @p i, but for what it tells of its range. */
static void forget(struct vs_space *s, uint32_t i, size_t file, size_t anon)
{
	struct vs_objects *o = &s->objects;
	struct vs_vma *v = &s->vmas.v[i];
	const uint64_t pages = vs_vma_pages(s, v);
	bool told = false;

	for (size_t f = file; f < o->files.n; f++)
		told |= vs_itnode_told(&o->files.v[f].tree, v->pgoff) == pages;
	for (size_t a = anon; a < o->anons.n; a++)
		for (uint32_t c = o->anons.v[a].first; c < o->avcs.n; c++)
			told |= vs_itnode_told(&o->avcs.v[c].tree, v->pgoff) == pages;
	if (told)
		v->hangs |= VS_HANGS_TOLD;
	o->files.n = file;
	o->avcs.n = anon < o->anons.n ? o->anons.v[anon].first : o->avcs.n;
	o->anons.n = anon;
}

struct vs_err *vs_objects_read(struct vs_kernel *k, struct vs_out *out, struct vs_space *s,
			       bool (*clean)(const struct vs_space *s, size_t file, size_t anon))
{
	struct vs_objects *o = &s->objects;
	const size_t keep = o->keep ? o->keep : VS_KEPT_LINKS;
	struct vs_err *err = NULL;
	size_t n_read = 0;

	if (s->mm_absent)
		return NULL;
	k->img->absent_from = 0;
	// what is wrong in one tree must not cost more than all of the address space
	o->extra = 0;
	o->budget = 48 + s->vmas.n / 2;
	o->files.n = o->anons.n = o->avcs.n = 0;
	o->absent = 0;
	vs_objects_start(k, s);
	for (uint32_t i = 0; !err && i < s->vmas.n; i++) {
		const size_t file = o->files.n, anon = o->anons.n, links = file + o->avcs.n, absent = o->absent;

		if (s->vmas.v[i].absent)
			continue;
		err = vs_objects_of(k, s, i);
		n_read += o->files.n + o->avcs.n - links;
		if (!err && clean && links > keep && o->absent == absent && clean(s, file, anon))
			forget(s, i, file, anon);
		if (!err && n_read >= POLL_EVERY) {
			n_read = 0;
			err = vs_out_poll(out);
		}
	}
	s->absent_from |= k->img->absent_from;
	return err;
}
