// SPDX-License-Identifier: GPL-2.0-or-later
/* The ELF files that are mapped, their build-ids, and whether those on disk are the same. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "usercore/usercore.h"

#define HEADER_BYTES 65536	/* headers and notes stand at the beginning */
#define NT_GNU_BUILD_ID_TYPE 3
#define MAX_PIECES 64		/* no ELF file is mapped in more */

static size_t id_in_notes(const unsigned char *p, size_t len, bool be, size_t align, uint8_t ret[64])
{
	size_t pos = 0;

	while (len - pos >= 12) {
		uint64_t namesz = vs_load32(p + pos, be), descsz = vs_load32(p + pos + 4, be);
		uint64_t desc = pos + 12 + ((namesz + 3) & ~UINT64_C(3));

		desc = (desc + align - 1) & ~(uint64_t)(align - 1);
		if (desc > len || descsz > len - desc)
			return 0;
		if (vs_load32(p + pos + 8, be) == NT_GNU_BUILD_ID_TYPE && namesz == 4 &&
		    !memcmp(p + pos + 12, "GNU", 4) && descsz && descsz <= 64) {
			memcpy(ret, p + desc, descsz);
			return descsz;
		}
		pos = (desc + descsz + align - 1) & ~(uint64_t)(align - 1);
		if (pos > len || !descsz)
			return 0;
	}
	return 0;
}

size_t vs_core_build_id(const unsigned char *p, size_t len, uint8_t ret[64])
{
	bool is64, be;
	uint64_t phoff, phentsize, phnum;

	if (len < sizeof(Elf64_Ehdr) || memcmp(p, ELFMAG, SELFMAG))
		return 0;
	is64 = p[EI_CLASS] == ELFCLASS64;
	be = p[EI_DATA] == ELFDATA2MSB;
	phoff = is64 ? vs_load64(p + offsetof(Elf64_Ehdr, e_phoff), be) :
		vs_load32(p + offsetof(Elf32_Ehdr, e_phoff), be);
	phentsize = vs_load16(p + (is64 ? offsetof(Elf64_Ehdr, e_phentsize) : offsetof(Elf32_Ehdr, e_phentsize)), be);
	phnum = vs_load16(p + (is64 ? offsetof(Elf64_Ehdr, e_phnum) : offsetof(Elf32_Ehdr, e_phnum)), be);
	if (phentsize < (is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || phoff > len ||
	    phnum > (len - phoff) / phentsize)
		return 0;
	for (uint64_t i = 0; i < phnum; i++) {
		const unsigned char *h = p + phoff + i * phentsize;
		uint64_t off, size, align;
		size_t n;

		if (vs_load32(h, be) != PT_NOTE)
			continue;
		off = is64 ? vs_load64(h + offsetof(Elf64_Phdr, p_offset), be) :
			vs_load32(h + offsetof(Elf32_Phdr, p_offset), be);
		size = is64 ? vs_load64(h + offsetof(Elf64_Phdr, p_filesz), be) :
			vs_load32(h + offsetof(Elf32_Phdr, p_filesz), be);
		align = is64 ? vs_load64(h + offsetof(Elf64_Phdr, p_align), be) : 4;
		if (off > len || size > len - off)
			continue;
		n = id_in_notes(p + off, size, be, align == 8 ? 8 : 4, ret);
		if (n)
			return n;
	}
	return 0;
}

/* The first page of a module is enough for headers and notes, if it was dumped. */
static void read_id(struct vs_usercore *u, struct vs_core_module *m, unsigned char *buf)
{
	enum vs_from from;
	size_t got = vs_usercore_read(u, m->base, buf, HEADER_BYTES, &from);

	m->header_absent = got < 64;
	m->elf = got >= SELFMAG && !memcmp(buf, ELFMAG, SELFMAG);
	m->id_len = (uint8_t)vs_core_build_id(buf, got, m->id);
}

static struct vs_core_module *add_module(struct vs_usercore *u, const char *path, size_t len, uint64_t start)
{
	struct vs_core_module *m = vs_vec_push(&u->core.modules);

	if (m)
		*m = (struct vs_core_module){ .path = path, .path_len = len, .start = start, .base = start };
	return m;
}

/*
 * Mappings of one file in a row, with no other file between them, are one module,
 * if it is an ELF file or may be one: code, whose header was not dumped.
 */
static struct vs_err *collect(struct vs_usercore *u, struct vs_space *s, unsigned char *buf)
{
	struct vs_core *core = &u->core;

	for (size_t i = 0, end; i < core->order.n; i = end) {
		const struct vs_vma *v = &s->vmas.v[core->order.v[i]];
		const struct vs_fact *f = v->file ? &u->facts.v[v->fact] : NULL;
		struct vs_core_module *m;
		bool exec = false;
		size_t last = i;
		uint64_t base;

		end = i + 1;
		if (!f)
			continue;
		base = v->pgoff ? UINT64_MAX : v->start;
		for (size_t j = i; j < core->order.n; j++) {
			const struct vs_vma *w = &s->vmas.v[core->order.v[j]];

			if ((w->file && w->file != v->file) || j - i > MAX_PIECES)
				break;
			if (!w->file)
				continue;
			// a second copy of the file begins anew
			if (j > i && !w->pgoff && base != UINT64_MAX && s->vmas.v[core->order.v[last]].pgoff)
				break;
			exec |= (w->flags & VS_VM_EXEC) != 0;
			last = j;
		}
		end = last + 1;
		if (!exec && base == UINT64_MAX)
			continue;
		m = add_module(u, f->path, f->path_len, v->start);
		if (!m)
			return &vs_enomem;
		if (base != UINT64_MAX)
			m->base = base;
		m->end = s->vmas.v[core->order.v[last]].end;
		m->executable = exec;
		read_id(u, m, buf);
		if (!m->elf && !(exec && m->header_absent)) {
			core->modules.n--;
			continue;
		}
		for (size_t j = i; j <= last; j++)
			if (s->vmas.v[core->order.v[j]].file)
				core->vmas.v[core->order.v[j]].module = (uint32_t)core->modules.n - 1;
	}
	return NULL;
}

/* The vdso carries a note "Linux" with the version of the kernel that it is part of. */
static uint32_t linux_version(const unsigned char *p, size_t len, bool be)
{
	for (size_t i = 0; i + 24 <= len; i += 4)
		if (vs_load32(p + i, be) == 6 && vs_load32(p + i + 4, be) == 4 && !vs_load32(p + i + 8, be) &&
		    !memcmp(p + i + 12, "Linux\0", 6))
			return vs_load32(p + i + 20, be);
	return 0;
}

static struct vs_err *add_vdso(struct vs_usercore *u, struct vs_space *s, unsigned char *buf)
{
	uint32_t i = u->core.aux.has_vdso ? vs_core_find(s, u->core.aux.vdso) : VS_NONE;
	struct vs_core_module *m;
	enum vs_from from;
	size_t got;

	if (i == VS_NONE || s->vmas.v[i].file)
		return NULL;
	m = add_module(u, "[vdso]", 6, s->vmas.v[i].start);
	if (!m)
		return &vs_enomem;
	m->end = s->vmas.v[i].end;
	m->executable = true;
	read_id(u, m, buf);
	got = vs_usercore_read(u, m->base, buf, m->end - m->base < HEADER_BYTES ? m->end - m->base : HEADER_BYTES, &from);
	u->core.kernel = linux_version(buf, got, u->f->big_endian);
	u->core.vmas.v[i].module = (uint32_t)u->core.modules.n - 1;
	return NULL;
}

struct vs_err *vs_core_read_modules(struct vs_usercore *u, struct vs_space *s)
{
	_cleanup_free_ unsigned char *buf = malloc(HEADER_BYTES);
	struct vs_err *err = buf ? collect(u, s, buf) : &vs_enomem;
	uint32_t i;

	u->core.exe = VS_NONE;
	if (!err)
		err = add_vdso(u, s, buf);
	if (err)
		return err;
	i = u->core.aux.has_entry ? vs_core_find(s, u->core.aux.entry) : VS_NONE;
	if (i == VS_NONE && u->core.aux.has_phdr)
		i = vs_core_find(s, u->core.aux.phdr);
	if (i != VS_NONE)
		u->core.exe = u->core.vmas.v[i].module;
	return NULL;
}

/* --- against files --- */

static void fail(struct vs_core_module *m, enum vs_module_file how, const char *words)
{
	m->file = how;
	free(m->problem);
	m->problem = strdup(words);
}

static void compare(struct vs_core_module *m, unsigned char *buf)
{
	_cleanup_close_ int fd = open(m->file_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fail(m, VS_MF_NO_FILE, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		fail(m, VS_MF_NO_FILE, "no regular file");
		return;
	}
	n = pread(fd, buf, HEADER_BYTES, 0);
	if (n < SELFMAG || memcmp(buf, ELFMAG, SELFMAG)) {
		fail(m, VS_MF_OTHER, "no ELF file");
		return;
	}
	m->file_id_len = (uint8_t)vs_core_build_id(buf, (size_t)n, m->file_id);
	if (!m->id_len || !m->file_id_len)
		fail(m, VS_MF_NO_ID, !m->id_len ? m->header_absent ? "the core does not hold its first page" :
		     "it has none in the core" : "the file has none");
	else
		m->file = m->id_len == m->file_id_len && !memcmp(m->id, m->file_id, m->id_len) ?
			VS_MF_SAME : VS_MF_OTHER;
}

/* The path of the module, without the word that it is deleted. */
static size_t bare_len(const struct vs_core_module *m)
{
	const size_t n = strlen(" (deleted)");

	return m->path_len > n && !memcmp(m->path + m->path_len - n, " (deleted)", n) ? m->path_len - n : m->path_len;
}

struct vs_err *vs_usercore_compare(struct vs_usercore *u, const struct vs_core_files_from *from)
{
	_cleanup_free_ unsigned char *buf = malloc(HEADER_BYTES);

	if (!buf)
		return &vs_enomem;
	u->core.asked_files = true;
	u->core.asked_exe = from->exe;
	for (size_t i = 0; i < u->core.modules.n; i++) {
		struct vs_core_module *m = &u->core.modules.v[i];
		const bool exe = i == u->core.exe;
		char *path;
		int n;

		if (m->path_len && m->path[0] != '/')
			continue;	// the vdso is the kernel's
		if (exe && from->exe)
			n = asprintf(&path, "%s", from->exe);
		else if (from->exe && !from->sysroot)
			continue;	// the program alone was asked for
		else
			n = asprintf(&path, "%s%.*s", from->sysroot ? from->sysroot : "", (int)bare_len(m), m->path);
		if (n < 0)
			return &vs_enomem;
		free(m->file_path);
		m->file_path = path;
		compare(m, buf);
		// what was named has to be there: silence would read as "it is the one"
		if (exe && from->exe && m->file == VS_MF_NO_FILE)
			return vs_err_create(VS_ERR_NOT_FOUND, "--exe: %s: %s", path, m->problem ? m->problem : "no file");
	}
	if (from->exe && u->core.exe == VS_NONE)
		return vs_err_create(VS_ERR_NOT_FOUND,
			"--exe: which of its mappings is the program, this core does not tell");
	return NULL;
}
