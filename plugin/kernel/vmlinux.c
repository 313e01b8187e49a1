// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vmlinux.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

void vs_build_id_str(const struct vs_build_id *id, char buf[2 * VS_BUILD_ID_MAX + 1])
{
	if (!id->len)
		strcpy(buf, "none");
	for (size_t i = 0; i < id->len; i++)
		sprintf(buf + 2 * i, "%02x", id->bytes[i]);
}

/* The build-id stands in a note section: .notes, or .note.gnu.build-id. */
static void find_build_id(struct vs_vmlinux *v)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(v->elf, scn))) {
		GElf_Shdr sh;
		Elf_Data *d;
		size_t pos = 0, name, desc;
		GElf_Nhdr n;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_NOTE || !(d = elf_getdata(scn, NULL)))
			continue;
		while ((pos = gelf_getnote(d, pos, &n, &name, &desc)) > 0) {
			if (n.n_type != NT_GNU_BUILD_ID || n.n_namesz != 4 ||
			    memcmp((char *)d->d_buf + name, "GNU", 4) ||
			    n.n_descsz > VS_BUILD_ID_MAX)
				continue;
			memcpy(v->build_id.bytes, (char *)d->d_buf + desc, n.n_descsz);
			v->build_id.len = n.n_descsz;
			return;
		}
	}
}

static struct vs_err *open_elf(const char *path, bool any, struct vs_vmlinux **ret)
{
	const char *expected = any ? "raw BTF, or an ELF file with .BTF or DWARF" :
		"an uncompressed vmlinux (not a vmlinuz or bzImage)";
	struct vs_vmlinux *v = calloc(1, sizeof(*v));
	struct vs_err *err = NULL;
	struct stat st;
	GElf_Ehdr eh;

	if (!v)
		return &vs_enomem;
	v->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	v->path = strdup(path);
	if (v->fd < 0 || fstat(v->fd, &st) < 0)
		err = vs_err_os(errno, "cannot open %s", path);
	else if (!v->path)
		err = &vs_enomem;
	else if (!S_ISREG(st.st_mode))
		err = vs_err_create(VS_ERR_FORMAT, "%s: %s; expected %s", path,
				    S_ISDIR(st.st_mode) ? "is a directory" : "is not a file", expected);
	if (!err) {
		elf_version(EV_CURRENT);
		v->elf = elf_begin(v->fd, ELF_C_READ_MMAP, NULL);
		if (!v->elf || elf_kind(v->elf) != ELF_K_ELF || !gelf_getehdr(v->elf, &eh))
			err = vs_err_create(VS_ERR_FORMAT,
				"%s: not an ELF file; expected %s", path, expected);
		else if (!any && eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
			err = vs_err_create(VS_ERR_FORMAT,
				"%s: an ELF file of type %u; expected a vmlinux (2 or 3, executable)",
				path, eh.e_type);
	}
	if (err) {
		vs_vmlinux_destroy(v);
		return err;
	}
	v->machine = eh.e_machine;
	v->big_endian = eh.e_ident[EI_DATA] == ELFDATA2MSB;
	v->word = eh.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	find_build_id(v);
	*ret = v;
	return NULL;
}

struct vs_err *vs_vmlinux_open(const char *path, struct vs_vmlinux **ret)
{
	return open_elf(path, false, ret);
}

struct vs_err *vs_vmlinux_open_types(const char *path, struct vs_vmlinux **ret)
{
	return open_elf(path, true, ret);
}

void vs_vmlinux_destroy(struct vs_vmlinux *v)
{
	if (!v)
		return;
	if (v->elf)
		elf_end(v->elf);
	if (v->fd >= 0)
		close(v->fd);
	free(v->path);
	free(v);
}

struct vs_err *vs_vmlinux_section(const struct vs_vmlinux *v, const char *name,
				  const void **data_ret, size_t *size_ret)
{
	Elf_Scn *scn = NULL;
	size_t strndx;

	*data_ret = NULL;
	*size_ret = 0;
	if (elf_getshdrstrndx(v->elf, &strndx))
		return vs_err_create(VS_ERR_FORMAT, "%s: no section names: %s", v->path,
				     elf_errmsg(-1));
	while ((scn = elf_nextscn(v->elf, scn))) {
		GElf_Shdr sh;
		const char *n;
		Elf_Data *d;

		if (!gelf_getshdr(scn, &sh) || !(n = elf_strptr(v->elf, strndx, sh.sh_name)) ||
		    strcmp(n, name))
			continue;
		if (sh.sh_type == SHT_NOBITS)
			return NULL;
		// raw: symbols and BTF stay in the file's byte order, nothing is copied
		d = elf_rawdata(scn, NULL);
		if (!d)
			return vs_err_create(VS_ERR_FORMAT, "%s: section %s cannot be read: %s",
					     v->path, name, elf_errmsg(-1));
		*data_ret = d->d_buf;
		*size_ret = d->d_size;
		return NULL;
	}
	return NULL;
}

const void *vs_vmlinux_at(const struct vs_vmlinux *v, uint64_t addr, size_t *len_ret)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(v->elf, scn))) {
		GElf_Shdr sh;
		Elf_Data *d;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS || !(sh.sh_flags & SHF_ALLOC) ||
		    addr < sh.sh_addr || addr - sh.sh_addr >= sh.sh_size)
			continue;
		d = elf_rawdata(scn, NULL);
		if (!d || addr - sh.sh_addr >= d->d_size)
			return NULL;
		*len_ret = d->d_size - (addr - sh.sh_addr);
		return (const char *)d->d_buf + (addr - sh.sh_addr);
	}
	return NULL;
}

char *vs_vmlinux_search(const char *release, const struct vs_build_id *build_id)
{
	static const char *const places[] = {
		"/usr/lib/debug/boot/vmlinux-%s",		// Debian, Ubuntu
		"/usr/lib/debug/lib/modules/%s/vmlinux",	// Fedora, RHEL
		"/usr/lib/debug/usr/lib/modules/%s/vmlinux",
		"/usr/lib/debug/boot/vmlinux-%s.debug",		// SUSE
		"/boot/vmlinux-%s",
		"/lib/modules/%s/build/vmlinux",
		"/lib/modules/%s/vmlinux",
	};
	char hex[2 * VS_BUILD_ID_MAX + 1];
	char *path;

	if (build_id->len > 1) {
		vs_build_id_str(build_id, hex);
		if (asprintf(&path, "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2) < 0)
			return NULL;
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	// A release comes out of the dump: it must not lead out of those folders.
	if (!release || !*release || strchr(release, '/'))
		return NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *fmt = places[i];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (asprintf(&path, fmt, release) < 0)
			return NULL;
#pragma GCC diagnostic pop
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}
