// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/cmd.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/session.h"

static struct vs_err *print_help(const struct vs_args *args, struct vs_out *out)
{
	_cleanup_free_ char *help = vs_cmd_help(args->cmd, args->face);

	return help ? vs_out_put(out, help, strlen(help)) : &vs_enomem;
}

static struct vs_err *open_and_run(struct vs_session *s, const struct vs_args *args,
				   struct vs_out *out, int *status_ret)
{
	const struct vs_cmd *cmd = args->cmd;
	struct vs_err *err;

	if (args->needs_dump && !(cmd->takes & VS_TAKES_DUMPS && args->files.n)) {
		if (args->face == VS_FACE_SHELL) {
			err = vs_session_open(s, args->files.v[0], &args->open, out);
			if (err)
				return err;
		} else if (!vs_session_is_open(s)) {
			return vs_err_create(VS_ERR_USAGE,
					     "%s: no dump is open: \"vma open DUMP [VMLINUX]\", or start as \"gdb VMLINUX DUMP\"",
					     cmd->name);
		}
	}
	if (args->needs_dump && s->core && !(cmd->takes & VS_TAKES_CORE))
		return vs_err_create(VS_ERR_USAGE,
				     "%s: %s is the core of a process: %s is about the kernel's own structures, which it does not hold",
				     cmd->name, s->dump, cmd->name);
	err = cmd->run(s, args, out, status_ret);
	vs_session_tell_lost(s, out);
	return err;
}

struct vs_err *vs_cmd_run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	int status = VS_STATUS_OK;
	struct vs_err *err;

	*status_ret = VS_STATUS_NONE;
	out->quiet = args->quiet;
	if (strcmp(args->color, "auto"))
		out->color = !strcmp(args->color, "always");
	if (args->json)
		out->color = false;
	if (args->help)
		err = print_help(args, out);
	else
		err = open_and_run(s, args, out, &status);
	if (out->progress)
		out->progress(out->face, "");
	// What was found before an error is part of the answer.
	if (!err)
		err = vs_out_flush(out);
	else if (err->code != VS_ERR_INTERRUPTED && err->code != VS_ERR_OUTPUT)
		vs_err_free(vs_out_flush(out));
	if (!err)
		*status_ret = status;
	return err;
}
