// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols from a System.map, as nm and the kernel's build write it: "ffffffff81000000 T _text". */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel/symbols.h"
#include "kernel/vmlinux.h"

/* One line into a symbol, whose name is from @p *name on; false: not a line of such a file. */
static bool parse_line(char *line, Elf64_Sym *sym, char **name)
{
	char *end;

	errno = 0;
	sym->st_value = strtoull(line, &end, 16);
	// "U" and "w" have no address
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ' || !end[3] || errno)
		return false;
	sym->st_shndx = end[1] == 'A' || end[1] == 'a' ? SHN_ABS : 1;
	*name = end + 3;
	return true;
}

struct vs_err *vs_sysmap_create(const char *path, struct vs_symbols **ret)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT, syms = VS_BUF_INIT;
	size_t line_no = 0, len;
	struct vs_err *err = vs_file_read(path, "a System.map", &text);

	if (err)
		return err;
	vs_buf_putc(&text, 0);
	if (text.failed)
		return &vs_enomem;
	for (char *line = text.data, *next; *line; line = next) {
		char *nl = strchr(line, '\n'), *name;
		Elf64_Sym s = { .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE) };

		line_no++;
		next = nl ? nl + 1 : line + strlen(line);
		if (nl)
			*nl = 0;
		if (line[strspn(line, " ")] == 'U' || line[strspn(line, " ")] == 'w')
			continue;
		if (!parse_line(line, &s, &name))
			return vs_err_create(VS_ERR_FORMAT,
				"%s: line %zu is not \"ADDRESS TYPE NAME\"; expected a System.map", path, line_no);
		len = strlen(name);
		if (len && name[len - 1] == '\r')
			name[len - 1] = 0;
		s.st_name = (Elf64_Word)(name - text.data);
		vs_buf_put(&syms, &s, sizeof(s));
	}
	if (syms.failed)
		return &vs_enomem;
	if (!syms.len)
		return vs_err_create(VS_ERR_FORMAT, "%s: no symbols in it; expected a System.map", path);
	return vs_symtab_create(&syms, &text, "System.map", ret);
}
