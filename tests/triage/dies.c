// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into vmascope: a process that it has made dies, hangs or eats memory when it
 * opens a file whose name says so. The first process is spared.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static pid_t first;

static __attribute__((constructor)) void begin(void)
{
	first = getpid();
}

static void meet(const char *path)
{
	if (getpid() == first)
		return;
	if (strstr(path, "kills"))
		raise(SIGSEGV);
	if (strstr(path, "leaves"))
		_exit(7);
	if (strstr(path, "vanishes"))
		unlink(path), _exit(7);
	while (strstr(path, "hangs"))
		pause();
	while (strstr(path, "spins"))
		;
	while (strstr(path, "eats")) {
		char *p = malloc(1 << 20);

		if (!p)
			_exit(3);
		memset(p, 1, 1 << 20);
	}
}

EXPORT int open(const char *path, int flags, ...);
EXPORT int open64(const char *path, int flags, ...);

static int go_on(const char *name, const char *path, int flags, int mode)
{
	int (*real)(const char *, int, ...);
	void *sym = dlsym(RTLD_NEXT, name);

	memcpy(&real, &sym, sizeof(real));
	meet(path);
	return real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return go_on("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return go_on("open64", path, flags, mode);
}
