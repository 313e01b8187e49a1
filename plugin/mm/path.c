// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The path of a file, as d_path() of fs/d_path.c tells it: climb dentries to the
 * mount's root, go on at its mountpoint in the parent mount, until the reader's
 * root. Files that are in no directory name themselves (d_op->d_dname).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "mm/mm.h"

#define MAX_CLIMB	4096	/* dentries and mounts; PATH_MAX has no more names */
#define MAX_NAME	4096	/* NAME_MAX is 255; pseudo file systems keep longer ones */

struct dentry {
	uint64_t addr, parent, op, inode, name, hash_pprev;
	uint32_t name_len;
};

struct climber {
	struct vs_kernel *k;
	char *problem;		/* why the path cannot be had */
};

static bool failed(struct climber *c, const char *what, uint64_t addr)
{
	char why[VS_FROM_NAMES_MAX];

	vs_from_names(c->k->img->absent_from, why);
	if (!c->problem && asprintf(&c->problem, "%s at %#" PRIx64 " is not in the dump%s%s%s", what, addr,
				    *why ? " (" : "", why, *why ? ")" : "") < 0)
		c->problem = NULL;
	return false;
}

static bool ptr(struct climber *c, const char *what, uint64_t base, struct vs_field f, uint64_t *ret)
{
	return vs_kmem_uint(&c->k->mem, base + (uint64_t)f.off, f.size, ret) || failed(c, what, base);
}

static bool read_dentry(struct climber *c, uint64_t addr, struct dentry *d)
{
	const struct vs_layout *l = &c->k->layout;
	const bool be = c->k->mem.target.big_endian;
	unsigned char buf[1024];
	const unsigned char *raw;
	enum vs_from from;

	raw = vs_kmem_peek(&c->k->mem, addr, l->dentry.size, &from);
	if (!raw) {
		if (l->dentry.size > sizeof(buf) ||
		    !vs_from_ok(vs_kmem_read(&c->k->mem, addr, buf, l->dentry.size, NULL)))
			return failed(c, "dentry", addr);
		raw = buf;
	}
#define LD(m) vs_load(raw + l->dentry.m.off, l->dentry.m.size, be)
	*d = (struct dentry){
		.addr = addr,
		.parent = LD(d_parent),
		.op = LD(d_op),
		.inode = LD(d_inode),
		.name = LD(d_name_name),
		.name_len = (uint32_t)LD(d_name_len),
		.hash_pprev = LD(d_hash_pprev),
	};
#undef LD
	return true;
}

/* Append the dentry's own name. */
static bool put_name(struct climber *c, const struct dentry *d, struct vs_buf *b)
{
	char *to;

	if (d->name_len > MAX_NAME) {
		if (!c->problem && asprintf(&c->problem, "dentry at %#" PRIx64 " has a name of %u bytes",
					    d->addr, d->name_len) < 0)
			c->problem = NULL;
		return false;
	}
	to = vs_buf_reserve(b, d->name_len);
	if (!to)
		return false;
	if (!vs_from_ok(vs_kmem_read(&c->k->mem, d->name, to, d->name_len, NULL)))
		return failed(c, "a dentry's name", d->name);
	b->len += d->name_len;
	return true;
}

/*
 * A dentry that names itself. *done_ret is false where it has no d_dname and is
 * told by its place.
 */
static bool self_named(struct climber *c, const struct dentry *d, uint64_t mnt_root, struct vs_buf *b,
		       bool *done_ret)
{
	struct vs_kernel *k = c->k;
	uint64_t dname, ino, at;
	char sym[128];

	*done_ret = false;
	if (!d->op)
		return true;
	if (!ptr(c, "dentry_operations", d->op, k->layout.dentry_ops.d_dname, &dname))
		return false;
	if (!dname || (d->addr == d->parent && d->addr == mnt_root))
		return true;
	*done_ret = true;
	if (vs_kernel_sym(k, VS_SYM_SIMPLE_DNAME, &at) && dname == at) {
		// "/memfd:x (deleted)", "/SYSV00000000 (deleted)", "/dev/zero (deleted)"
		vs_buf_putc(b, '/');
		if (!put_name(c, d, b))
			return false;
		vs_buf_puts(b, " (deleted)");
		return true;
	}
	if (vs_kernel_sym(k, VS_SYM_ANON_INODEFS_DNAME, &at) && dname == at) {
		vs_buf_puts(b, "anon_inode:");
		return put_name(c, d, b);
	}
	if (vs_kernel_sym(k, VS_SYM_DMABUFFS_DNAME, &at) && dname == at) {
		vs_buf_puts(b, "/dmabuf:");
		return put_name(c, d, b);
	}
	if (!ptr(c, "inode", d->inode, k->layout.inode.i_ino, &ino))
		return false;
	if (vs_kernel_sym(k, VS_SYM_PIPEFS_DNAME, &at) && dname == at) {
		vs_buf_printf(b, "pipe:[%" PRIu64 "]", ino);
		return true;
	}
	if (vs_kernel_sym(k, VS_SYM_SOCKFS_DNAME, &at) && dname == at) {
		vs_buf_printf(b, "socket:[%" PRIu64 "]", ino);
		return true;
	}
	if (!vs_kernel_symbolize(k, dname, sym, sizeof(sym)))
		snprintf(sym, sizeof(sym), "%#" PRIx64, dname);
	if (asprintf(&c->problem, "the file names itself by %s(), which is not known here", sym) < 0)
		c->problem = NULL;
	return false;
}

/* The names from the root down, out of those that were met on the way up. */
static bool climb(struct climber *c, const struct vs_files *f, uint64_t mnt, struct dentry *d,
		  struct vs_buf *names, size_t *ends, size_t *n_ret)
{
	const struct vs_layout *l = &c->k->layout;
	uint64_t mount = mnt - (uint64_t)l->mount.mnt.off;
	size_t n = 0;

	for (unsigned int hops = 0;; hops++) {
		uint64_t mnt_root, parent, mountpoint;

		if (f->have_root && d->addr == f->root_dentry && mnt == f->root_mnt)
			break;
		if (hops == MAX_CLIMB) {
			if (asprintf(&c->problem, "dentries or mounts loop: more than %d of them up from here",
				     MAX_CLIMB) < 0)
				c->problem = NULL;
			return false;
		}
		if (!ptr(c, "vfsmount", mnt, l->vfsmount.mnt_root, &mnt_root))
			return false;
		if (d->addr == mnt_root || d->addr == d->parent) {
			if (d->addr != mnt_root) {	// escaped from its mount
				n = 0;
				break;
			}
			if (!ptr(c, "mount", mount, l->mount.mnt_parent, &parent))
				return false;
			if (parent == mount)	// the top of a tree of mounts, or a detached one
				break;
			if (!ptr(c, "mount", mount, l->mount.mnt_mountpoint, &mountpoint) ||
			    !read_dentry(c, mountpoint, d))
				return false;
			mount = parent;
			mnt = mount + (uint64_t)l->mount.mnt.off;
			continue;
		}
		if (!put_name(c, d, names))
			return false;
		ends[n++] = names->len;
		if (!read_dentry(c, d->parent, d))
			return false;
	}
	*n_ret = n;
	return true;
}

/*
 * FMODE_BACKING: a file under overlayfs, that stands for the user's own. Since 6.5;
 * bit 25, from 6.14 on bit 24, when 25 got another meaning. A macro leaves no trace
 * in the debug information, so what follows the file has to prove that it is a path.
 */
#define FMODE_BACKING	UINT64_C(0x3000000)

bool vs_file_user_path(struct vs_kernel *k, uint64_t file, uint64_t *mnt_ret, uint64_t *dentry_ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t mode, mnt, dentry, mnt_sb, d_sb;

	// file_user_path(): since 6.8 maps shows what the user has opened
	if (!vs_has(l->backing.user_path_mnt) || !vs_has(l->backing.mode) || !vs_has(l->dentry.d_sb) ||
	    !vs_has(l->vfsmount.mnt_sb) ||
	    !vs_kmem_uint(&k->mem, file + (uint64_t)l->backing.mode.off, l->backing.mode.size, &mode) ||
	    !(mode & FMODE_BACKING) ||
	    !vs_kmem_ulong(&k->mem, file + (uint64_t)l->backing.user_path_mnt.off, &mnt) ||
	    !vs_kmem_ulong(&k->mem, file + (uint64_t)l->backing.user_path_dentry.off, &dentry) ||
	    !vs_kmem_ulong(&k->mem, mnt + (uint64_t)l->vfsmount.mnt_sb.off, &mnt_sb) ||
	    !vs_kmem_ulong(&k->mem, dentry + (uint64_t)l->dentry.d_sb.off, &d_sb) || mnt_sb != d_sb)
		return false;
	*mnt_ret = mnt;
	*dentry_ret = dentry;
	return true;
}

struct vs_err *vs_path_of_file(struct vs_kernel *k, const struct vs_files *f, uint64_t file,
			       char **path_ret, size_t *len_ret, char **problem_ret)
{
	const struct vs_layout *l = &k->layout;
	struct climber c = { .k = k };
	_cleanup_buf_ struct vs_buf path = VS_BUF_INIT, names = VS_BUF_INIT;
	_cleanup_free_ size_t *ends = NULL;
	uint64_t mnt, dentry, mnt_root;
	struct dentry d;
	bool done = false, deleted;
	size_t n = 0;

	*path_ret = NULL;
	*len_ret = 0;
	*problem_ret = NULL;
	if (!vs_file_user_path(k, file, &mnt, &dentry) &&
	    (!ptr(&c, "struct file", file, l->file.f_path_mnt, &mnt) ||
	     !ptr(&c, "struct file", file, l->file.f_path_dentry, &dentry)))
		goto out;
	if (!read_dentry(&c, dentry, &d) ||
	    !ptr(&c, "vfsmount", mnt, l->vfsmount.mnt_root, &mnt_root) ||
	    !self_named(&c, &d, mnt_root, &path, &done))
		goto out;
	if (!done) {
		// d_unlinked(): unhashed, but not because it is a root
		deleted = !d.hash_pprev && d.addr != d.parent;
		ends = malloc((MAX_CLIMB + 1) * sizeof(*ends));
		if (!ends)
			return &vs_enomem;
		if (!climb(&c, f, mnt, &d, &names, ends, &n))
			goto out;
		if (!n)
			vs_buf_putc(&path, '/');
		while (n--) {
			size_t start = n ? ends[n - 1] : 0;

			vs_buf_putc(&path, '/');
			vs_buf_put(&path, names.data + start, ends[n] - start);
		}
		if (deleted)
			vs_buf_puts(&path, " (deleted)");
	}
	if (path.failed || names.failed)
		return &vs_enomem;
	*len_ret = path.len;
	*path_ret = vs_buf_steal(&path);
	return *path_ret ? NULL : &vs_enomem;
out:
	if (!c.problem)
		return &vs_enomem;
	*problem_ret = c.problem;
	return NULL;
}
