// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pid 1 of the lab's guest, after boot.c: mounts, starts the specimens, writes
 * down what /proc says of every process, and sleeps to be dumped.
 *
 * What it writes down must still be true when the dump is taken, and that goes
 * for pid 1 itself: it uses static buffers only, touches all its pages before
 * the recording, and reads everything a second time to see that nothing moved.
 *
 * The truth goes to the raw disk /dev/lab-truth as records
 *	kind (1 byte: F file name, D data, E end of file, Z end of all), length (4 bytes LE), bytes
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lab.h"

static char out[1 << 20];	/* waits to be written to the disk */
static size_t out_len;
static int disk = -1;
static char in[1 << 16];	/* read from /proc */
static char population[1 << 17], notes[1 << 16];
static size_t population_len, notes_len;
static int small_population, big_smaps = 1;

/* One recorded file that must read the same again. */
static struct seen {
	char name[40];
	uint64_t hash;
} seen[1 << 14];
static int nseen, seen_next;

static void say(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (write(1, line, n) < 0)
		return;
}

static void fail(const char *what)
{
	say("LAB FAILED %s: %s", what, strerror(errno));
	sleep(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void append(char *buf, size_t size, size_t *len, const char *text, size_t n)
{
	if (n > size - *len)
		n = size - *len;
	memcpy(buf + *len, text, n);
	*len += n;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		char line[256];
		int n = snprintf(line, sizeof(line), "init: %s: %s\n", path, strerror(errno));
		append(notes, sizeof(notes), &notes_len, line, n);
	}
	if (fd >= 0)
		close(fd);
}

static int read_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	if (fd >= 0)
		close(fd);
	return atoi(text);
}

/* ---- the disk ---- */

static void flush(void)
{
	for (size_t done = 0; done < out_len;) {
		ssize_t n = write(disk, out + done, out_len - done);
		if (n <= 0)
			fail("writing the truth to its disk (too small?)");
		done += n;
	}
	out_len = 0;
}

static void put(char kind, const char *data, uint32_t len)
{
	unsigned char head[5] = { kind, len, len >> 8, len >> 16, len >> 24 };

	if (out_len + sizeof(head) + len > sizeof(out))
		flush();
	memcpy(out + out_len, head, sizeof(head));
	memcpy(out + out_len + sizeof(head), data, len);
	out_len += sizeof(head) + len;
}

static uint64_t hash_add(uint64_t h, const char *p, size_t n)
{
	while (n--)
		h = (h ^ (unsigned char)*p++) * 0x100000001b3u;
	return h;
}

/*
 * Copy one file of /proc into the record `name`. With check, its hash is kept
 * and the second reading compares. The first read tells whether there is one.
 */
enum pass { WARM, RECORD, AGAIN };

static void copy(enum pass pass, const char *path, const char *name, int check)
{
	uint64_t h = 0xcbf29ce484222325u;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return;
	if (pass == RECORD)
		put('F', name, strlen(name));
	while ((n = read(fd, in, sizeof(in))) > 0) {
		if (check)
			h = hash_add(h, in, n);
		if (pass == RECORD)
			put('D', in, n);
	}
	close(fd);
	if (pass == RECORD)
		put('E', "", 0);
	if (!check || pass == WARM)
		return;
	if (pass == RECORD) {
		if (nseen < (int)(sizeof(seen) / sizeof(seen[0])) && strlen(name) < sizeof(seen[0].name)) {
			strcpy(seen[nseen].name, name);
			seen[nseen++].hash = h;
		}
		return;
	}
	/* The second reading goes in the order of the first: most often it is the next. */
	for (int step = 0; step < nseen; step++) {
		int i = (seen_next + step) % nseen;
		if (strcmp(seen[i].name, name))
			continue;
		if (seen[i].hash != h)
			say("LAB DRIFT %s", name);
		seen_next = i + 1;
		break;
	}
}

/* ---- the processes ---- */

struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

/* The numeric names in a directory, ascending as /proc gives them. opendir() would allocate. */
static int numbers(const char *path, int *ret, int max)
{
	static char buf[1 << 15];
	int fd = open(path, O_RDONLY | O_DIRECTORY), count = 0;
	long n;

	if (fd < 0)
		return 0;
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long i = 0; i < n;) {
			struct linux_dirent64 *d = (void *)(buf + i);
			i += d->d_reclen;
			if (d->d_name[0] >= '1' && d->d_name[0] <= '9' && count < max)
				ret[count++] = atoi(d->d_name);
		}
	close(fd);
	return count;
}

static int is_many(int pid)
{
	char want[32];
	int n = snprintf(want, sizeof(want), "many %d\n", pid);

	return n > 0 && memmem(population, population_len, want, n) != NULL;
}

static void record_task(enum pass pass, int pid, int tid, const char *what, int check)
{
	char path[96], name[96];

	if (pid == tid) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
		snprintf(name, sizeof(name), "%d/%s", pid, what);
	} else {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, what);
		snprintf(name, sizeof(name), "%d/task/%d/%s", pid, tid, what);
	}
	copy(pass, path, name, check);
}

static void record_process(enum pass pass, int pid)
{
	static const char *const rest[] = { "status", "stat", "statm", "comm", "cmdline", "auxv", "mountinfo" };
	static int tids[512];
	char path[64];

	record_task(pass, pid, pid, "maps", 1);
	/* 60,000 times a page of text: slow to read under emulation, so once is enough */
	if (!is_many(pid) || (big_smaps && pass == RECORD))
		record_task(pass, pid, pid, "smaps", !is_many(pid));
	if (pass != AGAIN)
		for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
			record_task(pass, pid, pid, rest[i], 0);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	int n = numbers(path, tids, sizeof(tids) / sizeof(tids[0]));
	for (int i = 0; i < n; i++) {
		if (tids[i] == pid)
			continue;
		record_task(pass, pid, tids[i], "maps", 1);
		if (pass == AGAIN)
			continue;
		record_task(pass, pid, tids[i], "status", 0);
		record_task(pass, pid, tids[i], "stat", 0);
		record_task(pass, pid, tids[i], "comm", 0);
	}
}

static void record_all(enum pass pass)
{
	static int pids[1 << 13];
	int n = numbers("/proc", pids, sizeof(pids) / sizeof(pids[0]));

	for (int i = 0; i < n; i++)
		if (pids[i] != 1)
			record_process(pass, pids[i]);
	/* pid 1 last: what it did for the others is then behind it */
	record_process(pass, 1);
}

/* ---- specimens ---- */

static void take_line(const char *line, size_t len)
{
	if (len > 1 && line[0] == '+') {
		append(population, sizeof(population), &population_len, line + 1, len - 1);
		append(population, sizeof(population), &population_len, "\n", 1);
	} else if (len > 1 && line[0] == '!') {
		append(notes, sizeof(notes), &notes_len, line + 1, len - 1);
		append(notes, sizeof(notes), &notes_len, "\n", 1);
	}
}

/* Start PROGRAM NAME ARG and wait until it says that it stands. */
static void start(const char *program, const char *name, const char *arg)
{
	static char line[4096];
	size_t len = 0;
	int p[2];
	char c;

	if (pipe(p))
		fail("pipe");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		char *argv[] = { (char *)name, (char *)arg, NULL };
		char *envp[] = { "PATH=/bin", "HOME=/", NULL };
		close(p[0]);
		if (p[1] != 3) {
			dup2(p[1], 3);
			close(p[1]);
		}
		setsid();
		execve(program, argv, envp);
		_exit(127);
	}
	close(p[1]);
	for (;;) {
		struct pollfd pfd = { .fd = p[0], .events = POLLIN };
		if (poll(&pfd, 1, 600 * 1000) <= 0 || read(p[0], &c, 1) != 1) {
			len = snprintf(line, sizeof(line), "!%s: did not come up", name);
			take_line(line, len);
			say("LAB: specimen %s did not come up", name);
			break;
		}
		if (c == '\n') {
			if (len == 1 && line[0] == '.')
				break;
			take_line(line, len);
			len = 0;
		} else if (len < sizeof(line)) {
			line[len++] = c;
		}
	}
	close(p[0]);
}

static void start_all(void)
{
	static char list[8192];
	int fd = open("/etc/specimens", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, list, sizeof(list) - 1);

	if (fd >= 0)
		close(fd);
	for (char *save, *line = n > 0 ? strtok_r(list, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *rest, *program = strtok_r(line, " ", &rest), *name = strtok_r(NULL, " ", &rest);
		if (program && name)
			start(program, name, strtok_r(NULL, " ", &rest));
	}
}

/*
 * scripts/lab kdump has put a kernel for after the crash, and the words that
 * load it, below /kdump. All of it is gone again before anything is recorded.
 */
static int load_crash_kernel(void)
{
	static const char *const files[] = { "/kdump/vmlinuz", "/kdump/initrd", "/kdump/words" };
	static char words[4096];
	char *argv[32], *save;
	int n = 0, status = 0;
	int fd = open("/kdump/words", O_RDONLY);

	if (fd < 0)
		return 0;
	if (read(fd, words, sizeof(words) - 1) < 0)
		fail("/kdump/words");
	close(fd);
	for (char *word = strtok_r(words, "\n", &save); word && n < 31; word = strtok_r(NULL, "\n", &save))
		argv[n++] = word;
	argv[n] = NULL;
	pid_t pid = fork();
	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status || read_number("/sys/kernel/kexec_crash_loaded") != 1) {
		errno = ENOEXEC;
		fail("kexec -p");
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return 1;
}

static void make_mounts(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, "");
	mount("sysfs", "/sys", "sysfs", 0, "");
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	mkdir("/dev/shm", 01777);
	mkdir("/dev/hugepages", 0755);
	mount("shm", "/dev/shm", "tmpfs", 0, "");
	mount("tmp", "/tmp", "tmpfs", 0, "");
}

/* Fault in all of our own image, so that nothing is left to fault in later. */
static void touch_self(void)
{
	extern char __executable_start[], etext[], __data_start[], end[];
	volatile char *p;

	for (p = __executable_start; p < (volatile char *)etext; p += 4096)
		(void)*p;
	for (p = __data_start; p < (volatile char *)end; p += 4096)
		*p = *p;
	volatile char stack[64 * 1024];
	for (size_t i = 0; i < sizeof(stack); i += 4096)
		stack[i] = 0;
}

/* What the zoo uses where they have 2 MiB; where they are larger, what the memory has room for. */
static void reserve_huge_pages(void)
{
	int number = small_population ? 10 : 24, most = small_population ? 96 : 192, kib = 2048;
	char text[16], *p;
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, in, sizeof(in) - 1);

	if (fd >= 0)
		close(fd);
	in[n > 0 ? n : 0] = 0;
	if ((p = strstr(in, "Hugepagesize:")))
		kib = atoi(p + strlen("Hugepagesize:"));
	if (number > most * 1024 / kib)
		number = most * 1024 / kib;
	snprintf(text, sizeof(text), "%d", number);
	write_file("/proc/sys/vm/nr_hugepages", text);
}

/*
 * The disks by their serial numbers: /dev/lab-truth, lab-ext4, lab-swap. Which
 * of them is /dev/vda hangs on who answers first, where they are not on PCI.
 */
static void link_disks(void)
{
	char path[64], serial[32], name[64];

	for (int i = 0; i < 400; i++) {
		for (char c = 'a'; c <= 'f'; c++) {
			snprintf(path, sizeof(path), "/sys/block/vd%c/serial", c);
			int fd = open(path, O_RDONLY);
			ssize_t n = fd < 0 ? 0 : read(fd, serial, sizeof(serial) - 1);
			if (fd >= 0)
				close(fd);
			serial[n > 0 ? n : 0] = 0;
			serial[strcspn(serial, "\n")] = 0;
			if (!serial[0])
				continue;
			snprintf(path, sizeof(path), "vd%c", c);
			snprintf(name, sizeof(name), "/dev/%s", serial);
			if (symlink(path, name) && errno != EEXIST)
				fail(name);
		}
		if (!access("/dev/lab-truth", F_OK) && !access("/dev/lab-ext4", F_OK) && !access("/dev/lab-swap", F_OK))
			return;
		usleep(50 * 1000);
	}
	fail("the disks");
}

int main(void)
{
	static char cmdline[4096];
	int fd;

	make_mounts();
	fd = open("/proc/cmdline", O_RDONLY);
	if (read(fd, cmdline, sizeof(cmdline) - 1) < 0)
		fail("/proc/cmdline");
	close(fd);
	small_population = strstr(cmdline, "lab.population=small") != NULL;
	big_smaps = strstr(cmdline, "lab.big-smaps=0") == NULL;

	say("LAB: user space is up");
	write_file("/proc/sys/kernel/kptr_restrict", "0");
	write_file("/proc/sys/kernel/perf_event_paranoid", "-1");
	write_file("/proc/sys/vm/mmap_min_addr", "0");
	write_file("/proc/sys/vm/overcommit_memory", "1");
	reserve_huge_pages();
	mount("hugetlbfs", "/dev/hugepages", "hugetlbfs", 0, "");
	/* khugepaged would change smaps behind our back */
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "4000000000");

	link_disks();
	disk = open("/dev/lab-truth", O_RDWR);
	if (disk < 0)
		fail("/dev/lab-truth");

	int crash = load_crash_kernel();
	if (swapon("/dev/lab-swap", 0))
		say("LAB: swapon: %s", strerror(errno));
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "5000");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "20");
	write_file("/sys/kernel/mm/ksm/run", "1");

	say("LAB: starting the population");
	start_all();
	sync();

	/* Let ksmd find the twins, then stop it for good. */
	for (int i = 0; i < 60 && read_number("/sys/kernel/mm/ksm/pages_sharing") < 4; i++)
		usleep(50 * 1000);
	write_file("/sys/kernel/mm/ksm/run", "0");

	say("LAB: writing down the truth");
	touch_self();
	record_process(WARM, 1);
	for (size_t i = 0; i < 8; i++) {
		static const char *const files[] = { "iomem", "version", "kallsyms", "cmdline", "meminfo",
						     "modules", "filesystems", "vmstat" };
		char path[64];
		snprintf(path, sizeof(path), "/proc/%s", files[i]);
		copy(RECORD, path, files[i], 0);
	}
	copy(RECORD, "/sys/kernel/vmcoreinfo", "vmcoreinfo-address", 0);
	record_all(RECORD);
	put('F', "population", 10);
	put('D', population, population_len);
	put('E', "", 0);
	put('F', "notes", 5);
	put('D', notes, notes_len);
	put('E', "", 0);
	put('Z', "", 0);
	flush();
	if (fsync(disk))
		fail("fsync /dev/lab-truth");
	/* The dump may not be taken before what we wrote has proved stable. */
	record_all(AGAIN);
	say("LAB READY");
	/* For scripts/lab torn; without it there is no such fifo. Our own memory stays as recorded. */
	open(TORN_GO, O_WRONLY | O_NONBLOCK);
	if (crash)
		write_file("/proc/sysrq-trigger", "c");
	for (;;)
		pause();
}
