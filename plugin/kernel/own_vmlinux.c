// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vmlinux for debuggers out of what is known without one: BTF and the same as DWARF, the
 * symbols as .symtab, the build-id. No code and no data: a debugger has those from the dump.
 */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/btf.h"
#include "kernel/elf_sections.h"
#include "kernel/kernel.h"

struct tables {
	struct vs_buf syms, strs;
	uint64_t text, data, end;	/* link-time: the image, and where its code ends */
	uint64_t percpu_end;		/* offsets of per-cpu variables are below */
	bool big_endian;
};

#define PERCPU_MAX (1U << 24)

/*
 * Code is in section 1, data in 2; what is nowhere in the image is not moved with it.
 * Per-cpu offsets have a section, 3, that whoever moves the rest can leave where it is.
 */
static bool add_symbol(void *arg, const char *name, uint64_t value, bool absolute)
{
	struct tables *t = arg;
	const bool inside = !absolute && value >= t->text && value <= t->end, code = value < t->data;
	const bool percpu = !inside && value < PERCPU_MAX;
	Elf64_Sym s = {
		.st_name = (Elf64_Word)t->strs.len,
		// all global: locals would have to stand first
		.st_info = ELF64_ST_INFO(STB_GLOBAL, !inside ? STT_NOTYPE : code ? STT_FUNC : STT_OBJECT),
		.st_value = value,
		.st_shndx = percpu ? 3 : !inside ? SHN_ABS : code ? 1 : 2,
	};

	if (percpu && value >= t->percpu_end)
		t->percpu_end = value + 1;

	vs_elf_put_sym(&t->syms, &s, 8, t->big_endian);
	vs_buf_put(&t->strs, name, strlen(name) + 1);
	return !t->syms.failed && !t->strs.failed;
}

/* NT_GNU_BUILD_ID, as .notes has it. */
static void put_note(struct vs_buf *b, const struct vs_build_id *id, bool big_endian)
{
	const Elf64_Nhdr n = { .n_namesz = 4, .n_descsz = (Elf64_Word)id->len, .n_type = NT_GNU_BUILD_ID };

	if (!id->len)
		return;
	vs_elf_put_nhdr(b, &n, big_endian);
	vs_buf_put(b, "GNU", 4);
	vs_buf_put(b, id->bytes, id->len);
	vs_buf_pad(b, 0, (4 - id->len % 4) % 4);
}

struct vs_err *vs_kernel_make_vmlinux(struct vs_kernel *k, int fd, const char *path)
{
	static const struct { enum vs_sym sym; const char *name, *tag; } known[] = {
		{ VS_SYM_INIT_TASK, "init_task", "task_struct" },
		{ VS_SYM_IOMEM_RESOURCE, "iomem_resource", "resource" },
	};
	_cleanup_buf_ struct vs_buf info = VS_BUF_INIT, abbrev = VS_BUF_INIT, str = VS_BUF_INIT, notes = VS_BUF_INIT;
	struct vs_typed_var vars[sizeof(known) / sizeof(known[0])];
	struct tables t = {
		.text = k->mem.image_start - k->kaslr, .end = k->mem.image_end - k->kaslr,
		.big_endian = k->mem.target.big_endian,
	};
	size_t n_vars = 0, raw_size;
	const void *raw = vs_btf_raw(k->types, &raw_size);
	uint64_t etext;
	struct vs_err *err;

	if (!raw || k->mem.target.word != 8)
		return vs_err_create(VS_ERR_NOT_FOUND,
			"no vmlinux can be made of %s and %s: BTF of a 64-bit kernel is needed",
			k->symbols->source, k->types->source);
	t.data = vs_kernel_sym(k, VS_SYM_ETEXT, &etext) ? etext - k->kaslr : t.text;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (k->sym[known[i].sym].found)
			vars[n_vars++] = (struct vs_typed_var){ known[i].name, known[i].tag,
								k->sym[known[i].sym].value - k->kaslr };
	}
	vs_buf_putc(&t.strs, 0);
	vs_elf_put_sym(&t.syms, &(Elf64_Sym){ 0 }, 8, t.big_endian);
	err = k->symbols->ops->each(k->symbols, add_symbol, &t);
	// what was found by its shape is in no table
	for (size_t i = 0; !err && k->functions_only && i < n_vars; i++)
		add_symbol(&t, vars[i].name, vars[i].addr, false);
	if (!err)
		err = vs_btf_to_dwarf(k->types, k->mem.target.word, vars, n_vars,
				      &(struct vs_dwarf_out){ &info, &abbrev, &str, t.big_endian });
	put_note(&notes, &k->build_id, t.big_endian);
	if (!err && (t.syms.failed || t.strs.failed || notes.failed))
		err = &vs_enomem;
	if (!err) {
		const struct vs_elf_section sections[] = {
			{ .name = ".text", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_EXECINSTR, .addr = t.text,
			  .align = 4096, .size = t.data - t.text },
			{ .name = ".data", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_WRITE, .addr = t.data,
			  .align = 4096, .size = t.end - t.data },
			{ .name = ".data..percpu", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_WRITE, .align = 4096,
			  .size = t.percpu_end },
			{ .name = ".notes", .type = SHT_NOTE, .align = 4, .data = notes.data, .size = notes.len },
			{ .name = ".BTF", .type = SHT_PROGBITS, .align = 8, .data = raw, .size = raw_size },
			{ .name = ".debug_info", .type = SHT_PROGBITS, .align = 1, .data = info.data, .size = info.len },
			{ .name = ".debug_abbrev", .type = SHT_PROGBITS, .align = 1, .data = abbrev.data,
			  .size = abbrev.len },
			{ .name = ".debug_str", .type = SHT_PROGBITS, .align = 1, .data = str.data, .size = str.len },
			{ .name = ".symtab", .type = SHT_SYMTAB, .link = 10, .info = 1, .align = 8,
			  .entsize = sizeof(Elf64_Sym), .data = t.syms.data, .size = t.syms.len },
			{ .name = ".strtab", .type = SHT_STRTAB, .align = 1, .data = t.strs.data, .size = t.strs.len },
		};

		err = vs_elf_sections_write(fd, path, k->mem.arch->machine, 8, t.big_endian, sections,
					    sizeof(sections) / sizeof(sections[0]));
	}
	vs_buf_deinit(&t.syms);
	vs_buf_deinit(&t.strs);
	return err;
}
