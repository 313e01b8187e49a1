// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/help.h"

#include <ctype.h>
#include <string.h>

#include "cmd/cmd.h"

const char vs_help_about[] = "Shows and checks the address spaces in a Linux crash dump.";

const char vs_help_selection[] =
	"A SELECTION is any number of PID (a number is always a pid), comm=NAME and\n"
	"mm=ADDR. Addresses are hexadecimal, with or without 0x.\n";

static const char selection_gdb[] =
	"Without a selection it is the task chosen with \"vma task PID\", else all address\n"
	"spaces. An ADDR may be any expression that GDB understands.\n";

static const char selection_shell[] =
	"Without a selection it is all address spaces. A file that is named like a number\n"
	"or a selection is written ./NAME. \"--\" ends the options.\n";

const struct vs_exit_code vs_exit_codes[] = {
	{ 0, "consistent: every rule that applies holds", "the whole answer" },
	{ 1, "corrupt: a rule is broken and no writer explains it", "a walk ended in damage" },
	{ 2, "nothing was judged; the reason is printed", "no answer; the reason is printed" },
	{ 3, "torn: broken rules, all of them what a writer caught at work leaves behind", NULL },
	{ 4, "incomplete: pages that had to be read are not in the dump", "something was missing" },
	{ 0 }
};

/* "  NAME   TEXT", the text in its own column. */
static void put_row(struct vs_buf *b, const char *name, const char *text, size_t column)
{
	size_t len = strlen(name);

	vs_buf_printf(b, "  %s", name);
	vs_buf_pad(b, ' ', len < column ? column - len : 1);
	vs_buf_printf(b, "%s\n", text);
}

static void put_options(struct vs_buf *b, const struct vs_option *opts)
{
	for (; opts && opts->name; opts++) {
		_cleanup_buf_ struct vs_buf name = VS_BUF_INIT;

		if (opts->letter)
			vs_buf_printf(&name, "-%c, ", opts->letter);
		vs_buf_printf(&name, "--%s%s%s", opts->name, opts->arg ? " " : "",
			      opts->arg ? opts->arg : "");
		put_row(b, vs_buf_str(&name), opts->help, 29);
	}
}

/* Each line of @p text with two blanks before it. */
static void put_indented(struct vs_buf *b, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		vs_buf_puts(b, n ? "  " : "");
		vs_buf_put(b, text, n);
		vs_buf_putc(b, '\n');
		text += n;
		text += *text == '\n';
	}
}

static void put_paragraph(struct vs_buf *b, const char *text)
{
	vs_buf_puts(b, text);
	if (*text && text[strlen(text) - 1] != '\n')
		vs_buf_putc(b, '\n');
}

static void put_command(struct vs_buf *b, const struct vs_cmd *cmd, int face)
{
	bool gdb = face == VS_FACE_GDB;
	const char *usage = gdb ? cmd->gdb_usage : cmd->usage;
	const char *example = gdb ? cmd->gdb_example : cmd->example;

	// GDB shows the first line by itself in lists, behind the command's name.
	if (gdb)
		vs_buf_printf(b, "%c%s.", toupper((unsigned char)cmd->summary[0]),
			      cmd->summary + 1);
	else
		vs_buf_printf(b, "vmascope %s: %s.", cmd->name, cmd->summary);
	vs_buf_printf(b, "\n\nUsage: %s %s%s%s [OPTION...]\n", gdb ? "vma" : "vmascope",
		      cmd->name, usage && *usage ? " " : "", usage ? usage : "");
	if (cmd->help && *cmd->help) {
		vs_buf_putc(b, '\n');
		put_paragraph(b, cmd->help);
	}
	if (cmd->takes & (VS_TAKES_SELECTION | VS_TAKES_ADDR)) {
		vs_buf_putc(b, '\n');
		vs_buf_puts(b, vs_help_selection);
		vs_buf_puts(b, gdb ? selection_gdb : selection_shell);
	}
	vs_buf_puts(b, "\nOptions:\n");
	put_options(b, cmd->options);
	put_options(b, vs_common_options);
	if (example && *example) {
		vs_buf_puts(b, "\nExample:\n");
		put_indented(b, example);
	}
}

static void put_overview(struct vs_buf *b, int face)
{
	size_t n;
	const struct vs_cmd *const *cmds = vs_cmds(&n);
	bool gdb = face == VS_FACE_GDB;

	vs_buf_printf(b, "%s\n\nUsage: %s\n\nCommands:\n", vs_help_about,
		      gdb ? "vma COMMAND [ADDR] [SELECTION...] [OPTION...]"
			  : "vmascope COMMAND [ADDR] DUMP [SELECTION...] [OPTION...]");
	for (size_t i = 0; i < n; i++) {
		if (cmds[i]->faces & face)
			put_row(b, cmds[i]->name, cmds[i]->summary, 10);
	}
	if (!gdb)
		put_row(b, "help", "explain a command", 10);
	vs_buf_putc(b, '\n');
	vs_buf_puts(b, vs_help_selection);
	vs_buf_puts(b, gdb ? selection_gdb : selection_shell);
	vs_buf_puts(b, "\nOptions:\n");
	put_options(b, vs_common_options);
	vs_buf_puts(b, gdb ? "\nThe verdict of \"check\", left in $_vma_status:\n"
			   : "\nThe verdict of \"check\", its exit code:\n");
	for (const struct vs_exit_code *e = vs_exit_codes; e->check; e++)
		vs_buf_printf(b, "  %d  %s\n", e->code, e->check);
	vs_buf_puts(b, gdb ? "\n\"help vma COMMAND\" says more of one.\n"
			   : "\n\"vmascope help COMMAND\" says more of one.\n");
}

char *vs_cmd_help(const struct vs_cmd *cmd, int face)
{
	struct vs_buf b = VS_BUF_INIT;

	if (cmd)
		put_command(&b, cmd, face);
	else
		put_overview(&b, face);
	return vs_buf_steal(&b);
}
