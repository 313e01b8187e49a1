// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks of riscv64 and of i386 over small tables made here; arm64 and x86-64 are in pgtable.c. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "base/buf.h"
#include "tap.h"

/* RAM: from BASE, one table after the other as they are needed. */
#define BASE	UINT64_C(0x40000000)
#define SIZE	(16U << 12)

static unsigned char ram[SIZE];
static uint64_t next_table;
static const struct vs_target target32 = { false, 4, 12 }, target64 = { false, 8, 12 };

static bool read_ram(void *arg, uint64_t pa, void *buf, size_t len)
{
	(void)arg;
	if (pa < BASE || pa - BASE > SIZE - len)
		return false;
	memcpy(buf, ram + (pa - BASE), len);
	return true;
}

struct config {
	const char *name;
	const struct vs_arch *arch;
	unsigned int levels, va_bits, bits, top_bits, size;
	uint64_t user, kernel;		/* addresses of either half */
	uint64_t table;			/* bits of an entry that leads to a table */
	uint64_t page, huge;		/* of one that maps */
	uint64_t none;			/* of one that maps a page which the user may not touch */
	unsigned int top_leaf;		/* the highest level that may have one */
	unsigned int pa_shift;		/* of a physical address into an entry */
	uint64_t pa;			/* as high as entries can hold */
};

static const struct config configs[] = {
	{ "Sv39", &vs_arch_riscv64, 3, 39, 9, 9, 8, 0x2a5a5a5a5a, UINT64_C(0xffffffea5a5a5a5a), 1, 0xdf, 0xdf, 0x22, 2, 2,
	  UINT64_C(0xffffffffffffff) },
	{ "Sv48", &vs_arch_riscv64, 4, 48, 9, 9, 8, 0x5a5a5a5a5a5a, UINT64_C(0xffffda5a5a5a5a5a), 1, 0xdf, 0xdf, 0x22, 3, 2,
	  UINT64_C(0xffffffffffffff) },
	{ "Sv57", &vs_arch_riscv64, 5, 57, 9, 9, 8, 0x5a5a5a5a5a5a5a, UINT64_C(0xff5a5a5a5a5a5a5a), 1, 0xdf, 0xdf, 0x22, 4, 2,
	  UINT64_C(0xffffffffffffff) },
	{ "i386", &vs_arch_i386, 2, 32, 10, 10, 4, 0x5a5a5a5a, 0xda5a5a5a, 0x67, 0x67, 0xe7, 0x160, 1, 0, 0xffffffff },
	{ "PAE", &vs_arch_i386, 3, 32, 9, 2, 8, 0x5a5a5a5a, 0xda5a5a5a, 0x67, UINT64_C(0x8000000000000067),
	  UINT64_C(0x80000000000000e7), 0x160, 1, 0, UINT64_C(0xfffffffff) },
};

static uint64_t get(const struct config *c, uint64_t at)
{
	return vs_load(ram + (at - BASE), c->size, false);
}

static void put(const struct config *c, uint64_t at, uint64_t e)
{
	for (unsigned int i = 0; i < c->size; i++)
		ram[at - BASE + i] = (unsigned char)(e >> 8 * i);
}

static uint64_t new_table(void)
{
	uint64_t t = next_table;

	next_table += 0x1000;
	if (next_table > BASE + SIZE)
		exit(99);
	return t;
}

static struct vs_pgtable start(const struct config *c)
{
	memset(ram, 0, sizeof(ram));
	next_table = BASE;
	return (struct vs_pgtable){
		.arch = c->arch, .target = c->arch->word == 4 ? &target32 : &target64, .root = new_table(),
		.levels = c->levels, .va_bits = c->va_bits, .top_bits = c->top_bits,
		.kernel_start = c->arch->word == 4 ? 0xc0000000 : 0, .none_bit = c->arch->word == 4 ? 0 : 0x20,
		.read = read_ram,
	};
}

/* Where the entry of @p level for @p va is; tables on the way are made. */
static uint64_t entry_at(const struct config *c, const struct vs_pgtable *pt, uint64_t va, unsigned int level)
{
	uint64_t table = pt->root;

	for (unsigned int l = c->levels - 1;; l--) {
		unsigned int n = l == c->levels - 1 ? c->top_bits : c->bits;
		uint64_t at = table + (va >> (12 + l * c->bits) & ((UINT64_C(1) << n) - 1)) * c->size;

		if (l == level)
			return at;
		if (!get(c, at))
			put(c, at, new_table() >> c->pa_shift | (c->levels == 3 && c->size == 8 && c->pa_shift == 0 &&
								  l == 2 ? 1 : c->table));
		table = get(c, at) << c->pa_shift & UINT64_C(0xfffffffff000);
	}
}

static void is_mapped(const struct config *c, const struct vs_pgtable *pt, uint64_t va, uint64_t pa, uint64_t span,
		      unsigned int steps, const char *what)
{
	struct vs_xlat x;

	pt->arch->walk(pt, va, &x);
	ok(x.end == VS_PG_MAPPED && x.pa == pa && x.len == span && x.va == (va & ~(span - 1)) && x.n_steps == steps,
	   "%s: %s of %#" PRIx64 " bytes", c->name, what, span);
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
	struct vs_pgtable pt;
	uint64_t at;

	for (unsigned int half = 0; half < 2; half++) {
		for (unsigned int level = 0; level < c->levels; level++) {
			const uint64_t va = half ? c->kernel : c->user, span = UINT64_C(1) << (12 + level * c->bits);
			const uint64_t pa = c->pa & ~(span - 1);

			pt = start(c);
			at = entry_at(c, &pt, va, level);
			put(c, at, pa >> c->pa_shift | (level ? c->huge : c->page));
			if (level <= c->top_leaf)
				is_mapped(c, &pt, va, pa | (va & (span - 1)), span, c->levels - level,
					  half ? "a kernel page" : "a user page");
			else
				is_end(c, &pt, va, VS_PG_BAD, c->levels - level, "a page that large is none");
			is_end(c, &pt, va ^ span, VS_PG_NONE, c->levels - level, "its neighbour is not mapped");
		}
	}
	pt = start(c);
	at = entry_at(c, &pt, c->user, 0);
	put(c, at, BASE >> c->pa_shift | c->none);
	is_mapped(c, &pt, c->user, BASE | (c->user & 0xfff), 0x1000, c->levels, "PROT_NONE is still a page");
	at = entry_at(c, &pt, c->user, c->levels - 1);
	put(c, at, (BASE + SIZE) >> c->pa_shift | 1);
	is_end(c, &pt, c->user, VS_PG_ABSENT, 2, "a table above RAM");
	pt.root = 0;
	is_end(c, &pt, c->user, VS_PG_ABSENT, 1, "a top table nowhere");
	is_end(c, &pt, UINT64_C(1) << c->va_bits, VS_PG_NONCANONICAL, 0, "an address with too many bits");
	ok(pt.arch->is_kernel(&pt, c->kernel) && !pt.arch->is_kernel(&pt, c->user) &&
	   !pt.arch->is_kernel(&pt, UINT64_C(1) << c->va_bits), "%s: which half", c->name);
	ok(pt.arch->user_end(&pt) == (c->arch->word == 4 ? 0xc0000000 : UINT64_C(1) << (c->va_bits - 1)),
	   "%s: where user space ends", c->name);
}

/* Svnapot: 64 KiB by 16 entries that say so; T-Head has a meaning of its own for that bit. */
static void test_napot(void)
{
	const struct config *c = &configs[0];
	struct vs_pgtable pt = start(c);
	const uint64_t at = entry_at(c, &pt, c->user, 0), napot = UINT64_C(1) << 63;

	put(c, at, (UINT64_C(0x80120000) | 0x8000) >> 2 | 0xdf | napot);
	is_mapped(c, &pt, c->user, UINT64_C(0x80120000) | (c->user & 0xffff), 0x10000, 3, "NAPOT");
	put(c, at, (UINT64_C(0x80120000) | 0x4000) >> 2 | 0xdf | napot);
	is_end(c, &pt, c->user, VS_PG_BAD, 3, "NAPOT of a size that there is not");
	put(c, at, UINT64_C(0x80128000) >> 2 | 0xdf | napot | UINT64_C(1) << 60);
	is_mapped(c, &pt, c->user, UINT64_C(0x80128000) | (c->user & 0xfff), 0x1000, 3, "T-Head's strong order");
	put(c, entry_at(c, &pt, c->user, 1), UINT64_C(0x80123000) >> 2 | 0xdf);
	is_end(c, &pt, c->user, VS_PG_BAD, 2, "a huge page at half of its size");
	put(c, entry_at(c, &pt, c->user, 1), UINT64_C(0x80200000) >> 2 | 0xde);
	is_mapped(c, &pt, c->user, UINT64_C(0x80200000) | (c->user & 0x1fffff), 0x200000, 2, "a huge page being split");
}

static void test_inverted(void)
{
	const struct config *c = &configs[4];
	struct vs_pgtable pt = start(c);
	const uint64_t pa = UINT64_C(0x123456000);

	put(c, entry_at(c, &pt, c->user, 0), (~pa & UINT64_C(0xffffffffff000)) | UINT64_C(0x8000000000000160));
	is_mapped(c, &pt, c->user, pa | (c->user & 0xfff), 0x1000, 3, "PROT_NONE, inverted");
}

static void test_swap(void)
{
	struct vs_pgtable pt = { .target = &target32, .levels = 3, .swp_exclusive_all = true };
	struct vs_swap_entry e;

	vs_arch_i386.swap(&pt, UINT64_C(2) << 59 | (~UINT64_C(0x12345) << 14 >> 5) | 0x80, &e);
	ok(e.type == 2 && e.offset == 0x12345 && e.exclusive && !e.soft_dirty, "PAE: a place in swap");
	pt.levels = 2;
	vs_arch_i386.swap(&pt, UINT64_C(0x12345) << 9 | 3 << 1, &e);
	ok(e.type == 3 && e.offset == 0x12345 && !e.exclusive, "i386: a place in swap");
	pt.none_bit = 0x20;
	vs_arch_riscv64.swap(&pt, UINT64_C(0x12345) << 12 | 3 << 7 | 0x40, &e);
	ok(e.type == 3 && e.offset == 0x12345 && e.exclusive, "riscv64: a place in swap (since 6.3)");
	pt.swp_exclusive_all = false;
	vs_arch_riscv64.swap(&pt, UINT64_C(0x12345) << 11 | 3 << 6, &e);
	ok(e.type == 3 && e.offset == 0x12345 && !e.exclusive, "riscv64: 5.18 to 6.2");
	pt.none_bit = 2;
	vs_arch_riscv64.swap(&pt, UINT64_C(0x12345) << 7 | 3 << 2, &e);
	ok(e.type == 3 && e.offset == 0x12345 && !e.exclusive, "riscv64: up to 5.17");
}

static void words(const struct vs_arch *arch, uint64_t entry, const char *expected)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	arch->prot_words(entry, &b);
	is_str(vs_buf_str(&b), expected, "%s: %#" PRIx64, arch->name, entry);
}

static void test_words(void)
{
	words(&vs_arch_riscv64, 0x53, "present read user accessed memory type 0");
	words(&vs_arch_riscv64, 0x22, "PROT_NONE read memory type 0");
	words(&vs_arch_riscv64, UINT64_C(0x8000000020020053), "present read user accessed 64 KiB memory type 0");
	words(&vs_arch_i386, UINT64_C(0x8000000000000025), "present user accessed no-execute");
}

static uint64_t random64(uint64_t *seed)	/* splitmix64 */
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Whatever is in the tables, a walk ends and its answer holds the address asked for. */
static void test_garbage(const struct config *c)
{
	struct vs_pgtable pt = start(c);
	uint64_t seed = 1;
	bool good = true;

	for (unsigned int n = 0; n < 50000 && good; n++) {
		struct vs_xlat x;
		uint64_t va;

		if (n % 1000 == 0)
			for (size_t i = 0; i < SIZE; i += c->size) {
				uint64_t e = random64(&seed);

				// half of them lead into RAM
				put(c, BASE + i, i % (2 * c->size) ? e :
				    ((e & (SIZE - 1)) | BASE) >> c->pa_shift | c->table);
			}
		va = random64(&seed) >> (64 - c->va_bits);
		if (c->va_bits > 32 && va >> (c->va_bits - 1))
			va |= UINT64_MAX << c->va_bits;
		pt.arch->walk(&pt, va, &x);
		good = x.n_steps <= 5 && x.len && va - x.va < x.len && x.end <= VS_PG_NONCANONICAL;
	}
	ok(good, "%s: tables of garbage", c->name);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		test_config(&configs[i]);
		test_garbage(&configs[i]);
	}
	test_napot();
	test_inverted();
	test_swap();
	test_words();
	return done();
}
