// SPDX-License-Identifier: GPL-2.0-or-later
/* The zoo's memory without files: anonymous, shared, huge, locked, advised, split, moved. */
#define _GNU_SOURCE
#include <alloca.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <linux/mempolicy.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lab.h"

#define RW (PROT_READ | PROT_WRITE)
#define PRIV (MAP_PRIVATE | MAP_ANONYMOUS)
#define HUGE (huge_page)
/* 64 MiB must do for what is a gigabyte elsewhere, where there are but three of these. */
#define GIB ((size_t)1 << (sizeof(long) > 4 ? 30 : 26))

static size_t huge_page;	/* 2 MiB, or what this architecture makes of its page tables */

/* Newer than the headers of some hosts. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define NR_MSEAL 462

static void advise(void)
{
	static const struct {
		int advice;
		const char *name;
	} all[] = {
		{ MADV_RANDOM, "MADV_RANDOM" }, { MADV_SEQUENTIAL, "MADV_SEQUENTIAL" },
		{ MADV_DONTFORK, "MADV_DONTFORK" }, { MADV_DONTDUMP, "MADV_DONTDUMP" },
		{ MADV_HUGEPAGE, "MADV_HUGEPAGE" }, { MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE" },
		{ MADV_WIPEONFORK, "MADV_WIPEONFORK" }, { MADV_MERGEABLE, "MADV_MERGEABLE" },
		{ MADV_FREE, "MADV_FREE" }, { MADV_DONTNEED, "MADV_DONTNEED" },
		{ MADV_COLD, "MADV_COLD" },
	};

	/* Each in the middle of memory of its own: three VMAs come of one. */
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *p = lab_map("anonymous", NULL, 12 * LAB_PAGE, RW, PRIV, -1, 0);
		lab_touch(p, 12 * LAB_PAGE);
		if (p && madvise(p + 4 * LAB_PAGE, 4 * LAB_PAGE, all[i].advice))
			lab_note(all[i].name);
	}
}

static void protections(void)
{
	for (int prot = 0; prot < 8; prot++) {
		char *p = lab_map("private", NULL, 2 * LAB_PAGE, RW, PRIV, -1, 0);
		lab_touch(p, LAB_PAGE);
		mprotect(p, 2 * LAB_PAGE, prot);
		p = lab_map("shared", NULL, 2 * LAB_PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		lab_touch(p, LAB_PAGE);
		mprotect(p, 2 * LAB_PAGE, prot);
	}
	/* One reservation, pieces of it in use: what every allocator does. */
	char *p = lab_map("reservation", NULL, GIB, PROT_NONE, PRIV | MAP_NORESERVE, -1, 0);
	mprotect(p, 16 * LAB_PAGE, RW);
	lab_touch(p, 4 * LAB_PAGE);
	mprotect(p + GIB / 2, 3 * LAB_PAGE, PROT_READ);
	lab_map("big reservation", NULL, sizeof(long) > 4 ? GIB << 10 : GIB << 2, PROT_NONE,
		PRIV | MAP_NORESERVE, -1, 0);
}

static void shared(void)
{
	char *p = lab_map("shared anonymous", NULL, 8 * LAB_PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	lab_touch(p, 3 * LAB_PAGE);

	int id = shmget(0x0000cafe, 5 * LAB_PAGE, IPC_CREAT | 0600);
	p = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (p == (void *)-1)
		lab_note("shmat");
	else
		lab_touch(p, 2 * LAB_PAGE);
	id = shmget(IPC_PRIVATE, 2 * LAB_PAGE, IPC_CREAT | 0600);
	if (id < 0 || shmat(id, NULL, SHM_RDONLY) == (void *)-1)
		lab_note("shmat, read only");
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	id = shmget(0x1000, HUGE, IPC_CREAT | SHM_HUGETLB | 0600);
	if (id < 0 || shmat(id, NULL, 0) == (void *)-1)
		lab_note("shmat, huge");

	int fd = memfd_create("a memfd (deleted)\n", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, 4 * LAB_PAGE))
		lab_note("memfd");
	p = lab_map("memfd", NULL, 4 * LAB_PAGE, RW, MAP_SHARED, fd, 0);
	lab_touch(p, 2 * LAB_PAGE);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		lab_note("seal");
	lab_map("sealed memfd", NULL, 4 * LAB_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	lab_map("private memfd", NULL, 2 * LAB_PAGE, RW, MAP_PRIVATE, fd, LAB_PAGE);
	close(fd);

	fd = shm_open("/posix shm", O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 3 * LAB_PAGE))
		lab_note("shm_open");
	lab_touch(lab_map("posix shm", NULL, 3 * LAB_PAGE, RW, MAP_SHARED, fd, 0), LAB_PAGE);
	close(fd);

	fd = open("/dev/zero", O_RDWR);
	lab_touch(lab_map("/dev/zero private", NULL, 3 * LAB_PAGE, RW, MAP_PRIVATE, fd, 0), LAB_PAGE);
	lab_touch(lab_map("/dev/zero shared", NULL, 3 * LAB_PAGE, RW, MAP_SHARED, fd, 0), LAB_PAGE);
	close(fd);
#ifdef SYS_memfd_secret
	fd = syscall(SYS_memfd_secret, 0);
#else
	fd = syscall(447, 0);
#endif
	if (fd < 0 || ftruncate(fd, 2 * LAB_PAGE))
		lab_note("memfd_secret");
	else
		lab_touch(lab_map("memfd_secret", NULL, 2 * LAB_PAGE, RW, MAP_SHARED, fd, 0), LAB_PAGE);
}

static void huge(void)
{
	char *p = lab_map("MAP_HUGETLB", NULL, 2 * HUGE, RW, PRIV | MAP_HUGETLB, -1, 0);
	if (p)
		*p = 1;
	p = lab_map("MAP_HUGETLB shared", NULL, HUGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (p)
		*p = 1;
	int fd = open("/dev/hugepages/a huge file", O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 2 * HUGE))
		lab_note("hugetlbfs");
	p = lab_map("hugetlbfs", NULL, 2 * HUGE, RW, MAP_SHARED, fd, 0);
	if (p)
		*(p + HUGE) = 1;
	lab_map("hugetlbfs private", NULL, HUGE, PROT_READ, MAP_PRIVATE, fd, HUGE);
	fd = memfd_create("huge", MFD_HUGETLB);
	if (fd < 0 || ftruncate(fd, HUGE))
		lab_note("memfd, huge");
	lab_map("memfd, huge", NULL, HUGE, RW, MAP_SHARED, fd, 0);
	/* A transparent huge page: aligned, asked for, touched; then one that is split again. */
	for (int i = 0; i < 2; i++) {
		p = lab_map("thp", NULL, 2 * HUGE, RW, PRIV, -1, 0);
		if (!p)
			continue;
		char *a = (char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
		madvise(a, HUGE, MADV_HUGEPAGE);
		*a = 1;
		if (i)
			mprotect(a + 64 * LAB_PAGE, 3 * LAB_PAGE, PROT_READ);
	}
}

static void stacks(void)
{
	/* Room below it is needed to grow into, and a neighbour ends it. */
	char *room = lab_map("room", NULL, 2048 * LAB_PAGE, PROT_NONE, PRIV | MAP_NORESERVE, -1, 0);
	if (!room)
		return;
	munmap(room + LAB_PAGE, 2046 * LAB_PAGE);
	char *p = lab_map("MAP_GROWSDOWN", room + 1536 * LAB_PAGE, 4 * LAB_PAGE, RW,
			  PRIV | MAP_GROWSDOWN | MAP_STACK | MAP_FIXED_NOREPLACE, -1, 0);
	for (int i = 1; p && i <= 12; i++)
		*(volatile char *)(p - i * LAB_PAGE) = i;
	lab_map("MAP_GROWSDOWN, locked", NULL, 3 * LAB_PAGE, RW, PRIV | MAP_GROWSDOWN | MAP_LOCKED, -1, 0);
	lab_map("MAP_GROWSDOWN, read only", NULL, 3 * LAB_PAGE, PROT_READ, PRIV | MAP_GROWSDOWN, -1, 0);

	/* Our own stack: grown, and cut in two by mprotect. */
	volatile char *grown = alloca(50 * LAB_PAGE);
	for (size_t i = 0; i < 50 * LAB_PAGE; i += LAB_PAGE)
		grown[i] = 1;
	uintptr_t mid = ((uintptr_t)grown + 20 * LAB_PAGE) & ~(LAB_PAGE - 1);
	mprotect((void *)mid, LAB_PAGE, PROT_READ);
}

static void locks(void)
{
	char *p = lab_map("mlock", NULL, 10 * LAB_PAGE, RW, PRIV, -1, 0);
	if (p && mlock(p + 2 * LAB_PAGE, 3 * LAB_PAGE))
		lab_note("mlock");
	if (p && mlock2(p + 7 * LAB_PAGE, LAB_PAGE, MLOCK_ONFAULT))
		lab_note("mlock2");
	lab_map("MAP_LOCKED", NULL, 4 * LAB_PAGE, RW, PRIV | MAP_LOCKED, -1, 0);
	lab_map("MAP_POPULATE", NULL, 4 * LAB_PAGE, RW, PRIV | MAP_POPULATE, -1, 0);
	lab_map("MAP_NORESERVE", NULL, 4 * LAB_PAGE, RW, PRIV | MAP_NORESERVE, -1, 0);
#ifdef SYS_pkey_alloc
	int key = pkey_alloc(0, 0);
	p = lab_map("pkey", NULL, 3 * LAB_PAGE, RW, PRIV, -1, 0);
	if (key < 0 || pkey_mprotect(p + LAB_PAGE, LAB_PAGE, RW, key))
		lab_note("protection key");
#endif
	p = lab_map("mseal", NULL, 3 * LAB_PAGE, RW, PRIV, -1, 0);
	if (syscall(NR_MSEAL, p + LAB_PAGE, LAB_PAGE, 0UL))
		lab_note("mseal");
}

static void moved(void)
{
	/* vm_pgoff of moved memory tells where it was first faulted in */
	char *p = lab_map("mremap", NULL, 6 * LAB_PAGE, RW, PRIV, -1, 0);
	char *to = lab_map("mremap target", NULL, 20 * LAB_PAGE, PROT_NONE, PRIV, -1, 0);
	lab_touch(p, 6 * LAB_PAGE);
	if (mremap(p + LAB_PAGE, 2 * LAB_PAGE, 9 * LAB_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + 3 * LAB_PAGE) == MAP_FAILED)
		lab_note("mremap");
	p = lab_map("mremap", NULL, 4 * LAB_PAGE, RW, PRIV, -1, 0);
	lab_touch(p, 4 * LAB_PAGE);
	if (p && mremap(p, 4 * LAB_PAGE, 4 * LAB_PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL) == MAP_FAILED)
		lab_note("MREMAP_DONTUNMAP");
	/* a hole punched by munmap, and one filled again with other rights */
	p = lab_map("holes", NULL, 9 * LAB_PAGE, RW, PRIV, -1, 0);
	munmap(p + 2 * LAB_PAGE, LAB_PAGE);
	lab_map("MAP_FIXED", p + 5 * LAB_PAGE, LAB_PAGE, PROT_READ | PROT_EXEC, PRIV | MAP_FIXED, -1, 0);
	/* split and joined again: one VMA */
	p = lab_map("rejoined", NULL, 5 * LAB_PAGE, RW, PRIV, -1, 0);
	mprotect(p + LAB_PAGE, LAB_PAGE, PROT_READ);
	mprotect(p + LAB_PAGE, LAB_PAGE, RW);

	unsigned long node0 = 1;
	p = lab_map("mbind", NULL, 6 * LAB_PAGE, RW, PRIV, -1, 0);
	if (syscall(SYS_mbind, p + 2 * LAB_PAGE, 2 * LAB_PAGE, MPOL_BIND, &node0, 8 * sizeof(node0), 0))
		lab_note("mbind");
}

static void edges(void)
{
	/* The first page there is, and the last that a process may have. */
	lab_map("address 0", (void *)0, LAB_PAGE, RW, PRIV | MAP_FIXED, -1, 0);
	lab_map("below 64 KiB", (void *)0x8000, LAB_PAGE, PROT_READ, PRIV | MAP_FIXED, -1, 0);
#ifdef __x86_64__
	lab_map("last page", (void *)(0x7ffffffff000UL - LAB_PAGE), LAB_PAGE, RW,
		PRIV | MAP_FIXED_NOREPLACE, -1, 0);
	/* only where there are five levels */
	lab_map("above 47 bits", (void *)0x00f0000000000000UL, 3 * LAB_PAGE, RW, PRIV, -1, 0);
	lab_map("below 4 GiB", NULL, 3 * LAB_PAGE, RW, PRIV | MAP_32BIT, -1, 0);
#else
	/*
	 * How much a process can have hangs on the architecture, the page size
	 * and the levels of its page tables: the highest that is granted.
	 */
	static const unsigned char bits[] = { 64, 56, 52, 48, 47, 46, 39, 38 };
	void *p = MAP_FAILED;
	if (sizeof(long) == 4)
		p = lab_map("last page", (void *)(0xc0000000UL - LAB_PAGE), LAB_PAGE, RW,
			    PRIV | MAP_FIXED_NOREPLACE, -1, 0);
	/* some keep the last one for themselves */
	for (size_t i = 0; i < 2 * sizeof(bits) && sizeof(long) == 8 && p == MAP_FAILED; i++)
		p = mmap((void *)(uintptr_t)((2ULL << (bits[i / 2] - 1)) - (1 + i % 2) * LAB_PAGE), LAB_PAGE, RW,
			 PRIV | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		lab_note("last page");
#endif
}

static void userfault(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	char *p = lab_map("userfaultfd", NULL, 9 * LAB_PAGE, RW, PRIV, -1, 0);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api)) {
		lab_note("userfaultfd");
		return;
	}
	struct uffdio_register reg = {
		.range = { (uintptr_t)(p + LAB_PAGE), 3 * LAB_PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	if (ioctl(fd, UFFDIO_REGISTER, &reg))
		lab_note("userfaultfd, missing");
	struct uffdio_register wp = {
		.range = { (uintptr_t)(p + 6 * LAB_PAGE), LAB_PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	if (ioctl(fd, UFFDIO_REGISTER, &wp))
		lab_note("userfaultfd, write-protect");
}

/* Pages on the swap disk that init.c switched on. */
static void swapped(void)
{
	char *p = lab_map("swapped", NULL, 10 * LAB_PAGE, RW, PRIV, -1, 0);
	char *shm = lab_map("swapped shm", NULL, 6 * LAB_PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	lab_touch(p, 10 * LAB_PAGE);
	lab_touch(shm, 6 * LAB_PAGE);
	if (madvise(p, 5 * LAB_PAGE, MADV_PAGEOUT) || madvise(shm, 3 * LAB_PAGE, MADV_PAGEOUT))
		lab_note("MADV_PAGEOUT");
}

/* Twins for ksmd to find; init.c lets it run for a moment. */
static void merged(void)
{
	for (int i = 0; i < 2; i++) {
		char *p = lab_map("merged", NULL, 4 * LAB_PAGE, RW, PRIV, -1, 0);
		if (p)
			memset(p, 0x5a, 4 * LAB_PAGE);
		if (p && madvise(p, 4 * LAB_PAGE, MADV_MERGEABLE))
			lab_note("MADV_MERGEABLE");
	}
}

static void named(void)
{
	char *p = lab_map("named", NULL, 5 * LAB_PAGE, RW, PRIV, -1, 0);

	/* needs CONFIG_ANON_VMA_NAME, which Debian has not */
	if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p + LAB_PAGE, 2 * LAB_PAGE, "a name"))
		lab_note("PR_SET_VMA_ANON_NAME");
}

static void zero_pages(void)
{
	char *p = lab_map("zero pages", NULL, 6 * LAB_PAGE, RW, PRIV, -1, 0);

	lab_peek(p, 4 * LAB_PAGE);
	/* enough to need page tables of their own */
	for (int i = 0; i < 5; i++) {
		p = lab_map("sparse", NULL, 3 * GIB, RW, PRIV | MAP_NORESERVE, -1, 0);
		if (p) {
			madvise(p, 3 * GIB, MADV_NOHUGEPAGE);
			lab_touch(p + i * (GIB / 2), LAB_PAGE);
		}
	}
}

void zoo_memory(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	huge_page = lab_huge_page();
	protections();
	shared();
	huge();
	stacks();
	locks();
	advise();
	moved();
	edges();
	userfault();
	swapped();
	merged();
	named();
	zero_pages();
}
