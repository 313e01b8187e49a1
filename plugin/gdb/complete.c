// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/gdb.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "gdb/target.h"

/* What is being completed. */
struct completion {
	const struct vs_cmd *cmd;
	const char *token;	/* the word as we split words: from the last blank */
	size_t skip;		/* bytes of it which GDB does not count to its word */
	PyObject *list;		/* what is offered */
};

/* Offer @p cand if it begins with what is there. */
static int offer(struct completion *c, const char *cand)
{
	_cleanup_decref_ PyObject *str = NULL;

	if (strncmp(cand, c->token, strlen(c->token)))
		return 0;
	str = PyUnicode_DecodeFSDefault(cand + c->skip);
	return str ? PyList_Append(c->list, str) : -1;
}

static const struct vs_option *lookup(const struct vs_option *opts, const char *name, size_t len)
{
	for (; opts && opts->name; opts++) {
		if (strlen(opts->name) == len && !strncmp(opts->name, name, len))
			return opts;
	}
	return NULL;
}

/* The option that the word at @p s of @p len bytes is: "--name". */
static const struct vs_option *option_at(const struct vs_cmd *cmd, const char *s, size_t len)
{
	const struct vs_option *opt;

	if (len < 3 || strncmp(s, "--", 2))
		return NULL;
	opt = lookup(cmd->options, s + 2, len - 2);
	return opt ? opt : lookup(vs_common_options, s + 2, len - 2);
}

/* The values of @p opt, each behind @p prefix ("" or "--name="). */
static int offer_values(struct completion *c, const char *prefix, size_t prefix_len,
			const struct vs_option *opt)
{
	for (const char *v = opt->values; v && *v;) {
		size_t n = strcspn(v, "|");
		_cleanup_free_ char *cand = NULL;

		if (asprintf(&cand, "%.*s%.*s", (int)prefix_len, prefix, (int)n, v) < 0) {
			cand = NULL;
			PyErr_NoMemory();
			return -1;
		}
		if (offer(c, cand))
			return -1;
		v += n;
		v += *v == '|';
	}
	return 0;
}

static int offer_options(struct completion *c, const struct vs_option *opts)
{
	for (; opts && opts->name; opts++) {
		_cleanup_free_ char *cand = NULL;

		if (asprintf(&cand, "--%s", opts->name) < 0) {
			cand = NULL;
			PyErr_NoMemory();
			return -1;
		}
		if (offer(c, cand))
			return -1;
	}
	return 0;
}

/* Pids, or behind "comm=" the names: what runs in the dump. */
static int offer_tasks(struct completion *c, bool comms)
{
	_cleanup_free_ struct vs_session_name *names = NULL;
	struct vs_err *err;
	struct vs_out out;
	size_t n = 0;

	if (vs_gdb_enter())
		return -1;
	vs_gdb_out_init_null(&out);
	err = vs_gdb_attach(NULL, &out);
	vs_gdb_lock();
	if (!err && vs_session_is_open(vs_gdb.here->session))
		err = vs_session_names(vs_gdb.here->session, &out, &names, &n);
	vs_gdb_unlock();
	err = vs_gdb_check_live(err);
	vs_buf_deinit(&out.buf);
	vs_err_free(err);	// who completes gets no error, only nothing
	for (size_t i = 0; i < n && !err; i++) {
		char cand[32];

		// what GDB would split into words cannot be offered
		if (comms && names[i].comm[strcspn(names[i].comm, " \t'\"\\")])
			continue;
		if (comms)
			snprintf(cand, sizeof(cand), "comm=%s", names[i].comm);
		else
			snprintf(cand, sizeof(cand), "%d", (int)names[i].pid);
		if (offer(c, cand))
			return -1;
	}
	return 0;
}

/*
 * Names of files, behind the first @p at bytes of the word ("--name=").
 * GDB's own completer takes the whole line for one name.
 */
static int offer_files(struct completion *c, size_t at)
{
	const char *typed = c->token + at, *slash = strrchr(typed, '/');
	size_t dir_len = slash ? (size_t)(slash - typed) + 1 : 0;
	_cleanup_decref_ PyObject *path = NULL, *real = NULL;
	_cleanup_free_ char *dir = dir_len ? strndup(typed, dir_len) : strdup(".");
	struct dirent *e;
	DIR *d;
	int rc = 0;

	path = dir ? PyUnicode_DecodeFSDefault(dir) : PyErr_NoMemory();
	real = path ? vs_gdb_expand(path) : NULL;
	if (!real)
		return -1;
	d = opendir(PyBytes_AsString(real));
	if (!d)
		return 0;
	while (!rc && (e = readdir(d))) {
		_cleanup_free_ char *cand = NULL;
		struct stat st;
		bool is_dir;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		// As shells do: hidden ones only when asked for.
		if (e->d_name[0] == '.' && typed[dir_len] != '.')
			continue;
		is_dir = !fstatat(dirfd(d), e->d_name, &st, 0) && S_ISDIR(st.st_mode);
		if (asprintf(&cand, "%.*s%s%s", (int)(at + dir_len), c->token, e->d_name,
			     is_dir ? "/" : "") < 0) {
			cand = NULL;
			PyErr_NoMemory();
			rc = -1;
		} else {
			rc = offer(c, cand);
		}
	}
	closedir(d);
	return rc;
}

/* One of GDB's own completers, by its name. */
static PyObject *gdbs(const char *name)
{
	return PyObject_GetAttrString(vs_gdb.gdb, name);
}

/* Where the word before the one at @p token begins, and its length; 0: there is none. */
static size_t word_before(const char *text, const char *token, const char **ret)
{
	const char *end = token, *start;

	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	start = end;
	while (start > text && start[-1] != ' ' && start[-1] != '\t')
		start--;
	*ret = start;
	return (size_t)(end - start);
}

/* Has a word stood before @p token that is neither an option nor an option's argument? */
static bool has_word(const struct vs_cmd *cmd, const char *text, const char *token)
{
	while (text < token) {
		size_t n = strcspn(text, " \t");
		const struct vs_option *opt = option_at(cmd, text, n);

		if (n && strncmp(text, "--", 2))
			return true;
		text += n;
		text += strspn(text, " \t");
		if (opt && opt->arg && text < token) {
			text += strcspn(text, " \t");
			text += strspn(text, " \t");
		}
	}
	return false;
}

/* A list, or the number of one of GDB's completers. */
static PyObject *complete(struct completion *c, const char *text, bool brkchars)
{
	const struct vs_option *opt;
	const char *before, *eq;
	size_t n = word_before(text, c->token, &before);

	opt = option_at(c->cmd, before, n);
	if (opt && opt->arg) {
		if (!brkchars && (opt->file ? offer_files(c, 0) : offer_values(c, "", 0, opt)))
			return NULL;
		return c->list;
	}
	eq = strchr(c->token, '=');
	if (!strncmp(c->token, "--", 2) && eq) {
		n = (size_t)(eq - c->token);
		opt = option_at(c->cmd, c->token, n);
		if (opt && !brkchars &&
		    (opt->file ? offer_files(c, n + 1) : offer_values(c, c->token, n + 1, opt)))
			return NULL;
		return c->list;
	}
	if (c->token[0] == '-') {
		if (!brkchars && (offer_options(c, c->cmd->options) ||
				  offer_options(c, vs_common_options)))
			return NULL;
		return c->list;
	}
	if (c->cmd->takes & VS_TAKES_ADDR && !has_word(c->cmd, text, c->token))
		return gdbs("COMPLETE_EXPRESSION");
	if (c->cmd->faces == VS_FACE_GDB && c->cmd->takes & VS_TAKES_DUMP && !brkchars) {
		if (offer_files(c, 0))
			return NULL;
	}
	if (c->cmd->takes & VS_TAKES_SELECTION && !brkchars) {
		if (!strncmp(c->token, "comm=", 5)) {
			if (offer_tasks(c, true))
				return NULL;
		} else if (offer_tasks(c, false) || offer(c, "comm=") || offer(c, "mm=")) {
			return NULL;
		}
	}
	return c->list;
}

PyObject *vs_gdb_complete(PyObject *self, PyObject *args)
{
	_cleanup_decref_ PyObject *list = NULL;
	struct completion c = { .cmd = PyCapsule_GetPointer(self, NULL) };
	const char *text, *word, *end;
	PyObject *ret;

	if (!c.cmd || !PyArg_ParseTuple(args, "sz:complete", &text, &word))
		return NULL;
	list = PyList_New(0);
	if (!list)
		return NULL;
	end = text + strlen(text);
	c.token = end;
	while (c.token > text && c.token[-1] != ' ' && c.token[-1] != '\t')
		c.token--;
	// GDB's word may begin later than ours: it breaks words at '=' and the like.
	if (word && strlen(word) <= strlen(c.token))
		c.skip = strlen(c.token) - strlen(word);
	c.list = list;
	// Without a word GDB only asks who completes: itself, or we.
	ret = complete(&c, text, !word);
	if (ret == list) {
		if (!word)
			Py_RETURN_NONE;
		Py_INCREF(list);
	}
	return ret;
}
