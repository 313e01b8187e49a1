// SPDX-License-Identifier: GPL-2.0-or-later
/* How a report reads. */
#include "render/report.h"

#include <stdlib.h>

#include "base/number.h"
#include "synth.h"
#include "tap.h"

static const struct vs_report_style plain = { .cmd = "vmascope", .dump = "vmcore" };

/** The report on @p y; the caller frees it. */
static char *report(const struct synth *y, const struct vs_report_style *style)
{
	struct vs_space *s = vs_space_create();
	struct vs_buf b = VS_BUF_INIT;
	struct vs_space_user *u;
	struct vs_report r;
	char *text;

	synth_read(y, s);
	u = vs_vec_push(&s->users);
	*u = (struct vs_space_user){ .pid = 134, .tgid = 134, .comm = "ma\nny" };
	vs_check_space(s, &r);
	vs_render_report(&b, s, &r, style);
	text = vs_buf_steal(&b);
	vs_report_deinit(&r);
	vs_space_destroy(s);
	return text;
}

static void reads(const struct synth *y, const char *expected, const char *what)
{
	char *text = report(y, &plain);

	is_str(text, expected, "%s", what);
	free(text);
}

static void test_text(void)
{
	struct synth sound, y;
	uint64_t tmp;

	synth_make(&sound, 1500, SYNTH_DENSE, 3);
	reads(&sound, "", "a consistent address space says nothing");

	synth_copy(&y, &sound);
	y.v[1000].next = y.v[1000].addr;
	reads(&y,
	      "CORRUPT  ma\\012ny (pid 134)  mm 0xffff9d3c41fb2000\n"
	      "  vma 0xffff9d3c40032000  7f3cd03e8000-7f3cd03e9000 r--p\n"
	      "    list-next       vm_next is 0xffff9d3c40032000, itself; vm_prev and vm_rb put 0xffff9d3c400320c8 next\n"
	      "    list-count      vm_next reaches 1,001 of 1,500 VMAs; vm_prev and vm_rb reach all of them\n"
	      "  intact: vm_prev, vm_rb, rb_subtree_gap, map_count, counters. All 1,500 VMAs are known by vm_rb\n"
	      "  see: vmascope show 0xffff9d3c40032000 vmcore\n"
	      "       vmascope rebuild vmcore 134\n",
	      "vm_next leads to itself");
	synth_free(&y);

	synth_copy(&y, &sound);
	tmp = y.v[1000].start;
	y.v[1000].start = y.v[1000].end;
	y.v[1000].end = tmp;
	reads(&y,
	      "CORRUPT  ma\\012ny (pid 134)  mm 0xffff9d3c41fb2000\n"
	      "  vma 0xffff9d3c40032000  7f3cd03e9000-7f3cd03e8000 r--p\n"
	      "    vma-range       vm_start 0x7f3cd03e9000 and vm_end 0x7f3cd03e8000 are exchanged\n"
	      "  mm 0xffff9d3c41fb2000\n"
	      "    total-vm        total_vm is 1,500 pages; the VMAs have 4,503,599,627,371,994\n"
	      "  intact: vm_next, vm_prev, vm_rb, rb_subtree_gap, map_count. All 1,500 VMAs are known by vm_next\n"
	      "  see: vmascope show 0xffff9d3c40032000 vmcore\n",
	      "vm_start and vm_end exchanged");
	synth_free(&y);

	synth_copy(&y, &sound);
	y.f.map_count = 1501;
	reads(&y,
	      "CORRUPT  ma\\012ny (pid 134)  mm 0xffff9d3c41fb2000\n"
	      "  mm 0xffff9d3c41fb2000\n"
	      "    map-count       map_count is 1,501; vm_next reaches 1,500 VMAs\n"
	      "  intact: vm_next, vm_prev, vm_rb, rb_subtree_gap, counters. All 1,500 VMAs are known by vm_next\n"
	      "  see: vmascope mm vmcore 134\n",
	      "map_count is wrong");
	synth_free(&y);

	synth_copy(&y, &sound);
	y.absent[3] = 1;
	reads(&y,
	      "INCOMPLETE  ma\\012ny (pid 134)  mm 0xffff9d3c41fb2000\n"
	      "  mm 0xffff9d3c41fb2000\n"
	      "    absent          1 VMA is not in the dump (0xffff9d3c40000258; excluded from the dump); what hangs behind it may be missing too\n",
	      "a VMA is missing");
	synth_free(&y);
	synth_free(&sound);
}

static size_t lines(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void test_long(void)
{
	struct vs_report_style all = plain, gdb = { .cmd = "vma" }, painted = plain;
	struct synth y;
	char *text;

	synth_make(&y, 1500, SYNTH_DENSE, 3);
	for (uint32_t i = 0; i < y.n; i++)
		y.v[i].rb_parent = 0x1238;
	text = report(&y, &plain);
	ok(lines(text) < 24 && strstr(text, "more finding") && strstr(text, ": --verbose"),
	   "damage everywhere takes a screen, and says that there is more");
	free(text);
	all.verbose = true;
	text = report(&y, &all);
	ok(lines(text) > 1500 && strstr(text, "and 500 more findings that are not kept"),
	   "verbose tells all that was kept");
	free(text);
	text = report(&y, &gdb);
	ok(strstr(text, "  see: vma show 0xffff9d3c40000000\n") != NULL, "GDB's commands name no dump");
	free(text);
	painted.color = true;
	text = report(&y, &painted);
	ok(!strncmp(text, "\033[1;31mCORRUPT\033[0m", 18), "colour");
	free(text);
	synth_free(&y);
}

static void test_thousands(void)
{
	char buf[VS_THOUSANDS_MAX];

	is_str(vs_thousands(buf, 0), "0", "0");
	is_str(vs_thousands(buf, 999), "999", "three digits");
	is_str(vs_thousands(buf, 60011), "60,011", "five digits");
	is_str(vs_thousands(buf, UINT64_MAX), "18,446,744,073,709,551,615", "as many as there are");
}

static void test_rules(void)
{
	const struct vs_rule *rules;
	struct vs_buf b = VS_BUF_INIT;
	bool unique = true, told = true;
	size_t n;

	rules = vs_rules(&n);
	for (size_t i = 0; i < n; i++) {
		told = told && rules[i].id && (rules[i].check || !strncmp(rules[i].id, "task-", 5)) && rules[i].doc && *rules[i].doc;
		for (size_t j = 0; j < i; j++)
			unique = unique && strcmp(rules[i].id, rules[j].id);
	}
	ok(unique, "each rule has an id of its own");
	ok(told, "each rule, but those about tasks, has a function, and a line of documentation");
	vs_render_rules(&b);
	ok(lines(vs_buf_str(&b)) == n, "a line for each rule");
	vs_buf_deinit(&b);
}

int main(void)
{
	test_thousands();
	test_rules();
	test_text();
	test_long();
	return done();
}
