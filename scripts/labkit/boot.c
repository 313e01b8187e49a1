// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first program of the lab's guest: loads modules and moves to a root of
 * its own, as initramfs programs do. It matters here because the kernel prints
 * a file's path relative to the root of whoever reads it, and because nobody
 * can pivot_root away from the first root.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "early.h"

static void copy(const char *from)
{
	static char buf[1 << 16];
	char to[512];
	ssize_t n;

	snprintf(to, sizeof(to), "/root%s", from);
	for (char *p = to + 6; *p; p++)
		if (*p == '/') {
			*p = 0;
			mkdir(to, 0755);
			*p = '/';
		}
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	if (in < 0 || out < 0)
		fail(to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			fail(to);
	close(in);
	close(out);
	unlink(from);
}

int main(void)
{
	char *argv[] = { "/sbin/init", NULL }, *envp[] = { "PATH=/bin:/sbin", "HOME=/", "TERM=linux", NULL };
	char *save;

	mkdir("/proc", 0755);
	if (mount("proc", "/proc", "proc", 0, ""))
		fail("/proc");
	load_modules();
	mkdir("/root", 0755);
	if (mount("root", "/root", "tmpfs", 0, "mode=755"))
		fail("/root");
	for (char *name = lines("/lab/root", &save); name; name = lines(NULL, &save))
		copy(name);
	unlink("/init");
	umount("/proc");
	/* what switch_root(8) does */
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("switching the root");
	execve(argv[0], argv, envp);
	fail(argv[0]);
}
