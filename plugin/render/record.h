/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_RECORD_H
#define VS_RENDER_RECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "space/record.h"
#include "space/space.h"

struct vs_out;
struct vs_err;

/** One line a member: offset, name, value, what it means. */
struct vs_err *vs_render_record(struct vs_out *out, const struct vs_record *r);

/** "Label: words", aligned: for info. */
struct vs_err *vs_render_facts(struct vs_out *out, const struct vs_record *r);

/** One object with all members, under the record's kind as type. */
struct vs_err *vs_json_record(struct vs_out *out, const struct vs_record *r);

/**
 * The Vm* lines that /proc/PID/status makes of these fields (task_mem() of
 * fs/proc/task_mmu.c), "VmPeak:\t ... kB\n".
 */
void vs_render_status(struct vs_buf *b, const struct vs_mm_fields *f, unsigned int page_shift);

/** One object with the same numbers, in KiB. */
struct vs_err *vs_json_status(struct vs_out *out, const struct vs_space *s);

#endif
