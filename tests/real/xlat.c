// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xlat CASE...: our page-table walks against those of libaddrxlat, over the user
 * and kernel addresses of real dumps. A CASE is a folder with vmlinux and vmcore;
 * without one, those that make has unpacked from corpus/.
 */
#include <elf.h>
#include <glob.h>
#include <inttypes.h>
#include <libkdumpfile/addrxlat.h>
#include <stdlib.h>

#include "../unit/sink.h"
#include "../unit/tap.h"
#include "kernel/kernel.h"
#include "mm/kmap.h"
#include "mm/mm.h"

struct theirs {
	addrxlat_ctx_t *ctx;
	struct vs_image *img;
	bool big_endian;
	uint64_t hidden, seen;	/* an entry of the last level with these bits so is no page to them */
	addrxlat_meth_t meth;
};

struct tally {
	unsigned int mapped, same, not_mapped, hidden, differ;
};

static void put_page(const addrxlat_buffer_t *buf)
{
	free(buf->priv);
}

static addrxlat_status get_page(const addrxlat_cb_t *cb, addrxlat_buffer_t *buf)
{
	struct theirs *t = cb->priv;
	unsigned char *page = malloc(4096);

	buf->addr.addr &= ~UINT64_C(4095);
	if (!page || !vs_from_ok(vs_image_read(t->img, buf->addr.addr, page, 4096, NULL))) {
		free(page);
		return ADDRXLAT_ERR_NODATA;
	}
	buf->ptr = buf->priv = page;
	buf->size = 4096;
	buf->byte_order = t->big_endian ? ADDRXLAT_BIG_ENDIAN : ADDRXLAT_LITTLE_ENDIAN;
	buf->put_page = put_page;
	return ADDRXLAT_OK;
}

static unsigned long read_caps(const addrxlat_cb_t *cb)
{
	(void)cb;
	return ADDRXLAT_CAPS(ADDRXLAT_MACHPHYSADDR);
}

/* What they call the entries; and which of the last level are no page to them: PROT_NONE. */
static const struct format {
	uint16_t machine;
	addrxlat_pte_format_t pte;
	uint64_t hidden, seen;
} formats[] = {
	{ EM_X86_64, ADDRXLAT_PTE_X86_64, 1, 0 },
	{ EM_AARCH64, ADDRXLAT_PTE_AARCH64, 1, 0 },
	{ EM_S390, ADDRXLAT_PTE_S390X, 0x400, 0x400 },	// and what has not been touched yet
};

static const struct format *format_of(const struct vs_kernel *k)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].machine == k->mem.arch->machine)
			return &formats[i];
	return NULL;
}

/* Levels and their bits, those of a process as well. */
static void take_shape(struct theirs *t, const struct vs_pgtable *pt)
{
	addrxlat_param_pgt_t *p = &t->meth.param.pgt;
	const bool s390x = pt->arch->machine == EM_S390;

	p->pf.nfields = (unsigned short)(pt->levels + 1);
	p->pf.fieldsz[0] = pt->target->page_shift;
	for (unsigned int i = 1; i <= pt->levels; i++)
		p->pf.fieldsz[i] = (unsigned short)(s390x ? (i == 1 ? 8 : 11) :
						    i == pt->levels ? pt->top_bits : pt->target->page_shift - 3U);
}

static bool theirs_init(struct theirs *t, struct vs_kernel *k, const struct format *format)
{
	addrxlat_cb_t *cb;

	*t = (struct theirs){
		.ctx = addrxlat_ctx_new(), .img = k->img, .big_endian = k->mem.target.big_endian,
		.hidden = format->hidden, .seen = format->seen,
	};
	if (!t->ctx)
		return false;
	cb = addrxlat_ctx_add_cb(t->ctx);
	if (!cb)
		return false;
	cb->priv = t;
	cb->get_page = get_page;
	cb->read_caps = read_caps;
	t->meth.kind = ADDRXLAT_PGT;
	t->meth.target_as = ADDRXLAT_MACHPHYSADDR;
	t->meth.param.pgt.pf.pte_format = format->pte;
	return true;
}

static bool theirs_walk(struct theirs *t, uint64_t root, uint64_t addr, uint64_t *pa_ret)
{
	addrxlat_step_t step = { .ctx = t->ctx, .meth = &t->meth, .base = { addr, ADDRXLAT_KVADDR } };
	addrxlat_status st;

	t->meth.param.pgt.root = (addrxlat_fulladdr_t){ root, ADDRXLAT_MACHPHYSADDR };
	addrxlat_ctx_clear_err(t->ctx);
	st = addrxlat_walk(&step);
	*pa_ret = step.base.addr;
	return st == ADDRXLAT_OK;
}

static void compare(struct vs_kernel *k, struct theirs *t, uint64_t root, uint64_t addr, struct tally *n)
{
	struct vs_pgtable pt = k->mem.pgt;
	struct vs_xlat x;
	uint64_t pa = 0;
	bool mapped;

	vs_pgtable_move(&pt, root);
	take_shape(t, &pt);
	pt.arch->walk(&pt, addr, &x);
	mapped = theirs_walk(t, root, addr, &pa);
	if (x.end == VS_PG_MAPPED && !mapped && x.n_steps &&
	    (x.steps[x.n_steps - 1].entry & t->hidden) == t->seen) {
		n->hidden++;	// a page to us, to them an entry that is not valid
	} else if (x.end == VS_PG_MAPPED && mapped && pa == x.pa) {
		n->mapped++;
		n->same++;
	} else if (x.end != VS_PG_MAPPED && !mapped) {
		n->not_mapped++;
		n->same++;
	} else if (n->differ++ < 5) {
		diag("%#" PRIx64 ": ours ends in %d at %#" PRIx64 ", theirs %s at %#" PRIx64, addr, x.end, x.pa,
		     mapped ? "is mapped" : addrxlat_ctx_get_err(t->ctx), pa);
	}
}

static uint64_t random64(uint64_t *seed)	/* splitmix64 */
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct vs_err *users(struct vs_kernel *k, struct theirs *t, struct vs_out *out, struct tally *n)
{
	struct vs_space *s = vs_space_create();
	struct vs_tasks tasks = { 0 };
	struct vs_err *err = s ? vs_tasks_read(k, out, &tasks) : &vs_enomem;
	uint64_t seed = 1, last = 0;

	for (size_t i = 0; !err && i < tasks.v.n; i++) {
		uint64_t root, len;

		if (!tasks.v.v[i].mm || tasks.v.v[i].mm == last)
			continue;
		last = tasks.v.v[i].mm;
		err = vs_mm_read(k, last, out, s);
		if (err || !vs_kmem_phys(&k->mem, s->f.pgd, &root, &len))
			continue;
		for (size_t v = 0; v < s->vmas.n && v < 400; v++) {
			const uint64_t start = s->vmas.v[v].start, size = s->vmas.v[v].end - start;

			compare(k, t, root, start, n);
			compare(k, t, root, start + size - 1, n);
			for (unsigned int r = 0; size && r < 8; r++)
				compare(k, t, root, start + random64(&seed) % size, n);
		}
		for (unsigned int r = 0; r < 50; r++)
			compare(k, t, root, random64(&seed) % k->mem.arch->user_end(&k->mem.pgt), n);
	}
	vs_tasks_deinit(&tasks);
	vs_space_destroy(s);
	return err;
}

static struct vs_err *kernel(struct vs_kernel *k, struct theirs *t, struct tally *n)
{
	struct vs_kmap m;
	struct vs_err *err = vs_kmap_read(k, &m);
	uint64_t seed = 2;

	for (size_t i = 0; !err && i < m.v.n; i++)
		for (unsigned int r = 0; r < 500; r++)
			compare(k, t, k->mem.pgt.root,
				m.v.v[i].start + random64(&seed) % (m.v.v[i].last - m.v.v[i].start + 1), n);
	vs_kmap_deinit(&m);
	return err;
}

static void one(const char *path)
{
	const char *name = strrchr(path, '/') && strrchr(path, '/')[1] ? strrchr(path, '/') + 1 : path;
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct tally user = { 0 }, kern = { 0 };
	char dump[4096], vmlinux[4096];
	struct vs_image *img = NULL;
	struct vs_kernel *k = NULL;
	struct theirs t = { 0 };
	struct vs_err *err;

	snprintf(dump, sizeof(dump), "%s/vmcore", path);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", path);
	const struct vs_open_opts opts = { .vmlinux = vmlinux };

	err = vs_image_open(&(const char *){ dump }, 1, &out, &img);
	if (!err)
		err = vs_kernel_open(img, &opts, &out, &k);
	if (!err && !format_of(k)) {
		ok(true, "%s # SKIP libaddrxlat knows no such page tables", name);
		vs_kernel_close(k);
		vs_buf_deinit(&out.buf);
		return;
	}
	if (!err && !theirs_init(&t, k, format_of(k)))
		err = &vs_enomem;
	if (!err)
		err = users(k, &t, &out, &user);
	if (!err)
		err = kernel(k, &t, &kern);
	if (err)
		diag("%s", err->msg);
	ok(!err && user.same && !user.differ, "%s: %u user addresses mapped, %u not; the same (%u PROT_NONE)", name,
	   user.mapped, user.not_mapped, user.hidden);
	ok(!err && kern.same && !kern.differ, "%s: %u kernel addresses mapped, %u not; the same", name, kern.mapped,
	   kern.not_mapped);
	vs_err_free(err);
	if (t.ctx)
		addrxlat_ctx_decref(t.ctx);
	vs_kernel_close(k);
	vs_buf_deinit(&out.buf);
}

int main(int argc, char **argv)
{
	glob_t g;

	for (int i = 1; i < argc; i++)
		one(argv[i]);
	if (argc == 1 && !glob("unpacked/*", GLOB_ONLYDIR, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			one(g.gl_pathv[i]);
		globfree(&g);
	}
	return done();
}
