/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_BASE_FILE_H
#define VS_BASE_FILE_H

struct vs_buf;
struct vs_err;

/** All of the regular file @p path, 256 MiB at most, behind what @p b has; @p expected is for the message. */
struct vs_err *vs_file_read(const char *path, const char *expected, struct vs_buf *b);

#endif
