// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The image row of a live target. QEMU's stub hands out physical memory when asked
 * to; elsewhere (kgdb) physical memory is read where the kernel has mapped it.
 */
#include "gdb/live.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"

#define PAGES		(VS_LIVE_BLOCK / VS_LIVE_PAGE)
#define MAX_BLOCKS	(256 * 1024 * 1024 / VS_LIVE_BLOCK)

#define ALL_PAGES	((1u << PAGES) - 1)

struct vs_live_block {
	unsigned int asked;	/* a bit a page: the target has been asked for it */
	unsigned int good;	/* and gave it */
	unsigned char data[VS_LIVE_BLOCK];
};

/* Ask for physical memory from now on, or for virtual again. */
static int set_mode(struct vs_live *l, bool phys)
{
	int rc;

	if (!l->phys || l->phys_on == phys)
		return 1;
	rc = vs_packet_is(phys ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0", "OK");
	if (rc == 1)
		l->phys_on = phys;
	return rc;
}

int vs_live_read(struct vs_live *l, bool phys, uint64_t addr, void *buf, size_t len)
{
	int rc = set_mode(l, phys);

	while (rc == 1 && len) {
		size_t n = l->room - (addr & (l->room - 1));

		if (n > len)
			n = len;
		rc = vs_packet_read(addr, buf, n);
		addr += n;
		buf = (char *)buf + n;
		len -= n;
	}
	return rc;
}

/* The target, or whoever sits before it, has had enough: keep why. */
static void lose(struct vs_live *l)
{
	l->lost = vs_gdb_take_exception();
	if (l->lost->code != VS_ERR_INTERRUPTED)
		l->lost = vs_err_wrap(l->lost, "GDB's target has been lost");
}

/* Ask for these pages of the block at @p addr. */
static void fetch(struct vs_live *l, struct vs_live_block *b, uint64_t addr, unsigned int pages)
{
	uint64_t at = l->phys ? addr : l->direct + addr;
	int rc = 0;

	pages &= ~b->asked;
	if (l->lost || !pages)
		return;
	b->asked |= pages;
	if (pages == ALL_PAGES)
		rc = vs_live_read(l, l->phys, at, b->data, VS_LIVE_BLOCK);
	if (rc == 1)
		b->good = ALL_PAGES;
	// only some are wanted, or some are not there: which?
	for (unsigned int i = 0; rc == 0 && i < PAGES; i++) {
		int one;

		if (!(pages >> i & 1))
			continue;
		one = vs_live_read(l, l->phys, at + i * VS_LIVE_PAGE, b->data + i * VS_LIVE_PAGE, VS_LIVE_PAGE);
		if (one == 1)
			b->good |= 1u << i;
		else if (one < 0)
			rc = -1;
	}
	if (rc < 0)
		lose(l);
	// what GDB itself asks next it wants by virtual address
	else if (set_mode(l, false) < 0)
		lose(l);
}

static void forget(struct vs_live *l)
{
	for (size_t i = 0; i < l->blocks.n; i++)
		free(l->blocks.v[i]);
	l->blocks.n = 0;
	vs_map_clear(&l->index);
}

static struct vs_live_block *block_at(struct vs_live *l, uint64_t addr)
{
	uint32_t i = vs_map_get(&l->index, addr);
	struct vs_live_block *b, **slot;

	if (i != VS_MAP_NONE)
		return l->blocks.v[i];
	if (l->blocks.n >= MAX_BLOCKS)
		forget(l);
	b = malloc(sizeof(*b));
	if (b)
		b->asked = b->good = 0;
	slot = b ? vs_vec_push(&l->blocks) : NULL;
	if (!slot) {
		free(b);
		return NULL;
	}
	*slot = b;
	if (!vs_map_set(&l->index, addr, (uint32_t)(l->blocks.n - 1))) {
		l->blocks.n--;
		free(b);
		return NULL;
	}
	return b;
}

/* Which pages of the block at @p start are in @p r? */
static unsigned int pages_in(const struct vs_phys_range *r, uint64_t start)
{
	unsigned int pages = 0;

	for (unsigned int i = 0; i < PAGES; i++) {
		uint64_t page = start + i * VS_LIVE_PAGE;

		if (page < r->end && page + VS_LIVE_PAGE > r->start)
			pages |= 1u << i;
	}
	return pages;
}

static void live_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	struct vs_live *l = (struct vs_live *)img;
	const struct vs_phys_range *r = NULL;
	uint64_t start = addr & ~(uint64_t)(VS_LIVE_BLOCK - 1), next = UINT64_MAX, left;
	unsigned int page = (addr - start) / VS_LIVE_PAGE, end = page + 1;
	struct vs_live_block *b;
	bool good;

	for (size_t i = 0; !r && i < img->n_ranges; i++) {
		if (img->ranges[i].end > addr && img->ranges[i].start <= addr)
			r = &img->ranges[i];
		else if (img->ranges[i].start > addr && img->ranges[i].start < next)
			next = img->ranges[i].start;
	}
	*ret = (struct vs_run){ .addr = addr, .len = next - addr, .from = VS_FROM_NOWHERE };
	if (!r)		// what is no RAM may be a device, which a read would wake
		return;
	left = r->end - addr;
	ret->len = VS_LIVE_PAGE - (addr & (VS_LIVE_PAGE - 1));
	ret->from = VS_FROM_EXCLUDED;
	b = block_at(l, start);
	if (!b)
		return;
	fetch(l, b, start, pages_in(r, start));
	good = b->good >> page & 1;
	while (end < PAGES && (b->good >> end & 1) == good)
		end++;
	ret->len = start + end * VS_LIVE_PAGE - addr;
	if (ret->len > left)
		ret->len = left;
	if (good) {
		ret->data = b->data + (addr - start);
		ret->from = VS_FROM_FILE;
	}
}

static void live_destroy(struct vs_image *img)
{
	struct vs_live *l = (struct vs_live *)img;

	forget(l);
	vs_vec_deinit(&l->blocks);
	vs_map_deinit(&l->index);
	vs_err_free(l->lost);
	free(l->text);
	free(l);
}

static const struct vs_image_ops ops = {
	.name = "live",
	.run = live_run,
	.destroy = live_destroy,
};

struct vs_err *vs_live_lost(struct vs_image *img)
{
	struct vs_live *l = (struct vs_live *)img;
	struct vs_err *err;

	if (!img || img->ops != &ops || !l->lost)
		return NULL;
	err = l->lost;
	l->lost = &vs_einterrupted;
	return err;
}

/* "remote localhost:1234" of the connection in use. */
static char *describe(void)
{
	_cleanup_decref_ PyObject *inferior = NULL, *conn = NULL, *type = NULL, *details = NULL;
	_cleanup_decref_ PyObject *text = NULL, *bytes = NULL;

	inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);
	conn = inferior ? PyObject_GetAttrString(inferior, "connection") : NULL;
	type = conn && conn != Py_None ? PyObject_GetAttrString(conn, "type") : NULL;
	details = type ? PyObject_GetAttrString(conn, "details") : NULL;
	text = details ? PyUnicode_FromFormat("%S %S", type, details) : NULL;
	bytes = text ? vs_gdb_bytes(text) : NULL;
	PyErr_Clear();
	return strdup(bytes ? PyBytes_AsString(bytes) : "GDB's target");
}

struct vs_err *vs_live_open(const char *vmlinux, struct vs_image **ret)
{
	struct vs_vmlinux *v = NULL;
	struct vs_live *l;
	struct vs_err *err;

	if (!vmlinux)
		return vs_err_create(VS_ERR_USAGE,
				     "GDB's target is live, but its vmlinux is not known: \"file VMLINUX\", or --vmlinux FILE");
	err = vs_vmlinux_open(vmlinux, &v);
	if (err)
		return err;
	l = calloc(1, sizeof(*l));
	if (!l) {
		vs_vmlinux_destroy(v);
		return &vs_enomem;
	}
	l->img.ops = &ops;
	l->img.machine = v->machine;
	l->img.big_endian = v->big_endian;
	l->img.dump_level = -1;
	l->room = vs_packet_room();
	// asking for what is the case already tells whether the stub knows the word
	l->phys = l->room && vs_packet_is("Qqemu.PhyMemMode:0", "OK") == 1;
	l->img.path = describe();
	l->img.what = strdup(l->phys ? "a live kernel behind QEMU's gdbstub, by physical address" :
			     "a live kernel behind a gdbstub, by the kernel's direct map");
	if (PyErr_Occurred())
		err = vs_gdb_take_exception();
	else if (!l->img.path || !l->img.what)
		err = &vs_enomem;
	else
		err = vs_live_place(l, v);
	vs_vmlinux_destroy(v);
	if (err) {
		vs_image_destroy(&l->img);
		return err;
	}
	*ret = &l->img;
	return NULL;
}
