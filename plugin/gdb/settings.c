// SPDX-License-Identifier: GPL-2.0-or-later
/* `set vma NAME` and `show vma NAME`. */
#include "gdb/gdb.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/target.h"

enum { COLOR, TASK, MAX_FINDINGS, N_SETTINGS };

static const struct setting {
	const char *name, *kind, *set, *show, *doc;
} settings[N_SETTINGS] = {
	[COLOR] = {
		"vma color", "PARAM_ENUM", "Set when the vma commands colour their answers.",
		"Show when the vma commands colour their answers.",
		"auto, always or never; --color of a command overrides it. auto: where a person looks\n"
		"and \"set style enabled\" is on. Example: set vma color never",
	},
	[TASK] = {
		"vma task", "PARAM_ZINTEGER", "Set the task that the vma commands are about.",
		"Show the task that the vma commands are about.",
		"A pid; 0: all. The same as \"vma task PID\". Example: set vma task 1",
	},
	[MAX_FINDINGS] = {
		"vma max-findings", "PARAM_ZINTEGER",
		"Set how many findings vma check shows of one object, and how many objects.",
		"Show how many findings vma check shows of one object, and how many objects.",
		"0: as many as fit well (6). --verbose shows all. Example: set vma max-findings 20",
	},
};

static PyObject *params[N_SETTINGS];

/* The value that GDB keeps. A number or a string; 0 where it cannot be told. */
static long number(unsigned int i)
{
	_cleanup_decref_ PyObject *value = params[i] ? PyObject_GetAttrString(params[i], "value") : NULL;
	long n = value && value != Py_None ? PyLong_AsLong(value) : 0;

	PyErr_Clear();
	return n;
}

const char *vs_gdb_setting_color(void)
{
	static const char *const words[] = { "auto", "always", "never" };
	_cleanup_decref_ PyObject *value = params[COLOR] ? PyObject_GetAttrString(params[COLOR], "value") : NULL;

	for (size_t i = 0; value && i < 3; i++)
		if (!PyUnicode_CompareWithASCIIString(value, words[i]))
			return words[i];
	PyErr_Clear();
	return "auto";
}

unsigned int vs_gdb_setting_max_findings(void)
{
	long n = number(MAX_FINDINGS);

	return n > 0 ? (unsigned int)n : 0;
}

static int keep(unsigned int i, long n)
{
	_cleanup_decref_ PyObject *num = PyLong_FromLong(n);

	return num ? PyObject_SetAttrString(params[i], "value", num) : -1;
}

/* By the command itself, which looks whether there is such a task. */
static PyObject *set_task(void)
{
	_cleanup_decref_ PyObject *r = NULL;
	struct vs_session *s;
	long pid = number(TASK);
	char line[64];

	if (vs_gdb_enter())
		return NULL;
	s = vs_gdb.here->session;
	if (pid)
		snprintf(line, sizeof(line), "vma task %ld", pid);
	else
		snprintf(line, sizeof(line), "vma task --none");
	// nothing open and none wanted is what it is
	if (pid || vs_session_task(s))
		r = PyObject_CallMethod(vs_gdb.gdb, "execute", "sOO", line, Py_False, Py_True);
	if (r || !PyErr_Occurred())
		return PyUnicode_FromString("");
	if (!PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
		// an exception of GDB's own class would come with a traceback
		struct vs_err *err = vs_gdb_take_exception();

		if (!keep(TASK, vs_session_task(s)))
			return vs_gdb_raise(err);
		vs_err_free(err);
	}
	return NULL;
}

static PyObject *get_set(PyObject *self, PyObject *args)
{
	const struct setting *s = PyCapsule_GetPointer(self, NULL);

	if (!s)
		return NULL;
	if (s == &settings[TASK])
		return set_task();
	if (s == &settings[MAX_FINDINGS] && number(MAX_FINDINGS) < 0 && keep(MAX_FINDINGS, 0))
		return NULL;
	return PyUnicode_FromString("");
}

static PyObject *get_show(PyObject *self, PyObject *args)
{
	const struct setting *s = PyCapsule_GetPointer(self, NULL);
	int32_t task;
	long n;

	if (!s || vs_gdb_enter())
		return NULL;
	switch (s - settings) {
	case TASK:
		task = vs_session_task(vs_gdb.here->session);
		if (!task)
			return PyUnicode_FromString("The vma commands are about all tasks.");
		return PyUnicode_FromFormat("The vma commands are about task %d.", (int)task);
	case MAX_FINDINGS:
		n = number(MAX_FINDINGS);
		if (n)
			return PyUnicode_FromFormat("vma check shows %ld findings of one object.", n);
		return PyUnicode_FromString("vma check shows as many findings of one object as fit well.");
	default:
		return PyUnicode_FromFormat("The vma commands colour their answers: %s.", vs_gdb_setting_color());
	}
}

static PyMethodDef get_set_def = { "get_set_string", get_set, METH_VARARGS, NULL };
static PyMethodDef get_show_def = { "get_show_string", get_show, METH_VARARGS, NULL };

/* `show vma` alone shows them all, `set vma` alone explains. */
static PyObject *show_all(PyObject *self, PyObject *args)
{
	for (unsigned int i = 0; i < N_SETTINGS; i++) {
		_cleanup_decref_ PyObject *cap = PyCapsule_New((void *)&settings[i], NULL, NULL);
		_cleanup_decref_ PyObject *text = cap ? get_show(cap, NULL) : NULL;
		_cleanup_decref_ PyObject *line = NULL, *r = NULL;

		line = text ? PyUnicode_FromFormat("%s:  %U\n", settings[i].name + strlen("vma "), text) : NULL;
		r = line ? PyObject_CallFunctionObjArgs(vs_gdb.write, line, NULL) : NULL;
		if (!r)
			return NULL;
	}
	Py_RETURN_NONE;
}

static PyObject *help_set(PyObject *self, PyObject *args)
{
	return PyObject_CallMethod(vs_gdb.gdb, "execute", "s", "help set vma");
}

static PyMethodDef show_all_def = { "invoke", show_all, METH_VARARGS, NULL };
static PyMethodDef help_set_def = { "invoke", help_set, METH_VARARGS, NULL };

/* The prefixes, which GDB wants to be there first. */
static int add_prefix(const char *name, const char *doc, PyMethodDef *def)
{
	_cleanup_decref_ PyObject *base = PyObject_GetAttrString(vs_gdb.gdb, "Command");
	_cleanup_decref_ PyObject *kind = PyObject_GetAttrString(vs_gdb.gdb, "COMMAND_DATA");
	_cleanup_decref_ PyObject *none = PyObject_GetAttrString(vs_gdb.gdb, "COMPLETE_NONE");
	_cleanup_decref_ PyObject *f = PyCFunction_NewEx(def, NULL, NULL);
	_cleanup_decref_ PyObject *dict = f ? Py_BuildValue("{s:s,s:O}", "__doc__", doc, "invoke", f) : NULL;
	_cleanup_decref_ PyObject *type = NULL, *object = NULL;

	if (base && kind && none && dict)
		type = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O)O", name, base, dict);
	object = type ? PyObject_CallFunction(type, "sOOO", name, kind, none, Py_True) : NULL;
	return object ? 0 : -1;
}

static int add(unsigned int i)
{
	const struct setting *s = &settings[i];
	_cleanup_decref_ PyObject *base = PyObject_GetAttrString(vs_gdb.gdb, "Parameter");
	_cleanup_decref_ PyObject *group = PyObject_GetAttrString(vs_gdb.gdb, "COMMAND_DATA");
	_cleanup_decref_ PyObject *kind = PyObject_GetAttrString(vs_gdb.gdb, s->kind);
	_cleanup_decref_ PyObject *self = PyCapsule_New((void *)s, NULL, NULL);
	_cleanup_decref_ PyObject *set = NULL, *show = NULL, *dict = NULL, *type = NULL, *first = NULL;
	PyObject *object = NULL;

	set = self ? PyCFunction_NewEx(&get_set_def, self, NULL) : NULL;
	show = set ? PyCFunction_NewEx(&get_show_def, self, NULL) : NULL;
	dict = show ? Py_BuildValue("{s:s,s:s,s:s,s:O,s:O}", "__doc__", s->doc, "set_doc", s->set, "show_doc", s->show,
				    "get_set_string", set, "get_show_string", show) : NULL;
	if (dict && base)
		type = PyObject_CallFunction((PyObject *)&PyType_Type, "s(O)O", s->name, base, dict);
	if (!type || !group || !kind)
		return -1;
	if (i == COLOR)
		object = PyObject_CallFunction(type, "sOO[sss]", s->name, group, kind, "auto", "always", "never");
	else
		object = PyObject_CallFunction(type, "sOO", s->name, group, kind);
	first = i == COLOR ? PyUnicode_FromString("auto") : PyLong_FromLong(0);
	if (!object || !first || PyObject_SetAttrString(object, "value", first)) {
		Py_XDECREF(object);
		return -1;
	}
	Py_XDECREF(params[i]);
	params[i] = object;
	return 0;
}

int vs_gdb_add_settings(void)
{
	if (add_prefix("set vma", "Change how the vma commands work.", &help_set_def) ||
	    add_prefix("show vma", "Show how the vma commands work.", &show_all_def))
		return -1;
	for (unsigned int i = 0; i < N_SETTINGS; i++)
		if (add(i))
			return -1;
	return 0;
}
