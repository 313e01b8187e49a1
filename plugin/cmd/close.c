// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/cmds.h"

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	if (!vs_session_is_open(s))
		vs_out_say(out, "no dump is open");
	vs_session_close(s);
	return NULL;
}

const struct vs_cmd vs_cmd_close = {
	.name = "close",
	.faces = VS_FACE_GDB,
	.gdb_usage = "",
	.summary = "forget the dump that is open",
	.help = "The dump that GDB itself has opened, if any, is read anew by the next command.\n",
	.gdb_example = "(gdb) vma close",
	.run = run,
};
