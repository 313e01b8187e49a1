// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths and offsets of a core without NT_FILE: kernels leave that note out where it
 * would be larger than 4 MiB (some 30,000 files mapped, or 65,536 VMAs), qemu-user
 * always. The auxiliary vector names the program, the link map its libraries, and
 * each one's own headers say which part of it is mapped where.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "usercore/usercore.h"

#define MAX_PHDRS 64

/* The place in core->order of the first VMA that ends behind @p addr. */
static size_t first_behind(const struct vs_usercore *u, const struct vs_space *s, uint64_t addr)
{
	size_t lo = 0, hi = u->core.order.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->vmas.v[u->core.order.v[mid]].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The mappings of one PT_LOAD, as far as they are backed by the file. */
static void name_load(struct vs_usercore *u, struct vs_space *s, const struct vs_segment *ph, uint64_t bias,
		      uint32_t fact)
{
	const uint64_t mask = u->page - 1;
	const uint64_t start = (bias + ph->vaddr) & ~mask, end = (bias + ph->vaddr + ph->filesz + mask) & ~mask;
	const uint64_t off = ph->off & ~mask;

	for (size_t i = first_behind(u, s, start); i < u->core.order.n; i++) {
		const uint32_t index = u->core.order.v[i];
		struct vs_vma *v = &s->vmas.v[index];

		if (v->start >= end || end <= start)
			return;
		// qemu-user makes one of what was several
		if (v->start < start || (v->end > end && u->core.producer == VS_BY_KERNEL))
			continue;
		v->file = u->facts.v[fact].file;
		v->fact = fact;
		v->pgoff = (off + (v->start - start)) >> s->page_shift;
		u->core.vmas.v[index].named = true;
	}
}

/*
 * The dynamic linker maps all of a library at once and then takes access away from
 * what lies between its PT_LOADs: that is a mapping of the file as well.
 */
static void name_holes(struct vs_usercore *u, struct vs_space *s, uint64_t start, uint64_t end, uint64_t off,
		       uint32_t fact)
{
	for (size_t i = first_behind(u, s, start); i < u->core.order.n; i++) {
		const uint32_t index = u->core.order.v[i];
		struct vs_vma *v = &s->vmas.v[index];

		if (v->start >= end)
			return;
		if (v->file || v->start < start || v->end > end || v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC))
			continue;
		v->file = u->facts.v[fact].file;
		v->fact = fact;
		v->pgoff = (off + (v->start - start)) >> s->page_shift;
		u->core.vmas.v[index].named = true;
	}
}

/* All of a module whose headers are at @p phdr. */
static struct vs_err *name_module(struct vs_usercore *u, struct vs_space *s, uint64_t phdr, uint64_t phent,
				  uint64_t phnum, uint64_t bias, const char *path)
{
	const uint64_t mask = u->page - 1;
	const size_t len = strlen(path);
	uint64_t start = UINT64_MAX, end = 0, off = 0;
	struct vs_fact *f;

	if (phnum > MAX_PHDRS || !len)
		return NULL;
	f = vs_vec_push(&u->facts);
	if (!f)
		return &vs_enomem;
	*f = (struct vs_fact){ .file = u->facts.n, .path = strdup(path), .path_len = len };
	if (!f->path) {
		u->facts.n--;
		return &vs_enomem;
	}
	for (uint64_t i = 0; i < phnum; i++) {
		struct vs_segment ph;

		if (!vs_core_read_phdr(u, phdr + i * phent, &ph))
			return NULL;
		if (ph.type != PT_LOAD || !ph.filesz)
			continue;
		name_load(u, s, &ph, bias, (uint32_t)u->facts.n - 1);
		if (start == UINT64_MAX)
			start = (bias + ph.vaddr) & ~mask, off = ph.off & ~mask;
		end = bias + ph.vaddr;
	}
	if (start < end)
		name_holes(u, s, start, end, off, (uint32_t)u->facts.n - 1);
	return NULL;
}

/* The first byte of the file that l_ld belongs to: an ELF header below it. */
static struct vs_err *name_link(struct vs_usercore *u, struct vs_space *s, const struct vs_core_link *l)
{
	const bool be = u->f->big_endian, is64 = u->f->is64;
	unsigned char h[sizeof(Elf64_Ehdr)];
	uint64_t phoff, phent, phnum;
	enum vs_from from;

	// libraries are linked to begin at 0
	if (vs_usercore_read(u, l->l_addr, h, sizeof(h), &from) < sizeof(h) || memcmp(h, ELFMAG, SELFMAG))
		return NULL;
	phoff = is64 ? vs_load64(h + offsetof(Elf64_Ehdr, e_phoff), be) : vs_load32(h + offsetof(Elf32_Ehdr, e_phoff), be);
	phent = vs_load16(h + (is64 ? offsetof(Elf64_Ehdr, e_phentsize) : offsetof(Elf32_Ehdr, e_phentsize)), be);
	phnum = vs_load16(h + (is64 ? offsetof(Elf64_Ehdr, e_phnum) : offsetof(Elf32_Ehdr, e_phnum)), be);
	return name_module(u, s, l->l_addr + phoff, phent, phnum, l->l_addr, l->name);
}

/* Its headers were not dumped: the mapping that the program began in is its file's, from wherever. */
static struct vs_err *name_program(struct vs_usercore *u, struct vs_space *s, const char *path)
{
	uint32_t i = u->core.aux.has_entry ? vs_core_find(s, u->core.aux.entry) : VS_NONE;
	struct vs_fact *f;

	if (i == VS_NONE)
		return NULL;
	f = vs_vec_push(&u->facts);
	if (!f)
		return &vs_enomem;
	*f = (struct vs_fact){ .file = u->facts.n, .path = strdup(path), .path_len = strlen(path) };
	if (!f->path) {
		u->facts.n--;
		return &vs_enomem;
	}
	s->vmas.v[i].file = f->file;
	s->vmas.v[i].fact = (uint32_t)u->facts.n - 1;
	u->core.vmas.v[i].named_only = true;
	return NULL;
}

struct vs_err *vs_core_name_files(struct vs_usercore *u, struct vs_space *s)
{
	_cleanup_free_ char *exe = u->core.aux.has_execfn ? vs_core_read_string(u, u->core.aux.execfn) : NULL;
	const uint32_t vdso = u->core.aux.has_vdso ? vs_core_find(s, u->core.aux.vdso) : VS_NONE;
	struct vs_err *err = NULL;

	if (exe && u->prog.known)
		err = name_module(u, s, u->core.aux.phdr, u->core.aux.phent, u->core.aux.phnum, u->prog.bias, exe);
	else if (exe && *exe)
		err = name_program(u, s, exe);
	for (size_t i = 0; !err && i < u->core.links.n; i++) {
		const struct vs_core_link *l = &u->core.links.v[i];

		if (l->name && *l->name && (l->vma == VS_NONE || l->vma != vdso))
			err = name_link(u, s, l);
	}
	if (err)
		return err;
	s->facts = u->facts.v;
	s->n_facts = u->facts.n;
	// they are modules now
	for (size_t i = 0; i < u->core.vmas.n; i++)
		u->core.vmas.v[i].module = VS_NONE;
	u->core.modules.n = 0;
	return vs_core_read_modules(u, s);
}
