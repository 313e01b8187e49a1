// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of fields: every pointer, bound, counter, flag and bit of metadata of
 * the structures that check reads and that something else in a dump duplicates.
 * `damage --list` prints it with the kinds of damage; tests/damage/table is that.
 */
#include "damage.h"

const char *const object_names[N_OBJECTS] = {
	"vm_area_struct", "maple_node (leaf)", "maple_node (inner)", "mm_struct", "task_struct",
	"anon_vma_chain", "anon_vma", "address_space",
};

uint64_t roll(uint64_t *seed)
{
	// splitmix64
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool member(struct target *t, struct vs_field f)
{
	if (!vs_has(f))
		return false;
	t->va = t->addr + (uint64_t)f.off;
	t->size = f.size;
	return true;
}

static const struct vs_mnode *node_of(const struct sound *s, const struct target *t)
{
	return &s->maple.nodes.v[t->index];
}

static bool word_of(const struct sound *s, struct target *t, struct vs_field f, unsigned int i)
{
	if (!vs_has(f) || i >= f.size / s->word)
		return false;
	t->slot = i;
	t->va = t->addr + (uint64_t)f.off + i * s->word;
	t->size = s->word;
	return true;
}

/* The words of an rb_node, of a list_head: only those of a VMA that hangs somewhere. */
static bool find_shared(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct field *f = t->field;
	struct vs_field base = *(const struct vs_field *)((const char *)&k->layout + f->at);
	struct vs_field sub = *(const struct vs_field *)((const char *)&k->layout + f->sub);

	(void)rnd;
	if (!s->vmas[t->index].file || !vs_has(base) || !vs_has(sub))
		return false;
	sub.off += base.off;
	return member(t, sub);
}

static bool find_shared_last(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	(void)rnd;
	return s->vmas[t->index].file && member(t, k->layout.vma.shared_last);
}

static bool find_chain_prev(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	(void)rnd;
	if (!vs_has(k->layout.vma.anon_vma_chain))
		return false;
	t->va = t->addr + (uint64_t)k->layout.vma.anon_vma_chain.off + s->word;
	t->size = s->word;
	return true;
}

static bool find_chain_next(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	bool ok = find_chain_prev(k, s, rnd, t);

	t->va -= s->word;
	return ok;
}

static bool find_same_vma(const struct vs_kernel *k, const struct sound *s, struct target *t, unsigned int i)
{
	t->va = t->addr + (uint64_t)k->layout.avc.same_vma.off + i * s->word;
	t->size = s->word;
	return true;
}

static bool find_same_vma_next(const struct vs_kernel *k, const struct sound *s, uint64_t rnd,
			       struct target *t)
{
	(void)rnd;
	return find_same_vma(k, s, t, 0);
}

static bool find_same_vma_prev(const struct vs_kernel *k, const struct sound *s, uint64_t rnd,
			       struct target *t)
{
	(void)rnd;
	return find_same_vma(k, s, t, 1);
}

/* The byte that has the colour, and the lowest bits of the parent's address. */
static bool find_color(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_layout *l = &k->layout;

	(void)rnd;
	if (!vs_has(l->vma.vm_rb) || !vs_has(l->rb.parent_color))
		return false;
	t->va = t->addr + (uint64_t)l->vma.vm_rb.off + (uint64_t)l->rb.parent_color.off +
		(k->mem.target.big_endian ? s->word - 1 : 0);
	t->size = 1;
	return true;
}

static bool find_vmacache(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	return s->users[t->index].has_cache && word_of(s, t, k->layout.task.vmacache, rnd % VS_VMACACHE_SIZE);
}

/* Maple nodes: which member a slot is of depends on the node's type. */

static bool find_pivot(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);

	return word_of(s, t, n->has_gaps ? k->layout.marange.pivot : k->layout.mrange.pivot,
		       (unsigned int)(rnd % (n->end + 1u)));
}

static bool find_slot(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);

	return word_of(s, t, n->has_gaps ? k->layout.marange.slot : k->layout.mrange.slot,
		       (unsigned int)(rnd % (n->end + 1u)));
}

static bool find_gap(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);

	return n->has_gaps && word_of(s, t, k->layout.marange.gap, (unsigned int)(rnd % (n->end + 1u)));
}

/* Slots, pivots and gaps that are not in use. */
static bool find_unused(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);
	unsigned int left = n->n_slots - 1u - n->end, i;

	// a leaf's last slot is where its metadata is
	if (!n->has_gaps)
		left = left ? left - 1 : 0;
	if (!left)
		return false;
	i = n->end + 1u + (unsigned int)(rnd >> 8) % left;
	switch (rnd % 3) {
	case 0:
		return word_of(s, t, n->has_gaps ? k->layout.marange.slot : k->layout.mrange.slot, i);
	case 1:
		return word_of(s, t, n->has_gaps ? k->layout.marange.pivot : k->layout.mrange.pivot, i);
	default:
		return n->has_gaps && word_of(s, t, k->layout.marange.gap, i);
	}
}

static bool find_meta_end(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);

	(void)rnd;
	return (n->has_gaps || n->end + 1u < n->n_slots) &&
	       member(t, n->has_gaps ? k->layout.marange.meta_end : k->layout.mrange.meta_end);
}

static bool find_meta_gap(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);

	(void)rnd;
	return (n->has_gaps || n->end + 1u < n->n_slots) &&
	       member(t, n->has_gaps ? k->layout.marange.meta_gap : k->layout.mrange.meta_gap);
}

/* The bytes of a leaf's last slot that are not metadata. */
static bool find_around_meta(const struct vs_kernel *k, const struct sound *s, uint64_t rnd,
			     struct target *t)
{
	const struct vs_mnode *n = node_of(s, t);

	if (n->has_gaps || n->end + 1u >= n->n_slots ||
	    !word_of(s, t, k->layout.mrange.slot, n->n_slots - 1u))
		return false;
	t->va += 2 + rnd % (s->word - 2);
	t->size = 1;
	return true;
}

#define AT(m) .at = offsetof(struct vs_layout, m)
#define SUB(m) .sub = offsetof(struct vs_layout, m)
#define VMA(m, shape, ...) { #m, OBJ_VMA, SHAPE_##shape, AT(vma.m), __VA_ARGS__ }
#define MM(m, shape, ...) { #m, OBJ_MM, SHAPE_##shape, AT(mm.m), __VA_ARGS__ }
#define NODE(name, object, shape, ...) { name, OBJ_##object, SHAPE_##shape, .needs = VS_HAS_MAPLE, __VA_ARGS__ }
#define AVC(name, shape, ...) { name, OBJ_AVC, SHAPE_##shape, .needs = VS_HAS_ANON_TREE, __VA_ARGS__ }

const struct field fields[] = {
	VMA(vm_start, ADDRESS),
	VMA(vm_end, ADDRESS),
	VMA(vm_flags, FLAGS, .told = told_flags, .once = true),
	VMA(vm_page_prot, FLAGS, .needs = VS_HAS_PROT_MAP, .told = told_prot),
	VMA(vm_mm, POINTER),
	VMA(vm_file, POINTER, .needs = VS_HAS_FILE_TREE, .told = told_file, .once = true),
	VMA(vm_pgoff, COUNT, .needs = VS_HAS_FILE_TREE | VS_HAS_ANON_TREE, .told = told_pgoff),
	VMA(vm_next, POINTER, .needs = VS_HAS_LIST),
	VMA(vm_prev, POINTER, .needs = VS_HAS_PREV),
	{ "vm_rb.rb_left", OBJ_VMA, SHAPE_POINTER, VS_HAS_RB, AT(vma.vm_rb), SUB(rb.rb_left) },
	{ "vm_rb.rb_right", OBJ_VMA, SHAPE_POINTER, VS_HAS_RB, AT(vma.vm_rb), SUB(rb.rb_right) },
	{ "vm_rb.__rb_parent_color", OBJ_VMA, SHAPE_POINTER, VS_HAS_RB, AT(vma.vm_rb), SUB(rb.parent_color) },
	{ "vm_rb colour", OBJ_VMA, SHAPE_SMALL, VS_HAS_RB, .find = find_color },
	VMA(rb_subtree_gap, BYTES, .needs = VS_HAS_SUBTREE_GAP),
	VMA(detached, SMALL, .needs = VS_HAS_DETACHED),
	VMA(vm_refcnt, COUNT, .needs = VS_HAS_REFCNT, .told = told_refcnt, .once = true),
	{ "shared.rb.rb_left", OBJ_VMA, SHAPE_POINTER, VS_HAS_FILE_TREE, AT(vma.shared_rb),
	  SUB(rb.rb_left), .find = find_shared },
	{ "shared.rb.rb_right", OBJ_VMA, SHAPE_POINTER, VS_HAS_FILE_TREE, AT(vma.shared_rb),
	  SUB(rb.rb_right), .find = find_shared },
	{ "shared.rb.__rb_parent_color", OBJ_VMA, SHAPE_POINTER, VS_HAS_FILE_TREE, AT(vma.shared_rb),
	  SUB(rb.parent_color), .find = find_shared, .told = told_parent },
	{ "shared.rb_subtree_last", OBJ_VMA, SHAPE_COUNT, VS_HAS_FILE_TREE, .find = find_shared_last },
	VMA(anon_vma, POINTER, .needs = VS_HAS_ANON_TREE),
	{ "anon_vma_chain.next", OBJ_VMA, SHAPE_POINTER, VS_HAS_ANON_TREE, .find = find_chain_next },
	{ "anon_vma_chain.prev", OBJ_VMA, SHAPE_POINTER, VS_HAS_ANON_TREE, .find = find_chain_prev },

	NODE("leaf parent", LEAF, POINTER, AT(mnode.parent)),
	NODE("leaf pivot", LEAF, ADDRESS, .find = find_pivot),
	NODE("leaf slot", LEAF, POINTER, .find = find_slot),
	NODE("leaf unused", LEAF, ADDRESS, .find = find_unused),
	NODE("leaf meta.end", LEAF, SMALL, .find = find_meta_end),
	NODE("leaf meta.gap", LEAF, SMALL, .find = find_meta_gap, .told = told_leaf_meta),
	NODE("leaf around meta", LEAF, SMALL, .find = find_around_meta, .told = told_leaf_meta),
	NODE("inner parent", INNER, POINTER, AT(mnode.parent)),
	NODE("inner pivot", INNER, ADDRESS, .find = find_pivot),
	NODE("inner slot", INNER, POINTER, .find = find_slot),
	NODE("gap", INNER, BYTES, .find = find_gap),
	NODE("inner unused", INNER, ADDRESS, .find = find_unused),
	NODE("inner meta.end", INNER, SMALL, .find = find_meta_end),
	NODE("inner meta.gap", INNER, SMALL, .find = find_meta_gap, .told = told_meta_gap),

	MM(mmap, POINTER, .needs = VS_HAS_LIST),
	MM(mm_rb, POINTER, .needs = VS_HAS_RB),
	{ "mm_mt.ma_root", OBJ_MM, SHAPE_POINTER, VS_HAS_MAPLE, AT(mm.mm_mt), SUB(mtree.ma_root) },
	{ "mm_mt.ma_flags", OBJ_MM, SHAPE_FLAGS, VS_HAS_MAPLE, AT(mm.mm_mt), SUB(mtree.ma_flags),
	  .told = told_ma_flags, .once = true },
	MM(map_count, COUNT),
	MM(highest_vm_end, ADDRESS, .needs = VS_HAS_HIGHEST_VM_END),
	MM(total_vm, COUNT),
	MM(data_vm, COUNT, .needs = VS_HAS_DATA_VM),
	MM(exec_vm, COUNT, .needs = VS_HAS_DATA_VM),
	MM(stack_vm, COUNT, .needs = VS_HAS_DATA_VM),
	MM(locked_vm, COUNT, .needs = VS_HAS_LOCKED_VM, .told = told_locked),
	MM(mm_users, COUNT, .needs = VS_HAS_USERS, .told = told_users, .once = true),
	MM(mm_count, COUNT, .needs = VS_HAS_USERS, .told = told_mm_count, .once = true),
	MM(start_code, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(end_code, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(start_data, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(end_data, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(start_brk, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(brk, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(start_stack, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_stack, .once = true),
	MM(arg_start, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(arg_end, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(env_start, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),
	MM(env_end, ADDRESS, .needs = VS_HAS_LAYOUT, .told = told_layout, .once = true),

	{ "mm", OBJ_TASK, SHAPE_POINTER, VS_HAS_USERS, AT(task.mm), .told = told_task_mm },
	{ "active_mm", OBJ_TASK, SHAPE_POINTER, VS_HAS_USERS, AT(task.active_mm), .told = told_task_mm },
	{ "vmacache", OBJ_TASK, SHAPE_POINTER, VS_HAS_VMACACHE, .find = find_vmacache, .told = told_vmacache, .once = true },

	AVC("vma", POINTER, AT(avc.vma)),
	AVC("anon_vma", POINTER, AT(avc.anon_vma)),
	AVC("same_vma.next", POINTER, .find = find_same_vma_next),
	AVC("same_vma.prev", POINTER, .find = find_same_vma_prev),
	AVC("rb.rb_left", POINTER, AT(avc.rb), SUB(rb.rb_left)),
	AVC("rb.rb_right", POINTER, AT(avc.rb), SUB(rb.rb_right)),
	AVC("rb.__rb_parent_color", POINTER, AT(avc.rb), SUB(rb.parent_color), .told = told_parent),
	AVC("rb_subtree_last", COUNT, AT(avc.rb_subtree_last)),
	{ "root", OBJ_ANON, SHAPE_POINTER, VS_HAS_ANON_TREE, AT(anon_vma.root) },
	{ "parent", OBJ_ANON, SHAPE_POINTER, VS_HAS_ANON_TREE, AT(anon_vma.parent), .told = told_anon_parent, .once = true },
	{ "rb_root", OBJ_ANON, SHAPE_POINTER, VS_HAS_ANON_TREE, AT(anon_vma.rb_root) },
	{ "i_mmap", OBJ_MAPPING, SHAPE_POINTER, VS_HAS_FILE_TREE, AT(mapping.i_mmap) },
};

const unsigned int n_fields = sizeof(fields) / sizeof(*fields);

static struct vs_field layout_of(const struct vs_kernel *k, size_t at)
{
	return *(const struct vs_field *)((const char *)&k->layout + at);
}

bool field_find(const struct vs_kernel *k, const struct sound *s, const struct field *f, uint64_t rnd,
		struct target *t)
{
	struct vs_field at;

	t->field = f;
	if (f->find)
		return f->find(k, s, rnd, t);
	at = layout_of(k, f->at);
	if (!vs_has(at))
		return false;
	if (f->sub) {
		struct vs_field sub = layout_of(k, f->sub);

		if (!vs_has(sub))
			return false;
		sub.off += at.off;
		at = sub;
	}
	// a struct with one word that matters: mm_rb
	if (at.size > s->word)
		at.size = s->word;
	return member(t, at);
}

uint32_t field_count(const struct sound *s, const struct field *f)
{
	switch (f->object) {
	case OBJ_VMA:
		return s->n_vmas;
	case OBJ_LEAF:
		return s->n_leaves;
	case OBJ_INNER:
		return s->n_inner;
	case OBJ_TASK:
		return s->n_users;
	case OBJ_AVC:
		return s->n_avcs;
	case OBJ_ANON:
		return s->n_anons;
	case OBJ_MAPPING:
		return s->n_mappings;
	default:
		return 1;
	}
}

bool field_object(const struct sound *s, const struct field *f, uint32_t i, struct target *t)
{
	if (i >= field_count(s, f))
		return false;
	t->field = f;
	t->object = f->object;
	t->index = i;
	switch (f->object) {
	case OBJ_VMA:
		t->addr = s->vmas[i].addr;
		break;
	case OBJ_LEAF:
	case OBJ_INNER:
		t->index = f->object == OBJ_LEAF ? s->leaves[i] : s->inner[i];
		t->addr = s->maple.nodes.v[t->index].addr;
		break;
	case OBJ_TASK:
		t->addr = s->users[i].task;
		break;
	case OBJ_AVC:
		t->addr = s->avcs[i].addr;
		break;
	case OBJ_ANON:
		t->addr = s->anons[i].addr;
		break;
	case OBJ_MAPPING:
		t->addr = s->mappings[i].addr;
		break;
	default:
		t->addr = s->mm;
		break;
	}
	return true;
}
