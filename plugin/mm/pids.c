// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * init_pid_ns.idr is a radix tree (an xarray since 4.20) of struct pid by number;
 * up to 4.14 pid_hash has chains of struct upid. Either leads to a struct pid, whose
 * tasks[PIDTYPE_PID] heads a list of one task. (kernel/pid.c)
 */
#include "mm/pids.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/map.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define MAX_PIDS (4u * 1024 * 1024)	/* PID_MAX_LIMIT, unchanged since 2.5 */
#define MAX_DEPTH 8			/* 64 slots a node, 22 bits of pids: 4 */
#define MAX_SLOTS 64			/* XA_CHUNK_SIZE; RADIX_TREE_MAP_SIZE */
#define PID_SIZE 512			/* what of a struct pid is looked at lies below */
#define MAX_SHIFT 22			/* of the hash table: far more than pidhash_init() takes */
#define POLL_EVERY 4096

struct walk {
	struct vs_kernel *k;
	struct vs_out *out;
	struct vs_pids *ret;
	struct vs_map seen;	/* nodes and pids -> 0 */
	size_t n;
};

void vs_pids_deinit(struct vs_pids *p)
{
	vs_vec_deinit(&p->v);
}

/* Can something of the kernel's be at @p addr, and is it new? What is no good counts as broken. */
static bool is_new(struct walk *w, uint64_t addr, struct vs_err **err_ret)
{
	if (!vs_vma_addr_ok(w->k, addr) || vs_map_get(&w->seen, addr) != VS_MAP_NONE) {
		w->ret->broken++;
		return false;
	}
	if (!vs_map_set(&w->seen, addr, 0)) {
		*err_ret = &vs_enomem;
		return false;
	}
	if (++w->n % POLL_EVERY == 0)
		*err_ret = vs_out_poll(w->out);
	return !*err_ret;
}

/* struct pid: the task whose pid (not tgid, session, ...) it is; none where it has been reaped. */
static struct vs_err *take_pid(struct walk *w, uint64_t pid)
{
	const struct vs_layout *l = &w->k->layout;
	struct vs_kmem *mem = &w->k->mem;
	const int32_t nr = l->pid.numbers.off + l->upid.nr.off;
	const bool be = mem->target.big_endian;
	struct vs_err *err = NULL;
	unsigned char raw[PID_SIZE];
	struct vs_pid *slot;
	uint64_t first;

	if (!is_new(w, pid, &err))
		return err;
	if (!vs_from_ok(vs_kmem_read(mem, pid, raw, (size_t)nr + 4, NULL))) {
		w->ret->broken++;
		return NULL;
	}
	first = vs_load(raw + l->pid.tasks.off, mem->target.word, be);
	if (!first)
		return NULL;
	slot = vs_vec_push(&w->ret->v);
	if (!slot)
		return &vs_enomem;
	*slot = (struct vs_pid){ first - (uint64_t)l->task.pid_link.off, (int32_t)vs_load32(raw + nr, be) };
	return NULL;
}

/* An entry that leads to a node: 2 in its low bits in an xarray, 1 in the radix tree before. */
static bool is_node(const struct walk *w, uint64_t entry)
{
	return (entry & 3) == (w->k->layout.idr.is_xarray ? 2 : 1) && entry > 4096;
}

struct frame {
	unsigned char slots[MAX_SLOTS * 8];
	unsigned int slot;	/* the next one */
};

/* Go down into the node that @p entry leads to. */
static struct vs_err *enter(struct walk *w, uint64_t entry, struct frame *stack, unsigned int *depth)
{
	const struct vs_field slots = w->k->layout.xa_node.slots;
	const uint64_t node = entry & ~UINT64_C(3);
	struct vs_err *err = NULL;

	if (*depth == MAX_DEPTH) {
		w->ret->broken++;
	} else if (is_new(w, node, &err)) {
		struct frame *f = &stack[*depth];

		f->slot = 0;
		if (vs_from_ok(vs_kmem_read(&w->k->mem, node + (uint64_t)slots.off, f->slots, slots.size, NULL)))
			++*depth;
		else
			w->ret->broken++;
	}
	return err;
}

static struct vs_err *walk_idr(struct walk *w, uint64_t entry)
{
	const struct vs_layout *l = &w->k->layout;
	const unsigned int word = w->k->mem.target.word, n_slots = l->xa_node.slots.size / word;
	struct frame stack[MAX_DEPTH];
	struct vs_err *err = NULL;
	unsigned int depth = 0;

	for (;;) {
		if (is_node(w, entry)) {
			err = enter(w, entry, stack, &depth);
		} else if (entry && !(entry & 3)) {
			err = take_pid(w, entry);
		} else if (entry > 4096) {	// what is less is an entry in use without a pid yet
			w->ret->broken++;
		}
		while (depth && stack[depth - 1].slot == n_slots)
			depth--;
		if (err || !depth || w->ret->v.n > MAX_PIDS)
			return err;
		entry = vs_load(stack[depth - 1].slots + stack[depth - 1].slot++ * word, word,
				w->k->mem.target.big_endian);
	}
}

/* One chain of the hash table; of a pid with several numbers only that of init_pid_ns counts. */
static struct vs_err *walk_chain(struct walk *w, uint64_t at, uint64_t init_ns)
{
	const struct vs_layout *l = &w->k->layout;
	struct vs_kmem *mem = &w->k->mem;
	struct vs_err *err = NULL;

	while (at && !err) {
		uint64_t upid = at - (uint64_t)l->upid.pid_chain.off, ns;

		if (!is_new(w, at, &err))
			break;
		if (!vs_kmem_ulong(mem, upid + (uint64_t)l->upid.ns.off, &ns) || !vs_kmem_ulong(mem, at, &at)) {
			w->ret->broken++;
			break;
		}
		if (ns == init_ns)
			err = take_pid(w, upid - (uint64_t)l->pid.numbers.off);
	}
	return err;
}

static struct vs_err *walk_hash(struct walk *w, uint64_t table, uint64_t shift, uint64_t init_ns)
{
	struct vs_err *err = NULL;

	for (uint64_t i = 0; !err && i < UINT64_C(1) << shift; i++) {
		uint64_t first;

		if (vs_kmem_ulong(&w->k->mem, table + i * w->k->mem.target.word, &first))
			err = walk_chain(w, first, init_ns);
		else
			w->ret->broken++;
	}
	return err;
}

struct vs_err *vs_pids_read(struct vs_kernel *k, struct vs_out *out, struct vs_pids *ret)
{
	const struct vs_layout *l = &k->layout;
	struct walk w = { .k = k, .out = out, .ret = ret };
	uint64_t ns, entry, hash, shift_at, shift;
	struct vs_err *err = NULL;

	*ret = (struct vs_pids){ 0 };
	if (!vs_has(l->pid.tasks) || !vs_has(l->pid.numbers) || !vs_has(l->upid.nr) || !vs_has(l->task.pid_link)) {
		ret->problem = "the types have no struct pid with tasks and numbers";
	} else if (l->pid.numbers.off + l->upid.nr.off + 4 > PID_SIZE ||
		   l->pid.tasks.off + (int32_t)k->mem.target.word > l->pid.numbers.off ||
		   (vs_has(l->xa_node.slots) && l->xa_node.slots.size > MAX_SLOTS * k->mem.target.word)) {
		ret->problem = "its struct pid or xa_node is of an unknown shape";
	} else if (!vs_kernel_sym(k, VS_SYM_INIT_PID_NS, &ns)) {
		ret->problem = "no symbol init_pid_ns";
	} else if (vs_has(l->idr.head) && vs_has(l->xa_node.slots)) {
		ret->source = "init_pid_ns.idr";
		if (vs_kmem_ulong(&k->mem, ns + (uint64_t)l->idr.head.off, &entry))
			err = walk_idr(&w, entry);
		else
			ret->problem = "init_pid_ns is not in the dump";
	} else if (vs_has(l->upid.pid_chain) && vs_has(l->upid.ns) && vs_kernel_sym(k, VS_SYM_PID_HASH, &hash) &&
		   vs_kernel_sym(k, VS_SYM_PIDHASH_SHIFT, &shift_at)) {
		ret->source = "pid_hash";
		if (vs_kmem_ulong(&k->mem, hash, &hash) && vs_kmem_uint(&k->mem, shift_at, 4, &shift) &&
		    shift <= MAX_SHIFT)
			err = walk_hash(&w, hash, shift, ns);
		else
			ret->problem = "pid_hash or pidhash_shift is not in the dump, or makes no sense";
	} else {
		ret->problem = "the kernel has neither init_pid_ns.idr nor pid_hash";
	}
	vs_map_deinit(&w.seen);
	return err;
}
