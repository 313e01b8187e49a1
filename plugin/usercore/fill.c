// SPDX-License-Identifier: GPL-2.0-or-later
/* PT_LOAD and NT_FILE become VMAs. */
#include <elf.h>
#include <stdlib.h>

#include "base/err.h"
#include "usercore/usercore.h"

/* The kernel's rwx of a PT_LOAD; p_flags has them the other way round. */
static uint64_t flags_of(uint32_t p_flags)
{
	return (p_flags & PF_R ? VS_VM_READ | VS_VM_MAYREAD : 0) |
		(p_flags & PF_W ? VS_VM_WRITE | VS_VM_MAYWRITE : 0) |
		(p_flags & PF_X ? VS_VM_EXEC | VS_VM_MAYEXEC : 0);
}

static struct vs_core_vma *add(struct vs_usercore *u, struct vs_space *s, uint64_t start, uint64_t end,
			       struct vs_vma **v_ret)
{
	struct vs_core_vma *c = vs_vec_push(&u->core.vmas);
	struct vs_vma *v = c ? vs_space_add(s, start) : NULL;

	if (!v)
		return NULL;
	v->start = start;
	v->end = end;
	v->mm = VS_CORE_MM;
	*c = (struct vs_core_vma){
		.segment = UINT64_MAX, .stack_of = VS_NONE, .guard_of = VS_NONE, .module = VS_NONE,
	};
	*v_ret = v;
	return c;
}

static struct vs_err *take_loads(struct vs_usercore *u, struct vs_space *s)
{
	for (uint64_t i = 0; i < u->f->phnum; i++) {
		struct vs_core_vma *c;
		struct vs_segment ph;
		struct vs_vma *v;

		vs_elf_segment(u->f, i, &ph);
		if (ph.type != PT_LOAD)
			continue;
		u->core.n_segments++;
		u->core.odd_flags += (ph.flags & ~(uint32_t)(PF_R | PF_W | PF_X)) != 0;
		// an end that wraps is left for the check to see: it lies below its start
		c = add(u, s, ph.vaddr, ph.vaddr + ph.memsz, &v);
		if (!c)
			return &vs_enomem;
		v->flags = flags_of(ph.flags);
		c->segment = i;
		c->off = ph.off;
		c->filesz = ph.filesz;
		c->have = ph.off >= u->f->size ? 0 :
			ph.filesz < u->f->size - ph.off ? ph.filesz : u->f->size - ph.off;
		if (c->have < c->filesz) {
			u->core.n_cut++;
			u->core.bytes_cut += c->filesz - c->have;
		}
	}
	return NULL;
}

struct place {
	uint64_t start;
	uint32_t index;
};

static int cmp_place(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* core->order: by start. */
static struct vs_err *sort(struct vs_usercore *u, const struct vs_space *s)
{
	const size_t n = s->vmas.n;
	struct place *p = malloc((n + 1) * sizeof(*p));

	if (!p || !vs_vec_reserve(&u->core.order, n + 1)) {
		free(p);
		return &vs_enomem;
	}
	for (size_t i = 0; i < n; i++)
		p[i] = (struct place){ s->vmas.v[i].start, (uint32_t)i };
	qsort(p, n, sizeof(*p), cmp_place);
	for (size_t i = 0; i < n; i++)
		u->core.order.v[i] = p[i].index;
	u->core.order.n = n;
	free(p);
	return NULL;
}

/*
 * core_sort_vma: the kernel (6.12 and later, if it is told to) dumps the smallest VMAs
 * first, so that a cut core has lost few of them.
 */
static bool sorted_by_size(const struct vs_usercore *u, const struct vs_space *s)
{
	bool by_address = true;
	uint64_t last = 0;

	// the gate VMA stands last in any case
	for (size_t i = 0; i < s->vmas.n; i++) {
		if (i + 1 < s->vmas.n && u->core.vmas.v[i].filesz < last)
			return false;
		last = u->core.vmas.v[i].filesz;
		by_address = by_address && (!i || s->vmas.v[i].start >= s->vmas.v[i - 1].start);
	}
	return !by_address;
}

/*
 * Give each VMA the entry of NT_FILE that covers its start. Both are sorted; the
 * kernel has them one to one, others split or leave out.
 */
static struct vs_err *take_files(struct vs_usercore *u, struct vs_space *s)
{
	const size_t n = u->core.order.n;
	struct vs_core *core = &u->core;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const uint32_t index = core->order.v[i];
		struct vs_vma *v = &s->vmas.v[index];
		const struct vs_core_file *f;

		while (at < u->files.n && u->files.v[at].end <= v->start)
			at++;
		f = at < u->files.n ? &u->files.v[at] : NULL;
		if (!f || f->start >= v->end)
			continue;
		core->vmas.v[index].file_differs = f->start != v->start || f->end != v->end;
		if (f->start > v->start)	// it begins within: whose the start is, nobody says
			continue;
		v->file = u->facts.v[f->fact].file;
		v->fact = f->fact;
		v->pgoff = (f->off + (v->start - f->start)) >> s->page_shift;
	}
	return NULL;
}

/* Entries of NT_FILE that no PT_LOAD has: mappings that were not dumped. */
static struct vs_err *add_files_only(struct vs_usercore *u, struct vs_space *s)
{
	const size_t n = u->core.order.n;
	size_t at = 0;

	for (size_t i = 0; i < u->files.n; i++) {
		const struct vs_core_file f = u->files.v[i];
		struct vs_core_vma *c;
		struct vs_vma *v;

		while (at < n && s->vmas.v[u->core.order.v[at]].end <= f.start)
			at++;
		if (f.start >= f.end || (at < n && s->vmas.v[u->core.order.v[at]].start < f.end))
			continue;
		u->core.n_files_only++;
		if (!u->core.first_file_only)
			u->core.first_file_only = f.start;
		if (u->core.producer == VS_BY_KERNEL)
			continue;	// it leaves no VMA out: the check says so
		c = add(u, s, f.start, f.end, &v);
		if (!c)
			return &vs_enomem;
		v->file = u->facts.v[f.fact].file;
		v->fact = f.fact;
		v->pgoff = f.off >> s->page_shift;
		c->left_out = "the producer left the mapping out";
	}
	return s->vmas.n == n ? NULL : sort(u, s);
}

/* The page size: the process was told it; else what all ranges are multiples of. */
static unsigned int page_shift(const struct vs_usercore *u)
{
	uint64_t page = u->core.aux.pagesz, all = 0;
	unsigned int shift = 12;

	if (page >= 4096 && page <= 65536 && !(page & (page - 1)))
		return (unsigned int)__builtin_ctzll(page);
	for (uint64_t i = 0; i < u->f->phnum; i++) {
		struct vs_segment ph;

		vs_elf_segment(u->f, i, &ph);
		if (ph.type == PT_LOAD && (ph.vaddr || ph.memsz))
			all |= ph.vaddr | ph.memsz;
	}
	while (shift < 16 && all && !(all >> shift & 1))
		shift++;
	return u->core.machine == EM_386 || u->core.machine == EM_X86_64 ? 12 : shift;
}

/*
 * Pointers of the kernel, by which /proc/PID/maps sets its columns. A process of 32
 * bits that has addresses above 3 GiB runs under a kernel of 64; those of 32 have
 * themselves there.
 */
static uint8_t kernel_word(const struct vs_usercore *u)
{
	if (u->f->is64 || u->core.machine == EM_X86_64)
		return 8;
	for (uint64_t i = 0; i < u->f->phnum; i++) {
		struct vs_segment ph;

		vs_elf_segment(u->f, i, &ph);
		if (ph.type == PT_LOAD && ph.vaddr >= 0xc0000000 && ph.vaddr < 0xffff0000)
			return 8;
	}
	return 4;
}

struct vs_err *vs_core_fill(struct vs_usercore *u, struct vs_space *s)
{
	struct vs_core *c = &u->core;
	struct vs_err *err;

	s->mm = VS_CORE_MM;
	s->word = kernel_word(u);
	s->page_shift = (uint8_t)page_shift(u);
	s->has = VS_HAS_CORE | (c->producer == VS_BY_KERNEL ? VS_HAS_CORE_ALL : 0) |
		(c->has_file ? VS_HAS_CORE_FILES : 0) | (c->has_auxv ? VS_HAS_CORE_AUXV : 0);
	s->core = c;
	u->page = UINT64_C(1) << s->page_shift;
	err = take_loads(u, s);
	if (!err)
		err = sort(u, s);
	if (err)
		return err;
	c->sorted_by_size = c->producer == VS_BY_KERNEL && sorted_by_size(u, s);
	err = take_files(u, s);
	if (!err)
		err = add_files_only(u, s);
	s->facts = u->facts.v;
	s->n_facts = u->facts.n;
	s->names = calloc(s->vmas.n + 1, sizeof(*s->names));
	if (!err && !s->names)
		err = &vs_enomem;
	return err;
}
