// SPDX-License-Identifier: GPL-2.0-or-later
/* The zoo's files: odd names, deleted ones, overlays, mounts; and processes with roots of their own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lab.h"

#define RW (PROT_READ | PROT_WRITE)

/* Map pages of an open file in one way, write where that is allowed, close it. */
static void map_fd(const char *what, int fd, int prot, int flags, size_t pages, off_t first)
{
	if (fd < 0) {
		lab_note(what);
		return;
	}
	char *p = lab_map(what, NULL, pages * LAB_PAGE, prot, flags, fd, first * (off_t)LAB_PAGE);
	if (prot & PROT_WRITE)
		lab_touch(p, LAB_PAGE);
	else if (prot & PROT_READ)
		lab_peek(p, LAB_PAGE);
}

static void map_file(const char *path, int prot, int flags)
{
	int fd = lab_file(path, 4);

	map_fd(path, fd, prot, flags, 3, 1);
	if (fd >= 0)
		close(fd);
}

static void names(void)
{
	static const char *const all[] = {
		"plain", "with space", "new\nline", "two\n\nnewlines\n", "esc\033[31mred\033[0m",
		"back\\slash", "literal\\012", "tab\ttab", "bell\a", "latin-1 \xe9", "utf-8 \xc3\xa9",
		"not a number #1", "quote\"'", "html <b>&amp;", " leading", "trailing ",
		"says so (deleted)", "\x7f", "[heap]", "[stack]",
	};
	char path[512];

	lab_mkdirs("/tmp/names");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(path, sizeof(path), "/tmp/names/%s", all[i]);
		map_file(path, i % 2 ? RW : PROT_READ, i % 3 ? MAP_PRIVATE : MAP_SHARED);
	}
	memset(path, 'n', sizeof(path));
	memcpy(path, "/tmp/names/", 11);
	path[11 + 255] = 0;
	map_file(path, PROT_READ, MAP_PRIVATE);

	/* the same file, four ways, and far into a sparse one */
	int fd = lab_file("/tmp/ways", 16);
	map_fd("/tmp/ways", fd, PROT_READ, MAP_SHARED, 4, 0);
	map_fd("/tmp/ways", fd, RW, MAP_SHARED, 4, 4);
	map_fd("/tmp/ways", fd, RW, MAP_PRIVATE, 4, 8);
	map_fd("/tmp/ways", fd, PROT_READ | PROT_EXEC, MAP_PRIVATE, 4, 12);
	map_fd("/tmp/ways", fd, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, 16, 0);
	map_fd("/tmp/ways", fd, PROT_NONE, MAP_SHARED, 16, 0);
	close(fd);
	fd = open("/tmp/ways", O_RDONLY);
	map_fd("/tmp/ways, read only", fd, PROT_READ, MAP_SHARED, 16, 0);
	close(fd);
	fd = lab_file("/tmp/sparse", 1);
	if (ftruncate(fd, (off_t)5 << 40))
		lab_note("a file of 5 TiB");
	map_fd("/tmp/sparse", fd, PROT_READ, MAP_SHARED, 2, ((off_t)5 << 40) / (off_t)LAB_PAGE - 2);
	map_fd("/tmp/sparse", fd, PROT_READ, MAP_SHARED, 2, ((off_t)4 << 30) / (off_t)LAB_PAGE);
	close(fd);
	/* a mapping that goes past the end of its file */
	fd = lab_file("/tmp/short", 2);
	map_fd("/tmp/short", fd, RW, MAP_SHARED, 8, 0);
	close(fd);
}

static void deleted(void)
{
	map_file("/tmp/deleted", PROT_READ, MAP_PRIVATE);
	unlink("/tmp/deleted");
	map_file("/tmp/deleted too\n", RW, MAP_SHARED);
	unlink("/tmp/deleted too\n");
	map_file("/tmp/says so (deleted)", PROT_READ, MAP_PRIVATE);
	unlink("/tmp/says so (deleted)");
	/* deleted, and another of that name made */
	map_file("/tmp/again", PROT_READ, MAP_PRIVATE);
	unlink("/tmp/again");
	map_file("/tmp/again", PROT_READ, MAP_PRIVATE);
	/* renamed, and linked twice */
	map_file("/tmp/old name", PROT_READ, MAP_PRIVATE);
	rename("/tmp/old name", "/tmp/new name");
	map_file("/tmp/link-1", PROT_READ, MAP_PRIVATE);
	if (link("/tmp/link-1", "/tmp/link-2"))
		lab_note("link");
	unlink("/tmp/link-1");
	/* the directory it is in is gone as well */
	lab_mkdirs("/tmp/gone/deeper");
	map_file("/tmp/gone/deeper/file", PROT_READ, MAP_PRIVATE);
	unlink("/tmp/gone/deeper/file");
	rmdir("/tmp/gone/deeper");
	rmdir("/tmp/gone");
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || ftruncate(fd, 2 * LAB_PAGE))
		lab_note("O_TMPFILE");
	map_fd("O_TMPFILE", fd, RW, MAP_SHARED, 2, 0);
	close(fd);
}

/* A path of about @p want bytes, made and mapped step by step. */
static void long_path(const char *name, size_t want)
{
	char part[201];

	memset(part, 'd', sizeof(part));
	part[200] = 0;
	if (chdir("/tmp") || mkdir(name, 0755) || chdir(name))
		lab_note("long path");
	for (size_t len = 6 + strlen(name); len + 207 < want; len += 201)
		if (mkdir(part, 0755) || chdir(part))
			lab_note("long path");
	map_file("file", PROT_READ, MAP_PRIVATE);
	if (chdir("/"))
		lab_note("chdir");
}

static void overlay(void)
{
	lab_mkdirs("/ovl");
	if (mount("ovl", "/ovl", "tmpfs", 0, ""))
		lab_note("tmpfs");
	lab_mkdirs("/ovl/lower/dir");
	lab_mkdirs("/ovl/upper");
	lab_mkdirs("/ovl/work");
	lab_mkdirs("/ovl/merged");
	close(lab_file("/ovl/lower/from lower", 4));
	close(lab_file("/ovl/lower/dir/copied up", 4));
	close(lab_file("/ovl/lower/whiteout", 4));
	close(lab_file("/ovl/upper/from upper", 4));
	if (mount("overlay", "/ovl/merged", "overlay", 0,
		  "lowerdir=/ovl/lower,upperdir=/ovl/upper,workdir=/ovl/work")) {
		lab_note("overlay");
		return;
	}
	int fd = open("/ovl/merged/from lower", O_RDONLY);
	map_fd("lower", fd, PROT_READ, MAP_PRIVATE, 2, 0);
	close(fd);
	fd = open("/ovl/merged/dir/copied up", O_RDONLY);
	map_fd("lower, before copy up", fd, PROT_READ, MAP_PRIVATE, 2, 0);
	close(fd);
	fd = open("/ovl/merged/dir/copied up", O_RDWR);
	map_fd("upper, after copy up", fd, RW, MAP_SHARED, 2, 0);
	close(fd);
	map_file("/ovl/merged/from upper", RW, MAP_SHARED);
	map_file("/ovl/merged/dir/new one", RW, MAP_PRIVATE);
	fd = open("/ovl/merged/whiteout", O_RDONLY);
	map_fd("lower, deleted", fd, PROT_READ, MAP_PRIVATE, 2, 0);
	close(fd);
	unlink("/ovl/merged/whiteout");
	/* and the same file without the overlay */
	map_file("/ovl/lower/from lower", PROT_READ, MAP_PRIVATE);
}

static void mounts(void)
{
	lab_mkdirs("/mnt/second");
	if (mount("second", "/mnt/second", "tmpfs", 0, ""))
		lab_note("second mount");
	map_file("/mnt/second/file", RW, MAP_SHARED);
	/* a mount on a mount on a mount */
	lab_mkdirs("/mnt/second/third");
	if (mount("third", "/mnt/second/third", "tmpfs", 0, ""))
		lab_note("third mount");
	map_file("/mnt/second/third/file", PROT_READ, MAP_PRIVATE);

	/* one file through its own path, a bind of its directory, a bind of itself */
	lab_mkdirs("/data/dir with space/sub");
	lab_mkdirs("/mnt/bind");
	map_file("/data/dir with space/sub/file", PROT_READ, MAP_PRIVATE);
	if (mount("/data/dir with space", "/mnt/bind", NULL, MS_BIND, NULL))
		lab_note("bind");
	map_file("/mnt/bind/sub/file", RW, MAP_SHARED);
	close(lab_file("/mnt/bound file", 1));
	if (mount("/data/dir with space/sub/file", "/mnt/bound file", NULL, MS_BIND, NULL))
		lab_note("bind of a file");
	map_file("/mnt/bound file", PROT_READ, MAP_PRIVATE);

	/* covered by another mount later: the path stays what it was */
	lab_mkdirs("/mnt/covered");
	map_file("/mnt/covered/file", PROT_READ, MAP_PRIVATE);
	if (mount("cover", "/mnt/covered", "tmpfs", 0, ""))
		lab_note("covering mount");

	/* detached: the mount is in no tree any more */
	lab_mkdirs("/mnt/detached");
	if (mount("detached", "/mnt/detached", "tmpfs", 0, ""))
		lab_note("detached");
	lab_mkdirs("/mnt/detached/dir");
	map_file("/mnt/detached/dir/file", RW, MAP_SHARED);
	map_file("/mnt/detached/dir/deleted", RW, MAP_SHARED);
	unlink("/mnt/detached/dir/deleted");
	if (umount2("/mnt/detached", MNT_DETACH))
		lab_note("MNT_DETACH");

	/* moved after it was mapped */
	lab_mkdirs("/mnt/moving");
	lab_mkdirs("/mnt/moved");
	if (mount("moving", "/mnt/moving", "tmpfs", 0, ""))
		lab_note("moving");
	map_file("/mnt/moving/file", PROT_READ, MAP_PRIVATE);
	if (mount("/mnt/moving", "/mnt/moved", NULL, MS_MOVE, NULL))
		lab_note("MS_MOVE");

	/* a file system on a disk: block device numbers, real inodes */
	lab_mkdirs("/disk");
	if (mount("/dev/lab-ext4", "/disk", "ext4", 0, ""))
		lab_note("ext4");
	else {
		map_file("/disk/a file on ext4", RW, MAP_SHARED);
		map_file("/disk/another", PROT_READ | PROT_EXEC, MAP_PRIVATE);
		map_file("/disk/deleted", PROT_READ, MAP_PRIVATE);
		unlink("/disk/deleted");
	}
}

void zoo_files(void)
{
	names();
	deleted();
	long_path("long", 1500);
	long_path("longer", 6000);
	overlay();
	mounts();
}

/* ---- processes that see other roots ---- */

void spec_chroot(void)
{
	lab_name("chroot", getpid());
	prctl(PR_SET_NAME, "chroot");
	lab_mkdirs("/jail/dir");
	lab_mkdirs("/outside");
	int fd = lab_file("/outside/opened before chroot", 4);
	if (chroot("/jail") || chdir("/"))
		lab_note("chroot");
	map_fd("outside", fd, PROT_READ, MAP_PRIVATE, 2, 0);
	map_file("/dir/inside", RW, MAP_SHARED);
	map_file("/dir/deleted", RW, MAP_SHARED);
	unlink("/dir/deleted");
	lab_ready();
}

void spec_mntns(void)
{
	lab_name("mntns", getpid());
	prctl(PR_SET_NAME, "mntns");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		lab_note("unshare");
	lab_mkdirs("/mnt/private");
	map_file("/mnt/private/under the mount", PROT_READ, MAP_PRIVATE);
	if (mount("private", "/mnt/private", "tmpfs", 0, ""))
		lab_note("private mount");
	map_file("/mnt/private/in the namespace", RW, MAP_SHARED);
	map_file("/tmp/outside the namespace", RW, MAP_SHARED);
	lab_ready();
}

/* pid, mount, host name and IPC namespaces of its own, and a root that hides the old one. */
static void contained(void)
{
	/* our pid is 1 here: the parent names us */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		lab_note("private");
	lab_mkdirs("/tmp/container");
	if (mount("container root", "/tmp/container", "tmpfs", 0, ""))
		lab_note("container root");
	lab_mkdirs("/tmp/container/old");
	lab_mkdirs("/tmp/container/proc");
	lab_mkdirs("/tmp/container/bin");
	int before = lab_file("/tmp/opened before pivot_root", 4);
	if (chdir("/tmp/container") || syscall(SYS_pivot_root, ".", "old"))
		lab_note("pivot_root");
	if (chdir("/") || mount("proc", "/proc", "proc", 0, ""))
		lab_note("proc");
	if (umount2("/old", MNT_DETACH))
		lab_note("umount of the old root");
	map_fd("before pivot_root", before, PROT_READ, MAP_PRIVATE, 2, 0);
	map_file("/bin/in the container", RW, MAP_SHARED);
	map_file("/bin/deleted in it", PROT_READ, MAP_PRIVATE);
	unlink("/bin/deleted in it");
}

static void contained_child(void)
{
	map_file("/bin/of the child", RW, MAP_PRIVATE);
}

static void contained_init(void)
{
	contained();
	lab_child("cont-child", contained_child);
}

void spec_container(void)
{
	prctl(PR_SET_NAME, "cont-parent");
	if (unshare(CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC)) {
		lab_note("unshare");
		lab_ready();
	}
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_NAME, "container");
		if (unshare(CLONE_NEWNS))
			lab_note("unshare NEWNS");
		contained_init();
		lab_sleep();
	}
	lab_name("container", pid);
	usleep(700 * 1000);
	lab_ready();
}
