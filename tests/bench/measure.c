// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run a command and say what it took, for scripts/bench. A process of its own, and a
 * small one: the kernel counts what the parent had at fork() to the child's peak memory,
 * and an interpreter has more than some of what is measured.
 *
 *	measure SECONDS OUT ERR COMMAND [ARG...]
 *
 * The command's standard output goes to the file OUT, its standard error to ERR; it is killed after
 * SECONDS. Prints nanoseconds by the clock, nanoseconds of processor, peak KiB, and the exit
 * code (128 and the signal; 124: it took too long).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t late;
static pid_t child;

static void on_alarm(int sig)
{
	late = 1;
	kill(-child, SIGKILL);
}

static void fail(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	_exit(127);
}

static void redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags, 0666);

	if (fd < 0 || dup2(fd, to) < 0)
		fail(path);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct timespec from, to;
	struct rusage use;
	int status;

	if (argc < 5) {
		fprintf(stderr, "usage: measure SECONDS OUT ERR COMMAND [ARG...]\n");
		return 127;
	}
	sigaction(SIGALRM, &act, NULL);
	clock_gettime(CLOCK_MONOTONIC, &from);
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		setpgid(0, 0);
		redirect("/dev/null", O_RDONLY, 0);
		redirect(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 1);
		redirect(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 2);
		execvp(argv[4], argv + 4);
		fail(argv[4]);
	}
	setpgid(child, child);
	alarm((unsigned int)atoi(argv[1]));
	if (wait4(child, &status, 0, &use) < 0)
		fail("wait4");
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%lld %lld %ld %d\n", (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec,
	       (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000000LL +
	       (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1000LL,
	       use.ru_maxrss, late ? 124 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}
