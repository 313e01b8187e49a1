// SPDX-License-Identifier: GPL-2.0-or-later
#include "triage/files.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "image/image.h"

/* A name met in a folder; links wait until everything else has been met by its own name. */
struct waiting {
	char *path;
	bool link;
};

struct paths {
	char **v;
	size_t n, cap;
};

struct walk {
	struct vs_triage_files *f;
	struct vs_out *out;
	struct paths folders;	/* still to be read: a stack */
	struct paths links;	/* still to be followed: a queue */
};

/* Note it; false in *new_ret if it has been met before. */
static bool note_id(struct vs_triage_ids *ids, const struct stat *st, bool *new_ret)
{
	const uint64_t key = (uint64_t)st->st_ino * 31 + (uint64_t)st->st_dev;
	uint32_t first = vs_map_get(&ids->first, key);
	struct vs_triage_id *id;

	for (uint32_t i = first; i != VS_MAP_NONE; i = ids->v.v[i].next) {
		if (ids->v.v[i].dev == st->st_dev && ids->v.v[i].ino == st->st_ino) {
			*new_ret = false;
			return true;
		}
	}
	id = ids->v.n < VS_MAP_NONE ? vs_vec_push(&ids->v) : NULL;
	if (!id)
		return false;
	*id = (struct vs_triage_id){ st->st_dev, st->st_ino, first };
	*new_ret = true;
	return vs_map_set(&ids->first, key, (uint32_t)(ids->v.n - 1));
}

struct vs_err *vs_triage_files_skip(struct vs_triage_files *f, const char *path)
{
	struct stat st;
	bool new;

	if (stat(path, &st) < 0)
		return NULL;
	return note_id(&f->seen, &st, &new) ? NULL : &vs_enomem;
}

bool vs_triage_name_like_dump(const char *path)
{
	static const char *const like[] = {
		"core", "core.*", "core-*", "core_*", "*.core", "*.core.*", "vmcore", "vmcore[-._]*", "*.vmcore", "dump.*", "*.dump", "*.kdump",
		"*.dmp", "crash.dump*", "coredump*", "*.coredump",
	};
	static const char *const unlike[] = { "*dmesg*", "*.txt", "*.log", "*.json", "*.jsonl", "*.xml", "*.md", "*.html",
					      "*.c", "*.h", "*.py", "*.sh" };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(unlike) / sizeof(unlike[0]); i++)
		if (!fnmatch(unlike[i], name, 0))
			return false;
	for (size_t i = 0; i < sizeof(like) / sizeof(like[0]); i++)
		if (!fnmatch(like[i], name, 0))
			return true;
	return false;
}

/* Look at the first bytes: what is it? False without memory. */
static bool sniff(struct vs_triage_file *f)
{
	_cleanup_close_ int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	unsigned char head[64];
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

	if (n < 0) {
		f->unreadable = true;
		f->problem = strdup(strerror(errno));
		return f->problem;
	}
	if (n == 0) {
		f->problem = strdup("the file is empty");
		return f->problem;
	}
	if (n >= 20 && !memcmp(head, ELFMAG, SELFMAG)) {
		unsigned int type = head[EI_DATA] == ELFDATA2MSB ? head[17] | head[16] << 8 : head[16] | head[17] << 8;

		f->dump = type == ET_CORE;
		if (!f->dump) {
			f->problem = strdup("an ELF file, and no core");
			return f->problem;
		}
		return true;
	}
	f->dump = vs_image_is_known(head, (size_t)n);
	if (f->dump)
		return true;
	f->problem = strdup("neither ELF nor kdump-compressed, nor a compressed file");
	return f->problem;
}

static struct vs_err *add_file(struct vs_triage_files *f, const char *path, const struct stat *st, const char *problem,
			       bool named)
{
	struct vs_triage_file *file = vs_vec_push(&f->v);

	if (!file)
		return &vs_enomem;
	*file = (struct vs_triage_file){ .path = strdup(path), .named = named };
	if (!file->path)
		return &vs_enomem;
	if (problem) {
		file->unreadable = true;
		file->problem = strdup(problem);
		return file->problem ? NULL : &vs_enomem;
	}
	file->size = (uint64_t)st->st_size;
	snprintf(file->mtime, sizeof(file->mtime), "%lld.%09ld", (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	return sniff(file) ? NULL : &vs_enomem;
}

struct vs_err *vs_triage_files_one(struct vs_triage_files *f, const char *path, bool named)
{
	struct stat st;
	bool new;

	if (stat(path, &st) < 0)
		return add_file(f, path, NULL, strerror(errno), named);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return add_file(f, path, NULL, S_ISDIR(st.st_mode) ? "is a directory" : "is neither a file nor a block device",
				named);
	if (!note_id(&f->seen, &st, &new))
		return &vs_enomem;
	return new ? add_file(f, path, &st, NULL, named) : NULL;
}

/* Takes @p path over. */
static bool push(struct paths *to, char *path)
{
	char **slot = path ? vs_vec_push(to) : NULL;

	if (slot)
		*slot = path;
	else
		free(path);
	return slot;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct waiting *)a)->path, ((const struct waiting *)b)->path);
}

/* What stands in a folder, in the order of names. */
static struct vs_err *read_folder(const char *path, DIR *dir, struct waiting **ret, size_t *n_ret)
{
	VS_VEC(struct waiting) v = { 0 };
	const size_t len = strlen(path);
	const char *sep = len && path[len - 1] == '/' ? "" : "/";
	struct dirent *e;

	while ((e = readdir(dir))) {
		struct waiting *w;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		w = vs_vec_push(&v);
		if (!w)
			break;
		w->link = false;
		if (asprintf(&w->path, "%s%s%s", path, sep, e->d_name) < 0) {
			v.n--;
			break;
		}
	}
	*ret = v.v;
	*n_ret = v.n;
	if (e)
		return &vs_enomem;
	if (v.n)
		qsort(v.v, v.n, sizeof(*v.v), by_name);
	return NULL;
}

/* One name of a folder: a file, a folder for later, a link for last. */
static struct vs_err *take(struct walk *w, const char *path, bool follow)
{
	struct stat st;
	bool new;

	if ((follow ? stat(path, &st) : lstat(path, &st)) < 0)
		// gone already, or a link that leads nowhere
		return add_file(w->f, path, NULL, strerror(errno), false);
	if (S_ISLNK(st.st_mode))
		return push(&w->links, strdup(path)) ? NULL : &vs_enomem;
	if (S_ISDIR(st.st_mode))
		return push(&w->folders, strdup(path)) ? NULL : &vs_enomem;
	if (!S_ISREG(st.st_mode))
		return NULL;	// sockets and the like
	if (!note_id(&w->f->seen, &st, &new))
		return &vs_enomem;
	return new ? add_file(w->f, path, &st, NULL, false) : NULL;
}

static struct vs_err *walk_folder(struct walk *w, const char *path)
{
	struct waiting *names = NULL;
	struct vs_err *err = NULL;
	size_t n = 0, first = w->folders.n;
	DIR *dir = opendir(path);
	struct stat st;
	bool new;

	if (!dir || fstat(dirfd(dir), &st) < 0)
		err = add_file(w->f, path, NULL, strerror(errno), true);
	else if (!note_id(&w->f->seen, &st, &new))
		err = &vs_enomem;
	else if (new)
		err = read_folder(path, dir, &names, &n);
	if (dir)
		closedir(dir);
	for (size_t i = 0; i < n; i++) {
		if (!err)
			err = take(w, names[i].path, false);
		free(names[i].path);
	}
	free(names);
	// a stack: the first name has to come out first
	for (size_t i = first, j = w->folders.n; i + 1 < j; i++) {
		char *tmp = w->folders.v[i];

		w->folders.v[i] = w->folders.v[--j];
		w->folders.v[j] = tmp;
	}
	if (!err && w->out->progress && w->f->v.n) {
		char line[80];

		snprintf(line, sizeof(line), "triage: looking for dumps, %zu files so far", w->f->v.n);
		w->out->progress(w->out->face, line);
	}
	return err ? err : vs_out_poll(w->out);
}

struct vs_err *vs_triage_files_add(struct vs_triage_files *f, const char *path, struct vs_out *out)
{
	struct walk w = { .f = f, .out = out };
	struct vs_err *err = NULL;
	size_t link = 0;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return vs_triage_files_one(f, path, true);
	if (!push(&w.folders, strdup(path)))
		err = &vs_enomem;
	while (!err && (w.folders.n || link < w.links.n)) {
		if (w.folders.n) {
			_cleanup_free_ char *folder = w.folders.v[--w.folders.n];

			err = walk_folder(&w, folder);
		} else {
			err = take(&w, w.links.v[link++], true);
		}
	}
	for (size_t i = 0; i < w.folders.n; i++)
		free(w.folders.v[i]);
	for (size_t i = 0; i < w.links.n; i++)
		free(w.links.v[i]);
	vs_vec_deinit(&w.folders);
	vs_vec_deinit(&w.links);
	return err;
}

void vs_triage_files_deinit(struct vs_triage_files *f)
{
	for (size_t i = 0; i < f->v.n; i++) {
		free(f->v.v[i].path);
		free(f->v.v[i].problem);
	}
	vs_vec_deinit(&f->v);
	vs_vec_deinit(&f->seen.v);
	vs_map_deinit(&f->seen.first);
}

/*
 * core.COMM.UID.BOOTID.PID.USEC[.zst]: the comm may hold dots, the others are plain. Read from
 * the end; the boot-id is what tells such a name from others.
 */
static bool tell_systemd(const char *name, struct vs_triage_record *r)
{
	_cleanup_free_ char *copy = strdup(name);
	char *part[4], *end;	/* usec, pid, boot-id, uid */
	static const char *const packed[] = { ".zst", ".xz", ".lz4", ".gz" };

	if (!copy)
		return false;
	if (strncmp(copy, "core.", 5) != 0)
		return true;
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		size_t n = strlen(copy), m = strlen(packed[i]);

		if (n > m && !strcmp(copy + n - m, packed[i]))
			copy[n - m] = 0;
	}
	for (int i = 0; i < 4; i++) {
		const size_t digits = i == 2 ? 32 : 0;
		const char *of = i == 2 ? "0123456789abcdef" : "0123456789";

		end = strrchr(copy + 4, '.');
		if (!end || !end[1] || end[1 + strspn(end + 1, of)] || (digits && strlen(end + 1) != digits) ||
		    strlen(end + 1) > 32)
			return true;
		part[i] = end + 1;
		*end = 0;
	}
	if (strlen(copy) <= 5)
		return true;
	r->number[VS_TN_PID] = strtoll(part[1], NULL, 10);
	r->number[VS_TN_UID] = strtoll(part[3], NULL, 10);
	return vs_triage_set(r, VS_TT_BOOT_ID, part[2]) && vs_triage_set(r, VS_TT_COMM, copy + 5);
}

bool vs_triage_file_tell(const struct vs_triage_file *f, struct vs_triage_record *r)
{
	const char *slash = strrchr(f->path, '/');

	if (*f->mtime)
		r->number[VS_TN_SIZE] = (int64_t)f->size;
	return vs_triage_set(r, VS_TT_PATH, f->path) && vs_triage_set(r, VS_TT_MTIME, *f->mtime ? f->mtime : NULL) &&
	       tell_systemd(slash ? slash + 1 : f->path, r);
}
