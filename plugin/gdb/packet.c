// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of the remote protocol, sent by hand over GDB's own connection. GDB's way
 * to memory would, where the target refuses, ask vmlinux's own sections, and has no
 * word for physical memory.
 */
#include "gdb/gdb.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

/* `maintenance packet` prints: sending: "m0,4" / received: "00112233". */
static PyObject *by_command(const char *text)
{
	_cleanup_decref_ PyObject *said = NULL, *bytes = NULL;
	_cleanup_free_ char *line = NULL;
	const char *from, *to;

	if (asprintf(&line, "maintenance packet %s", text) < 0) {
		line = NULL;
		return PyErr_NoMemory();
	}
	said = PyObject_CallMethod(vs_gdb.gdb, "execute", "sOO", line, Py_False, Py_True);
	bytes = said ? vs_gdb_bytes(said) : NULL;
	if (!bytes)
		return NULL;
	from = strstr(PyBytes_AsString(bytes), "received: \"");
	from = from ? from + strlen("received: \"") : "";
	to = strrchr(from, '"');
	return PyBytes_FromStringAndSize(from, to ? to - from : 0);
}

PyObject *vs_packet(const char *text)
{
	_cleanup_decref_ PyObject *inferior = NULL, *conn = NULL, *answer = NULL;

	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	if (!inferior)
		return NULL;
	if (!PyObject_HasAttrString(inferior, "connection"))	// since GDB 11
		return by_command(text);
	conn = PyObject_GetAttrString(inferior, "connection");
	if (!conn)
		return NULL;
	if (!PyObject_HasAttrString(conn, "send_packet"))	// since GDB 12, of remote connections only
		return by_command(text);
	answer = PyObject_CallMethod(conn, "send_packet", "s", text);
	if (answer && answer == Py_None)
		return PyBytes_FromString("");
	return no_cleanup_ptr(answer);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int vs_packet_read(uint64_t addr, void *buf, size_t len)
{
	_cleanup_decref_ PyObject *answer = NULL;
	unsigned char *to = buf;
	char text[64];
	const char *hex;

	snprintf(text, sizeof(text), "m%llx,%zx", (unsigned long long)addr, len);
	answer = vs_packet(text);
	hex = answer ? PyBytes_AsString(answer) : NULL;
	if (!hex)
		return -1;
	if ((size_t)PyBytes_Size(answer) != 2 * len)
		return 0;	// E14, or less than was asked for
	for (size_t i = 0; i < len; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return 0;
		to[i] = (unsigned char)(hi << 4 | lo);
	}
	return 1;
}

int vs_packet_is(const char *text, const char *answer)
{
	_cleanup_decref_ PyObject *got = vs_packet(text);
	const char *s = got ? PyBytes_AsString(got) : NULL;

	return s ? !strcmp(s, answer) : -1;
}

size_t vs_packet_room(void)
{
	_cleanup_decref_ PyObject *got = vs_packet("qSupported");
	const char *s = got ? PyBytes_AsString(got) : NULL;
	unsigned long size = 0, room = 256;

	if (!s)
		return 0;
	s = strstr(s, "PacketSize=");
	if (s)
		size = strtoul(s + strlen("PacketSize="), NULL, 16);
	// two digits a byte; powers of two, so that reads do not straddle pages
	while (room * 4 <= size && room < 64 * 1024)
		room *= 2;
	return room;
}
