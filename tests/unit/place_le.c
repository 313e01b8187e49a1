// SPDX-License-Identifier: GPL-2.0-or-later
/* Where riscv64's and i386's kernels lie, out of VMCOREINFO and page tables made here. */
#include <inttypes.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/buf.h"
#include "base/err.h"
#include "fake.h"
#include "kernel/place.h"
#include "tap.h"

#define IMAGE_SIZE	(128U << 10)			/* at FAKE_PA */
#define PGD_PA		(FAKE_PA + (64U << 10))		/* in the image */

/* VMSPLIT_2G: the memory of the fake is too high for the usual split. */
#define I386_OFFSET	UINT64_C(0x80000000)
#define I386_LINKED	UINT64_C(0x81000000)
#define I386_VA		(I386_OFFSET + FAKE_PA)

static struct fake *f;
static uint64_t next_table;

static void put_phys(uint64_t pa, uint64_t v, unsigned int size)
{
	fake_put(f, FAKE_DIRECT + (pa - FAKE_PA), v, size);
}

/* Map the page at @p va to @p pa in tables that are made as they are needed; without @p levels there are none. */
static void map_page(bool riscv, unsigned int levels, uint64_t va, uint64_t pa)
{
	const unsigned int size = levels == 2 ? 4 : 8, bits = levels == 2 ? 10 : 9, shift = riscv ? 2 : 0;
	uint64_t table = PGD_PA;

	for (unsigned int l = levels; l-- > 0;) {
		const unsigned int n = !riscv && levels == 3 && l == 2 ? 2 : bits;
		const uint64_t at = table + (va >> (12 + l * bits) & ((UINT64_C(1) << n) - 1)) * size;
		uint64_t e = vs_load(f->ram + (at - FAKE_PA), size, false);

		if (!l) {
			put_phys(at, pa >> shift | (riscv ? 0xef : 0x163), size);
		} else if (!e) {
			e = next_table >> shift | 1;
			put_phys(at, e, size);
			next_table += 0x1000;
			if (next_table > FAKE_PA + FAKE_SIZE)
				exit(99);
		}
		table = e << shift & UINT64_C(0xfffffffff000);
	}
}

static void start(const struct vs_arch *arch, uint64_t linked, const char *vmcoreinfo)
{
	f = fake_create();
	f->k.mem.arch = arch;
	f->k.mem.target.word = arch->word;
	f->img.machine = arch->machine;
	next_table = FAKE_PA + IMAGE_SIZE;
	fake_symbol(f, VS_SYM_TEXT, linked);
	fake_symbol(f, VS_SYM_STEXT, linked + 0x100);
	fake_symbol(f, VS_SYM_END, linked + IMAGE_SIZE);
	fake_vmcoreinfo(f, vmcoreinfo);
}

#define HIGH_AT 0x800	/* the variable high_memory in the image */

/* Only high_memory is looked for by name. */
static struct vs_err *find_high(struct vs_symbols *s, struct vs_symbol *want, size_t n)
{
	(void)s;
	for (size_t i = 0; i < n; i++) {
		want[i].found = !strcmp(want[i].name, "high_memory");
		want[i].value = I386_LINKED + HIGH_AT;
	}
	return NULL;
}

static const struct vs_symbols_ops one_symbol = { .find = find_high };
static struct vs_symbols symbols = { .ops = &one_symbol, .source = (char *)"made up" };

static struct vs_err *place(void)
{
	// what the direct map of the fake was is to be found now
	f->k.mem.direct_start = f->k.mem.direct_end = 0;
	f->k.symbols = &symbols;
	return vs_kernel_place(&f->k);
}

#define RISCV_LINKED	UINT64_C(0xffffffff80000000)
#define RISCV_VA	UINT64_C(0xffffffff80a00000)	/* as KASLR put it */

static const struct riscv_row {
	const char *name;
	unsigned int va_bits, levels;
	uint64_t page_offset;
} riscv_rows[] = {
	{ "Sv39", 39, 3, UINT64_C(0xffffffd600000000) },
	{ "Sv48", 48, 4, UINT64_C(0xffffaf8000000000) },
	{ "Sv57", 57, 5, UINT64_C(0xff60000000000000) },
};

static char *riscv_info(unsigned int va_bits, uint64_t page_offset, uint64_t ram)
{
	static char text[1024];

	// numbers as the kernel prints them: phys_ram_base in decimal
	snprintf(text, sizeof(text), "PAGESIZE=4096\nNUMBER(VA_BITS)=%u\nNUMBER(PAGE_OFFSET)=0x%" PRIx64
		 "\nNUMBER(phys_ram_base)=%" PRId64 "\nNUMBER(va_kernel_pa_offset)=0x%" PRIx64
		 "\nSYMBOL(_stext)=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\n", va_bits, page_offset,
		 (int64_t)ram, RISCV_VA - FAKE_PA, RISCV_VA + 0x100, RISCV_VA + (PGD_PA - FAKE_PA));
	return text;
}

static bool placed(struct vs_err *err, const char *name)
{
	bool good = ok(!err, "%s: placed", name);

	if (err)
		diag("%s", err->msg);
	vs_err_free(err);
	return good;
}

static void test_riscv(const struct riscv_row *r)
{
	const uint64_t ram = FAKE_PA - (2U << 20), direct = r->page_offset + (2U << 20);

	start(&vs_arch_riscv64, RISCV_LINKED, riscv_info(r->va_bits, r->page_offset, ram));
	map_page(true, r->levels, direct, FAKE_PA);
	if (placed(place(), r->name)) {
		ok(f->k.mem.pgt.levels == r->levels && f->k.mem.pgt.va_bits == r->va_bits, "%s: %u levels", r->name,
		   f->k.mem.pgt.levels);
		ok(f->k.mem.image_start == RISCV_VA && f->k.mem.image_pa == FAKE_PA &&
		   f->k.kaslr == RISCV_VA - RISCV_LINKED, "%s: the image", r->name);
		ok(f->k.mem.direct_start == direct && f->k.mem.direct_pa == FAKE_PA && f->k.direct_checked,
		   "%s: the direct map at %#" PRIx64, r->name, f->k.mem.direct_start);
	}
	f->k.symbols = NULL;
	fake_destroy(f);
}

static char *i386_info(bool pae)
{
	static char text[512];

	snprintf(text, sizeof(text), "PAGESIZE=4096\n%sSYMBOL(_stext)=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\n",
		 pae ? "CONFIG_X86_PAE=y\n" : "", I386_VA + 0x100, I386_OFFSET + PGD_PA);
	return text;
}

static void test_i386(bool pae)
{
	const char *name = pae ? "PAE" : "i386";
	const uint64_t high = I386_VA + FAKE_SIZE - 0x8000;

	start(&vs_arch_i386, I386_LINKED, i386_info(pae));
	map_page(false, pae ? 3 : 2, I386_VA, FAKE_PA);
	put_phys(FAKE_PA + HIGH_AT, high, 4);
	if (placed(place(), name)) {
		ok(f->k.mem.pgt.levels == (pae ? 3 : 2) && f->k.mem.pgt.kernel_start == I386_OFFSET,
		   "%s: %u levels, PAGE_OFFSET %#" PRIx64, name, f->k.mem.pgt.levels, f->k.mem.pgt.kernel_start);
		ok(f->k.mem.image_start == I386_VA && f->k.mem.image_pa == FAKE_PA &&
		   f->k.kaslr == I386_VA - I386_LINKED, "%s: the image", name);
		ok(f->k.mem.direct_start == I386_VA && f->k.mem.direct_pa == FAKE_PA &&
		   f->k.mem.direct_end == high, "%s: low memory up to high_memory", name);
	}
	f->k.symbols = NULL;
	fake_destroy(f);
}

static void expect_error(const struct vs_arch *arch, const char *info, enum vs_err_code code, const char *what)
{
	struct vs_err *err;

	start(arch, arch->word == 4 ? I386_LINKED : RISCV_LINKED, info);
	err = place();
	ok(err && err->code == code, "%s: %s", what, err ? err->msg : "no error");
	vs_err_free(err);
	f->k.symbols = NULL;
	fake_destroy(f);
}

static void test_errors(void)
{
	char text[1024];

	expect_error(&vs_arch_riscv64, "PAGESIZE=4096\n", VS_ERR_FORMAT, "no VA_BITS");
	expect_error(&vs_arch_riscv64, riscv_info(32, 0, 0), VS_ERR_FORMAT, "32 bits");
	snprintf(text, sizeof(text), "PAGESIZE=16384\n%s", riscv_info(39, 0, 0));
	expect_error(&vs_arch_riscv64, text, VS_ERR_MISMATCH, "riscv64 with pages of 16 KiB");
	expect_error(&vs_arch_riscv64, riscv_info(57, 0x1000, FAKE_PA), VS_ERR_MISMATCH, "a direct map of users");
	expect_error(&vs_arch_i386, "PAGESIZE=4096\n", VS_ERR_FORMAT, "no symbols");
	expect_error(&vs_arch_i386, i386_info(true), VS_ERR_MISMATCH, "tables that map nothing");
	snprintf(text, sizeof(text), "PAGESIZE=65536\n%s", i386_info(true));
	expect_error(&vs_arch_i386, text, VS_ERR_MISMATCH, "i386 with pages of 64 KiB");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(riscv_rows) / sizeof(riscv_rows[0]); i++)
		test_riscv(&riscv_rows[i]);
	test_i386(false);
	test_i386(true);
	test_errors();
	return done();
}
