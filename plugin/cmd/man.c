// SPDX-License-Identifier: GPL-2.0-or-later
/* The manual page, made from the command table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/unseen.h"
#include "cmd/cmd.h"
#include "cmd/help.h"

/* @p len bytes as roff text: no escape, no request at the start of a line. */
static void put_text(struct vs_buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool start = !i || s[i - 1] == '\n';

		if (start && (s[i] == '.' || s[i] == '\''))
			vs_buf_puts(b, "\\&");
		if (s[i] == '\\')
			vs_buf_puts(b, "\\e");
		else if (s[i] == '-')
			vs_buf_puts(b, "\\-");
		else
			vs_buf_putc(b, s[i]);
	}
}

static void put_str(struct vs_buf *b, const char *s)
{
	put_text(b, s, strlen(s));
}

/* Words that stand as typed in bold, what is to be filled in (capitals) in italics. */
static void put_usage(struct vs_buf *b, const char *s)
{
	while (*s) {
		size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		bool upper = n > 1;

		if (!upper)
			n = strcspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") + 1;
		vs_buf_puts(b, upper ? "\\fI" : "\\fR");
		put_text(b, s, n);
		s += n;
	}
	vs_buf_puts(b, "\\fR");
}

/* Paragraphs are filled again; lines that begin with a blank stay as they are. */
static void put_paragraphs(struct vs_buf *b, const char *s)
{
	bool verbatim = false;

	while (*s) {
		size_t n = strcspn(s, "\n");
		bool blank = s[0] == ' ' || s[0] == '\t';

		if (n && blank != verbatim) {
			vs_buf_puts(b, blank ? ".nf\n" : ".fi\n");
			verbatim = blank;
		}
		if (!n)
			vs_buf_puts(b, verbatim ? "\n" : ".IP\n");
		else
			put_text(b, s, n);
		if (n)
			vs_buf_putc(b, '\n');
		s += n;
		s += *s == '\n';
	}
	if (verbatim)
		vs_buf_puts(b, ".fi\n");
}

static void put_options(struct vs_buf *b, const struct vs_option *opts)
{
	for (; opts && opts->name; opts++) {
		vs_buf_puts(b, ".TP\n\\fB");
		if (opts->letter)
			vs_buf_printf(b, "\\-%c\\fR, \\fB", opts->letter);
		vs_buf_puts(b, "\\-\\-");
		put_str(b, opts->name);
		vs_buf_puts(b, "\\fR");
		if (opts->arg) {
			vs_buf_puts(b, " \\fI");
			put_str(b, opts->arg);
			vs_buf_puts(b, "\\fR");
		}
		vs_buf_putc(b, '\n');
		put_str(b, opts->help);
		vs_buf_puts(b, ".\n");
	}
}

static void put_synopsis(struct vs_buf *b, const struct vs_cmd *cmd, const char *face,
			 const char *usage)
{
	vs_buf_printf(b, "\\fB%s ", face);
	put_str(b, cmd->name);
	vs_buf_puts(b, "\\fR");
	if (usage && *usage) {
		vs_buf_putc(b, ' ');
		put_usage(b, usage);
	}
	vs_buf_putc(b, '\n');
}

static void put_command(struct vs_buf *b, const struct vs_cmd *cmd)
{
	vs_buf_puts(b, ".TP\n");
	if (cmd->faces & VS_FACE_SHELL)
		put_synopsis(b, cmd, "vmascope", cmd->usage);
	if (cmd->faces == VS_FACE_BOTH)
		vs_buf_puts(b, ".TQ\n");
	if (cmd->faces & VS_FACE_GDB)
		put_synopsis(b, cmd, "(gdb) vma", cmd->gdb_usage);
	put_str(b, cmd->summary);
	vs_buf_puts(b, ".\n");
	if (cmd->help && *cmd->help) {
		vs_buf_puts(b, ".IP\n");
		put_paragraphs(b, cmd->help);
	}
	if (cmd->options && cmd->options->name) {
		vs_buf_puts(b, ".RS\n");
		put_options(b, cmd->options);
		vs_buf_puts(b, ".RE\n");
	}
	if (cmd->example && *cmd->example) {
		vs_buf_puts(b, ".IP\n.EX\n");
		put_str(b, cmd->example);
		vs_buf_puts(b, "\n.EE\n");
	}
	if (cmd->gdb_example && *cmd->gdb_example) {
		vs_buf_puts(b, ".IP\n.EX\n");
		put_str(b, cmd->gdb_example);
		vs_buf_puts(b, "\n.EE\n");
	}
}

static void put_item(struct vs_buf *b, const char *name, const char *aside, const char *words)
{
	vs_buf_puts(b, ".TP\n\\fB");
	put_str(b, name);
	vs_buf_puts(b, "\\fR");
	put_str(b, aside);
	vs_buf_putc(b, '\n');
	put_str(b, words);
	vs_buf_puts(b, ".\n");
}

static void put_rules(struct vs_buf *b)
{
	static const char *const asides[] = {
		[VS_SEV_ERROR] = "", [VS_SEV_INCOMPLETE] = " (incomplete)", [VS_SEV_NOTE] = " (a note)",
	};
	const struct vs_rule *rules;
	size_t n;

	rules = vs_rules(&n);
	vs_buf_puts(b, ".SH RULES\n"
		    "What \\fBcheck\\fR holds structures against; a release that lacks the members lacks the rule.\n"
		    "A rule that only notes something changes no verdict.\n");
	for (size_t i = 0; i < n; i++)
		put_item(b, rules[i].id, asides[rules[i].severity], rules[i].doc);
}

static void put_causes(struct vs_buf *b)
{
	vs_buf_puts(b, ".SH LIKELY CAUSES\n"
		    "\\fBcheck\\fR names one where there is evidence for it, by these names in JSON\n"
		    "(\\fIcause_kind\\fR). What nothing speaks for is not told.\n");
	for (int c = 0; c < VS_N_CAUSES; c++)
		if (vs_cause_name(c))
			put_item(b, vs_cause_name(c), "", vs_cause_doc(c));
}

static void put_unseen(struct vs_buf *b)
{
	const struct vs_unseen *rows;
	size_t n;

	rows = vs_unseen(&n);
	vs_buf_puts(b, ".SH WHAT CHECK CANNOT SEE\n"
		    "Changes that nothing else in a dump contradicts. Of some members it is\n"
		    "every change, of others only those named here.\n");
	for (int all = 0; all < 2; all++)
		for (size_t i = 0; i < n; i++) {
			char *name;

			if (rows[i].all != all || asprintf(&name, "%s: %s", rows[i].type, rows[i].members) < 0)
				continue;
			put_item(b, name, all ? " (any change)" : "", rows[i].words);
			free(name);
		}
}

char *vs_cmd_man(void)
{
	struct vs_buf b = VS_BUF_INIT;
	size_t n;
	const struct vs_cmd *const *cmds = vs_cmds(&n);

	vs_buf_puts(&b,
		    ".\\\" Made from the command table; see plugin/cmd/man.c.\n"
		    ".TH VMASCOPE 1\n"
		    ".SH NAME\n"
		    "vmascope \\- show and check the address spaces in a Linux crash dump\n"
		    ".SH SYNOPSIS\n"
		    "\\fBvmascope\\fR \\fICOMMAND\\fR [\\fIADDR\\fR] \\fIDUMP\\fR "
		    "[\\fISELECTION\\fR...] [\\fIOPTION\\fR...]\n.br\n"
		    "(gdb) \\fBvma\\fR \\fICOMMAND\\fR [\\fIADDR\\fR] "
		    "[\\fISELECTION\\fR...] [\\fIOPTION\\fR...]\n"
		    ".SH DESCRIPTION\n"
		    "It opens a kernel dump, rebuilds every \\fBmm_struct\\fR and its chain of\n"
		    "\\fBvm_area_struct\\fR, prints the layout as the kernel itself would have\n"
		    "printed it, and says whether the structures agree with each other.\n"
		    "It opens the core of a process as well, and says what its address space was,\n"
		    "how it died, and whether the core is whole.\n"
		    ".PP\n"
		    "The same commands are there in the shell and, once\n"
		    "\\fBsource \\fIDIR\\fB/vmascope.py\\fR has been said, in GDB. After\n"
		    "\\fBgdb vmlinux vmcore\\fR nothing more need be opened there.\n"
		    ".PP\n");
	put_paragraphs(&b, vs_help_selection);
	vs_buf_puts(&b,
		    "Without one it is all address spaces; in GDB the task chosen with\n"
		    "\\fBvma task\\fR, if any.\n"
		    "A file that is named like a number or a selection is written\n"
		    "\\fB./\\fINAME\\fR in the shell. In GDB an \\fIADDR\\fR may be any expression.\n"
		    ".PP\n"
		    "The answer goes to standard output, everything said about it to standard\n"
		    "error.\n"
		    ".SH COMMANDS\n");
	for (size_t i = 0; i < n; i++)
		put_command(&b, cmds[i]);
	vs_buf_puts(&b,
		    ".TP\n\\fBvmascope help\\fR [\\fICOMMAND\\fR]\nexplain a command.\n"
		    ".TP\n\\fBvmascope \\-\\-version\\fR\ntell the version.\n"
		    ".SH OPTIONS\n");
	put_options(&b, vs_common_options);
	put_rules(&b);
	put_causes(&b);
	put_unseen(&b);
	vs_buf_puts(&b,
		    ".SH EXIT STATUS\n"
		    "In GDB the same number is \\fB$_vma_status\\fR.\n");
	for (const struct vs_exit_code *e = vs_exit_codes; e->check; e++) {
		vs_buf_printf(&b, ".TP\n%d\n\\fBcheck\\fR: ", e->code);
		put_str(&b, e->check);
		vs_buf_puts(&b, ".\n");
		if (e->other) {
			vs_buf_puts(&b, "Other commands: ");
			put_str(&b, e->other);
			vs_buf_puts(&b, ".\n");
		}
	}
	vs_buf_puts(&b,
		    ".TP\n130, 141\nthe user interrupted it; the reader of its output went away.\n"
		    ".SH ENVIRONMENT\n"
		    ".TP\n\\fBNO_COLOR\\fR\nno colour under \\fB\\-\\-color auto\\fR, if set and not empty.\n"
		    ".SH SEE ALSO\n"
		    "\\fBgdb\\fR(1), \\fBproc\\fR(5)\n");
	return vs_buf_steal(&b);
}
