/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own arithmetic over VMAs: guard gaps, rb_subtree_gap, the VMA
 * counters of an mm_struct. Which release does what is told by presence.
 */
#ifndef VS_CHECK_FORMULA_H
#define VS_CHECK_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

#include "space/space.h"

/**
 * vm_start_gap(): where the guard gap below a stack begins. No gap before the
 * stable change of 2017 (no symbol stack_guard_gap).
 */
static inline uint64_t vs_start_gap(const struct vs_space *s, uint64_t start, uint64_t flags)
{
	if (!(flags & VS_VM_GROWSDOWN) || !(s->has & VS_HAS_STACK_GUARD_GAP))
		return start;
	return start > s->stack_guard_gap ? start - s->stack_guard_gap : 0;
}

/** vm_end_gap(): only a VM_GROWSUP mapping has one, and x86, arm64 have none of those. */
static inline uint64_t vs_end_gap(const struct vs_space *s, uint64_t end, uint64_t flags)
{
	(void)s;
	(void)flags;
	return end;
}

/** vma_compute_gap(): the free bytes between a VMA and its predecessor, which ends at @p prev_end. */
static inline uint64_t vs_own_gap(const struct vs_space *s, uint64_t start, uint64_t flags,
				  uint64_t prev_end)
{
	uint64_t gap = vs_start_gap(s, start, flags);

	return gap > prev_end ? gap - prev_end : 0;
}

/* The counters that are sums over VMAs, pages. */
enum vs_sum {
	VS_SUM_TOTAL,
	VS_SUM_DATA,
	VS_SUM_EXEC,
	VS_SUM_STACK,
	VS_SUM_SHARED,
	VS_N_SUMS
};

struct vs_sums {
	uint64_t pages[VS_N_SUMS];
};

/**
 * vm_stat_account(): count @p pages of a mapping; "minus" them for taking away.
 * Since 4.7 each mapping is exec, stack, data or none of them; before, file
 * mappings are shared_vm, and exec_vm is a part of that.
 */
static inline void vs_sums_add(struct vs_sums *sums, uint32_t has, uint64_t flags, uint64_t file,
			       uint64_t pages)
{
	uint64_t stack = VS_VM_GROWSDOWN;

	sums->pages[VS_SUM_TOTAL] += pages;
	if (has & VS_HAS_DATA_VM) {
		if (has & VS_HAS_SHADOW_STACK)
			stack |= VS_VM_SHADOW_STACK;
		if ((flags & (VS_VM_EXEC | VS_VM_WRITE | VS_VM_GROWSDOWN)) == VS_VM_EXEC)
			sums->pages[VS_SUM_EXEC] += pages;
		else if (flags & stack)
			sums->pages[VS_SUM_STACK] += pages;
		else if ((flags & (VS_VM_WRITE | VS_VM_SHARED)) == VS_VM_WRITE)
			sums->pages[VS_SUM_DATA] += pages;
	} else if (has & VS_HAS_SHARED_VM) {
		if (file) {
			sums->pages[VS_SUM_SHARED] += pages;
			if ((flags & (VS_VM_EXEC | VS_VM_WRITE)) == VS_VM_EXEC)
				sums->pages[VS_SUM_EXEC] += pages;
		} else if (flags & VS_VM_GROWSDOWN) {
			sums->pages[VS_SUM_STACK] += pages;
		}
	}
}

/** The kernel's counter that a sum must equal; false where the release keeps none. */
static inline bool vs_sums_counter(const struct vs_space *s, enum vs_sum which, uint64_t *ret)
{
	uint32_t split = VS_HAS_DATA_VM | VS_HAS_SHARED_VM;

	switch (which) {
	case VS_SUM_TOTAL:
		*ret = s->f.total_vm;
		return s->has & (VS_HAS_LIST | VS_HAS_RB | VS_HAS_MAPLE);
	case VS_SUM_DATA:
		*ret = s->f.data_vm;
		return s->has & VS_HAS_DATA_VM;
	case VS_SUM_EXEC:
		*ret = s->f.exec_vm;
		return s->has & split;
	case VS_SUM_STACK:
		*ret = s->f.stack_vm;
		return s->has & split;
	case VS_SUM_SHARED:
		*ret = s->f.shared_vm;
		return (s->has & split) == VS_HAS_SHARED_VM;
	default:
		return false;
	}
}

/* Bits that no release up to 7.1 has given a meaning; the highest in use are 42 and 63. */
#define VS_FLAGS_UNKNOWN UINT64_C(0x7fffc00000000000)

/**
 * What cannot be together in one VMA, as words; NULL if sound. do_mmap() refuses
 * MAP_GROWSDOWN for files and for shared memory, on every release; shared memory
 * without a file of the user's gets one (shmem_zero_setup()), as huge pages do
 * (hugetlb_file_setup()).
 */
static inline const char *vs_kind_bad(uint64_t flags, uint64_t file)
{
	if (flags & VS_VM_GROWSDOWN && flags & VS_VM_SHARED)
		return "VM_GROWSDOWN and VM_SHARED";
	if (flags & VS_VM_GROWSDOWN && file)
		return "VM_GROWSDOWN and a file";
	if (flags & VS_VM_SHARED && !file)
		return "VM_SHARED and no file";
	if (flags & VS_VM_HUGETLB && !file)
		return "VM_HUGETLB and no file";
	return NULL;
}

/**
 * What cannot be in vm_flags, by one VMA alone: access without the right to
 * have it (VM_READ needs VM_MAYREAD and so on), VM_SHARED without VM_MAYSHARE,
 * no right at all, unknown bits. The offending bits, 0 if sound.
 */
static inline uint64_t vs_flags_bad(uint64_t flags)
{
	uint64_t bad = flags & ~(flags >> 4) & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC | VS_VM_SHARED);
	uint64_t rights = VS_VM_MAYREAD | VS_VM_MAYWRITE | VS_VM_MAYEXEC;

	return bad | (flags & VS_FLAGS_UNKNOWN) | (flags & rights ? 0 : rights);
}

#endif
