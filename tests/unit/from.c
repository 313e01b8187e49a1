// SPDX-License-Identifier: GPL-2.0-or-later
/* Where bytes come from, in words; and that reading tells it, down to a missing page table. */
#include <inttypes.h>
#include <stdlib.h>

#include "fake.h"
#include "tap.h"

#define ROOT	(FAKE_PA + 0x10000)
#define VA	UINT64_C(0xffffc90000000000)	/* vmalloc area: through the tables only */

static void map_page(struct fake *f)
{
	for (unsigned int level = 0; level < 4; level++) {
		unsigned int shift = 39 - 9 * level;
		uint64_t next = level == 3 ? FAKE_PA + 0x3000 : ROOT + 0x1000 * (level + 1);

		fake_put(f, FAKE_DIRECT + 0x10000 + 0x1000 * level + (VA >> shift & 511) * 8, next | 0x63, 8);
	}
	f->k.mem.pgt.root = ROOT;
}

static void test_read(void)
{
	struct fake *f = fake_create();
	enum vs_from from;
	char buf[16];
	size_t got;

	map_page(f);
	memcpy(f->ram + 0x3ff8, "behind t", 8);
	from = vs_kmem_read(&f->k.mem, VA + 0xff8, buf, 8, &got);
	ok(from == VS_FROM_FILE && got == 8 && !memcmp(buf, "behind t", 8), "read through the tables");
	from = vs_kmem_read(&f->k.mem, VA + 0xff8, buf, 16, &got);
	ok(from == VS_FROM_NOWHERE && got == 8, "the page behind it is mapped nowhere");
	ok(!f->img.absent_from, "that is no loss");

	f->k.mem.tlb[VA >> 12 & (VS_TLB_SIZE - 1)].len = 0;
	f->excluded[0x12] = true;
	from = vs_kmem_read(&f->k.mem, VA, buf, 8, &got);
	ok(from == VS_FROM_EXCLUDED && !got, "a table that is excluded: %s", vs_from_name(from));
	ok(!vs_kmem_peek(&f->k.mem, VA, 8, &from) && from == VS_FROM_EXCLUDED, "the same without copying");
	ok(f->img.absent_from == 1U << VS_FROM_EXCLUDED, "that is noted");

	f->excluded[4] = true;
	from = vs_kmem_read(&f->k.mem, FAKE_DIRECT + 0x3ff8, buf, 16, &got);
	ok(from == VS_FROM_EXCLUDED && got == 8 && !memcmp(buf + 8, "\0\0\0\0\0\0\0", 8), "half of it is there");
	fake_destroy(f);
}

static void test_words(void)
{
	char buf[VS_FROM_NAMES_MAX];
	bool all = true;

	is_str(vs_from_names(0, buf), "", "none");
	is_str(vs_from_names(1U << VS_FROM_EXCLUDED | 1U << VS_FROM_DAMAGED, buf),
	       "excluded from the dump; damaged in the file", "two");
	vs_from_names(UINT32_MAX, buf);
	ok(strstr(buf, vs_from_name(VS_FROM_NOWHERE)), "all fit: %zu bytes", strlen(buf));
	for (int i = 0; i < VS_FROM_COUNT; i++) {
		all = all && vs_from_ok((enum vs_from)i) == (i == VS_FROM_FILE || i == VS_FROM_ZERO);
		for (int k = 0; k < i; k++)
			all = all && strcmp(vs_from_name((enum vs_from)i), vs_from_name((enum vs_from)k)) &&
				strcmp(vs_from_id((enum vs_from)i), vs_from_id((enum vs_from)k));
	}
	ok(all, "each has its words; only two are data");
}

int main(void)
{
	test_words();
	test_read();
	return done();
}
