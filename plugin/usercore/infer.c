// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a core does not say but shows: p or s, coredump_filter, why bytes are not
 * there. It is vma_dump_size() of fs/coredump.c read backwards.
 */
#include <string.h>

#include "usercore/usercore.h"

/* coredump_filter, Documentation/filesystems/proc.rst; unchanged since 4.4. */
#define BIT_ANON_PRIVATE	(1 << 0)
#define BIT_ANON_SHARED		(1 << 1)
#define BIT_FILE_PRIVATE	(1 << 2)
#define BIT_ELF_HEADERS		(1 << 4)
#define BIT_HUGE_PRIVATE	(1 << 5)

#define DELETED " (deleted)"

static bool begins(const struct vs_fact *f, const char *with)
{
	return f->path_len >= strlen(with) && !memcmp(f->path, with, strlen(with));
}

static bool ends(const struct vs_fact *f, const char *with)
{
	const size_t n = strlen(with);

	return f->path_len > n && !memcmp(f->path + f->path_len - n, with, n);
}

static bool is_deleted(const struct vs_fact *f)
{
	return ends(f, DELETED);
}

/* Names that the kernel gives what only mmap(MAP_SHARED) and its kin make. */
static const char *shared_by_name(const struct vs_fact *f)
{
	static const struct {
		const char *begin, *why;
	} names[] = {
		{ "/memfd:", "a memfd" },
		{ "/SYSV", "System V shared memory" },
		{ "/dev/zero" DELETED, "shared anonymous memory" },
		{ "/[aio]", "an aio ring" },
		{ "anon_inode:", "an anonymous inode" },
		{ "/dev/shm/", "POSIX shared memory" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(f, names[i].begin))
			return names[i].why;
	return ends(f, "/gconv-modules.cache") ? "glibc maps it shared" : NULL;
}

/* What one mapping tells of the filter. */
static void read_filter_off(struct vs_usercore *u, const struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v = &s->vmas.v[i];
	const struct vs_core_vma *c = &u->core.vmas.v[i];
	const struct vs_fact *f = v->file ? &u->facts.v[v->fact] : NULL;
	const uint64_t size = v->end - v->start;
	uint32_t *on = &u->core.filter_on, *off = &u->core.filter_off;

	if (c->segment == UINT64_MAX || (s->names[i] && i != u->core.stack_vma) || v->end <= v->start)
		return;		// what has a name in brackets is dumped in any case
	if (!f) {
		if (c->filesz)
			*on |= BIT_ANON_PRIVATE;
		else if (i == u->core.stack_vma)	// that has been written to
			*off |= BIT_ANON_PRIVATE;
		return;
	}
	if (begins(f, "/anon_hugepage")) {
		*(c->filesz ? on : off) |= BIT_HUGE_PRIVATE;
		return;
	}
	if (shared_by_name(f)) {
		if (is_deleted(f) && v->flags & VS_VM_WRITE && !begins(f, "/memfd:"))
			*(c->filesz ? on : off) |= BIT_ANON_SHARED;
		return;
	}
	if (v->flags & VS_VM_WRITE)	// dumped if it was written to, by bit 0
		return;
	// code is not written to: bit 2 alone lets it be dumped whole
	if (v->flags & VS_VM_EXEC && size > u->page)
		*(c->filesz == size ? on : off) |= BIT_FILE_PRIVATE;
	if (!v->pgoff && !(v->flags & VS_VM_EXEC) && c->module != VS_NONE && size > u->page &&
	    c->filesz == u->page)
		*on |= BIT_ELF_HEADERS;
	if (!v->pgoff && c->module != VS_NONE && !c->filesz)
		*off |= BIT_ELF_HEADERS;
}

static void say(struct vs_core_vma *c, enum vs_core_field f, enum vs_known known, const char *why)
{
	c->known[f] = (uint8_t)known;
	c->why[f] = why;
}

/* p or s: anonymous memory that is shared has a file, so without one it is private. */
static void infer_shared(struct vs_usercore *u, struct vs_space *s, uint32_t i)
{
	struct vs_vma *v = &s->vmas.v[i];
	struct vs_core_vma *c = &u->core.vmas.v[i];
	const struct vs_fact *f = v->file ? &u->facts.v[v->fact] : NULL;
	const char *by_name = f ? shared_by_name(f) : NULL;
	const bool kernel = u->core.producer == VS_BY_KERNEL;
	bool shared = false;

	if (!f && kernel && u->core.has_file) {
		return;
	} else if (!f) {
		say(c, VS_CF_SHARED, VS_INFERRED, "no file is known to be mapped");
	} else if (by_name) {
		shared = true;
		say(c, VS_CF_SHARED, VS_INFERRED, by_name);
	} else if (!(v->flags & VS_VM_WRITE)) {
		say(c, VS_CF_SHARED, VS_INFERRED, "a mapping of a file that cannot be written to");
	} else if (kernel && !c->filesz && u->core.filter_on & BIT_ANON_PRIVATE) {
		shared = true;
		say(c, VS_CF_SHARED, VS_INFERRED, "a writable mapping of a file without private pages");
	} else {
		say(c, VS_CF_SHARED, VS_INFERRED, "a writable mapping of a file, with private pages");
	}
	if (shared)
		v->flags |= VS_VM_SHARED | VS_VM_MAYSHARE;
}

static void infer_fields(struct vs_usercore *u, struct vs_space *s, uint32_t i)
{
	struct vs_vma *v = &s->vmas.v[i];
	struct vs_core_vma *c = &u->core.vmas.v[i];

	infer_shared(u, s, i);
	if (c->segment == UINT64_MAX)
		say(c, VS_CF_PERMS, VS_UNKNOWN, "no PT_LOAD has the mapping, only NT_FILE");
	else if (u->core.producer == VS_BY_GCORE)
		say(c, VS_CF_PERMS, VS_INFERRED, "gcore writes r for PROT_NONE and for --x");
	else if (u->core.producer == VS_BY_QEMU)
		say(c, VS_CF_PERMS, VS_INFERRED, "qemu-user merges mappings");
	if (c->named_only) {
		say(c, VS_CF_PATH, VS_INFERRED, "no NT_FILE: AT_EXECFN, and AT_ENTRY is here");
		say(c, VS_CF_OFFSET, VS_UNKNOWN, "no NT_FILE, and the program's headers are not in the core");
		return;
	}
	if (c->named) {
		say(c, VS_CF_PATH, VS_INFERRED, "no NT_FILE: the link map, AT_EXECFN");
		say(c, VS_CF_OFFSET, VS_INFERRED, "no NT_FILE: the module's own program headers");
		return;
	}
	if (v->file || (u->core.has_file && u->core.producer != VS_BY_QEMU)) {
		if (!v->file && !s->names[i] && u->core.producer == VS_BY_KERNEL)
			say(c, VS_CF_PATH, VS_INFERRED, "no file; a name given by prctl() or by a driver is not in a core");
		else if (s->names[i] && *s->names[i] == '[')
			say(c, VS_CF_PATH, VS_INFERRED, "where it is");
		return;
	}
	if (s->names[i]) {
		say(c, VS_CF_PATH, VS_INFERRED, "where it is");
		return;
	}
	say(c, VS_CF_PATH, VS_UNKNOWN, "the core has no NT_FILE, and no module is known to be there");
	say(c, VS_CF_OFFSET, VS_UNKNOWN, "the core has no NT_FILE, and no module is known to be there");
}

/* Why a kernel wrote fewer bytes than the mapping has. */
static const char *why_left_out(const struct vs_usercore *u, const struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v = &s->vmas.v[i];
	const struct vs_core_vma *c = &u->core.vmas.v[i];

	if (u->core.producer != VS_BY_KERNEL)
		return "the producer left it out";
	if (v->file && c->filesz)
		return "only the page with the ELF header is dumped (filter bit 4)";
	if (v->file && v->flags & VS_VM_MAYSHARE)
		return "shared memory, not in the filter (bits 1 and 3)";
	if (v->file)
		return "a mapping of a file that was not written to, not in the filter (bit 2)";
	if (!(v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC)))
		return "no access, never written to";
	if (u->core.filter_off & BIT_ANON_PRIVATE)
		return "anonymous memory is not in the filter (bit 0)";
	return "never written to, or MADV_DONTDUMP";
}

void vs_core_infer(struct vs_usercore *u, struct vs_space *s)
{
	struct vs_core *core = &u->core;

	for (uint32_t i = 0; core->producer == VS_BY_KERNEL && i < s->vmas.n; i++)
		read_filter_off(u, s, i);
	// one mapping can be left out for its own reasons: what was seen dumped counts more
	core->filter_off &= ~core->filter_on;
	for (uint32_t i = 0; i < s->vmas.n; i++) {
		struct vs_core_vma *c = &core->vmas.v[i];
		const struct vs_vma *v = &s->vmas.v[i];

		infer_fields(u, s, i);
		if (v->end <= v->start || c->filesz >= v->end - v->start)
			continue;
		if (!c->left_out)
			c->left_out = why_left_out(u, s, i);
		core->n_left_out++;
		core->bytes_left_out += v->end - v->start - c->filesz;
	}
}
