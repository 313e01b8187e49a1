// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/debuginfod.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/out.h"
#include "kernel/vmlinux.h"

/* elfutils/debuginfod.h, of which no more is needed; its names, so that they can be looked up. */
struct lib {
	void *(*begin)(void);
	int (*find_debuginfo)(void *client, const unsigned char *id, int len, char **path);
	void (*set_progressfn)(void *client, int (*fn)(void *client, long done, long all));
	void (*set_user_data)(void *client, void *data);
	void *(*get_user_data)(void *client);
	void (*end)(void *client);
};

/* POSIX keeps pointers to functions and to data alike; ISO C does not know. */
#define LOOK(handle, fn) ((l.fn = (__typeof__(l.fn))(uintptr_t)dlsym(handle, "debuginfod_" #fn)))

static const struct lib *load(void)
{
	static struct lib l;
	void *handle;

	if (l.end)
		return &l;
	handle = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!handle || !LOOK(handle, begin) || !LOOK(handle, find_debuginfo) || !LOOK(handle, set_progressfn) ||
	    !LOOK(handle, set_user_data) || !LOOK(handle, get_user_data) || !LOOK(handle, end)) {
		l.end = NULL;
		return NULL;
	}
	return &l;	// it stays loaded: curl does not like to be unloaded
}

struct watch {
	const struct lib *lib;
	struct vs_out *out;
	bool stopped;
};

/* Called some times a second while the answer comes in; not 0 stops it. */
static int progress(void *client, long done, long all)
{
	const struct lib *l = load();
	struct watch *w = l ? l->get_user_data(client) : NULL;
	struct vs_err *err;
	char line[128];

	if (!w)
		return 0;
	err = vs_out_poll(w->out);
	if (err) {
		vs_err_free(err);
		w->stopped = true;
		return 1;
	}
	if (!w->out->progress)
		return 0;
	if (all > 0)
		snprintf(line, sizeof(line), "debuginfod: vmlinux, %ld of %ld MiB (Ctrl-C: do without)", done >> 20,
			 all >> 20);
	else
		snprintf(line, sizeof(line), "debuginfod: asking for vmlinux (Ctrl-C: do without)");
	w->out->progress(w->out->face, line);
	return 0;
}

void vs_debuginfod_find(const struct vs_build_id *id, enum vs_debuginfod when, struct vs_out *out, char **path_ret,
			const char **why_ret)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	struct watch w = { .out = out };
	void *client;
	int fd;

	*path_ret = NULL;
	*why_ret = NULL;
	if (when == VS_DEBUGINFOD_NEVER || !id->len)
		return;
	if (when == VS_DEBUGINFOD_AUTO && (!out->progress || out->quiet || !urls || !*urls))
		return;	// hundreds of megabytes: not without anybody looking
	if (!urls || !*urls) {
		*why_ret = "debuginfod: DEBUGINFOD_URLS is not set";
		return;
	}
	w.lib = load();
	client = w.lib ? w.lib->begin() : NULL;
	if (!client) {
		*why_ret = "debuginfod: libdebuginfod.so.1 cannot be loaded";
		return;
	}
	w.lib->set_user_data(client, &w);
	w.lib->set_progressfn(client, progress);
	fd = w.lib->find_debuginfo(client, id->bytes, (int)id->len, path_ret);
	w.lib->end(client);
	if (out->progress)
		out->progress(out->face, "");
	if (fd >= 0) {
		close(fd);
		return;
	}
	*path_ret = NULL;
	*why_ret = w.stopped ? "debuginfod: stopped" :
		fd == -ENOENT ? "debuginfod: no server has it" : "debuginfod: no answer";
}
