// SPDX-License-Identifier: GPL-2.0-or-later
/* A small vmlinux: the types, the notes and a few symbols of a large one. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/vmlinux.h"

struct section {
	const char *name;
	uint32_t type, link, info;
	uint64_t flags, addr, align, entsize;
	const void *data;
	size_t size;
};

static const char *add_section(Elf *elf, struct vs_buf *names, const struct section *s)
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

struct vs_err *vs_vmlinux_reduce(const struct vs_vmlinux *v, const struct vs_named_addr *syms, size_t n,
				 uint64_t text, uint64_t end, const char *path)
{
	_cleanup_close_ int fd = -1;
	_cleanup_buf_ struct vs_buf names = VS_BUF_INIT, strs = VS_BUF_INIT, tab = VS_BUF_INIT;
	const void *btf, *notes;
	size_t btf_size, notes_size;
	const char *why = NULL;
	struct vs_err *err;
	GElf_Ehdr eh;
	Elf *elf;

	if (v->big_endian != VS_HOST_BIG_ENDIAN || v->word != 8)
		return vs_err_create(VS_ERR_FORMAT, "%s: only 64-bit vmlinux files of this machine's byte order can be reduced",
				     v->path);
	err = vs_vmlinux_section(v, ".BTF", &btf, &btf_size);
	if (!err)
		err = vs_vmlinux_section(v, ".notes", &notes, &notes_size);
	if (err)
		return err;
	if (!btf)
		return vs_err_create(VS_ERR_NOT_FOUND, "%s: no .BTF section, and DWARF cannot be reduced", v->path);
	vs_buf_putc(&strs, 0);
	vs_buf_put(&tab, &(Elf64_Sym){ 0 }, sizeof(Elf64_Sym));
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym s = {
			.st_name = (Elf64_Word)strs.len,
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			.st_value = syms[i].value,
			// .kernel, so that whoever relocates knows that it moves; per-cpu offsets do not
			.st_shndx = syms[i].value >= text && syms[i].value <= end ? 1 : SHN_ABS,
		};

		vs_buf_put(&tab, &s, sizeof(s));
		vs_buf_put(&strs, syms[i].name, strlen(syms[i].name) + 1);
	}
	vs_buf_putc(&names, 0);
	if (tab.failed || strs.failed || names.failed)
		return &vs_enomem;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return vs_err_os(errno, "cannot create %s", path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (!elf || !gelf_newehdr(elf, ELFCLASS64) || !gelf_getehdr(elf, &eh))
		why = elf_errmsg(-1);
	const struct section sections[] = {
		{ .name = ".kernel", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE,
		  .addr = text, .align = 4096, .size = end - text },
		{ .name = ".notes", .type = SHT_NOTE, .align = 4, .data = notes, .size = notes ? notes_size : 0 },
		{ .name = ".BTF", .type = SHT_PROGBITS, .align = 8, .data = btf, .size = btf ? btf_size : 0 },
		{ .name = ".symtab", .type = SHT_SYMTAB, .link = 5, .info = 1, .align = 8,
		  .entsize = sizeof(Elf64_Sym), .data = tab.data, .size = tab.len },
		{ .name = ".strtab", .type = SHT_STRTAB, .align = 1, .data = strs.data, .size = strs.len },
	};
	for (size_t i = 0; !why && i < sizeof(sections) / sizeof(sections[0]); i++)
		why = add_section(elf, &names, &sections[i]);
	if (!why) {
		// the names' own name is among them
		struct section s = { .name = ".shstrtab", .type = SHT_STRTAB, .align = 1 };
		char *to = vs_buf_reserve(&names, sizeof(".shstrtab"));

		s.data = names.data;
		s.size = names.len + sizeof(".shstrtab");
		why = to ? add_section(elf, &names, &s) : "out of memory";
	}
	if (!why) {
		eh.e_ident[EI_DATA] = VS_HOST_BIG_ENDIAN ? ELFDATA2MSB : ELFDATA2LSB;
		eh.e_type = ET_EXEC;
		eh.e_machine = v->machine;
		eh.e_version = EV_CURRENT;
		eh.e_shstrndx = 6;
		if (!gelf_update_ehdr(elf, &eh) || elf_update(elf, ELF_C_WRITE) < 0)
			why = elf_errmsg(-1);
	}
	if (elf)
		elf_end(elf);
	if (!why)
		return NULL;
	unlink(path);
	return vs_err_create(VS_ERR_IO, "cannot write %s: %s", path, why);
}
