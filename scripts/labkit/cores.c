// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only program of the guest of `scripts/lab cores`: lets tests/cores/crash die
 * in many ways, and leaves the cores on the disk /dev/vda. What is to be done is told
 * in /lab/cases, lines `NAME SETTINGS PROGRAM WORD...`; settings are comma separated:
 * limit=BYTES (RLIMIT_CORE), sort (core_sort_vma), fixed (no random addresses), or -.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "early.h"

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int bad = fd < 0 || write(fd, text, strlen(text)) < 0;

	close(fd);
	return bad;
}

static void child(const char *dir, char *settings, char *words)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char truth[256], *argv[24] = { NULL }, *save;
	int n = 0, log;

	for (char *s = strtok_r(settings, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		if (!strncmp(s, "limit=", 6))
			limit.rlim_cur = limit.rlim_max = strtoul(s + 6, NULL, 0);
		if (!strcmp(s, "fixed"))
			personality(ADDR_NO_RANDOMIZE);
	}
	snprintf(truth, sizeof(truth), "%s/truth", dir);
	for (char *w = strtok_r(words, " ", &save); w && n < 22; w = strtok_r(NULL, " ", &save)) {
		argv[n++] = w;
		if (n == 1)
			argv[n++] = truth;
	}
	log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(log, 1);
	dup2(log, 2);
	setrlimit(RLIMIT_CORE, &limit);
	execv(argv[0], argv);
	_exit(127);
}

static void run(char *line)
{
	char *settings = strchr(line, ' '), *words, dir[128];
	int status = 0, sorted;

	*settings++ = 0;
	words = strchr(settings, ' ');
	*words++ = 0;
	sorted = strstr(settings, "sort") != NULL;
	snprintf(dir, sizeof(dir), "/out/%s", line);
	mkdir(dir, 0755);
	if (chdir(dir))
		fail(dir);
	if (put("/proc/sys/kernel/core_sort_vma", sorted ? "1" : "0") && sorted) {
		rmdir(dir);
		return;		// before 6.12 and some
	}
	pid_t pid = fork();
	if (!pid)
		child(dir, settings, words);
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || !WCOREDUMP(status))
		dprintf(1, "LAB: %s: no core, status %#x\n", line, status);
}

int main(void)
{
	static const char *const dirs[] = { "/proc", "/dev", "/out", "/tmp" };
	char *save;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	if (mount("proc", "/proc", "proc", 0, "") || mount("devtmpfs", "/dev", "devtmpfs", 0, ""))
		fail("mounts");
	dprintf(1, "LAB: user space is up\n");
	load_modules();
	for (int i = 0; i < 100 && mount("/dev/vda", "/out", "ext4", 0, ""); i++)
		usleep(50 * 1000);
	put("/proc/sys/kernel/core_pattern", "core");
	put("/proc/sys/kernel/core_uses_pid", "0");
	put("/proc/sys/vm/max_map_count", "200000");
	put("/proc/sys/vm/overcommit_memory", "1");
	for (char *line = lines("/lab/cases", &save); line; line = lines(NULL, &save))
		run(line);
	sync();
	if (chdir("/") || umount("/out"))
		fail("umount");
	dprintf(1, "LAB CORES DONE\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
