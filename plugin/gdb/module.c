// SPDX-License-Identifier: GPL-2.0-or-later
/* The extension module: it registers one GDB command a row of the command table. */
#include "gdb/gdb.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "gdb/target.h"

struct vs_gdb vs_gdb;

static PyMethodDef invoke_def = { "invoke", vs_gdb_invoke, METH_VARARGS, NULL };
static PyMethodDef invoke_prefix_def = { "invoke", vs_gdb_invoke_prefix, METH_VARARGS, NULL };
static PyMethodDef complete_def = { "complete", vs_gdb_complete, METH_VARARGS, NULL };

static const char prefix_doc[] =
	"Show and check the address spaces in a Linux crash dump.\n"
	"\n"
	"Usage: vma COMMAND [ADDR] [SELECTION...] [OPTION...]\n"
	"\n"
	"After \"gdb VMLINUX DUMP\" nothing more need be opened. \"vma\" alone tells what\n"
	"all the commands have in common.";

static int add_method(PyObject *dict, PyMethodDef *def, PyObject *self)
{
	_cleanup_decref_ PyObject *f = PyCFunction_NewEx(def, self, NULL);

	return f ? PyDict_SetItemString(dict, def->ml_name, f) : -1;
}

/*
 * What `class NAME(gdb.Command)` and a call of it would do. A builtin function
 * is no descriptor: its self stays the capsule that it was made with.
 */
static int add_command(const char *name, const struct vs_cmd *cmd)
{
	_cleanup_decref_ PyObject *self = NULL, *dict = NULL, *base = NULL, *type = NULL;
	_cleanup_decref_ PyObject *kind = NULL, *object = NULL;
	// Behind a prefix' own words GDB lists its commands by itself.
	_cleanup_free_ char *doc = cmd ? vs_cmd_help(cmd, VS_FACE_GDB) : strdup(prefix_doc);

	if (!doc) {
		PyErr_NoMemory();
		return -1;
	}
	dict = Py_BuildValue("{s:s}", "__doc__", doc);
	base = PyObject_GetAttrString(vs_gdb.gdb, "Command");
	kind = PyObject_GetAttrString(vs_gdb.gdb, "COMMAND_DATA");
	if (!dict || !base || !kind)
		return -1;
	if (cmd) {
		self = PyCapsule_New((void *)cmd, NULL, NULL);
		if (!self || add_method(dict, &invoke_def, self) ||
		    add_method(dict, &complete_def, self))
			return -1;
	} else if (add_method(dict, &invoke_prefix_def, NULL)) {
		return -1;
	}
	type = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O)O", name, base, dict);
	if (!type)
		return -1;
	if (cmd) {
		object = PyObject_CallFunction(type, "sO", name, kind);
	} else {
		_cleanup_decref_ PyObject *completer = NULL;

		completer = PyObject_GetAttrString(vs_gdb.gdb, "COMPLETE_COMMAND");
		if (completer)
			object = PyObject_CallFunction(type, "sOOO", name, kind, completer,
						       Py_True);
	}
	return object ? 0 : -1;
}

static int add_commands(void)
{
	size_t n;
	const struct vs_cmd *const *cmds = vs_cmds(&n);

	if (add_command("vma", NULL))
		return -1;
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *name = NULL;

		if (!(cmds[i]->faces & VS_FACE_GDB))
			continue;
		if (asprintf(&name, "vma %s", cmds[i]->name) < 0) {
			name = NULL;
			PyErr_NoMemory();
			return -1;
		}
		if (add_command(name, cmds[i]))
			return -1;
	}
	return 0;
}

/* Runs again when somebody deletes the module and imports it anew. */
static int exec(PyObject *module)
{
	if (!vs_gdb.gdb) {
		_cleanup_decref_ PyObject *gdb = PyImport_ImportModule("gdb");

		if (!gdb)
			return -1;
		vs_gdb.write = PyObject_GetAttrString(gdb, "write");
		vs_gdb.error = PyObject_GetAttrString(gdb, "GdbError");
		if (!vs_gdb.write || !vs_gdb.error)
			return -1;
		vs_gdb.gdb = no_cleanup_ptr(gdb);
		if (vs_gdb_slots_setup())
			return -1;
	}
	if (vs_gdb_out_setup() || add_commands() || vs_gdb_add_settings() || vs_gdb_add_functions() ||
	    vs_gdb_add_printers())
		return -1;
	return PyModule_AddStringConstant(module, "__version__", PACKAGE_VERSION);
}

static PyModuleDef_Slot slots[] = {
	{ Py_mod_exec, exec },
	{ 0, NULL },
};

static PyMethodDef methods[] = {
	{ "leave", vs_gdb_leave, METH_NOARGS, "Take the dumps out of GDB's hands: it is about to end." },
	{ NULL },
};

static PyModuleDef def = {
	PyModuleDef_HEAD_INIT,
	.m_name = "vmascope",
	.m_doc = "The address spaces of a Linux crash dump, as GDB commands.",
	.m_methods = methods,
	.m_slots = slots,
};

PyMODINIT_FUNC PyInit_vmascope(void);

PyMODINIT_FUNC PyInit_vmascope(void)
{
	return PyModuleDef_Init(&def);
}
