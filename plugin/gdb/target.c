// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/target.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

/* Let GDB do a line, without a word to anybody. The error is GDB's. */
static struct vs_err *gdb_do(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static struct vs_err *gdb_do(const char *fmt, ...)
{
	_cleanup_decref_ PyObject *said = NULL;
	_cleanup_free_ char *line = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0) {
		line = NULL;
		return &vs_enomem;
	}
	said = PyObject_CallMethod(vs_gdb.gdb, "execute", "sOO", line, Py_False, Py_True);
	return said ? NULL : vs_gdb_take_exception();
}

/* A path as a word of GDB's command line. */
static char *quoted(const char *path)
{
	struct vs_buf b = VS_BUF_INIT;

	vs_buf_putc(&b, '"');
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			vs_buf_putc(&b, '\\');
		vs_buf_putc(&b, *path);
	}
	vs_buf_putc(&b, '"');
	return vs_buf_steal(&b);
}

/* The number of the connection in use, -1: none, or GDB does not say. */
static long connection_number(bool *any_ret)
{
	_cleanup_decref_ PyObject *inferior = NULL, *conn = NULL, *num = NULL;
	long n = -1;

	*any_ret = false;
	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	conn = inferior ? PyObject_GetAttrString(inferior, "connection") : NULL;
	if (conn && conn != Py_None) {
		*any_ret = true;
		num = PyObject_GetAttrString(conn, "num");
		n = num ? PyLong_AsLong(num) : -1;
	}
	PyErr_Clear();		// before GDB 11
	return n;
}

/* Is GDB at work on something that is not ours to take away: a process, a live target? */
static bool is_busy(void)
{
	_cleanup_decref_ PyObject *inferior = NULL, *conn = NULL, *type = NULL, *pid = NULL;
	bool busy = false;

	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	conn = inferior ? PyObject_GetAttrString(inferior, "connection") : NULL;
	type = conn && conn != Py_None ? PyObject_GetAttrString(conn, "type") : NULL;
	pid = inferior ? PyObject_GetAttrString(inferior, "pid") : NULL;
	if (pid && PyLong_AsLong(pid) > 0)
		busy = !type || PyUnicode_CompareWithASCIIString(type, "core");
	PyErr_Clear();
	return busy;
}

/* Does this GDB know the dump's architecture? Setting it is the only way to ask all of them. */
static struct vs_err *set_architecture(const char *arch)
{
	return gdb_do("set architecture %s", arch);
}

/*
 * One reading of the symbols, moved to where they are; `exec-file` tells GDB the
 * architecture. Per-cpu symbols of x86 are offsets up to 6.14: they stay where they are.
 */
static struct vs_err *load_symbols(struct vs_gdb_target *t, const struct vs_kernel *k, const char *vmlinux)
{
	_cleanup_free_ char *path = quoted(vmlinux);
	struct vs_symbol percpu = { .name = "__per_cpu_start" };
	char keep[64] = "";
	const void *data = NULL;
	struct vs_err *err;
	bool offsets;
	size_t size;

	if (!path)
		return &vs_enomem;
	err = vs_kernel_find(t->rsp.k, &percpu, 1);
	offsets = percpu.found && !vs_kmem_is_kernel(&k->mem, percpu.value);
	if (!err && offsets && t->made < 0)
		err = vs_vmlinux_section(k->vmlinux, ".data..percpu", &data, &size);
	if (data || (offsets && t->made >= 0))	// a vmlinux that was made has that section then
		snprintf(keep, sizeof(keep), " -s .data..percpu %#" PRIx64, percpu.value);
	if (!err)
		err = gdb_do("symbol-file");
	if (!err)
		err = gdb_do("exec-file %s", path);
	if (!err)
		err = gdb_do("add-symbol-file %s -o %#" PRIx64 "%s", path, k->kaslr, keep);
	if (err)
		return err;
	t->text = k->mem.image_start;
	t->vmlinux = strdup(vmlinux);
	return t->vmlinux ? NULL : &vs_enomem;
}

/* Has vmlinux what GDB reads? .BTF it does not. */
static bool has_debug_info(const struct vs_kernel *k)
{
	const void *data = NULL;
	size_t size;

	if (k->vmlinux)
		vs_err_free(vs_vmlinux_section(k->vmlinux, ".debug_info", &data, &size));
	return data;
}

/*
 * Where no vmlinux has debug information GDB gets one that is made of BTF and the symbols. It
 * is in memory only, so that nothing of it stays when GDB is killed. False with a word about
 * it where none can be made.
 */
static bool make_vmlinux(struct vs_gdb_target *t, struct vs_kernel *k, struct vs_out *out, char *path, size_t size)
{
	struct vs_err *err;

	t->made = memfd_create("vmlinux", MFD_CLOEXEC);
	snprintf(path, size, "/proc/%ld/fd/%d", (long)getpid(), t->made);
	err = t->made < 0 ? vs_err_os(errno, "memfd_create") : vs_kernel_make_vmlinux(k, t->made, path);
	if (!err)
		return true;
	vs_out_say(out, "open: GDB knows no types: %s", err->msg);
	vs_err_free(err);
	if (t->made >= 0)
		close(t->made);
	t->made = -1;
	return false;
}

/* The banner through GDB: if it is another one GDB reads something else than the dump. */
static struct vs_err *verify(struct vs_gdb_target *t)
{
	_cleanup_decref_ PyObject *inferior = NULL, *mem = NULL, *bytes = NULL;
	struct vs_kernel *k = t->rsp.k;
	unsigned char ours[32];
	uint64_t at;
	size_t got;

	if (!vs_kernel_sym(k, VS_SYM_LINUX_BANNER, &at))
		return NULL;
	pthread_mutex_lock(&t->rsp.lock);
	vs_kmem_read(&k->mem, at, ours, sizeof(ours), &got);
	pthread_mutex_unlock(&t->rsp.lock);
	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	mem = inferior ? PyObject_CallMethod(inferior, "read_memory", "Ki", (unsigned long long)at, 32) : NULL;
	bytes = mem ? PyBytes_FromObject(mem) : NULL;
	if (!bytes && got < sizeof(ours) && PyErr_Occurred()) {
		PyErr_Clear();
		return NULL;	// neither has it
	}
	if (!bytes)
		return vs_gdb_take_exception();
	if (got < sizeof(ours) || memcmp(PyBytes_AsString(bytes), ours, sizeof(ours)))
		return vs_err_create(VS_ERR_MISMATCH, "GDB reads something else than the dump at %#" PRIx64, at);
	return NULL;
}

static struct vs_err *connect_gdb(struct vs_gdb_target *t)
{
	struct vs_err *err = vs_server_create(&t->rsp, &t->server);
	bool any;

	if (err)
		return err;
	err = gdb_do("target remote %s", vs_server_path(t->server));
	vs_server_hide(t->server);
	if (err)
		return err;
	t->connection = connection_number(&any);
	return verify(t);
}

PyObject *vs_gdb_leave(PyObject *self, PyObject *args)
{
	if (vs_gdb_enter())
		return NULL;
	for (struct vs_gdb_slot *slot = vs_gdb.slots; slot; slot = slot->next) {
		if (!slot->target)
			continue;
		if (slot != vs_gdb.here)
			vs_err_free(gdb_do("inferior %d", slot->inferior));
		vs_gdb_target_close(slot);
	}
	Py_RETURN_NONE;
}

/*
 * Leaving GDB asks no question because of a dump: nothing in it could be lost. A hook
 * of the user's own stays; then GDB asks.
 */
static void hook_quit(void)
{
	struct vs_err *none = gdb_do("show user hook-quit");

	if (none)
		vs_err_free(gdb_do("define hook-quit\npython import sys; sys.modules['vmascope'].leave()\nend"));
	vs_err_free(none);
}

/* A dump with too little in it for GDB is open all the same. */
static struct vs_err *without(struct vs_err *err, struct vs_out *out)
{
	if (err->code != VS_ERR_ABSENT && err->code != VS_ERR_NOT_FOUND)
		return err;
	vs_out_say(out, "open: only the vma commands see the dump: %s", err->msg);
	vs_err_free(err);
	return NULL;
}

struct vs_err *vs_gdb_target_open(struct vs_out *out, bool say)
{
	struct vs_gdb_slot *h = vs_gdb.here;
	const struct vs_tasks *tasks;
	struct vs_gdb_target *t;
	struct vs_kernel *k;
	struct vs_err *err;
	char made[64];
	const char *vmlinux;

	if (is_busy()) {
		vs_out_say(out, "open: GDB has a process or a live target, which stays: only the vma commands see the dump (--no-target)");
		return NULL;
	}
	err = vs_session_look(h->session, out, &k, &tasks);
	if (err)
		return without(err, out);
	if (!k)		// the core of a process, which GDB has its own command for
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return &vs_enomem;
	t->connection = t->made = -1;
	err = vs_rsp_init(&t->rsp, k, tasks);
	if (err) {
		free(t);
		return without(err, out);
	}
	h->target = t;
	err = set_architecture(t->rsp.arch);
	if (err) {
		vs_out_say(out, "open: this GDB knows no %s: only the vma commands see the dump (gdb-multiarch knows more)",
			   t->rsp.arch);
		vs_err_free(err);
		vs_gdb_target_close(h);
		return NULL;
	}
	if (out->progress)
		out->progress(out->face, "reading the symbols of vmlinux");
	vmlinux = k->vmlinux ? k->vmlinux->path : NULL;
	if (!has_debug_info(k) && make_vmlinux(t, k, out, made, sizeof(made)))
		vmlinux = made;
	if (vmlinux)
		err = load_symbols(t, k, vmlinux);
	if (out->progress)
		out->progress(out->face, "");
	// GDB says itself where the thread is that it begins with
	if (!err && say)
		err = vs_out_printf(out, "GDB               memory is the dump's, %s %#" PRIx64 "%s, %zu tasks as threads\n",
				    vmlinux ? "symbols moved by" : "no symbols, KASLR offset", k->kaslr,
				    vmlinux == made ? ", types from BTF" : "", t->rsp.threads.n);
	if (!err)
		err = vs_out_flush(out);
	if (!err)
		err = connect_gdb(t);
	if (err)
		vs_gdb_target_close(h);
	else
		hook_quit();
	return err;
}

void vs_gdb_target_drop(struct vs_gdb_slot *slot)
{
	struct vs_gdb_target *t = slot->target;

	if (!t)
		return;
	slot->target = NULL;
	vs_server_destroy(t->server);
	vs_rsp_deinit(&t->rsp);
	if (t->made >= 0)
		close(t->made);
	free(t->vmlinux);
	free(t);
}

void vs_gdb_target_close(struct vs_gdb_slot *slot)
{
	struct vs_gdb_target *t = slot->target;
	_cleanup_decref_ PyObject *type = NULL, *value = NULL, *trace = NULL;
	bool any;

	if (!t)
		return;
	PyErr_Fetch(&type, &value, &trace);
	t->closing = true;
	// GDB may have gone elsewhere meanwhile; before GDB 11 it does not say.
	if (t->connection == connection_number(&any) && any)
		vs_err_free(gdb_do("detach"));	// disconnect forgets the threads of all inferiors
	if (t->vmlinux) {
		vs_err_free(gdb_do("remove-symbol-file -a %#" PRIx64, t->text));
		vs_err_free(gdb_do("exec-file"));
	}
	vs_err_free(gdb_do("set architecture auto"));
	vs_gdb_target_drop(slot);
	PyErr_Restore(no_cleanup_ptr(type), no_cleanup_ptr(value), no_cleanup_ptr(trace));
}

void vs_gdb_lock(void)
{
	if (vs_gdb.here->target)
		pthread_mutex_lock(&vs_gdb.here->target->rsp.lock);
}

void vs_gdb_unlock(void)
{
	if (vs_gdb.here->target)
		pthread_mutex_unlock(&vs_gdb.here->target->rsp.lock);
}

/* The number of a thread of GDB's in the protocol: ptid[1]. */
static long thread_id(PyObject *thread)
{
	_cleanup_decref_ PyObject *ptid = PyObject_GetAttrString(thread, "ptid");
	long id = ptid ? PyLong_AsLong(PyTuple_GetItem(ptid, 1)) : -1;

	return id;
}

int vs_gdb_target_select(int32_t pid)
{
	_cleanup_decref_ PyObject *inferior = NULL, *threads = NULL;

	if (!vs_gdb.here->target)
		return 0;
	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	threads = inferior ? PyObject_CallMethod(inferior, "threads", NULL) : NULL;
	if (!threads)
		return -1;
	for (Py_ssize_t i = 0; i < PyTuple_Size(threads); i++) {
		_cleanup_decref_ PyObject *r = NULL;
		long id = thread_id(PyTuple_GetItem(threads, i));

		if (PyErr_Occurred())
			return -1;
		if (id != pid)
			continue;
		r = PyObject_CallMethod(PyTuple_GetItem(threads, i), "switch", NULL);
		return r ? 0 : -1;
	}
	return 0;
}

int32_t vs_gdb_target_selected(void)
{
	_cleanup_decref_ PyObject *thread = NULL;
	long id = 0;

	if (!vs_gdb.here->target)
		return 0;
	thread = PyObject_CallMethod(vs_gdb.gdb, "selected_thread", NULL);
	if (thread && thread != Py_None)
		id = thread_id(thread);
	PyErr_Clear();
	return id > 0 && id < VS_RSP_IDLE ? (int32_t)id : 0;
}
