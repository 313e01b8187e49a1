/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDB's face. Only this folder knows Python, and only its limited API of 3.9,
 * so that one binary serves the Python of any GDB.
 *
 * Functions that return a PyObject or an int follow Python: NULL or -1 is an
 * exception that has been set.
 */
#ifndef VS_GDB_GDB_H
#define VS_GDB_GDB_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/out.h"
#include "cmd/cmd.h"

struct vs_gdb_target;
struct vs_image;

static inline void vs_cleanup_decref(PyObject **o)
{
	Py_XDECREF(*o);
}

#define _cleanup_decref_ __attribute__((cleanup(vs_cleanup_decref)))

/* How what is open came to be. */
enum vs_gdb_how {
	VS_GDB_NOTHING,
	VS_GDB_OPEN,	/* by `vma open` */
	VS_GDB_CORE,	/* GDB has this core file */
	VS_GDB_LIVE,	/* GDB has this live target */
};

/* What is open in one of GDB's inferiors. */
struct vs_gdb_slot {
	struct vs_gdb_slot *next;
	int inferior;		/* its number in GDB */
	struct vs_session *session;
	enum vs_gdb_how how;
	char *core, *vmlinux;	/* how it was opened from what GDB has; see inferior.c */
	bool force;		/* as vs_open_opts */
	enum vs_types_from types_from;
	long connection;	/* number of GDB's connection to it, -1 if unknown */
	bool stale;		/* the live target has run on since */
	struct vs_gdb_target *target;	/* what GDB sees of it; NULL: nothing */
};

/* One GDB is one process; each of its inferiors has a session. */
struct vs_gdb {
	PyObject *gdb;		/* the module gdb */
	PyObject *write;	/* gdb.write */
	PyObject *error;	/* gdb.GdbError */
	struct vs_gdb_slot *slots;
	struct vs_gdb_slot *here;	/* of the selected inferior: vs_gdb_enter() */
};

extern struct vs_gdb vs_gdb;

/** Output of one command, and the exception that ended it, if any. */
struct vs_gdb_out {
	PyObject *type, *value, *trace;	/* fetched: no other call may see them set */
	bool progress_shown;
};

/* out.c */

/** @p from_tty as GDB passes it. */
int vs_gdb_out_init(struct vs_out *out, struct vs_gdb_out *face, bool from_tty);
/** Put the exception back that ended the output, if there was one: -1, else 0. */
int vs_gdb_out_deinit(struct vs_out *out, struct vs_gdb_out *face);
/** A stream that goes nowhere. */
void vs_gdb_out_init_null(struct vs_out *out);
/** Bytes as a str; what is no UTF-8 in octal, as the kernel escapes it. */
PyObject *vs_gdb_str(const char *data, size_t len);
/** Register the codec error handler that vs_gdb_str() needs. */
int vs_gdb_out_setup(void);

/* text.c */

/** The bytes of a str, as UTF-8 with whatever bytes it was made of. Returns a bytes object. */
PyObject *vs_gdb_bytes(PyObject *str);
/** @p path with its ~ expanded, which no shell does for us here. Returns a bytes object. */
PyObject *vs_gdb_expand(PyObject *path);
/** The words of a line as GDB splits them, a ~ expanded: a list of bytes objects. */
PyObject *vs_gdb_words(const char *line);
/** The exception now set, as an error of ours; clears it. KeyboardInterrupt is &vs_einterrupted. */
struct vs_err *vs_gdb_take_exception(void);
/** gdb.parameter(@p name), a new reference; Py_None also where GDB has none such. */
PyObject *vs_gdb_parameter(const char *name);

/* command.c */

/** The one place where an error of ours becomes an exception. Takes @p err over; NULL always. */
PyObject *vs_gdb_raise(struct vs_err *err);

/** invoke(arg, from_tty) of a command; self is a capsule of a struct vs_cmd. */
PyObject *vs_gdb_invoke(PyObject *self, PyObject *args);
/** invoke(arg, from_tty) of `vma` itself: nothing known stands behind it. */
PyObject *vs_gdb_invoke_prefix(PyObject *self, PyObject *args);

/* complete.c */

/** complete(text, word) of a command; self is a capsule of a struct vs_cmd. */
PyObject *vs_gdb_complete(PyObject *self, PyObject *args);

/* value.c */

/** Register $vma(), $mm(), $task(). */
int vs_gdb_add_functions(void);

/* settings.c */

/** Register `set vma ...` and `show vma ...`. */
int vs_gdb_add_settings(void);
/** As vs_args.color and .max_findings want them. */
const char *vs_gdb_setting_color(void);
unsigned int vs_gdb_setting_max_findings(void);

/* printers.c */

/** Register pretty-printers for what the commands are about. */
int vs_gdb_add_printers(void);

/* slot.c */

/** Let vs_gdb.here be what is open in the selected inferior; each entry from GDB begins with it. */
int vs_gdb_enter(void);
/** Hear from GDB when targets run and inferiors go. Once. */
int vs_gdb_slots_setup(void);

/* inferior.c */

/**
 * Open what GDB has opened, unless `vma open` opened something or it is open
 * already. Without a core file or a remote target in GDB it does nothing.
 */
struct vs_err *vs_gdb_attach(const struct vs_args *args, struct vs_out *out);
/** `open` or `close` is about to have its way with the session: it is not GDB's any more. */
void vs_gdb_detach(void);
/** The live target has been lost during the command, or interrupted: its error in place of @p err. */
struct vs_err *vs_gdb_check_live(struct vs_err *err);

/* live.c */

/** The live target that GDB is connected to as an image. */
struct vs_err *vs_live_open(const char *vmlinux, struct vs_image **ret);
/** What ended it, once; the caller frees. NULL: nothing, or it is no live target. */
struct vs_err *vs_live_lost(struct vs_image *img);

/* packet.c */

/** Send a packet of the remote protocol over GDB's connection; the answer as a bytes object. */
PyObject *vs_packet(const char *text);
/** Is @p answer the answer? 1, 0, -1. */
int vs_packet_is(const char *text, const char *answer);
/** Read target memory by one packet: 1 it is in @p buf, 0 the target refuses, -1. */
int vs_packet_read(uint64_t addr, void *buf, size_t len);
/** How many bytes one packet can ask for, a power of two; 0: an exception is set. */
size_t vs_packet_room(void);

#endif
