// SPDX-License-Identifier: GPL-2.0-or-later
/* Completion for bash, made from the command table. */
#include "cmd/cmd.h"

static const char head[] =
	"# Completion of vmascope for bash, made from its command table.\n"
	"_vmascope()\n"
	"{\n"
	"	local cur prev options values\n"
	"	COMPREPLY=()\n"
	"	cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"	# bash takes --name=value for three words\n"
	"	[ \"$prev\" = = ] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"	[ \"$cur\" = = ] && cur= && prev=${COMP_WORDS[COMP_CWORD-1]}\n";

static const char tail[] =
	"	case $cur in\n"
	"	-*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
	"	*) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	"	esac\n"
	"}\n"
	"complete -F _vmascope vmascope\n";

static void put_names(struct vs_buf *b, const struct vs_option *opts)
{
	for (; opts && opts->name; opts++)
		vs_buf_printf(b, " --%s", opts->name);
}

/* What stands behind an option that takes one of some values. */
static void put_values(struct vs_buf *b, const struct vs_option *opts)
{
	for (; opts && opts->name; opts++) {
		if (!opts->values)
			continue;
		vs_buf_printf(b, "	--%s) values='", opts->name);
		for (const char *v = opts->values; *v; v++)
			vs_buf_putc(b, *v == '|' ? ' ' : *v);
		vs_buf_puts(b, "' ;;\n");
	}
}

char *vs_cmd_bash(void)
{
	struct vs_buf b = VS_BUF_INIT;
	size_t n;
	const struct vs_cmd *const *cmds = vs_cmds(&n);

	vs_buf_puts(&b, head);
	vs_buf_puts(&b, "	if [ \"$COMP_CWORD\" = 1 ] || [ \"$prev\" = help ]; then\n"
			"		COMPREPLY=($(compgen -W 'help");
	for (size_t i = 0; i < n; i++) {
		if (cmds[i]->faces & VS_FACE_SHELL)
			vs_buf_printf(&b, " %s", cmds[i]->name);
	}
	vs_buf_puts(&b, "' -- \"$cur\"))\n"
			"		return\n"
			"	fi\n"
			"	case $prev in\n");
	put_values(&b, vs_common_options);
	vs_buf_puts(&b, "	esac\n"
			"	case ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < n; i++) {
		if (!(cmds[i]->faces & VS_FACE_SHELL))
			continue;
		vs_buf_printf(&b, "	%s)\n		options='", cmds[i]->name);
		put_names(&b, cmds[i]->options);
		vs_buf_puts(&b, "'\n		case $prev in\n");
		put_values(&b, cmds[i]->options);
		vs_buf_puts(&b, "		esac\n		;;\n");
	}
	vs_buf_puts(&b, "	esac\n"
			"	if [ \"$values\" ]; then\n"
			"		COMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n"
			"		return\n"
			"	fi\n"
			"	options=\"$options");
	put_names(&b, vs_common_options);
	vs_buf_puts(&b, "\"\n");
	vs_buf_puts(&b, tail);
	return vs_buf_steal(&b);
}
