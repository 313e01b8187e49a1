// SPDX-License-Identifier: GPL-2.0-or-later
/* maps: what /proc/PID/maps would have said. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/core.h"
#include "cmd/session.h"
#include "cmd/sound.h"
#include "render/json.h"
#include "render/maps.h"

static void put_head(const struct vs_task *t, struct vs_out *out)
{
	vs_buf_puts(&out->buf, "==> ");
	vs_buf_dec(&out->buf, (uint64_t)t->pid);
	vs_buf_putc(&out->buf, ' ');
	vs_buf_put_clean(&out->buf, t->comm, __builtin_strlen(t->comm));
	vs_buf_puts(&out->buf, " <==\n");
}

#define MAX_HELD (64u << 20)	/* bytes of text; a million mappings have 49 of them */

struct printer {
	struct vs_session *s;
	struct vs_out *out;
	size_t begin;		/* of the text in the buffer */
	struct vs_err *err;
};

/* A line for the VMA that is being read; not if anything would have to be said about its name. */
static bool print_vma(void *arg, struct vs_space *sp)
{
	struct printer *p = arg;
	struct vs_buf *b = &p->out->buf;
	const struct vs_vma *v = &sp->vmas.v[0];

	p->err = vs_session_name_one(p->s, 0);
	if (p->err || (v->file && (sp->facts[v->fact].problem || !sp->facts[v->fact].path)))
		return false;
	vs_render_maps_line(b, sp, v, 0, p->out->terminal);
	vs_buf_putc(b, '\n');
	return !b->failed && b->len - p->begin <= MAX_HELD;
}

/*
 * What is sound is printed while it is read. The text is held back until the last VMA has been
 * seen: what is broken has to be put together before any of it can be printed. Nobody else writes to
 * the buffer meanwhile.
 */
static struct vs_err *print_sound(struct vs_session *s, uint64_t mm, struct vs_out *out, bool *done_ret)
{
	struct printer p = { .s = s, .out = out, .begin = out->buf.len };
	const struct vs_sound how = { .vma = print_vma, .arg = &p };
	const bool failed = out->buf.failed;
	uint64_t n;
	struct vs_err *err = vs_sound_scan(s, mm, &how, out, &n, done_ret);

	err = err ? err : p.err;
	if (!err && *done_ret) {
		vs_render_maps_gate(&out->buf, s->space, out->terminal);
		return vs_out_tick(out);
	}
	// as if it had not been tried, also where there was no memory for it
	vs_buf_cut(&out->buf, p.begin);
	out->buf.failed = failed;
	return err;
}

static struct vs_err *print_one(struct vs_session *s, const struct vs_task *t, bool head,
				const struct vs_args *args, struct vs_out *out, int *status)
{
	struct vs_order order = { 0 };
	struct vs_err *err = NULL;
	bool done = false;

	if (!args->json) {
		if (head)
			put_head(t, out);
		err = print_sound(s, t->mm, out, &done);
	}
	if (!err && !done)
		err = vs_session_space(s, t->mm, true, out);
	if (err)
		return vs_err_wrap(err, "pid %d", t->pid);
	if (done)
		return NULL;
	if (!vs_space_order(s->space, &order))
		return &vs_enomem;
	err = args->json ? vs_json_maps(out, s->space, &order, t) :
		vs_render_maps(out, s->space, &order, out->terminal);
	vs_order_deinit(&order);
	if (!err)
		vs_tell_damage(s->space, t->pid, out, status);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	_cleanup_free_ uint32_t *tasks = NULL;
	size_t n, with_mm = 0;
	struct vs_err *err = vs_select_tasks(s, args, out, &tasks, &n);

	if (!err && args->json)
		err = vs_json_header(out, "maps");
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		with_mm += s->tasks.v.v[tasks[i]].mm != 0;
	for (size_t i = 0; !err && i < n; i++) {
		const struct vs_task *t = &s->tasks.v.v[tasks[i]];

		if (t->mm)
			err = print_one(s, t, with_mm > 1, args, out, status_ret);
		else
			vs_out_say(out, "pid %d (%s): %s, no address space", t->pid, t->comm, vs_why_no_mm(t));
	}
	if (!err && s->core)
		vs_tell_core(s, out, status_ret);
	return err;
}

const struct vs_cmd vs_cmd_maps = {
	.name = "maps",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "print address spaces as /proc/PID/maps would have said them",
	.help = "For one process the output is, byte for byte, what /proc/PID/maps said on the\n"
		"machine when it was dumped, to a reader whose root is that of pid 1. Several\n"
		"address spaces are each headed by ==> PID COMM <==. On a terminal control\n"
		"characters in names are shown in octal; into a file or a pipe only the newline\n"
		"is, as the kernel does it.\n"
		"\n"
		"Where one of the structures is damaged, the VMAs that the others still lead to\n"
		"are printed all the same, and one line on standard error says so.\n"
		"\n"
		"Of a process core that the kernel has written, ranges, r, w, x, offsets and\n"
		"paths are exact. p or s, [heap], [stack], [vdso], [vvar], [vvar_vclock] and\n"
		"[vsyscall] are inferred; 00:00 and 0 stand for device and inode, which no core\n"
		"holds. --format json says of each field how it is known. What nothing in a core\n"
		"decides: names given by prctl(PR_SET_VMA), [uprobes] and what drivers call their\n"
		"mappings; which of two adjoining anonymous mappings is the heap, where\n"
		"randomize_va_space is 1; a private mapping of a memfd; p or s of a writable file\n"
		"mapping that was never written to; mappings that another producer left out.",
	.example = "vmascope maps vmcore 1234 --vmlinux vmlinux",
	.gdb_example = "vma maps 1234",
	.run = run,
};
