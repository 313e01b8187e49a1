// SPDX-License-Identifier: GPL-2.0-or-later
#include "damage.h"

#include "check/formula.h"

const char *const kind_names[N_KINDS] = {
	"zero", "self", "wild", "random", "bit", "up", "down", "next's", "other mm", "member",
	"poison", "text", "swap",
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

#define VMA_FIELD(m) \
	static bool find_##m(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, \
			     struct target *t) \
	{ \
		(void)s; \
		(void)rnd; \
		return member(t, k->layout.vma.m); \
	}
VMA_FIELD(vm_start)
VMA_FIELD(vm_end)
VMA_FIELD(vm_flags)
VMA_FIELD(vm_mm)
VMA_FIELD(vm_next)
VMA_FIELD(vm_prev)
VMA_FIELD(rb_subtree_gap)
VMA_FIELD(detached)
VMA_FIELD(vm_refcnt)

static bool rb_member(const struct vs_kernel *k, struct target *t, struct vs_field f)
{
	if (!member(t, f))
		return false;
	t->va += (uint64_t)k->layout.vma.vm_rb.off;
	return true;
}

#define RB_FIELD(m) \
	static bool find_##m(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, \
			     struct target *t) \
	{ \
		(void)s; \
		(void)rnd; \
		return rb_member(k, t, k->layout.rb.m); \
	}
RB_FIELD(rb_left)
RB_FIELD(rb_right)
RB_FIELD(parent_color)

#define MM_FIELD(m) \
	static bool find_##m(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, \
			     struct target *t) \
	{ \
		(void)s; \
		(void)rnd; \
		return member(t, k->layout.mm.m); \
	}
MM_FIELD(mmap)
MM_FIELD(mm_rb)
MM_FIELD(map_count)
MM_FIELD(total_vm)
MM_FIELD(data_vm)
MM_FIELD(exec_vm)
MM_FIELD(stack_vm)
MM_FIELD(highest_vm_end)

static bool tree_member(const struct vs_kernel *k, struct target *t, struct vs_field f)
{
	if (!member(t, f))
		return false;
	t->va += (uint64_t)k->layout.mm.mm_mt.off;
	return true;
}

static bool find_ma_root(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	(void)s;
	(void)rnd;
	return tree_member(k, t, k->layout.mtree.ma_root);
}

static bool find_ma_flags(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	(void)s;
	(void)rnd;
	return tree_member(k, t, k->layout.mtree.ma_flags);
}

static const struct vs_mnode *node_of(const struct sound *s, const struct target *t)
{
	return &s->maple.nodes.v[t->index];
}

static bool find_parent(const struct vs_kernel *k, const struct sound *s, uint64_t rnd, struct target *t)
{
	(void)s;
	(void)rnd;
	return member(t, k->layout.mnode.parent);
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

const struct field fields[] = {
	{ "vm_start", OBJ_VMA, SHAPE_ADDRESS, 0, find_vm_start },
	{ "vm_end", OBJ_VMA, SHAPE_ADDRESS, 0, find_vm_end },
	{ "vm_flags", OBJ_VMA, SHAPE_FLAGS, 0, find_vm_flags },
	{ "vm_mm", OBJ_VMA, SHAPE_POINTER, 0, find_vm_mm },
	{ "vm_next", OBJ_VMA, SHAPE_POINTER, VS_HAS_LIST, find_vm_next },
	{ "vm_prev", OBJ_VMA, SHAPE_POINTER, VS_HAS_PREV, find_vm_prev },
	{ "rb_left", OBJ_VMA, SHAPE_POINTER, VS_HAS_RB, find_rb_left },
	{ "rb_right", OBJ_VMA, SHAPE_POINTER, VS_HAS_RB, find_rb_right },
	{ "__rb_parent_color", OBJ_VMA, SHAPE_POINTER, VS_HAS_RB, find_parent_color },
	{ "rb_subtree_gap", OBJ_VMA, SHAPE_BYTES, VS_HAS_SUBTREE_GAP, find_rb_subtree_gap },
	{ "detached", OBJ_VMA, SHAPE_SMALL, VS_HAS_DETACHED, find_detached },
	{ "vm_refcnt", OBJ_VMA, SHAPE_COUNT, VS_HAS_REFCNT, find_vm_refcnt },

	{ "leaf parent", OBJ_LEAF, SHAPE_POINTER, VS_HAS_MAPLE, find_parent },
	{ "leaf pivot", OBJ_LEAF, SHAPE_ADDRESS, VS_HAS_MAPLE, find_pivot },
	{ "leaf slot", OBJ_LEAF, SHAPE_POINTER, VS_HAS_MAPLE, find_slot },
	{ "leaf unused", OBJ_LEAF, SHAPE_ADDRESS, VS_HAS_MAPLE, find_unused },
	{ "leaf meta.end", OBJ_LEAF, SHAPE_SMALL, VS_HAS_MAPLE, find_meta_end },
	{ "leaf meta.gap", OBJ_LEAF, SHAPE_SMALL, VS_HAS_MAPLE, find_meta_gap },
	{ "around leaf meta", OBJ_LEAF, SHAPE_SMALL, VS_HAS_MAPLE, find_around_meta },
	{ "inner parent", OBJ_INNER, SHAPE_POINTER, VS_HAS_MAPLE, find_parent },
	{ "inner pivot", OBJ_INNER, SHAPE_ADDRESS, VS_HAS_MAPLE, find_pivot },
	{ "inner slot", OBJ_INNER, SHAPE_POINTER, VS_HAS_MAPLE, find_slot },
	{ "gap", OBJ_INNER, SHAPE_BYTES, VS_HAS_MAPLE, find_gap },
	{ "inner unused", OBJ_INNER, SHAPE_ADDRESS, VS_HAS_MAPLE, find_unused },
	{ "inner meta.end", OBJ_INNER, SHAPE_SMALL, VS_HAS_MAPLE, find_meta_end },
	{ "inner meta.gap", OBJ_INNER, SHAPE_SMALL, VS_HAS_MAPLE, find_meta_gap },

	{ "mmap", OBJ_MM, SHAPE_POINTER, VS_HAS_LIST, find_mmap },
	{ "mm_rb", OBJ_MM, SHAPE_POINTER, VS_HAS_RB, find_mm_rb },
	{ "ma_root", OBJ_MM, SHAPE_POINTER, VS_HAS_MAPLE, find_ma_root },
	{ "ma_flags", OBJ_MM, SHAPE_FLAGS, VS_HAS_MAPLE, find_ma_flags },
	{ "map_count", OBJ_MM, SHAPE_COUNT, 0, find_map_count },
	{ "highest_vm_end", OBJ_MM, SHAPE_ADDRESS, VS_HAS_HIGHEST_VM_END, find_highest_vm_end },
	{ "total_vm", OBJ_MM, SHAPE_COUNT, 0, find_total_vm },
	{ "data_vm", OBJ_MM, SHAPE_COUNT, VS_HAS_DATA_VM, find_data_vm },
	{ "exec_vm", OBJ_MM, SHAPE_COUNT, VS_HAS_DATA_VM, find_exec_vm },
	{ "stack_vm", OBJ_MM, SHAPE_COUNT, VS_HAS_DATA_VM, find_stack_vm },
};

const unsigned int n_fields = sizeof(fields) / sizeof(*fields);

/* Inventing. */

/** The same member of another structure of the address space @p s, or of the next slot. */
static bool same_of(const struct vs_kernel *k, const struct sound *s, const struct target *t,
		    uint64_t rnd, bool next, struct target *ret)
{
	*ret = *t;
	switch (t->object) {
	case OBJ_VMA:
		if (next ? t->index + 1 >= s->n_vmas : !s->n_vmas)
			return false;
		ret->index = next ? t->index + 1 : (uint32_t)(rnd % s->n_vmas);
		ret->addr = s->vmas[ret->index].addr;
		break;
	case OBJ_LEAF:
	case OBJ_INNER:
		if (next) {
			if (t->field->shape == SHAPE_SMALL || t->size != s->word ||
			    t->va == t->addr || t->slot >= node_of(s, t)->end)
				return false;
			ret->slot++;
			ret->va += s->word;
			return true;
		}
		if (t->object == OBJ_LEAF ? !s->n_leaves : !s->n_inner)
			return false;
		ret->index = t->object == OBJ_LEAF ? s->leaves[rnd % s->n_leaves] :
						     s->inner[rnd % s->n_inner];
		ret->addr = node_of(s, ret)->addr;
		break;
	default:
		if (next)
			return false;
		ret->addr = s->mm;
		break;
	}
	return t->field->find(k, s, rnd >> 16, ret);
}

/** Another member of the same structure. */
static bool beside(const struct vs_kernel *k, const struct sound *s, const struct target *t,
		   uint64_t rnd, struct target *ret)
{
	for (unsigned int i = 0; i < 64; i++) {
		const struct field *f = &fields[(rnd + i) % n_fields];

		*ret = *t;
		ret->field = f;
		if (f->object == t->object && f != t->field && (f->needs & s->has) == f->needs &&
		    f->find(k, s, rnd >> 16, ret) && ret->size == t->size)
			return true;
	}
	return false;
}

bool invent(const struct vs_kernel *k, const struct sound *s, const struct sound *other,
	    const struct target *t, enum kind kind, uint64_t old, uint64_t *seed, uint64_t *new_ret,
	    struct target *peer_ret)
{
	const struct field *f = t->field;
	bool pointer = f->shape == SHAPE_POINTER;
	uint64_t step = f->shape == SHAPE_COUNT || f->shape == SHAPE_SMALL ||
			f->shape == SHAPE_FLAGS ? 1 : UINT64_C(1) << k->mem.target.page_shift;
	struct target peer;

	peer_ret->va = 0;
	switch (kind) {
	case KIND_ZERO:
		*new_ret = 0;
		return true;
	case KIND_SELF:
		*new_ret = t->addr;
		return pointer;
	case KIND_WILD:		// somewhere in memory
		*new_ret = k->mem.direct_start +
			   roll(seed) % (k->mem.direct_end - k->mem.direct_start) / 8 * 8;
		return pointer;
	case KIND_RANDOM:
		*new_ret = roll(seed);
		return true;
	case KIND_BIT:
		*new_ret = old ^ UINT64_C(1) << roll(seed) % (8 * t->size);
		return true;
	case KIND_UP:
		*new_ret = old + step;
		return true;
	case KIND_DOWN:
		*new_ret = old - step;
		return true;
	case KIND_NEXT:
		return same_of(k, s, t, roll(seed), true, &peer) &&
		       vs_kmem_uint((struct vs_kmem *)&k->mem, peer.va, t->size, new_ret);
	case KIND_OTHER:
		return other && same_of(k, other, t, roll(seed), false, &peer) &&
		       vs_kmem_uint((struct vs_kmem *)&k->mem, peer.va, t->size, new_ret);
	case KIND_MEMBER:
		return beside(k, s, t, roll(seed), &peer) &&
		       vs_kmem_uint((struct vs_kmem *)&k->mem, peer.va, t->size, new_ret);
	case KIND_POISON:
		*new_ret = UINT64_C(0x6b6b6b6b6b6b6b6b);
		return true;
	case KIND_TEXT:
		*new_ret = UINT64_C(0x6572617774666f73);
		return true;
	case KIND_SWAP:
		if (t->object == OBJ_VMA || t->object == OBJ_MM ||
		    !same_of(k, s, t, 0, true, &peer)) {
			if (!beside(k, s, t, roll(seed), &peer) || peer.field->shape != f->shape)
				return false;
		}
		*peer_ret = peer;
		return vs_kmem_uint((struct vs_kmem *)&k->mem, peer.va, t->size, new_ret);
	default:
		return false;
	}
}

/* What nothing else tells. */

static unsigned int bucket(uint64_t flags, bool shadow)
{
	uint64_t stack = VS_VM_GROWSDOWN | (shadow ? VS_VM_SHADOW_STACK : 0);

	return (flags & (VS_VM_EXEC | VS_VM_WRITE | VS_VM_GROWSDOWN)) == VS_VM_EXEC ? 1 :
	       flags & stack ? 2 : (flags & (VS_VM_WRITE | VS_VM_SHARED)) == VS_VM_WRITE ? 3 : 0;
}

static bool gap_contradicted(const struct sound *s, const struct target *t, uint64_t new)
{
	const struct vs_mnode *n = node_of(s, t);
	const uint64_t *gaps = vs_mnode_gaps(&s->maple, n);
	uint64_t most = 0;

	for (unsigned int i = 0; i <= n->end; i++)
		most = gaps[i] > most ? gaps[i] : most;
	if (new > n->end)
		return most || (new != 15 && new != 31);
	return gaps[new] != most;
}

/** Are there leaves enough to know what is usual? */
static bool has_peers(const struct sound *s)
{
	return s->n_leaves > 4;
}

/** Does @p va lead into memory that there is, but which the dump leaves out? */
static bool left_out(const struct vs_kernel *k, uint64_t va)
{
	enum vs_from from = VS_FROM_FILE;
	unsigned char byte;

	if (vs_kmem_is_kernel(&k->mem, va))
		from = vs_kmem_read((struct vs_kmem *)&k->mem, va, &byte, 1, NULL);
	return !vs_from_ok(from) && from != VS_FROM_NOWHERE;
}

bool contradicted(const struct vs_kernel *k, const struct sound *s, const struct target *t,
		  uint64_t old, uint64_t new)
{
	const struct field *f = t->field;

	if (f->needs & VS_HAS_MAPLE && f->shape == SHAPE_POINTER && left_out(k, new))
		return false;
	if (f->find == find_vm_flags)
		return bucket(old, s->has & VS_HAS_SHADOW_STACK) !=
			       bucket(new, s->has & VS_HAS_SHADOW_STACK) ||
		       (s->has & VS_HAS_SUBTREE_GAP && (old ^ new) & VS_VM_GROWSDOWN) ||
		       vs_flags_bad(new);
	if (f->find == find_vm_refcnt)
		return !(uint32_t)new || (new & 0xbfffffff) > (1u << 22) + 1;
	if (f->find == find_ma_flags && !(s->has & (VS_HAS_DETACHED | VS_HAS_REFCNT)))
		return (old ^ new) & ~UINT64_C(2);
	if (f->object == OBJ_INNER && f->find == find_meta_gap)
		return gap_contradicted(s, t, new);
	if (f->find == find_around_meta || (f->object == OBJ_LEAF && f->find == find_meta_gap))
		return has_peers(s);
	return true;
}
