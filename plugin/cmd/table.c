// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of commands and of the options that all of them take. */
#include <string.h>

#include "cmd/cmds.h"
#include "cmd/nearest.h"

static const struct vs_cmd *const table[] = {
	&vs_cmd_open,
	&vs_cmd_close,
	&vs_cmd_task,
	&vs_cmd_info,
	&vs_cmd_ps,
	&vs_cmd_maps,
	&vs_cmd_layout,
	&vs_cmd_tree,
	&vs_cmd_find_addr,
	&vs_cmd_mm,
	&vs_cmd_show,
	&vs_cmd_check,
	&vs_cmd_rebuild,
	&vs_cmd_iomem,
	&vs_cmd_extract,
	&vs_cmd_triage,
};

const struct vs_option vs_common_options[] = {
	{ "vmlinux", "FILE", "the kernel with symbols; else one is looked for, else the dump does",
	  .file = true },
	{ "no-vmlinux", NULL, "do not look for one: take symbols and types out of the dump" },
	{ "debuginfod", "auto|always|never",
	  "ask servers for a vmlinux; auto: on a terminal", "auto|always|never" },
	{ "types", "FILE", "types from there: raw BTF, or an ELF file with .BTF or DWARF", .file = true },
	{ "symbols", "FILE", "symbols from there: a System.map", .file = true },
	{ "part", "FILE", "a further file of a split dump; once for each", .file = true },
	{ "force", NULL, "use that vmlinux even if it is of another build" },
	{ "types-from", "auto|btf|dwarf",
	  "where layouts come from; auto: .BTF, else .debug_info", "auto|btf|dwarf" },
	{ "format", "text|json", "how to answer; json is one object a line", "text|json" },
	{ "color", "auto|always|never", "auto: only where a person looks", "auto|always|never" },
	{ "quiet", NULL, "say nothing that was not asked for" },
	{ "stats", NULL, "tell on standard error what was read" },
	{ "help", NULL, "explain the command" },
	{ NULL }
};

const struct vs_cmd *const *vs_cmds(size_t *n_ret)
{
	*n_ret = sizeof(table) / sizeof(table[0]);
	return table;
}

const struct vs_cmd *vs_cmd_find(const char *name, size_t len, int face)
{
	size_t n;
	const struct vs_cmd *const *cmds = vs_cmds(&n);

	for (size_t i = 0; i < n; i++) {
		if ((cmds[i]->faces & face) && strlen(cmds[i]->name) == len &&
		    !memcmp(cmds[i]->name, name, len))
			return cmds[i];
	}
	return NULL;
}

const struct vs_cmd *vs_cmd_nearest(const char *name, int face)
{
	struct vs_nearest near = { .typed = name };
	size_t n;
	const struct vs_cmd *const *cmds = vs_cmds(&n);

	for (size_t i = 0; i < n; i++) {
		if (cmds[i]->faces & face)
			vs_nearest_try(&near, cmds[i]->name);
	}
	return near.best ? vs_cmd_find(near.best, strlen(near.best), face) : NULL;
}
