// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/cmds.h"

#include "base/err.h"

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	struct vs_open_opts opts = args->open;
	struct vs_err *err;

	if (args->files.n > 1) {
		if (opts.vmlinux)
			return vs_err_create(VS_ERR_USAGE,
					     "open: expected one vmlinux, found \"%s\" and \"%s\"",
					     args->files.v[1], opts.vmlinux);
		opts.vmlinux = args->files.v[1];
	}
	err = vs_session_open(s, args->files.v[0], &opts, out);
	if (err)
		return err;
	return vs_cmd_info.run(s, args, out, status_ret);
}

const struct vs_cmd vs_cmd_open = {
	.name = "open",
	.faces = VS_FACE_GDB,
	.takes = VS_TAKES_DUMP,
	.gdb_usage = "DUMP [VMLINUX]",
	.summary = "open a dump and tell what it is",
	.help = "What was open before is closed. After \"gdb VMLINUX DUMP\" it is not needed: the\n"
		"other commands then read what GDB has opened. Nor is it after \"target remote\" to\n"
		"the gdbstub of a guest, or to kgdb: they read the stopped kernel itself.\n",
	.gdb_example = "(gdb) vma open vmcore vmlinux",
	.run = run,
};
