// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdb.h"

#include <string.h>

#include "base/err.h"

PyObject *vs_gdb_bytes(PyObject *str)
{
	return PyUnicode_AsEncodedString(str, "utf-8", "surrogateescape");
}

PyObject *vs_gdb_expand(PyObject *path)
{
	_cleanup_decref_ PyObject *os = PyImport_ImportModule("os.path");
	_cleanup_decref_ PyObject *full = NULL;

	full = os ? PyObject_CallMethod(os, "expanduser", "O", path) : NULL;
	return full ? vs_gdb_bytes(full) : NULL;
}

PyObject *vs_gdb_words(const char *line)
{
	_cleanup_decref_ PyObject *list = NULL;
	Py_ssize_t n;

	list = PyObject_CallMethod(vs_gdb.gdb, "string_to_argv", "s", line);
	if (!list)
		return NULL;
	n = PyList_Size(list);
	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *bytes = vs_gdb_expand(PyList_GetItem(list, i));

		if (!bytes || PyList_SetItem(list, i, bytes))
			return NULL;
	}
	Py_INCREF(list);
	return list;
}

struct vs_err *vs_gdb_take_exception(void)
{
	_cleanup_decref_ PyObject *type = NULL, *value = NULL, *trace = NULL, *str = NULL;
	_cleanup_decref_ PyObject *bytes = NULL;
	const char *text = NULL;

	PyErr_Fetch(&type, &value, &trace);
	if (type && PyErr_GivenExceptionMatches(type, PyExc_KeyboardInterrupt))
		return &vs_einterrupted;
	str = value ? PyObject_Str(value) : NULL;
	bytes = str ? vs_gdb_bytes(str) : NULL;
	text = bytes ? PyBytes_AsString(bytes) : NULL;
	PyErr_Clear();
	return vs_err_create(VS_ERR_NOT_FOUND, "%s", text ? text : "GDB refuses without a word");
}

PyObject *vs_gdb_parameter(const char *name)
{
	PyObject *value = PyObject_CallMethod(vs_gdb.gdb, "parameter", "s", name);

	if (value || !PyErr_ExceptionMatches(PyExc_RuntimeError))
		return value;
	PyErr_Clear();
	Py_RETURN_NONE;
}
