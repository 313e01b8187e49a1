// SPDX-License-Identifier: GPL-2.0-or-later
/* A session for each of GDB's inferiors. */
#include "gdb/gdb.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "gdb/target.h"

/* The attribute @p name of @p o, a number. */
static int int_attr(PyObject *o, const char *name)
{
	_cleanup_decref_ PyObject *num = PyObject_GetAttrString(o, name);

	return num ? (int)PyLong_AsLong(num) : -1;
}

int vs_gdb_enter(void)
{
	_cleanup_decref_ PyObject *inferior = NULL;
	struct vs_gdb_slot *slot;
	int num;

	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	num = inferior ? int_attr(inferior, "num") : -1;
	if (num < 0)
		return -1;
	for (slot = vs_gdb.slots; slot && slot->inferior != num; slot = slot->next)
		;
	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (slot)
			slot->session = vs_session_create();
		if (!slot || !slot->session) {
			free(slot);
			PyErr_NoMemory();
			return -1;
		}
		slot->inferior = num;
		slot->connection = -1;
		slot->next = vs_gdb.slots;
		vs_gdb.slots = slot;
	}
	vs_gdb.here = slot;
	return 0;
}

static void destroy(struct vs_gdb_slot *slot)
{
	vs_gdb_target_drop(slot);
	vs_session_destroy(slot->session);
	free(slot->core);
	free(slot->vmlinux);
	free(slot);
}

/* remove-inferiors: what was open there goes with it. */
static PyObject *inferior_deleted(PyObject *self, PyObject *event)
{
	_cleanup_decref_ PyObject *inferior = PyObject_GetAttrString(event, "inferior");
	int num = inferior ? int_attr(inferior, "num") : -1;

	for (struct vs_gdb_slot **at = &vs_gdb.slots; *at; at = &(*at)->next) {
		struct vs_gdb_slot *slot = *at;

		if (slot->inferior != num)
			continue;
		*at = slot->next;
		if (vs_gdb.here == slot)
			vs_gdb.here = NULL;
		destroy(slot);
		break;
	}
	if (PyErr_Occurred())
		return NULL;
	Py_RETURN_NONE;
}

/* disconnect, kill, another target: our end of the connection has nobody to serve. */
static PyObject *disconnected(PyObject *self, PyObject *event)
{
	_cleanup_decref_ PyObject *conn = PyObject_GetAttrString(event, "connection");
	int num = conn ? int_attr(conn, "num") : -1;

	for (struct vs_gdb_slot *slot = vs_gdb.slots; slot; slot = slot->next)
		if (slot->target && slot->target->connection == num && !slot->target->closing)
			vs_gdb_target_drop(slot);
	if (PyErr_Occurred())
		return NULL;
	Py_RETURN_NONE;
}

/* Before GDB detaches, which it would tell everybody. */
static PyObject *exiting(PyObject *self, PyObject *event)
{
	return vs_gdb_leave(NULL, NULL);
}

/* Something runs on, or GDB has written to it: what was read of live targets is history. */
static PyObject *moved(PyObject *self, PyObject *event)
{
	for (struct vs_gdb_slot *slot = vs_gdb.slots; slot; slot = slot->next)
		slot->stale = true;
	Py_RETURN_NONE;
}

static PyMethodDef moved_def = { "moved", moved, METH_O, NULL };
static PyMethodDef disconnected_def = { "disconnected", disconnected, METH_O, NULL };
static PyMethodDef exiting_def = { "exiting", exiting, METH_O, NULL };
static PyMethodDef deleted_def = { "inferior_deleted", inferior_deleted, METH_O, NULL };

static int listen(PyObject *events, const char *name, PyMethodDef *def)
{
	_cleanup_decref_ PyObject *registry = NULL, *f = NULL, *r = NULL;

	if (!PyObject_HasAttrString(events, name))
		return 0;	// a GDB that does not tell
	registry = PyObject_GetAttrString(events, name);
	f = registry ? PyCFunction_NewEx(def, NULL, NULL) : NULL;
	r = f ? PyObject_CallMethod(registry, "connect", "O", f) : NULL;
	return r ? 0 : -1;
}

int vs_gdb_slots_setup(void)
{
	_cleanup_decref_ PyObject *events = PyObject_GetAttrString(vs_gdb.gdb, "events");

	if (!events)
		return -1;
	return listen(events, "cont", &moved_def) || listen(events, "memory_changed", &moved_def) ||
		listen(events, "register_changed", &moved_def) ||
		listen(events, "gdb_exiting", &exiting_def) ||	// since GDB 12
		listen(events, "connection_removed", &disconnected_def) ||
		listen(events, "inferior_deleted", &deleted_def) ? -1 : 0;
}
