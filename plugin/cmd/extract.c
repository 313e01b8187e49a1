// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * extract: a small dump that holds only the pages which the commands read. They
 * decide it themselves: they are run while the image watches.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "image/elf_write.h"
#include "kernel/elf_sections.h"
#include "mm/spot.h"
#include "mm/kmap.h"
#include "mm/pids.h"
#include "mm/slab.h"

struct watch {
	struct vs_pageset pages;
	unsigned int shift;
	struct vs_map known;	/* link-time address -> index of its symbol */
	VS_VEC(struct vs_named_addr) syms;
	bool failed;
};

static void touched(void *arg, uint64_t addr, uint64_t len)
{
	struct watch *w = arg;
	uint64_t first = addr >> w->shift, last = (addr + len - 1) >> w->shift;

	if (len)
		vs_pageset_add(&w->pages, first, last - first + 1);
}

static void used(void *arg, const char *name, uint64_t value)
{
	struct watch *w = arg;
	uint32_t i = vs_map_get(&w->known, value);
	char *copy;

	if (i != VS_MAP_NONE && !strcmp(w->syms.v[i].name, name))
		return;
	copy = strdup(name);
	if (!copy || !vs_vec_reserve(&w->syms, w->syms.n + 1) ||
	    !vs_map_set(&w->known, value, (uint32_t)w->syms.n)) {
		free(copy);
		w->failed = true;
		return;
	}
	w->syms.v[w->syms.n++] = (struct vs_named_addr){ copy, value };
}

static void watch_deinit(struct watch *w)
{
	for (size_t i = 0; i < w->syms.n; i++)
		free((char *)w->syms.v[i].name);
	vs_vec_deinit(&w->syms);
	vs_map_deinit(&w->known);
	vs_pageset_deinit(&w->pages);
}

static struct vs_err *swallow(void *face, const char *data, size_t len)
{
	(void)face, (void)data, (void)len;
	return NULL;
}

static void say_nothing(void *face, const char *line)
{
	(void)face, (void)line;
}

/* Run every command that needs no more than a dump and a selection, for what it reads. */
static struct vs_err *run_commands(struct vs_session *s, const struct vs_args *args, struct vs_out *out)
{
	struct vs_out null = { .write = swallow, .say = say_nothing, .poll = out->poll, .face = out->face };
	struct vs_args quiet = *args;
	const struct vs_cmd *const *cmds;
	struct vs_err *err = NULL;
	int status = VS_STATUS_OK;
	size_t n;

	quiet.opts.n = quiet.opt_args.n = 0;
	quiet.files.n = 0;
	cmds = vs_cmds(&n);
	for (size_t i = 0; !err && i < n; i++) {
		quiet.cmd = cmds[i];
		if (cmds[i] == &vs_cmd_extract || !(cmds[i]->takes & VS_NEEDS_DUMP) ||
		    !(cmds[i]->faces & VS_FACE_SHELL) || cmds[i]->takes & VS_TAKES_ADDR)
			continue;
		err = cmds[i]->run(s, &quiet, &null, &status);
		null.buf.len = 0;
	}
	vs_buf_deinit(&null.buf);
	return err;
}

/* What show and find read of each VMA besides: the names of operations, page tables. */
static struct vs_err *read_vmas(struct vs_session *s, const struct vs_args *args, struct vs_out *out)
{
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	char sym[160];
	size_t n;
	struct vs_err *err = vs_select_mms(s, args, out, &mms, &n);

	for (size_t i = 0; !err && i < n; i++) {
		err = vs_session_space(s, mms[i].mm, true, out);
		for (size_t v = 0; !err && v < s->space->vmas.n; v++) {
			const struct vs_vma *vma = &s->space->vmas.v[v];
			struct vs_pgwalk walk;

			if (vma->ops)
				vs_kernel_symbolize(s->k, vma->ops, sym, sizeof(sym));
			err = vs_pgwalk_read(s->k, &s->files, s->space->f.pgd, vma->start, &walk);
			vs_pgwalk_deinit(&walk);
		}
	}
	return err;
}

/*
 * What is asked only where something is broken, as it may be made in a copy: the pid table,
 * the slabs of mm_structs and VMAs, the clocks.
 */
static struct vs_err *read_others(struct vs_session *s, struct vs_out *out)
{
	static const enum vs_sym caches[] = { VS_SYM_MM_CACHEP, VS_SYM_VM_AREA_CACHEP };
	const uint32_t sizes[] = { s->k->layout.mm.size, s->k->layout.vma.size };
	struct vs_moment moment;
	struct vs_pids pids;
	struct vs_err *err = vs_pids_read(s->k, out, &pids);

	vs_pids_deinit(&pids);
	if (!err)
		err = vs_moment_read(s->k, &s->tasks, &moment);
	for (size_t i = 0; !err && i < 2; i++) {
		struct vs_slab slab;
		uint64_t cachep;

		if (!vs_kernel_sym(s->k, caches[i], &cachep))
			continue;
		err = vs_slab_read(s->k, cachep, sizes[i], out, &slab);
		vs_slab_deinit(&slab);
	}
	return err;
}

static int cmp_sym(const void *a, const void *b)
{
	const struct vs_named_addr *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct vs_err *write_vmlinux(const struct vs_session *s, struct watch *w, const char *path)
{
	uint64_t text = s->k->mem.image_start - s->k->kaslr, end = s->k->mem.image_end - s->k->kaslr;

	qsort(w->syms.v, w->syms.n, sizeof(*w->syms.v), cmp_sym);	// same dump, same bytes
	return vs_vmlinux_reduce(s->k->vmlinux, s->k->types, w->syms.v, w->syms.n, text, end, path);
}

/* Out of the dump itself, which came without. */
static struct vs_err *make_vmlinux(struct vs_kernel *k, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct vs_err *err = vs_elf_file_create(path, &fd);

	if (err)
		return err;
	err = vs_kernel_make_vmlinux(k, fd, path);
	if (err)
		unlink(path);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	const char *to = vs_args_option(args, "output"), *vmlinux = vs_args_option(args, "output-vmlinux");
	struct vs_kernel *k = s->k;
	struct watch w = { .shift = k->mem.target.page_shift };
	const struct vs_elf_window windows[] = {
		{ k->mem.direct_start, k->mem.direct_end, k->mem.direct_pa },
		{ k->mem.image_start, k->mem.image_end, k->mem.image_pa },
	};
	struct vs_err *err;
	size_t n = 0;

	(void)status_ret;
	if (!to)
		return vs_err_create(VS_ERR_USAGE, "extract: expected --output FILE, the dump to write");
	// What opening a dump reads is needed too, so it is opened once more under watch.
	vs_image_watch(k->img, touched, &w);
	k->symbols->used = used;
	k->symbols->used_arg = &w;
	err = vs_kernel_reread(k);
	if (!err) {
		vs_session_forget(s);
		err = run_commands(s, args, out);
	}
	if (!err)
		err = read_vmas(s, args, out);
	if (!err)
		err = read_others(s, out);
	if (!err) {		// iomem --virtual, find in the kernel's half
		struct vs_kmap m;

		err = vs_kmap_read(k, &m);
		vs_kmap_deinit(&m);
	}
	vs_image_watch(k->img, NULL, NULL);
	k->symbols->used = NULL;
	vs_pageset_settle(&w.pages);
	if (!err && w.failed)
		err = &vs_enomem;
	if (!err)
		err = vs_elf_write(to, k->img, &w.pages, w.shift, k->mem.target.big_endian, windows, 2, &n);
	if (!err && vmlinux)
		err = k->vmlinux ? write_vmlinux(s, &w, vmlinux) : make_vmlinux(k, vmlinux);
	if (!err)
		vs_out_say(out, "%s: %zu pages of %zu KiB", to, n, (size_t)1 << w.shift >> 10);
	if (!err && vmlinux && !k->vmlinux)
		vs_out_say(out, "%s: all types and symbols, out of the dump", vmlinux);
	else if (!err && vmlinux)
		vs_out_say(out, "%s: types and %zu symbols", vmlinux, w.syms.n);
	watch_deinit(&w);
	return err;
}

static const struct vs_option options[] = {
	{ .name = "output", .arg = "FILE", .help = "the dump to write; it must not exist", .file = true },
	{ .name = "output-vmlinux", .arg = "FILE",
	  .help = "also write a small vmlinux: types, and the symbols that were needed", .file = true },
	{ .name = NULL }
};

const struct vs_cmd vs_cmd_extract = {
	.name = "extract",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "write a small dump with only the pages that these commands read",
	.help = "The result is an ordinary ELF vmcore in the shape of /proc/vmcore, with the notes\n"
		"of the dump. It holds the kernel's structures of the selected processes, no page\n"
		"of theirs; all other memory is marked as excluded. Kernel structures may still\n"
		"hold names and contents that are nobody else's business: look before you share.",
	.example = "vmascope extract vmcore comm=nginx --output small --output-vmlinux small.vmlinux",
	.gdb_example = "vma extract 1234 --output small",
	.options = options,
	.run = run,
};
