// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/serve.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/rsp.h"

struct vs_server {
	struct vs_rsp *rsp;
	char *dir;		/* NULL: hidden */
	char *path;
	int listener, stop;	/* stop: an eventfd */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;	/* of the next */
	int conn;		/* -1: none (yet, or any more) */
};

/* No Python and no GDB in here, and all signals are blocked: they are the other thread's. */
static void *serve(void *arg)
{
	struct vs_server *s = arg;
	struct pollfd fds[] = { { .fd = s->listener, .events = POLLIN }, { .fd = s->stop, .events = POLLIN } };
	int fd = -1;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (fds[0].revents & POLLIN && !fds[1].revents)
		fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	pthread_mutex_lock(&s->lock);
	s->conn = fd;
	pthread_mutex_unlock(&s->lock);
	vs_rsp_serve(s->rsp, fd);
	pthread_mutex_lock(&s->lock);
	s->conn = -1;
	close(fd);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static struct vs_err *make_folder(struct vs_server *s)
{
	const char *tmp = getenv("TMPDIR");

	// a socket's path has 107 bytes at most
	if (!tmp || !*tmp || strlen(tmp) > 80)
		tmp = "/tmp";
	if (asprintf(&s->dir, "%s/vmascope-XXXXXX", tmp) < 0) {
		s->dir = NULL;
		return &vs_enomem;
	}
	if (!mkdtemp(s->dir)) {		// 0700
		struct vs_err *err = vs_err_os(errno, "no private folder for GDB's connection could be made in %s", tmp);

		free(s->dir);
		s->dir = NULL;
		return err;
	}
	if (asprintf(&s->path, "%s/gdb", s->dir) < 0) {
		s->path = NULL;
		return &vs_enomem;
	}
	return NULL;
}

static struct vs_err *start_listening(struct vs_server *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(s->path) >= sizeof(addr.sun_path))
		return vs_err_create(VS_ERR_IO, "%s: too long for the path of a socket", s->path);
	strcpy(addr.sun_path, s->path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->stop = eventfd(0, EFD_CLOEXEC);
	if (s->listener < 0 || s->stop < 0 || bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(s->listener, 1))
		return vs_err_os(errno, "no socket for GDB's connection could be made at %s", s->path);
	return NULL;
}

static struct vs_err *start_thread(struct vs_server *s)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&s->thread, NULL, serve, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->started = !rc;
	return rc ? vs_err_os(rc, "no thread could be made for GDB's connection") : NULL;
}

struct vs_err *vs_server_create(struct vs_rsp *rsp, struct vs_server **ret)
{
	struct vs_server *s = calloc(1, sizeof(*s));
	struct vs_err *err;

	if (!s)
		return &vs_enomem;
	s->rsp = rsp;
	s->listener = s->stop = s->conn = -1;
	pthread_mutex_init(&s->lock, NULL);
	err = make_folder(s);
	if (!err)
		err = start_listening(s);
	if (!err)
		err = start_thread(s);
	if (err) {
		vs_server_destroy(s);
		return err;
	}
	*ret = s;
	return NULL;
}

const char *vs_server_path(const struct vs_server *s)
{
	return s->path;
}

void vs_server_hide(struct vs_server *s)
{
	if (s->path)
		unlink(s->path);
	if (s->dir)
		rmdir(s->dir);
	free(s->path);
	free(s->dir);
	s->path = s->dir = NULL;
}

void vs_server_destroy(struct vs_server *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	if (s->started) {
		ssize_t n = write(s->stop, &one, sizeof(one));

		(void)n;	// an eventfd has room for it
		pthread_mutex_lock(&s->lock);
		if (s->conn >= 0)
			shutdown(s->conn, SHUT_RDWR);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	vs_server_hide(s);
	if (s->listener >= 0)
		close(s->listener);
	if (s->stop >= 0)
		close(s->stop);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
