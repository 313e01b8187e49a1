// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/cmds.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "base/err.h"

static struct vs_err *select_pid(struct vs_session *s, int32_t pid, struct vs_out *out)
{
	_cleanup_free_ struct vs_session_name *names = NULL;
	struct vs_err *err;
	size_t n, i;

	err = vs_session_names(s, out, &names, &n);
	if (err)
		return err;
	for (i = 0; i < n && names[i].pid != pid; i++)
		;
	if (i == n)
		return vs_err_create(VS_ERR_NOT_FOUND,
				     "task: no process with pid %" PRId32 " in the dump", pid);
	vs_session_set_task(s, pid);
	return NULL;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	struct vs_err *err = NULL;

	if (vs_args_option(args, "none"))
		vs_session_set_task(s, 0);
	if (args->sel.n > 1 || (args->sel.n && args->sel.v[0].kind != VS_SEL_PID))
		return vs_err_create(VS_ERR_USAGE, "task: expected one PID");
	if (args->sel.n)
		err = select_pid(s, (int32_t)args->sel.v[0].num, out);
	if (err)
		return err;
	if (vs_session_task(s))
		return vs_out_printf(out, "task %" PRId32 "\n", vs_session_task(s));
	return vs_out_printf(out, "no task is selected\n");
}

static const struct vs_option options[] = {
	{ "none", NULL, "select none: commands go over all address spaces again" },
	{ NULL }
};

const struct vs_cmd vs_cmd_task = {
	.name = "task",
	.faces = VS_FACE_GDB,
	.takes = VS_TAKES_SELECTION | VS_NEEDS_DUMP,
	.gdb_usage = "[PID]",
	.summary = "select the task that commands are about, or tell which one is",
	.help = "Commands without a selection of their own then are about this task.\n",
	.gdb_example = "(gdb) vma task 134\n(gdb) vma maps",
	.options = options,
	.run = run,
};
