// SPDX-License-Identifier: GPL-2.0-or-later
/* Page-table walks of s390x and ppc64, whose entries are big endian, over tables made here. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/buf.h"
#include "tap.h"

/* RAM: from BASE, one table after the other as they are needed. */
#define BASE	UINT64_C(0x40000000)
#define SIZE	(1U << 20)

static unsigned char ram[SIZE];
static uint64_t next_table;

static bool read_ram(void *arg, uint64_t pa, void *buf, size_t len)
{
	(void)arg;
	if (pa < BASE || pa - BASE > SIZE - len)
		return false;
	memcpy(buf, ram + (pa - BASE), len);
	return true;
}

static void put(uint64_t pa, uint64_t entry)
{
	for (unsigned int i = 0; i < 8; i++)
		ram[pa - BASE + i] = (unsigned char)(entry >> 8 * (7 - i));
}

static uint64_t get(uint64_t pa)
{
	return vs_load64(ram + (pa - BASE), true);
}

/* A table of @p n entries, each of which is @p empty. */
static uint64_t new_table(uint64_t n, uint64_t empty)
{
	uint64_t t = (next_table + 8 * n - 1) & ~(8 * n - 1);

	next_table = t + 8 * n;
	if (next_table > BASE + SIZE)
		exit(99);
	for (uint64_t i = 0; i < n; i++)
		put(t + 8 * i, empty);
	return t;
}

static void clear(void)
{
	memset(ram, 0, sizeof(ram));
	next_table = BASE;
}

static void is_mapped(const struct vs_pgtable *pt, uint64_t va, uint64_t pa, uint64_t len, const char *what)
{
	struct vs_xlat x;

	pt->arch->walk(pt, va, &x);
	if (!ok(x.end == VS_PG_MAPPED && x.pa == pa && x.len == len && va - x.va < len, "%s: %#" PRIx64, what, va))
		diag("end %d, pa %#" PRIx64 ", va %#" PRIx64 ", len %#" PRIx64, x.end, x.pa, x.va, x.len);
}

static void is_end(const struct vs_pgtable *pt, uint64_t va, enum vs_pgend end, uint64_t len, const char *what)
{
	struct vs_xlat x;

	pt->arch->walk(pt, va, &x);
	if (!ok(x.end == end && x.len == len && va - x.va < len, "%s: %#" PRIx64, what, va))
		diag("end %d, va %#" PRIx64 ", len %#" PRIx64, x.end, x.va, x.len);
}

/* --- s390x --- */

static const struct vs_target s390x_target = { true, 8, 12 };

static unsigned int s390x_shift(unsigned int level)
{
	return level ? 20 + 11 * (level - 1) : 12;
}

static uint64_t s390x_table(unsigned int level)
{
	return level ? new_table(2048, (uint64_t)(level - 1) << 2 | 0x20) : new_table(256, 0x400);
}

/* Where the entry of @p level for @p va is; tables on the way are made. */
static uint64_t s390x_entry(const struct vs_pgtable *pt, uint64_t va, unsigned int level)
{
	uint64_t table = pt->root;

	for (unsigned int l = pt->levels - 1;; l--) {
		uint64_t at = table + (va >> s390x_shift(l) & (l ? 2047 : 255)) * 8;

		if (l == level)
			return at;
		if (get(at) & 0x20)
			put(at, s390x_table(l - 1) | (uint64_t)(l - 1) << 2 | (l > 1 ? 3 : 0));
		table = get(at) & ~UINT64_C(0x7ff);
	}
}

/* Tables of @p levels, which a kernel of three levels meets. */
static struct vs_pgtable s390x_start(unsigned int levels)
{
	struct vs_pgtable pt = {
		.arch = &vs_arch_s390x, .target = &s390x_target, .levels = 3, .va_bits = 42, .top_bits = 11,
		.read = read_ram,
	};

	clear();
	vs_pgtable_move(&pt, s390x_table(levels - 1));
	return pt;
}

static void test_s390x(unsigned int levels)
{
	static const unsigned int bits[] = { 0, 0, 31, 42, 53, 64 };
	struct vs_pgtable pt = s390x_start(levels);
	const uint64_t va = UINT64_C(0x5a6b7000), top = UINT64_MAX >> (64 - bits[levels]) & ~UINT64_C(0xfff);
	char what[32];

	snprintf(what, sizeof(what), "s390x, %u levels", levels);
	ok(pt.levels == levels && pt.va_bits == bits[levels] && pt.top_bits == 11,
	   "%s: told by the first entry of the top table", what);
	is_end(&pt, va, VS_PG_NONE, UINT64_C(1) << s390x_shift(levels - 1), what);
	put(s390x_entry(&pt, va, 0), UINT64_C(0x123456000) | 0x33f);
	put(s390x_entry(&pt, top, 0), UINT64_C(0x7654321000) | 0x33f);
	is_mapped(&pt, va | 0x123, UINT64_C(0x123456123), 4096, what);
	is_mapped(&pt, top | 0xfff, UINT64_C(0x7654321fff), 4096, what);
	is_end(&pt, va + 0x1000, VS_PG_NONE, 4096, "an empty entry of a page table");
	if (levels < 5)
		is_end(&pt, top + 0x1000, VS_PG_NONCANONICAL, 4096, "past the tables");
	put(s390x_entry(&pt, va, 0), UINT64_C(0x123456000) | 0x601);
	is_mapped(&pt, va, UINT64_C(0x123456000), 4096, "PROT_NONE is a page all the same");
	put(s390x_entry(&pt, va, 0), 0);
	is_end(&pt, va, VS_PG_BAD, 4096, "0 is no entry");
	put(s390x_entry(&pt, va + (1 << 20), 1), UINT64_C(0x12300000) | 0x703);
	is_mapped(&pt, va + (1 << 20) + 5, UINT64_C(0x12300000) + (va & 0xfffff) + 5, 1 << 20, "a large segment");
	put(s390x_entry(&pt, va + (1 << 20), 1), UINT64_C(0x12300000) | 0x720);
	is_mapped(&pt, va + (1 << 20), UINT64_C(0x12300000) + (va & 0xfffff), 1 << 20, "a large one that is PROT_NONE");
	put(s390x_entry(&pt, va + (1 << 20), 1), UINT64_C(0x1000) | 0x4);
	is_end(&pt, va + (1 << 20), VS_PG_BAD, 1 << 20, "an entry of a third region table in a segment table");
	put(s390x_entry(&pt, va + (1 << 20), 1), UINT64_C(0x1000));
	is_end(&pt, va + (1 << 20), VS_PG_ABSENT, 4096, "a table that is not in the dump");
	if (levels > 2) {
		put(s390x_entry(&pt, va + (UINT64_C(1) << 31), 2), UINT64_C(0x180000000) | 0x407);
		is_mapped(&pt, va + (UINT64_C(1) << 31), UINT64_C(0x180000000) + (va & 0x7fffffff), UINT64_C(1) << 31,
			  "a large third region");
	}
}

static void test_s390x_rest(void)
{
	struct vs_pgtable pt = s390x_start(3);
	struct vs_swap_entry e = { 0 };
	struct vs_buf b = VS_BUF_INIT;

	ok(!pt.arch->is_kernel(&pt, 0) && !pt.arch->is_kernel(&pt, 0x1fff), "s390x: nothing is in the lowcore");
	ok(pt.arch->is_kernel(&pt, 0x2000) && pt.arch->is_kernel(&pt, UINT64_C(0x3ffffffffff)),
	   "s390x: kernel addresses are small");
	ok(!pt.arch->is_kernel(&pt, UINT64_C(0x40000000000)), "s390x: and no larger than the tables");
	pt.swp_exclusive = true;
	pt.arch->swap(&pt, 0x400, &e);
	ok(e.none, "s390x: no page, and none in swap");
	e.none = false;
	pt.arch->swap(&pt, UINT64_C(0x12345) << 12 | 0xe00 | 7 << 2, &e);
	ok(!e.none && e.type == 7 && e.offset == 0x12345 && e.exclusive, "s390x: swap entry: type %u, offset %#" PRIx64,
	   e.type, e.offset);
	pt.arch->prot_words(0x13d, &b);
	is_str(vs_buf_str(&b), "present read-write young dirty no-execute", "s390x: words of an entry");
	vs_buf_deinit(&b);
	b = (struct vs_buf)VS_BUF_INIT;
	pt.arch->prot_words(0x601, &b);
	is_str(vs_buf_str(&b), "present PROT_NONE invalid protected executable", "s390x: words of PROT_NONE");
	vs_buf_deinit(&b);
	b = (struct vs_buf)VS_BUF_INIT;
	pt.arch->table_words(0x1007, &b);
	is_str(vs_buf_str(&b), "table, entry of a third region table", "s390x: words of a table");
	vs_buf_deinit(&b);
}

/* --- ppc64 --- */

struct ppc64_config {
	const char *name;
	bool radix;
	uint8_t page_shift, bits[4];
};

static const struct ppc64_config ppc64_configs[] = {
	{ "ppc64, radix, 64 KiB", true, 16, { 5, 9, 9, 13 } },
	{ "ppc64, radix, 4 KiB", true, 12, { 9, 9, 9, 13 } },
	{ "ppc64, hash, 64 KiB", false, 16, { 8, 10, 10, 8 } },
	{ "ppc64, hash, 4 KiB", false, 12, { 9, 7, 9, 9 } },
};

static unsigned int ppc64_shift(const struct ppc64_config *c, unsigned int level)
{
	unsigned int shift = c->page_shift;

	for (unsigned int i = 0; i < level; i++)
		shift += c->bits[i];
	return shift;
}

static uint64_t ppc64_entry(const struct ppc64_config *c, const struct vs_pgtable *pt, uint64_t va, unsigned int level)
{
	uint64_t table = pt->root;

	for (unsigned int l = 3;; l--) {
		uint64_t at = table + (va >> ppc64_shift(c, l) & ((UINT64_C(1) << c->bits[l]) - 1)) * 8;

		if (l == level)
			return at;
		if (!get(at))
			put(at, UINT64_C(1) << 63 | new_table(UINT64_C(1) << c->bits[l - 1], 0) |
			    (c->radix ? c->bits[l - 1] : 0));
		table = get(at) & UINT64_C(0x0fffffffffffff00);
	}
}

static void test_ppc64(const struct ppc64_config *c)
{
	const struct vs_target target = { false, 8, c->page_shift };
	const uint64_t page = UINT64_C(1) << c->page_shift, present = UINT64_C(3) << 62;
	const uint64_t user = UINT64_C(0x7fffd5a70000) & UINT64_C(0x3fffffffffff), kernel = UINT64_C(0xc000000012340000);
	const uint64_t huge = UINT64_C(1) << ppc64_shift(c, 1);
	struct vs_pgtable pt = {
		.arch = &vs_arch_ppc64, .target = &target, .levels = 4, .va_bits = ppc64_shift(c, 3) + c->bits[3],
		.top_bits = c->bits[3], .read = read_ram,
	};

	memcpy(pt.bits, c->bits, sizeof(c->bits));
	clear();
	vs_pgtable_move(&pt, new_table(UINT64_C(1) << c->bits[3], 0));
	is_end(&pt, user, VS_PG_NONE, UINT64_C(1) << ppc64_shift(c, 3), c->name);
	put(ppc64_entry(c, &pt, user, 0), present | UINT64_C(0x345670000) | 0x187);
	is_mapped(&pt, user | 0x123, UINT64_C(0x345670123), page, c->name);
	is_end(&pt, user + page, VS_PG_NONE, page, c->name);
	put(ppc64_entry(c, &pt, kernel, 1), present | (UINT64_C(0x40000000) & ~(huge - 1)) | 0x18e);
	is_mapped(&pt, kernel + 7, (UINT64_C(0x40000000) & ~(huge - 1)) + ((kernel + 7) & (huge - 1)), huge, "a huge page");
	put(ppc64_entry(c, &pt, user, 0), (UINT64_C(3) << 61) | UINT64_C(0x345670000));
	is_mapped(&pt, user, UINT64_C(0x345670000), page, "a page that is being changed");
	put(ppc64_entry(c, &pt, user, 0), UINT64_C(1) << 63 | 0x1000);
	is_end(&pt, user, VS_PG_BAD, page, "a pointer to a table in the last one");
	put(ppc64_entry(c, &pt, user, 1), UINT64_C(1) << 63 | 0x1000 | (c->radix ? c->bits[0] : 0));
	is_end(&pt, user, VS_PG_ABSENT, page, "a table that is not in the dump");
	put(ppc64_entry(c, &pt, user, 1), UINT64_C(1) << 63 | BASE | 30);
	is_end(&pt, user, VS_PG_BAD, huge, "a table of another width");
	is_end(&pt, UINT64_C(0x4000000000000000) | user, VS_PG_NONCANONICAL, page, "the second quadrant");
	is_end(&pt, UINT64_C(0xc010000000000000), VS_PG_NONCANONICAL, page, "above the kernel's regions");
	ok(pt.arch->is_kernel(&pt, kernel) && !pt.arch->is_kernel(&pt, user) &&
	   !pt.arch->is_kernel(&pt, UINT64_C(0xffffffff81000000)), "%s: kernel addresses", c->name);
	ok(pt.arch->user_end(&pt) == UINT64_C(1) << pt.va_bits &&
	   pt.arch->kernel_start(&pt) == UINT64_C(0xc000000000000000), "%s: the parts of the address space", c->name);
}

static void test_ppc64_rest(void)
{
	const struct vs_target target = { false, 8, 16 };
	const struct vs_pgtable pt = { .arch = &vs_arch_ppc64, .target = &target, .swp_exclusive = true };
	struct vs_swap_entry e = { 0 };
	struct vs_buf b = VS_BUF_INIT;

	pt.arch->swap(&pt, UINT64_C(1) << 62 | UINT64_C(0x12345) << 16 | 0x20 | 3, &e);
	ok(!e.none && e.type == 3 && e.offset == 0x12345 && e.exclusive, "ppc64: swap entry: type %u, offset %#" PRIx64,
	   e.type, e.offset);
	pt.arch->prot_words(UINT64_C(0xc000000000000187), &b);
	is_str(vs_buf_str(&b), "present user read-write accessed dirty executable", "ppc64: words of an entry");
	vs_buf_deinit(&b);
	b = (struct vs_buf)VS_BUF_INIT;
	pt.arch->table_words(UINT64_C(0x8000000000001009), &b);
	is_str(vs_buf_str(&b), "table of 512 entries", "ppc64: words of a table");
	vs_buf_deinit(&b);
}

/* Whatever is in the tables, a walk ends and its answer holds the address asked for. */
static void test_garbage(struct vs_pgtable *pt, const char *name)
{
	unsigned int seed = 1, bad = 0;

	for (unsigned int round = 0; round < 20000; round++) {
		struct vs_xlat x;
		uint64_t va = 0;

		if (round % 1000 == 0)
			for (size_t i = 0; i < sizeof(ram); i++)
				ram[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
		for (unsigned int i = 0; i < 4; i++)
			va = va << 16 ^ (seed = seed * 1103515245 + 12345) >> 8;
		vs_pgtable_move(pt, BASE + (va >> 20 & (SIZE - 1) & ~UINT64_C(4095)));
		pt->arch->walk(pt, va, &x);
		bad += !x.len || va - x.va >= x.len || x.n_steps > 5;
	}
	ok(!bad, "%s: garbage is walked to its end", name);
}

int main(void)
{
	struct vs_pgtable pt;

	for (unsigned int levels = 2; levels <= 5; levels++)
		test_s390x(levels);
	test_s390x_rest();
	for (size_t i = 0; i < sizeof(ppc64_configs) / sizeof(ppc64_configs[0]); i++)
		test_ppc64(&ppc64_configs[i]);
	test_ppc64_rest();
	pt = s390x_start(3);
	test_garbage(&pt, "s390x");
	pt = (struct vs_pgtable){
		.arch = &vs_arch_ppc64, .target = &(struct vs_target){ false, 8, 16 }, .levels = 4, .va_bits = 52,
		.top_bits = 13, .bits = { 5, 9, 9, 13 }, .read = read_ram,
	};
	test_garbage(&pt, "ppc64");
	return done();
}
