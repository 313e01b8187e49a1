// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What GDB itself has opened. `gdb vmlinux vmcore` has named everything that is
 * needed; our own readers open the same files, since GDB's way to memory
 * takes physical addresses for virtual ones on some dumps.
 */
#include "gdb/gdb.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/target.h"

enum target { NO_TARGET, A_CORE, A_REMOTE };

/*
 * The connection that GDB's inferior has to its target, and its number (unique in this
 * process; -1 before GDB 11, which does not tell). -1: an exception is set.
 */
static int connection(long *num_ret)
{
	_cleanup_decref_ PyObject *inferior = NULL, *conn = NULL, *type = NULL, *num = NULL;

	*num_ret = -1;
	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	if (!inferior)
		return -1;
	if (!PyObject_HasAttrString(inferior, "connection"))
		return A_CORE;
	conn = PyObject_GetAttrString(inferior, "connection");
	if (!conn)
		return -1;
	if (conn == Py_None)
		return NO_TARGET;
	type = PyObject_GetAttrString(conn, "type");
	num = PyObject_GetAttrString(conn, "num");
	if (!type || !num)
		return -1;
	*num_ret = PyLong_AsLong(num);
	if (*num_ret == -1 && PyErr_Occurred())
		return -1;
	if (PyUnicode_CompareWithASCIIString(type, "core") == 0)
		return A_CORE;
	if (PyUnicode_CompareWithASCIIString(type, "remote") == 0 ||
	    PyUnicode_CompareWithASCIIString(type, "extended-remote") == 0)
		return A_REMOTE;
	return NO_TARGET;	// a process on this machine, a simulator: no kernel
}

/* Does a remote target stand still, and has it any threads? */
static int stopped(bool *any_ret)
{
	_cleanup_decref_ PyObject *inferior = NULL, *threads = NULL, *running = NULL;

	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	threads = inferior ? PyObject_CallMethod(inferior, "threads", NULL) : NULL;
	if (!threads)
		return -1;
	*any_ret = PyTuple_Size(threads) > 0;
	for (Py_ssize_t i = 0; i < PyTuple_Size(threads); i++) {
		running = PyObject_CallMethod(PyTuple_GetItem(threads, i), "is_running", NULL);
		if (!running)
			return -1;
		if (running == Py_True)
			return 0;
		Py_CLEAR(running);
	}
	return 1;
}

/*
 * The path in the output of `info files`:
 *
 *	Local core dump file:
 *		`/path/to/vmcore', file type elf64-x86-64.
 *
 * A section list follows, of 65,784 lines for some dumps. NULL: no such line.
 */
static char *path_in_info_files(const char *text)
{
	const char *from = strstr(text, "Local core dump file"), *line, *to;

	from = from ? strchr(from, '`') : NULL;
	if (!from)
		return NULL;
	from++;
	// The name itself may hold a quote, and even a line feed.
	line = strstr(from, "', file type ");
	if (!line)
		line = strstr(from, "', ");
	to = line;
	return to ? strndup(from, (size_t)(to - from)) : NULL;
}

/* The path of the core file GDB has open, or NULL without an exception: none. */
static char *core_path(void)
{
	_cleanup_decref_ PyObject *text = NULL, *bytes = NULL;
	const char *s;

	text = PyObject_CallMethod(vs_gdb.gdb, "execute", "sOO", "info files", Py_False, Py_True);
	bytes = text ? vs_gdb_bytes(text) : NULL;
	s = bytes ? PyBytes_AsString(bytes) : NULL;
	return s ? path_in_info_files(s) : NULL;
}

/* The path of the program GDB has open, or NULL without an exception: none. */
static char *program_path(void)
{
	_cleanup_decref_ PyObject *space = NULL, *name = NULL, *bytes = NULL;
	const char *s;

	space = PyObject_CallMethod(vs_gdb.gdb, "current_progspace", NULL);
	name = space ? PyObject_GetAttrString(space, "filename") : NULL;
	if (!name || name == Py_None)
		return NULL;
	bytes = vs_gdb_bytes(name);
	s = bytes ? PyBytes_AsString(bytes) : NULL;
	return s ? strdup(s) : NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void vs_gdb_detach(void)
{
	struct vs_gdb_slot *h = vs_gdb.here;

	vs_gdb_target_close(h);
	free(h->core);
	free(h->vmlinux);
	h->core = h->vmlinux = NULL;
	h->connection = -1;
	h->how = VS_GDB_NOTHING;
}

static struct vs_err *open_live(const struct vs_open_opts *opts, struct vs_out *out)
{
	struct vs_session *s = vs_gdb.here->session;
	struct vs_image *img = NULL;
	bool any = false;
	struct vs_err *err;
	int rc = stopped(&any);

	if (rc < 0) {
		err = vs_gdb_take_exception();
		if (!strstr(err->msg, "is running"))	// GDB's words for that are three lines
			return err;
		vs_err_free(err);
		any = true;
		rc = 0;
	}
	if (!any)
		return NULL;
	if (!rc)
		return vs_err_create(VS_ERR_USAGE, "GDB's target is running: interrupt it first");
	err = vs_live_open(opts->vmlinux, &img);
	if (err)
		return err;
	err = vs_session_open_image(s, img, opts, out);
	if (!err)
		err = vs_session_narrow(s, out);
	if (!err && vs_live_lost(img))
		err = vs_err_create(VS_ERR_IO, "GDB's target has been lost");
	if (err)
		vs_session_close(s);
	return err;
}

struct vs_err *vs_gdb_check_live(struct vs_err *err)
{
	struct vs_gdb_slot *h = vs_gdb.here;
	struct vs_err *lost;

	if (h->how != VS_GDB_LIVE)
		return err;
	lost = vs_live_lost(vs_session_image(h->session));
	if (!lost)
		return err;
	vs_err_free(err);
	h->stale = true;
	return lost;
}

/* Is what is open still what GDB has, opened in this way? */
static bool is_current(enum vs_gdb_how how, const char *core, const struct vs_open_opts *opts, long num)
{
	const struct vs_gdb_slot *h = vs_gdb.here;

	return vs_session_is_open(h->session) && h->how == how && num == h->connection &&
		same(core, h->core) && same(opts->vmlinux, h->vmlinux) && opts->force == h->force &&
		opts->types_from == h->types_from && !(how == VS_GDB_LIVE && h->stale);
}

struct vs_err *vs_gdb_attach(const struct vs_args *args, struct vs_out *out)
{
	struct vs_gdb_slot *h = vs_gdb.here;
	_cleanup_free_ char *core = NULL, *vmlinux = NULL;
	struct vs_open_opts opts = args ? args->open : (struct vs_open_opts){ 0 };
	bool open = vs_session_is_open(h->session);
	enum vs_gdb_how how = VS_GDB_NOTHING;
	struct vs_err *err;
	int kind;
	long num;

	if (open && h->how == VS_GDB_OPEN) {
		if (opts.vmlinux || opts.n_parts || opts.force || opts.types_from)
			return vs_err_create(VS_ERR_USAGE,
					     "%s: --vmlinux, --part, --force and --types-from belong to \"vma open\", which has opened the dump",
					     args->cmd->name);
		return NULL;
	}
	kind = connection(&num);
	if (kind < 0)
		return vs_gdb_take_exception();
	vmlinux = opts.vmlinux ? strdup(opts.vmlinux) : program_path();
	if (PyErr_Occurred())
		return vs_gdb_take_exception();
	opts.vmlinux = vmlinux;
	// What GDB had open it has closed, or has another one now.
	if (kind == A_CORE && open && num >= 0 && num == h->connection && h->core)
		core = strdup(h->core);
	else if (kind == A_CORE)
		core = core_path();
	if (PyErr_Occurred())
		return vs_gdb_take_exception();
	if (core)
		how = VS_GDB_CORE;
	else if (kind == A_REMOTE || (kind == A_CORE && num < 0))
		how = VS_GDB_LIVE;
	if (is_current(how, core, &opts, num))
		return NULL;
	vs_gdb_detach();
	vs_session_close(h->session);
	if (how == VS_GDB_NOTHING)
		return NULL;
	h->stale = false;
	err = how == VS_GDB_LIVE ? open_live(&opts, out) : vs_session_open(h->session, core, &opts, out);
	if (err)
		return err;
	h->how = how;
	h->core = no_cleanup_ptr(core);
	h->vmlinux = no_cleanup_ptr(vmlinux);
	h->force = opts.force;
	h->types_from = opts.types_from;
	h->connection = num;
	return NULL;
}
