// SPDX-License-Identifier: GPL-2.0-or-later
#include "triage/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"

void vs_triage_records_deinit(struct vs_triage_records *r)
{
	for (size_t i = 0; i < r->v.n; i++)
		vs_triage_record_deinit(&r->v.v[i]);
	vs_vec_deinit(&r->v);
}

static int compare_text(const struct vs_triage_record *a, const struct vs_triage_record *b, int which)
{
	const char *s = a->text[which], *t = b->text[which];

	return s && t ? strcmp(s, t) : (s != NULL) - (t != NULL);
}

/* "1763788000.123456789": by value. */
static int compare_mtime(const struct vs_triage_record *a, const struct vs_triage_record *b)
{
	const char *s = a->text[VS_TT_MTIME], *t = b->text[VS_TT_MTIME];
	const size_t m = s ? strcspn(s, ".") : 0, n = t ? strcspn(t, ".") : 0;

	return m != n ? (m > n) - (m < n) : compare_text(a, b, VS_TT_MTIME);
}

/* Equal paths: the one to be kept comes first, whatever the order in which they were read. */
static int by_path(const void *x, const void *y)
{
	const struct vs_triage_record *a = x, *b = y;
	int c = compare_text(a, b, VS_TT_PATH);

	if (!c)
		c = -compare_mtime(a, b);
	if (!c)
		c = (int)a->outcome - (int)b->outcome;
	if (!c)
		c = vs_triage_rank(a->verdict) - vs_triage_rank(b->verdict);
	return c ? c : compare_text(a, b, VS_TT_SIGNATURE);
}

void vs_triage_records_sort(struct vs_triage_records *r)
{
	size_t n = 0;

	if (r->v.n)
		qsort(r->v.v, r->v.n, sizeof(*r->v.v), by_path);
	for (size_t i = 0; i < r->v.n; i++) {
		if (n && !compare_text(&r->v.v[n - 1], &r->v.v[i], VS_TT_PATH))
			vs_triage_record_deinit(&r->v.v[i]);
		else
			r->v.v[n++] = r->v.v[i];
	}
	r->v.n = n;
}

const struct vs_triage_record *vs_triage_records_find(const struct vs_triage_records *r, const char *path)
{
	size_t lo = 0, hi = r->v.n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int c = strcmp(path, r->v.v[mid].text[VS_TT_PATH]);

		if (!c)
			return &r->v.v[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* All of the file. */
static struct vs_err *slurp(int fd, const char *path, struct vs_buf *ret)
{
	for (;;) {
		char *to = vs_buf_reserve(ret, 1 << 16);
		ssize_t n = to ? read(fd, to, 1 << 16) : 0;

		if (!to)
			return &vs_enomem;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vs_err_os(errno, "cannot read %s", path);
		if (!n)
			return NULL;
		ret->len += (size_t)n;
	}
}

/* @p whole_ret: how many of its bytes are whole lines. */
static struct vs_err *read_lines(const char *path, const struct vs_buf *b, struct vs_triage_records *ret,
				 size_t *whole_ret)
{
	size_t at = 0;

	for (size_t line = 1; at < b->len; line++) {
		const char *end = memchr(b->data + at, '\n', b->len - at);
		struct vs_triage_record r, *slot;
		struct vs_err *err;
		bool named;
		char kind;

		if (!end)
			break;
		err = vs_triage_line_read(b->data + at, (size_t)(end - b->data) - at, &r, &named, &kind);
		if (!err && line == 1 && kind != 'h') {
			if (kind == 'r' || kind == 'f')
				vs_triage_record_deinit(&r);
			err = vs_err_create(VS_ERR_FORMAT, "expected the header of a file of vmascope triage, found another line");
		}
		if (err)
			return vs_err_wrap(err, "%s, line %zu", path, line);
		if (kind == 'r') {
			slot = vs_vec_push(&ret->v);
			if (!slot) {
				vs_triage_record_deinit(&r);
				return &vs_enomem;
			}
			*slot = r;
		} else if (kind == 'f') {
			vs_triage_record_deinit(&r);
		}
		at = (size_t)(end - b->data) + 1;
	}
	*whole_ret = at;
	return NULL;
}

struct vs_err *vs_triage_records_read(const char *path, struct vs_out *out, struct vs_triage_records *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	struct vs_err *err;
	size_t whole = 0;

	if (fd < 0)
		return vs_err_os(errno, "cannot open %s", path);
	err = slurp(fd, path, &b);
	if (!err)
		err = read_lines(path, &b, ret, &whole);
	if (!err && whole < b.len)
		vs_out_say(out, "%s: the last line is cut; it is left out", path);
	return err;
}

static struct vs_err *write_all(int fd, const char *path, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vs_err_os(errno, "cannot write %s", path);
		data += n;
		len -= (size_t)n;
	}
	return NULL;
}

struct vs_err *vs_triage_write_whole(const char *path, const void *data, size_t len)
{
	_cleanup_free_ char *real = realpath(path, NULL), *temp = NULL;
	struct vs_err *err;
	struct stat st;
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (real)
		path = real;	// a link stays one
	if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		return &vs_enomem;
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return vs_err_os(errno, "cannot write %s", path);
	err = write_all(fd, path, data, len);
	fchmod(fd, stat(path, &st) < 0 ? 0666 & ~mask : st.st_mode & 07777);
	if (!err && fsync(fd) < 0)
		err = vs_err_os(errno, "cannot write %s", path);
	close(fd);
	if (!err && rename(temp, path) < 0)
		err = vs_err_os(errno, "cannot write %s", path);
	if (err)
		unlink(temp);
	return err;
}

/* False: another has it. What a killed triage has started ends by itself, and keeps the lock until then. */
static bool lock(int fd)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK)
			return true;	// a file system without locks
		if (tries == 75)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Open and lock the file that has this name now, and not one whose place was taken meanwhile. */
static struct vs_err *open_locked(const char *path, int *ret)
{
	struct stat mine, now;

	for (int tries = 0; tries < 10; tries++) {
		int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);

		if (fd < 0 || fstat(fd, &mine) < 0) {
			struct vs_err *err = vs_err_os(errno, "cannot open %s", path);

			if (fd >= 0)
				close(fd);
			return err;
		}
		if (!S_ISREG(mine.st_mode)) {
			close(fd);
			return vs_err_create(VS_ERR_USAGE, "--output: expected a file, found %s, which is none", path);
		}
		if (!lock(fd)) {
			close(fd);
			return vs_err_create(VS_ERR_USAGE, "%s: another triage is writing it", path);
		}
		if (!stat(path, &now) && now.st_dev == mine.st_dev && now.st_ino == mine.st_ino) {
			*ret = fd;
			return NULL;
		}
		close(fd);
	}
	return vs_err_create(VS_ERR_IO, "%s: others keep replacing it", path);
}

struct vs_err *vs_triage_store_open(const char *path, struct vs_out *out, struct vs_triage_records *ret,
				    struct vs_triage_store *s)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	struct vs_err *err = open_locked(path, &s->fd);
	size_t whole = 0;

	if (err)
		return err;
	s->path = strdup(path);
	err = s->path ? slurp(s->fd, path, &b) : &vs_enomem;
	if (!err)
		err = read_lines(path, &b, ret, &whole);
	if (!err && whole < b.len) {
		// only what began as ours is cut: a first line without an end may be anybody's
		if (!whole && strncmp(vs_buf_str(&b), "{\"type\":\"header\"", b.len < 16 ? b.len : 16) != 0)
			err = vs_err_create(VS_ERR_FORMAT, "%s: expected a file of vmascope triage, found something else", path);
		else if (ftruncate(s->fd, (off_t)whole) < 0)
			err = vs_err_os(errno, "cannot write %s", path);
	}
	if (!err && !whole) {
		b.len = 0;
		vs_triage_header_write(&b);
		err = b.failed ? &vs_enomem : vs_triage_store_append(s, b.data, b.len);
	}
	if (err)
		vs_triage_store_close(s);
	return err;
}

struct vs_err *vs_triage_store_append(struct vs_triage_store *s, const char *line, size_t len)
{
	struct vs_err *err = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(s->fd, &st) < 0)
		return vs_err_os(errno, "cannot write %s", s->path);
	do
		n = write(s->fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return NULL;
	err = vs_err_os(n < 0 ? errno : ENOSPC, "cannot write %s", s->path);
	if (n > 0 && ftruncate(s->fd, st.st_size) < 0)
		return vs_err_wrap(err, "the last line is cut");
	return err;
}

struct vs_err *vs_triage_store_finish(struct vs_triage_store *s, const struct vs_triage_records *r)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	vs_triage_header_write(&b);
	for (size_t i = 0; i < r->v.n; i++)
		vs_triage_record_write(&r->v.v[i], &b);
	return b.failed ? &vs_enomem : vs_triage_write_whole(s->path, b.data, b.len);
}

void vs_triage_store_close(struct vs_triage_store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	*s = (struct vs_triage_store){ .fd = -1 };
}
