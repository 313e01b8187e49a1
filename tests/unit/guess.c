// SPDX-License-Identifier: GPL-2.0-or-later
/* VMCOREINFO found in memory made up here, and what the rows of place.h make up without it. */
#include <inttypes.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"
#include "fake.h"
#include "kernel/guess.h"
#include "kernel/place.h"
#include "tap.h"

/* Symbols by a table. */
struct table {
	struct vs_symbols sy;
	struct { const char *name; uint64_t value; } v[8];
};

static struct vs_err *find(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	const struct table *t = (const struct table *)sy;

	for (size_t i = 0; i < n; i++)
		for (size_t s = 0; s < 8 && t->v[s].name; s++)
			if (!strcmp(want[i].name, t->v[s].name)) {
				want[i].found = true;
				want[i].value = t->v[s].value;
			}
	return NULL;
}

static const struct vs_symbols_ops table_ops = { .find = find };

static void put_text(struct fake *f, unsigned int page, const char *text)
{
	memcpy(f->ram + page * 4096, text, strlen(text) + 1);
}

#define GOOD "OSRELEASE=1.2.3\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n"

static void test_search(void)
{
	struct fake *f = fake_create();
	struct vs_vmcoreinfos found = { 0 };
	struct vs_out out = fake_out();
	struct vs_err *err;

	put_text(f, 3, "OSRELEASE=1.2.3\n\x01PAGESIZE=4096\nSYMBOL(_stext)=1\n");
	put_text(f, 5, "OSRELEASE=what a file says");
	put_text(f, 7, GOOD);
	put_text(f, 9, GOOD);			// a copy
	put_text(f, 11, GOOD "KERNELOFFSET=0\n");
	put_text(f, 13, GOOD "KERNELOFFSET=1\n");
	f->excluded[13] = true;
	memcpy(f->ram + 15 * 4096 + 16, GOOD, sizeof(GOOD));	// no page begins with it
	memset(f->ram + 17 * 4096, 'x', FAKE_SIZE - 17 * 4096);
	memcpy(f->ram + FAKE_SIZE - 4096, GOOD, sizeof(GOOD) - 1);	// no end before memory's
	err = vs_vmcoreinfo_search(&f->img, &out, &found);
	ok(!err, "searched");
	ok(found.n == 2 || found.n == 3, "%zu of 7 are texts of VMCOREINFO", found.n);
	is_str(found.n ? found.v[0].text : NULL, GOOD, "the first");
	is_str(found.n ? found.v[0].source : NULL, "memory, found at physical 0x40007000: there is no note", "its source");
	is_str(found.n > 1 ? found.v[1].text : NULL, GOOD "KERNELOFFSET=0\n", "the second");
	vs_vmcoreinfos_deinit(&found);
	fake_destroy(f);
}

/* VMCOREINFO's note in memory, of the page that @p text is on as well. */
static void put_note(struct fake *f, unsigned int page, const char *text, bool big_endian)
{
	unsigned char *p = f->ram + page * 4096;

	p[big_endian ? 3 : 0] = sizeof("VMCOREINFO");
	memcpy(p + 12, "VMCOREINFO", sizeof("VMCOREINFO"));
	memcpy(p + 24, text, strlen(text));
}

static void test_order(void)
{
	for (int big = 0; big < 2; big++) {
		struct fake *f = fake_create();
		struct vs_vmcoreinfos found = { 0 };
		struct vs_out out = fake_out();
		struct vs_vmlinux v;
		struct vs_err *err;

		put_text(f, 3, "OSRELEASE=1.2.4\nPAGESIZE=4096\nSYMBOL(_stext)=1\n");	// has none
		put_text(f, 7, GOOD);
		put_note(f, 11, GOOD, big);
		f->img.big_endian = !big;	// the container lies
		err = vs_vmcoreinfo_search(&f->img, &out, &found);
		ok(!err && found.n == 2, "two texts");
		if (found.n != 2)
			exit(99);
		ok(!found.v[0].has_order, "another kernel's note tells nothing");
		ok(found.v[1].has_order && found.v[1].big_endian == big, "the note is %s endian",
		   big ? "big" : "little");

		f->k.mem.arch = &vs_arch_arm64;
		f->k.vi = found.v[1];
		err = vs_kernel_byte_order(&f->k);
		ok(!err && f->k.mem.target.big_endian == big, "its word goes before the container's");
		is_str(f->k.order_source, "VMCOREINFO's note in memory", "the source");
		v = (struct vs_vmlinux){ .path = (char *)"vmlinux", .machine = vs_arch_arm64.machine, .big_endian = !big };
		f->k.vmlinux = &v;
		err = vs_kernel_byte_order(&f->k);
		ok(err && err->code == VS_ERR_MISMATCH, "a vmlinux of the other order: %s", err ? err->msg : "no error");
		vs_err_free(err);
		f->k.vi.has_order = false;
		err = vs_kernel_byte_order(&f->k);
		ok(!err && f->k.mem.target.big_endian == !big, "without a note in memory vmlinux tells");
		f->k.vi.has_order = true;
		f->k.vmlinux = NULL;
		f->k.mem.arch = &vs_arch_x86_64;
		err = vs_kernel_byte_order(&f->k);
		ok(!err == !big, "x86-64 is little endian: %s", err ? err->msg : "agreed");
		vs_err_free(err);
		f->k.vi = (struct vs_vmcoreinfo){ 0 };
		vs_vmcoreinfos_deinit(&found);
		fake_destroy(f);
	}
}

static void has(const char *text, const char *line, const char *what)
{
	if (!ok(text && strstr(text, line), "%s: %.*s", what, (int)strcspn(line, "\n"), line))
		diag("in %s", text ? text : "nothing");
}

/* One guess as text, which the caller frees; NULL: not possible. */
static char *guess(struct fake *f, uint64_t linked, unsigned int nth)
{
	struct vs_guess g = { .image_pa = FAKE_PA, .linked = linked, .nth = nth };
	struct vs_buf b = VS_BUF_INIT;
	const char *how = NULL;

	if (!vs_place_find(&f->k)->guess(&f->k, &g, &b, &how)) {
		vs_buf_deinit(&b);
		return NULL;
	}
	return vs_buf_steal(&b);
}

#define LINKED	UINT64_C(0xffffffff81000000)
#define MAP	UINT64_C(0xffffffff80000000)

static void test_x86(void)
{
	struct table t = { .sy.ops = &table_ops };
	struct fake *f = fake_create();
	const uint64_t kaslr = 0x12c00000;
	char *text;

	f->k.symbols = &t.sy;
	t.v[0].name = "phys_base", t.v[0].value = LINKED + 0x100;
	t.v[1].name = "__pgtable_l5_enabled", t.v[1].value = LINKED + 0x200;
	t.v[2].name = "init_top_pgt", t.v[2].value = LINKED + 0x10000;
	fake_put(f, FAKE_DIRECT + 0x100, FAKE_PA - (LINKED + kaslr - MAP), 8);
	text = guess(f, LINKED, 0);
	has(text, "KERNELOFFSET=12c00000\n", "x86-64");
	has(text, "NUMBER(phys_base)=742391808\n", "x86-64");
	has(text, "NUMBER(pgtable_l5_enabled)=0\n", "x86-64");
	free(text);
	text = guess(f, LINKED, 1);
	ok(!text, "x86-64: no fifth level where the kernel says that there is none");
	free(text);
	text = guess(f, LINKED, 2);
	ok(!text, "x86-64: no guess from tables that map nothing");
	free(text);

	// PGD, PUD, PMD: the image's first 2 MiB
	fake_put(f, FAKE_DIRECT + 0x10000 + 511 * 8, (FAKE_PA + 0x11000) | 0x63, 8);
	fake_put(f, FAKE_DIRECT + 0x11000 + 510 * 8, (FAKE_PA + 0x12000) | 0x63, 8);
	fake_put(f, FAKE_DIRECT + 0x12000 + (LINKED + kaslr - MAP) / (2 << 20) * 8, FAKE_PA | 0xe3, 8);
	t.v[0].name = "no_phys_base";
	text = guess(f, LINKED, 0);
	ok(!text, "x86-64: no phys_base, no guess from it");
	free(text);
	text = guess(f, LINKED, 2);
	has(text, "KERNELOFFSET=12c00000\n", "x86-64, by its tables");
	has(text, "NUMBER(phys_base)=742391808\n", "x86-64, by its tables");
	free(text);

	f->excluded[0x11] = true;
	text = guess(f, LINKED, 2);
	ok(!text, "x86-64: no guess from tables that are not in the dump");
	free(text);
	fake_destroy(f);
}

static void test_arm64(void)
{
	static const uint64_t linked[] = { UINT64_C(0xffffffc008000000), UINT64_C(0xffff800008000000) };
	struct table t = { .sy.ops = &table_ops };
	struct fake *f = fake_create();
	char *text;

	f->k.symbols = &t.sy;
	f->k.mem.arch = &vs_arch_arm64;
	f->img.machine = vs_arch_arm64.machine;
	for (size_t i = 0; i < 2; i++) {
		t.v[0].name = "kimage_voffset", t.v[0].value = linked[i] + 0x100;
		t.v[1].name = "memstart_addr", t.v[1].value = linked[i] + 0x108;
		t.v[2].name = "swapper_pg_dir", t.v[2].value = linked[i] + 0x4000;
		fake_put(f, FAKE_DIRECT + 0x100, linked[i] + 0x50e77cc00000 - FAKE_PA, 8);
		fake_put(f, FAKE_DIRECT + 0x108, UINT64_C(0xffffe9ce80000000), 8);
		text = guess(f, linked[i], 0);
		has(text, "PAGESIZE=4096\n", "arm64");
		has(text, "KERNELOFFSET=50e77cc00000\n", "arm64");
		has(text, i ? "NUMBER(VA_BITS)=48\n" : "NUMBER(VA_BITS)=39\n", "arm64");
		has(text, "NUMBER(PHYS_OFFSET)=0xffffe9ce80000000\n", "arm64");
		free(text);
	}
	// the header of the image: 64 KiB
	memcpy(f->ram + 56, "ARM\x64", 4);
	f->ram[24] = 3 << 1;
	text = guess(f, linked[1], 1);
	has(text, "PAGESIZE=65536\n", "arm64, its header");
	has(text, "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n", "arm64, 52 bits not found");
	free(text);
	f->excluded[0] = true;
	f->img.last.len = 0;	// it has been read
	text = guess(f, linked[1], 0);
	ok(!text, "arm64: no guess from variables that are not in the dump");
	free(text);
	fake_destroy(f);
}

int main(void)
{
	test_search();
	test_order();
	test_x86();
	test_arm64();
	return done();
}
