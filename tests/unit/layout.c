// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture of an address space: its rows, its totals, how it is drawn. */
#include "render/layout.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "sink.h"
#include "synth.h"
#include "tap.h"

#define USER_END UINT64_C(0x800000000000)
#define PRIVATE (VS_VM_MAYREAD | VS_VM_MAYWRITE | VS_VM_MAYEXEC)

static const struct vs_pic_env plain = { .user_end = USER_END, .kernel_start = -USER_END };

static struct vs_vma *vma(struct vs_space *s, uint64_t start, uint64_t end, uint64_t flags, uint32_t fact)
{
	struct vs_vma *v = vs_space_add(s, 0xffff888000001000 + s->vmas.n * 0x100);

	if (!v)
		exit(99);
	v->start = start;
	v->end = end;
	v->flags = flags | PRIVATE;
	v->mm = s->mm;
	v->fact = fact;
	v->file = fact == VS_NONE ? 0 : 0xffff888000800000 + fact * 0x100;
	return v;
}

/* A small process as Linux lays one out, without walks: they are all in vmas[]. */
static struct vs_space *small(void)
{
	static struct vs_fact facts[] = {
		{ .path = (char *)"/bin/thing", .ino = 5 },
		{ .path = (char *)"/lib/a name\nthat is much too long for any column/lib\xc3\xa9.so" },
	};
	struct vs_space *s = vs_space_create();

	if (!s)
		exit(99);
	for (size_t i = 0; i < 2; i++)
		facts[i].path_len = strlen(facts[i].path);
	s->mm = 0xffff888000000000;
	s->page_shift = 12;
	s->word = 8;
	s->has = VS_HAS_DATA_VM | VS_HAS_STACK_GUARD_GAP | VS_HAS_MAPLE;
	s->stack_guard_gap = SYNTH_GUARD;
	s->limit = 0x7ffffffff000;
	s->facts = facts;
	s->n_facts = 2;
	s->mmap_dir = VS_MMAP_DOWN;
	s->f = (struct vs_mm_fields){
		.task_size = 0x7ffffffff000, .mmap_base = 0x7ffff7fff000,
		.start_code = 0x401000, .end_code = 0x4011f0, .start_data = 0x402e00, .end_data = 0x403080,
		.start_brk = 0x500000, .brk = 0x520000, .start_stack = 0x7ffffffde540,
		.arg_start = 0x7ffffffde800, .arg_end = 0x7ffffffde810, .env_start = 0x7ffffffde810,
		.env_end = 0x7ffffffdeff0, .total_vm = 48, .data_vm = 36, .exec_vm = 2, .stack_vm = 5,
	};
	vma(s, 0x401000, 0x402000, VS_VM_READ | VS_VM_EXEC, 0);
	vma(s, 0x402000, 0x403000, VS_VM_READ, 0);
	vma(s, 0x403000, 0x404000, VS_VM_READ | VS_VM_WRITE, 0);
	vma(s, 0x404000, 0x406000, VS_VM_READ | VS_VM_WRITE, VS_NONE);
	vma(s, 0x500000, 0x520000, VS_VM_READ | VS_VM_WRITE, VS_NONE);
	vma(s, 0x7ffff7ffd000, 0x7ffff7ffe000, VS_VM_READ | VS_VM_WRITE | VS_VM_SHARED | VS_VM_MAYSHARE, 1);
	vma(s, 0x7ffff7ffe000, 0x7ffff7fff000, VS_VM_READ | VS_VM_EXEC, 1);
	vma(s, 0x7ffffffda000, 0x7ffffffdf000, VS_VM_READ | VS_VM_WRITE | VS_VM_GROWSDOWN, VS_NONE);
	return s;
}

/* Rows cover everything from 0 to the end without overlap, from high to low. */
static bool covers(const struct vs_picture *p, size_t *n_vmas)
{
	uint64_t low = 0;
	bool any = false, good = true;

	*n_vmas = 0;
	for (size_t i = 0; i < p->rows.n; i++) {
		const struct vs_pic_row *r = &p->rows.v[i];

		if (r->what == VS_PIC_MARK || r->what == VS_PIC_EDGE || r->what == VS_PIC_KERNEL)
			continue;
		good = good && r->start < r->end && (!any || r->end == low);
		any = true;
		low = r->start;
		if (r->what == VS_PIC_RUN)
			*n_vmas += p->runs.v[r->run].n;
		else
			*n_vmas += r->what == VS_PIC_VMA;
	}
	return good && low == 0;
}

/* Each mark stands where the rows around it say. */
static bool marks_fit(const struct vs_picture *p)
{
	uint64_t low = UINT64_MAX, high = UINT64_MAX;

	for (size_t i = 0; i < p->rows.n; i++) {
		const struct vs_pic_row *r = &p->rows.v[i];

		if (r->what != VS_PIC_MARK) {
			low = r->start;
			high = r->end;
		} else if (r->inside ? r->start <= low || r->start >= high : r->start > low) {
			return false;
		}
	}
	return true;
}

static void small_picture(struct vs_space *s)
{
	static const char expected[] =
		"no task of the dump  mm 0xffff888000000000  8 VMAs by segments, 176 KiB\n"
		"a kernel; high addresses on top\n"
		"         ffffffffffffffff +---+\n"
		"         ffff800000000000>+---+  kernel space begins\n"
		"                          : x :  15.9 EiB       not canonical: no addresses\n"
		"                          :   :     4 KiB       not for this process\n"
		"   task_size 7ffffffff000>+---+  user space of this process ends\n"
		"                          :   :   128 KiB       gap\n"
		"7ffffffda000-7ffffffdf000 | S |    20 KiB rw-p  [stack]\n"
		"     env_end 7ffffffdeff0>|   |\n"
		"   env_start 7ffffffde810>|   |  environment, 1.9 KiB\n"
		"     arg_end 7ffffffde810>|   |\n"
		"   arg_start 7ffffffde800>|   |  arguments, 16 B\n"
		" start_stack 7ffffffde540>|   |  the stack grows down\n"
		"                          : ! :     1 MiB       guard gap below the stack\n"
		"                          :   :   126 MiB       gap\n"
		"   mmap_base 7ffff7fff000>+---+  mmap area, from here down\n"
		"7ffff7ffe000-7ffff7fff000 | C |     4 KiB r-xp  /lib/a name...umn/lib\\303\\251.so\n"
		"7ffff7ffd000-7ffff7ffe000 | M |     4 KiB rw-s  /lib/a name...umn/lib\\303\\251.so\n"
		"                          :   :   127 TiB       gap\n"
		"         brk 000000520000>+---+  the heap grows up\n"
		"000000500000-000000520000 | H |   128 KiB rw-p  [heap]\n"
		"   start_brk 000000500000>+---+  heap, 128 KiB\n"
		"                          :   :  1000 KiB       gap\n"
		"000000404000-000000406000 | B |     8 KiB rw-p  bss\n"
		"000000403000-000000404000 | D |     4 KiB rw-p  /bin/thing\n"
		"    end_data 000000403080>|   |\n"
		"000000402000-000000403000 | R |     4 KiB r--p  /bin/thing\n"
		"  start_data 000000402e00>|   |  initialised data, 640 B\n"
		"000000401000-000000402000 | C |     4 KiB r-xp  /bin/thing\n"
		"    end_code 0000004011f0>|   |\n"
		"  start_code 000000401000>+---+  code, 496 B\n"
		"                          :   :   4.0 MiB       gap\n"
		"                        0 +---+\n"
		"C code   R read-only data   D data   B bss   H heap   M shared memory\n"
		"S stack\n"
		"\n"
		"totals          VMAs      size  | the mm_struct counts\n"
		"private            7   172 KiB  | total_vm    192 KiB   VMAs: 176 KiB\n"
		"shared             1     4 KiB  | data_vm     144 KiB   VMAs: 140 KiB\n"
		"file               5    20 KiB  | exec_vm       8 KiB   = the VMAs\n"
		"anonymous          3   156 KiB  | stack_vm     20 KiB   = the VMAs\n"
		"executable         2     8 KiB  | locked_vm       0 B   = the VMAs\n"
		"stack              1    20 KiB  |\n"
		"heap               1   128 KiB  |\n"
		"no access          0            |\n";
	const struct vs_text_style style = { .width = 80 };
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct vs_picture p;
	size_t n;

	ok(vs_picture_init(&p, s, &plain), "a small process is drawn");
	ok(covers(&p, &n) && n == 8, "its rows cover all from 0 to kernel space, each VMA once");
	ok(marks_fit(&p), "its marks stand where they fall");
	vs_err_free(vs_render_layout(&out, s, &p, "a kernel", &style));
	if (!ok(!strcmp(sink_text(&out, &text), expected), "the drawing is, to the letter, what it was"))
		printf("%s", vs_buf_str(&text));
	vs_picture_deinit(&p);
}

/* Lines of @p text that are wider than @p width columns. */
static unsigned int too_wide(const char *text, unsigned int width)
{
	const char *end = text + strlen(text);
	unsigned int n = 0, columns = 0;

	while (text < end) {
		uint32_t cp;
		size_t len = vs_utf8_decode(text, (size_t)(end - text), &cp);

		if (cp == '\n') {
			n += columns > width;
			columns = 0;
		} else {
			columns += (unsigned int)(vs_utf8_columns(cp) > 0 ? vs_utf8_columns(cp) : 0);
		}
		text += len ? len : 1;
	}
	return n;
}

static void widths(struct vs_space *s, const struct vs_pic_env *env, const char *what)
{
	unsigned int bad = 0;
	struct vs_picture p;

	if (!vs_picture_init(&p, s, env))
		exit(99);
	for (unsigned int width = 76; width < 200; width += 7) {
		for (int utf8 = 0; utf8 < 2; utf8++) {
			const struct vs_text_style style = { .width = width, .utf8 = utf8 };
			_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
			struct vs_out out = sink_out(&text);

			vs_err_free(vs_render_layout(&out, s, &p, "a kernel", &style));
			bad += too_wide(sink_text(&out, &text), width);
		}
	}
	ok(!bad, "%s: no line is wider than the terminal", what);
	vs_picture_deinit(&p);
}

/* Damage: the picture is drawn of what there is. */
static void damaged(struct vs_space *s)
{
	static const uint64_t values[] = { 0, 0x1000, 0x402000, 0x7ffffffff000, 0x800000000000, 0xffff888000000000,
					   UINT64_MAX & ~UINT64_C(0xfff), UINT64_MAX };
	const struct vs_text_style style = { .width = 80, .color = true };
	unsigned int drawn = 0, n = 0;

	s->tree.walked = true;	// or what is not plausible would be left out
	for (uint32_t i = 0; i < s->vmas.n; i++)
		*vs_vec_push(&s->tree.order) = i;
	for (size_t i = 0; i < s->vmas.n; i++) {
		for (size_t k = 0; k < 2 * sizeof(values) / sizeof(values[0]); k++) {
			struct vs_vma was = s->vmas.v[i];
			_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
			struct vs_out out = sink_out(&text);
			struct vs_picture p;

			*(k & 1 ? &s->vmas.v[i].start : &s->vmas.v[i].end) = values[k / 2];
			n++;
			if (vs_picture_init(&p, s, &plain) && !vs_render_layout(&out, s, &p, "", &style)) {
				size_t rows = 0;

				for (size_t r = 0; r < p.rows.n; r++)
					rows += p.rows.v[r].what == VS_PIC_VMA;
				sink_text(&out, &text);
				drawn += rows == s->vmas.n && text.len > 1000;
			}
			vs_picture_deinit(&p);
			s->vmas.v[i] = was;
		}
	}
	ok(drawn == n, "a vm_start or vm_end that is wrong: every VMA is drawn all the same (%u of %u)", drawn, n);
}

static void many(void)
{
	struct vs_space *s = vs_space_create();
	struct vs_pic_env env = plain;
	struct vs_picture p;
	struct synth y;
	bool good;
	size_t n;

	synth_make(&y, 20000, SYNTH_DENSE, 1);
	synth_read(&y, s);
	ok(vs_picture_init(&p, s, &env) && covers(&p, &n) && n == 20000 && !p.runs.n,
	   "20,000 VMAs, a row each when that is asked for");
	vs_picture_deinit(&p);
	env.max_rows = 200;
	good = vs_picture_init(&p, s, &env) && covers(&p, &n) && n == 20000 && p.rows.n < 300;
	ok(good, "else in %zu rows, and still all of them", p.rows.n);
	vs_picture_deinit(&p);
	widths(s, &env, "with runs");
	synth_free(&y);

	synth_make(&y, 3000, SYNTH_USUAL, 2);
	synth_read(&y, s);
	good = vs_picture_init(&p, s, &env) && covers(&p, &n) && n == 3000 && marks_fit(&p);
	ok(good, "3,000 of a usual program: %zu rows", p.rows.n);
	widths(s, &env, "with more kinds of them");
	vs_picture_deinit(&p);
	synth_free(&y);
	vs_space_destroy(s);
}

static void fits(void)
{
	static const char *const names[] = {
		"", "short", "/usr/lib/x86_64-linux-gnu/libc.so.6", "\x1b[31mred", "\xff\xfe", "e\xcc\x81\xcc\x81 combining",
		"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 wide", ("\xc2\x9b" "c1"), "\xe2\x80\xae turned",
	};
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	unsigned int bad = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (unsigned int width = 0; width < 40; width++) {
			for (int utf8 = 0; utf8 < 2; utf8++) {
				unsigned int columns;

				b.len = 0;
				columns = vs_text_fit(&b, names[i], strlen(names[i]), width, utf8);
				bad += columns > width || too_wide(vs_buf_str(&b), columns);
				for (size_t k = 0; k < b.len; k++) {
					uint32_t cp;
					size_t len = vs_utf8_decode(b.data + k, b.len - k, &cp);

					bad += !len || vs_utf8_columns(cp) < 0 || (!utf8 && len > 1);
					k += len ? len - 1 : 0;
				}
			}
		}
	}
	ok(!bad, "names fit into any width and hold nothing that a terminal obeys");
	b.len = 0;
	vs_text_fit(&b, "/usr/lib/x86_64-linux-gnu/libc.so.6", 35, 20, true);
	is_str(vs_buf_str(&b), "/usr/lib/\xe2\x80\xa6/libc.so.6", "the middle goes, the file's own name stays");
}

/* A process of the legacy layout, and the kernel above it. */
static void upwards(struct vs_space *s)
{
	const struct vs_text_style style = { .width = 80, .utf8 = true };
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct vs_pic_env env = plain;
	struct vs_kmap kmap = { 0 };
	struct vs_picture p;
	const char *t;

	vs_kmap_add(&kmap, "direct map", 0xffff888000000000, 0xffffc87fffffffff, "fixed");
	vs_kmap_add(&kmap, "kernel image area", 0xffffffff80000000, 0xffffffffffffffff, "fixed");
	vs_kmap_add(&kmap, "kernel image", 0xffffffff81000000, 0xffffffff81ffffff, "symbols");
	vs_kmap_settle(&kmap);
	env.kmap = &kmap;
	s->mmap_dir = VS_MMAP_UP;
	if (!vs_picture_init(&p, s, &env))
		exit(99);
	vs_err_free(vs_render_layout(&out, s, &p, "", &style));
	t = sink_text(&out, &text);
	ok(strstr(t, "  \xe2\x86\x91 mmap area, from here up\n"), "an mmap area that grows up");
	ok(strstr(t, "         ffffffff80000000 \xe2\x94\x82 K \xe2\x94\x82     2 GiB       kernel image area\n"
		     "         ffffffff81000000 \xe2\x94\x82 K \xe2\x94\x82    16 MiB         kernel image\n"
		     "         ffff888000000000 \xe2\x94\x82 K \xe2\x94\x82    64 TiB       direct map\n") &&
	   strstr(t, "K kernel\n"), "the kernel's parts, what is inside another under it");
	s->mmap_dir = VS_MMAP_DOWN;
	vs_picture_deinit(&p);
	vs_kmap_deinit(&kmap);
}

static void as_json(struct vs_space *s)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct vs_picture p;
	const char *t;

	if (!vs_picture_init(&p, s, &plain))
		exit(99);
	vs_err_free(vs_json_layout(&out, s, &p, &plain));
	t = sink_text(&out, &text);
	ok(strstr(t, "{\"type\":\"row\",\"what\":\"guard gap\",\"start\":\"0x7fffffeda000\",\"end\":\"0x7ffffffda000\",\"bytes\":1048576}\n") &&
	   strstr(t, "\"what\":\"mark\",\"start\":\"0x520000\",\"name\":\"brk\"}\n") &&
	   strstr(t, "\"perms\":\"rw-p\",\"kind\":\"heap\",\"letter\":\"H\",\"name\":\"[heap]\"") &&
	   strstr(t, "\"total_vm\":{\"pages\":48,\"vma_pages\":44}"), "JSON has the same rows, marks and totals");
	vs_picture_deinit(&p);
}

int main(void)
{
	struct vs_space *s = small();

	small_picture(s);
	widths(s, &plain, "a small process");
	upwards(s);
	as_json(s);
	damaged(s);
	vs_space_destroy(s);
	many();
	fits();
	return done();
}
