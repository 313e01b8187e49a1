// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "image/probe.h"

struct vs_err *vs_image_temp(const char *why, int *ret)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];

	if (!dir || !*dir)
		dir = "/tmp";
	*ret = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*ret >= 0)
		return NULL;
	if (snprintf(path, sizeof(path), "%s/vmascope-XXXXXX", dir) >= (int)sizeof(path))
		return vs_err_create(VS_ERR_IO, "TMPDIR is too long");
	*ret = mkostemp(path, O_CLOEXEC);
	if (*ret < 0)
		return vs_err_os(errno, "cannot make a file in %s (TMPDIR) %s", dir, why);
	unlink(path);
	return NULL;
}
