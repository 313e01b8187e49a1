// SPDX-License-Identifier: GPL-2.0-or-later
/* The summary, for people and as JSON. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "base/utf8.h"
#include "render/json.h"
#include "triage/group.h"

#define MAX_SOUND	10	/* groups of consistent dumps, without --verbose */
#define MAX_NAMED	3	/* files of a group */

static bool is_plain(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+,:@%=")] == 0 &&
	       *s != '-' && !strchr(s, '=');
}

/* May all of it be shown on a terminal? */
static bool is_clean(const char *s)
{
	for (size_t n = 0, left = strlen(s); left; s += n, left -= n) {
		uint32_t cp;

		n = vs_utf8_decode(s, left, &cp);
		if (!n || vs_utf8_columns(cp) < 0)
			return false;
	}
	return true;
}

void vs_triage_put_quoted(struct vs_buf *b, const char *s)
{
	if (is_plain(s)) {
		vs_buf_puts(b, s);
		return;
	}
	if (*s == '-')
		vs_buf_puts(b, "./");	// no option
	if (is_clean(s)) {
		vs_buf_putc(b, '\'');
		for (; *s; s++) {
			if (*s == '\'')
				vs_buf_puts(b, "'\\''");
			else
				vs_buf_putc(b, *s);
		}
		vs_buf_putc(b, '\'');
		return;
	}
	vs_buf_puts(b, "$'");
	for (; *s; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || c == '\'' || c == '\\')
			vs_buf_printf(b, "\\%03o", c);
		else
			vs_buf_putc(b, *s);
	}
	vs_buf_putc(b, '\'');
}

/* What tells most about the first of a group. */
static void put_command(struct vs_buf *b, const struct vs_triage_group *g, const struct vs_triage_style *style)
{
	const struct vs_triage_record *r = g->v[0];
	const char *kind = r->text[VS_TT_KIND];
	const bool process = kind && !strcmp(kind, "process");

	if (r->outcome == VS_TRIAGE_NOT_A_DUMP || r->outcome == VS_TRIAGE_VANISHED) {
		vs_buf_puts(b, "ls -l ");
		vs_triage_put_quoted(b, r->text[VS_TT_PATH]);
		return;
	}
	vs_buf_puts(b, r->verdict == VS_UNREADABLE || r->verdict == VS_INCOMPLETE ? "vmascope info " :
		    r->verdict == VS_CONSISTENT && process ? "vmascope layout " : "vmascope check ");
	vs_triage_put_quoted(b, r->text[VS_TT_PATH]);
	if (!process && (style->vmlinux || r->text[VS_TT_VMLINUX])) {
		vs_buf_puts(b, " --vmlinux ");
		vs_triage_put_quoted(b, style->vmlinux ? style->vmlinux : r->text[VS_TT_VMLINUX]);
	}
}

static void put_colored(struct vs_buf *b, int verdict, const char *word, const struct vs_triage_style *style)
{
	vs_buf_puts(b, !style->color ? "" : verdict == VS_CORRUPT ? "\033[1;31m" :
		    verdict == VS_CONSISTENT ? "\033[32m" : "\033[33m");
	vs_buf_puts(b, word);
	vs_buf_puts(b, style->color ? "\033[0m" : "");
}

static void put_group(struct vs_buf *b, const struct vs_triage_group *g, const struct vs_triage_style *style)
{
	static const char *const words[VS_TRIAGE_VERDICTS] = {
		[VS_CORRUPT] = "CORRUPT", [VS_TORN] = "TORN", [VS_INCOMPLETE] = "INCOMPLETE",
		[VS_UNREADABLE] = "UNREADABLE", [VS_CONSISTENT] = "consistent", [VS_TRIAGE_IGNORED] = "ignored",
	};
	char n[VS_THOUSANDS_MAX];

	vs_buf_putc(b, '\n');
	put_colored(b, g->verdict, words[g->verdict], style);
	vs_buf_printf(b, "  %s %s%s  ", vs_thousands(n, g->n), g->v[0]->outcome == VS_TRIAGE_NOT_A_DUMP ? "file" : "dump",
		      g->n == 1 ? "" : "s");
	if (*g->signature)
		vs_buf_put_clean(b, g->signature, strlen(g->signature));
	else
		vs_buf_puts(b, "(nothing else is known)");
	vs_buf_putc(b, '\n');
	for (size_t i = 0; i < g->n && (i < MAX_NAMED || style->verbose); i++) {
		vs_buf_puts(b, "  ");
		vs_triage_put_quoted(b, g->v[i]->text[VS_TT_PATH]);
		vs_buf_putc(b, '\n');
	}
	if (g->n > MAX_NAMED && !style->verbose)
		vs_buf_printf(b, "  and %s more\n", vs_thousands(n, g->n - MAX_NAMED));
	vs_buf_puts(b, "  see: ");
	put_command(b, g, style);
	vs_buf_putc(b, '\n');
}

static const int order[] = { VS_CORRUPT, VS_TORN, VS_INCOMPLETE, VS_UNREADABLE, VS_CONSISTENT };

static void put_counts(struct vs_buf *b, const struct vs_triage_summary *s, const struct vs_triage_style *style)
{
	const size_t dumps = s->total - s->counts[VS_TRIAGE_IGNORED];
	char n[VS_THOUSANDS_MAX];
	bool first = true;

	vs_buf_printf(b, "%s dump%s", vs_thousands(n, dumps), dumps == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		char words[64];

		if (!s->counts[order[i]])
			continue;
		snprintf(words, sizeof(words), "%s %s", vs_thousands(n, s->counts[order[i]]), vs_triage_verdict_name(order[i]));
		vs_buf_puts(b, first ? ": " : ", ");
		put_colored(b, order[i], words, style);
		first = false;
	}
	if (s->accepted)
		vs_buf_printf(b, "%s%s accepted by the baseline", first ? ": " : ", ", vs_thousands(n, s->accepted));
	if (s->counts[VS_TRIAGE_IGNORED])
		vs_buf_printf(b, "; %s other file%s", vs_thousands(n, s->counts[VS_TRIAGE_IGNORED]),
			      s->counts[VS_TRIAGE_IGNORED] == 1 ? "" : "s");
	vs_buf_putc(b, '\n');
}

void vs_triage_summary_text(struct vs_buf *b, const struct vs_triage_summary *s, const struct vs_triage_style *style)
{
	size_t sound = 0, left = 0;
	char n[VS_THOUSANDS_MAX];

	put_counts(b, s, style);
	for (size_t i = 0; i < s->groups.n; i++) {
		const struct vs_triage_group *g = &s->groups.v[i];

		if (g->verdict == VS_CONSISTENT && sound++ >= MAX_SOUND && !style->verbose)
			left++;
		else
			put_group(b, g, style);
	}
	if (left)
		vs_buf_printf(b, "\nand %s more groups of consistent dumps: --verbose\n", vs_thousands(n, left));
	vs_buf_printf(b, "%sverdict: ", s->groups.n ? "\n" : "");
	put_colored(b, s->worst, vs_triage_verdict_name(s->worst), style);
	vs_buf_printf(b, "  exit %d\n", s->exit);
}

static struct vs_err *group_json(struct vs_out *out, const struct vs_triage_group *g, const struct vs_triage_style *style)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	struct vs_json *j = vs_json_begin("group");
	const char *text;

	vs_json_str(j, "verdict", vs_triage_verdict_name(g->verdict));
	vs_json_bytes(j, "signature", g->signature, strlen(g->signature));
	vs_json_uint(j, "count", g->n);
	vs_json_bytes(j, "first", g->v[0]->text[VS_TT_PATH], strlen(g->v[0]->text[VS_TT_PATH]));
	put_command(&b, g, style);
	text = vs_buf_str(&b);
	vs_json_bytes(j, "command", text, strlen(text));
	return vs_json_end(j, out);
}

struct vs_err *vs_triage_summary_json(struct vs_out *out, const struct vs_triage_summary *s,
				      const struct vs_triage_style *style)
{
	struct vs_err *err = NULL;
	struct vs_json *j;

	for (size_t i = 0; !err && i < s->groups.n; i++)
		err = group_json(out, &s->groups.v[i], style);
	if (err)
		return err;
	j = vs_json_begin("summary");
	vs_json_uint(j, "files", s->total);
	for (int i = 0; i < VS_TRIAGE_VERDICTS; i++)
		vs_json_uint(j, vs_triage_verdict_name(i), s->counts[i]);
	vs_json_uint(j, "accepted", s->accepted);
	vs_json_str(j, "verdict", vs_triage_verdict_name(s->worst));
	vs_json_uint(j, "exit", (uint64_t)s->exit);
	return vs_json_end(j, out);
}
