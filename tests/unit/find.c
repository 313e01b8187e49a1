// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of one address, from facts made up. */
#include "render/find.h"

#include <stdlib.h>

#include "sink.h"
#include "synth.h"
#include "tap.h"

static const struct vs_text_style style = { .width = 80 };

static void add(struct vs_space *s, uint64_t start, uint64_t end, uint64_t flags)
{
	struct vs_vma *v = vs_space_add(s, 0xffff888000001000 + s->vmas.n * 0x100);

	if (!v)
		exit(99);
	v->start = start;
	v->end = end;
	v->flags = flags | VS_VM_MAYREAD | VS_VM_MAYWRITE;
	v->mm = s->mm;
}

static struct vs_space *some(void)
{
	struct vs_space *s = vs_space_create();

	if (!s)
		exit(99);
	s->mm = 0xffff888000000000;
	s->page_shift = 12;
	s->word = 8;
	s->has = VS_HAS_STACK_GUARD_GAP;
	s->stack_guard_gap = SYNTH_GUARD;
	s->limit = 0x7ffffffff000;
	s->f = (struct vs_mm_fields){ .start_brk = 0x500000, .brk = 0x520000, .mmap_base = 0x7ffff7fff000,
				      .start_stack = 0x7ffffffde540 };
	add(s, 0x500000, 0x520000, VS_VM_READ | VS_VM_WRITE);
	add(s, 0x7ffff7ffd000, 0x7ffff7ffe000, VS_VM_READ | VS_VM_WRITE);
	add(s, 0x7ffff7ffe000, 0x7ffff7fff000, VS_VM_READ);
	add(s, 0x7ffffffda000, 0x7ffffffdf000, VS_VM_READ | VS_VM_WRITE | VS_VM_GROWSDOWN);
	return s;
}

static const char *tell(struct vs_space *s, struct vs_spot *sp, struct vs_buf *text)
{
	struct vs_out out = sink_out(text);

	vs_err_free(vs_render_spot(&out, s, sp, &style));
	return sink_text(&out, text);
}

static struct vs_spot at(uint64_t addr, uint32_t vma, uint32_t below, uint32_t above)
{
	return (struct vs_spot){ .addr = addr, .page_shift = 12, .vma = vma, .below = below, .above = above };
}

static bool says(struct vs_space *s, struct vs_spot sp, const char *words)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	const char *t = tell(s, &sp, &text);
	bool good = strstr(t, words);

	if (!good)
		printf("%s", t);
	return good;
}

static void gaps(struct vs_space *s)
{
	ok(says(s, at(0x7ffffffd9ff8, VS_NONE, 2, 3), "in the guard gap below the stack: the stack could not grow further\n"),
	   "right below the stack");
	ok(says(s, at(0x7ffffffd9ff8, VS_NONE, 2, 3), "           8 bytes from here to its start\n"), "how far");
	ok(says(s, at(0x7fffffedb000, VS_NONE, 2, 3), "in the guard gap below the stack: nothing may be mapped so close to it\n"),
	   "in the guard gap, further down");
	ok(says(s, at(0x7fffffeda000 - 1, VS_NONE, 2, 3), "not mapped: in a gap of 127 MiB\n"), "below the guard gap");
	ok(says(s, at(0x520010, VS_NONE, 0, 1), "brk, where the heap ends, is 0x520000: 16 bytes (0x10) below\n"),
	   "right above the heap");
	ok(says(s, at(0x7ffff8000000, VS_NONE, 2, 3),
		"mmap_base, where the mmap area begins, is 0x7ffff7fff000: 4 KiB (0x1000) below\n"), "above mmap_base");
	ok(says(s, at(0x18, VS_NONE, VS_NONE, 0), "not mapped: below all mappings\n") &&
	   says(s, at(0x18, VS_NONE, VS_NONE, 0), "so small: most likely NULL plus an offset\n"), "NULL plus an offset");
	ok(says(s, at(0x7ffffffff008, VS_NONE, 3, VS_NONE),
		"past the end of this process' user space, 0x7ffffffff000\n"), "past TASK_SIZE");
}

static void inside(struct vs_space *s)
{
	static const char expected[] =
		"no task of the dump  mm 0xffff888000000000  address 0x7ffff7ffe123\n"
		"7ffff7ffe000-7ffff7fff000 r--p 00000000 00:00 0 \n"
		"  vma      0xffff888000001200\n"
		"  offset   291 bytes (0x123) into 4 KiB\n"
		"  above    7ffffffda000-7ffffffdf000 rw-p  [stack]\n"
		"           127 MiB of free addresses between\n"
		"  below    7ffff7ffd000-7ffff7ffe000 rw-p  anonymous\n"
		"           adjoins; kept apart by\n"
		"             vm_flags  differ in VM_WRITE\n"
		"page tables, 4 levels, root at physical 0x1000 (pgd 0xffff888000001000)\n"
		"  PGD[255]  at 0x0000000017f8  0x0000000000002067  table\n"
		"  PUD[511]  at 0x000000002ff8  0x0000000000003067  table\n"
		"  PMD[447]  at 0x000000003df8  0x0000000000004067  table\n"
		"  PTE[510]  at 0x000000004ff0  0x8000000000005025  present\n"
		"  physical 0x5123, in a page of 4 KiB; in the dump\n"
		"pages of the mapping: 4 KiB present\n"
		"  7ffff7ffe000-7ffff7fff000     4 KiB  present\n";
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_spot sp = at(0x7ffff7ffe123, 2, 1, 3);
	static const char *const names[] = { "PGD", "PUD", "PMD", "PTE" };
	static const uint64_t entries[] = { 0x2067, 0x3067, 0x4067, 0x8000000000005025 };
	static const uint64_t places[] = { 0x17f8, 0x2ff8, 0x3df8, 0x4ff0 };
	static const unsigned int indices[] = { 255, 511, 447, 510 };
	const char *t;

	sp.apart_below.adjoin = true;
	*vs_vec_push(&sp.apart_below.v) = (struct vs_apart_why){ "vm_flags", strdup("differ in VM_WRITE"), false };
	sp.have_walk = true;
	sp.walk = (struct vs_pgwalk){ .pgd = 0xffff888000001000, .root = 0x1000, .levels = 4, .n_steps = 4,
				      .end = VS_PGWALK_MAPPED, .pa = 0x5123, .page = 4096, .in_dump = true,
				      .in_memory = true };
	for (unsigned int i = 0; i < 4; i++)
		sp.walk.steps[i] = (struct vs_pgwalk_step){ .name = names[i], .pa = places[i], .entry = entries[i],
							    .index = indices[i], .words = strdup(i < 3 ? "table" : "present") };
	sp.have_pages = true;
	sp.pages.bytes[VS_PAGES_PRESENT] = 4096;
	*vs_vec_push(&sp.pages.runs) = (struct vs_pages_run){ 0x7ffff7ffe000, 0x7ffff7fff000, 4096, VS_PAGES_PRESENT };
	t = tell(s, &sp, &text);
	if (!ok(!strcmp(t, expected), "an address in a mapping, to the letter"))
		printf("%s", t);

	sp.walk.page = 2 << 20;
	sp.walk.zero = true;
	ok(strstr(tell(s, &sp, &text), "in a huge page of 2 MiB, the page of zeros that all share; in the dump\n"),
	   "a huge page, of zeros");
	sp.walk.in_dump = false;
	sp.walk.from = "excluded from the dump";
	ok(strstr(tell(s, &sp, &text), "; not in the dump (excluded from the dump)\n"), "a page that was left out");
	sp.astray = true;
	sp.walk.in_memory = false;
	ok(strstr(tell(s, &sp, &text), "; ! there is no such memory\n"), "a page that is nowhere");
	sp.walk.end = VS_PGWALK_SWAP;
	sp.walk.swap_type = 1;
	sp.walk.swap_offset = 12345;
	sp.walk.n_swap_types = 2;
	sp.walk.swap_file = strdup("/swap\nfile");
	ok(strstr(tell(s, &sp, &text), "  swap     page 12,345 of swap area 1, /swap\\012file\n"), "a page in swap");
	sp.walk.end = VS_PGWALK_OTHER;
	sp.walk.swap_type = 29;
	ok(strstr(tell(s, &sp, &text), "(type 29 of 2 swap areas, offset 0x3039)\n"), "something else in its place");
	sp.walk.end = VS_PGWALK_LOOP;
	ok(strstr(tell(s, &sp, &text), "! PTE entry at 0x4ff0: the table has been passed on the way: the page tables loop\n"),
	   "tables that loop");
	sp.walk.end = VS_PGWALK_LEAVES;
	ok(strstr(tell(s, &sp, &text), "! PTE entry at 0x4ff0: the table would be where there is no memory\n"),
	   "tables that leave memory");
	sp.walk.end = VS_PGWALK_NO_ROOT;
	ok(strstr(tell(s, &sp, &text), "! PTE entry at 0x4ff0: the top table cannot be found\n") ||
	   strstr(vs_buf_str(&text), "the top table cannot be found\n"), "no tables at all");
	sp.apart_below.v.v[0].soft = true;
	ok(strstr(tell(s, &sp, &text), "adjoins; could be one, but for\n"), "neighbours that could be one");
	free(sp.apart_below.v.v[0].words);
	sp.apart_below.v.n = 0;
	ok(strstr(tell(s, &sp, &text), "adjoins, and nothing keeps them apart"), "neighbours that nothing keeps apart");
	vs_spot_deinit(&sp);
}

static void kernel(void)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_spot sp = { .addr = 0xffffffff81000123, .page_shift = 12, .kernel = true };
	struct vs_out out = sink_out(&text);
	struct vs_kmap m = { .digits = 16 };
	const char *t;

	vs_kmap_add(&m, "kernel image area", 0xffffffff80000000, 0xffffffffbfffffff, "fixed");
	vs_kmap_add(&m, "kernel image", 0xffffffff81000000, 0xffffffff82ffffff, "_text and _end");
	vs_kmap_add(&m, "kernel data", 0xffffffff82000000, 0xffffffff82ffffff, "symbols");
	vs_kmap_settle(&m);
	snprintf(sp.symbol, sizeof(sp.symbol), "startup_64+0x123");
	vs_err_free(vs_render_spot_kernel(&out, &m, &sp, &style));
	t = sink_text(&out, &text);
	if (!ok(!strcmp(t, "0xffffffff81000123  startup_64+0x123\n"
			   "  region   ffffffff81000000-ffffffff82ffffff    32 MiB  kernel image  (_text and _end)\n"
			   "  within   ffffffff80000000-ffffffffbfffffff     1 GiB  kernel image area  (fixed)\n"),
		"an address of the kernel: the innermost region first"))
		printf("%s", t);
	sp = (struct vs_spot){ .addr = 0x800000000000, .page_shift = 12, .nowhere = true };
	out = sink_out(&text);
	vs_err_free(vs_render_spot_kernel(&out, &m, &sp, &style));
	ok(strstr(sink_text(&out, &text), "no address: not canonical"), "no address at all");
	vs_kmap_deinit(&m);
}

int main(void)
{
	struct vs_space *s = some();

	gaps(s);
	inside(s);
	kernel();
	vs_space_destroy(s);
	return done();
}
