// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * second FILE...: a kdump-compressed dump (further FILEs: of the same split set) by our own
 * reader and by libkdumpfile: every page must be the same, and absent in both or in neither.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/tap.h"
#include "base/err.h"
#include "base/out.h"
#include "image/probe.h"

static struct vs_err *write_nothing(void *face, const char *data, size_t len)
{
	(void)face, (void)data, (void)len;
	return NULL;
}

static struct vs_image *open_by(const struct vs_probe *p, const struct vs_source *src, size_t n)
{
	struct vs_out out = { .write = write_nothing, .quiet = true };
	struct vs_image *img = NULL;
	struct vs_err *err = p->open(src, n, &out, &img);

	if (!ok(!err, "%s opened by %s", src->path, p == &vs_probe_kdump ? "us" : "libkdumpfile"))
		diag("%s", err->msg);
	vs_err_free(err);
	return img;
}

static void compare(struct vs_image *a, struct vs_image *b, const char *path)
{
	uint64_t n = 0, bad = 0, held = 0, told = 0;

	for (size_t i = 0; i < a->n_ranges; i++) {
		told += a->ranges[i].in_file / 4096;
		for (uint64_t at = a->ranges[i].start; at < a->ranges[i].end; at += 4096, n++) {
			unsigned char x[4096], y[4096];
			enum vs_from from = vs_image_read(a, at, x, sizeof(x), NULL);
			enum vs_from second = vs_image_read(b, at, y, sizeof(y), NULL);

			held += vs_from_ok(from);
			if (vs_from_ok(from) != vs_from_ok(second) || (vs_from_ok(from) && memcmp(x, y, 4096))) {
				if (!bad++)
					diag("physical %#" PRIx64 ": %s; libkdumpfile: %s", at, vs_from_name(from),
					     vs_from_name(second));
			}
		}
	}
	ok(!bad, "%s: %" PRIu64 " pages, %" PRIu64 " held, are the same", path, n, held);
	ok(told == held, "%s: %" PRIu64 " were promised", path, told);
}

int main(int argc, char **argv)
{
	struct vs_source *src = calloc((size_t)argc, sizeof(*src));
	struct vs_image *a, *b;

	if (!src || argc < 2)
		return 99;
	for (int i = 1; i < argc; i++) {
		struct stat st;

		src[i - 1].path = argv[i];
		src[i - 1].fd = open(argv[i], O_RDONLY);
		if (src[i - 1].fd < 0 || fstat(src[i - 1].fd, &st))
			return 99;
		src[i - 1].size = (uint64_t)st.st_size;
	}
	a = open_by(&vs_probe_kdump, src, (size_t)argc - 1);
	b = open_by(&vs_probe_kdumpfile, src, (size_t)argc - 1);
	if (a && b)
		compare(a, b, argv[1]);
	vs_image_destroy(a);
	vs_image_destroy(b);
	free(src);
	return done();
}
