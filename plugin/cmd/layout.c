// SPDX-License-Identifier: GPL-2.0-or-later
/* layout: the textbook picture of an address space, from real numbers. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "mm/kmap.h"
#include "render/json.h"
#include "render/layout.h"

#define MAX_ROWS 200	/* VMAs above this are drawn in runs */

static void kernel_line(const struct vs_kernel *k, char *buf, size_t size)
{
	snprintf(buf, size, "Linux %s %s, %u-level page tables", *k->release ? k->release : "of unknown release",
		 k->mem.arch->name, k->mem.pgt.levels);
}

static struct vs_err *draw(struct vs_session *s, uint64_t mm, const struct vs_kmap *kmap,
			   const struct vs_args *args, struct vs_out *out, int *status)
{
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_pic_env env = { .kmap = kmap };
	struct vs_picture p = { 0 };
	struct vs_err *err = vs_session_space(s, mm, true, out);
	char kernel[192];

	if (err)
		return err;
	if (s->k) {
		const struct vs_arch *arch = s->k->mem.arch;

		env.user_end = arch->user_end(&s->k->mem.pgt);
		env.kernel_start = arch->overlap ? 0 : arch->kernel_start ? arch->kernel_start(&s->k->mem.pgt) :
			-env.user_end;
	}
	env.max_rows = args->json || vs_args_option(args, "all") ? 0 : MAX_ROWS;
	if (s->k)
		kernel_line(s->k, kernel, sizeof(kernel));
	else
		snprintf(kernel, sizeof(kernel), "process core by %s", vs_producer_name(s->core->core.producer));
	if (!vs_picture_init(&p, s->space, &env))
		err = &vs_enomem;
	else if (args->json)
		err = vs_json_layout(out, s->space, &p, &env);
	else
		err = vs_render_layout(out, s->space, &p, kernel, &style);
	vs_picture_deinit(&p);
	if (!err)
		vs_tell_damage(s->space, 0, out, status);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	struct vs_kmap kmap = { 0 };
	size_t n;
	struct vs_err *err = vs_select_mms(s, args, out, &mms, &n);

	if (!err && s->k)
		err = vs_kmap_read(s->k, &kmap);
	if (!err && args->json)
		err = vs_json_header(out, "layout");
	for (size_t i = 0; !err && i < n; i++) {
		if (i && !args->json)
			vs_buf_putc(&out->buf, '\n');
		err = draw(s, mms[i].mm, n == 1 ? &kmap : NULL, args, out, status_ret);
	}
	vs_kmap_deinit(&kmap);
	return err;
}

static const struct vs_option options[] = {
	{ .name = "all", .help = "a row for each VMA, however many there are" },
	{ .name = "ascii", .help = "no box characters, whatever the locale" },
	{ NULL }
};

const struct vs_cmd vs_cmd_layout = {
	.name = "layout",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "draw address spaces as textbooks do, with the real numbers",
	.help = "One row a mapping, high addresses on top, with a letter for what it is; gaps\n"
		"between them with their size; and where the mm_struct says that code, data,\n"
		"heap, mmap area, stack, arguments and environment begin and end. Above the user's\n"
		"half: the hole without addresses, and the kernel's. Below the picture: totals by\n"
		"kind, and the kernel's own counters held against its VMAs.\n"
		"\n"
		"Of a process core: threads' stacks and guards by name, where each thread's SP and PC\n"
		"are, the address that could not be accessed, and how much of each mapping is there.\n"
		"\n"
		"An address space of more than 200 VMAs has runs of like ones drawn as one\n"
		"row, unless --all is given. --format json has every VMA in any case.",
	.example = "vmascope layout vmcore 1234",
	.gdb_example = "vma layout 1234",
	.options = options,
	.run = run,
};
