// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking a command line apart. */
#include "cmd/cmd.h"

#include <stdlib.h>

#include "base/err.h"
#include "cmd/nearest.h"
#include "tap.h"

static const struct vs_option own[] = {
	{ "max", "N", "at most N" },
	{ "list-rules", NULL, "list them", .alone = true },
	{ NULL }
};

static const struct vs_cmd maps = {
	.name = "maps", .faces = VS_FACE_BOTH, .usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP,
};
static const struct vs_cmd show = {
	.name = "show", .faces = VS_FACE_BOTH, .usage = "ADDR DUMP", .gdb_usage = "ADDR",
	.takes = VS_TAKES_ADDR | VS_TAKES_DUMP | VS_NEEDS_DUMP,
};
static const struct vs_cmd check = {
	.name = "check", .faces = VS_FACE_BOTH, .usage = "DUMP... [SELECTION...]",
	.gdb_usage = "[SELECTION...]", .options = own,
	.takes = VS_TAKES_DUMPS | VS_TAKES_SELECTION | VS_NEEDS_DUMP,
};
static const struct vs_cmd info = {
	.name = "info", .faces = VS_FACE_BOTH, .usage = "DUMP", .gdb_usage = "",
	.takes = VS_TAKES_DUMP | VS_NEEDS_DUMP,
};
static const struct vs_cmd open_cmd = {
	.name = "open", .faces = VS_FACE_GDB, .gdb_usage = "DUMP [VMLINUX]",
	.takes = VS_TAKES_DUMP,
};

static struct vs_err *eval(const char *expr, uint64_t *ret)
{
	if (!strcmp(expr, "$pid"))
		*ret = 134;
	else if (!strcmp(expr, "mm->mmap"))
		*ret = 0xffff888012345678;
	else
		return vs_err_create(VS_ERR_NOT_FOUND, "no symbol \"%s\"", expr);
	return NULL;
}

/* Words are separated by one blank. */
static struct vs_err *parse(const struct vs_cmd *cmd, int face, const char *line,
			    struct vs_args *ret)
{
	char *copy = strdup(line), *argv[16];
	int argc = 0;
	struct vs_err *err;

	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	err = vs_args_parse(cmd, face, face == VS_FACE_GDB ? eval : NULL, argc, argv, ret);
	free(copy);	// nothing may borrow from the words
	return err;
}

static void good_shell(void)
{
	struct vs_args a;

	ok(!parse(&maps, VS_FACE_SHELL, "vmcore 12 comm=a=b mm=0xFFff 0 mm=1f", &a),
	   "a dump and selections");
	ok(a.files.n == 1 && !strcmp(a.files.v[0], "vmcore"), "the dump");
	ok(a.sel.n == 5, "five selections");
	ok(a.sel.v[0].kind == VS_SEL_PID && a.sel.v[0].num == 12, "a number is a pid");
	ok(a.sel.v[1].kind == VS_SEL_COMM && !strcmp(a.sel.v[1].comm, "a=b"), "comm=");
	ok(a.sel.v[2].kind == VS_SEL_MM && a.sel.v[2].num == 0xffff, "mm= with 0x");
	ok(a.sel.v[3].kind == VS_SEL_PID && a.sel.v[3].num == 0, "pid 0");
	ok(a.sel.v[4].kind == VS_SEL_MM && a.sel.v[4].num == 0x1f, "mm= without 0x");
	ok(!a.json && !strcmp(a.color, "auto") && !a.quiet && !a.open.vmlinux, "the defaults");
	ok(a.needs_dump && a.face == VS_FACE_SHELL && a.cmd == &maps, "what it knows of itself");
	vs_args_deinit(&a);

	ok(!parse(&maps, VS_FACE_SHELL,
		  "--format=json --vmlinux a=b --color never --quiet --stats --force x", &a),
	   "options before the dump");
	ok(a.json && a.quiet && a.stats && a.open.force && !strcmp(a.color, "never"), "are taken");
	is_str(a.open.vmlinux, "a=b", "--vmlinux FILE");
	vs_args_deinit(&a);

	ok(!parse(&maps, VS_FACE_SHELL, "--format json --format text -- --help", &a),
	   "-- ends the options");
	ok(!a.help && a.files.n == 1 && !strcmp(a.files.v[0], "--help"), "a file named --help");
	ok(!a.json, "the last one of an option counts");
	vs_args_deinit(&a);

	ok(!parse(&maps, VS_FACE_SHELL, "./12", &a), "./12 is a file");
	ok(a.files.n == 1 && !a.sel.n, "and no pid");
	vs_args_deinit(&a);

	ok(!parse(&maps, VS_FACE_SHELL, "./comm=x", &a) && a.files.n == 1, "./comm=x is a file");
	vs_args_deinit(&a);

	ok(!parse(&maps, VS_FACE_SHELL, "--help --no-such", &a) && a.help,
	   "--help needs nothing else to be right");
	vs_args_deinit(&a);

	ok(!parse(&show, VS_FACE_SHELL, "ffff888012345678 vmcore", &a), "an address, a dump");
	ok(a.addr == 0xffff888012345678 && a.files.n == 1, "hexadecimal without 0x");
	vs_args_deinit(&a);
	ok(!parse(&show, VS_FACE_SHELL, "1234 vmcore", &a) && a.addr == 0x1234,
	   "an address of decimal digits is hexadecimal");
	vs_args_deinit(&a);
	ok(!parse(&show, VS_FACE_SHELL, "0x00000000000000000001 vmcore", &a) && a.addr == 1,
	   "leading zeros do not count");
	vs_args_deinit(&a);

	ok(!parse(&check, VS_FACE_SHELL, "a b c 1 --max 3", &a), "several dumps");
	ok(a.files.n == 3 && a.sel.n == 1, "of them three");
	is_str(vs_args_option(&a, "max"), "3", "an option of its own");
	is_str(vs_args_option(&a, "list-rules"), NULL, "one that is not given");
	vs_args_deinit(&a);
	ok(!parse(&check, VS_FACE_SHELL, "--list-rules", &a) && !a.needs_dump,
	   "--list-rules needs no dump");
	is_str(vs_args_option(&a, "list-rules"), "", "a flag is \"\"");
	vs_args_deinit(&a);
}

static void good_gdb(void)
{
	struct vs_args a;

	ok(!parse(&maps, VS_FACE_GDB, "", &a) && !a.files.n && !a.sel.n, "gdb: nothing at all");
	vs_args_deinit(&a);
	ok(!parse(&maps, VS_FACE_GDB, "$pid mm=mm->mmap", &a) && a.sel.n == 2,
	   "gdb: expressions select");
	ok(a.sel.v[0].kind == VS_SEL_PID && a.sel.v[0].num == 134, "gdb: $pid is a pid");
	ok(a.sel.v[1].kind == VS_SEL_MM && a.sel.v[1].num == 0xffff888012345678, "gdb: mm=EXPR");
	vs_args_deinit(&a);
	ok(!parse(&show, VS_FACE_GDB, "mm->mmap", &a) && a.addr == 0xffff888012345678,
	   "gdb: an expression is an address");
	vs_args_deinit(&a);
	ok(!parse(&open_cmd, VS_FACE_GDB, "vmcore vmlinux", &a) && a.files.n == 2,
	   "gdb: open takes two files");
	vs_args_deinit(&a);
	ok(!parse(&open_cmd, VS_FACE_GDB, "1234", &a) && a.files.n == 1,
	   "gdb: open takes a file that is named like a number");
	vs_args_deinit(&a);
}

/* Every one of these is an error, one line, with these words in it. */
static const struct {
	const struct vs_cmd *cmd;
	int face;
	const char *line, *words;
} bad[] = {
	{ &maps, VS_FACE_SHELL, "", "maps: no dump given (usage: vmascope maps DUMP [SELECTION...])" },
	{ &maps, VS_FACE_SHELL, "12", "no dump given" },
	{ &maps, VS_FACE_SHELL, "a b", "expected one dump, found \"a\" and \"b\"" },
	{ &maps, VS_FACE_SHELL, "a --fromat json", "unknown option --fromat, did you mean --format?" },
	{ &maps, VS_FACE_SHELL, "a --vmlinx=b", "did you mean --vmlinux?" },
	{ &maps, VS_FACE_SHELL, "a --qqqqqqq", "unknown option --qqqqqqq (usage: " },
	{ &maps, VS_FACE_SHELL, "a -x", "unknown option -x" },
	{ &maps, VS_FACE_SHELL, "a --max 3", "unknown option --max" },
	{ &maps, VS_FACE_SHELL, "a --format", "--format: expected text|json, found nothing" },
	{ &maps, VS_FACE_SHELL, "a --format=", "--format: expected text|json, found nothing" },
	{ &maps, VS_FACE_SHELL, "a --format tex", "--format: expected text|json, found \"tex\"" },
	{ &maps, VS_FACE_SHELL, "a --quiet=yes", "--quiet takes no argument, found \"yes\"" },
	{ &maps, VS_FACE_SHELL, "a comm=", "comm=: expected a name" },
	{ &maps, VS_FACE_SHELL, "a com=x", "expected PID, comm=NAME or mm=ADDR, found \"com=x\"" },
	{ &maps, VS_FACE_SHELL, "a mm=", "mm=: expected a hexadecimal number" },
	{ &maps, VS_FACE_SHELL, "a mm=xyz", "found \"xyz\"" },
	{ &maps, VS_FACE_SHELL, "a mm=0x", "found \"0x\"" },
	{ &maps, VS_FACE_SHELL, "a mm=10000000000000000", "at most 64 bits" },
	{ &maps, VS_FACE_SHELL, "a 99999999999999999999", "expected a pid" },
	{ &maps, VS_FACE_SHELL, "a 2147483648", "expected a pid" },
	{ &info, VS_FACE_SHELL, "a 12", "takes no pid, found \"12\"" },
	{ &info, VS_FACE_SHELL, "a mm=12", "takes no selection, found \"mm=12\"" },
	{ &show, VS_FACE_SHELL, "", "no address given (usage: vmascope show ADDR DUMP)" },
	{ &show, VS_FACE_SHELL, "12", "no dump given" },
	{ &show, VS_FACE_SHELL, "vmcore 12", "address: expected a hexadecimal number" },
	{ &check, VS_FACE_SHELL, "--max 1", "no dump given" },
	{ &maps, VS_FACE_GDB, "vmcore", "expected PID, comm=NAME or mm=ADDR, found \"vmcore\" (usage: vma maps [SELECTION...])" },
	{ &maps, VS_FACE_GDB, "mm=foo", "maps: mm=: no symbol \"foo\"" },
	{ &show, VS_FACE_GDB, "foo", "show: address: no symbol \"foo\"" },
	{ &info, VS_FACE_GDB, "x", "unexpected \"x\" (usage: vma info)" },
	{ &open_cmd, VS_FACE_GDB, "", "no dump given" },
	{ &open_cmd, VS_FACE_GDB, "a b c", "unexpected \"c\"" },
};

static void errors(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_args a;
		struct vs_err *err = parse(bad[i].cmd, bad[i].face, bad[i].line, &a);

		if (!ok(err && err->code == (strstr(bad[i].words, "no symbol") ? VS_ERR_NOT_FOUND :
					     VS_ERR_USAGE) &&
			strstr(err->msg, bad[i].words) && !strchr(err->msg, '\n'),
			"\"%s %s\" is an error", bad[i].cmd->name, bad[i].line))
			diag("found %s", err ? err->msg : "no error");
		if (err)
			vs_err_free(err);
		else
			vs_args_deinit(&a);
	}
}

static const char *nearest(const char *typed)
{
	struct vs_nearest n = { .typed = typed };

	vs_nearest_try(&n, "maps");
	vs_nearest_try(&n, "check");
	vs_nearest_try(&n, "extract");
	vs_nearest_try(&n, "mm");
	return n.best;
}

int main(void)
{
	good_shell();
	good_gdb();
	errors();
	is_str(nearest("map"), "maps", "a letter short");
	is_str(nearest("chekc"), "check", "two letters exchanged");
	is_str(nearest("ext"), "extract", "the beginning of a name");
	is_str(nearest("zebra"), NULL, "like none of them");
	is_str(nearest(""), NULL, "nothing is like nothing");
	is_str(nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), NULL,
	       "too long for a name");
	return done();
}
