// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a live kernel is. Its banner is looked for at each place where KASLR may have
 * put it; with that, symbols lead to VMCOREINFO and from there all is as in a dump.
 */
#include "gdb/live.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/symbols.h"

/* x86-64: KASLR moves in steps of 2 MiB within 1 GiB; unchanged since 3.14. */
#define STEP		(UINT64_C(2) << 20)
#define SPAN		(UINT64_C(1) << 30)
#define BANNER_MAX	128
#define VMCOREINFO_MAX	4096	/* a page; unchanged since 2.6.24 */
#define CR3_ROOT	UINT64_C(0x000ffffffffff000)
#define CR3_PTI_USER	UINT64_C(0x1000)	/* page-table isolation keeps the user's tables beside */
#define CR4_LA57	(UINT64_C(1) << 12)

enum { BANNER, INFO_DATA, INFO_SIZE, MAX_PFN, OFFSET_BASE, N_SYMS };

struct place {
	struct vs_live *l;
	struct vs_symbol sym[N_SYMS];
	struct vs_target target;
	struct vs_pgtable pgt;	/* root 0: the stub translates */
	uint64_t kaslr;
	bool broken;		/* an exception is set */
};

static bool read_table(void *arg, uint64_t pa, void *buf, size_t len)
{
	struct place *p = arg;
	int rc = p->broken ? 0 : vs_live_read(p->l, true, pa, buf, len);

	p->broken |= rc < 0;
	return rc == 1;
}

/* Kernel memory, by tables of our own where there are some. */
static bool read_virt(struct place *p, uint64_t va, void *buf, size_t len)
{
	while (len && !p->broken) {
		size_t n = VS_LIVE_PAGE - (va & (VS_LIVE_PAGE - 1));
		uint64_t at = va;
		struct vs_xlat x;
		int rc;

		if (n > len)
			n = len;
		if (p->pgt.root) {
			p->pgt.arch->walk(&p->pgt, va, &x);
			if (x.end != VS_PG_MAPPED)
				return false;
			at = x.pa;
		}
		rc = vs_live_read(p->l, p->pgt.root, at, buf, n);
		p->broken |= rc < 0;
		if (rc != 1)
			return false;
		va += n;
		buf = (char *)buf + n;
		len -= n;
	}
	return !p->broken;
}

static bool read_ulong(struct place *p, unsigned int i, uint64_t *ret)
{
	unsigned char raw[8];

	if (!p->sym[i].found || !read_virt(p, p->sym[i].value + p->kaslr, raw, sizeof(raw)))
		return false;
	*ret = vs_load64(raw, false);
	return true;
}

/* Is the banner of the file in the target's memory, at one of its places? */
static bool find_banner(struct place *p, const char *banner, size_t len)
{
	char buf[BANNER_MAX];

	for (p->kaslr = 0; p->kaslr < SPAN && !p->broken; p->kaslr += STEP)
		if (read_virt(p, p->sym[BANNER].value + p->kaslr, buf, len) && !memcmp(buf, banner, len))
			return true;
	return false;
}

/* A register of the selected thread; false: it has none of that name. */
static bool get_register(const char *name, uint64_t *ret)
{
	_cleanup_decref_ PyObject *value = PyObject_CallMethod(vs_gdb.gdb, "parse_and_eval", "s", name);
	_cleanup_decref_ PyObject *num = value ? PyNumber_Long(value) : NULL;

	*ret = num ? PyLong_AsUnsignedLongLongMask(num) : 0;
	if (!PyErr_Occurred())
		return true;
	PyErr_Clear();
	return false;
}

/* Through the tables of the selected CPU, or those that it would have in the kernel. */
static bool by_registers(struct place *p, const char *banner, size_t len)
{
	uint64_t cr3, cr4;

	if (!get_register("$cr3", &cr3) || !get_register("$cr4", &cr4))
		return false;
	p->pgt.levels = cr4 & CR4_LA57 ? 5 : 4;
	p->pgt.va_bits = cr4 & CR4_LA57 ? 57 : 48;
	for (unsigned int i = 0; i < 2 && !p->broken; i++) {
		p->pgt.root = cr3 & CR3_ROOT & ~(i ? CR3_PTI_USER : 0);
		if (p->pgt.root && find_banner(p, banner, len))
			return true;
	}
	return false;
}

static PyObject *threads(void)
{
	_cleanup_decref_ PyObject *inferior = PyObject_CallMethod(vs_gdb.gdb, "selected_inferior", NULL);

	return inferior ? PyObject_CallMethod(inferior, "threads", NULL) : NULL;
}

/* The selected thread knows best; a CPU that has not been started yet knows nothing. */
static bool by_any_cpu(struct place *p, const char *banner, size_t len)
{
	_cleanup_decref_ PyObject *mine = PyObject_CallMethod(vs_gdb.gdb, "selected_thread", NULL);
	_cleanup_decref_ PyObject *all = threads(), *back = NULL;
	bool found = by_registers(p, banner, len);

	for (Py_ssize_t i = 0; !found && !p->broken && all && mine && i < PyTuple_Size(all); i++) {
		_cleanup_decref_ PyObject *r = PyObject_CallMethod(PyTuple_GetItem(all, i), "switch", NULL);

		found = r && by_registers(p, banner, len);
		back = back ? back : PyObject_CallMethod(mine, "switch", NULL);
	}
	return found;
}

static struct vs_err *find_kernel(struct place *p, const struct vs_vmlinux *v)
{
	const char *banner;
	size_t len;

	banner = p->sym[BANNER].found ? vs_vmlinux_at(v, p->sym[BANNER].value, &len) : NULL;
	if (!banner || len < 14 || memcmp(banner, "Linux version ", 14))
		return vs_err_create(VS_ERR_MISMATCH, "%s: no linux_banner in it; expected the vmlinux of the live target",
				     v->path);
	len = strnlen(banner, len < BANNER_MAX ? len : BANNER_MAX);
	if (p->l->phys && by_any_cpu(p, banner, len))
		return NULL;
	if (!p->broken) {
		// no registers to go by: what the stub itself translates
		p->pgt.root = 0;
		if (find_banner(p, banner, len))
			return NULL;
	}
	if (p->broken)
		return vs_gdb_take_exception();
	return vs_err_create(VS_ERR_MISMATCH,
			     "%s: its banner, \"%.*s...\", is nowhere in GDB's target: another kernel, or not booted yet",
			     v->path, 40, banner);
}

static struct vs_err *find_vmcoreinfo(struct place *p)
{
	struct vs_live *l = p->l;
	uint64_t at = 0, size = VMCOREINFO_MAX;

	l->text = calloc(1, VMCOREINFO_MAX);
	if (!l->text)
		return &vs_enomem;
	read_ulong(p, INFO_SIZE, &size);
	if (!size || size > VMCOREINFO_MAX)
		size = VMCOREINFO_MAX;
	// a pointer since 4.13, before that the array itself
	if (read_ulong(p, INFO_DATA, &at) && at < UINT64_MAX << 47)
		at = p->sym[INFO_DATA].value + p->kaslr;
	if (!at || !read_virt(p, at, l->text, size) || memcmp(l->text, "OSRELEASE=", 10)) {
		if (p->broken)
			return vs_gdb_take_exception();
		return vs_err_create(VS_ERR_ABSENT,
				     "the kernel, at KASLR offset %#" PRIx64 ", has no VMCOREINFO (vmcoreinfo_data): too early in its boot, or built without",
				     p->kaslr);
	}
	l->img.notes = malloc(sizeof(*l->img.notes));
	if (!l->img.notes)
		return &vs_enomem;
	*l->img.notes = (struct vs_note){
		.name = "VMCOREINFO", .name_len = 10, .desc = (unsigned char *)l->text,
		.desc_len = strnlen(l->text, size),
	};
	l->img.n_notes = 1;
	return NULL;
}

static struct vs_err *find_memory(struct place *p)
{
	struct vs_live *l = p->l;
	uint64_t pages;

	l->phys = l->phys && p->pgt.root;
	if (!l->phys && !read_ulong(p, OFFSET_BASE, &l->direct))
		return p->broken ? vs_gdb_take_exception() :
			vs_err_create(VS_ERR_ABSENT, "page_offset_base cannot be read: where the direct map begins cannot be told");
	if (!read_ulong(p, MAX_PFN, &pages) || !pages || pages > UINT64_C(1) << 40)
		return p->broken ? vs_gdb_take_exception() :
			vs_err_create(VS_ERR_ABSENT, "max_pfn cannot be read: how much memory there is cannot be told");
	l->img.ranges = malloc(sizeof(*l->img.ranges));
	if (!l->img.ranges)
		return &vs_enomem;
	*l->img.ranges = (struct vs_phys_range){ 0, pages << 12, pages << 12 };
	l->img.n_ranges = 1;
	l->img.file_size = l->img.needed_size = pages << 12;
	return NULL;
}

struct vs_err *vs_live_place(struct vs_live *l, const struct vs_vmlinux *v)
{
	struct place p = {
		.l = l,
		.sym = {
			[BANNER] = { "linux_banner" },
			[INFO_DATA] = { "vmcoreinfo_data" },
			[INFO_SIZE] = { "vmcoreinfo_size" },
			[MAX_PFN] = { "max_pfn" },
			[OFFSET_BASE] = { "page_offset_base" },
		},
		.target = { .word = 8, .page_shift = 12 },
	};
	struct vs_symbols *symbols = NULL;
	struct vs_err *err;

	if (v->machine != EM_X86_64)
		return vs_err_create(VS_ERR_FORMAT, "%s: live targets are read of x86-64 only; dump it instead",
				     v->path);
	p.pgt = (struct vs_pgtable){
		.arch = &vs_arch_x86_64, .target = &p.target, .top_bits = 9, .read = read_table, .arg = &p,
	};
	err = vs_vmlinux_symbols(v, &symbols);
	if (!err)
		err = vs_symbols_find(symbols, p.sym, N_SYMS);
	vs_symbols_destroy(symbols);
	if (!err)
		err = find_kernel(&p, v);
	if (!err)
		err = find_vmcoreinfo(&p);
	if (!err)
		err = find_memory(&p);
	return err;
}
