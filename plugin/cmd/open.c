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

static const struct vs_option options[] = {
	{ "no-target", NULL, "leave GDB's own target and symbols alone" },
	{ NULL }
};

const struct vs_cmd vs_cmd_open = {
	.name = "open",
	.faces = VS_FACE_GDB,
	.takes = VS_TAKES_DUMP,
	.gdb_usage = "DUMP [VMLINUX]",
	.summary = "open a dump, let GDB see it, and tell what it is",
	.help = "GDB itself then has the symbols of vmlinux where the dump has them, the dump's memory\n"
		"(what is not in the dump is an error, never zeros), and each task as a thread: x,\n"
		"print, ptype, info threads, thread, bt. Registers are those that a sleeping task has\n"
		"saved, and of running ones those that the dumper noted. Nothing can be written or run.\n"
		"Stock GDB unwinds by .debug_frame: bt ends where the kernel was entered, and what it\n"
		"prints below entry_SYSCALL_64 or an interrupt's entry is no frame.\n"
		"\n"
		"What was open before is closed, and so are symbols that GDB had. It is not needed after\n"
		"\"gdb VMLINUX DUMP\": the other commands then read what GDB has opened; nor after\n"
		"\"target remote\" to the gdbstub of a guest, or to kgdb: they read the stopped kernel.\n",
	.gdb_example = "(gdb) vma open vmcore vmlinux\n(gdb) print init_task.comm\n(gdb) info threads",
	.options = options,
	.run = run,
};
