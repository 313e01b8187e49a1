// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that sets its address space up in awkward ways, writes down its own
 * /proc/self/maps, and dies:
 *
 *	crash TRUTH WORD...	each word is done in turn; the last one kills it
 *
 * What is written down is a file "maps" at TRUTH, with what the crash is to look
 * like in TRUTH.says: "key value" lines, addresses in hexadecimal.
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define SAY(...) (says_len += snprintf(says + says_len, sizeof(says) - says_len, __VA_ARGS__))

static const char *truth;
static char says[4096];
static int says_len;
static char big_bss[3 * PAGE];
static const char *file_path;
extern char end[];

/* No allocation from here on: it would change what is written down. */
static void die(const char *what)
{
	dprintf(2, "crash: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static void copy(int from, int to)
{
	static char buf[1 << 16];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, n) != n)
			die("write");
}

static int create(const char *suffix)
{
	static char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s%s", truth, suffix);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die(path);
	return fd;
}

static void record(void)
{
	int fd = create(".says"), maps;

	SAY("pid %d\n", (int)getpid());
	SAY("tid %d\n", (int)syscall(SYS_gettid));
	if (write(fd, says, says_len) != says_len)
		die("write");
	close(fd);
	fd = create("");
	maps = open("/proc/self/maps", O_RDONLY);
	if (maps < 0)
		die("maps");
	copy(maps, fd);
	close(maps);
	close(fd);
}

static void *map(size_t pages, int prot, int flags, int fd, off_t at)
{
	void *p = mmap(NULL, pages * PAGE, prot, flags, fd, at);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void *anon(size_t pages, int prot)
{
	return map(pages, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- what makes address spaces awkward --- */

static void do_heap(void)
{
	char *p = malloc(1000);

	memset(p, 1, 1000);
}

static void do_heap_split(void)
{
	char *p = sbrk(16 * PAGE);

	p = (char *)(((uintptr_t)p + PAGE - 1) & -PAGE);
	memset(p, 1, 15 * PAGE);
	mprotect(p + 3 * PAGE, 2 * PAGE, PROT_READ);
	mprotect(p + 8 * PAGE, PAGE, PROT_NONE);
	mprotect(p + 10 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void next_to_bss(int prot)
{
	char *p = (char *)(((uintptr_t)end + PAGE - 1) & -PAGE);

	if (mmap(p, 2 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != p)
		die("no room next to bss");
	if (prot & PROT_WRITE)
		p[0] = 1;
}

static void do_bss_rw(void)
{
	next_to_bss(PROT_READ | PROT_WRITE);
}

static void do_bss_rwx(void)
{
	next_to_bss(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void do_bss_none(void)
{
	next_to_bss(PROT_NONE);
}

static int open_file(int flags)
{
	static char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s file\nof two lines", truth);
	file_path = path;
	fd = open(path, O_RDWR | O_CREAT | flags, 0644);
	if (fd < 0 || ftruncate(fd, 8 * PAGE))
		die(path);
	return fd;
}

static void do_files(void)
{
	int fd = open_file(0);
	char *p;

	map(2, PROT_READ, MAP_PRIVATE, fd, 0);
	anon(1, PROT_NONE);
	p = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 2 * PAGE);
	p[0] = 1;
	anon(1, PROT_NONE);
	p = map(2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4 * PAGE);
	p[0] = 1;
	anon(1, PROT_NONE);
	map(1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 7 * PAGE);
	close(fd);
}

static void do_deleted(void)
{
	int fd = open_file(0);
	char *p = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);

	p[0] = 1;
	unlink(file_path);
	close(fd);
}

static void do_shared(void)
{
	int fd = memfd_create("a memfd", 0), id;
	char *p;

	if (fd < 0 || ftruncate(fd, 4 * PAGE))
		die("memfd");
	p = map(4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[0] = 1;
	map(1, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
	p = map(2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p[0] = 1;
	id = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600);
	if (id < 0)
		return;		// a kernel without
	p = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	if (p != (void *)-1)
		p[0] = 1;
}

static void do_anon(void)
{
	char *p;

	anon(5, PROT_NONE);
	p = anon(3, PROT_READ | PROT_WRITE);
	p[0] = 1;
	madvise(p + 2 * PAGE, PAGE, MADV_DONTDUMP);
	anon(2, PROT_READ);
	anon(2, PROT_READ | PROT_WRITE | PROT_EXEC);
	anon(1, PROT_EXEC);
	anon(1, PROT_WRITE);
	big_bss[PAGE] = 1;
}

/* Every other page of a reservation: VMAs that cannot be merged. */
static void do_many(void)
{
	const size_t n = 35000;
	char *p = anon(2 * n, PROT_NONE);

	for (size_t i = 0; i < n; i++)
		if (mprotect(p + 2 * i * PAGE, PAGE, PROT_READ))
			die("mprotect");
}

static void *sleeper(void *arg)
{
	volatile char on_stack[64] = { 1 };

	pthread_barrier_wait(arg);
	for (;;)
		pause();
	return (void *)&on_stack;
}

static pthread_barrier_t barrier;

static void do_threads(void)
{
	pthread_t t;

	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 3; i++)
		if (pthread_create(&t, NULL, sleeper, &barrier))
			die("pthread_create");
	pthread_barrier_wait(&barrier);
}

static void set_filter(const char *mask)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY);

	if (fd < 0 || write(fd, mask, strlen(mask)) < 0)
		die("coredump_filter");
	close(fd);
}

static void do_filter0(void)
{
	set_filter("0");
}

static void do_filter7f(void)
{
	set_filter("0x7f");
}

static void do_filter1ff(void)
{
	set_filter("0x1ff");
}

/* --- what kills it --- */

static void kill_by(int sig, const char *code, const void *addr, const char *where)
{
	SAY("signal %d\ncode %s\n", sig, code);
	if (addr)
		SAY("addr %lx\n", (unsigned long)(uintptr_t)addr);
	if (where)
		SAY("where %s\n", where);
	record();
}

static void do_null(void)
{
	volatile char *p = (char *)16;

	kill_by(SIGSEGV, "SEGV_MAPERR", (void *)p, "no mapping");
	*p = 1;
}

static void do_write_ro(void)
{
	static const char constant[] = "a constant";
	volatile char *p = (char *)constant;

	kill_by(SIGSEGV, "SEGV_ACCERR", (void *)p, "read-only");
	*p = 1;
}

static void do_none(void)
{
	volatile char *p = anon(3, PROT_NONE);

	kill_by(SIGSEGV, "SEGV_ACCERR", (void *)(p + PAGE), "no access");
	p[PAGE] = 1;
}

static void do_exec_data(void)
{
	void (*f)(void) = (void (*)(void))(void *)big_bss;

	kill_by(SIGSEGV, "SEGV_ACCERR", big_bss, "not executable");
	f();
}

static void do_past_file(void)
{
	int fd = open_file(O_TRUNC);
	volatile char *p;

	if (ftruncate(fd, PAGE))
		die("ftruncate");
	p = map(4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	kill_by(SIGBUS, "BUS_ADRERR", (void *)(p + 2 * PAGE), "end of the file");
	p[2 * PAGE] = 1;
}

static void do_abort(void)
{
	kill_by(SIGABRT, "SI_TKILL", NULL, NULL);
	abort();
}

static void do_quit(void)
{
	kill_by(SIGQUIT, "SI_USER", NULL, NULL);
	kill(getpid(), SIGQUIT);
}

static void do_fpe(void)
{
	volatile int zero = 0;

	kill_by(SIGFPE, "FPE_INTDIV", NULL, NULL);
	zero = 7 / zero;
	raise(SIGFPE);		// machines where that is no error
}

static void do_trap(void)
{
	kill_by(SIGILL, "ILL", NULL, NULL);
	__builtin_trap();
}

#if defined(__x86_64__)
static void do_noncanonical(void)
{
	volatile char *p = (char *)0x8000000000000000;

	kill_by(SIGSEGV, "SI_KERNEL", NULL, "not canonical");
	*p = 1;
}
#endif

static volatile int depth;

static int recurse(volatile char *above)
{
	volatile char here[512];

	here[0] = above[0];
	depth++;
	return recurse(here) + here[1];
}

/* The stack is as large as it will be, then a little more is asked for. */
static void do_stack(void)
{
	struct rlimit r = { 256 << 10, 256 << 10 };
	volatile char *p;

	setrlimit(RLIMIT_STACK, &r);
	p = alloca(200 << 10);
	for (size_t i = 0; i < 200 << 10; i += PAGE)
		p[i] = 1;
	// the pages below are mapped as it dies: the last line is not the truth then
	kill_by(SIGSEGV, "SEGV_MAPERR", NULL, "overflow main");
	recurse(p);
}

static void *overflow(void *arg)
{
	volatile char here[16] = { 1 };

	SAY("thread %d\n", (int)syscall(SYS_gettid));
	kill_by(SIGSEGV, "SEGV_ACCERR", NULL, "overflow thread");
	recurse(here);
	return NULL;
}

static void do_thread_stack(void)
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 128 << 10);
	pthread_create(&t, &a, overflow, NULL);
	pthread_join(t, NULL);
}

static const struct {
	const char *word;
	void (*act)(void);
} words[] = {
	{ "heap", do_heap }, { "heap-split", do_heap_split },
	{ "bss-rw", do_bss_rw }, { "bss-rwx", do_bss_rwx }, { "bss-none", do_bss_none },
	{ "files", do_files }, { "deleted", do_deleted }, { "shared", do_shared },
	{ "anon", do_anon }, { "many", do_many }, { "threads", do_threads },
	{ "filter0", do_filter0 }, { "filter7f", do_filter7f }, { "filter1ff", do_filter1ff },
	{ "null", do_null }, { "write-ro", do_write_ro }, { "none", do_none },
	{ "exec-data", do_exec_data }, { "past-file", do_past_file }, { "abort", do_abort },
	{ "quit", do_quit }, { "fpe", do_fpe }, { "trap", do_trap },
	{ "stack", do_stack }, { "thread-stack", do_thread_stack },
#if defined(__x86_64__)
	{ "noncanonical", do_noncanonical },
#endif
};

int main(int argc, char **argv)
{
	if (argc < 3) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			dprintf(1, "%s\n", words[i].word);
		return 2;
	}
	truth = argv[1];
	// who runs in the background ignores some, and so would we
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	prctl(PR_SET_DUMPABLE, 1);
	for (int a = 2; a < argc; a++) {
		size_t i = 0;

		while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i].word, argv[a]))
			i++;
		if (i == sizeof(words) / sizeof(words[0])) {
			dprintf(2, "crash: no word %s\n", argv[a]);
			return 2;
		}
		words[i].act();
	}
	dprintf(2, "crash: nothing has killed it\n");
	return 2;
}
