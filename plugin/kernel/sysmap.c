// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols from a System.map, as nm and the kernel's build write it: "ffffffff81000000 T _text". */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/symbols.h"
#include "kernel/vmlinux.h"

#define FILE_MAX (256 << 20)	/* bytes; real ones have 3 to 15 MB */

static struct vs_err *read_all(const char *path, struct vs_buf *b)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vs_err_os(errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return vs_err_create(VS_ERR_FORMAT, "%s: not a file of at most %d bytes; expected a System.map", path,
				     FILE_MAX);
	do {
		char *to = vs_buf_reserve(b, 1 << 16);

		if (!to)
			return &vs_enomem;
		n = read(fd, to, 1 << 16);
		b->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && b->len <= FILE_MAX);
	return n < 0 ? vs_err_os(errno, "cannot read %s", path) : NULL;
}

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
	struct vs_err *err = read_all(path, &text);

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
