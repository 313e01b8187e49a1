// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "image/probe.h"

/* Tried in this order; a row says no (NULL image, NULL error) to what is not its own. */
static const struct vs_probe *const probes[] = {
	&vs_probe_elf,
	&vs_probe_kdump,
	&vs_probe_flattened,
	&vs_probe_packed,
	&vs_probe_kdumpfile,
};

/* Files of other kinds that people hand in: named, so that they know what to do. */
static const struct {
	const char *magic;
	size_t len;
	const char *what;
} known[] = {
	{ "PK\3\4", 4, "a zip archive (unpack by: unzip FILE)" },
	{ "BZh", 3, "compressed by bzip2 (unpack by: bzip2 -d FILE)" },
};

static struct vs_err *not_a_dump(const char *path, const unsigned char *head, size_t len)
{
	char hex[3 * 8 + 1] = "";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len >= known[i].len && !memcmp(head, known[i].magic, known[i].len))
			return vs_err_create(VS_ERR_FORMAT, "%s: %s; expected an ELF or kdump-compressed dump",
					     path, known[i].what);
	for (size_t i = 0; i < 8 && i < len; i++)
		snprintf(hex + 3 * i, sizeof(hex) - 3 * i, " %02x", head[i]);
	return vs_err_create(VS_ERR_FORMAT,
			     "%s: not a dump: expected ELF (7f 45 4c 46) or kdump (\"KDUMP   \"), found bytes%s",
			     path, hex);
}

struct vs_err *vs_image_open_sources(const struct vs_source *src, size_t n, struct vs_out *out,
				     struct vs_image **ret)
{
	unsigned char head[64];
	ssize_t len = pread(src->fd, head, sizeof(head), 0);

	if (len < 0)
		return vs_err_os(errno, "cannot read %s", src->path);
	if (len == 0)
		return vs_err_create(VS_ERR_FORMAT, "%s: the file is empty; expected a dump (ELF or kdump-compressed)",
				     src->path);
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct vs_image *img = NULL;
		struct vs_err *err;

		if (!probes[i]->is(head, (size_t)len))
			continue;
		err = probes[i]->open(src, n, out, &img);
		if (err)
			return err;
		*ret = img;
		return NULL;
	}
	return not_a_dump(src->path, head, (size_t)len);
}

bool vs_image_is_known(const unsigned char *head, size_t len)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (probes[i]->is(head, len))
			return true;
	return false;
}

static struct vs_err *open_file(const char *path, struct vs_source *src)
{
	struct stat st;

	src->path = path;
	src->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (src->fd < 0 || fstat(src->fd, &st) < 0)
		return vs_err_os(errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return vs_err_create(VS_ERR_FORMAT, "%s: %s; expected a dump file", path,
				     S_ISDIR(st.st_mode) ? "is a directory" :
				     "is neither a file nor a block device");
	src->size = (uint64_t)st.st_size;
	return NULL;
}

struct vs_err *vs_image_open(const char *const *paths, size_t n, struct vs_out *out, struct vs_image **ret)
{
	_cleanup_free_ struct vs_source *src = calloc(n, sizeof(*src));
	struct vs_err *err = NULL;

	if (!src)
		return &vs_enomem;
	for (size_t i = 0; i < n; i++)
		src[i].fd = -1;
	for (size_t i = 0; !err && i < n; i++)
		err = open_file(paths[i], &src[i]);
	if (!err) {
		err = vs_image_open_sources(src, n, out, ret);
		if (err && strncmp(err->msg, paths[0], strlen(paths[0])))
			err = vs_err_wrap(err, "%s", paths[0]);
	}
	for (size_t i = 0; i < n; i++)
		if (src[i].fd >= 0)
			close(src[i].fd);
	return err;
}

void vs_image_destroy(struct vs_image *img)
{
	if (!img)
		return;
	free(img->path);
	free(img->what);
	free(img->notes);
	free(img->ranges);
	img->ops->destroy(img);
}

/* The run at @p addr; from the last answer where that covers it. */
static void run_at(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	const struct vs_run *last = &img->last;

	if (addr - last->addr >= last->len)
		img->ops->run(img, addr, &img->last);
	*ret = *last;
	if (!vs_from_ok(ret->from) && ret->from != VS_FROM_NOWHERE)
		img->absent_from |= UINT32_C(1) << ret->from;
	ret->addr = addr;
	ret->len -= addr - last->addr;
	if (ret->data)
		ret->data += addr - last->addr;
}

void vs_image_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	img->n_reads++;
	run_at(img, addr, ret);
}

void vs_image_touch(struct vs_image *img, uint64_t addr, uint64_t len)
{
	if (img->touched)
		img->touched(img->touched_arg, addr, len);
}

enum vs_from vs_image_read(struct vs_image *img, uint64_t addr, void *buf, size_t len, size_t *got_ret)
{
	enum vs_from worst = VS_FROM_FILE;
	size_t got = 0;

	img->n_reads++;
	vs_image_touch(img, addr, len);
	while (got < len) {
		struct vs_run run;
		size_t n;

		if (addr + got < addr) {	// the address space ends
			worst = VS_FROM_NOWHERE;
			break;
		}
		run_at(img, addr + got, &run);
		if (run.from > worst)
			worst = run.from;
		if (!run.data)
			break;
		n = run.len < len - got ? (size_t)run.len : len - got;
		memcpy((char *)buf + got, run.data, n);
		got += n;
	}
	if (got_ret)
		*got_ret = got;
	return worst;
}

void vs_image_count(struct vs_image *img, uint64_t bytes[VS_FROM_COUNT])
{
	memset(bytes, 0, VS_FROM_COUNT * sizeof(*bytes));
	if (img->ops->count) {
		img->ops->count(img, bytes);
		return;
	}
	for (size_t i = 0; i < img->n_ranges; i++) {
		const struct vs_phys_range *r = &img->ranges[i];

		bytes[VS_FROM_FILE] += r->in_file;
		bytes[VS_FROM_EXCLUDED] += r->end - r->start - r->in_file;
	}
}

uint64_t vs_image_held(const struct vs_image *img)
{
	uint64_t n = 0;

	for (size_t i = 0; i < img->n_ranges; i++)
		n += img->ranges[i].in_file;
	return n;
}

bool vs_image_holds(const struct vs_image *img, uint64_t start, uint64_t end)
{
	size_t lo = 0, hi = img->n_ranges;

	// the first range that ends behind start
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (img->ranges[mid].end <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < img->n_ranges && img->ranges[lo].start < end;
}

void vs_image_watch(struct vs_image *img, void (*touched)(void *, uint64_t, uint64_t), void *arg)
{
	img->touched = touched;
	img->touched_arg = arg;
}
