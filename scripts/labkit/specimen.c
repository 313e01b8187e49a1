// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The population of the lab's guest: each row of the table below becomes one
 * or more processes that reach a certain state and sleep in it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lab.h"

static const char *argument;
static const char *own_name;

/* ---- helpers, see lab.h ---- */

void lab_name(const char *name, pid_t pid)
{
	dprintf(LAB_FD, "+%s %d\n", name, pid);
}

void lab_note(const char *what)
{
	dprintf(LAB_FD, "!%s: %s: %s\n", own_name, what, strerror(errno));
}

void lab_sleep(void)
{
	for (;;)
		pause();
}

void lab_ready(void)
{
	dprintf(LAB_FD, ".\n");
	close(LAB_FD);
	lab_sleep();
}

pid_t lab_child(const char *name, void (*fn)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		lab_note("fork");
	if (pid)
		return pid;
	prctl(PR_SET_NAME, name);
	if (fn)
		fn();
	lab_sleep();
}

int lab_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	if (fd < 0)
		return -1;
	ssize_t n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

size_t lab_huge_page(void)
{
	char text[4096] = "", *p;
	int fd = open("/proc/meminfo", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		lab_note("/proc/meminfo");
	close(fd);
	p = strstr(text, "Hugepagesize:");
	return p ? strtoul(p + strlen("Hugepagesize:"), NULL, 10) << 10 : (size_t)2 << 20;
}

void lab_mkdirs(const char *path)
{
	char *copy = strdup(path);

	for (char *p = copy + 1; *p; p++)
		if (*p == '/') {
			*p = 0;
			mkdir(copy, 0755);
			*p = '/';
		}
	mkdir(copy, 0755);
	free(copy);
}

int lab_file(const char *path, int pages)
{
	int fd = open(path, O_RDWR | O_CREAT, 0755);

	if (fd < 0) {
		lab_note(path);
		return -1;
	}
	for (int i = 0; i < pages; i++)
		if (pwrite(fd, path, strlen(path), (off_t)i * LAB_PAGE) < 0)
			lab_note(path);
	if (ftruncate(fd, (off_t)pages * LAB_PAGE))
		lab_note(path);
	return fd;
}

char *lab_map(const char *what, void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	char *p = mmap(addr, len, prot, flags, fd, off);

	if (p != MAP_FAILED)
		return p;
	lab_note(what);
	return NULL;
}

void lab_touch(char *p, size_t len)
{
	for (size_t i = 0; p && i < len; i += LAB_PAGE)
		*(volatile char *)(p + i) = 1 + i / LAB_PAGE;
}

void lab_peek(const char *p, size_t len)
{
	for (size_t i = 0; p && i < len; i += LAB_PAGE)
		(void)*(const volatile char *)(p + i);
}

static char *anon(size_t pages, int prot)
{
	return lab_map("anonymous memory", NULL, pages * LAB_PAGE, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* ---- plain ---- */

static void plain(void)
{
	int n = atoi(argument ? argument : "0");
	char name[16];

	snprintf(name, sizeof(name), "plain-%d", n);
	prctl(PR_SET_NAME, name);
	lab_name(name, getpid());
	/* No two alike: sizes, protections and heaps differ. */
	for (int i = 0; i < n % 7; i++) {
		char *p = anon(1 + (n * 13 + i * 5) % 40, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE);
		if (i % 2 == 0)
			lab_touch(p, LAB_PAGE);
	}
	if (n % 3 == 1 && sbrk(LAB_PAGE * n) == (void *)-1)
		lab_note("sbrk");
	lab_ready();
}

/* ---- 60,000 VMAs ---- */

static void many(void)
{
	/* A little over the number asked for, in chunks so that not all has one mother VMA. */
	const size_t chunk = 1000;
	int want = atoi(argument ? argument : "60000");

	/* the kernel's own limit is a little above the usual population */
	if (want > 60000 && lab_write("/proc/sys/vm/max_map_count", "10000000"))
		lab_note("max_map_count");
	prctl(PR_SET_NAME, "many");
	lab_name("many", getpid());
	for (int made = 0; made < want; made += chunk) {
		char *p = anon(chunk, PROT_READ | PROT_WRITE);
		for (size_t i = 0; p && i < chunk; i += 2)
			if (mprotect(p + i * LAB_PAGE, LAB_PAGE, made % 3000 ? PROT_READ : PROT_NONE))
				lab_note("mprotect");
		if (p && made % 10000 == 0)
			*(p + LAB_PAGE) = 1;
	}
	lab_ready();
}

/* ---- many processes ---- */

static void crowd(void)
{
	int want = atoi(argument ? argument : "500"), up = 0;
	int p[2];

	prctl(PR_SET_NAME, "crowd");
	lab_name("crowd", getpid());
	if (pipe(p))
		lab_note("pipe");
	for (int i = 0; i < want; i++) {
		pid_t pid = fork();
		if (pid < 0) {
			lab_note("fork");
			break;
		}
		if (!pid) {
			close(LAB_FD);
			/* A few mappings of its own, so that no two neighbours are alike. */
			for (int j = 0; j < 3 + i % 11; j++) {
				int prot = j % 2 ? PROT_READ : PROT_READ | PROT_WRITE;
				char *q = mmap(NULL, (1 + (i + j) % 5) * LAB_PAGE, prot,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
				if (q != MAP_FAILED && j == 0)
					*q = 1;
			}
			if (write(p[1], "", 1) != 1)
				_exit(1);
			close(p[0]);
			close(p[1]);
			lab_sleep();
		}
		lab_name("crowd", pid);
	}
	close(p[1]);
	for (char c; read(p[0], &c, 1) == 1;)
		up++;
	if (up != want)
		lab_note("crowd: not all came up");
	close(p[0]);
	lab_ready();
}

/* ---- threads ---- */

static pthread_barrier_t barrier;

static void *thread_main(void *arg)
{
	char name[16];

	snprintf(name, sizeof(name), "thread-%d", (int)(intptr_t)arg);
	prctl(PR_SET_NAME, name);
	lab_touch(anon(3, PROT_READ | PROT_WRITE), LAB_PAGE);
	pthread_barrier_wait(&barrier);
	lab_sleep();
}

static void start_threads(int count)
{
	pthread_barrier_init(&barrier, NULL, count + 1);
	for (int i = 1; i <= count; i++) {
		pthread_t t;
		if (pthread_create(&t, NULL, thread_main, (void *)(intptr_t)i))
			lab_note("pthread_create");
	}
	pthread_barrier_wait(&barrier);
}

static void threads(void)
{
	lab_name("threads", getpid());
	prctl(PR_SET_NAME, "threads");
	start_threads(8);
	lab_ready();
}

static void *tell_when_leader_is_gone(void *arg)
{
	char path[64], text[256];

	(void)arg;
	prctl(PR_SET_NAME, "survivor");
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	for (;;) {
		int fd = open(path, O_RDONLY);
		ssize_t n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		if (strstr(text, ") Z"))
			break;
		usleep(10000);
	}
	lab_ready();
}

/* The leader has left: its task has no mm any more, the other threads have. */
static void leaderless(void)
{
	pthread_t t;

	lab_name("leaderless", getpid());
	prctl(PR_SET_NAME, "leaderless");
	start_threads(2);
	pthread_create(&t, NULL, tell_when_leader_is_gone, NULL);
	syscall(SYS_exit, 0);
}

/* ---- one mm, two processes ---- */

static int share_b(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "share-b");
	for (;;)
		pause();
	return 0;
}

static void share(void)
{
	static char stack[16384] __attribute__((aligned(64)));

	prctl(PR_SET_NAME, "share-a");
	lab_name("share-a", getpid());
	lab_touch(anon(4, PROT_READ | PROT_WRITE), 2 * LAB_PAGE);
	pid_t pid = clone(share_b, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		lab_note("clone");
	lab_name("share-b", pid);
	usleep(200 * 1000);
	lab_ready();
}

static void vfork_pair(void)
{
	prctl(PR_SET_NAME, "vfork-parent");
	lab_name("vfork-parent", getpid());
	/* The parent stays in the kernel, uninterruptible, until the child lets go. */
	if (vfork() == 0) {
		prctl(PR_SET_NAME, "vfork-child");
		lab_name("vfork-child", getpid());
		usleep(200 * 1000);
		lab_ready();
	}
	_exit(1);
}

/* ---- states of a process ---- */

static void die(void)
{
	_exit(3);
}

static void zombie(void)
{
	siginfo_t info;

	prctl(PR_SET_NAME, "zombie-parent");
	lab_name("zombie-parent", getpid());
	pid_t pid = lab_child("zombie", die);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	lab_name("zombie", pid);
	lab_ready();
}

static void stop_self(void)
{
	raise(SIGSTOP);
}

static void stopped(void)
{
	siginfo_t info;

	prctl(PR_SET_NAME, "stop-parent");
	pid_t pid = lab_child("stopped", stop_self);
	waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT);
	lab_name("stopped", pid);
	lab_ready();
}

static void trace_me(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
}

static void traced(void)
{
	int status;

	prctl(PR_SET_NAME, "tracer");
	lab_name("tracer", getpid());
	pid_t pid = lab_child("traced", trace_me);
	waitpid(pid, &status, 0);
	lab_name("traced", pid);
	lab_ready();
}

/* comm may hold any byte: a newline, ESC, the parenthesis that ends it in stat. */
static void odd_comm(void)
{
	lab_name("odd-comm", getpid());
	prctl(PR_SET_NAME, "a) R\n\033[1m\\(\xff");
	lab_ready();
}

static void other_user(void)
{
	lab_name("user", getpid());
	prctl(PR_SET_NAME, "user");
	if (setgid(1000) || setuid(1000))
		lab_note("setuid");
	lab_ready();
}

/* ---- a tree of forks: anon_vmas of three generations ---- */

static char *cow;

static void fork3(void)
{
	lab_touch(cow + 4 * LAB_PAGE, 2 * LAB_PAGE);
	munmap(cow + 6 * LAB_PAGE, LAB_PAGE);
}

static void fork2(void)
{
	lab_touch(cow + 2 * LAB_PAGE, 2 * LAB_PAGE);
	lab_name("fork-3", lab_child("fork-3", fork3));
	lab_name("fork-3", lab_child("fork-3", NULL));
}

static void fork1(void)
{
	lab_touch(cow, 2 * LAB_PAGE);
	lab_name("fork-2", lab_child("fork-2", fork2));
}

static void fork_tree(void)
{
	prctl(PR_SET_NAME, "fork-0");
	lab_name("fork-0", getpid());
	cow = anon(16, PROT_READ | PROT_WRITE);
	lab_touch(cow, 16 * LAB_PAGE);
	char *shared = lab_map("shared", NULL, 4 * LAB_PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	lab_touch(shared, 2 * LAB_PAGE);
	lab_name("fork-1", lab_child("fork-1", fork1));
	usleep(700 * 1000);
	lab_ready();
}

/* ---- heap ---- */

/* A [heap] that spans several VMAs: split by mprotect, grown after a fork. */
static void heap_grow(void)
{
	char *p = sbrk(64 * LAB_PAGE);

	lab_touch(p, 3 * LAB_PAGE);
}

static void heap(void)
{
	prctl(PR_SET_NAME, "heap");
	lab_name("heap", getpid());
	char *p = sbrk(40 * LAB_PAGE);
	if (p == (void *)-1)
		lab_note("sbrk");
	p = (char *)(((uintptr_t)p + LAB_PAGE - 1) & ~(LAB_PAGE - 1));
	lab_touch(p, 30 * LAB_PAGE);
	mprotect(p + 8 * LAB_PAGE, 4 * LAB_PAGE, PROT_READ);
	mprotect(p + 20 * LAB_PAGE, 2 * LAB_PAGE, PROT_NONE);
	lab_name("heap-child", lab_child("heap-child", heap_grow));
	usleep(200 * 1000);
	lab_ready();
}

/* ---- locked memory ---- */

static void locked(void)
{
	lab_name("mlockall", getpid());
	prctl(PR_SET_NAME, "mlockall");
	lab_touch(anon(8, PROT_READ | PROT_WRITE), 2 * LAB_PAGE);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		lab_note("mlockall");
	anon(5, PROT_READ | PROT_WRITE);
	lab_ready();
}

/* ---- executables that are not where they were ---- */

static int copy_self(int out)
{
	char buf[65536];
	ssize_t n;
	int in = open("/proc/self/exe", O_RDONLY);

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return -1;
	close(in);
	return 0;
}

static void exe_deleted(void)
{
	char *argv[] = { "exe-sleep", "exe-deleted", NULL };
	int fd = open("/tmp/gone program", O_RDWR | O_CREAT, 0755);

	if (fd < 0 || copy_self(fd))
		lab_note("copy");
	close(fd);
	execv("/tmp/gone program", argv);
	lab_note("execv");
	lab_ready();
}

static void exe_memfd(void)
{
	char *argv[] = { "exe-sleep", "exe-memfd", NULL };
	char path[64];
	int fd = memfd_create("a program", 0);

	if (fd < 0 || copy_self(fd))
		lab_note("memfd");
	/* not fexecve(): arm64 5.10.223 says ENOENT to it */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	execv(path, argv);
	lab_note("execv");
	lab_ready();
}

static void exe_sleep(void)
{
	lab_name(argument, getpid());
	prctl(PR_SET_NAME, argument);
	unlink("/tmp/gone program");
	lab_ready();
}

/* 300 KB of arguments: the stack starts far below its top. */
static void many_args(void)
{
	static char text[1000], *argv[300] = { "exe-sleep", "many-args" };

	memset(text, 'x', sizeof(text) - 1);
	for (int i = 2; i < 299; i++)
		argv[i] = text;
	execv("/proc/self/exe", argv);
	lab_note("execv");
	lab_ready();
}

/* A pid of seven digits. The last specimen: all later ones would be as big. */
static void big_pid(void)
{
	prctl(PR_SET_NAME, "big-pid-parent");
	if (lab_write("/proc/sys/kernel/pid_max", "4194304") ||
	    lab_write("/proc/sys/kernel/ns_last_pid", "4194299"))
		lab_note("ns_last_pid");
	lab_name("big-pid", lab_child("big-pid", NULL));
	lab_ready();
}

/* ---- every kind of mapping in one process ---- */

static void zoo(void)
{
	lab_name("zoo", getpid());
	prctl(PR_SET_NAME, "zoo");
	zoo_memory();
	zoo_files();
	zoo_devices();
	lab_ready();
}

static const struct specimen {
	const char *name;
	void (*run)(void);
} specimens[] = {
	{ "plain", plain },
	{ "many", many },
	{ "crowd", crowd },
	{ "threads", threads },
	{ "leaderless", leaderless },
	{ "share", share },
	{ "vfork", vfork_pair },
	{ "zombie", zombie },
	{ "stopped", stopped },
	{ "traced", traced },
	{ "odd-comm", odd_comm },
	{ "user", other_user },
	{ "fork-tree", fork_tree },
	{ "heap", heap },
	{ "mlockall", locked },
	{ "exe-deleted", exe_deleted },
	{ "exe-memfd", exe_memfd },
	{ "exe-sleep", exe_sleep },
	{ "many-args", many_args },
	{ "big-pid", big_pid },
	{ "zoo", zoo },
	{ "chroot", spec_chroot },
	{ "mntns", spec_mntns },
	{ "container", spec_container },
	{ "worker", spec_worker },
	{ "contended", spec_contended },
};

int main(int argc, char **argv)
{
	own_name = argc > 0 ? argv[0] : "";
	argument = argc > 1 ? argv[1] : NULL;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(specimens) / sizeof(specimens[0]); i++)
		if (!strcmp(specimens[i].name, own_name))
			specimens[i].run();
	dprintf(LAB_FD, "!%s: no such specimen\n.\n", own_name);
	return 1;
}
