// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The specimen that changes its address space again and again, so that a guest
 * can be stopped in the middle of it. The leader sleeps; each operation has a
 * thread of its own, whose name tells what was going on, and a baton goes round
 * so that never two are at work. Each operation undoes what it does. Nothing
 * moves until somebody opens TORN_GO, which pid 1 does when all is recorded.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lab.h"

#define RW (PROT_READ | PROT_WRITE)

static char *arena;			/* ARENA pages of address space that nobody else maps into */
static int file;

/* Where in the arena each operation works, in pages. Between them are holes. */
enum { SPLIT = 200, HOLE = 260, FILE_HOLE = 280, UNMAP = 300, FIXED = 330, LOCK = 360, TOUCH = 380,
       FAULT = 400, GROW = 1200, TAIL = 1300, ARENA = 1500 };

static char *page(int n)
{
	return arena + n * LAB_PAGE;
}

static char *map(int at, int pages, int prot, int flags)
{
	return lab_map("worker", page(at), pages * LAB_PAGE, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
}

static void protect(int at, int pages, int prot)
{
	if (mprotect(page(at), pages * LAB_PAGE, prot))
		lab_note("worker: mprotect");
}

static void unmap(int at, int pages)
{
	if (munmap(page(at), pages * LAB_PAGE))
		lab_note("worker: munmap");
}

/* Three VMAs in a row, the outer two written to. */
static void make_three(int at)
{
	map(at, 12, RW, 0);
	lab_touch(page(at), 4 * LAB_PAGE);
	lab_touch(page(at + 8), 4 * LAB_PAGE);
	protect(at + 4, 4, PROT_READ);
}

/* ---- the operations ---- */

static void do_mprotect(void)
{
	protect(SPLIT + 8, 8, PROT_READ);	/* splits into three */
	protect(SPLIT + 8, 8, RW);		/* and merges again */
}

static void do_mmap(void)
{
	map(HOLE, 4, RW, 0);
	unmap(HOLE, 4);
}

static void do_mmap_file(void)
{
	lab_map("worker: file", page(FILE_HOLE), 3 * LAB_PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, LAB_PAGE);
	unmap(FILE_HOLE, 3);
}

static void do_munmap(void)
{
	unmap(UNMAP, 12);
	make_three(UNMAP);
}

static void do_fixed(void)
{
	map(FIXED + 2, 8, PROT_READ, 0);
	unmap(FIXED, 12);
	make_three(FIXED);
}

static void do_grow(void)
{
	map(GROW, 4, RW, MAP_GROWSDOWN);
	lab_touch(page(GROW), LAB_PAGE);
	lab_touch(page(GROW - 3), LAB_PAGE);
	unmap(GROW - 3, 7);
}

static void do_mlock(void)
{
	if (mlock(page(LOCK), 8 * LAB_PAGE) || munlock(page(LOCK), 8 * LAB_PAGE))
		lab_note("worker: mlock");
}

/* A page fault where there has been one before: by the VMA's own lock since 6.4 */
static void do_touch(void)
{
	madvise(page(TOUCH), 4 * LAB_PAGE, MADV_DONTNEED);
	lab_touch(page(TOUCH), 4 * LAB_PAGE);
}

/* The first page fault of a VMA gives it an anon_vma, under the lock of the whole */
static void do_fault(void)
{
	map(FAULT, 4, RW, 0);
	lab_touch(page(FAULT), LAB_PAGE);
	unmap(FAULT, 4);
}

static void do_fork(void)
{
	/* not fork(): libc's has things to do in the child */
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		syscall(SYS_exit_group, 0);
	waitpid(pid, NULL, 0);
}

/* By another process, see below: it reads what is told of the worker's memory. */
static void do_read(void)
{
	static int fd = -1;
	static char text[4096];
	char path[64];

	if (fd < 0) {
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", getppid());
		fd = open(path, O_RDONLY);
	}
	if (fd < 0 || pread(fd, text, sizeof(text), 0) <= 0)
		lab_note("worker: smaps_rollup");
}

static const struct {
	const char *name;
	void (*run)(void);
} ops[] = {
	{ "do-mprotect", do_mprotect },
	{ "do-mmap", do_mmap },
	{ "do-mmap-file", do_mmap_file },
	{ "do-munmap", do_munmap },
	{ "do-fixed", do_fixed },
	{ "do-grow", do_grow },
	{ "do-mlock", do_mlock },
	{ "do-touch", do_touch },
	{ "do-fault", do_fault },
	{ "do-fork", do_fork },
	{ "do-read", do_read },
};
enum { OPS = sizeof(ops) / sizeof(ops[0]), READER = OPS - 1 };

static int baton[OPS][2];
static int ready[2];		/* each writes a byte into it when it waits for its turn */
static int told[2];		/* the reader waits here until the threads have started */
static int contend[2];		/* and the contender until the work begins */
static int contended;

/* One operation's turns, for ever; a thread of the worker, or the reader's only one. */
static void *turns(void *arg)
{
	int me = (int)(intptr_t)arg;
	char c = 0;

	prctl(PR_SET_NAME, ops[me].name);
	/* once now, so that nothing is done for the first time later */
	ops[me].run();
	if (write(ready[1], &c, 1) != 1)
		lab_note("worker: pipe");
	for (;;) {
		if (read(baton[me][0], &c, 1) != 1)
			lab_sleep();
		ops[me].run();
		if (write(baton[(me + 1) % OPS][1], &c, 1) != 1)
			lab_sleep();
	}
	return NULL;
}

static void *starter(void *arg)
{
	char c = 0;

	(void)arg;
	prctl(PR_SET_NAME, "starter");
	if (open(TORN_GO, O_RDONLY) < 0 || write(contend[1], &c, 1) != 1 || write(baton[0][1], &c, 1) != 1)
		lab_note(TORN_GO);
	lab_sleep();
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		lab_note("worker: sched_setaffinity");
}

/* A process on another CPU that wants the worker's mmap_lock all the time. */
static void contender(void)
{
	char c;

	stay_on(1);
	do_read();
	if (read(contend[0], &c, 1) != 1)
		lab_sleep();
	for (;;)
		do_read();
}

static void wait_ready(void)
{
	char c;

	if (read(ready[0], &c, 1) != 1)
		lab_note("worker: pipe");
}

void spec_worker(void)
{
	pthread_t t;
	char c = 0;

	prctl(PR_SET_NAME, "worker");
	lab_name("worker", getpid());
	for (int i = 0; i < OPS; i++)
		if (pipe(baton[i]))
			lab_note("pipe");
	if (pipe(ready) || pipe(told) || pipe(contend) || mkfifo(TORN_GO, 0600))
		lab_note(TORN_GO);

	pid_t reader = fork();
	if (!reader) {
		if (read(told[0], &c, 1) != 1)
			lab_sleep();
		turns((void *)(intptr_t)READER);
	}
	lab_name("worker-reader", reader);
	if (contended) {
		lab_name("contender", lab_child("contender", contender));
		stay_on(0);
	}

	file = lab_file("/tmp/worker file", 8);
	/* Only to find a place: a hole of this size is too small for the threads' stacks. */
	arena = lab_map("worker: arena", NULL, ARENA * LAB_PAGE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unmap(0, ARENA);
	/* Enough neighbours that a maple tree has inner nodes and a red-black tree some depth. */
	for (int i = 0; i < 60; i++)
		map(3 * i, 2, i % 2 ? PROT_READ : RW, 0);
	for (int i = 0; i < 30; i++)
		map(TAIL + 3 * i, 2, i % 2 ? RW : PROT_READ, 0);
	lab_touch(map(SPLIT, 24, RW, 0), 24 * LAB_PAGE);
	make_three(UNMAP);
	make_three(FIXED);
	lab_touch(map(LOCK, 8, RW, 0), 8 * LAB_PAGE);
	lab_touch(map(TOUCH, 4, RW, 0), 4 * LAB_PAGE);

	for (int i = 0; i < READER; i++) {
		if (pthread_create(&t, NULL, turns, (void *)(intptr_t)i))
			lab_note("pthread_create");
		wait_ready();
	}
	if (pthread_create(&t, NULL, starter, NULL))
		lab_note("pthread_create");
	if (write(told[1], &c, 1) != 1)
		lab_note("worker: pipe");
	wait_ready();
	usleep(50 * 1000);
	lab_ready();
}

void spec_contended(void)
{
	contended = 1;
	spec_worker();
}
