/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the first programs of both kernels share: boot.c, and kdump.c after a crash. */
#ifndef LAB_EARLY_H
#define LAB_EARLY_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static char list[1 << 16];

static void fail(const char *what)
{
	dprintf(1, "LAB FAILED %s: %s\n", what, strerror(errno));
	sleep(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* The lines of a file, one at a time; NULL at its end. */
static char *lines(const char *path, char **save)
{
	if (!path)
		return strtok_r(NULL, "\n", save);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, list, sizeof(list) - 1);
	if (n < 0)
		fail(path);
	close(fd);
	list[n] = 0;
	return strtok_r(list, "\n", save);
}

static void load_modules(void)
{
	char *save;

	for (char *name = lines("/lab/modules", &save); name; name = lines(NULL, &save)) {
		int fd = open(name, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			dprintf(1, "LAB: module %s: %s\n", name, strerror(errno));
		close(fd);
		unlink(name);
	}
}

#endif
