// SPDX-License-Identifier: GPL-2.0-or-later
/* Where an arm64 kernel lies, out of VMCOREINFO and page tables made here. */
#include <inttypes.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/err.h"
#include "fake.h"
#include "tap.h"

#define IMAGE_VA	UINT64_C(0xffffffd237e00000)	/* as KASLR put it */
#define IMAGE_LINKED	UINT64_C(0xffffffc010000000)
#define IMAGE_PA	FAKE_PA				/* the first 128 KiB of memory */
#define IMAGE_SIZE	(128U << 10)
#define PGD_PA		(FAKE_PA + (64U << 10))		/* in the image */
#define NONE_AT		0x800				/* protection_map in the image */

static struct fake *f;
static uint64_t next_table;

static void put_phys(uint64_t pa, uint64_t v)
{
	fake_put(f, FAKE_DIRECT + (pa - FAKE_PA), v, 8);
}

/* Map the page at @p va to @p pa in tables that are made as they are needed. */
static void map_page(unsigned int levels, unsigned int page_shift, unsigned int top_bits, uint64_t va, uint64_t pa)
{
	const unsigned int bits = page_shift - 3;
	uint64_t table = PGD_PA, e;

	for (unsigned int l = levels - 1;; l--) {
		unsigned int n = l == levels - 1 ? top_bits : bits;
		uint64_t at = table + (va >> (page_shift + l * bits) & ((UINT64_C(1) << n) - 1)) * 8;

		if (!l) {
			put_phys(at, pa | 0x703);
			return;
		}
		e = vs_load64(f->ram + (at - FAKE_PA), false);
		if (!e) {
			e = next_table | 3;
			put_phys(at, e);
			next_table += UINT64_C(1) << page_shift;
			if (next_table > FAKE_PA + FAKE_SIZE)
				exit(99);
		}
		table = e & UINT64_C(0xfffffffff000);
	}
}

/* VMCOREINFO of such a kernel: @p vmcoreinfo and what all rows have. */
static void start(const char *vmcoreinfo, uint64_t phys_offset)
{
	char text[1024];
	static const struct { enum vs_sym sym; uint64_t off; } syms[] = {
		{ VS_SYM_TEXT, 0 }, { VS_SYM_STEXT, 0x100 }, { VS_SYM_END, IMAGE_SIZE },
		{ VS_SYM_PROTECTION_MAP, NONE_AT },
	};

	f = fake_create();
	f->k.mem.arch = &vs_arch_arm64;
	f->img.machine = vs_arch_arm64.machine;
	next_table = FAKE_PA + IMAGE_SIZE;
	for (size_t i = 0; i < sizeof(syms) / sizeof(syms[0]); i++)
		fake_symbol(f, syms[i].sym, IMAGE_LINKED + syms[i].off);
	snprintf(text, sizeof(text),
		 "%sSYMBOL(_stext)=%" PRIx64 "\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64
		 "\nNUMBER(kimage_voffset)=0x%" PRIx64 "\nNUMBER(PHYS_OFFSET)=0x%" PRIx64 "\n", vmcoreinfo,
		 IMAGE_VA + 0x100, IMAGE_VA - IMAGE_LINKED, IMAGE_VA + (PGD_PA - IMAGE_PA),
		 IMAGE_VA - IMAGE_PA, phys_offset);
	fake_vmcoreinfo(f, text);
}

static struct vs_err *place(void)
{
	// what the direct map of the fake was is to be found now
	f->k.mem.direct_start = f->k.mem.direct_end = 0;
	return vs_kernel_place(&f->k);
}

struct row {
	const char *name, *vmcoreinfo;
	unsigned int page_shift, va_bits, levels, top_bits;
	unsigned int direct_bits;	/* the direct map begins at -1 << this */
	uint64_t phys_offset;
};

static const struct row rows[] = {
	{ "4 KiB, 48 bits, KASLR", "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n",
	  12, 48, 4, 9, 48, UINT64_C(0xffffec3e80000000) },
	{ "4 KiB, 39 bits", "PAGESIZE=4096\nNUMBER(VA_BITS)=39\n", 12, 39, 3, 9, 39, UINT64_C(0x40000000) },
	{ "4 KiB, 48 bits, as up to 5.3", "PAGESIZE=4096\nNUMBER(VA_BITS)=48\n",
	  12, 48, 4, 9, 47, UINT64_C(0x40000000) },
	{ "16 KiB, 47 bits", "PAGESIZE=16384\nNUMBER(VA_BITS)=47\nNUMBER(TCR_EL1_T1SZ)=0x11\n",
	  14, 47, 3, 11, 47, UINT64_C(0x40000000) },
	{ "64 KiB, 48 bits of 52", "PAGESIZE=65536\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n",
	  16, 48, 3, 10, 52, UINT64_C(0xfff1000040000000) },
};

static void test_place(const struct row *r)
{
	struct vs_err *err;
	// where FAKE_PA is in the direct map
	uint64_t direct = (UINT64_MAX << r->direct_bits) + (FAKE_PA - r->phys_offset);

	start(r->vmcoreinfo, r->phys_offset);
	put_phys(FAKE_PA + NONE_AT, UINT64_C(1) << 58 | 0xfc2);
	map_page(r->levels, r->page_shift, r->top_bits, direct, FAKE_PA);
	err = place();
	if (!ok(!err, "%s: placed", r->name)) {
		diag("%s", err->msg);
		vs_err_free(err);
		fake_destroy(f);
		return;
	}
	ok(f->k.mem.pgt.levels == r->levels && f->k.mem.pgt.va_bits == r->va_bits &&
	   f->k.mem.pgt.top_bits == r->top_bits && f->k.mem.target.page_shift == r->page_shift,
	   "%s: %u levels, %u bits", r->name, f->k.mem.pgt.levels, f->k.mem.pgt.va_bits);
	ok(f->k.mem.image_start == IMAGE_VA && f->k.mem.image_pa == IMAGE_PA, "%s: the image", r->name);
	ok(f->k.mem.direct_start == direct && f->k.mem.direct_pa == FAKE_PA &&
	   f->k.mem.direct_end == direct + FAKE_SIZE && f->k.direct_checked,
	   "%s: the direct map at %#" PRIx64, r->name, f->k.mem.direct_start);
	ok(f->k.mem.pgt.none_bit == UINT64_C(1) << 58, "%s: PAGE_NONE is bit 58", r->name);
	fake_destroy(f);
}

static void expect_error(const char *vmcoreinfo, enum vs_err_code code, const char *what)
{
	struct vs_err *err;

	start(vmcoreinfo, FAKE_PA);
	err = place();
	ok(err && err->code == code, "%s: %s", what, err ? err->msg : "no error");
	vs_err_free(err);
	fake_destroy(f);
}

static void test_errors(void)
{
	struct vs_err *err;

	expect_error("PAGESIZE=4096\n", VS_ERR_FORMAT, "no VA_BITS");
	expect_error("PAGESIZE=4096\nNUMBER(VA_BITS)=99\n", VS_ERR_FORMAT, "99 bits");
	expect_error("PAGESIZE=8192\nNUMBER(VA_BITS)=48\n", VS_ERR_FORMAT, "pages of 8 KiB");
	expect_error("PAGESIZE=4096000\nNUMBER(VA_BITS)=48\n", VS_ERR_FORMAT, "a page size that is none");

	// the tables have other memory where the direct map has the image, in both places
	start(rows[0].vmcoreinfo, FAKE_PA);
	map_page(4, 12, 9, UINT64_MAX << 48, FAKE_PA + 0x3000);
	err = place();
	ok(err && err->code == VS_ERR_MISMATCH, "tables that contradict: %s", err ? err->msg : "no error");
	vs_err_free(err);
	fake_destroy(f);

	// RAM far outside what PHYS_OFFSET and the direct map's size allow
	start(rows[0].vmcoreinfo, UINT64_C(1) << 50);
	err = place();
	ok(err && err->code == VS_ERR_MISMATCH, "no memory in the direct map: %s", err ? err->msg : "no error");
	vs_err_free(err);
	fake_destroy(f);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_place(&rows[i]);
	test_errors();
	return done();
}
