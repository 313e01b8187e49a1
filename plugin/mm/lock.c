// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mmap_lock decoded: kernel/locking/rwsem.c in its several encodings. Who holds
 * it is told by the owner's task_struct, which need not be a group leader.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

/* Since 5.3: RWSEM_WRITER_LOCKED, RWSEM_FLAG_WAITERS, RWSEM_READER_SHIFT; owner's low three bits are flags. */
#define WRITER_LOCKED	UINT64_C(1)
#define FLAG_WAITERS	UINT64_C(2)
#define READER_SHIFT	8
#define OWNER_FLAGS	UINT64_C(7)

static void decode(struct vs_lock *lock, unsigned int word)
{
	uint64_t c = lock->count;

	lock->readers = (uint32_t)(c >> READER_SHIFT) & 0x7fffff;
	lock->waiters = c & FLAG_WAITERS;
	lock->held = c & WRITER_LOCKED ? VS_LOCK_WRITE : lock->readers ? VS_LOCK_READ : VS_LOCK_FREE;
	lock->task = lock->owner & ~OWNER_FLAGS;
	(void)word;
}

/*
 * Before 5.3: the low half counts those that hold it or want to, the high half is
 * negative with a writer or a waiter (RWSEM_WAITING_BIAS, RWSEM_ACTIVE_WRITE_BIAS).
 */
static void decode_biased(struct vs_lock *lock, unsigned int word)
{
	int64_t c = vs_sign_extend(lock->count, word);
	unsigned int half = word * 4;
	uint64_t active = lock->count & ((UINT64_C(1) << half) - 1);

	lock->waiters = c < 0 && (c >> half) < -1;
	lock->task = lock->owner > 3 ? lock->owner & ~UINT64_C(3) : 0;	// RWSEM_READER_OWNED is 1 or 2
	if (!active) {
		lock->held = VS_LOCK_FREE;
	} else if (c < 0 && lock->task) {
		lock->held = VS_LOCK_WRITE;
	} else {
		lock->held = VS_LOCK_READ;
		lock->readers = (uint32_t)active;
	}
}

/* PREEMPT_RT: READER_BIAS is bit 31, clear while a writer is in; WRITER_BIAS is bit 30. */
static void decode_rt(struct vs_lock *lock)
{
	uint32_t r = (uint32_t)lock->count;

	if (r == UINT32_C(1) << 30) {
		lock->held = VS_LOCK_WRITE;
	} else if (r & 0x3fffffff) {
		lock->held = VS_LOCK_READ;
		lock->readers = r & 0x3fffffff;
	} else {
		lock->held = VS_LOCK_FREE;
	}
}

void vs_lock_read(struct vs_kernel *k, const unsigned char *raw_mm, struct vs_lock *ret)
{
	*ret = (struct vs_lock){ .held = VS_LOCK_UNKNOWN };
	if (vs_has(k->layout.mm.mmap_lock))
		vs_rwsem_read(k, raw_mm + k->layout.mm.mmap_lock.off, ret);
}

void vs_rwsem_read(struct vs_kernel *k, const unsigned char *sem, struct vs_lock *ret)
{
	const struct vs_layout *l = &k->layout;
	const bool be = k->mem.target.big_endian;

	*ret = (struct vs_lock){ .held = VS_LOCK_UNKNOWN };
	if (vs_has(l->rwsem.rt_readers)) {
		ret->count = vs_load(sem + l->rwsem.rt_readers.off, l->rwsem.rt_readers.size, be);
		decode_rt(ret);
		return;
	}
	if (!vs_has(l->rwsem.count) || !vs_has(l->rwsem.owner))
		return;
	ret->count = vs_load(sem + l->rwsem.count.off, l->rwsem.count.size, be);
	ret->owner = vs_load(sem + l->rwsem.owner.off, l->rwsem.owner.size, be);
	if (l->rwsem.owner_is_pointer)
		decode_biased(ret, k->mem.target.word);
	else
		decode(ret, k->mem.target.word);
}

/* Functions that change address spaces: what of a stack is worth telling. */
static bool worth_telling(const char *name)
{
	static const char *const words[] = {
		"vma", "mmap", "munmap", "brk", "mprotect", "mremap", "madvise", "mlock", "stack",
		"unmap", "mas_", "anon_vma", "exit_mm", "dup_mm", "fault", "execve", "shmat", "shmdt",
		"userfault", "migrate", "collapse",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/*
 * The kernel functions whose return addresses are on the task's stack, as many as
 * fit. This is a search, no unwinding: an old frame may be among them.
 */
static void tell_where(struct vs_kernel *k, uint64_t task, struct vs_lock *lock)
{
	const struct vs_layout *l = &k->layout;
	uint64_t sp, stack, n_told = 0;
	char sym[128], last[128] = "";
	unsigned int word = k->mem.target.word;
	size_t len = 0;

	if (!vs_has(l->thread.sp) || !vs_has(l->thread.stack) ||
	    !vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.sp.off, &sp) ||
	    !vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.stack.off, &stack))
		return;
	// a running task's saved pointer is old: all of its stack is looked through then
	if (sp < stack || sp - stack > 64 * 1024)
		sp = stack;
	for (uint64_t at = sp; at < stack + 64 * 1024 && n_told < 6; at += word) {
		uint64_t v;
		char *plus;
		int n;

		if (!vs_kmem_ulong(&k->mem, at, &v))
			break;
		if (v - k->mem.image_start >= k->mem.image_end - k->mem.image_start ||
		    !vs_kernel_symbolize(k, v, sym, sizeof(sym)))
			continue;
		plus = strchr(sym, '+');
		if (!plus)
			continue;	// the start of a function is a pointer, no return address
		*plus = 0;
		if (!worth_telling(sym) || !strcmp(sym, last))
			continue;
		n = snprintf(lock->where + len, sizeof(lock->where) - len, "%s%s", len ? " < " : "", sym);
		if (n < 0 || (size_t)n >= sizeof(lock->where) - len) {
			lock->where[len] = 0;
			break;
		}
		len += (size_t)n;
		snprintf(last, sizeof(last), "%s", sym);
		n_told++;
	}
}

void vs_lock_name(struct vs_kernel *k, const struct vs_tasks *tasks, struct vs_lock *lock)
{
	for (size_t i = 0; lock->task && i < tasks->v.n; i++) {
		const struct vs_task *t = &tasks->v.v[i];

		if (t->addr != lock->task)
			continue;
		lock->pid = t->tgid;
		lock->tid = t->pid;
		memcpy(lock->comm, t->comm, sizeof(lock->comm));
		lock->state = vs_task_state(t);
		if (lock->held == VS_LOCK_WRITE || lock->held == VS_LOCK_READ)
			tell_where(k, t->addr, lock);
		return;
	}
}
