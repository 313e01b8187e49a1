/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command table. A face (gdb/, cli/) parses its own kind of line into a
 * struct vs_args, calls run() and hands the status on; a command never knows
 * which face called it.
 */
#ifndef VS_CMD_CMD_H
#define VS_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"
#include "base/vec.h"
#include "kernel/open.h"

struct vs_err;
struct vs_image;
struct vs_kernel;
struct vs_session;
struct vs_tasks;
struct vs_args;

/* Which faces have a command. */
#define VS_FACE_GDB	(1 << 0)
#define VS_FACE_SHELL	(1 << 1)
#define VS_FACE_BOTH	(VS_FACE_GDB | VS_FACE_SHELL)

/* What a command takes besides the common options. */
#define VS_TAKES_ADDR		(1 << 0)	/* an address before the dump: show, find */
#define VS_TAKES_SELECTION	(1 << 1)	/* PID, comm=NAME, mm=ADDR */
#define VS_TAKES_DUMP		(1 << 2)	/* shell: one dump file; GDB (open): the files to open */
#define VS_TAKES_DUMPS		(1 << 3)	/* shell: any number of dump files */
#define VS_NEEDS_DUMP		(1 << 4)	/* run() wants an open session */
#define VS_TAKES_CORE		(1 << 5)	/* the dump may be the core of a process */

/** Status of a command: DESIGN section 2. */
enum {
	VS_STATUS_OK		= 0,
	VS_STATUS_DAMAGE	= 1,
	VS_STATUS_NONE		= 2,
	VS_STATUS_TORN		= 3,
	VS_STATUS_INCOMPLETE	= 4,
};

struct vs_option {
	const char *name;	/* "vmlinux": typed --vmlinux FILE or --vmlinux=FILE */
	const char *arg;	/* "FILE"; NULL: a flag */
	const char *help;	/* one line */
	const char *values;	/* "text|json": what is accepted and completed; NULL: anything */
	bool file;		/* the argument is a file name: complete it as one */
	bool alone;		/* with it the command needs no dump: --list-rules */
	char letter;		/* 'j': -j N and -jN are the same; 0: none */
};

struct vs_cmd {
	const char *name;
	int faces;
	int takes;
	const char *usage;	/* what stands behind the name, in the shell: "DUMP [SELECTION...]" */
	const char *gdb_usage;	/* the same in GDB: "[SELECTION...]" */
	const char *summary;	/* one line, no full stop at its end */
	const char *help;	/* paragraphs, 78 columns; an indented line is kept as it is */
	const char *example;	/* shell lines; shown in help and in the man page */
	const char *gdb_example;
	const struct vs_option *options;	/* its own, besides the common ones; ends with a NULL name; may be NULL */
	/** Do it. @p status_ret is one of VS_STATUS_*; an error means VS_STATUS_NONE. */
	struct vs_err *(*run)(struct vs_session *s, const struct vs_args *args,
			      struct vs_out *out, int *status_ret);
};

/** All commands in the order of the help; @p n_ret is their number. */
const struct vs_cmd *const *vs_cmds(size_t *n_ret);

/** The command called @p name (its first @p len bytes) in @p face, or NULL. */
const struct vs_cmd *vs_cmd_find(const char *name, size_t len, int face);

/** The command in @p face whose name is most like @p name; NULL if none is near. */
const struct vs_cmd *vs_cmd_nearest(const char *name, int face);

/** The options that every command takes; ends with a NULL name. */
extern const struct vs_option vs_common_options[];

enum vs_sel_kind { VS_SEL_PID, VS_SEL_COMM, VS_SEL_MM };

struct vs_selection {
	enum vs_sel_kind kind;
	uint64_t num;		/* pid or mm address */
	const char *comm;	/* borrowed from the args' strings */
};

/** A command line, taken apart. */
struct vs_args {
	const struct vs_cmd *cmd;
	int face;			/* VS_FACE_GDB or VS_FACE_SHELL */
	bool needs_dump;		/* the command needs one and no option says otherwise */
	uint64_t addr;			/* with VS_TAKES_ADDR */
	VS_VEC(const char *) files;	/* dumps (and what open takes) */
	VS_VEC(const char *) parts;	/* --part */
	VS_VEC(struct vs_selection) sel;
	struct vs_open_opts open;	/* --vmlinux, --force, --types-from */
	bool json;
	bool stats;
	const char *color;		/* "auto", "always", "never" */
	unsigned int max_findings;	/* that check shows of one object; 0: as it thinks best */
	bool quiet;
	bool help;
	VS_VEC(const struct vs_option *) opts;	/* the command's own options as given ... */
	VS_VEC(const char *) opt_args;		/* ... and their arguments (NULL for flags), same length */
	VS_VEC(char *) strings;			/* owned copies that the others borrow from */
};

/** The value of an expression that is no plain number: `$rsp`, `mm->mmap`. */
typedef struct vs_err *vs_eval_fn(const char *expr, uint64_t *ret);

/**
 * Take apart the words behind the command's name. In the shell what is no
 * option, address or selection is a file; in GDB only `open` takes files. Where
 * an address or mm=ADDR is no plain hexadecimal number, @p eval is asked; NULL:
 * it is an error. Errors say in one line what was expected and what was found.
 * @p ret needs vs_args_deinit() only after success.
 */
struct vs_err *vs_args_parse(const struct vs_cmd *cmd, int face, vs_eval_fn *eval, int argc,
			     char *const *argv, struct vs_args *ret);
void vs_args_deinit(struct vs_args *args);

/** The argument of the command's own option @p name: NULL if not given, "" for a flag. */
const char *vs_args_option(const struct vs_args *args, const char *name);

/**
 * A session: what is open, and what has been learned of it. Nothing is read
 * before a command needs it.
 */
struct vs_session *vs_session_create(void);
void vs_session_destroy(struct vs_session *s);

/** Open a dump. Closes what was open before. */
struct vs_err *vs_session_open(struct vs_session *s, const char *dump,
			       const struct vs_open_opts *opts, struct vs_out *out);
/** The same with an image that has been opened; it is taken over also on error. */
struct vs_err *vs_session_open_image(struct vs_session *s, struct vs_image *img,
				     const struct vs_open_opts *opts, struct vs_out *out);
/** Leave of the image's memory what the kernel calls System RAM: for one that cannot tell itself. */
struct vs_err *vs_session_narrow(struct vs_session *s, struct vs_out *out);
/** What is open, for a face which serves it to others; borrowed until it is closed. No kernel: a process' core. */
struct vs_err *vs_session_look(struct vs_session *s, struct vs_out *out, struct vs_kernel **k_ret,
			       const struct vs_tasks **tasks_ret);
/** The image that is open, or NULL. */
struct vs_image *vs_session_image(struct vs_session *s);
void vs_session_close(struct vs_session *s);
bool vs_session_is_open(const struct vs_session *s);
/** Is it a kernel's dump, and no core of a process? */
bool vs_session_is_kernel(const struct vs_session *s);

/** The selected task of `vma task` (GDB), 0 for none. */
int32_t vs_session_task(const struct vs_session *s);
void vs_session_set_task(struct vs_session *s, int32_t pid);

/** What a pid has: its task_struct, its mm (an error where it has none), the VMA that holds @p addr (0: none). */
struct vs_err *vs_session_find_task(struct vs_session *s, int32_t pid, struct vs_out *out, uint64_t *ret);
struct vs_err *vs_session_find_mm(struct vs_session *s, int32_t pid, struct vs_out *out, uint64_t *ret);
struct vs_err *vs_session_find_vma(struct vs_session *s, int32_t pid, uint64_t addr, struct vs_out *out,
				   uint64_t *ret);
/** The leader that uses the mm, its name into @p comm of 16 bytes; 0: none does. */
int32_t vs_session_mm_user(struct vs_session *s, uint64_t mm, struct vs_out *out, char *comm);

struct vs_session_name {
	int32_t pid;
	char comm[16];
};

/** The processes of the open dump, for completion; the caller frees @p ret. */
struct vs_err *vs_session_names(struct vs_session *s, struct vs_out *out, struct vs_session_name **ret,
				size_t *n_ret);

/**
 * The one way a face runs a command: prints its help if that is asked for,
 * opens the dump which the arguments name (shell), runs the command, flushes.
 * In the shell a command that takes several dumps opens them itself. @p out
 * comes with the colour that "auto" means. The face says the error in its own
 * way; @p status_ret is VS_STATUS_NONE then.
 */
struct vs_err *vs_cmd_run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret);

/** Help for one command (NULL: the overview) as a string the caller frees; NULL without memory. */
char *vs_cmd_help(const struct vs_cmd *cmd, int face);

/** The manual page, roff, likewise. */
char *vs_cmd_man(void);

/** Completion for bash, likewise. */
char *vs_cmd_bash(void);

#endif
