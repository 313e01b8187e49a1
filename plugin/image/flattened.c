// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The flattened format of makedumpfile -F, and what QEMU writes: pieces of a file
 * in the order in which they were made, each behind its offset and length. They
 * are put where they belong in one pass, into a sparse file that has no name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "base/vec.h"
#include "image/probe.h"

#define HEADER_SIZE	4096	/* MAX_SIZE_MDF_HEADER */
#define RECORD_SIZE	16	/* offset and length, big endian whatever the machine */
#define END_OF_RECORDS	(-INT64_C(1))

static bool is_flattened(const unsigned char *head, size_t len)
{
	return len >= 16 && !memcmp(head, "makedumpfile\0\0\0\0", 16);
}

static struct vs_err *copy(int in, uint64_t from, int to, uint64_t at, uint64_t len)
{
	char buf[1 << 16];

	while (len) {
		size_t want = len < sizeof(buf) ? (size_t)len : sizeof(buf);
		ssize_t n = pread(in, buf, want, (off_t)from), w;

		if (n < 0)
			return vs_err_os(errno, "cannot read it");
		if (!n)
			return NULL;	// cut; what is there is used
		for (ssize_t done = 0; done < n; done += w) {
			w = pwrite(to, buf + done, (size_t)(n - done), (off_t)at + done);
			if (w <= 0)
				return vs_err_os(w ? errno : ENOSPC,
						 "cannot put the flattened dump in order in TMPDIR (it needs its own size there)");
		}
		from += (uint64_t)n;
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return NULL;
}

/* Better before an hour of copying than behind it. What comes out is no larger than what goes in. */
static struct vs_err *check_room(const struct vs_source *src, int to)
{
	struct statvfs fs;
	uint64_t room;

	if (fstatvfs(to, &fs) || !fs.f_blocks)
		return NULL;	// a file system that does not tell
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= src->size)
		return NULL;
	return vs_err_create(VS_ERR_IO,
		"a flattened dump is put in order in TMPDIR, which has no room: it needs %" PRIu64
		" MiB there, %" PRIu64 " MiB are free", (src->size >> 20) + 1, room >> 20);
}

static struct vs_err *put_in_order(const struct vs_source *src, int to, struct vs_out *out,
				   uint64_t *size_ret, struct vs_extents *written, bool *cut_ret)
{
	uint64_t pos = HEADER_SIZE, shown = 0;
	char line[96];

	*size_ret = 0;
	*cut_ret = true;
	while (pos + RECORD_SIZE <= src->size) {
		unsigned char raw[RECORD_SIZE];
		struct vs_err *err = vs_out_poll(out);
		int64_t at, len;
		uint64_t n;

		if (err)
			return err;
		if (pread(src->fd, raw, sizeof(raw), (off_t)pos) != sizeof(raw))
			return vs_err_os(errno, "cannot read it");
		at = (int64_t)vs_load64(raw, true);
		len = (int64_t)vs_load64(raw + 8, true);
		if (at == END_OF_RECORDS && len == END_OF_RECORDS) {
			*cut_ret = false;
			return NULL;
		}
		pos += RECORD_SIZE;
		if (at < 0 || len < 0 || at > INT64_MAX / 2 || (uint64_t)at > src->size * 64 + (UINT64_C(1) << 40))
			return vs_err_create(VS_ERR_FORMAT,
				"broken flattened dump: the record at %" PRIu64 " is of %" PRId64 " bytes for offset %" PRId64,
				pos - RECORD_SIZE, len, at);
		n = (uint64_t)len < src->size - pos ? (uint64_t)len : src->size - pos;
		err = copy(src->fd, pos, to, (uint64_t)at, n);
		if (err)
			return err;
		if ((uint64_t)at + n > *size_ret)
			*size_ret = (uint64_t)at + n;
		if (!vs_extents_add(written, (uint64_t)at, (uint64_t)at + n))
			return &vs_enomem;
		if (n < (uint64_t)len)
			return NULL;
		pos += n;
		if (out->progress && pos - shown > 64 << 20 && !out->quiet) {
			shown = pos;
			snprintf(line, sizeof(line), "putting the flattened dump in order: %" PRIu64 " of %" PRIu64 " MiB",
				 pos >> 20, src->size >> 20);
			out->progress(out->face, line);
		}
	}
	return NULL;
}

/* What came out of it is a dump of another kind. @p written: what there is of it, if not all. */
static struct vs_err *open_ordered(const struct vs_source *src, int fd, struct vs_out *out, struct vs_source *inner,
				   struct vs_extents *written, struct vs_image **ret)
{
	unsigned char head[16];

	inner->fd = fd;
	inner->written = written;
	if (!inner->size)
		return vs_err_create(VS_ERR_FORMAT,
			"a flattened dump: expected records behind its header, found none%s",
			src->size > HEADER_SIZE ? " that is whole" : "");
	if (pread(fd, head, sizeof(head), 0) == sizeof(head) && is_flattened(head, sizeof(head)))
		return vs_err_create(VS_ERR_FORMAT, "a flattened dump in a flattened dump: expected ELF or kdump in it");
	return vs_err_wrap(vs_image_open_sources(inner, 1, out, ret), "flattened");
}

static struct vs_err *flattened_open(const struct vs_source *src, size_t n, struct vs_out *out,
				     struct vs_image **ret)
{
	struct vs_source inner = { .path = src->path };
	struct vs_extents written = { 0 };
	_cleanup_close_ int fd = -1;
	struct vs_err *err;
	bool cut;
	char *what;

	if (n > 1)
		return vs_err_create(VS_ERR_FORMAT, "a flattened dump is one file; %s is one too many", src[1].path);
	err = vs_image_temp("to put the flattened dump in order", &fd);
	if (err)
		return err;
	err = check_room(src, fd);
	if (err)
		return err;
	if (src->size > UINT64_C(256) << 20)
		vs_out_say(out, "%s is flattened: it is put in order in TMPDIR, %" PRIu64 " MiB", src->path,
			   src->size >> 20);
	err = put_in_order(src, fd, out, &inner.size, &written, &cut);
	if (!err)
		err = open_ordered(src, fd, out, &inner, cut ? &written : NULL, ret);
	vs_vec_deinit(&written);
	if (err)
		return err;
	if (asprintf(&what, "flattened %s", (*ret)->what) >= 0) {
		free((*ret)->what);
		(*ret)->what = what;
	}
	// sizes are told of the file that the person has
	(*ret)->needed_size = cut ? src->size + 1 : src->size;
	(*ret)->file_size = src->size;
	return NULL;
}

const struct vs_probe vs_probe_flattened = { is_flattened, flattened_open };
