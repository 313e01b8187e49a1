// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdb.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define OCTAL "vmascope.octal"

/* Codec error handler: each byte that is no UTF-8 as \ooo. */
static PyObject *octal(PyObject *self, PyObject *exc)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	_cleanup_decref_ PyObject *object = NULL;
	Py_ssize_t start, end;
	const char *data;

	if (!PyErr_GivenExceptionMatches(exc, PyExc_UnicodeDecodeError)) {
		PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
		return NULL;
	}
	object = PyUnicodeDecodeError_GetObject(exc);
	if (!object || PyUnicodeDecodeError_GetStart(exc, &start) ||
	    PyUnicodeDecodeError_GetEnd(exc, &end))
		return NULL;
	data = PyBytes_AsString(object);
	if (!data)
		return NULL;
	for (Py_ssize_t i = start; i < end; i++)
		vs_buf_printf(&b, "\\%03o", (unsigned char)data[i]);
	return Py_BuildValue("sn", vs_buf_str(&b), end);
}

static PyMethodDef octal_def = { "octal", octal, METH_O, NULL };

int vs_gdb_out_setup(void)
{
	_cleanup_decref_ PyObject *handler = PyCFunction_NewEx(&octal_def, NULL, NULL);

	return handler ? PyCodec_RegisterError(OCTAL, handler) : -1;
}

PyObject *vs_gdb_str(const char *data, size_t len)
{
	return PyUnicode_DecodeUTF8(data, (Py_ssize_t)len, OCTAL);
}

/* The exception now set ends the command; nothing may run with it set. */
static struct vs_err *keep_exception(struct vs_gdb_out *face)
{
	bool quit = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);

	PyErr_Fetch(&face->type, &face->value, &face->trace);
	return quit ? &vs_einterrupted : &vs_eoutput;
}

static struct vs_err *write_to(struct vs_gdb_out *face, const char *data, size_t len,
			       const char *stream)
{
	_cleanup_decref_ PyObject *str = NULL, *to = NULL, *r = NULL;

	if (face->type)
		return &vs_eoutput;
	str = vs_gdb_str(data, len);
	if (stream)
		to = PyObject_GetAttrString(vs_gdb.gdb, stream);
	if (str && (to || !stream))
		r = PyObject_CallFunctionObjArgs(vs_gdb.write, str, to, NULL);
	return r ? NULL : keep_exception(face);
}

static struct vs_err *gdb_write(void *face, const char *data, size_t len)
{
	return write_to(face, data, len, NULL);
}

static void gdb_progress(void *arg, const char *line)
{
	struct vs_gdb_out *face = arg;
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	if (!*line && !face->progress_shown)
		return;
	face->progress_shown = *line;
	vs_buf_printf(&b, "\r%s\033[K", line);
	// An exception is kept in face and met again by the next write.
	write_to(face, b.data, b.len, "STDERR");
}

static void gdb_say(void *arg, const char *line)
{
	struct vs_gdb_out *face = arg;
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	if (face->progress_shown)
		gdb_progress(face, "");
	vs_buf_printf(&b, "%s\n", line);
	write_to(face, b.data, b.len, "STDERR");
}

static struct vs_err *gdb_poll(void *arg)
{
	struct vs_gdb_out *face = arg;

	if (face->type)
		return &vs_einterrupted;
	return PyErr_CheckSignals() ? keep_exception(face) : NULL;
}

int vs_gdb_out_init(struct vs_out *out, struct vs_gdb_out *face, bool from_tty)
{
	_cleanup_decref_ PyObject *style = vs_gdb_parameter("style enabled");
	_cleanup_decref_ PyObject *width = style ? vs_gdb_parameter("width") : NULL;
	bool person;

	if (!width)
		return -1;
	// Styling stays enabled while GDB captures the output for a variable or a
	// pipe, but then lines have no width.
	person = from_tty && width != Py_None;
	*face = (struct vs_gdb_out){ 0 };
	*out = (struct vs_out){
		.write = gdb_write,
		.say = gdb_say,
		.progress = person && isatty(STDERR_FILENO) ? gdb_progress : NULL,
		.poll = gdb_poll,
		.face = face,
		.color = person && style == Py_True,
		.terminal = true,
		.utf8 = vs_out_locale_utf8(),	// GDB has called setlocale()
	};
	if (width != Py_None) {
		long n = PyLong_AsLong(width);

		if (n < 0 && PyErr_Occurred())
			PyErr_Clear();
		out->width = n > 0 ? (unsigned int)n : 0;
	}
	return 0;
}

int vs_gdb_out_deinit(struct vs_out *out, struct vs_gdb_out *face)
{
	vs_buf_deinit(&out->buf);
	if (!face->type)
		return 0;
	PyErr_Restore(face->type, face->value, face->trace);
	return -1;
}

static struct vs_err *null_write(void *face, const char *data, size_t len)
{
	return NULL;
}

static void null_say(void *face, const char *line)
{
}

void vs_gdb_out_init_null(struct vs_out *out)
{
	*out = (struct vs_out){ .write = null_write, .say = null_say, .quiet = true };
}
