/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's programs share. pid 1 (init.c) starts each specimen with a
 * pipe on LAB_FD; the specimen says who it is, line by line:
 *
 *	+NAME PID	this pid is a specimen of that name
 *	!TEXT		something this kernel would not do; goes to truth/notes
 *	.		everything stands, I sleep now
 */
#ifndef LAB_H
#define LAB_H

#include <stddef.h>
#include <sys/types.h>

#define LAB_FD 3
#define LAB_PAGE ((size_t)sysconf(_SC_PAGESIZE))

/* A fifo; pid 1 opens it when all is recorded, and the worker starts. */
#define TORN_GO "/tmp/torn-go"

#define lab_noinline __attribute__((noinline))

/** Tell pid 1 that @p pid (as the first pid namespace counts) is @p name. */
void lab_name(const char *name, pid_t pid);

/** Note a thing that failed, with errno; the specimen goes on without it. */
void lab_note(const char *what);

/** Everything stands: tell pid 1 and sleep for ever. */
void lab_ready(void) __attribute__((noreturn));

/** Sleep for ever without telling anybody; for children and threads. */
void lab_sleep(void) __attribute__((noreturn));

/** Fork a child that runs @p fn and then sleeps; returns in the parent only. */
pid_t lab_child(const char *name, void (*fn)(void));

/** Write @p text to the file @p path (sysctl, sysfs); -1 on failure. */
int lab_write(const char *path, const char *text);

/** Bytes of a huge page of the size that the kernel takes unless told otherwise. */
size_t lab_huge_page(void);

/** mkdir -p */
void lab_mkdirs(const char *path);

/** Create @p path with @p pages pages of recognizable content; the descriptor, or -1 noted. */
int lab_file(const char *path, int pages);

/** mmap that notes a failure under @p what and returns NULL then. */
char *lab_map(const char *what, void *addr, size_t len, int prot, int flags, int fd, off_t off);

/** Write to (or read from) every page of [p, p+len). NULL is allowed. */
void lab_touch(char *p, size_t len);
void lab_peek(const char *p, size_t len);

/* The specimens; see the table in specimen.c. */
void zoo_memory(void);
void zoo_files(void);
void zoo_devices(void);
void spec_chroot(void);
void spec_mntns(void);
void spec_container(void);
void spec_worker(void);
void spec_contended(void);

#endif
