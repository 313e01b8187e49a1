// SPDX-License-Identifier: GPL-2.0-or-later
/* ps: the tasks of the dump. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "render/core.h"
#include "render/json.h"
#include "render/ps.h"

/* A process core: its threads, which --threads does not change. */
static struct vs_err *ps_of_core(struct vs_session *s, const struct vs_args *args, struct vs_out *out)
{
	_cleanup_free_ uint32_t *tasks = NULL;
	size_t n;
	struct vs_err *err = args->json ? vs_json_header(out, "ps") : NULL;
	int32_t tid = 0;

	if (!err && args->sel.n) {
		err = vs_select_tasks(s, args, out, &tasks, &n);
		// the process, by its pid or name, is all of them
		if (!err && s->tasks.v.v[tasks[0]].leader != tasks[0])
			tid = s->tasks.v.v[tasks[0]].pid;
	}
	if (err)
		return err;
	return args->json ? vs_json_threads(out, s->space, tid) : vs_render_threads(out, s->space, tid);
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	bool threads = vs_args_option(args, "threads");
	_cleanup_free_ uint32_t *tasks = NULL;
	size_t n, absent = 0;
	struct vs_err *err = vs_session_tasks(s, out);

	if (!err && s->core)
		return ps_of_core(s, args, out);
	if (!err && (args->sel.n || s->task)) {
		err = vs_select_tasks(s, args, out, &tasks, &n);
	} else if (!err) {
		tasks = malloc((s->tasks.v.n ? s->tasks.v.n : 1) * sizeof(*tasks));
		n = 0;
		if (!tasks)
			return &vs_enomem;
		for (size_t i = 0; i < s->tasks.v.n; i++)
			if (threads || s->tasks.v.v[i].leader == i)
				tasks[n++] = (uint32_t)i;
	}
	if (!err)
		err = args->json ? vs_json_header(out, "ps") : vs_render_ps_head(out);
	for (size_t i = 0; !err && i < n; i++) {
		const struct vs_task *t = &s->tasks.v.v[tasks[i]];
		struct vs_mm_fields f = { 0 };

		if (t->mm)
			err = vs_mm_read_fields(s->k, t->mm, &f);
		if (!err && t->mm)
			vs_rss_add_tasks(&s->tasks, t->mm, &f);
		absent += f.rss_parts.absent;
		if (!err)
			err = args->json ? vs_json_ps(out, t, &f) :
				vs_render_ps_line(out, t, &f, s->k->mem.target.page_shift);
	}
	if (!err && absent) {
		vs_out_say(out, "%zu task%s: RSS lacks what CPUs count for themselves, which is not in the dump",
			   absent, absent == 1 ? "" : "s");
		*status_ret = VS_STATUS_INCOMPLETE;
	}
	for (size_t i = 0; !err && i < s->tasks.breaks.n; i++) {
		const struct vs_task_break *b = &s->tasks.breaks.v[i];

		*status_ret = b->why == VS_STOP_ABSENT && *status_ret != VS_STATUS_DAMAGE ?
			VS_STATUS_INCOMPLETE : VS_STATUS_DAMAGE;
	}
	return err;
}

static const struct vs_option options[] = {
	{ .name = "threads", .help = "a line for each thread, not only for each process" },
	{ NULL }
};

const struct vs_cmd vs_cmd_ps = {
	.name = "ps",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "list the tasks: pid, state, mm, VMA count, sizes",
	.help = "One line a process, in the order of the kernel's task ring. VMAS is map_count,\n"
		"VSZ total_vm and RSS the resident pages, all in KiB. RSS is the true sum;\n"
		"RSS-MM is what the mm_struct alone has counted: the rest is with CPUs (since\n"
		"Linux 6.2) or with tasks (before). /proc/PID/status shows RSS-MM up to Linux\n"
		"6.15, RSS since then, and where that was put into an older kernel. Kernel\n"
		"threads stand in [brackets] and have no mm; a process that has released its mm\n"
		"(a zombie) has none either. With --threads each thread has a line.\n"
		"\n"
		"Of a process core: a line for each thread, the one that died first, with its\n"
		"signal, its stack pointer and its program counter.",
	.example = "vmascope ps vmcore --threads",
	.gdb_example = "vma ps",
	.options = options,
	.run = run,
};
