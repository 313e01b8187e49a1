// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pretty-printers: a line that says what a structure is, then its members as GDB
 * prints them, vm_flags with their names. `info pretty-printer` lists them under
 * "vmascope", `disable pretty-printer` and print/r switch them off.
 */
#include "gdb/gdb.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/target.h"
#include "space/space.h"
#include "space/vmflags.h"

struct kind {
	const char *tag;
	/** One line about @p val into @p b; -1: an exception is set, there is none. */
	int (*say)(PyObject *val, struct vs_buf *b);
};

struct printer {
	PyObject_HEAD
	const struct kind *kind;
	PyObject *val;
};

static int to_u64(PyObject *value, uint64_t *ret)
{
	_cleanup_decref_ PyObject *num = value ? PyNumber_Long(value) : NULL;

	if (!num)
		return -1;
	*ret = PyLong_AsUnsignedLongLongMask(num);
	return PyErr_Occurred() ? -1 : 0;
}

static int member(PyObject *val, const char *name, uint64_t *ret)
{
	_cleanup_decref_ PyObject *key = PyUnicode_FromString(name);
	_cleanup_decref_ PyObject *m = key ? PyObject_GetItem(val, key) : NULL;

	return to_u64(m, ret);
}

static int address(PyObject *val, uint64_t *ret)
{
	_cleanup_decref_ PyObject *a = PyObject_GetAttrString(val, "address");

	*ret = 0;
	return a == Py_None ? 0 : to_u64(a, ret);
}

/* "7ffc3ed37000-7ffc3ed58000 rw-p 00000000", as maps begins its line. */
static int say_vma(PyObject *val, struct vs_buf *b)
{
	uint64_t start, end, flags, pgoff, file;

	if (member(val, "vm_start", &start) || member(val, "vm_end", &end) || member(val, "vm_flags", &flags) ||
	    member(val, "vm_pgoff", &pgoff) || member(val, "vm_file", &file))
		return -1;
	vs_buf_hex(b, start, 8);
	vs_buf_putc(b, '-');
	vs_buf_hex(b, end, 8);
	vs_buf_printf(b, " %c%c%c%c", flags & VS_VM_READ ? 'r' : '-', flags & VS_VM_WRITE ? 'w' : '-',
		      flags & VS_VM_EXEC ? 'x' : '-', flags & VS_VM_MAYSHARE ? 's' : 'p');
	if (file)	// of pages, as the member has it: their size is the kernel's
		vs_buf_printf(b, " from page %" PRIu64 " of its file", pgoff);
	return 0;
}

/* "of many (pid 134), 60,010 VMAs" */
static int say_mm(PyObject *val, struct vs_buf *b)
{
	uint64_t at, count;
	struct vs_out out;
	char comm[17] = "";
	int32_t pid = 0;

	if (address(val, &at) || member(val, "map_count", &count))
		return -1;
	vs_gdb_out_init_null(&out);
	if (at && !vs_gdb_enter() && vs_session_is_kernel(vs_gdb.here->session)) {
		vs_gdb_lock();
		pid = vs_session_mm_user(vs_gdb.here->session, at, &out, comm);
		vs_gdb_unlock();
	}
	vs_buf_deinit(&out.buf);
	PyErr_Clear();
	if (pid) {
		vs_buf_puts(b, "of ");
		vs_buf_put_clean(b, comm, strlen(comm));
		vs_buf_printf(b, " (pid %d), ", pid);
	}
	vs_buf_printf(b, "%" PRIu64 " VMA%s", count, count == 1 ? "" : "s");
	return 0;
}

/* mas_mt_height(): MT_FLAGS_HEIGHT_MASK; unchanged since 6.1. */
static int say_tree(PyObject *val, struct vs_buf *b)
{
	uint64_t root, flags;

	if (member(val, "ma_root", &root) || member(val, "ma_flags", &flags))
		return -1;
	if (!root)
		vs_buf_puts(b, "empty");
	else if (root & 2 && root > 4096)	// xa_is_node()
		vs_buf_printf(b, "height %" PRIu64 ", root node at 0x%" PRIx64, (flags & 0x7c) >> 2,
			      root & ~UINT64_C(0xff));
	else
		vs_buf_printf(b, "one entry, 0x%" PRIx64, root);
	return 0;
}

/*
 * Where a node hangs: parent is the tree | 1 (MA_ROOT_PARENT), or the parent node with the slot in
 * bits 3 to 7 (MAPLE_PARENT_SLOT_MASK). A dead node is its own parent.
 */
static int say_node(PyObject *val, struct vs_buf *b)
{
	uint64_t at, parent;

	if (address(val, &at) || member(val, "parent", &parent))
		return -1;
	if (!parent)
		vs_buf_puts(b, "not in a tree");
	else if (parent & 1)
		vs_buf_printf(b, "root of the tree at 0x%" PRIx64, parent & ~UINT64_C(1));
	else if (at && (parent & ~UINT64_C(0xff)) == at)
		vs_buf_puts(b, "dead");
	else
		vs_buf_printf(b, "in slot %" PRIu64 " of the node at 0x%" PRIx64, (parent & 0xf8) >> 3,
			      parent & ~UINT64_C(0xff));
	return 0;
}

static const struct kind kinds[] = {
	{ "vm_area_struct", say_vma },
	{ "mm_struct", say_mm },
	{ "maple_tree", say_tree },
	{ "maple_node", say_node },
};

static PyObject *printer_to_string(PyObject *self, PyObject *args)
{
	struct printer *p = (struct printer *)self;
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	if (p->kind->say(p->val, &b)) {
		// its memory is not in the dump: the members say so
		if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
			return NULL;
		PyErr_Clear();
		Py_RETURN_NONE;
	}
	return vs_gdb_str(b.data ? b.data : "", b.len);
}

/* "0x8100073 (VM_READ|...)" for vm_flags, else the value itself. A new reference. */
static PyObject *shown(const char *name, PyObject *value)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	uint64_t flags;

	if (strcmp(name, "vm_flags") || to_u64(value, &flags)) {
		if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
			return NULL;
		PyErr_Clear();
		Py_INCREF(value);
		return value;
	}
	vs_buf_printf(&b, "0x%" PRIx64 " (", flags);
	vs_vmflags_names(&b, flags);
	vs_buf_putc(&b, ')');
	return vs_gdb_str(b.data, b.len);
}

/* The members of @p val into @p list, those of anonymous structs and unions among them. */
static int add_members(PyObject *val, PyObject *list, unsigned int depth)
{
	_cleanup_decref_ PyObject *type = PyObject_GetAttrString(val, "type");
	_cleanup_decref_ PyObject *fields = type ? PyObject_CallMethod(type, "fields", NULL) : NULL;
	Py_ssize_t n = fields ? PySequence_Size(fields) : -1;

	for (Py_ssize_t i = 0; i < n; i++) {
		_cleanup_decref_ PyObject *f = PySequence_GetItem(fields, i);
		_cleanup_decref_ PyObject *name = f ? PyObject_GetAttrString(f, "name") : NULL;
		_cleanup_decref_ PyObject *v = name ? PyObject_GetItem(val, f) : NULL;
		_cleanup_decref_ PyObject *bytes = NULL, *show = NULL, *pair = NULL;

		if (!v)
			return -1;
		bytes = name != Py_None ? vs_gdb_bytes(name) : NULL;
		if (!bytes || !*PyBytes_AsString(bytes)) {
			PyErr_Clear();
			if (depth < 4 && add_members(v, list, depth + 1))
				return -1;
			continue;
		}
		show = shown(PyBytes_AsString(bytes), v);
		pair = show ? PyTuple_Pack(2, name, show) : NULL;
		if (!pair || PyList_Append(list, pair))
			return -1;
	}
	return n < 0 ? -1 : 0;
}

static PyObject *printer_children(PyObject *self, PyObject *args)
{
	struct printer *p = (struct printer *)self;
	_cleanup_decref_ PyObject *list = PyList_New(0);

	if (!list || add_members(p->val, list, 0))
		return NULL;
	return PyObject_GetIter(list);
}

static void printer_dealloc(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	Py_XDECREF(((struct printer *)self)->val);
	release(self);
	Py_DECREF(type);
}

static PyMethodDef printer_methods[] = {
	{ "to_string", printer_to_string, METH_NOARGS, NULL },
	{ "children", printer_children, METH_NOARGS, NULL },
	{ NULL },
};

static PyType_Slot printer_slots[] = {
	{ Py_tp_dealloc, printer_dealloc },
	{ Py_tp_methods, printer_methods },
	{ 0, NULL },
};

static PyType_Spec printer_spec = {
	.name = "vmascope.Printer",
	.basicsize = sizeof(struct printer),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = printer_slots,
};

static PyObject *printer_type;

/* Called by gdb.printing with a value of this kind. */
static PyObject *make(PyObject *self, PyObject *val)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot((PyTypeObject *)printer_type, Py_tp_alloc);
	struct printer *p = alloc ? (struct printer *)alloc((PyTypeObject *)printer_type, 0) : NULL;

	if (!p)
		return PyErr_NoMemory();
	p->kind = PyCapsule_GetPointer(self, NULL);
	p->val = val;
	Py_INCREF(val);
	return (PyObject *)p;
}

static PyMethodDef make_def = { "make", make, METH_O, NULL };

int vs_gdb_add_printers(void)
{
	_cleanup_decref_ PyObject *printing = PyImport_ImportModule("gdb.printing");
	_cleanup_decref_ PyObject *set = NULL, *done = NULL;

	if (!printer_type)
		printer_type = PyType_FromSpec(&printer_spec);
	if (printing && printer_type)
		set = PyObject_CallMethod(printing, "RegexpCollectionPrettyPrinter", "s", "vmascope");
	if (!set)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_decref_ PyObject *self = PyCapsule_New((void *)&kinds[i], NULL, NULL);
		_cleanup_decref_ PyObject *f = self ? PyCFunction_NewEx(&make_def, self, NULL) : NULL;
		_cleanup_decref_ PyObject *re = PyUnicode_FromFormat("^%s$", kinds[i].tag);
		_cleanup_decref_ PyObject *r = NULL;

		if (f && re)
			r = PyObject_CallMethod(set, "add_printer", "sOO", kinds[i].tag, re, f);
		if (!r)
			return -1;
	}
	done = PyObject_CallMethod(printing, "register_pretty_printer", "OOO", Py_None, set, Py_True);
	return done ? 0 : -1;
}
