// SPDX-License-Identifier: GPL-2.0-or-later
/* A small vmlinux: the types, the notes and a few symbols of a large one. */
#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/btf.h"
#include "kernel/elf_sections.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"

struct vs_err *vs_vmlinux_reduce(const struct vs_vmlinux *v, const struct vs_types *types,
				 const struct vs_named_addr *syms, size_t n, uint64_t text, uint64_t end,
				 const char *path)
{
	_cleanup_buf_ struct vs_buf strs = VS_BUF_INIT, tab = VS_BUF_INIT;
	size_t btf_size, notes_size;
	const void *btf = vs_btf_raw(types, &btf_size), *notes;
	_cleanup_close_ int fd = -1;
	struct vs_err *err;

	if (!btf)
		return vs_err_create(VS_ERR_NOT_FOUND,
			"%s: types from %s, which cannot be reduced; pahole --btf_encode_detached makes BTF of it, for --types",
			v->path, types->source);
	err = vs_vmlinux_section(v, ".notes", &notes, &notes_size);
	if (err)
		return err;
	vs_buf_putc(&strs, 0);
	vs_elf_put_sym(&tab, &(Elf64_Sym){ 0 }, v->word, v->big_endian);
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym s = {
			.st_name = (Elf64_Word)strs.len,
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			.st_value = syms[i].value,
			// .kernel, so that whoever relocates knows that it moves; per-cpu offsets do not
			.st_shndx = syms[i].value >= text && syms[i].value <= end ? 1 : SHN_ABS,
		};

		vs_elf_put_sym(&tab, &s, v->word, v->big_endian);
		vs_buf_put(&strs, syms[i].name, strlen(syms[i].name) + 1);
	}
	if (tab.failed || strs.failed)
		return &vs_enomem;
	const struct vs_elf_section sections[] = {
		{ .name = ".kernel", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE,
		  .addr = text, .align = 4096, .size = end - text },
		{ .name = ".notes", .type = SHT_NOTE, .align = 4, .data = notes, .size = notes ? notes_size : 0 },
		{ .name = ".BTF", .type = SHT_PROGBITS, .align = 8, .data = btf, .size = btf_size },
		{ .name = ".symtab", .type = SHT_SYMTAB, .link = 5, .info = 1, .align = 8,
		  .entsize = vs_elf_sym_size(v->word), .data = tab.data, .size = tab.len },
		{ .name = ".strtab", .type = SHT_STRTAB, .align = 1, .data = strs.data, .size = strs.len },
	};
	err = vs_elf_file_create(path, &fd);
	if (err)
		return err;
	err = vs_elf_sections_write(fd, path, v->machine, v->word, v->big_endian, sections,
				    sizeof(sections) / sizeof(sections[0]));
	if (err)
		unlink(path);
	return err;
}
