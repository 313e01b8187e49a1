// SPDX-License-Identifier: GPL-2.0-or-later
/* A line typed in GDB becomes a command; its error becomes gdb.GdbError. */
#include "gdb/gdb.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/target.h"

PyObject *vs_gdb_raise(struct vs_err *err)
{
	_cleanup_err_ struct vs_err *e = err;
	_cleanup_buf_ struct vs_buf clean = VS_BUF_INIT;
	_cleanup_decref_ PyObject *msg = NULL;

	if (e->code == VS_ERR_INTERRUPTED) {
		PyErr_SetNone(PyExc_KeyboardInterrupt);
		return NULL;
	}
	vs_buf_put_clean(&clean, e->msg, strlen(e->msg));
	msg = vs_gdb_str(clean.data, clean.len);
	if (msg)
		PyErr_SetObject(vs_gdb.error, msg);	// printed as one line, no traceback
	return NULL;
}

static int set_status(int status)
{
	_cleanup_decref_ PyObject *r = PyObject_CallMethod(vs_gdb.gdb, "set_convenience_variable",
							   "si", "_vma_status", status);

	return r ? 0 : -1;
}

/* Let GDB say what an expression is. */
static struct vs_err *eval(const char *expr, uint64_t *ret)
{
	_cleanup_decref_ PyObject *value = NULL, *num = NULL;
	uint64_t v;

	value = PyObject_CallMethod(vs_gdb.gdb, "parse_and_eval", "s", expr);
	num = value ? PyNumber_Long(value) : NULL;
	if (!num)
		return vs_err_wrap(vs_gdb_take_exception(), "%s", expr);
	v = PyLong_AsUnsignedLongLongMask(num);
	if (PyErr_Occurred())
		return vs_err_wrap(vs_gdb_take_exception(), "%s", expr);
	*ret = v;
	return NULL;
}

/* The words of @p line as a vector that borrows from @p list_ret. */
static struct vs_err *split(const char *line, PyObject **list_ret, char ***argv_ret, int *argc_ret)
{
	PyObject *list = vs_gdb_words(line);
	Py_ssize_t n;
	char **argv;

	if (!list)
		return vs_gdb_take_exception();
	*list_ret = list;
	n = PyList_Size(list);
	argv = calloc((size_t)n + 1, sizeof(*argv));
	if (!argv)
		return &vs_enomem;
	for (Py_ssize_t i = 0; i < n; i++)
		argv[i] = PyBytes_AsString(PyList_GetItem(list, i));
	*argv_ret = argv;
	*argc_ret = (int)n;
	return NULL;
}

static struct vs_err *run_locked(const struct vs_args *args, struct vs_out *out, int *status_ret)
{
	struct vs_session *s = vs_gdb.here->session;
	int32_t pid = vs_session_task(s) ? vs_gdb_target_selected() : 0;
	struct vs_err *err;

	if (pid)	// once a task has been selected, `thread` selects another one
		vs_session_set_task(s, pid);
	vs_gdb_lock();
	err = vs_cmd_run(s, args, out, status_ret);
	vs_gdb_unlock();
	return vs_gdb_check_live(err);
}

/* What a command that only GDB has means for GDB itself. */
static struct vs_err *follow_up(const struct vs_args *args, struct vs_out *out)
{
	struct vs_gdb_slot *h = vs_gdb.here;

	if (!strcmp(args->cmd->name, "open")) {
		h->how = VS_GDB_OPEN;
		if (!vs_args_option(args, "no-target"))
			return vs_gdb_target_open(out, !args->json && !args->quiet);
	} else if (!strcmp(args->cmd->name, "task") && vs_session_task(h->session)) {
		if (vs_gdb_target_select(vs_session_task(h->session)))
			return vs_gdb_take_exception();
	}
	return NULL;
}

static struct vs_err *run(const struct vs_cmd *cmd, const char *line, struct vs_out *out,
			  int *status_ret)
{
	_cleanup_decref_ PyObject *words = NULL;
	_cleanup_free_ char **argv = NULL;
	struct vs_args args;
	struct vs_err *err;
	int argc;

	err = split(line, &words, &argv, &argc);
	if (!err)
		err = vs_args_parse(cmd, VS_FACE_GDB, eval, argc, argv, &args);
	if (err)
		return err;
	if (!strcmp(args.color, "auto"))
		args.color = vs_gdb_setting_color();
	args.max_findings = vs_gdb_setting_max_findings();
	if (args.needs_dump && !args.help)
		err = vs_gdb_attach(&args, out);
	// `open` and `close` are the ones that do not want a session opened for them.
	else if (!args.help && cmd->faces == VS_FACE_GDB)
		vs_gdb_detach();
	if (!err)
		err = run_locked(&args, out, status_ret);
	if (!err && !args.help)
		err = follow_up(&args, out);
	vs_args_deinit(&args);
	return err;
}

PyObject *vs_gdb_invoke(PyObject *self, PyObject *args)
{
	const struct vs_cmd *cmd = PyCapsule_GetPointer(self, NULL);
	int from_tty, status = VS_STATUS_NONE;
	struct vs_gdb_out face;
	struct vs_out out;
	struct vs_err *err;
	const char *line;

	if (!cmd || !PyArg_ParseTuple(args, "sp:invoke", &line, &from_tty) ||
	    vs_gdb_enter() || vs_gdb_out_init(&out, &face, from_tty))
		return NULL;
	err = run(cmd, line, &out, &status);
	if (set_status(err ? VS_STATUS_NONE : status) && !err)
		err = vs_gdb_take_exception();
	if (PyErr_Occurred())
		PyErr_Clear();
	if (vs_gdb_out_deinit(&out, &face)) {
		vs_err_free(err);
		return NULL;
	}
	if (err)
		return vs_gdb_raise(err);
	Py_RETURN_NONE;
}

/* Print the help of @p cmd, NULL: the overview. */
static PyObject *print_help(const struct vs_cmd *cmd)
{
	_cleanup_free_ char *help = vs_cmd_help(cmd, VS_FACE_GDB);
	_cleanup_decref_ PyObject *str = NULL;

	if (!help)
		return PyErr_NoMemory();
	str = vs_gdb_str(help, strlen(help));
	return str ? PyObject_CallFunctionObjArgs(vs_gdb.write, str, NULL) : NULL;
}

PyObject *vs_gdb_invoke_prefix(PyObject *self, PyObject *args)
{
	_cleanup_decref_ PyObject *words = NULL;
	_cleanup_free_ char **argv = NULL;
	const struct vs_cmd *cmd = NULL;
	int from_tty, argc, i = 0;
	struct vs_err *err;
	const char *line;

	if (!PyArg_ParseTuple(args, "sp:invoke", &line, &from_tty) ||
	    set_status(*line ? VS_STATUS_NONE : VS_STATUS_OK))
		return NULL;
	err = split(line, &words, &argv, &argc);
	if (err)
		return vs_gdb_raise(err);
	if (argc && (!strcmp(argv[0], "help") || !strcmp(argv[0], "--help")))
		i = 1;
	if (i < argc) {
		const struct vs_cmd *near = vs_cmd_nearest(argv[i], VS_FACE_GDB);

		cmd = i ? vs_cmd_find(argv[i], strlen(argv[i]), VS_FACE_GDB) : NULL;
		if (!cmd && near)
			return vs_gdb_raise(vs_err_create(VS_ERR_USAGE,
						       "unknown command \"vma %s\", did you mean \"vma %s\"?",
						       argv[i], near->name));
		if (!cmd)
			return vs_gdb_raise(vs_err_create(VS_ERR_USAGE,
						       "unknown command \"vma %s\" (\"vma\" lists them)",
						       argv[i]));
	}
	return print_help(cmd);
}
