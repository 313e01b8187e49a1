// SPDX-License-Identifier: GPL-2.0-or-later
/* JUnit's XML, as Jenkins, GitLab and actions for GitHub read it. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "triage/group.h"

/* XML 1.0 has no way to write most controls: they get the kernel's form, \ooo; what is no UTF-8 is replaced. */
static void put_xml(struct vs_buf *b, const char *s)
{
	size_t left = strlen(s);

	while (left) {
		uint32_t cp = 0;
		size_t n = vs_utf8_decode(s, left, &cp);

		if (!n)
			vs_buf_puts(b, "\xef\xbf\xbd"), n = 1;
		else if (cp < 0x20 || cp == 0x7f)
			vs_buf_printf(b, "\\%03o", (unsigned int)cp);
		else if (vs_utf8_columns(cp) < 0 || cp == 0xfffe || cp == 0xffff)
			vs_buf_puts(b, "\xef\xbf\xbd");
		else if (cp == '&')
			vs_buf_puts(b, "&amp;");
		else if (cp == '<')
			vs_buf_puts(b, "&lt;");
		else if (cp == '>')
			vs_buf_puts(b, "&gt;");
		else if (cp == '"')
			vs_buf_puts(b, "&quot;");
		else
			vs_buf_put(b, s, n);
		s += n;
		left -= n;
	}
}

static void put_attr(struct vs_buf *b, const char *name, const char *value)
{
	vs_buf_printf(b, " %s=\"", name);
	put_xml(b, value ? value : "");
	vs_buf_putc(b, '"');
}

static void put_findings(struct vs_buf *b, const struct vs_triage_record *r)
{
	if (r->text[VS_TT_REASON]) {
		put_xml(b, r->text[VS_TT_REASON]);
		vs_buf_putc(b, '\n');
	}
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct vs_triage_finding *f = &r->findings.v[i];

		put_xml(b, f->rule);
		vs_buf_putc(b, ' ');
		put_xml(b, f->object);
		if (f->member) {
			vs_buf_putc(b, '.');
			put_xml(b, f->member);
		}
		if (f->address) {
			vs_buf_puts(b, " at ");
			put_xml(b, f->address);
		}
		vs_buf_printf(b, ", %llu time%s\n", (unsigned long long)f->count, f->count == 1 ? "" : "s");
	}
	vs_buf_puts(b, "see: vmascope check ");
	{
		_cleanup_buf_ struct vs_buf quoted = VS_BUF_INIT;

		vs_triage_put_quoted(&quoted, r->text[VS_TT_PATH]);
		put_xml(b, vs_buf_str(&quoted));
	}
	vs_buf_putc(b, '\n');
}

/* What a record is to JUnit. */
enum is { PASSED, FAILED, BROKEN, SKIPPED };

static enum is judge(const struct vs_triage_record *r, const struct vs_triage_fail *fail)
{
	if (r->accepted)
		return PASSED;
	if (!fail->on[r->verdict])
		return r->verdict == VS_TRIAGE_IGNORED ? SKIPPED : PASSED;
	return r->verdict == VS_UNREADABLE || r->verdict == VS_TRIAGE_IGNORED ? BROKEN : FAILED;
}

static void put_case(struct vs_buf *b, const struct vs_triage_record *r, enum is is)
{
	static const char *const tags[] = { [FAILED] = "failure", [BROKEN] = "error" };
	const char *kind = r->text[VS_TT_KIND];

	vs_buf_puts(b, "    <testcase");
	put_attr(b, "name", r->text[VS_TT_PATH]);
	put_attr(b, "classname", !kind ? "vmascope.file" : strcmp(kind, "process") ? "vmascope.kernel" : "vmascope.process");
	put_attr(b, "file", r->text[VS_TT_PATH]);
	if (is == PASSED && r->verdict == VS_CONSISTENT) {
		vs_buf_puts(b, "/>\n");
		return;
	}
	vs_buf_puts(b, ">");
	if (is == SKIPPED) {
		vs_buf_puts(b, "<skipped");
		put_attr(b, "message", r->text[VS_TT_REASON]);
		vs_buf_puts(b, "/>");
	} else if (is == PASSED) {
		vs_buf_printf(b, "<system-out>%s%s\n", vs_triage_verdict_name(r->verdict), r->accepted ? ", accepted" : "");
		put_findings(b, r);
		vs_buf_puts(b, "</system-out>");
	} else {
		vs_buf_printf(b, "<%s", tags[is]);
		put_attr(b, "type", vs_triage_verdict_name(r->verdict));
		put_attr(b, "message", r->text[VS_TT_SIGNATURE]);
		vs_buf_puts(b, ">");
		put_findings(b, r);
		vs_buf_printf(b, "</%s>", tags[is]);
	}
	vs_buf_puts(b, "</testcase>\n");
}

void vs_triage_junit(struct vs_buf *b, const struct vs_triage_records *r, const struct vs_triage_fail *fail)
{
	size_t n[4] = { 0 };
	char counts[160];

	for (size_t i = 0; i < r->v.n; i++)
		n[judge(&r->v.v[i], fail)]++;
	snprintf(counts, sizeof(counts), "name=\"vmascope triage\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		 r->v.n, n[FAILED], n[BROKEN], n[SKIPPED]);
	vs_buf_printf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n  <testsuite %s>\n", counts, counts);
	for (size_t i = 0; i < r->v.n; i++)
		put_case(b, &r->v.v[i], judge(&r->v.v[i], fail));
	vs_buf_puts(b, "  </testsuite>\n</testsuites>\n");
}
