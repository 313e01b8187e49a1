// SPDX-License-Identifier: GPL-2.0-or-later
/* tree: the red-black or maple tree of an address space, drawn. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "check/check.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "render/json.h"
#include "render/tree.h"

static struct vs_err *parse_depth(const struct vs_args *args, uint32_t *ret)
{
	const char *s = vs_args_option(args, "depth");

	*ret = VS_TREE_ALL;
	if (!s)
		return NULL;
	if (!*s || s[strspn(s, "0123456789")] || strlen(s) > 6)
		return vs_err_create(VS_ERR_USAGE, "tree: --depth: expected a number of levels, found \"%s\"", s);
	*ret = (uint32_t)strtoul(s, NULL, 10);
	return NULL;
}

/* The exit code tells what the picture shows. */
static void raise_to(enum vs_verdict v, int *status)
{
	static const int rank[] = {
		[VS_STATUS_OK] = 0, [VS_STATUS_NONE] = 0, [VS_STATUS_INCOMPLETE] = 1, [VS_STATUS_TORN] = 2,
		[VS_STATUS_DAMAGE] = 3,
	};

	if (v != VS_UNREADABLE && rank[v] > rank[*status])
		*status = (int)v;
}

static struct vs_err *draw(struct vs_session *s, uint64_t mm, uint32_t depth, const struct vs_args *args,
			   struct vs_out *out, int *status)
{
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_report r = { 0 };
	struct vs_err *err = vs_session_space(s, mm, true, out);

	if (err)
		return err;
	vs_check_space(s->space, &r);
	if (r.failed)
		err = &vs_enomem;
	else if (args->json)
		err = vs_json_tree(out, s->space, &r, depth);
	else
		err = vs_render_tree(out, s->space, &r, depth, &style);
	raise_to(r.verdict, status);
	vs_report_deinit(&r);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	_cleanup_free_ struct vs_target_mm *mms = NULL;
	uint32_t depth;
	size_t n = 0;
	struct vs_err *err = parse_depth(args, &depth);

	if (!err)
		err = vs_select_mms(s, args, out, &mms, &n);
	if (!err && args->json)
		err = vs_json_header(out, "tree");
	for (size_t i = 0; !err && i < n; i++) {
		if (i && !args->json)
			vs_buf_putc(&out->buf, '\n');
		err = draw(s, mms[i].mm, depth, args, out, status_ret);
	}
	return err;
}

static const struct vs_option options[] = {
	{ .name = "depth", .arg = "N", .help = "draw N levels below the root; what is deeper is counted" },
	{ .name = "ascii", .help = "no box characters, whatever the locale" },
	{ NULL }
};

const struct vs_cmd vs_cmd_tree = {
	.name = "tree",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_TAKES_SELECTION | VS_NEEDS_DUMP,
	.usage = "DUMP [SELECTION...]",
	.gdb_usage = "[SELECTION...]",
	.summary = "draw the red-black or maple tree of address spaces, damage where it sits",
	.help = "One line a node, parents above their children, lower addresses first. Of a\n"
		"red-black tree: the VMA, rb_subtree_gap, left or right child, black or red, the\n"
		"range. Of a maple tree: the node, the gap that its parent keeps for it, its slot\n"
		"there, type, range by the pivots, slots in use; of its leaves each entry and each\n"
		"free range.\n"
		"\n"
		"What check finds wrong with a node stands under it, marked with ! and the rule. A\n"
		"pointer that leads to no node is a line too. Each node is drawn once, whatever the\n"
		"pointers say. The exit code is that of the verdict: 0 consistent, 1 corrupt,\n"
		"3 torn, 4 incomplete.",
	.example = "vmascope tree vmcore 1234 --depth 2",
	.gdb_example = "vma tree 1234",
	.options = options,
	.run = run,
};
