// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The maple tree mm_mt, since 6.1. Node types and the sizes of their arrays come
 * from the debug information. The walk keeps each node as it found it and goes
 * into every slot that leads somewhere, also where pivots or metadata lie: what
 * is wrong with them is for the rules to say.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define POLL_EVERY	1024
/* So many VMAs of another mm are not damage to each of them: the walk has gone astray. */
#define MAX_FOREIGN	16

/* xa_is_internal(), XA_ZERO_ENTRY of include/linux/xarray.h. */
#define XA_ZERO_ENTRY	UINT64_C(0x406)

static inline bool is_internal(uint64_t entry)
{
	return (entry & 3) == 2;
}

static struct vs_err *broke(struct vs_reader *r, enum vs_mwhy why, uint32_t node, uint8_t slot,
			    uint64_t value, enum vs_stop stop, uint8_t from)
{
	struct vs_space *s = r->s;

	if (!vs_vec_reserve(&s->maple.breaks, s->maple.breaks.n + 1) ||
	    !vs_vec_reserve(&s->tree.breaks, s->tree.breaks.n + 1))
		return &vs_enomem;
	s->maple.breaks.v[s->maple.breaks.n++] = (struct vs_mbreak){
		.why = why, .stop = stop, .from = from, .slot = slot, .node = node, .value = value,
	};
	s->tree.breaks.v[s->tree.breaks.n++] = (struct vs_break){
		.why = stop, .vma = VS_NONE, .member = node == VS_NONE ? "mm_mt.ma_root" : "slot",
		.value = value, .from = from,
	};
	if (stop == VS_STOP_ABSENT)
		s->n_absent++;
	return NULL;
}

/* The arrays of a node type; false for a type that no tree of this kernel has. */
static bool shape_of(const struct vs_layout *l, enum vs_mtype type, struct vs_field *pivot,
		     struct vs_field *slot, struct vs_field *gap, struct vs_field *meta_end,
		     struct vs_field *meta_gap)
{
	const struct vs_field none = { -1, 0 };

	*pivot = *gap = *meta_end = *meta_gap = none;
	switch (type) {
	case VS_MT_DENSE:
		*slot = l->mnode.slot;
		return vs_has(*slot);
	case VS_MT_LEAF_64:
	case VS_MT_RANGE_64:
		*pivot = l->mrange.pivot;
		*slot = l->mrange.slot;
		*meta_end = l->mrange.meta_end;
		*meta_gap = l->mrange.meta_gap;
		return vs_has(*pivot) && vs_has(*slot);
	case VS_MT_ARANGE_64:
		*pivot = l->marange.pivot;
		*slot = l->marange.slot;
		*gap = l->marange.gap;
		*meta_end = l->marange.meta_end;
		*meta_gap = l->marange.meta_gap;
		return vs_has(*pivot) && vs_has(*slot) && vs_has(*gap);
	default:
		return false;
	}
}

static enum vs_mtype type_of(const struct vs_layout *l, uint64_t enode)
{
	unsigned int raw = enode >> 3 & 15;

	for (int t = VS_MT_DENSE; t < VS_MT_UNKNOWN; t++)
		if (l->maple_type[t] == (int)raw)
			return t;
	return VS_MT_UNKNOWN;
}

/* ma_data_end() of lib/maple_tree.c. */
static uint8_t data_end(const struct vs_mnode *n, const uint64_t *pivots)
{
	uint64_t last;

	if (n->type == VS_MT_DENSE || !n->n_pivots)
		return n->n_slots - 1;
	if (n->type == VS_MT_ARANGE_64)
		return n->meta_end;
	last = pivots[n->n_pivots - 1];
	return !last ? n->meta_end : last == n->max ? n->n_pivots - 1 : n->n_pivots;
}

/*
 * The last slot in use without believing the parent's max or the metadata alone:
 * the last pivot that is set, or what meta.end says if that is further on.
 */
static uint8_t used_slots(const struct vs_mnode *n, const uint64_t *pivots, const uint64_t *slots)
{
	uint8_t last = 0;

	if (n->type == VS_MT_DENSE || !n->n_pivots)
		return n->n_slots - 1;
	for (uint8_t i = 0; i < n->n_pivots; i++)
		if (pivots[i])
			last = i;
	// where a leaf's last slot is in use there is no metadata
	if ((n->has_gaps || !pivots[n->n_pivots - 1]) && n->meta_end + !n->has_gaps < n->n_slots)
		return n->meta_end > last ? n->meta_end : last;
	// full: whether the slot behind the last pivot is in use shows in itself; metadata is small
	if (last == n->n_pivots - 1 && slots[n->n_slots - 1] > 0xffff)
		return n->n_slots - 1;
	return last;
}

/* How many words of @p f are kernel pointers to a child node, or to something aligned. */
static unsigned int count_pointers(const struct vs_reader *r, const unsigned char *raw,
				   struct vs_field f, bool child)
{
	const struct vs_kmem *mem = &r->k->mem;
	const unsigned int word = mem->target.word;
	unsigned int n = 0;

	for (unsigned int i = 0; vs_has(f) && i < f.size / word; i++) {
		uint64_t v = vs_load(raw + f.off + i * word, word, mem->target.big_endian);

		n += v && (child ? (v & 4) != 0 : (v & (word - 1)) == 0) && vs_kmem_is_kernel(mem, v);
	}
	return n;
}

/*
 * Hold the type in the enode against what is in the node: addresses of children
 * have a bit that is never clear (MAPLE_ENODE_NULL, 0x04), VMAs are aligned. A
 * node that shows nothing keeps its type; false for one that no tree has.
 */
static bool correct_type(struct vs_reader *r, const unsigned char *raw, struct vs_mnode *n)
{
	const struct vs_layout *l = &r->k->layout;
	// mm_mt keeps gaps; two witnesses, since either may be damaged
	const bool alloc = r->s->maple.flags & VS_MAPLE_FLAG_ALLOC ||
		type_of(l, r->s->maple.root) == VS_MT_ARANGE_64;
	const unsigned int leaf = count_pointers(r, raw, l->mrange.slot, false);
	const unsigned int inner = count_pointers(r, raw, alloc ? l->marange.slot : l->mrange.slot, true);

	if (n->type == VS_MT_DENSE && !inner && !leaf)
		return true;
	// one word that looks like an address is nothing against a type that may be: gaps do
	if (leaf > 2 * inner + (n->type == (alloc ? VS_MT_ARANGE_64 : VS_MT_RANGE_64)))
		n->type = VS_MT_LEAF_64;
	else if (inner > 2 * leaf || (inner && n->type != VS_MT_LEAF_64))
		n->type = alloc ? VS_MT_ARANGE_64 : VS_MT_RANGE_64;
	return n->type == VS_MT_LEAF_64 || n->type == VS_MT_RANGE_64 || n->type == VS_MT_ARANGE_64;
}

/*
 * The last slot's place is the metadata's while that slot is free. Where the metadata's
 * bytes are the upper ones of the word (big endian), they are told as if they were the
 * lower ones: a small number is no pointer.
 */
static uint64_t lower_meta(uint64_t last, unsigned int word, unsigned int end_at, unsigned int gap_at,
			   const struct vs_mnode *n)
{
	const unsigned int end_shift = 8 * (word - 1 - end_at), gap_shift = 8 * (word - 1 - gap_at);

	if (end_at >= word || gap_at >= word || last & ~(UINT64_C(0xff) << end_shift | UINT64_C(0xff) << gap_shift))
		return last;
	return n->meta_end | (uint64_t)n->meta_gap << 8;
}

/*
 * Read the node behind @p enode. *idx_ret is VS_NONE where there is none to walk, and
 * the break has been noted.
 */
static struct vs_err *read_node(struct vs_reader *r, uint64_t enode, uint32_t parent, uint8_t slot,
				uint64_t min, uint64_t max, uint32_t *idx_ret)
{
	struct vs_kernel *k = r->k;
	const struct vs_layout *l = &k->layout;
	struct vs_maple *m = &r->s->maple;
	const bool be = k->mem.target.big_endian;
	const unsigned int word = k->mem.target.word;
	unsigned char buf[512];
	const unsigned char *raw;
	struct vs_field pivot, slots, gap, meta_end, meta_gap;
	struct vs_mnode n = {
		.addr = vs_mte_node(vs_reader_untag(r, enode)), .enode = enode, .min = min, .max = max,
		.parent = parent, .slot = slot, .type = (uint8_t)type_of(l, enode),
	};
	enum vs_from from;
	uint64_t *w;

	*idx_ret = VS_NONE;
	n.type_seen = n.type;
	// who is shown them sees that one comes twice by its parent and its slot
	if (!r->scan && vs_map_get(&r->nodes, n.addr) != VS_MAP_NONE)
		return broke(r, VS_MW_STOP, parent, slot, enode, VS_STOP_CYCLE, 0);
	if (parent != VS_NONE)
		n.depth = m->nodes.v[parent].depth + 1;
	if (n.depth > VS_MAPLE_HEIGHT_MAX)
		return broke(r, VS_MW_DEPTH, parent, slot, enode, VS_STOP_BOUND, 0);
	if (!vs_kmem_is_kernel(&k->mem, n.addr))
		return broke(r, VS_MW_STOP, parent, slot, enode, VS_STOP_WILD, 0);
	if (m->nodes.n >= r->bound)
		return broke(r, VS_MW_STOP, parent, slot, enode, VS_STOP_BOUND, 0);
	raw = vs_kmem_peek(&k->mem, n.addr, l->mnode.size, &from);
	if (!raw && l->mnode.size <= sizeof(buf)) {
		from = vs_kmem_read(&k->mem, n.addr, buf, l->mnode.size, NULL);
		raw = buf;
	}
	if (!raw || !vs_from_ok(from))
		return broke(r, VS_MW_STOP, parent, slot, enode,
			     from == VS_FROM_NOWHERE ? VS_STOP_WILD : VS_STOP_ABSENT, (uint8_t)from);
	// a scan ends at whatever is odd, and takes the type as the pointer has it
	if ((!r->scan && !correct_type(r, raw, &n)) ||
	    !shape_of(l, n.type, &pivot, &slots, &gap, &meta_end, &meta_gap))
		return broke(r, VS_MW_TYPE, parent, slot, enode, VS_STOP_FOREIGN, 0);
	n.leaf = n.type == VS_MT_DENSE || n.type == VS_MT_LEAF_64;
	n.has_gaps = vs_has(gap);
	n.n_pivots = vs_has(pivot) ? (uint8_t)(pivot.size / word) : 0;
	n.n_slots = (uint8_t)(slots.size / word);
	n.parent_word = vs_load(raw + l->mnode.parent.off, word, be);
	n.data = (uint32_t)m->words.n;
	if (vs_has(meta_end)) {
		n.meta_end = raw[meta_end.off];
		n.meta_gap = vs_has(meta_gap) ? raw[meta_gap.off] : 0;
	}
	if (!vs_vec_reserve(&m->words, m->words.n + n.n_pivots + 2u * n.n_slots) ||
	    !vs_vec_reserve(&m->nodes, m->nodes.n + 1) ||
	    (!r->scan && !vs_map_set(&r->nodes, n.addr, (uint32_t)m->nodes.n)))
		return &vs_enomem;
	w = m->words.v + m->words.n;
	for (unsigned int i = 0; i < n.n_pivots; i++)
		*w++ = vs_load(raw + pivot.off + i * word, word, be);
	for (unsigned int i = 0; i < n.n_slots; i++)
		*w++ = vs_load(raw + slots.off + i * word, word, be);
	if (be && vs_has(meta_end) && vs_has(meta_gap)) {
		const unsigned int last = (unsigned int)slots.off + (n.n_slots - 1U) * word;

		w[-1] = lower_meta(w[-1], word, (unsigned int)meta_end.off - last,
				   (unsigned int)meta_gap.off - last, &n);
	}
	for (unsigned int i = 0; n.has_gaps && i < n.n_slots; i++)
		*w++ = vs_load(raw + gap.off + i * word, word, be);
	m->words.n = (size_t)(w - m->words.v);
	n.end = data_end(&n, m->words.v + n.data);
	n.used = used_slots(&n, m->words.v + n.data, m->words.v + n.data + n.n_pivots);
	// range and leaf nodes lend the last slot's place to the metadata while it is free
	n.meta_used = !n.has_gaps && n.n_pivots && n.used < n.n_slots - 1;
	*idx_ret = (uint32_t)m->nodes.n;
	m->nodes.v[m->nodes.n++] = n;
	return r->scan ? vs_scan_node(r) : NULL;
}

/* A node that a scan is through with. */
static void forget_node(struct vs_maple *m)
{
	m->words.n = m->nodes.v[--m->nodes.n].data;
}

/* An entry of a leaf (or of the root itself) that is not NULL. */
static struct vs_err *take_entry(struct vs_reader *r, uint64_t raw, uint32_t node, uint8_t slot,
				 uint64_t first, uint64_t last)
{
	struct vs_space *s = r->s;
	struct vs_mentry e = {
		.first = first, .last = last, .raw = raw, .vma = VS_NONE, .node = node, .slot = slot,
		.kind = VS_MENTRY_OTHER,
	};
	struct vs_expect expect = { .start = first, .end = last + 1 };
	struct vs_err *err;

	if (r->scan) {		// the root itself is one, in no sound tree of a process
		r->refused = true;
		return NULL;
	}
	if (node != VS_NONE) {
		const struct vs_mnode *n = &s->maple.nodes.v[node];

		expect.sure = n->parent == VS_NONE ? (n->parent_word & ~UINT64_C(1)) == s->maple.tree :
			vs_mte_node(n->parent_word) == s->maple.nodes.v[n->parent].addr;
	}
	if (raw == XA_ZERO_ENTRY) {
		e.kind = VS_MENTRY_ZERO;
	} else {
		enum vs_stop stop = VS_STOP_WILD;
		uint8_t from = 0;
		uint32_t i = VS_NONE;

		if (!is_internal(raw) && !(raw & 1)) {
			err = vs_reader_reach(r, raw, &expect, &i, &stop, &from);
			if (err)
				return err;
			if (stop == VS_STOP_END && s->vmas.v[i].seen & VS_SEEN_MAPLE)
				stop = VS_STOP_CYCLE;
		}
		r->foreign += stop == VS_STOP_FOREIGN ||
			(stop == VS_STOP_END && s->vmas.v[i].mm != s->mm);
		if (stop != VS_STOP_END) {
			err = broke(r, VS_MW_STOP, node, slot, raw, stop, from);
			if (err)
				return err;
		} else {
			s->vmas.v[i].seen |= VS_SEEN_MAPLE;
			e.kind = VS_MENTRY_VMA;
			e.vma = i;
			if (!vs_vec_reserve(&s->tree.order, s->tree.order.n + 1))
				return &vs_enomem;
			s->tree.order.v[s->tree.order.n++] = i;
		}
	}
	if (!vs_vec_reserve(&s->maple.entries, s->maple.entries.n + 1))
		return &vs_enomem;
	s->maple.entries.v[s->maple.entries.n++] = e;
	return NULL;
}

/* Does the node behind a slot past the end say that it is this slot's child? */
static bool leftover_is_child(struct vs_reader *r, uint64_t enode, uint64_t parent, uint8_t slot)
{
	struct vs_kernel *k = r->k;
	struct vs_mnode n = { .addr = vs_mte_node(enode) };

	return vs_kmem_is_kernel(&k->mem, n.addr) &&
		vs_kmem_ulong(&k->mem, n.addr + (uint64_t)k->layout.mnode.parent.off, &n.parent_word) &&
		vs_mte_node(n.parent_word) == parent && vs_mnode_parent_slot(&n) == slot;
}

#define MAX_AHEAD 16

/* The slots of the leaf that comes next. */
struct ahead {
	uint64_t enode;		/* of which leaf they are */
	unsigned int n;
	uint64_t slots[MAX_AHEAD];
};

struct frame {
	uint32_t node;
	uint8_t slot;		/* the next one */
	uint64_t min;		/* where its range begins */
};

/*
 * The next slot of the frame that leads somewhere; false when there are no more.
 * Ranges are the node's own: neither its parent's max nor pivots out of order
 * keep a slot from being followed.
 */
static bool next_slot(const struct vs_maple *m, struct frame *f, uint64_t *value, uint8_t *slot,
		      uint64_t *min, uint64_t *max)
{
	const struct vs_mnode *n = &m->nodes.v[f->node];
	const uint64_t *pivots = vs_mnode_pivots(m, n), *slots = vs_mnode_slots(m, n);

	while (f->slot < n->n_slots) {
		uint8_t i = f->slot++;
		uint64_t piv = n->max;

		// a dense node has one index a slot
		if (n->type == VS_MT_DENSE)
			piv = n->min + i;
		else if (i < n->n_pivots && (pivots[i] || !i))
			piv = pivots[i];
		*value = i == n->n_slots - 1 && n->meta_used ? 0 : slots[i];
		*slot = i;
		*min = f->min;
		*max = piv < f->min ? f->min : piv;
		if (piv >= f->min && piv != UINT64_MAX)
			f->min = piv + 1;
		if (*value)
			return true;
	}
	return false;
}

/*
 * Where to go on after too many VMAs of other mms: above the topmost node that
 * does not say that it belongs where it was reached from.
 */
static unsigned int leave_foreign(struct vs_reader *r, const struct frame *stack, unsigned int depth)
{
	const struct vs_maple *m = &r->s->maple;

	r->foreign = 0;
	for (unsigned int d = 0; d < depth; d++) {
		const struct vs_mnode *n = &m->nodes.v[stack[d].node];
		uint64_t expected = d ? m->nodes.v[n->parent].addr | (uint64_t)n->slot << 3 | 6 : m->tree | 1;

		if (n->parent_word != expected)
			return d;
	}
	return depth;
}

/*
 * A tree knows many addresses ahead: none of them waits for another. While the VMAs of a leaf
 * are read, those of the next one are fetched, one for each.
 */
static void look_ahead(const struct vs_reader *r, const struct frame *up, struct ahead *a)
{
	const struct vs_maple *m = &r->s->maple;
	const struct vs_mnode *n = &m->nodes.v[up->node];
	const struct vs_field slots = r->k->layout.mrange.slot;
	const unsigned int word = r->k->mem.target.word;
	const unsigned char *raw = NULL;

	a->n = 0;
	a->enode = up->slot <= n->used && up->slot < n->n_slots ? vs_mnode_slots(m, n)[up->slot] : 0;
	if (a->enode)
		raw = vs_kmem_near(&r->k->mem, vs_mte_node(a->enode), r->k->layout.mnode.size);
	for (unsigned int i = 0; raw && i < MAX_AHEAD && i < slots.size / word; i++)
		a->slots[a->n++] = vs_load(raw + slots.off + i * word, word, r->k->mem.target.big_endian);
}

/* A node was entered: fetch what it leads to, as far as that has not been done. */
static void fetch_below(const struct vs_reader *r, const struct vs_mnode *n, const struct ahead *a)
{
	const struct vs_kmem *mem = &r->k->mem;
	const uint64_t *slots = vs_mnode_slots(&r->s->maple, n);
	const size_t size = n->leaf ? r->k->layout.vma.size : r->k->layout.mnode.size;

	for (unsigned int i = 0; i <= n->used && i < n->n_slots && n->enode != a->enode; i++)
		if (slots[i])
			vs_kmem_prefetch(mem, n->leaf ? slots[i] : vs_mte_node(slots[i]), size);
}

/* All of a leaf for a scan, which has called the node sound: its pivots and slots are taken as they are. */
static struct vs_err *scan_leaf(struct vs_reader *r, uint32_t node, const struct ahead *a)
{
	struct vs_maple *m = &r->s->maple;
	const struct vs_mnode *n = &m->nodes.v[node];
	const uint64_t *slots = vs_mnode_slots(m, n);
	struct vs_err *err = NULL;

	for (unsigned int i = 0; !err && !r->refused && i <= n->end && i < n->n_slots; i++) {
		if (!slots[i])
			continue;
		if (i < a->n)
			vs_kmem_prefetch(&r->k->mem, a->slots[i], r->k->layout.vma.size);
		err = vs_scan_vma(r, slots[i], node, i);
	}
	forget_node(m);
	return err;
}

struct vs_err *vs_walk_maple(struct vs_reader *r)
{
	struct vs_space *s = r->s;
	struct vs_maple *m = &s->maple;
	struct frame stack[VS_MAPLE_HEIGHT_MAX + 2];
	struct ahead ahead = { .n = 0 };
	unsigned int depth = 0;
	struct vs_err *err;
	uint64_t top = s->word == 8 ? UINT64_MAX : UINT32_MAX;
	uint32_t root;

	s->tree.walked = true;
	if (!m->root)
		return NULL;
	// xa_is_node(): an entry of its own stands for index 0
	if (!is_internal(m->root) || m->root <= 4096)
		return is_internal(m->root) ? broke(r, VS_MW_ROOT, VS_NONE, 0, m->root, VS_STOP_WILD, 0) :
			take_entry(r, m->root, VS_NONE, 0, 0, 0);
	err = read_node(r, m->root, VS_NONE, 0, 0, top, &root);
	if (err || root == VS_NONE)
		return err;
	fetch_below(r, &m->nodes.v[root], &ahead);
	if (r->scan && m->nodes.v[root].leaf)
		return scan_leaf(r, root, &ahead);
	stack[depth++] = (struct frame){ .node = root };
	while (depth && !r->refused) {
		struct frame *f = &stack[depth - 1];
		const struct vs_mnode *n = &m->nodes.v[f->node];
		uint64_t value, min, max;
		bool leftover;
		uint32_t child;
		uint8_t slot;

		if (!next_slot(m, f, &value, &slot, &min, &max)) {
			depth--;
			if (r->scan)
				forget_node(m);
			continue;
		}
		// what follows the last slot in use is followed only if it belongs here
		leftover = slot > n->used;
		if (n->leaf) {	// not in a scan: it goes through leaves at once
			if (leftover)
				continue;	// the rules see it in the node
			if (slot < ahead.n)
				vs_kmem_prefetch(&r->k->mem, ahead.slots[slot], r->k->layout.vma.size);
			err = take_entry(r, value, f->node, slot, min, max);
			if (r->foreign >= MAX_FOREIGN)
				depth = leave_foreign(r, stack, depth);
		} else {
			if (leftover && !leftover_is_child(r, value, n->addr, slot))
				continue;
			err = read_node(r, value, f->node, slot, min, max, &child);
			if (!err && child != VS_NONE) {
				n = &m->nodes.v[child];
				fetch_below(r, n, &ahead);
				if (n->leaf)
					look_ahead(r, f, &ahead);
				if (r->scan && n->leaf)
					err = scan_leaf(r, child, &ahead);
				else
					stack[depth++] = (struct frame){ .node = child, .min = min };
			}
		}
		r->refused |= r->scan && m->breaks.n;
		if (!err && m->nodes.n % POLL_EVERY == 0)
			err = vs_out_poll(r->out);
		if (err)
			return err;
	}
	return NULL;
}
