// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names that the kernel gives mappings without a file, and whose stack is
 * whose: a core does not hold them, but shows where they must be.
 */
#include <elf.h>

#include "usercore/usercore.h"

#define VSYSCALL	UINT64_C(0xffffffffff600000)	/* x86-64, unchanged since 2.6 */
#define VECTORS		UINT64_C(0xffff0000)		/* arm */
#define STRICT_HEAP	((6 << 16) + (7 << 8))		/* vma_is_initial_heap(): a common edge will not do since 6.7 */

static struct vs_vma *vma_at(const struct vs_usercore *u, struct vs_space *s, size_t i)
{
	return &s->vmas.v[u->core.order.v[i]];
}

/* The place of VMA @p index in core->order. */
static size_t place_of(const struct vs_usercore *u, const struct vs_space *s, uint32_t index)
{
	size_t lo = 0, hi = u->core.order.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		uint32_t at = u->core.order.v[mid];
		uint64_t start = s->vmas.v[at].start;

		if (start < s->vmas.v[index].start || (start == s->vmas.v[index].start && at < index))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_rw(const struct vs_vma *v)
{
	return (v->flags & (VS_VM_READ | VS_VM_WRITE)) == (VS_VM_READ | VS_VM_WRITE);
}

/* [stack]: AT_RANDOM and AT_EXECFN point to what the kernel has put there. */
static void label_stack(struct vs_usercore *u, struct vs_space *s)
{
	const struct vs_core_aux *a = &u->core.aux;
	uint32_t i = VS_NONE;

	if (a->has_random)
		i = vs_core_find(s, a->random);
	if (i == VS_NONE && a->has_execfn)
		i = vs_core_find(s, a->execfn);
	u->core.stack_vma = i;
	if (i != VS_NONE && !s->vmas.v[i].file)
		s->names[i] = "[stack]";
}

/* r-- without a file, dumped whole, and all zeros: what vvar looks like in a core. */
static bool is_vvar(const struct vs_usercore *u, const struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v = &s->vmas.v[i];
	const struct vs_core_vma *c = &u->core.vmas.v[i];

	if (v->file || v->end <= v->start || c->filesz != v->end - v->start || v->end - v->start > 64 * u->page ||
	    (v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC)) != VS_VM_READ)
		return false;
	return c->have < u->page || vs_usercore_is_zero(u, v->start);
}

/*
 * [vdso], and below it its data: [vvar], and above that since 6.13 [vvar_vclock], of
 * two pages, on x86.
 */
static void label_vdso(struct vs_usercore *u, struct vs_space *s)
{
	uint32_t i = u->core.aux.has_vdso ? vs_core_find(s, u->core.aux.vdso) : VS_NONE;
	uint32_t one, two;
	size_t at;

	if (i == VS_NONE || s->vmas.v[i].file)
		return;
	s->names[i] = "[vdso]";
	at = place_of(u, s, i);
	if (!at || u->core.producer != VS_BY_KERNEL)
		return;
	one = u->core.order.v[at - 1];
	if (s->vmas.v[one].end != s->vmas.v[i].start || !is_vvar(u, s, one))
		return;
	two = at > 1 ? u->core.order.v[at - 2] : VS_NONE;
	if (two != VS_NONE && s->vmas.v[one].end - s->vmas.v[one].start == 2 * u->page &&
	    s->vmas.v[two].end == s->vmas.v[one].start && is_vvar(u, s, two)) {
		s->names[one] = "[vvar_vclock]";
		one = two;
	}
	s->names[one] = "[vvar]";
}

static void label_gate(struct vs_usercore *u, struct vs_space *s)
{
	const uint16_t m = u->core.machine;
	const struct vs_vma *v;
	uint32_t i;

	if (!u->core.order.n)
		return;
	i = u->core.order.v[u->core.order.n - 1];
	v = &s->vmas.v[i];
	if (!v->file && m == EM_X86_64 && v->start == VSYSCALL)
		s->names[i] = "[vsyscall]";
	if (!v->file && m == EM_ARM && v->start == VECTORS)
		s->names[i] = "[vectors]";
}

/*
 * Were addresses chosen at random? Without that the stack ends where all stacks
 * could: at a large power of two, or one or two pages below it.
 */
static bool is_random(const struct vs_usercore *u, const struct vs_space *s)
{
	uint64_t end;

	if (u->core.stack_vma == VS_NONE)
		return true;
	end = s->vmas.v[u->core.stack_vma].end;
	for (unsigned int pages = 0; pages <= 2; pages++)
		if (!((end + pages * u->page) & ((UINT64_C(1) << 28) - 1)))
			return false;
	// i386 without 3 GiB: 0xffffe000 is two pages below 4 GiB
	return true;
}

/* Where the program's file mappings and its bss end. */
static uint64_t program_end(const struct vs_usercore *u)
{
	if (u->prog.known)
		return u->prog.end;
	return u->core.exe == VS_NONE ? 0 : u->core.modules.v[u->core.exe].end;
}

/* The anonymous VMAs from place @p at on that stand without a gap: is one of them rw? */
static bool chain_is_heap(const struct vs_usercore *u, struct vs_space *s, size_t at, size_t *end_ret)
{
	bool rw = false;
	size_t i = at;

	for (; i < u->core.order.n; i++) {
		const struct vs_vma *v = vma_at(u, s, i);

		if (v->file || s->names[u->core.order.v[i]] || (i > at && v->start != vma_at(u, s, i - 1)->end))
			break;
		rw |= is_rw(v);
	}
	*end_ret = i;
	return rw;
}

static void label_chain(struct vs_usercore *u, struct vs_space *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		s->names[u->core.order.v[i]] = "[heap]";
}

/*
 * The kernel takes the brk of a program that has no interpreter out of the mmap area
 * (5.2 and later), to where programs would be: the lowest anonymous memory below it.
 */
static bool label_heap_below(struct vs_usercore *u, struct vs_space *s, uint64_t start)
{
	size_t end;

	for (size_t i = 0; i < u->core.order.n && vma_at(u, s, i)->start < start; i = end) {
		if (vma_at(u, s, i)->file)
			return false;
		if (chain_is_heap(u, s, i, &end)) {
			label_chain(u, s, i, end);
			return true;
		}
		end = end > i ? end : i + 1;
	}
	return false;
}

/*
 * [heap]: brk begins behind the program's bss, after a gap of random size. A VMA that
 * begins right there is bss, or was put there by the program, unless addresses are
 * not random: then the heap adjoins bss, and is one VMA with it.
 */
static void label_heap(struct vs_usercore *u, struct vs_space *s)
{
	const uint64_t window = u->f->is64 ? UINT64_C(1) << 30 : UINT64_C(32) << 20;
	const uint64_t edge = program_end(u);
	bool random = is_random(u, s);
	size_t end;

	if (!edge || (!u->prog.known && !u->core.has_file))	// where its data ends, nobody says
		return;
	if (u->core.producer == VS_BY_QEMU)
		random = false;
	// without its headers: what has no interpreter was told no AT_BASE
	if ((u->prog.known ? !u->prog.interp && u->prog.bias : u->core.has_auxv && !u->core.aux.has_base) &&
	    u->core.exe != VS_NONE && label_heap_below(u, s, u->core.modules.v[u->core.exe].start))
		return;
	for (size_t i = 0; i < u->core.order.n; i = end) {
		const struct vs_vma *v = vma_at(u, s, i);

		end = i + 1;
		if (v->end == edge && !random && !v->file && u->core.kernel && u->core.kernel < STRICT_HEAP)
			s->names[u->core.order.v[i]] = "[heap]";	// bss: brk touches it
		if (v->end <= edge || s->names[u->core.order.v[i]])
			continue;
		if (v->file && v->start < edge)
			continue;
		if (v->file || (v->start >= edge && v->start - edge >= window))
			return;
		if (random && v->start <= edge)
			continue;	// bss, or what adjoins it
		if (chain_is_heap(u, s, i, &end)) {
			label_chain(u, s, i, end);
			return;
		}
	}
}

/* The stack that a thread is on, and the PROT_NONE mapping that guards it. */
static void find_stacks(struct vs_usercore *u, struct vs_space *s)
{
	struct vs_core *core = &u->core;

	for (uint32_t t = 0; t < core->threads.n; t++) {
		struct vs_core_thread *th = &core->threads.v[t];
		uint32_t i, below;
		size_t at;

		if (!th->has_regs)
			continue;
		th->pc_vma = vs_core_find(s, th->pc);
		i = th->sp_vma = vs_core_find(s, th->sp);
		if (i == VS_NONE)
			continue;
		at = place_of(u, s, i);
		// it has run into its guard: the stack is above
		if (!(s->vmas.v[i].flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC)) && at + 1 < core->order.n &&
		    s->vmas.v[core->order.v[at + 1]].start == s->vmas.v[i].end)
			i = core->order.v[++at];
		if (!(s->vmas.v[i].flags & VS_VM_WRITE) || s->vmas.v[i].file)
			continue;
		if (core->vmas.v[i].stack_of == VS_NONE)
			core->vmas.v[i].stack_of = t;
		below = at ? core->order.v[at - 1] : VS_NONE;
		if (below != VS_NONE && s->vmas.v[below].end == s->vmas.v[i].start && !s->vmas.v[below].file &&
		    !(s->vmas.v[below].flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC)))
			core->vmas.v[below].guard_of = t;
	}
}

void vs_core_label(struct vs_usercore *u, struct vs_space *s)
{
	label_stack(u, s);
	label_vdso(u, s);
	label_gate(u, s);
	label_heap(u, s);
	find_stacks(u, s);
}
