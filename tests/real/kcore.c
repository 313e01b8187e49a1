// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first program of a guest, by tests/real/kcore: it starts a process with 300 mappings,
 * prints what /proc says of it, and lets vmascope look at it through /proc/kcore.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static void mark(const char *what, int n)
{
	printf("\n=== %s %d\n", what, n);
	fflush(stdout);
}

static void print_file(const char *path)
{
	char buf[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			break;
	if (fd >= 0)
		close(fd);
}

static void look(const char *command, const char *pid)
{
	char *argv[] = { "/bin/vmascope", (char *)command, "/proc/kcore", (char *)pid, NULL };
	pid_t p;
	int st = 0;

	mark(command, 0);
	p = fork();
	if (!p) {
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(p, &st, 0);
	mark("exit", WIFEXITED(st) ? WEXITSTATUS(st) : 255);
}

static void be_looked_at(void)
{
	for (int i = 0; i < 300; i++)
		if (mmap(NULL, 8192, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		    MAP_FAILED)
			_exit(1);
	for (;;)
		pause();
}

int main(void)
{
	char pid[16], path[32];
	pid_t child;

	mount("proc", "/proc", "proc", 0, NULL);
	child = fork();
	if (!child)
		be_looked_at();
	sleep(1);
	snprintf(pid, sizeof(pid), "%d", child);
	snprintf(path, sizeof(path), "/proc/%d/maps", child);
	look("info", NULL);
	look("maps", pid);
	mark("truth", child);
	print_file(path);
	look("check", pid);
	mark("KCORE DONE", 0);
	for (;;)
		pause();	// QEMU is ended from outside
}
