// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What /proc/PID/maps shows behind the ranges: device, inode and path of files,
 * names of special mappings. Each file is worked out once a session.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

/* The reader's root is that of pid 1, as it would be for a person at the machine. */
void vs_files_init(struct vs_files *f, struct vs_kernel *k, const struct vs_tasks *tasks)
{
	const struct vs_layout *l = &k->layout;

	*f = (struct vs_files){ 0 };
	for (size_t i = 0; i < tasks->v.n; i++) {
		const struct vs_task *t = &tasks->v.v[i];

		if (t->pid != 1 || !t->fs)
			continue;
		f->have_root = vs_kmem_ulong(&k->mem, t->fs + (uint64_t)l->fs.root_mnt.off, &f->root_mnt) &&
			vs_kmem_ulong(&k->mem, t->fs + (uint64_t)l->fs.root_dentry.off, &f->root_dentry);
		return;
	}
}

void vs_files_deinit(struct vs_files *f)
{
	for (size_t i = 0; i < f->facts.n; i++) {
		free(f->facts.v[i].path);
		free(f->facts.v[i].problem);
	}
	for (size_t i = 0; i < f->names.n; i++)
		free(f->names.v[i].name);
	vs_vec_deinit(&f->facts);
	vs_vec_deinit(&f->names);
	vs_map_deinit(&f->by_file);
	vs_map_deinit(&f->by_name);
}

/* Device and inode number: file_user_inode(file)->i_sb->s_dev, i_ino. */
static bool read_inode(struct vs_kernel *k, uint64_t file, struct vs_fact *fact)
{
	const struct vs_layout *l = &k->layout;
	uint64_t mnt, dentry, inode, sb, dev;

	if (vs_file_user_path(k, file, &mnt, &dentry) ?
	    !vs_kmem_ulong(&k->mem, dentry + (uint64_t)l->dentry.d_inode.off, &inode) :
	    !vs_kmem_ulong(&k->mem, file + (uint64_t)l->file.f_inode.off, &inode))
		return false;
	if (!vs_kmem_uint(&k->mem, inode + (uint64_t)l->inode.i_ino.off, l->inode.i_ino.size, &fact->ino) ||
	    !vs_kmem_ulong(&k->mem, inode + (uint64_t)l->inode.i_sb.off, &sb) ||
	    !vs_kmem_uint(&k->mem, sb + (uint64_t)l->super.s_dev.off, l->super.s_dev.size, &dev))
		return false;
	fact->dev = (uint32_t)dev;
	return true;
}

struct vs_err *vs_files_fact(struct vs_files *f, struct vs_kernel *k, uint64_t file, uint32_t *idx_ret)
{
	struct vs_fact fact = { .file = file };
	char why[VS_FROM_NAMES_MAX];
	struct vs_err *err;

	*idx_ret = vs_map_get(&f->by_file, file);
	if (*idx_ret != VS_MAP_NONE)
		return NULL;
	k->img->absent_from = 0;
	err = vs_path_of_file(k, f, file, &fact.path, &fact.path_len, &fact.problem);
	if (err)
		return err;
	if (!read_inode(k, file, &fact) && !fact.problem) {
		vs_from_names(k->img->absent_from, why);
		if (asprintf(&fact.problem, "inode of the struct file at %#" PRIx64 " is not in the dump%s%s%s", file,
			     *why ? " (" : "", why, *why ? ")" : "") < 0)
			fact.problem = NULL;
	}
	*idx_ret = (uint32_t)f->facts.n;
	if (!vs_vec_reserve(&f->facts, f->facts.n + 1) || !vs_map_set(&f->by_file, file, *idx_ret)) {
		free(fact.path);
		free(fact.problem);
		return &vs_enomem;
	}
	f->facts.v[f->facts.n++] = fact;
	return NULL;
}

/*
 * vm_ops->name of a mapping without a file. Of the kernel's own such functions
 * only special_mapping_name() and gate_vma_name() are left since 4.x.
 */
static struct vs_err *special_name(struct vs_files *f, struct vs_kernel *k, const struct vs_vma *v,
				   const char **ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t fn, special, str;
	char buf[256];
	uint32_t i;

	*ret = NULL;
	if (!vs_has(l->vm_ops.name) || !vs_has(l->special.name) ||
	    !vs_kernel_sym(k, VS_SYM_SPECIAL_MAPPING_NAME, &special) ||
	    !vs_kmem_ulong(&k->mem, v->ops + (uint64_t)l->vm_ops.name.off, &fn) || fn != special)
		return NULL;
	i = vs_map_get(&f->by_name, v->private_data);
	if (i == VS_MAP_NONE) {
		if (!vs_kmem_ulong(&k->mem, v->private_data + (uint64_t)l->special.name.off, &str) ||
		    !vs_kmem_string(&k->mem, str, buf, sizeof(buf)))
			return NULL;
		i = (uint32_t)f->names.n;
		if (!vs_vec_reserve(&f->names, f->names.n + 1) ||
		    !vs_map_set(&f->by_name, v->private_data, i))
			return &vs_enomem;
		f->names.v[f->names.n] = (struct vs_name){ v->private_data, strdup(buf) };
		if (!f->names.v[f->names.n].name)
			return &vs_enomem;
		f->names.n++;
	}
	*ret = f->names.v[i].name;
	return NULL;
}

/*
 * The name given by prctl(PR_SET_VMA_ANON_NAME). Up to 6.1 its place is that of
 * shared.rb while there is a file; since 6.2 shared memory may have one too.
 */
static struct vs_err *anon_name(struct vs_files *f, struct vs_kernel *k, const struct vs_vma *v,
				const char **ret)
{
	const struct vs_layout *l = &k->layout;
	struct vs_field a = l->vma.anon_name, sh = l->vma.shared;
	char name[96], label[128];
	uint64_t at;
	uint32_t i;

	*ret = NULL;
	if (!vs_has(l->anon_vma_name.name) ||
	    (v->file && vs_has(sh) && a.off >= sh.off && a.off < sh.off + (int32_t)sh.size) ||
	    !vs_kmem_ulong(&k->mem, v->addr + (uint64_t)a.off, &at) || !at)
		return NULL;
	i = vs_map_get(&f->by_name, at);
	if (i == VS_MAP_NONE) {
		// ANON_VMA_NAME_MAX_LEN is 80
		if (!vs_kmem_string(&k->mem, at + (uint64_t)l->anon_vma_name.name.off, name, sizeof(name)))
			return NULL;
		snprintf(label, sizeof(label), v->file ? "[anon_shmem:%s]" : "[anon:%s]", name);
		i = (uint32_t)f->names.n;
		if (!vs_vec_reserve(&f->names, f->names.n + 1) || !vs_map_set(&f->by_name, at, i))
			return &vs_enomem;
		f->names.v[i] = (struct vs_name){ at, strdup(label) };
		if (!f->names.v[i].name)
			return &vs_enomem;
		f->names.n++;
	}
	*ret = f->names.v[i].name;
	return NULL;
}

struct vs_err *vs_files_name_one(struct vs_files *f, struct vs_kernel *k, struct vs_space *s, uint32_t i)
{
	struct vs_vma *v = &s->vmas.v[i];
	struct vs_err *err = NULL;

	s->names[i] = NULL;
	if (v->file) {
		err = vs_files_fact(f, k, v->file, &v->fact);
		s->facts = f->facts.v;
		s->n_facts = f->facts.n;
	} else if (v->ops) {
		err = special_name(f, k, v, &s->names[i]);
	}
	if (!err && !s->names[i] && vs_has(k->layout.vma.anon_name))
		err = anon_name(f, k, v, &s->names[i]);
	return err;
}

struct vs_err *vs_files_name(struct vs_files *f, struct vs_kernel *k, struct vs_out *out,
			     struct vs_space *s)
{
	if (!vs_space_make_names(s))
		return &vs_enomem;
	for (uint32_t i = 0; i < s->vmas.n; i++) {
		struct vs_err *err = i % 4096 ? NULL : vs_out_poll(out);

		if (!err)
			err = vs_files_name_one(f, k, s, i);
		if (err)
			return err;
	}
	return NULL;
}
