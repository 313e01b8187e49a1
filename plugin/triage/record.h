/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What triage knows of one dump: a line of JSON that stands for itself. The process
 * that has checked the dump writes it, files of results hold it, and whatever is
 * counted, grouped or merged is read back from it.
 */
#ifndef VS_TRIAGE_RECORD_H
#define VS_TRIAGE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vec.h"
#include "check/check.h"

struct vs_err;

/** Besides enum vs_verdict: no dump and not named like one, which counts for nothing. */
#define VS_TRIAGE_IGNORED	5
#define VS_TRIAGE_VERDICTS	6

/** "corrupt", ..., "ignored". */
const char *vs_triage_verdict_name(int verdict);

/** The verdict called so (its first @p len bytes), or -1. */
int vs_triage_verdict_find(const char *name, size_t len);

/** 0 for the worst: corrupt, torn, incomplete, unreadable, consistent, ignored. */
int vs_triage_rank(int verdict);

/** How a verdict came about. */
enum vs_triage_outcome {
	VS_TRIAGE_CHECKED,
	VS_TRIAGE_NOT_A_DUMP,
	VS_TRIAGE_UNREADABLE,	/* a dump that could not be opened; or a file that could not */
	VS_TRIAGE_VANISHED,	/* found, and gone when its turn came */
	VS_TRIAGE_CRASHED,	/* the process that checked it died */
	VS_TRIAGE_TIMEOUT,
	VS_TRIAGE_MEMORY,
	VS_TRIAGE_OUTCOMES
};

const char *vs_triage_outcome_name(enum vs_triage_outcome o);

/** Findings of one rule at one member of one kind of object. */
struct vs_triage_finding {
	char *rule, *severity, *object;
	char *member;		/* NULL: none */
	char *address;		/* of the first of them; NULL: none */
	uint64_t count;
	bool consequence;	/* each of them follows from others */
	bool accepted;		/* a baseline has it; not stored */
};

/** Texts of a record, in the order in which they are written. NULL: not known. */
enum vs_triage_text {
	VS_TT_PATH, VS_TT_MTIME, VS_TT_KIND, VS_TT_REASON, VS_TT_RELEASE, VS_TT_ARCH, VS_TT_BUILD_ID,
	VS_TT_COMM, VS_TT_SIGNAL, VS_TT_WHAT, VS_TT_MODULE, VS_TT_OFFSET, VS_TT_MODULE_ID,
	VS_TT_BOOT_ID, VS_TT_VMLINUX, VS_TT_SIGNATURE,
	VS_TT_COUNT
};

/** Numbers of a record, likewise. -1: not known. */
enum vs_triage_number {
	VS_TN_SIZE, VS_TN_PID, VS_TN_UID, VS_TN_SPACES, VS_TN_BAD, VS_TN_VMAS,
	VS_TN_COUNT
};

/** Their names in JSON and in SQLite. */
extern const char *const vs_triage_texts[VS_TT_COUNT], *const vs_triage_numbers[VS_TN_COUNT];

struct vs_triage_record {
	int verdict;		/* enum vs_verdict or VS_TRIAGE_IGNORED */
	enum vs_triage_outcome outcome;
	char *text[VS_TT_COUNT];
	int64_t number[VS_TN_COUNT];
	VS_VEC(struct vs_triage_finding) findings;	/* kinds of them, at most VS_TRIAGE_FINDINGS */
	uint64_t more_findings;	/* that were one kind too many */
	bool accepted;		/* a baseline has all there is to find; not stored */
};

#define VS_TRIAGE_FINDINGS 64

void vs_triage_record_init(struct vs_triage_record *r);
void vs_triage_record_deinit(struct vs_triage_record *r);

/** Set a text to a copy of @p value (NULL: not known); false without memory. */
bool vs_triage_set(struct vs_triage_record *r, enum vs_triage_text which, const char *value);
bool vs_triage_setf(struct vs_triage_record *r, enum vs_triage_text which, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Count one finding; those of one rule, object and member are counted together. False without memory. */
bool vs_triage_add(struct vs_triage_record *r, const char *rule, const char *severity, const char *object,
		   const char *member, const char *address, bool consequence);

/** Set the signature out of what else is known: equal for dumps that show the same. False without memory. */
bool vs_triage_sign(struct vs_triage_record *r);

/** Append the line, with its newline. Failure is noted in @p b. */
void vs_triage_record_write(const struct vs_triage_record *r, struct vs_buf *b);

/** The line that files of records begin with. */
void vs_triage_header_write(struct vs_buf *b);

/**
 * Read a line of @p len bytes, without its newline. *kind_ret: 'r' for a record, which is
 * then the caller's; 'h' for the header; 'f' for a file of a list, of which the path and,
 * in *named_ret, whether somebody has named it are set, the caller's too; '-' for a line of
 * another type, as a summary. The error says what was expected and found.
 */
struct vs_err *vs_triage_line_read(const char *line, size_t len, struct vs_triage_record *ret, bool *named_ret,
				   char *kind_ret);

#endif
