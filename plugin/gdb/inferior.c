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

/*
 * The connection GDB has to its target: 1 a core file and its number (unique in
 * this process; -1 before GDB 11, which does not tell), 0 none or not a core.
 */
static int connection(long *num_ret)
{
	_cleanup_decref_ PyObject *inferior = NULL, *conn = NULL, *type = NULL, *num = NULL;

	*num_ret = -1;
	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	if (!inferior)
		return -1;
	if (!PyObject_HasAttrString(inferior, "connection"))
		return 1;
	conn = PyObject_GetAttrString(inferior, "connection");
	if (!conn)
		return -1;
	if (conn == Py_None)
		return 0;
	type = PyObject_GetAttrString(conn, "type");
	num = PyObject_GetAttrString(conn, "num");
	if (!type || !num)
		return -1;
	*num_ret = PyLong_AsLong(num);
	if (*num_ret == -1 && PyErr_Occurred())
		return -1;
	return PyUnicode_CompareWithASCIIString(type, "core") == 0;
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
	free(vs_gdb.core);
	free(vs_gdb.vmlinux);
	vs_gdb.core = vs_gdb.vmlinux = NULL;
	vs_gdb.connection = -1;
}

struct vs_err *vs_gdb_attach(const struct vs_args *args, struct vs_out *out)
{
	_cleanup_free_ char *core = NULL, *vmlinux = NULL;
	struct vs_open_opts opts = args ? args->open : (struct vs_open_opts){ 0 };
	bool open = vs_session_is_open(vs_gdb.session);
	struct vs_err *err;
	long num;
	int is_core;

	if (open && !vs_gdb.core) {	// by `vma open`
		if (opts.vmlinux || opts.n_parts || opts.force || opts.types_from)
			return vs_err_create(VS_ERR_USAGE,
					     "%s: --vmlinux, --part, --force and --types-from belong to \"vma open\", which has opened the dump",
					     args->cmd->name);
		return NULL;
	}
	is_core = connection(&num);
	if (is_core < 0)
		return vs_gdb_take_exception();
	vmlinux = opts.vmlinux ? strdup(opts.vmlinux) : program_path();
	if (PyErr_Occurred())
		return vs_gdb_take_exception();
	// What GDB had open it has closed, or has another one now.
	if (is_core && open && num >= 0 && num == vs_gdb.connection)
		core = strdup(vs_gdb.core);
	else if (is_core)
		core = core_path();
	if (PyErr_Occurred())
		return vs_gdb_take_exception();
	if (open && core && same(core, vs_gdb.core) && num == vs_gdb.connection &&
	    same(vmlinux, vs_gdb.vmlinux) && opts.force == vs_gdb.force &&
	    opts.types_from == vs_gdb.types_from)
		return NULL;
	vs_gdb_detach();
	vs_session_close(vs_gdb.session);
	if (!core)
		return NULL;
	opts.vmlinux = vmlinux;
	err = vs_session_open(vs_gdb.session, core, &opts, out);
	if (err)
		return err;
	vs_gdb.core = no_cleanup_ptr(core);
	vs_gdb.vmlinux = no_cleanup_ptr(vmlinux);
	vs_gdb.force = opts.force;
	vs_gdb.types_from = opts.types_from;
	vs_gdb.connection = num;
	return NULL;
}
