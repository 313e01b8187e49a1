// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "base/out.h"

static void run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	struct fake *f = (struct fake *)img;	// its first member
	uint64_t off = addr - FAKE_PA, page = off & ~UINT64_C(0xfff);

	*ret = (struct vs_run){ .addr = addr, .len = 1, .from = VS_FROM_NOWHERE };
	if (off >= FAKE_SIZE)
		return;
	ret->len = page + 4096 - off;
	ret->from = f->excluded[off >> 12] ? VS_FROM_EXCLUDED : VS_FROM_FILE;
	ret->data = f->excluded[off >> 12] ? NULL : f->ram + off;
}

static void destroy(struct vs_image *img)
{
	(void)img;
}

static const struct vs_image_ops ops = { .name = "fake", .run = run, .destroy = destroy };

struct fake *fake_create(void)
{
	struct fake *f = calloc(1, sizeof(*f));

	if (!f)
		exit(99);
	f->img.ops = &ops;
	f->img.machine = vs_arch_x86_64.machine;
	f->range = (struct vs_phys_range){ FAKE_PA, FAKE_PA + FAKE_SIZE, FAKE_SIZE };
	f->img.ranges = &f->range;
	f->img.n_ranges = 1;
	f->types.source = (char *)"made up";
	f->k.img = &f->img;
	f->k.types = &f->types;
	f->k.mem = (struct vs_kmem){
		.img = &f->img, .arch = &vs_arch_x86_64, .target = { false, 8, 12 },
		.direct_start = FAKE_DIRECT, .direct_end = FAKE_DIRECT + FAKE_SIZE, .direct_pa = FAKE_PA,
	};
	f->k.mem.pgt = (struct vs_pgtable){
		.arch = &vs_arch_x86_64, .target = &f->k.mem.target, .levels = 4, .va_bits = 48, .top_bits = 9,
		.read = vs_kmem_phys_read, .arg = &f->img,
	};
	memset(&f->k.layout, 0xff, sizeof(f->k.layout));	// no member anywhere
	vs_layout_pick(&f->k.layout);
	return f;
}

void fake_destroy(struct fake *f)
{
	vs_vmcoreinfo_deinit(&f->k.vi);
	vs_cpus_deinit(&f->k.cpus);
	free(f);
}

void fake_put(struct fake *f, uint64_t va, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		f->ram[va - FAKE_DIRECT + i] = (unsigned char)(value >> 8 * i);
}

void fake_symbol(struct fake *f, enum vs_sym sym, uint64_t value)
{
	f->k.sym[sym].value = value;
	f->k.sym[sym].found = true;
}

void fake_vmcoreinfo(struct fake *f, const char *text)
{
	vs_vmcoreinfo_deinit(&f->k.vi);
	if (!vs_vmcoreinfo_init(&f->k.vi, text, strlen(text), "made up"))
		exit(99);
}

static struct vs_err *write_nothing(void *face, const char *data, size_t len)
{
	(void)face, (void)data, (void)len;
	return NULL;
}

struct vs_out fake_out(void)
{
	return (struct vs_out){ .write = write_nothing };
}
