// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of resources: as the kernel prints it, and broken in every pointer. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/out.h"
#include "fake.h"
#include "mm/iomem.h"
#include "render/iomem.h"
#include "tap.h"

/* struct resource of a 64-bit kernel, 64 bytes. */
enum { START = 0, END = 8, NAME = 16, FLAGS = 24, PARENT = 40, SIBLING = 48, CHILD = 56 };

static struct fake *f;
static uint64_t next_free;

static void put(uint64_t r, unsigned int member, uint64_t v)
{
	fake_put(f, r + member, v, 8);
}

static uint64_t string(const char *s)
{
	uint64_t at = next_free;

	for (; *s; s++)
		fake_put(f, next_free++, (unsigned char)*s, 1);
	next_free = (next_free + 8) & ~UINT64_C(7);
	return at;
}

/* A resource behind the last child of @p parent. */
static uint64_t resource(uint64_t parent, uint64_t start, uint64_t end, const char *name)
{
	uint64_t r, at = name ? string(name) : 0;

	r = next_free;
	next_free += 64;
	put(r, START, start);
	put(r, END, end);
	put(r, NAME, at);
	put(r, PARENT, parent);
	if (parent) {
		uint64_t link = parent + CHILD, v;

		while (vs_kmem_ulong(&f->k.mem, link, &v) && v)
			link = v + SIBLING;
		fake_put(f, link, r, 8);
	}
	return r;
}

static void start(void)
{
	f = fake_create();
	next_free = FAKE_DIRECT + 4096;
	f->k.layout.resource.start = (struct vs_field){ START, 8 };
	f->k.layout.resource.end = (struct vs_field){ END, 8 };
	f->k.layout.resource.name = (struct vs_field){ NAME, 8 };
	f->k.layout.resource.flags = (struct vs_field){ FLAGS, 8 };
	f->k.layout.resource.parent = (struct vs_field){ PARENT, 8 };
	f->k.layout.resource.sibling = (struct vs_field){ SIBLING, 8 };
	f->k.layout.resource.child = (struct vs_field){ CHILD, 8 };
}

static const char usual[] =
	"00001000-0009ffff : System RAM\n"
	"000a0000-000bffff : PCI Bus 0000:00\n"
	"00100000-1fffffff : System RAM\n"
	"  01000000-01ffffff : Kernel code\n"
	"  02000000-02ffffff : Kernel data\n"
	"100000000-17fffffff : PCI Bus 0000:00\n";

static uint64_t root, low, vga, ram, code, data, high;

static void usual_tree(void)
{
	start();
	root = resource(0, 0, UINT64_C(0xffffffffff), "PCI mem");
	low = resource(root, 0x1000, 0x9ffff, "System RAM");
	vga = resource(root, 0xa0000, 0xbffff, "PCI Bus 0000:00");
	ram = resource(root, 0x100000, 0x1fffffff, "System RAM");
	high = resource(root, UINT64_C(0x100000000), UINT64_C(0x17fffffff), "PCI Bus 0000:00");
	code = resource(ram, 0x1000000, 0x1ffffff, "Kernel code");
	data = resource(ram, 0x2000000, 0x2ffffff, "Kernel data");
	fake_symbol(f, VS_SYM_IOMEM_RESOURCE, root);
}

/* What is read from the tree: its text, and how it breaks (VS_STOP_END: not at all). */
static void expect(const char *text, enum vs_stop why, uint64_t at, const char *member, const char *what)
{
	struct vs_out out = fake_out();
	struct vs_iomem io;
	struct vs_err *err = vs_iomem_read(&f->k, &out, &io);

	if (!ok(!err, "%s: read", what)) {
		diag("%s", err->msg);
		vs_err_free(err);
		fake_destroy(f);
		return;
	}
	vs_render_iomem(&out, &io, false);
	is_str(vs_buf_str(&out.buf), text, "%s: text", what);
	if (why == VS_STOP_END)
		ok(!io.breaks.n, "%s: nothing is broken", what);
	else
		ok(io.breaks.n && io.breaks.v[0].why == why && io.breaks.v[0].resource == at &&
		   !strcmp(io.breaks.v[0].member, member), "%s: broken at %s", what, member);
	for (size_t i = 0; i < io.breaks.n; i++)
		diag("why %d, resource %#" PRIx64 ", %s %#" PRIx64, io.breaks.v[i].why,
		     io.breaks.v[i].resource, io.breaks.v[i].member, io.breaks.v[i].value);
	vs_iomem_deinit(&io);
	vs_buf_deinit(&out.buf);
	fake_destroy(f);
}

static void test_sound(void)
{
	uint64_t r;

	usual_tree();
	expect(usual, VS_STOP_END, 0, NULL, "usual");

	start();
	root = resource(0, 0, 0xffff, "PCI IO");
	fake_symbol(f, VS_SYM_IOMEM_RESOURCE, root);
	r = resource(root, 0, 0xcf7, "PCI Bus 0000:00");
	resource(r, 0x60, 0x60, "keyboard");
	resource(r, 0x64, 0x64, NULL);
	expect("0000-0cf7 : PCI Bus 0000:00\n  0060-0060 : keyboard\n  0064-0064 : <BAD>\n",
	       VS_STOP_END, 0, NULL, "four digits, a name that is NULL");

	start();
	root = r = resource(0, 0, UINT64_MAX, "PCI mem");
	fake_symbol(f, VS_SYM_IOMEM_RESOURCE, root);
	for (unsigned int i = 0; i < 8; i++)
		r = resource(r, 0x1000, 0x8fff - i * 0x1000, "x");
	expect("00001000-00008fff : x\n  00001000-00007fff : x\n    00001000-00006fff : x\n"
	       "      00001000-00005fff : x\n        00001000-00004fff : x\n"
	       "          00001000-00003fff : x\n          00001000-00002fff : x\n"
	       "          00001000-00001fff : x\n", VS_STOP_END, 0, NULL, "deeper than MAX_IORES_LEVEL");

	start();
	root = resource(0, 0, UINT64_MAX, "PCI mem");
	fake_symbol(f, VS_SYM_IOMEM_RESOURCE, root);
	expect("", VS_STOP_END, 0, NULL, "an empty tree");
}

static void test_broken(void)
{
	static const char first_two[] = "00001000-0009ffff : System RAM\n000a0000-000bffff : PCI Bus 0000:00\n";
	static const char no_code[] =
		"00001000-0009ffff : System RAM\n000a0000-000bffff : PCI Bus 0000:00\n"
		"00100000-1fffffff : System RAM\n100000000-17fffffff : PCI Bus 0000:00\n";
	uint64_t other;

	usual_tree();
	put(vga, SIBLING, vga);
	expect(first_two, VS_STOP_CYCLE, vga, "sibling", "its own sibling");

	usual_tree();
	put(vga, SIBLING, low);
	expect(first_two, VS_STOP_CYCLE, vga, "sibling", "a ring of siblings");

	usual_tree();
	put(ram, CHILD, ram);
	expect(no_code, VS_STOP_CYCLE, ram, "child", "its own child");

	usual_tree();
	put(code, CHILD, root);
	expect(usual, VS_STOP_CYCLE, code, "child", "the root as a child");

	usual_tree();
	put(ram, CHILD, UINT64_C(0x5a5a5a5a5a5a5a5a));
	expect(no_code, VS_STOP_WILD, ram, "child", "a wild pointer");

	usual_tree();
	put(ram, CHILD, code + 1);
	expect(no_code, VS_STOP_WILD, ram, "child", "an odd pointer");

	usual_tree();
	put(ram, CHILD, UINT64_C(0xffffc90000000000));
	expect(no_code, VS_STOP_WILD, ram, "child", "a page that is not mapped");

	usual_tree();
	next_free = FAKE_DIRECT + 0x10000;
	put(ram, CHILD, next_free);
	f->excluded[0x10] = true;
	expect(no_code, VS_STOP_ABSENT, ram, "child", "a page that is not in the dump");

	usual_tree();
	other = next_free;
	put(ram, CHILD, other);
	put(other, START, 0x6d656d20676e6f6c);	// text
	expect(no_code, VS_STOP_FOREIGN, ram, "child", "no resource at all");

	usual_tree();
	put(code, PARENT, low);
	expect(usual, VS_STOP_FOREIGN, code, "parent", "another parent");

	usual_tree();
	put(data, START, 0x1800000);
	expect("00001000-0009ffff : System RAM\n000a0000-000bffff : PCI Bus 0000:00\n"
	       "00100000-1fffffff : System RAM\n  01000000-01ffffff : Kernel code\n"
	       "  01800000-02ffffff : Kernel data\n100000000-17fffffff : PCI Bus 0000:00\n",
	       VS_STOP_FOREIGN, data, "start", "siblings that overlap");

	usual_tree();
	put(data, END, 0x3fffffff);
	expect("00001000-0009ffff : System RAM\n000a0000-000bffff : PCI Bus 0000:00\n"
	       "00100000-1fffffff : System RAM\n  01000000-01ffffff : Kernel code\n"
	       "  02000000-3fffffff : Kernel data\n100000000-17fffffff : PCI Bus 0000:00\n",
	       VS_STOP_FOREIGN, data, "end", "a child larger than its parent");
}

static void test_deep(void)
{
	uint64_t r;
	struct vs_out out = fake_out();
	struct vs_iomem io;
	struct vs_err *err;

	start();
	root = r = resource(0, 0, UINT64_MAX, "PCI mem");
	fake_symbol(f, VS_SYM_IOMEM_RESOURCE, root);
	for (unsigned int i = 0; i < 1000; i++)
		r = resource(r, 0x1000, 0xffffff - i, NULL);
	err = vs_iomem_read(&f->k, &out, &io);
	ok(!err && io.v.n == 32 && io.breaks.n == 1 && io.breaks.v[0].why == VS_STOP_BOUND,
	   "a tree a thousand deep ends at its bound");
	vs_err_free(err);
	vs_iomem_deinit(&io);
	fake_destroy(f);
}

static void test_none(void)
{
	struct vs_out out = fake_out();
	struct vs_iomem io;
	struct vs_err *err;

	usual_tree();
	f->excluded[1] = true;
	err = vs_iomem_read(&f->k, &out, &io);
	ok(err && err->code == VS_ERR_ABSENT, "the root is not in the dump: %s", err ? err->msg : "");
	vs_err_free(err);
	vs_iomem_deinit(&io);
	f->k.sym[VS_SYM_IOMEM_RESOURCE].found = false;
	err = vs_iomem_read(&f->k, &out, &io);
	ok(err && err->code == VS_ERR_NOT_FOUND, "no symbol: %s", err ? err->msg : "");
	vs_err_free(err);
	vs_iomem_deinit(&io);
	fake_destroy(f);
}

static void test_regions(void)
{
	struct vs_kmap m = { 0 };
	const struct vs_kregion *r;

	vs_kmap_add(&m, "inner", 0x2000, 0x2fff, "");
	vs_kmap_add(&m, "outer", 0x1000, 0x8fff, "");
	vs_kmap_add(&m, "same start", 0x1000, 0x1fff, "");
	vs_kmap_add(&m, "innermost", 0x2800, 0x28ff, "");
	vs_kmap_add(&m, "top", UINT64_MAX - 0xfff, UINT64_MAX, "");
	vs_kmap_settle(&m);
	is_str(m.v.v[0].name, "outer", "the outer region comes first");
	ok(m.v.v[0].depth == 0 && m.v.v[1].depth == 1 && m.v.v[2].depth == 1 && m.v.v[3].depth == 2 &&
	   m.v.v[4].depth == 0, "depths");
	r = vs_kmap_find(&m, 0x2810);
	is_str(r ? r->name : NULL, "innermost", "find: the innermost");
	r = vs_kmap_find(&m, 0x8fff);
	is_str(r ? r->name : NULL, "outer", "find: the last address of a region");
	r = vs_kmap_find(&m, UINT64_MAX);
	is_str(r ? r->name : NULL, "top", "find: the last address of all");
	ok(!vs_kmap_find(&m, 0x9000) && !vs_kmap_find(&m, 0), "find: nothing outside");
	vs_kmap_deinit(&m);
}

int main(void)
{
	test_sound();
	test_broken();
	test_deep();
	test_none();
	test_regions();
	return done();
}
