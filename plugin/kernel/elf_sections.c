// SPDX-License-Identifier: GPL-2.0-or-later
/* An ELF file out of sections, through libelf. */
#include "kernel/elf_sections.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"

static const char *add_section(Elf *elf, struct vs_buf *names, const struct vs_elf_section *s)
{
	Elf_Scn *scn = elf_newscn(elf);
	Elf_Data *d = scn ? elf_newdata(scn) : NULL;
	GElf_Shdr sh;

	if (!d || !gelf_getshdr(scn, &sh))
		return elf_errmsg(-1);
	sh.sh_name = (Elf64_Word)names->len;
	sh.sh_type = s->type;
	sh.sh_flags = s->flags;
	sh.sh_addr = s->addr;
	sh.sh_size = s->size;
	sh.sh_link = s->link;
	sh.sh_info = s->info;
	sh.sh_entsize = s->entsize;
	sh.sh_addralign = s->align;
	vs_buf_put(names, s->name, strlen(s->name) + 1);
	d->d_buf = (void *)s->data;
	d->d_size = s->size;
	d->d_align = s->align;
	d->d_type = ELF_T_BYTE;		// all of it is in the target's order already
	return gelf_update_shdr(scn, &sh) ? NULL : elf_errmsg(-1);
}

static void put_sym32(struct vs_buf *b, const Elf64_Sym *s, bool big_endian)
{
	Elf32_Sym raw = { .st_info = s->st_info, .st_other = s->st_other };

	vs_store32(&raw.st_name, s->st_name, big_endian);
	vs_store32(&raw.st_value, (uint32_t)s->st_value, big_endian);
	vs_store32(&raw.st_size, (uint32_t)s->st_size, big_endian);
	vs_store16(&raw.st_shndx, s->st_shndx, big_endian);
	vs_buf_put(b, &raw, sizeof(raw));
}

void vs_elf_put_sym(struct vs_buf *b, const Elf64_Sym *s, unsigned int word, bool big_endian)
{
	Elf64_Sym raw = { .st_info = s->st_info, .st_other = s->st_other };

	if (word != 8) {
		put_sym32(b, s, big_endian);
		return;
	}

	vs_store32(&raw.st_name, s->st_name, big_endian);
	vs_store16(&raw.st_shndx, s->st_shndx, big_endian);
	vs_store64(&raw.st_value, s->st_value, big_endian);
	vs_store64(&raw.st_size, s->st_size, big_endian);
	vs_buf_put(b, &raw, sizeof(raw));
}

void vs_elf_put_nhdr(struct vs_buf *b, const Elf64_Nhdr *n, bool big_endian)
{
	Elf64_Nhdr raw;

	vs_store32(&raw.n_namesz, n->n_namesz, big_endian);
	vs_store32(&raw.n_descsz, n->n_descsz, big_endian);
	vs_store32(&raw.n_type, n->n_type, big_endian);
	vs_buf_put(b, &raw, sizeof(raw));
}

struct vs_err *vs_elf_file_create(const char *path, int *fd_ret)
{
	*fd_ret = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return *fd_ret < 0 ? vs_err_os(errno, "cannot create %s", path) : NULL;
}

struct vs_err *vs_elf_sections_write(int fd, const char *path, uint16_t machine, unsigned int word,
				     bool big_endian, const struct vs_elf_section *sections, size_t n)
{
	_cleanup_buf_ struct vs_buf names = VS_BUF_INIT;
	const char *why = NULL;
	GElf_Ehdr eh;
	Elf *elf;

	vs_buf_putc(&names, 0);
	if (names.failed)
		return &vs_enomem;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (!elf || !gelf_newehdr(elf, word == 8 ? ELFCLASS64 : ELFCLASS32) || !gelf_getehdr(elf, &eh))
		why = elf_errmsg(-1);
	for (size_t i = 0; !why && i < n; i++)
		why = add_section(elf, &names, &sections[i]);
	if (!why) {
		// the names' own name is among them
		struct vs_elf_section s = { .name = ".shstrtab", .type = SHT_STRTAB, .align = 1 };
		char *to = vs_buf_reserve(&names, sizeof(".shstrtab"));

		s.data = names.data;
		s.size = names.len + sizeof(".shstrtab");
		why = to ? add_section(elf, &names, &s) : "out of memory";
	}
	if (!why) {
		eh.e_ident[EI_DATA] = big_endian ? ELFDATA2MSB : ELFDATA2LSB;
		eh.e_type = ET_EXEC;
		eh.e_machine = machine;
		eh.e_version = EV_CURRENT;
		eh.e_shstrndx = (Elf64_Half)(n + 1);
		if (!gelf_update_ehdr(elf, &eh) || elf_update(elf, ELF_C_WRITE) < 0)
			why = elf_errmsg(-1);
	}
	if (elf)
		elf_end(elf);
	return !why ? NULL : vs_err_create(VS_ERR_IO, "cannot write %s: %s", path, why);
}
