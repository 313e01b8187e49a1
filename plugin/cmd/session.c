// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "check/check.h"
#include "mm/iomem.h"

struct vs_session *vs_session_create(void)
{
	return calloc(1, sizeof(struct vs_session));
}

void vs_session_destroy(struct vs_session *s)
{
	if (!s)
		return;
	vs_session_close(s);
	free(s);
}

void vs_session_forget(struct vs_session *s)
{
	vs_files_deinit(&s->files);
	vs_tasks_deinit(&s->tasks);
	s->have_files = s->have_tasks = s->have_moment = false;
	if (!s->core)
		s->space_mm = s->objects_mm = 0;
}

void vs_session_close(struct vs_session *s)
{
	vs_session_forget(s);
	vs_space_destroy(s->space);
	vs_kernel_close(s->k);
	vs_usercore_close(s->core);
	free(s->dump);
	free(s->vmlinux);
	*s = (struct vs_session){ 0 };
}

void vs_session_tell_lost(struct vs_session *s, struct vs_out *out)
{
	const struct vs_image *img = s->k ? s->k->img : NULL;

	if (!img || img->n_damaged == s->told_damaged)
		return;
	s->told_damaged = img->n_damaged;
	vs_out_say(out, "%s: %" PRIu64 " page%s cannot be decompressed: damaged in the file; the first is at physical %#" PRIx64,
		   s->dump, img->n_damaged, img->n_damaged == 1 ? "" : "s of those that were read", img->first_damaged);
}

bool vs_session_is_kernel(const struct vs_session *s)
{
	return s->k;
}

bool vs_session_is_open(const struct vs_session *s)
{
	return s->k || s->core;
}

/* The core of a process is read at once: there is but one address space. */
static struct vs_err *open_any(struct vs_session *s, struct vs_image *img, const struct vs_open_opts *opts,
			       struct vs_out *out)
{
	struct vs_err *err;

	if (img->kind != VS_IMAGE_PROCESS)
		return vs_kernel_open(img, opts, out, &s->k);
	err = vs_usercore_open(img, s->space, &s->core);
	if (err)
		return vs_err_wrap(err, "%s", s->dump);
	s->space_mm = s->objects_mm = VS_CORE_MM;
	return NULL;
}

struct vs_err *vs_session_open_image(struct vs_session *s, struct vs_image *img,
				     const struct vs_open_opts *opts, struct vs_out *out)
{
	struct vs_err *err;

	vs_session_close(s);
	s->space = vs_space_create();
	s->dump = strdup(img->path);
	s->vmlinux = opts->vmlinux ? strdup(opts->vmlinux) : NULL;
	if (!s->space || !s->dump || (opts->vmlinux && !s->vmlinux)) {
		vs_session_close(s);
		vs_image_destroy(img);
		return &vs_enomem;
	}
	err = open_any(s, img, opts, out);
	if (err) {
		vs_session_close(s);
		return err;
	}
	img = vs_session_image(s);
	if (img->live)
		vs_out_say(out, "%s is the memory of a running kernel: it moves while it is read, and may contradict itself",
			   img->path);
	if (img->needed_size > img->file_size)
		vs_out_say(out, "%s is cut: %" PRIu64 " bytes are there, %" PRIu64 " are missing",
			   img->path, img->file_size, img->needed_size - img->file_size);
	return NULL;
}

struct vs_err *vs_session_narrow(struct vs_session *s, struct vs_out *out)
{
	VS_VEC(struct vs_phys_range) ram = { 0 };
	struct vs_image *img = s->k->img;
	struct vs_iomem io = { 0 };
	struct vs_err *err = vs_iomem_read(s->k, out, &io);

	for (size_t i = 0; !err && i < io.v.n; i++) {
		const struct vs_resource *r = &io.v.v[i];
		struct vs_phys_range *slot;

		// "System RAM", and "System RAM (kmem)" and the like for what was plugged in
		if (r->depth || !r->name || strncmp(r->name, "System RAM", 10) || r->last == UINT64_MAX)
			continue;
		slot = vs_vec_push(&ram);
		if (!slot)
			err = &vs_enomem;
		else
			*slot = (struct vs_phys_range){ r->start, r->last + 1, r->last + 1 - r->start };
	}
	vs_iomem_deinit(&io);
	if (!err && !ram.n)
		err = vs_err_create(VS_ERR_ABSENT, "iomem_resource names no System RAM: which memory may be read cannot be told");
	if (err) {
		vs_vec_deinit(&ram);
		return err;
	}
	free(img->ranges);
	img->ranges = ram.v;
	img->n_ranges = ram.n;
	img->last.len = 0;
	return NULL;
}

struct vs_err *vs_session_look(struct vs_session *s, struct vs_out *out, struct vs_kernel **k_ret,
			       const struct vs_tasks **tasks_ret)
{
	struct vs_err *err = vs_session_tasks(s, out);

	if (err)
		return err;
	*k_ret = s->k;
	*tasks_ret = &s->tasks;
	return NULL;
}

struct vs_image *vs_session_image(struct vs_session *s)
{
	return s->core ? s->core->img : s->k ? s->k->img : NULL;
}

struct vs_err *vs_session_open(struct vs_session *s, const char *dump,
			       const struct vs_open_opts *opts, struct vs_out *out)
{
	_cleanup_free_ const char **paths = malloc((opts->n_parts + 1) * sizeof(*paths));
	struct vs_image *img;
	struct vs_err *err;

	if (!paths)
		return &vs_enomem;
	paths[0] = dump;
	for (size_t i = 0; i < opts->n_parts; i++)
		paths[i + 1] = opts->parts[i];
	vs_session_close(s);
	err = vs_image_open(paths, opts->n_parts + 1, out, &img);
	return err ? err : vs_session_open_image(s, img, opts, out);
}

int32_t vs_session_task(const struct vs_session *s)
{
	return s->task;
}

void vs_session_set_task(struct vs_session *s, int32_t pid)
{
	s->task = pid;
}

struct vs_err *vs_session_tasks(struct vs_session *s, struct vs_out *out)
{
	struct vs_err *err;

	if (s->have_tasks)
		return NULL;
	err = s->core ? vs_usercore_tasks(s->core, &s->tasks) : vs_tasks_read(s->k, out, &s->tasks);
	if (!err && !vs_tasks_index(&s->tasks))
		err = &vs_enomem;
	s->have_tasks = !err;
	if (!err)
		vs_tell_tasks(&s->tasks, out);
	return err;
}

struct vs_err *vs_session_names(struct vs_session *s, struct vs_out *out, struct vs_session_name **ret,
				size_t *n_ret)
{
	struct vs_err *err = vs_session_tasks(s, out);

	if (err)
		return err;
	*n_ret = 0;
	*ret = malloc((s->tasks.v.n ? s->tasks.v.n : 1) * sizeof(**ret));
	if (!*ret)
		return &vs_enomem;
	for (size_t i = 0; i < s->tasks.v.n; i++) {
		struct vs_session_name *name = &(*ret)[*n_ret];

		if (s->tasks.v.v[i].leader != i)
			continue;
		name->pid = s->tasks.v.v[i].pid;
		memcpy(name->comm, s->tasks.v.v[i].comm, sizeof(name->comm));
		(*n_ret)++;
	}
	return NULL;
}

struct vs_err *vs_session_users(struct vs_session *s, uint64_t mm)
{
	size_t n;
	const uint32_t *of = vs_tasks_of(&s->tasks, mm, &n);

	if (!vs_vec_reserve(&s->space->users, s->space->users.n + n))
		return &vs_enomem;
	for (size_t i = 0; i < n; i++) {
		const struct vs_task *t = &s->tasks.v.v[of[i]];
		struct vs_space_user *u = &s->space->users.v[s->space->users.n++];

		*u = (struct vs_space_user){ .task = t->addr };
		u->kthread = t->flags & VS_PF_KTHREAD;
		u->pid = t->pid;
		u->tgid = t->tgid;
		memcpy(u->comm, t->comm, sizeof(u->comm));
	}
	return NULL;
}

/* What tasks know of the mm_struct that was just read. */
static struct vs_err *add_users(struct vs_session *s, uint64_t mm)
{
	struct vs_err *err = vs_session_users(s, mm);

	if (err)
		return err;
	vs_rss_add_tasks(&s->tasks, mm, &s->space->f);
	vs_lock_name(s->k, &s->tasks, &s->space->lock);
	return NULL;
}

struct vs_err *vs_session_head(struct vs_session *s, uint64_t mm)
{
	struct vs_err *err;

	s->space_mm = s->objects_mm = 0;
	err = vs_mm_read_head(s->k, mm, s->space);
	if (!err)
		err = add_users(s, mm);
	if (!err && !s->space->mm_absent)
		vs_objects_start(s->k, s->space);
	return err;
}

struct vs_err *vs_session_space(struct vs_session *s, uint64_t mm, bool names, struct vs_out *out)
{
	struct vs_err *err = NULL;

	if (s->core)	// read when it was opened, but for whose it is
		return s->space->users.n ? NULL : vs_session_users(s, mm);
	if (s->space_mm != mm) {
		s->space_mm = s->objects_mm = 0;
		err = vs_mm_read(s->k, mm, out, s->space);
		if (!err)
			err = add_users(s, mm);
		if (!err)
			s->space_mm = mm;
	}
	return !err && names && !s->space->names ? vs_session_name(s, out) : err;
}

struct vs_err *vs_session_objects(struct vs_session *s, struct vs_out *out)
{
	struct vs_err *err;

	if (s->objects_mm == s->space_mm)
		return NULL;
	err = vs_objects_read(s->k, out, s->space, vs_objects_clean_from);
	s->objects_mm = err ? 0 : s->space_mm;
	return err;
}

struct vs_err *vs_session_moment(struct vs_session *s, struct vs_out *out)
{
	struct vs_err *err;

	if (s->core)	// a process is stopped while its core is written
		return NULL;
	err = s->have_moment ? NULL : vs_session_tasks(s, out);
	if (!err && !s->have_moment)
		err = vs_moment_read(s->k, &s->tasks, &s->moment);
	if (err)
		return err;
	s->have_moment = true;
	s->space->moment = s->moment;
	return NULL;
}

static struct vs_files *files_of(struct vs_session *s)
{
	if (!s->have_files) {
		vs_files_init(&s->files, s->k, &s->tasks);
		s->have_files = true;
	}
	return &s->files;
}

struct vs_err *vs_session_name(struct vs_session *s, struct vs_out *out)
{
	return vs_files_name(files_of(s), s->k, out, s->space);
}

struct vs_err *vs_session_name_one(struct vs_session *s, uint32_t i)
{
	if (!s->space->names && !vs_space_make_names(s->space))
		return &vs_enomem;
	return vs_files_name_one(files_of(s), s->k, s->space, i);
}
