// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/nearest.h"

struct parser {
	const struct vs_cmd *cmd;
	int face;
	vs_eval_fn *eval;
	int argc, i;		/* i: the next word */
	char *const *argv;
	bool has_addr;
	struct vs_args *args;
};

static const char *usage(const struct parser *p)
{
	const char *s = p->face == VS_FACE_GDB ? p->cmd->gdb_usage : p->cmd->usage;

	return s ? s : "";
}

/* An error about the shape of the whole line: it ends with what was expected. */
#define USAGE_ERR(p, fmt, ...)								\
	vs_err_create(VS_ERR_USAGE, "%s: " fmt " (usage: %s %s%s%s)", (p)->cmd->name,	\
		      ##__VA_ARGS__, (p)->face == VS_FACE_GDB ? "vma" : "vmascope",	\
		      (p)->cmd->name, *usage(p) ? " " : "", usage(p))

/* An error about one word. */
#define WORD_ERR(p, fmt, ...) \
	vs_err_create(VS_ERR_USAGE, "%s: " fmt, (p)->cmd->name, ##__VA_ARGS__)

/* Keep a copy of @p s with the args; NULL without memory. */
static const char *keep(struct vs_args *args, const char *s)
{
	char **slot = vs_vec_push(&args->strings);

	if (!slot)
		return NULL;
	*slot = strdup(s);
	if (!*slot)
		args->strings.n--;
	return *slot;
}

static bool is_decimal(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == 0;
}

/* Hexadecimal, with or without 0x, at most 64 bits. */
static bool is_hex(const char *s, uint64_t *ret)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	if (!*s || s[strspn(s, "0123456789abcdefABCDEF")])
		return false;
	s += strspn(s, "0");
	if (strlen(s) > 16)
		return false;
	*ret = strtoull(s, NULL, 16);
	return true;
}

static struct vs_err *parse_addr(struct parser *p, const char *what, const char *s, uint64_t *ret)
{
	if (is_hex(s, ret))
		return NULL;
	if (p->eval && *s)
		return vs_err_wrap(p->eval(s, ret), "%s: %s", p->cmd->name, what);
	return USAGE_ERR(p, "%s: expected a hexadecimal number of at most 64 bits, found \"%s\"",
			 what, s);
}

static const struct vs_option *lookup(const struct vs_option *opts, const char *name, size_t len)
{
	for (; opts && opts->name; opts++) {
		if (strlen(opts->name) == len && !memcmp(opts->name, name, len))
			return opts;
	}
	return NULL;
}

static bool is_value(const char *values, const char *s)
{
	size_t len = strlen(s);

	for (const char *v = values;; v = strchr(v, '|') + 1) {
		size_t n = strcspn(v, "|");

		if (n == len && !memcmp(v, s, n))
			return true;
		if (!v[n])
			return false;
	}
}

static struct vs_err *add_own(struct vs_args *args, const struct vs_option *opt, const char *arg)
{
	const struct vs_option **o = vs_vec_push(&args->opts);
	const char **a = vs_vec_push(&args->opt_args);

	if (!o || !a)
		return &vs_enomem;
	*o = opt;
	*a = arg;
	if (opt->alone)
		args->needs_dump = false;
	return NULL;
}

static struct vs_err *add_part(struct vs_args *args, const char *file)
{
	const char **slot = vs_vec_push(&args->parts);

	if (!slot)
		return &vs_enomem;
	*slot = file;
	args->open.parts = args->parts.v;
	args->open.n_parts = args->parts.n;
	return NULL;
}

static struct vs_err *add_common(struct vs_args *args, const struct vs_option *opt, const char *arg)
{
	if (!strcmp(opt->name, "part"))
		return add_part(args, arg);
	if (!strcmp(opt->name, "vmlinux"))
		args->open.vmlinux = arg;
	else if (!strcmp(opt->name, "types"))
		args->open.types = arg;
	else if (!strcmp(opt->name, "symbols"))
		args->open.symbols = arg;
	else if (!strcmp(opt->name, "debuginfod"))
		args->open.debuginfod = !strcmp(arg, "always") ? VS_DEBUGINFOD_ALWAYS :
			!strcmp(arg, "never") ? VS_DEBUGINFOD_NEVER : VS_DEBUGINFOD_AUTO;
	else if (!strcmp(opt->name, "no-vmlinux"))
		args->open.alone = true;
	else if (!strcmp(opt->name, "format"))
		args->json = !strcmp(arg, "json");
	else if (!strcmp(opt->name, "color"))
		args->color = arg;
	else if (!strcmp(opt->name, "force"))
		args->open.force = true;
	else if (!strcmp(opt->name, "types-from"))
		args->open.types_from = !strcmp(arg, "btf") ? VS_TYPES_BTF :
			!strcmp(arg, "dwarf") ? VS_TYPES_DWARF : VS_TYPES_AUTO;
	else if (!strcmp(opt->name, "quiet"))
		args->quiet = true;
	else if (!strcmp(opt->name, "stats"))
		args->stats = true;
	else if (!strcmp(opt->name, "help"))
		args->help = true;
	return NULL;
}

/* Its argument is @p arg or, NULL, the next word. */
static struct vs_err *take_option(struct parser *p, const struct vs_option *opt, bool own, const char *arg)
{
	if (opt->arg) {
		if (!arg && p->i < p->argc)
			arg = p->argv[p->i++];
		if (!arg || !*arg)
			return WORD_ERR(p, "--%s: expected %s, found nothing", opt->name, opt->arg);
		if (opt->values && !is_value(opt->values, arg))
			return WORD_ERR(p, "--%s: expected %s, found \"%s\"", opt->name,
					opt->values, arg);
		arg = keep(p->args, arg);
		if (!arg)
			return &vs_enomem;
	}
	return own ? add_own(p->args, opt, arg) : add_common(p->args, opt, arg);
}

/* @p word is "--name" or "--name=arg"; the argument may be the next word. */
static struct vs_err *parse_option(struct parser *p, const char *word)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const struct vs_option *opt, *own = lookup(p->cmd->options, name, len);

	opt = own ? own : lookup(vs_common_options, name, len);
	if (!opt) {
		_cleanup_free_ char *typed = strndup(name, len);
		struct vs_nearest near = { .typed = typed };

		if (!typed)
			return &vs_enomem;
		for (opt = p->cmd->options; opt && opt->name; opt++)
			vs_nearest_try(&near, opt->name);
		for (opt = vs_common_options; opt->name; opt++)
			vs_nearest_try(&near, opt->name);
		if (near.best)
			return WORD_ERR(p, "unknown option --%s, did you mean --%s?", typed,
					near.best);
		return USAGE_ERR(p, "unknown option --%s", typed);
	}
	if (!opt->arg && name[len])
		return WORD_ERR(p, "--%s takes no argument, found \"%s\"", opt->name,
				name + len + 1);
	return take_option(p, opt, own, name[len] ? name + len + 1 : NULL);
}

/* "-j", "-j4": the one-letter form of an option of the command. */
static struct vs_err *parse_letter(struct parser *p, const char *word)
{
	for (const struct vs_option *opt = p->cmd->options; opt && opt->name; opt++) {
		if (!opt->letter || opt->letter != word[1] || (!opt->arg && word[2]))
			continue;
		return take_option(p, opt, true, word[2] ? word + 2 : NULL);
	}
	return USAGE_ERR(p, "unknown option %s", word);
}

static struct vs_err *add_selection(struct parser *p, enum vs_sel_kind kind, uint64_t num,
				    const char *comm)
{
	struct vs_selection *sel = vs_vec_push(&p->args->sel);

	if (!sel)
		return &vs_enomem;
	*sel = (struct vs_selection){ .kind = kind, .num = num };
	if (comm) {
		sel->comm = keep(p->args, comm);
		if (!sel->comm)
			return &vs_enomem;
	}
	return NULL;
}

static struct vs_err *add_pid(struct parser *p, const char *word)
{
	uint64_t pid;

	errno = 0;
	pid = strtoull(word, NULL, 10);
	if (errno || pid > INT32_MAX)
		return WORD_ERR(p, "expected a pid, found \"%s\"", word);
	return add_selection(p, VS_SEL_PID, pid, NULL);
}

/* How many files the line may name. */
static size_t max_files(const struct parser *p)
{
	if (p->face == VS_FACE_SHELL) {
		if (p->cmd->takes & VS_TAKES_DUMPS)
			return SIZE_MAX;
		return p->cmd->takes & VS_TAKES_DUMP ? 1 : 0;
	}
	// What GDB alone has and takes a dump is `open DUMP [VMLINUX]`.
	return p->cmd->faces == VS_FACE_GDB && p->cmd->takes & VS_TAKES_DUMP ? 2 : 0;
}

static struct vs_err *add_file(struct parser *p, const char *word)
{
	struct vs_args *args = p->args;
	const char **slot;

	if (args->files.n >= max_files(p)) {
		if (max_files(p) == 1)
			return USAGE_ERR(p, "expected one dump, found \"%s\" and \"%s\"",
					 args->files.v[0], word);
		if (p->cmd->takes & VS_TAKES_SELECTION)
			return USAGE_ERR(p, "expected PID, comm=NAME or mm=ADDR, found \"%s\"",
					 word);
		return USAGE_ERR(p, "unexpected \"%s\"", word);
	}
	slot = vs_vec_push(&args->files);
	if (!slot)
		return &vs_enomem;
	*slot = keep(args, word);
	return *slot ? NULL : &vs_enomem;
}

/* "pid=" and "com=" are more likely slips than names of files. */
static bool looks_like_key(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz");

	return n && n <= 5 && word[n] == '=' && !strchr(word, '/');
}

static struct vs_err *parse_word(struct parser *p, const char *word)
{
	bool selects = p->cmd->takes & VS_TAKES_SELECTION;

	if (p->cmd->takes & VS_TAKES_ADDR && !p->has_addr) {
		p->has_addr = true;
		return parse_addr(p, "address", word, &p->args->addr);
	}
	if (selects && is_decimal(word))
		return add_pid(p, word);
	if (selects && !strncmp(word, "comm=", 5)) {
		if (!word[5])
			return WORD_ERR(p, "comm=: expected a name, found nothing");
		return add_selection(p, VS_SEL_COMM, 0, word + 5);
	}
	if (selects && !strncmp(word, "mm=", 3)) {
		uint64_t addr;
		struct vs_err *err = parse_addr(p, "mm=", word + 3, &addr);

		return err ? err : add_selection(p, VS_SEL_MM, addr, NULL);
	}
	if (selects && p->eval && word[0] == '$') {
		uint64_t pid;
		struct vs_err *err = p->eval(word, &pid);

		if (err)
			return vs_err_wrap(err, "%s", p->cmd->name);
		if (pid > INT32_MAX)
			return WORD_ERR(p, "expected a pid, found %s = %llu", word,
					(unsigned long long)pid);
		return add_selection(p, VS_SEL_PID, pid, NULL);
	}
	if (looks_like_key(word))
		return selects ? USAGE_ERR(p, "expected PID, comm=NAME or mm=ADDR, found \"%s\"",
					   word)
			       : USAGE_ERR(p, "takes no selection, found \"%s\"", word);
	if (!selects && is_decimal(word) && p->args->files.n >= max_files(p))
		return USAGE_ERR(p, "takes no pid, found \"%s\"", word);
	return add_file(p, word);
}

static struct vs_err *parse(struct parser *p)
{
	bool words_only = false;
	struct vs_err *err;

	while (p->i < p->argc) {
		const char *word = p->argv[p->i++];

		if (words_only || word[0] != '-' || !word[1])
			err = parse_word(p, word);
		else if (!strcmp(word, "--"))
			words_only = true, err = NULL;
		else if (!strcmp(word, "-h"))
			p->args->help = true, err = NULL;
		else if (word[1] == '-')
			err = parse_option(p, word);
		else
			err = parse_letter(p, word);
		if (err)
			return err;
		if (p->args->help)
			return NULL;	// whatever else there is, help is the answer
	}
	if (p->cmd->takes & VS_TAKES_ADDR && !p->has_addr)
		return USAGE_ERR(p, "no address given");
	if (!p->args->files.n && max_files(p) &&
	    (p->args->needs_dump || p->face == VS_FACE_GDB))
		return USAGE_ERR(p, "no dump given");
	return NULL;
}

struct vs_err *vs_args_parse(const struct vs_cmd *cmd, int face, vs_eval_fn *eval, int argc,
			     char *const *argv, struct vs_args *ret)
{
	struct vs_args args = {
		.cmd = cmd,
		.face = face,
		.needs_dump = cmd->takes & VS_NEEDS_DUMP,
		.color = "auto",
	};
	struct parser p = {
		.cmd = cmd, .face = face, .eval = eval, .argc = argc, .argv = argv, .args = &args,
	};
	struct vs_err *err = parse(&p);

	if (err) {
		vs_args_deinit(&args);
		return err;
	}
	*ret = args;
	return NULL;
}

void vs_args_deinit(struct vs_args *args)
{
	for (size_t i = 0; i < args->strings.n; i++)
		free(args->strings.v[i]);
	vs_vec_deinit(&args->strings);
	vs_vec_deinit(&args->files);
	vs_vec_deinit(&args->parts);
	vs_vec_deinit(&args->sel);
	vs_vec_deinit(&args->opts);
	vs_vec_deinit(&args->opt_args);
}

const char *vs_args_option(const struct vs_args *args, const char *name)
{
	// The last one counts.
	for (size_t i = args->opts.n; i-- > 0;) {
		if (!strcmp(args->opts.v[i]->name, name))
			return args->opt_args.v[i] ? args->opt_args.v[i] : "";
	}
	return NULL;
}
