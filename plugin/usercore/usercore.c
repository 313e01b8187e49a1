// SPDX-License-Identifier: GPL-2.0-or-later
#include "usercore/usercore.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

size_t vs_usercore_read(const struct vs_usercore *u, uint64_t addr, void *buf, size_t len, enum vs_from *from_ret)
{
	size_t got = 0;

	*from_ret = vs_image_read(u->img, addr, buf, len, &got);
	return got;
}

bool vs_usercore_word(const struct vs_usercore *u, uint64_t addr, uint64_t *ret, enum vs_from *from_ret)
{
	const size_t w = u->f->is64 ? 8 : 4;
	unsigned char raw[8];

	if (vs_usercore_read(u, addr, raw, w, from_ret) < w)
		return false;
	*ret = vs_load(raw, (unsigned int)w, u->f->big_endian);
	return true;
}

static bool all_zero(const unsigned char *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

bool vs_usercore_is_zero(const struct vs_usercore *u, uint64_t addr)
{
	struct vs_run run;

	vs_image_run(u->img, addr, &run);
	return run.data && all_zero(run.data, run.len < u->page ? (size_t)run.len : (size_t)u->page);
}

/*
 * A file system that lost what was not written yet, or a copy that was cut and
 * filled up, leaves zeros in a file of the right size.
 */
static void probe_zeros(struct vs_usercore *u)
{
	struct vs_core *c = &u->core;
	const uint64_t page_mask = ~(u->page - 1);
	uint64_t at = u->f->size;

	c->zero.vdso_zero = c->aux.has_vdso && vs_usercore_is_zero(u, c->aux.vdso & page_mask);
	c->zero.stack_zero = c->aux.has_random && vs_usercore_is_zero(u, c->aux.random & page_mask);
	if (!c->zero.vdso_zero && !c->zero.stack_zero)
		return;
	while (at && !u->f->map[at - 1])
		at--;
	c->zero.tail = u->f->size - at;
}

static struct vs_err *read_all(struct vs_usercore *u, struct vs_space *s)
{
	struct vs_err *err = vs_core_read_notes(u);

	if (err)
		return err;
	vs_core_find_producer(u);
	err = vs_core_fill(u, s);
	if (!err)
		err = vs_core_read_modules(u, s);
	if (err)
		return err;
	vs_core_read_program(u, s);
	err = vs_core_read_links(u, s);
	if (!err && !u->core.has_file)
		err = vs_core_name_files(u, s);
	if (err)
		return err;
	vs_core_label(u, s);
	vs_core_infer(u, s);
	probe_zeros(u);
	return NULL;
}

struct vs_err *vs_usercore_open(struct vs_image *img, struct vs_space *s, struct vs_usercore **ret)
{
	struct vs_usercore *u = calloc(1, sizeof(*u));
	struct vs_err *err;

	if (!u) {
		vs_image_destroy(img);
		return &vs_enomem;
	}
	u->img = img;
	u->f = img->elf;
	u->core = (struct vs_core){
		.machine = img->machine,
		.is64 = u->f->is64,
		.big_endian = u->f->big_endian,
		.word = u->f->is64 ? 8 : 4,
		.phnum_guessed = u->f->phnum_guessed,
		.phnum_wrong = u->f->phnum_wrong,
		.phnum_promised = u->f->phnum_promised,
		.phnum = u->f->phnum,
		.file_size = img->file_size,
		.needed_size = img->needed_size,
		.exe = VS_NONE,
		.stack_vma = VS_NONE,
	};
	vs_space_reset(s);
	err = read_all(u, s);
	if (err) {
		vs_space_reset(s);
		vs_usercore_close(u);
		return err;
	}
	*ret = u;
	return NULL;
}

void vs_usercore_close(struct vs_usercore *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->facts.n; i++)
		free(u->facts.v[i].path);
	vs_vec_deinit(&u->facts);
	vs_vec_deinit(&u->files);
	vs_core_deinit(&u->core);
	vs_image_destroy(u->img);
	free(u);
}

struct vs_err *vs_usercore_tasks(const struct vs_usercore *u, struct vs_tasks *ret)
{
	const struct vs_core *c = &u->core;
	const size_t n = c->threads.n ? c->threads.n : 1;
	uint32_t leader = 0;

	if (!vs_vec_reserve(&ret->v, n))
		return &vs_enomem;
	ret->v.n = n;
	for (size_t i = 0; i < n; i++) {
		struct vs_task *t = &ret->v.v[i];

		*t = (struct vs_task){ .mm = VS_CORE_MM, .pid = c->pid, .tgid = c->pid };
		if (c->threads.n)
			t->pid = c->threads.v[i].tid;
		if (c->has_psinfo)
			memcpy(t->comm, c->comm, sizeof(t->comm) - 1);
		else
			t->tgid = c->threads.n ? c->threads.v[0].tid : 0;
		if (t->pid == t->tgid)
			leader = (uint32_t)i;
	}
	for (size_t i = 0; i < n; i++)
		ret->v.v[i].leader = leader;
	ret->v.v[leader].n_threads = (uint32_t)n;
	return NULL;
}
