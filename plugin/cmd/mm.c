// SPDX-License-Identifier: GPL-2.0-or-later
/* mm, show: every member of one mm_struct, of one vm_area_struct. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/core.h"
#include "cmd/session.h"
#include "mm/record.h"
#include "render/json.h"
#include "render/maps.h"
#include "render/record.h"

/* "pid 1 (init), pid 7 (x)": who uses the mm in s->space. */
static void put_users(struct vs_buf *b, const struct vs_space *sp)
{
	size_t shown = 0;

	for (size_t i = 0; i < sp->users.n; i++) {
		const struct vs_space_user *u = &sp->users.v[i];

		if (u->pid != u->tgid && i)
			continue;	// threads of a leader that was named
		vs_buf_printf(b, "%spid %d (", shown ? ", " : "", u->tgid);
		vs_buf_put_clean(b, u->comm, __builtin_strlen(u->comm));
		vs_buf_putc(b, ')');
		if (++shown == 4 && i + 1 < sp->users.n) {
			vs_buf_puts(b, ", ...");
			break;
		}
	}
	if (!shown)
		vs_buf_puts(b, "no task of the dump uses it");
}

static void absent_status(const struct vs_record *r, int *status)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (r->v.v[i].absent && *status == VS_STATUS_OK)
			*status = VS_STATUS_INCOMPLETE;
}

static struct vs_err *print_mm(struct vs_session *s, uint64_t mm, bool json, struct vs_out *out, int *status)
{
	struct vs_record r = { 0 };
	struct vs_err *err = vs_session_space(s, mm, true, out);

	if (!err)
		err = vs_record_read(s->k, &s->files, s->k->layout.mm_type, mm, &r);
	if (!err)
		absent_status(&r, status);
	if (!err && json) {
		err = vs_json_record(out, &r);
		if (!err)
			err = vs_json_status(out, s->space);
	} else if (!err) {
		put_users(&out->buf, s->space);
		vs_buf_putc(&out->buf, '\n');
		err = vs_render_record(out, &r);
		vs_buf_puts(&out->buf, "what /proc/PID/status makes of them:\n");
		vs_render_status(&out->buf, &s->space->f, s->k->mem.target.page_shift);
	}
	vs_record_deinit(&r);
	return err;
}

static struct vs_err *run_mm(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			     int *status_ret)
{
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	size_t n;
	struct vs_err *err = vs_select_mms(s, args, out, &mms, &n);

	if (!err && args->json)
		err = vs_json_header(out, "mm");
	for (size_t i = 0; !err && i < n; i++) {
		if (i && !args->json)
			vs_buf_putc(&out->buf, '\n');
		err = print_mm(s, mms[i].mm, args->json, out, status_ret);
	}
	return err;
}

const struct vs_cmd vs_cmd_mm = {
	.name = "mm",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "show every member of an mm_struct, decoded",
	.help = "Each member of struct mm_struct with its offset and value, and what the value\n"
		"means: flags by name, counters with their unit, functions as symbols, tasks by\n"
		"pid. Then the Vm* lines that /proc/PID/status makes of them. Without a\n"
		"selection: all address spaces.",
	.example = "vmascope mm vmcore 1234",
	.gdb_example = "vma mm 1234",
	.run = run_mm,
};

static struct vs_err *show_vma(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			       int *status_ret)
{
	struct vs_record r = { 0 };
	struct vs_vma v = { .addr = args->addr, .fact = VS_NONE };
	struct vs_space *sp;
	struct vs_err *err = vs_session_tasks(s, out);
	uint32_t i = VS_NONE;

	if (err)
		return err;
	if (!vs_vma_addr_ok(s->k, args->addr))
		return vs_err_create(VS_ERR_USAGE, "%#" PRIx64 " is not the address of a vm_area_struct: expected a kernel address, a multiple of %u; for an address of a process see find",
				     args->addr, s->k->mem.target.word);
	vs_vma_read(s->k, args->addr, &v);
	for (size_t t = 0; !err && t < s->tasks.v.n; t++) {
		if (s->tasks.v.v[t].mm != v.mm || !v.mm)
			continue;
		err = vs_session_space(s, v.mm, true, out);
		i = err ? VS_NONE : vs_space_find(s->space, args->addr);
		break;
	}
	// to name the file there must be a reader's root, whether or not an mm was found
	if (!err && !s->have_files) {
		vs_files_init(&s->files, s->k, &s->tasks);
		s->have_files = true;
	}
	if (!err)
		err = vs_record_read(s->k, &s->files, s->k->layout.vma_type, args->addr, &r);
	if (err) {
		vs_record_deinit(&r);
		return err;
	}
	absent_status(&r, status_ret);
	sp = s->space;
	if (args->json) {
		err = vs_json_header(out, "show");
		if (!err)
			err = vs_json_record(out, &r);
	} else {
		if (i != VS_NONE) {
			vs_render_maps_line(&out->buf, sp, &sp->vmas.v[i], i, true);
			vs_buf_printf(&out->buf, "\nmm %#" PRIx64 ": ", v.mm);
			put_users(&out->buf, sp);
			vs_buf_putc(&out->buf, '\n');
		} else {
			vs_out_say(out, "%#" PRIx64 ": no mm of a task leads to it (vm_mm is %#" PRIx64
				   "): a free or damaged vm_area_struct, or none at all", args->addr, v.mm);
		}
		err = vs_render_record(out, &r);
	}
	vs_record_deinit(&r);
	return err;
}

static struct vs_err *run_show(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			       int *status_ret)
{
	return s->core ? vs_core_show(s, args, out, status_ret) : show_vma(s, args, out, status_ret);
}

const struct vs_cmd vs_cmd_show = {
	.name = "show",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_ADDR | VS_TAKES_DUMP | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "ADDR DUMP",
	.gdb_usage = "ADDR",
	.summary = "show every member of the vm_area_struct at a kernel address, decoded",
	.help = "The line that maps has for it, whose it is, then each member of struct\n"
		"vm_area_struct with its offset and value, and what the value means: flags by\n"
		"name and by the letters of smaps, vm_page_prot in words, neighbours by their\n"
		"range, colour and parent of the red-black node, the file's path, vm_ops as a\n"
		"symbol.\n"
		"\n"
		"In a process core ADDR is an address of the process: the program header of its\n"
		"mapping, and of each field how it is known.",
	.example = "vmascope show 0xffff9d3c4123ed10 vmcore",
	.gdb_example = "vma show 0xffff9d3c4123ed10",
	.run = run_show,
};
