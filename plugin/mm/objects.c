// SPDX-License-Identifier: GPL-2.0-or-later
/* What hangs on an address space besides its VMAs; only the check asks for it. */
#include "base/bytes.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

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
	for (unsigned int i = 0; i < VS_VMACACHE_SIZE && (i + 1) * word <= l->task.vmacache.size; i++)
		if (!vs_kmem_ulong(&k->mem, u->task + (uint64_t)l->task.vmacache.off + i * word,
				   &u->cache[i]))
			u->cache_absent = true;
}

struct vs_err *vs_objects_read(struct vs_kernel *k, struct vs_out *out, struct vs_space *s)
{
	const struct vs_layout *l = &k->layout;

	(void)out;
	if (s->mm_absent)
		return NULL;
	if (vs_has(l->mm.mm_users) && vs_has(l->mm.mm_count))
		s->has |= VS_HAS_USERS;
	if (vs_has(l->mm.mmap_cache))
		s->has |= VS_HAS_USERS | VS_HAS_MMAP_CACHE;
	if (vs_has(l->mm.vmacache_seqnum) && vs_has(l->task.vmacache) &&
	    vs_has(l->task.vmacache_seqnum)) {
		s->has |= VS_HAS_VMACACHE;
		for (size_t i = 0; i < s->users.n; i++) {
			read_vmacache(k, s->f.vmacache_seqnum, &s->users.v[i]);
			s->n_absent += s->users.v[i].cache_absent;
		}
	}
	return NULL;
}
