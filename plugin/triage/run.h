/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checking files in processes of their own, several at once, each with limits. What
 * becomes of a process is a record in any case.
 */
#ifndef VS_TRIAGE_RUN_H
#define VS_TRIAGE_RUN_H

#include <stdint.h>

#include "triage/files.h"
#include "triage/record.h"

struct vs_out;

struct vs_triage_run {
	unsigned int jobs;
	uint64_t timeout_ms;	/* for one file; 0: none */
	uint64_t memory;	/* bytes that a process may take for itself; 0: no matter */
	/** In the process of its own: fill in @p r, of which path, size and mtime are set. */
	void (*check)(void *arg, const struct vs_triage_file *f, struct vs_triage_record *r);
	/** In ours: the line that a file got, with its newline. An error ends the run. */
	struct vs_err *(*done)(void *arg, const char *line, size_t len);
	void *arg;
};

/**
 * Check the @p n files whose indices are in @p todo. Interrupted, no record is made
 * of the files under way. No threads may be there.
 */
struct vs_err *vs_triage_run(const struct vs_triage_run *run, const struct vs_triage_files *files, const uint32_t *todo,
			     size_t n, struct vs_out *out);

#endif
