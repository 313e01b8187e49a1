// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only program of the kernel that boots after the crash: copies /proc/vmcore
 * to the disk /dev/vdd and lets makedumpfile make its kinds of dumps there. What
 * to make is told in /lab/variants, lines `NAME ARGUMENTS`: none means a copy,
 * "@" stands for the file NAME, without it makedumpfile's output becomes the file.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "early.h"

#define LOADER "/lab/lib/ld-linux-x86-64.so.2"

static int copy(const char *to)
{
	static char buf[1 << 20];
	ssize_t n;
	int in = open("/proc/vmcore", O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0644);

	if (in < 0 || out < 0)
		return 1;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return 1;
	close(in);
	return close(out) || n < 0;
}

static int makedumpfile(const char *path, char *words)
{
	static char names[8][128];
	char *argv[24] = { LOADER, "--library-path", "/lab/lib", "/lab/makedumpfile",
			   "--message-level", "22" /* no progress bars */ }, *save;
	int n = 6, named = 0, status = -1;

	for (char *word = strtok_r(words, " ", &save); word && n < 23; word = strtok_r(NULL, " ", &save)) {
		if (*word == '@' && named < 8) {
			snprintf(names[named], sizeof(names[0]), "%s%s", path, word + 1);
			word = names[named++];
		}
		argv[n++] = word;
	}
	pid_t pid = fork();
	if (!pid) {
		int log = open("/out/log", O_WRONLY | O_CREAT | O_APPEND, 0644);
		dup2(log, 2);
		dup2(named ? log : open(path, O_WRONLY | O_CREAT, 0644), 1);
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(void)
{
	static const char *const dirs[] = { "/proc", "/sys", "/dev", "/out", "/tmp" };
	char *save;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	if (mount("proc", "/proc", "proc", 0, "") || mount("sysfs", "/sys", "sysfs", 0, "") ||
	    mount("devtmpfs", "/dev", "devtmpfs", 0, ""))
		fail("mounts after the crash");
	dprintf(1, "LAB: the crash kernel is up\n");
	load_modules();
	for (int i = 0; i < 100 && mount("/dev/vdd", "/out", "ext4", 0, ""); i++)
		usleep(50 * 1000);
	int status = open("/out/status", O_WRONLY | O_CREAT, 0644);
	if (status < 0)
		fail("/dev/vdd");
	for (char *line = lines("/lab/variants", &save); line; line = lines(NULL, &save)) {
		char *space = strchr(line, ' '), path[128];
		double begun = now();

		if (space)
			*space++ = 0;
		snprintf(path, sizeof(path), "/out/%s", line);
		int result = space ? makedumpfile(path, space) : copy(path);
		dprintf(status, "%s %d %.1f\n", line, result, now() - begun);
		if (result)
			dprintf(1, "LAB: %s: failed, status %d\n", line, result);
	}
	close(status);
	sync();
	if (umount("/out"))
		fail("umount");
	dprintf(1, "LAB KDUMP DONE\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
