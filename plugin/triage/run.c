// SPDX-License-Identifier: GPL-2.0-or-later
#include "triage/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"

#define MAX_LINE	(1u << 20)	/* a record is some KiB */
#define LARGE		(64u << 20)	/* files from here on are taken for slow ones in the estimate */

struct job {
	pid_t pid;
	int fd;
	uint32_t file;
	uint64_t start, deadline;	/* ms; 0: none */
	struct vs_buf line;
	bool timed_out;
};

struct pool {
	const struct vs_triage_run *run;
	const struct vs_triage_files *files;
	struct vs_out *out;
	struct job *jobs;
	struct pollfd *fds;
	size_t n_jobs;
	size_t done, total;
	size_t bad;			/* corrupt so far */
	uint64_t begin, told;		/* ms */
	/* small files, large ones: still to do, done, and the time those took */
	size_t left[2], n[2];
	uint64_t ms[2];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void limit(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit old, new = { soft, hard };

	// lower, never raise
	if (getrlimit(what, &old) < 0)
		return;
	if (old.rlim_max != RLIM_INFINITY && new.rlim_max > old.rlim_max)
		new.rlim_max = old.rlim_max;
	if (new.rlim_cur > new.rlim_max)
		new.rlim_cur = new.rlim_max;
	setrlimit(what, &new);
}

/*
 * Dumps are mapped and may be larger than any memory, so it is not the address space that is
 * limited but what can be written to: RLIMIT_DATA counts private mappings since Linux 4.7.
 */
static void set_limits(const struct vs_triage_run *run)
{
	if (run->timeout_ms)
		limit(RLIMIT_CPU, run->timeout_ms / 1000 + 1, run->timeout_ms / 1000 + 2);
#ifndef __SANITIZE_ADDRESS__
	if (run->memory)
		limit(RLIMIT_DATA, run->memory, run->memory);
#endif
	// no core of our own, also where cores go to a program, which may have called us
	limit(RLIMIT_CORE, 0, 0);
	prctl(PR_SET_DUMPABLE, 0);
}

static __attribute__((noreturn)) void child(const struct pool *p, const struct vs_triage_file *f, int fd, pid_t parent)
{
	struct vs_triage_record r;
	struct vs_buf b = VS_BUF_INIT;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	set_limits(p->run);
	vs_triage_record_init(&r);
	if (!vs_triage_file_tell(f, &r))
		_exit(3);
	p->run->check(p->run->arg, f, &r);
	if (r.outcome == VS_TRIAGE_MEMORY && !r.text[VS_TT_REASON])
		vs_triage_set(&r, VS_TT_REASON, "out of memory");
	if (!vs_triage_sign(&r))
		_exit(3);
	vs_triage_record_write(&r, &b);
	if (b.failed)
		_exit(3);
	for (size_t at = 0; at < b.len;) {
		ssize_t n = write(fd, b.data + at, b.len - at);

		if (n < 0 && errno != EINTR)
			_exit(4);
		at += n > 0 ? (size_t)n : 0;
	}
	_exit(0);
}

static struct vs_err *start(struct pool *p, uint32_t file)
{
	struct job *j = &p->jobs[p->n_jobs];
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return vs_err_os(errno, "cannot make a pipe");
	*j = (struct job){ .file = file, .fd = fds[0], .start = now_ms() };
	j->pid = fork();
	if (j->pid < 0) {
		struct vs_err *err = vs_err_os(errno, "cannot make a process");

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!j->pid)
		child(p, &p->files->v.v[file], fds[1], parent);
	close(fds[1]);
	if (p->run->timeout_ms)
		j->deadline = j->start + p->run->timeout_ms;
	p->n_jobs++;
	return NULL;
}

/* A record for what made none, by how its process ended. */
static bool make_up(struct pool *p, struct job *j, int status)
{
	const struct vs_triage_file *f = &p->files->v.v[j->file];
	struct vs_triage_record r;
	struct stat st;
	bool ok;

	vs_triage_record_init(&r);
	ok = vs_triage_file_tell(f, &r);
	if (ok && stat(f->path, &st) < 0 && errno == ENOENT) {
		r.outcome = VS_TRIAGE_VANISHED;
		ok = vs_triage_set(&r, VS_TT_REASON, "it has gone while it was checked");
	} else if (ok && (j->timed_out || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))) {
		r.outcome = VS_TRIAGE_TIMEOUT;
		ok = vs_triage_setf(&r, VS_TT_REASON, "no verdict within %g s", (double)p->run->timeout_ms / 1000);
	} else if (ok && WIFSIGNALED(status)) {
		r.outcome = VS_TRIAGE_CRASHED;
		ok = vs_triage_setf(&r, VS_TT_REASON, "the process that checked it was killed by signal %d (%s)",
				    WTERMSIG(status), strsignal(WTERMSIG(status)));
	} else if (ok && WIFEXITED(status) && WEXITSTATUS(status) == 3) {
		r.outcome = VS_TRIAGE_MEMORY;
		ok = vs_triage_set(&r, VS_TT_REASON, "out of memory");
	} else if (ok) {
		r.outcome = VS_TRIAGE_CRASHED;
		ok = vs_triage_setf(&r, VS_TT_REASON, "the process that checked it ended with %d and no verdict",
				    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	}
	ok = ok && vs_triage_sign(&r);
	j->line.len = 0;
	if (ok)
		vs_triage_record_write(&r, &j->line);
	vs_triage_record_deinit(&r);
	return ok && !j->line.failed;
}

static void tell_progress(struct pool *p, bool now)
{
	const uint64_t t = now_ms();
	double left = 0, all = 0;
	size_t n = 0;
	char line[160], eta[48] = "";

	if (!p->out->progress || (!now && t - p->told < 100))
		return;
	p->told = t;
	for (int i = 0; i < 2; i++)
		all += (double)p->ms[i], n += p->n[i];
	for (int i = 0; i < 2 && n; i++)
		left += (double)p->left[i] * (p->n[i] ? (double)p->ms[i] / (double)p->n[i] : all / (double)n);
	left = left / p->run->jobs / 1000;
	if (n && left >= 90)
		snprintf(eta, sizeof(eta), ", about %.0f min left", left / 60);
	else if (n)
		snprintf(eta, sizeof(eta), ", about %.0f s left", left);
	snprintf(line, sizeof(line), "triage: %zu of %zu done, %zu corrupt%s", p->done, p->total, p->bad, eta);
	p->out->progress(p->out->face, line);
}

/* Its pipe has ended, or its time has: what it has left behind is its record. */
static struct vs_err *finish(struct pool *p, size_t i)
{
	struct job *j = &p->jobs[i];
	const int large = p->files->v.v[j->file].size >= LARGE;
	bool whole = !j->timed_out && !j->line.failed && j->line.len && j->line.data[j->line.len - 1] == '\n';
	struct vs_err *err = NULL;
	int status = 0;

	if (!whole && (j->timed_out || j->line.len >= MAX_LINE))
		kill(-j->pid, SIGKILL), kill(j->pid, SIGKILL);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(j->fd);
	if (!whole && !make_up(p, j, status))
		err = &vs_enomem;
	p->done++;
	p->left[large]--;
	p->n[large]++;
	p->ms[large] += now_ms() - j->start;
	if (!err) {
		p->bad += memmem(j->line.data, j->line.len, "\"verdict\":\"corrupt\"", 19) != NULL;
		err = p->run->done(p->run->arg, j->line.data, j->line.len);
	}
	vs_buf_deinit(&j->line);
	*j = p->jobs[--p->n_jobs];
	tell_progress(p, false);
	return err;
}

/* Take what a pipe has; true: it has ended. */
static bool take(struct job *j)
{
	char *to = vs_buf_reserve(&j->line, 1 << 14);
	ssize_t n = to ? read(j->fd, to, 1 << 14) : 0;

	if (n < 0 && errno == EINTR)
		return false;
	if (n <= 0)
		return true;
	j->line.len += (size_t)n;
	return j->line.len >= MAX_LINE;
}

static struct vs_err *wait_some(struct pool *p)
{
	const uint64_t t = now_ms();
	uint64_t wait = p->out->progress ? 500 : UINT64_C(60000);
	struct vs_err *err = NULL;
	int n;

	for (size_t i = 0; i < p->n_jobs; i++) {
		const uint64_t end = p->jobs[i].deadline;

		p->fds[i] = (struct pollfd){ .fd = p->jobs[i].fd, .events = POLLIN };
		if (end && end <= t)
			wait = 0;
		else if (end && end - t < wait)
			wait = end - t;
	}
	n = poll(p->fds, p->n_jobs, (int)wait);
	if (n < 0 && errno != EINTR)
		return vs_err_os(errno, "poll");
	err = vs_out_poll(p->out);
	// from the end: a finished job's place is taken by the last
	for (size_t i = p->n_jobs; !err && i-- > 0;) {
		struct job *j = &p->jobs[i];
		bool end = n > 0 && p->fds[i].revents && take(j);

		if (!end && j->deadline && j->deadline <= now_ms())
			end = j->timed_out = true;
		if (end)
			err = finish(p, i);
	}
	tell_progress(p, false);
	return err;
}

static void stop(struct pool *p)
{
	for (size_t i = 0; i < p->n_jobs; i++) {
		struct job *j = &p->jobs[i];

		kill(-j->pid, SIGKILL);
		kill(j->pid, SIGKILL);
		while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(j->fd);
		vs_buf_deinit(&j->line);
	}
}

struct vs_err *vs_triage_run(const struct vs_triage_run *run, const struct vs_triage_files *files, const uint32_t *todo,
			     size_t n, struct vs_out *out)
{
	struct pool p = { .run = run, .files = files, .out = out, .total = n, .begin = now_ms() };
	_cleanup_free_ struct job *jobs = calloc(run->jobs, sizeof(*jobs));
	_cleanup_free_ struct pollfd *fds = calloc(run->jobs, sizeof(*fds));
	struct vs_err *err = jobs && fds ? NULL : &vs_enomem;
	size_t next = 0;

	p.jobs = jobs;
	p.fds = fds;
	for (size_t i = 0; i < n; i++)
		p.left[files->v.v[todo[i]].size >= LARGE]++;
	// what is pending would be written by the children too
	if (!err)
		err = vs_out_flush(out);
	while (!err && (next < n || p.n_jobs)) {
		bool room = next < n && p.n_jobs < run->jobs;

		if (room) {
			err = start(&p, todo[next]);
			next += !err;
		}
		// no more processes just now: those that run will end
		if (room && err && p.n_jobs) {
			vs_err_free(err);
			room = false;
		}
		if (!room)
			err = wait_some(&p);
		if (!err)
			err = vs_out_poll(out);
	}
	stop(&p);
	if (out->progress)
		out->progress(out->face, "");
	return err;
}
