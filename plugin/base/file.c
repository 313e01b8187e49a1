// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#define FILE_MAX (256 << 20)	/* bytes */

struct vs_err *vs_file_read(const char *path, const char *expected, struct vs_buf *b)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vs_err_os(errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return vs_err_create(VS_ERR_FORMAT, "%s: not a file of at most %d bytes; expected %s", path, FILE_MAX,
				     expected);
	vs_buf_reserve(b, (size_t)st.st_size + (1 << 16));	// at once: what grows is copied
	do {
		char *to = vs_buf_reserve(b, 1 << 16);

		if (!to)
			return &vs_enomem;
		n = read(fd, to, 1 << 16);
		b->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && b->len <= FILE_MAX);
	return n < 0 ? vs_err_os(errno, "cannot read %s", path) : NULL;
}
