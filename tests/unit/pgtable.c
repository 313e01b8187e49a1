// SPDX-License-Identifier: GPL-2.0-or-later
/* Page-table walks over small tables made here: what no dump of the lab has. */
#include <elf.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/buf.h"
#include "tap.h"

/* RAM: from BASE, one table after the other as they are needed. */
#define BASE	UINT64_C(0x40000000)
#define SIZE	(16U << 16)

static unsigned char ram[SIZE];
static uint64_t next_table;
static unsigned int n_reads;

static bool read_ram(void *arg, uint64_t pa, void *buf, size_t len)
{
	(void)arg;
	n_reads++;
	if (pa < BASE || pa - BASE > SIZE - len)
		return false;
	memcpy(buf, ram + (pa - BASE), len);
	return true;
}

static void put(uint64_t pa, uint64_t entry)
{
	for (unsigned int i = 0; i < 8; i++)
		ram[pa - BASE + i] = (unsigned char)(entry >> 8 * i);
}

static uint64_t get(uint64_t pa)
{
	return vs_load64(ram + (pa - BASE), false);
}

static uint64_t new_table(const struct vs_pgtable *pt)
{
	uint64_t t = next_table;

	next_table += vs_page_size(pt->target);
	if (next_table > BASE + SIZE)
		exit(99);
	return t;
}

struct config {
	const char *name;
	unsigned int page_shift, built_for, va_bits, levels;
};

static const struct config configs[] = {
	{ "4 KiB, 39 bits", 12, 39, 39, 3 },
	{ "4 KiB, 48 bits", 12, 48, 48, 4 },
	{ "4 KiB, 52 bits (LPA2)", 12, 52, 52, 5 },
	{ "4 KiB, 48 of 52 bits", 12, 52, 48, 4 },
	{ "16 KiB, 36 bits", 14, 36, 36, 2 },
	{ "16 KiB, 47 bits", 14, 47, 47, 3 },
	{ "16 KiB, 48 bits", 14, 48, 48, 4 },
	{ "16 KiB, 52 bits (LPA2)", 14, 52, 52, 4 },
	{ "64 KiB, 42 bits", 16, 42, 42, 2 },
	{ "64 KiB, 48 bits", 16, 48, 48, 3 },
	{ "64 KiB, 52 bits", 16, 52, 52, 3 },
	{ "64 KiB, 48 of 52 bits", 16, 52, 48, 3 },
};

static struct vs_target target;

static struct vs_pgtable start(const struct config *c)
{
	struct vs_pgtable pt = {
		.arch = &vs_arch_arm64, .target = &target, .levels = c->levels, .va_bits = c->va_bits,
		.none_bit = UINT64_C(1) << 58, .read = read_ram,
	};
	unsigned int bits = c->page_shift - 3, shift = c->page_shift + (c->levels - 1) * bits;

	target = (struct vs_target){ false, 8, (uint8_t)c->page_shift };
	pt.top_bits = c->built_for - shift < bits ? c->built_for - shift : bits;
	memset(ram, 0, sizeof(ram));
	next_table = BASE;
	pt.root = new_table(&pt);
	return pt;
}

/* Bits of an output address where the hardware wants them. */
static uint64_t put_pa(const struct config *c, uint64_t pa)
{
	if (c->va_bits > 48 && c->page_shift < 16)
		return (pa & ((UINT64_C(1) << 50) - 1)) | (pa >> 50 & 3) << 8;
	return (pa & ((UINT64_C(1) << 48) - 1)) | (c->page_shift == 16 ? (pa >> 48 & 15) << 12 : 0);
}

/* Where the entry of @p level for @p va is; tables on the way are made. */
static uint64_t entry_at(const struct config *c, const struct vs_pgtable *pt, uint64_t va, unsigned int level)
{
	unsigned int bits = c->page_shift - 3;
	uint64_t table = pt->root;

	for (unsigned int l = c->levels - 1;; l--) {
		unsigned int n = l == c->levels - 1 ? pt->top_bits : bits;
		uint64_t at = table + (va >> (c->page_shift + l * bits) & ((UINT64_C(1) << n) - 1)) * 8;

		if (l == level)
			return at;
		if (!get(at))
			put(at, put_pa(c, new_table(pt)) | 3);
		table = get(at) & ((UINT64_C(1) << 48) - 1) & UINT64_MAX << c->page_shift;
	}
}

static bool block_allowed(const struct config *c, unsigned int level)
{
	bool lpa2 = c->va_bits > 48 && c->page_shift < 16;

	if (c->page_shift == 12)
		return level <= (lpa2 ? 3U : 2U);
	if (c->page_shift == 14)
		return level <= (lpa2 ? 2U : 1U);
	return level <= 2;
}

static void is_mapped(const struct config *c, const struct vs_pgtable *pt, uint64_t va, uint64_t pa,
		      unsigned int level, const char *what)
{
	uint64_t span = UINT64_C(1) << (c->page_shift + level * (c->page_shift - 3));
	struct vs_xlat x;

	pt->arch->walk(pt, va, &x);
	ok(x.end == VS_PG_MAPPED && x.pa == pa && x.len == span && x.va == (va & ~(span - 1)) &&
	   x.n_steps == c->levels - level, "%s: %s, level %u", c->name, what, level);
	if (x.end != VS_PG_MAPPED || x.pa != pa)
		diag("end %d, pa %#" PRIx64 ", expected %#" PRIx64, x.end, x.pa, pa);
}

static void is_end(const struct config *c, const struct vs_pgtable *pt, uint64_t va, enum vs_pgend end,
		   unsigned int steps, const char *what)
{
	struct vs_xlat x;

	pt->arch->walk(pt, va, &x);
	ok(x.end == end && x.n_steps == steps && x.len, "%s: %s", c->name, what);
	if (x.end != end || x.n_steps != steps)
		diag("end %d after %u steps, expected %d after %u", x.end, x.n_steps, end, steps);
}

static void test_config(const struct config *c)
{
	const unsigned int bits = c->page_shift - 3;
	const uint64_t user = (UINT64_C(0x5a5a5a5a5a5a5a5a) & ((UINT64_C(1) << c->va_bits) - 1)),
		kernel = user | UINT64_MAX << c->va_bits;
	struct vs_pgtable pt;
	struct vs_xlat x;
	uint64_t at;

	for (unsigned int half = 0; half < 2; half++) {
		for (unsigned int level = 0; level < c->levels; level++) {
			uint64_t va = half ? kernel : user, span = UINT64_C(1) << (c->page_shift + level * bits);
			// the highest address that these entries can hold
			uint64_t top = c->page_shift == 16 || c->va_bits > 48 ? UINT64_C(1) << 52 : UINT64_C(1) << 48;
			uint64_t pa = (top - 1) & ~(span - 1);

			pt = start(c);
			at = entry_at(c, &pt, va, level);
			put(at, put_pa(c, pa) | UINT64_C(0x60000000000400) | (level ? 1 : 3));
			if (block_allowed(c, level))
				is_mapped(c, &pt, va, pa | (va & (span - 1)), level, half ? "kernel" : "user");
			else
				is_end(c, &pt, va, VS_PG_BAD, c->levels - level, "a block that large is none");
			is_end(c, &pt, va ^ span, VS_PG_NONE, c->levels - level, "its neighbour is not mapped");
		}
	}
	pt = start(c);
	at = entry_at(c, &pt, kernel, 0);
	put(at, put_pa(c, BASE) | 1);
	is_end(c, &pt, kernel, VS_PG_BAD, c->levels, "a block at the last level is none");
	put(at, 2 | UINT64_C(1) << 58);
	is_mapped(c, &pt, kernel, kernel & (vs_page_size(&target) - 1), 0, "PROT_NONE is still a page");
	put(at, put_pa(c, BASE) | 3);
	pt.arch->walk(&pt, kernel & ~(UINT64_C(0x0c) << 56), &x);
	ok(x.end == VS_PG_MAPPED && x.pa == (BASE | (kernel & (vs_page_size(&target) - 1))) &&
	   x.va == (kernel & ~(vs_page_size(&target) - 1)), "%s: a pointer tagged 0xf3", c->name);
	is_end(c, &pt, UINT64_C(1) << c->va_bits, VS_PG_NONCANONICAL, 0, "above the user's half");
	is_end(c, &pt, (UINT64_MAX << c->va_bits) - 1, VS_PG_NONCANONICAL, 0, "below the kernel's half");

	// a table that is its own child ends at the last level, where it is a page
	pt = start(c);
	for (uint64_t i = 0; i < UINT64_C(1) << pt.top_bits; i++)
		put(pt.root + i * 8, put_pa(c, pt.root) | 3);
	n_reads = 0;
	is_end(c, &pt, UINT64_MAX << c->va_bits, VS_PG_MAPPED, c->levels, "a table in a loop");
	ok(n_reads == c->levels, "%s: one read a level", c->name);

	// tables outside RAM: below, above, and one whose end is missing
	if (c->levels > 1) {
		pt = start(c);
		at = entry_at(c, &pt, kernel, c->levels - 1);
		put(at, put_pa(c, vs_page_size(&target)) | 3);
		is_end(c, &pt, kernel, VS_PG_ABSENT, 2, "a table below RAM");
		put(at, put_pa(c, BASE + SIZE) | 3);
		is_end(c, &pt, kernel, VS_PG_ABSENT, 2, "a table above RAM");
	}
	pt.root = UINT64_C(0xfffffffffffff) << 12;
	is_end(c, &pt, kernel, VS_PG_ABSENT, 1, "a top table nowhere");
}

static void test_halves(void)
{
	struct vs_pgtable pt = start(&configs[1]);
	static const struct { uint64_t va; bool kernel; } rows[] = {
		{ 0, false }, { UINT64_C(0xffff), false }, { UINT64_C(0xffffffffffff), false },
		{ UINT64_C(0x1000000000000), false }, { UINT64_C(0xfffeffffffffffff), false },
		{ UINT64_C(0xffff000000000000), true }, { UINT64_C(0xffffffffffffffff), true },
		{ UINT64_C(0xf4ff000012345678), true }, { UINT64_C(0xf47f000012345678), false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(pt.arch->is_kernel(&pt, rows[i].va) == rows[i].kernel, "%#" PRIx64 " is %s kernel address",
		   rows[i].va, rows[i].kernel ? "a" : "no");
	ok(pt.arch->user_end(&pt) == UINT64_C(1) << 48, "user space ends at 1 << 48");
}

static uint64_t random64(uint64_t *seed)	/* splitmix64 */
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Whatever is in the tables, a walk ends and its answer holds the address asked for. */
static void test_garbage(const struct vs_arch *arch, const char *name)
{
	uint64_t seed = 1;
	unsigned int ends[VS_PG_NONCANONICAL + 1] = { 0 };
	bool good = true;

	for (unsigned int n = 0; n < 200000 && good; n++) {
		const struct config *c = arch->machine == EM_X86_64 ? &configs[1] :
			&configs[n % (sizeof(configs) / sizeof(configs[0]))];
		struct vs_pgtable pt = {
			.arch = arch, .target = &target, .root = BASE, .levels = c->levels,
			.va_bits = c->va_bits, .top_bits = 9, .none_bit = UINT64_C(1) << 11,
			.read = read_ram,
		};
		struct vs_xlat x;
		uint64_t va;

		target = (struct vs_target){ false, 8, (uint8_t)c->page_shift };
		if (n % 1000 == 0)
			for (size_t i = 0; i < SIZE; i += 8) {
				uint64_t e = random64(&seed);

				// half of them lead into RAM
				put(BASE + i, i % 16 ? e : (e & (SIZE - 1)) | BASE | 3);
			}
		va = random64(&seed) >> 17;
		if (n % 2)
			va |= UINT64_MAX << 47;
		arch->walk(&pt, va, &x);
		good = x.n_steps <= 5 && x.len && va - x.va < x.len && x.end <= VS_PG_NONCANONICAL;
		if (!good)
			diag("va %#" PRIx64 ": end %d, %u steps, %#" PRIx64 "+%#" PRIx64, va, x.end, x.n_steps,
			     x.va, x.len);
		ends[x.end]++;
	}
	ok(good, "%s: tables of garbage", name);
	diag("mapped %u, none %u, absent %u, bad %u, not canonical %u", ends[VS_PG_MAPPED],
	     ends[VS_PG_NONE], ends[VS_PG_ABSENT], ends[VS_PG_BAD], ends[VS_PG_NONCANONICAL]);
}

static void test_words(void)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	vs_arch_arm64.prot_words(UINT64_C(0x0020000000000fc3), &b);
	is_str(vs_buf_str(&b), "present read-only user accessed not-global attributes 0 user-executable",
	       "arm64: r-x of a user");
	b.len = 0;
	vs_arch_arm64.prot_words(UINT64_C(0x0460000000000fc2), &b);
	is_str(vs_buf_str(&b), "PROT_NONE read-only user accessed not-global attributes 0 no-execute",
	       "arm64: PROT_NONE");
}

/* A page that mprotect() took from its user: its address is kept inverted. */
static void test_inverted(void)
{
	const struct config *c = &configs[1];
	struct vs_pgtable pt = start(c);
	const uint64_t va = UINT64_C(0x7f1234567000), pa = UINT64_C(0x123456000);
	struct vs_xlat x;
	uint64_t at;

	pt.arch = &vs_arch_x86_64;
	at = entry_at(c, &pt, va, 0);
	put(at, (~pa & UINT64_C(0xffffffffff000)) | UINT64_C(0x8000000000000160));
	pt.arch->walk(&pt, va | 0x123, &x);
	ok(x.end == VS_PG_MAPPED && x.pa == (pa | 0x123), "x86-64: PROT_NONE, inverted");
	put(at, pa | UINT64_C(0x8000000000000160));
	pt.arch->walk(&pt, va | 0x123, &x);
	ok(x.end == VS_PG_MAPPED && x.pa == (pa | 0x123), "x86-64: PROT_NONE as before 4.18");
}

static void test_swap(void)
{
	struct vs_pgtable pt = { .target = &target, .swp_exclusive = true };
	struct vs_swap_entry e;

	// __swp_entry(2, 0x12345) with E and SD
	vs_arch_x86_64.swap(&pt, UINT64_C(2) << 59 | (~UINT64_C(0x12345) << 14 >> 5) | 0xa, &e);
	ok(e.type == 2 && e.offset == 0x12345 && e.exclusive && e.soft_dirty && !e.uffd_wp, "x86-64: a place in swap");
	pt.none_bit = UINT64_C(1) << 58;
	vs_arch_arm64.swap(&pt, UINT64_C(0x12345) << 8 | 3 << 3 | 4, &e);
	ok(e.type == 3 && e.offset == 0x12345 && e.exclusive, "arm64: a place in swap (5.19 to 6.10)");
	pt.swp_exclusive = false;
	vs_arch_arm64.swap(&pt, UINT64_C(0x12345) << 8 | 3 << 2, &e);
	ok(e.type == 3 && e.offset == 0x12345 && !e.exclusive, "arm64: up to 5.18");
	pt.swp_exclusive = true;
	pt.none_bit = UINT64_C(1) << 11;
	vs_arch_arm64.swap(&pt, UINT64_C(0x12345) << 12 | 3 << 6, &e);
	ok(e.type == 3 && e.offset == 0x12345 && !e.exclusive && !e.uffd_wp, "arm64: since 6.11");
}

int main(void)
{
	test_inverted();
	test_swap();
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++)
		test_config(&configs[i]);
	test_halves();
	test_garbage(&vs_arch_arm64, "arm64");
	test_garbage(&vs_arch_x86_64, "x86-64");
	test_words();
	return done();
}
