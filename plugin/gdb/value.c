// SPDX-License-Identifier: GPL-2.0-or-later
/* Convenience functions: $task(PID), $mm(PID), $vma(ADDR[, PID]) are values with GDB's own types. */
#include "gdb/gdb.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/target.h"

struct function {
	const char *name, *type, *doc;
	bool takes_addr;
	struct vs_err *(*find)(struct vs_session *s, int32_t pid, struct vs_out *out, uint64_t *ret);
};

static const struct function functions[] = {
	{
		.name = "task", .type = "struct task_struct", .find = vs_session_find_task,
		.doc = "$task ([PID]): the task of that pid in the dump.\n"
		       "A struct task_struct *; without a PID, of the selected task. Example: print $task(1)->comm",
	}, {
		.name = "mm", .type = "struct mm_struct", .find = vs_session_find_mm,
		.doc = "$mm ([PID]): the address space of that pid in the dump.\n"
		       "A struct mm_struct *; without a PID, of the selected task. Example: print *$mm(1)",
	}, {
		.name = "vma", .type = "struct vm_area_struct", .takes_addr = true,
		.doc = "$vma (ADDR [, PID]): the mapping that holds ADDR in the dump.\n"
		       "A struct vm_area_struct *, 0 where none does; without a PID, of the selected task.\n"
		       "Example: print $vma(0x400000, 1)->vm_start",
	},
};

/* A number out of a value of GDB's, taken modulo 2^64. */
static int number(PyObject *value, uint64_t *ret)
{
	_cleanup_decref_ PyObject *num = PyNumber_Long(value);

	if (!num)
		return -1;
	*ret = PyLong_AsUnsignedLongLongMask(num);
	return PyErr_Occurred() ? -1 : 0;
}

/* The task that is meant where none is named. */
static struct vs_err *selected(const struct function *f, int32_t *ret)
{
	int32_t thread = vs_gdb_target_selected();
	int32_t task = vs_session_task(vs_gdb.here->session);

	*ret = thread ? thread : task;
	return *ret ? NULL : vs_err_create(VS_ERR_USAGE, "no task is selected (\"vma task PID\"): $%s(%sPID)", f->name,
					   f->takes_addr ? "ADDR, " : "");
}

static struct vs_err *find(const struct function *f, uint64_t addr, int32_t pid, uint64_t *ret)
{
	struct vs_session *s = vs_gdb.here->session;
	struct vs_out out;
	struct vs_err *err;

	vs_gdb_out_init_null(&out);
	vs_gdb_lock();
	err = f->takes_addr ? vs_session_find_vma(s, pid, addr, &out, ret) : f->find(s, pid, &out, ret);
	vs_gdb_unlock();
	vs_buf_deinit(&out.buf);
	return vs_gdb_check_live(err);
}

static struct vs_err *evaluate(const struct function *f, uint64_t addr, int32_t pid, uint64_t *ret)
{
	struct vs_out out;
	struct vs_err *err;

	vs_gdb_out_init_null(&out);
	err = vs_gdb_attach(NULL, &out);
	vs_buf_deinit(&out.buf);
	if (!err && !vs_session_is_kernel(vs_gdb.here->session))
		err = vs_err_create(VS_ERR_USAGE, "no dump of a kernel is open");
	if (!err && pid < 0)
		err = selected(f, &pid);
	return err ? err : find(f, addr, pid, ret);
}

/* The address as a pointer of GDB's. */
static PyObject *typed(const struct function *f, uint64_t addr)
{
	_cleanup_decref_ PyObject *cls = PyObject_GetAttrString(vs_gdb.gdb, "Value");
	_cleanup_decref_ PyObject *value = cls ? PyObject_CallFunction(cls, "K", (unsigned long long)addr) : NULL;
	_cleanup_decref_ PyObject *type = NULL, *pointer = NULL;

	type = value ? PyObject_CallMethod(vs_gdb.gdb, "lookup_type", "s", f->type) : NULL;
	if (value && !type && PyErr_ExceptionMatches(PyExc_Exception)) {
		PyErr_Clear();
		PyErr_Format(vs_gdb.error, "$%s: GDB has no %s: a vmlinux with debug information is needed", f->name,
			     f->type);
	}
	pointer = type ? PyObject_CallMethod(type, "pointer", NULL) : NULL;
	return pointer ? PyObject_CallMethod(value, "cast", "O", pointer) : NULL;
}

static PyObject *invoke(PyObject *self, PyObject *args)
{
	const struct function *f = PyCapsule_GetPointer(self, NULL);
	Py_ssize_t n = PyTuple_Size(args), i = 0;
	uint64_t addr = 0, pid = 0;
	struct vs_err *err;

	if (!f || vs_gdb_enter())
		return NULL;
	if (n < f->takes_addr || n > 1 + f->takes_addr)
		return PyErr_Format(vs_gdb.error, "$%s: expected %s, found %d arguments", f->name,
				    f->takes_addr ? "ADDR and perhaps a PID" : "a PID or nothing", (int)n);
	if ((f->takes_addr && number(PyTuple_GetItem(args, i++), &addr)) ||
	    (i < n && number(PyTuple_GetItem(args, i), &pid)))
		return NULL;
	if (i < n && pid > INT32_MAX)
		return PyErr_Format(vs_gdb.error, "$%s: expected a pid, found %llu", f->name, (unsigned long long)pid);
	err = evaluate(f, addr, i < n ? (int32_t)pid : -1, &addr);
	if (err)
		return vs_gdb_raise(vs_err_wrap(err, "$%s", f->name));
	return typed(f, addr);
}

static PyMethodDef invoke_def = { "invoke", invoke, METH_VARARGS, NULL };

int vs_gdb_add_functions(void)
{
	_cleanup_decref_ PyObject *base = PyObject_GetAttrString(vs_gdb.gdb, "Function");

	for (size_t i = 0; base && i < sizeof(functions) / sizeof(functions[0]); i++) {
		_cleanup_decref_ PyObject *self = NULL, *f = NULL, *dict = NULL, *type = NULL, *object = NULL;

		self = PyCapsule_New((void *)&functions[i], NULL, NULL);
		f = self ? PyCFunction_NewEx(&invoke_def, self, NULL) : NULL;
		dict = f ? Py_BuildValue("{s:s,s:O}", "__doc__", functions[i].doc, "invoke", f) : NULL;
		type = dict ? PyObject_CallFunction((PyObject *)&PyType_Type, "s(O)O", functions[i].name, base, dict) :
			NULL;
		object = type ? PyObject_CallFunction(type, "s", functions[i].name) : NULL;
		if (!object)
			return -1;
	}
	return base ? 0 : -1;
}
