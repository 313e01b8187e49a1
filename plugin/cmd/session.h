/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is open, and what has been learned of it; for commands.
 */
#ifndef VS_CMD_SESSION_H
#define VS_CMD_SESSION_H

#include "cmd/cmd.h"
#include "kernel/kernel.h"
#include "mm/mm.h"
#include "render/text.h"
#include "space/space.h"
#include "space/tasks.h"
#include "usercore/usercore.h"

struct vs_session {
	/* One of the two is open, or none: the dump of a kernel, the core of a process. */
	struct vs_kernel *k;
	struct vs_usercore *core;
	char *dump, *vmlinux;		/* as they were given; vmlinux may be NULL */
	int32_t task;			/* selected by `vma task`, 0: none */
	struct vs_tasks tasks;
	bool have_tasks;
	struct vs_files files;
	bool have_files;
	struct vs_space *space;		/* the one last read; its room serves the next */
	uint64_t space_mm;		/* of which mm it is, 0: none */
	uint64_t told_damaged;		/* of the pages that the image counts, those already spoken of */
	uint64_t objects_mm;		/* the same if what hangs on it has been read */
	struct vs_moment moment;
	bool have_moment;
};

/** The tasks, read at the first call. */
struct vs_err *vs_session_tasks(struct vs_session *s, struct vs_out *out);

/** The address space of @p mm in s->space, with the names of its mappings if @p names. */
struct vs_err *vs_session_space(struct vs_session *s, uint64_t mm, bool names, struct vs_out *out);

/** The mm_struct of @p mm, its users and what they remember in s->space, and no VMA. */
struct vs_err *vs_session_head(struct vs_session *s, uint64_t mm);

/** Read what the check wants besides the VMAs of s->space as it is now. */
struct vs_err *vs_session_objects(struct vs_session *s, struct vs_out *out);

/** Ask whether the dump is of one moment, once; the answer is in s->moment and, from now on, in s->space. */
struct vs_err *vs_session_moment(struct vs_session *s, struct vs_out *out);

/** Name the mappings of s->space as it is now. */
struct vs_err *vs_session_name(struct vs_session *s, struct vs_out *out);

/** The same for VMA number @p i only, of those that s->space had at the first such call. */
struct vs_err *vs_session_name_one(struct vs_session *s, uint32_t i);

/** Say how many pages were met that are in the dump and could not be read, if some were since the last time. */
void vs_session_tell_lost(struct vs_session *s, struct vs_out *out);

/** Forget what was learned of tasks, files and address spaces, not what is open. */
void vs_session_forget(struct vs_session *s);

/* --- select.c --- */

/** One address space and the tasks that use it. */
struct vs_target_mm {
	uint64_t mm;
	uint32_t first;		/* index of its first task in the session's tasks; VS_NONE if none is known */
};

/**
 * The processes that the arguments select, as indices of group leaders (or of the
 * thread whose tid was given), in the order of pids. Nothing selected: all that
 * have an address space (in GDB the task of `vma task`). A selection that matches nothing is an error.
 */
struct vs_err *vs_select_tasks(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			       uint32_t **ret, size_t *n_ret);

/**
 * The address spaces that the arguments select, each once. Also takes mm=ADDR
 * where no task has that mm.
 */
struct vs_err *vs_select_mms(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			     struct vs_target_mm **ret, size_t *n_ret);

/** "a kernel thread", "a zombie", ...: why @p t has no address space. */
const char *vs_why_no_mm(const struct vs_task *t);

/* --- tell.c --- */

/** Say once what of @p s is not whole, and raise the status to it. @p pid: whose it is, 0: see its users. */
void vs_tell_damage(const struct vs_space *s, int32_t pid, struct vs_out *out, int *status);

/**
 * Say once that the walk over the tasks breaks, and where else they, or address spaces
 * without them, were looked for.
 */
void vs_tell_tasks(const struct vs_tasks *t, struct vs_out *out);

/** How a command draws: the face's ways, and the option --ascii if the command has it. */
struct vs_text_style vs_cmd_style(const struct vs_args *args, const struct vs_out *out);

/** Put the users of s->space->mm into it: leaders first. */
struct vs_err *vs_session_users(struct vs_session *s, uint64_t mm);

#endif
