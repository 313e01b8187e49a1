// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/ps.h"

#include <inttypes.h>
#include <string.h>

#include "base/out.h"

struct vs_err *vs_render_ps_head(struct vs_out *out)
{
	return vs_out_printf(out, "%7s %7s %s %-18s %7s %11s %10s %10s %s\n", "PID", "TGID", "S",
			     "MM", "VMAS", "VSZ", "RSS", "RSS-MM", "COMMAND");
}

struct vs_err *vs_render_ps_line(struct vs_out *out, const struct vs_task *t,
				 const struct vs_mm_fields *f, unsigned int page_shift)
{
	const unsigned int kb = page_shift - 10;
	struct vs_buf *b = &out->buf;

	vs_buf_printf(b, "%7d %7d %c ", t->pid, t->tgid, vs_task_state(t));
	if (t->mm)
		vs_buf_printf(b, "%#18" PRIx64 " %7" PRIu64 " %11" PRIu64 " %10" PRIu64 " %10" PRIu64 " ", t->mm,
			      f->map_count, f->total_vm << kb, vs_mm_rss(f, true).total << kb,
			      vs_mm_rss(f, false).total << kb);
	else
		vs_buf_printf(b, "%-18s %7s %11s %10s %10s ", "-", "-", "-", "-", "-");
	if (t->flags & VS_PF_KTHREAD)
		vs_buf_putc(b, '[');
	vs_buf_put_clean(b, t->comm, strlen(t->comm));
	if (t->flags & VS_PF_KTHREAD)
		vs_buf_putc(b, ']');
	if (t->exit_state)
		vs_buf_puts(b, " <defunct>");
	vs_buf_putc(b, '\n');
	return vs_out_tick(out);
}
