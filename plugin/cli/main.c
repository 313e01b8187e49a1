// SPDX-License-Identifier: GPL-2.0-or-later
/* The shell's face: argv becomes a command. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/cmd.h"

/* As a shell reports a process that died of SIGINT or SIGPIPE. */
#define EXIT_INTERRUPTED	130
#define EXIT_PIPE		141

static volatile sig_atomic_t interrupted;

struct shell {
	bool progress_shown;
};

static struct vs_err *shell_write(void *face, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, data, len);

		if (n < 0 && errno == EINTR) {
			if (interrupted)
				return &vs_einterrupted;
			continue;
		}
		if (n < 0)
			// Whoever closed the pipe needs no message.
			return errno == EPIPE ? &vs_eoutput
					      : vs_err_os(errno, "standard output");
		data += n;
		len -= (size_t)n;
	}
	return NULL;
}

static void shell_progress(void *face, const char *line)
{
	struct shell *sh = face;

	if (*line)
		fprintf(stderr, "\r%s\033[K", line);
	else if (sh->progress_shown)
		fputs("\r\033[K", stderr);
	sh->progress_shown = *line;
	fflush(stderr);
}

static void shell_say(void *face, const char *line)
{
	struct shell *sh = face;

	if (sh->progress_shown)
		shell_progress(face, "");
	fprintf(stderr, "%s\n", line);
}

static struct vs_err *shell_poll(void *face)
{
	return interrupted ? &vs_einterrupted : NULL;
}

static void on_sigint(int sig)
{
	interrupted = 1;
}

static void catch_signals(void)
{
	// The second Ctrl-C ends us whatever we are doing.
	struct sigaction sa = { .sa_handler = on_sigint, .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;

	// Who started us with SIGINT ignored (nohup, a background job) wants it so.
	if (!sigaction(SIGINT, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	// a limit on files is told as an error of the file
}

static void out_init(struct vs_out *out, struct shell *sh)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize ws;

	*out = (struct vs_out){
		.write = shell_write,
		.say = shell_say,
		.progress = isatty(STDERR_FILENO) ? shell_progress : NULL,
		.poll = shell_poll,
		.face = sh,
		.terminal = isatty(STDOUT_FILENO),
		.utf8 = vs_out_locale_utf8(),
	};
	out->color = out->terminal && !(no_color && *no_color) && term && strcmp(term, "dumb");
	if (out->terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		out->width = ws.ws_col;
}

/* Say @p err, which is taken over; the exit code that goes with it. */
static int fail(struct vs_out *out, struct vs_err *err)
{
	_cleanup_buf_ struct vs_buf clean = VS_BUF_INIT;
	enum vs_err_code code = err->code;

	if (code == VS_ERR_INTERRUPTED)
		return EXIT_INTERRUPTED;
	if (err == &vs_eoutput)
		return EXIT_PIPE;
	// The name of a file may be in it, and a person may be looking.
	vs_buf_puts(&clean, "vmascope: ");
	vs_buf_put_clean(&clean, err->msg, strlen(err->msg));
	out->say(out->face, vs_buf_str(&clean));
	vs_err_free(err);
	return VS_STATUS_NONE;
}

/* Print @p text, which is taken over; NULL: there was no memory for it. */
static int print(struct vs_out *out, char *text)
{
	_cleanup_free_ char *s = text;
	struct vs_err *err = s ? vs_out_put(out, s, strlen(s)) : &vs_enomem;

	if (!err)
		err = vs_out_flush(out);
	return err ? fail(out, err) : VS_STATUS_OK;
}

static const struct vs_cmd *find(const char *name, struct vs_err **err_ret)
{
	const struct vs_cmd *cmd = vs_cmd_find(name, strlen(name), VS_FACE_SHELL);
	const struct vs_cmd *near;

	if (cmd)
		return cmd;
	near = vs_cmd_nearest(name, VS_FACE_SHELL);
	if (vs_cmd_find(name, strlen(name), VS_FACE_GDB))
		*err_ret = vs_err_create(VS_ERR_USAGE, "%s is a command for GDB only", name);
	else if (near)
		*err_ret = vs_err_create(VS_ERR_USAGE, "unknown command \"%s\", did you mean %s?",
					 name, near->name);
	else
		*err_ret = vs_err_create(VS_ERR_USAGE,
					 "unknown command \"%s\" (\"vmascope help\" lists them)",
					 name);
	return NULL;
}

static int help(struct vs_out *out, int argc, char *const *argv)
{
	const struct vs_cmd *cmd = NULL;
	struct vs_err *err;

	if (argc > 1)
		return fail(out, vs_err_create(VS_ERR_USAGE,
					       "help: expected one command, found \"%s\" and \"%s\"",
					       argv[0], argv[1]));
	if (argc && strcmp(argv[0], "help")) {
		cmd = find(argv[0], &err);
		if (!cmd)
			return fail(out, err);
	}
	return print(out, vs_cmd_help(cmd, VS_FACE_SHELL));
}

static int run(struct vs_out *out, const struct vs_cmd *cmd, int argc, char *const *argv)
{
	struct vs_session *session;
	struct vs_args args;
	struct vs_err *err = vs_args_parse(cmd, VS_FACE_SHELL, NULL, argc, argv, &args);
	int status;

	if (err)
		return fail(out, err);
	session = vs_session_create();
	err = session ? vs_cmd_run(session, &args, out, &status) : &vs_enomem;
	if (err)
		status = fail(out, err);
	vs_session_destroy(session);
	vs_args_deinit(&args);
	return status;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	struct shell sh = { 0 };
	struct vs_out out;
	struct vs_err *err;
	int status;

	setlocale(LC_CTYPE, "");
	catch_signals();
	out_init(&out, &sh);
	if (!word) {
		_cleanup_free_ char *text = vs_cmd_help(NULL, VS_FACE_SHELL);

		fputs(text ? text : "", stderr);
		status = VS_STATUS_NONE;
	} else if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		status = print(&out, strdup(PACKAGE_STRING "\n"));
	} else if (!strcmp(word, "--man")) {
		status = print(&out, vs_cmd_man());
	} else if (!strcmp(word, "--bash-completion")) {
		status = print(&out, vs_cmd_bash());
	} else if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		status = help(&out, argc - 2, argv + 2);
	} else if (word[0] == '-') {
		status = fail(&out, vs_err_create(VS_ERR_USAGE,
						  "expected a command before %s (\"vmascope help\" lists them)",
						  word));
	} else {
		const struct vs_cmd *cmd = find(word, &err);

		status = cmd ? run(&out, cmd, argc - 2, argv + 2) : fail(&out, err);
	}
	vs_buf_deinit(&out.buf);
	return status;
}
