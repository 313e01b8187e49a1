/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `vma open` makes GDB itself see: the symbols where the dump has them, its memory, its tasks. */
#ifndef VS_GDB_TARGET_H
#define VS_GDB_TARGET_H

#include "gdb/gdb.h"
#include "gdb/rsp.h"
#include "gdb/serve.h"

struct vs_gdb_target {
	struct vs_rsp rsp;
	struct vs_server *server;
	long connection;	/* GDB's number of it, -1: not connected */
	bool closing;		/* by us: GDB need not tell */
	char *vmlinux;		/* which GDB has loaded for us, NULL: it has not */
	int made;		/* a vmlinux made for GDB where there is none: a file in memory; -1: not made */
	uint64_t text;		/* an address in it, by which GDB finds it again */
};

/** Make GDB see the dump of vs_gdb.here. What cannot be is said; an error undoes it. */
struct vs_err *vs_gdb_target_open(struct vs_out *out, bool say);
/** Undo it: GDB is disconnected and the symbols are forgotten. Nothing to undo is fine. */
void vs_gdb_target_close(struct vs_gdb_slot *slot);
/** Only our end of it: GDB has disconnected already, or forgets the inferior. */
void vs_gdb_target_drop(struct vs_gdb_slot *slot);
/** Select the thread of the task @p pid, if GDB sees the dump and has one. */
int vs_gdb_target_select(int32_t pid);
/** The pid of the thread selected in GDB; 0: GDB does not see the dump, or it is no process. */
int32_t vs_gdb_target_selected(void);

/** leave() of the module: GDB is about to end, no dump is left in its hands. */
PyObject *vs_gdb_leave(PyObject *self, PyObject *args);

/** Nobody else reads the dump between these two; in between nothing may make GDB read memory. */
void vs_gdb_lock(void);
void vs_gdb_unlock(void);

#endif
