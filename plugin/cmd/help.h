/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words which the help and the manual share. */
#ifndef VS_CMD_HELP_H
#define VS_CMD_HELP_H

struct vs_exit_code {
	int code;
	const char *check;	/* what it means for `check` */
	const char *other;	/* and for the other commands; NULL: never */
};

/** Ends with a NULL check. */
extern const struct vs_exit_code vs_exit_codes[];

extern const char vs_help_about[];	/* one sentence */
extern const char vs_help_selection[];	/* a paragraph, wrapped */

#endif
