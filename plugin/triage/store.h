/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of records. While a triage runs, each record is appended by one write; when it
 * ends the file is put in order and takes the old one's place. Whenever it is killed,
 * what has been written are whole lines, but for the last, perhaps, which is then left out.
 */
#ifndef VS_TRIAGE_STORE_H
#define VS_TRIAGE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "triage/record.h"

struct vs_out;

struct vs_triage_records {
	VS_VEC(struct vs_triage_record) v;
};

void vs_triage_records_deinit(struct vs_triage_records *r);

/** In the order of paths, of several with one path the best only: the newest file, then the one that was checked. */
void vs_triage_records_sort(struct vs_triage_records *r);

/** The record of @p path in sorted records, or NULL. */
const struct vs_triage_record *vs_triage_records_find(const struct vs_triage_records *r, const char *path);

/** Add all records of the file. A last line that was cut is said and left out. */
struct vs_err *vs_triage_records_read(const char *path, struct vs_out *out, struct vs_triage_records *ret);

/** The whole of @p data as the file @p path, or nothing: by a file beside it which takes its place. */
struct vs_err *vs_triage_write_whole(const char *path, const void *data, size_t len);

struct vs_triage_store {
	char *path;
	int fd;			/* locked, for appending */
};

/** Open the results at @p path, new or to be gone on with: what they hold is added to @p ret. */
struct vs_err *vs_triage_store_open(const char *path, struct vs_out *out, struct vs_triage_records *ret,
				    struct vs_triage_store *s);

/** One whole line, or none. */
struct vs_err *vs_triage_store_append(struct vs_triage_store *s, const char *line, size_t len);

/** Replace what it holds by @p r. */
struct vs_err *vs_triage_store_finish(struct vs_triage_store *s, const struct vs_triage_records *r);
void vs_triage_store_close(struct vs_triage_store *s);

#endif
