/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the files that a triage is about: all regular files below folders, each
 * once, whatever links lead to it, in the same order each time.
 */
#ifndef VS_TRIAGE_FILES_H
#define VS_TRIAGE_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "base/vec.h"
#include "triage/record.h"

struct vs_out;

struct vs_triage_file {
	char *path;
	uint64_t size;
	char mtime[32];		/* seconds.nanoseconds since 1970; "" not known */
	bool named;		/* somebody has asked for this very file */
	bool dump;		/* it begins as a dump does, or as something compressed */
	char *problem;		/* why it cannot be looked at, or what it is instead of a dump; NULL */
	bool unreadable;	/* the former */
};

struct vs_triage_id {
	dev_t dev;
	ino_t ino;
	uint32_t next;		/* with the same hash; VS_MAP_NONE: none */
};

/** Files and folders that have been met. */
struct vs_triage_ids {
	VS_VEC(struct vs_triage_id) v;
	struct vs_map first;
};

struct vs_triage_files {
	VS_VEC(struct vs_triage_file) v;
	struct vs_triage_ids seen;
};

/** Leave out the file @p path, if it is there: our own results. */
struct vs_err *vs_triage_files_skip(struct vs_triage_files *f, const char *path);

/** Add what @p path is or holds. Folders that cannot be read are files with a problem. */
struct vs_err *vs_triage_files_add(struct vs_triage_files *f, const char *path, struct vs_out *out);

/** Add one file, no folder. */
struct vs_err *vs_triage_files_one(struct vs_triage_files *f, const char *path, bool named);

void vs_triage_files_deinit(struct vs_triage_files *f);

/** Is the file's name one that dumps and cores are given? */
bool vs_triage_name_like_dump(const char *path);

/** Fill in path, size, mtime and what a name by systemd-coredump tells. False without memory. */
bool vs_triage_file_tell(const struct vs_triage_file *f, struct vs_triage_record *r);

#endif
