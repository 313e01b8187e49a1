// SPDX-License-Identifier: GPL-2.0-or-later
/* Where an s390x kernel lies, and a ppc64 one, out of VMCOREINFO and page tables made here. */
#include <inttypes.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/err.h"
#include "fake.h"
#include "tap.h"

#define IMAGE_PA	FAKE_PA			/* the first 128 KiB of memory */
#define IMAGE_SIZE	(128U << 10)
#define PGD_PA		(FAKE_PA + (64U << 10))	/* in the image */
#define BITS_AT		0x800			/* __pte_index_size and its like, in the image */
#define S390X_LINKED	UINT64_C(0x100000)
#define PPC64_VA	UINT64_C(0xc000000000000000)

static const char *const bits_names[] = {
	"__pte_index_size", "__pmd_index_size", "__pud_index_size", "__pgd_index_size",
};

static struct fake *f;
static uint64_t next_table;
static uint64_t linked;		/* where the image is linked to */

/* Symbols by their offset in the image. */
static struct vs_err *find(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	(void)sy;
	for (size_t i = 0; i < n; i++)
		for (size_t s = 0; s < 4; s++)
			if (!strcmp(want[i].name, bits_names[s])) {
				want[i].found = true;
				want[i].value = linked + BITS_AT + 8 * s;
			}
	return NULL;
}

static const struct vs_symbols_ops symbols_ops = { .find = find };
static struct vs_symbols symbols = { .ops = &symbols_ops };

static void put_be(uint64_t pa, uint64_t v)
{
	for (unsigned int i = 0; i < 8; i++)
		f->ram[pa - FAKE_PA + i] = (unsigned char)(v >> 8 * (7 - i));
}

static uint64_t get_be(uint64_t pa)
{
	return vs_load64(f->ram + (pa - FAKE_PA), true);
}

static uint64_t take(uint64_t size)
{
	uint64_t at = (next_table + size - 1) & ~(size - 1);

	next_table = at + size;
	if (next_table > FAKE_PA + FAKE_SIZE)
		exit(99);
	return at;
}

static void start(const struct vs_arch *arch, uint64_t at, const char *vmcoreinfo)
{
	static const struct { enum vs_sym sym; uint64_t off; } syms[] = {
		{ VS_SYM_TEXT, 0 }, { VS_SYM_STEXT, 0 }, { VS_SYM_END, IMAGE_SIZE },
	};

	f = fake_create();
	f->k.mem.arch = arch;
	f->k.mem.target.big_endian = arch->order == VS_ORDER_BIG;
	f->img.machine = arch->machine;
	f->k.symbols = &symbols;
	next_table = FAKE_PA + IMAGE_SIZE;
	linked = at;
	for (size_t i = 0; i < sizeof(syms) / sizeof(syms[0]); i++)
		fake_symbol(f, syms[i].sym, linked + syms[i].off);
	fake_vmcoreinfo(f, vmcoreinfo);
}

static struct vs_err *place(void)
{
	f->k.mem.direct_start = f->k.mem.direct_end = 0;
	return vs_kernel_place(&f->k);
}

static bool placed(const char *what)
{
	struct vs_err *err = place();

	if (!ok(!err, "%s: placed", what))
		diag("%s", err->msg);
	vs_err_free(err);
	return !err;
}

static void expect_error(enum vs_err_code code, const char *what)
{
	struct vs_err *err = place();

	ok(err && err->code == code, "%s: %s", what, err ? err->msg : "no error");
	vs_err_free(err);
	fake_destroy(f);
}

/* --- s390x --- */

static void s390x_map(uint64_t va, uint64_t pa)
{
	const unsigned int shifts[] = { 12, 20, 31 };
	uint64_t table = PGD_PA;

	for (unsigned int l = 2; l > 0; l--) {
		uint64_t at = table + (va >> shifts[l] & 2047) * 8, entries = l == 2 ? 2048 : 256;

		if (get_be(at) & 0x20 || !get_be(at)) {
			table = take(8 * entries);
			for (uint64_t i = 0; i < entries; i++)
				put_be(table + 8 * i, l == 2 ? 0x20 : 0x400);
			put_be(at, table | (l == 2 ? 7 : 0));
		} else {
			table = get_be(at) & ~UINT64_C(0x7ff);
		}
	}
	put_be(table + (va >> 12 & 255) * 8, pa | 0x13d);
}

/* An image at @p va, a direct map from @p direct on. */
static void s390x_start(uint64_t va, uint64_t direct, const char *vmcoreinfo)
{
	char text[512];

	snprintf(text, sizeof(text), "PAGESIZE=4096\nSAMODE31=9f5000\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(_stext)=%" PRIx64
		 "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\n%s", va - S390X_LINKED, va, va + (PGD_PA - IMAGE_PA), vmcoreinfo);
	start(&vs_arch_s390x, S390X_LINKED, text);
	for (unsigned int i = 0; i < 2048; i++)
		put_be(PGD_PA + 8 * i, 0x24);
	s390x_map(va, IMAGE_PA);
	s390x_map(direct + IMAGE_PA, IMAGE_PA);
}

static void test_s390x(void)
{
	static const struct { const char *name, *vmcoreinfo; uint64_t va, direct; } rows[] = {
		{ "s390x up to 6.9", "", IMAGE_PA, 0 },
		{ "s390x since 6.10", "KERNELOFFPHYS=3ff00000\nIDENTITYBASE=0\n", UINT64_C(0x3fffe8f8000), 0 },
		{ "s390x, KERNELOFFPHYS of the image", "KERNELOFFPHYS=40000000\n", UINT64_C(0x3fffe8f8000), 0 },
		{ "s390x, IDENTITYBASE", "KERNELOFFPHYS=3ff00000\nIDENTITYBASE=10000000000\n", UINT64_C(0x3fffe8f8000),
		  UINT64_C(0x10000000000) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s390x_start(rows[i].va, rows[i].direct, rows[i].vmcoreinfo);
		if (placed(rows[i].name)) {
			const struct vs_kmem *m = &f->k.mem;

			ok(m->image_start == rows[i].va && m->image_pa == IMAGE_PA, "%s: the image at %#" PRIx64,
			   rows[i].name, m->image_pa);
			ok(m->pgt.levels == 3 && m->pgt.va_bits == 42, "%s: %u levels", rows[i].name, m->pgt.levels);
			ok(f->k.direct_checked && m->direct_start == rows[i].direct + FAKE_PA &&
			   m->direct_end == rows[i].direct + FAKE_PA + FAKE_SIZE && m->direct_pa == FAKE_PA,
			   "%s: the direct map", rows[i].name);
		}
		fake_destroy(f);
	}

	// memory from 0 on: the lowcore is left out
	s390x_start(IMAGE_PA, 0, "");
	f->range.start = 0;
	ok(placed("s390x, memory from 0 on") && f->k.mem.direct_start == 0x2000 && f->k.mem.direct_pa == 0x2000,
	   "s390x: no object is in the lowcore");
	fake_destroy(f);

	s390x_start(IMAGE_PA, 0, "IDENTITYBASE=40000000000\n");
	expect_error(VS_ERR_MISMATCH, "s390x, a direct map past the tables");
	start(&vs_arch_s390x, S390X_LINKED, "PAGESIZE=65536\nSAMODE31=1\nKERNELOFFSET=0\n");
	expect_error(VS_ERR_MISMATCH, "s390x, pages of 64 KiB");
	start(&vs_arch_s390x, S390X_LINKED, "PAGESIZE=4096\nKERNELOFFSET=0\nKERNELOFFPHYS=0\n");
	expect_error(VS_ERR_FORMAT, "s390x, KERNELOFFPHYS alone");
	start(&vs_arch_s390x, S390X_LINKED, "PAGESIZE=4096\nKERNELOFFSET=0\nNUMBER(phys_base)=0\n");
	expect_error(VS_ERR_MISMATCH, "s390x by the container, x86-64 by VMCOREINFO");
}

/* --- ppc64 --- */

static void ppc64_start(const char *vmcoreinfo, const uint64_t bits[4])
{
	char text[512];

	snprintf(text, sizeof(text), "SYMBOL(vmemmap_list)=c000000001234000\nKERNELOFFSET=0\nSYMBOL(_stext)=%" PRIx64
		 "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\n%s", PPC64_VA + IMAGE_PA, PPC64_VA + PGD_PA, vmcoreinfo);
	start(&vs_arch_ppc64, PPC64_VA + IMAGE_PA, text);
	for (unsigned int i = 0; i < 4; i++)
		fake_put(f, FAKE_DIRECT + BITS_AT + 8 * i, bits[i], 8);
}

static void test_ppc64(void)
{
	static const uint64_t radix[] = { 5, 9, 9, 13 }, hash[] = { 8, 10, 10, 8 }, none[] = { 5, 0, 9, 13 },
		wide[] = { 9, 9, 9, 13 };
	uint64_t pud, pmd;

	// a page of 2 MiB of the linear map holds the image
	ppc64_start("PAGESIZE=65536\n", radix);
	pud = take(4096);
	pmd = take(4096);
	put_be(PGD_PA + ((PPC64_VA + IMAGE_PA) >> 39 & 8191) * 8, UINT64_C(1) << 63 | pud | 9);
	put_be(pud + ((PPC64_VA + IMAGE_PA) >> 30 & 511) * 8, UINT64_C(1) << 63 | pmd | 9);
	put_be(pmd + ((PPC64_VA + IMAGE_PA) >> 21 & 511) * 8, UINT64_C(3) << 62 | IMAGE_PA | 0x18f);
	if (placed("ppc64, radix")) {
		const struct vs_kmem *m = &f->k.mem;

		ok(m->image_pa == IMAGE_PA && m->pgt.va_bits == 52 && m->pgt.top_bits == 13 && m->target.page_shift == 16,
		   "ppc64, radix: 64 KiB pages, %u bits", m->pgt.va_bits);
		ok(f->k.direct_checked && m->direct_start == PPC64_VA + FAKE_PA && m->direct_pa == FAKE_PA,
		   "ppc64, radix: the linear map, which the page tables have too");
	}
	fake_destroy(f);

	// the linear map is in no page table there
	ppc64_start("PAGESIZE=65536\n", hash);
	if (placed("ppc64, hash"))
		ok(f->k.mem.pgt.bits[0] == 8 && f->k.mem.pgt.bits[3] == 8 && !f->k.direct_checked &&
		   f->k.mem.direct_start == PPC64_VA + FAKE_PA, "ppc64, hash: other tables, the same linear map");
	ok(f->k.direct_bolted && !f->k.direct_checked, "ppc64, hash: which is in none of them");
	fake_destroy(f);

	ppc64_start("PAGESIZE=65536\n", none);
	expect_error(VS_ERR_MISMATCH, "ppc64, a table without entries");
	ppc64_start("PAGESIZE=65536\n", wide);
	expect_error(VS_ERR_MISMATCH, "ppc64, more bits than addresses have");
	ppc64_start("PAGESIZE=16384\n", radix);
	expect_error(VS_ERR_MISMATCH, "ppc64, pages of 16 KiB");
	ppc64_start("PAGESIZE=65535\n", radix);
	expect_error(VS_ERR_FORMAT, "ppc64, a page size that is none");
}

int main(void)
{
	test_s390x();
	test_ppc64();
	return done();
}
